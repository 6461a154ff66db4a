//! Which backing services a project uses, and which variables contain their addresses.

use crate::common::Project;
use crate::detect::{django, fact, facts, value};

/// A FastAPI application with these settings.
fn fastapi(settings: &str, requirements: &str) -> Project {
    Project::new(&[
        ("main.py", "from fastapi import FastAPI\nimport config\napp = FastAPI()\n"),
        ("config.py", settings),
        ("requirements.txt", requirements),
    ])
}

#[test]
fn client_libraries_own_variables_are_set() {
    let postgres = django(
        "import os\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE'], \
         'USER': os.environ['PGUSER'], 'PASSWORD': os.environ['PGPASSWORD'], 'HOST': os.environ['PGHOST'], \
         'PORT': os.environ['PGPORT']}}\n",
        "django\npsycopg2-binary\n",
    );
    let found = facts(&postgres);
    let parts = ["PGDATABASE", "PGUSER", "PGPASSWORD", "PGHOST", "PGPORT"]
        .map(|name| value(&found, &format!("services.db.environment.{name}")).as_str().unwrap().to_owned());
    assert_eq!(parts, ["database", "user", "password", "host", "port"]);
    assert!(fact(&found, "secrets.PGPASSWORD.required").is_none(), "{found:#}");
    let railway = fastapi("import os\nHOST = os.environ['REDISHOST']\nPORT = os.environ['REDISPORT']\n", "fastapi\nredis\n");
    assert_eq!(value(&facts(&railway), "services.redis.environment.REDISHOST"), "host");
}

#[test]
fn the_scheme_of_a_default_tells_the_service() {
    let mongo = fastapi(
        "import os\nURL = os.getenv('DATABASE_URL', 'mongodb://localhost:27017/shop')\n\
         JOBS = os.getenv('JOBS', 'redis://localhost:6379/1')\n",
        "fastapi\nuvicorn\nmotor\nredis\n",
    );
    let found = facts(&mongo);
    assert_eq!(value(&found, "services.mongodb.environment.DATABASE_URL"), "url");
    assert_eq!(value(&found, "services.redis.environment.JOBS"), "url");
    assert!(fact(&found, "services.db.kind").is_none(), "{found:#}");
    // the broker's default is RabbitMQ, which Celery's own dependencies can reach
    let broker =
        fastapi("import os\nBROKER = os.getenv('CELERY_BROKER_URL', 'amqp://guest@localhost//')\n", "fastapi\ncelery\nredis\n");
    let found = facts(&broker);
    assert_eq!(value(&found, "services.rabbitmq.environment.CELERY_BROKER_URL"), "url");
    assert!(fact(&found, "services.redis.environment.CELERY_BROKER_URL").is_none(), "{found:#}");
}

#[test]
fn the_default_decides_between_several_drivers() {
    let drivers = "fastapi\nsqlalchemy\npsycopg2-binary\npymysql\n";
    let found = facts(&fastapi("import os\nURL = os.getenv('DATABASE_URL', 'mysql+pymysql://root@localhost/shop')\n", drivers));
    assert_eq!(value(&found, "services.db.kind"), "mysql");
    let found = facts(&fastapi("import os\nURL = os.getenv('DATABASE_URL', 'postgresql://localhost/shop')\n", drivers));
    assert_eq!(value(&found, "services.db.kind"), "postgres");
    let engine = "import os\nDATABASES = {'default': {'ENGINE': 'django.db.backends.mysql', 'HOST': os.environ['DB_HOST']}}\n";
    let found = facts(&django(engine, "django\npsycopg2-binary\nmysqlclient\n"));
    assert_eq!(value(&found, "services.db.kind"), "mysql");
    // no driver is named: a file that dockgen doesn't read may install it
    let found = facts(&django(&engine.replace("mysql", "postgresql_psycopg2"), "django\n"));
    assert_eq!(
        (value(&found, "services.db.kind"), value(&found, "services.db.environment.DB_HOST")),
        (&"postgres".into(), &"host".into())
    );
}

#[test]
fn the_projects_own_function_reads_variables() {
    let found = facts(&fastapi(
        "from utils import get_env, require_env\nHOST = get_env('POSTGRES_HOST', 'db')\nUSER = get_env('POSTGRES_USER')\n\
         KEY = require_env('SIGNING_KEY')\n",
        "fastapi\nasyncpg\n",
    ));
    assert_eq!(value(&found, "services.db.environment.POSTGRES_HOST"), "host");
    assert_eq!(value(&found, "services.db.environment.POSTGRES_USER"), "user");
    assert_eq!(value(&found, "secrets.SIGNING_KEY.required"), true);
}

#[test]
fn settings_in_a_derived_class_and_dsn_types_are_read() {
    let project = Project::new(&[
        ("main.py", "from fastapi import FastAPI\nimport app_settings\napp = FastAPI()\n"),
        ("base.py", "from pydantic_settings import BaseSettings\nclass Base(BaseSettings):\n    mode: str = 'prod'\n"),
        (
            "app_settings.py",
            "from pydantic import PostgresDsn\nfrom base import Base as CommonSettings\n\nclass AsyncDsn(PostgresDsn):\n    \
             allowed_schemes = {'postgresql+asyncpg'}\n\nclass Shop(CommonSettings):\n    database_url: AsyncDsn\n",
        ),
        ("requirements.txt", "fastapi\nasyncpg\n"),
    ]);
    assert_eq!(value(&facts(&project), "services.db.environment.DATABASE_URL"), "url");
}

#[test]
fn the_driver_follows_from_the_default() {
    let found = facts(&fastapi(
        "import os\nURL = os.getenv('DATABASE_URL', 'postgresql+psycopg://shop@localhost/shop')\n",
        "fastapi\nsqlalchemy\nasyncpg\npsycopg\n",
    ));
    let url = value(&found, "service-kinds.postgres.url").as_str().unwrap();
    assert!(url.starts_with("postgresql+psycopg://"), "{url}");
}

#[test]
fn a_service_gets_the_name_that_the_code_connects_to() {
    let project = Project::new(&[
        (
            "main.py",
            "from fastapi import FastAPI\nfrom redis import Redis\napp = FastAPI()\ncache = Redis(host='cache', port=6379)\n",
        ),
        ("db.py", "URL = 'postgresql://shop:secret@shop-db:5432/orders'\n"),
        ("docker-compose.yml", "services:\n  cache:\n    image: redis\n  shop-db:\n    image: postgres\n"),
        ("requirements.txt", "fastapi\nuvicorn\nredis\npsycopg2-binary\n"),
    ]);
    let found = facts(&project);
    assert_eq!(value(&found, "services.cache.kind"), "redis");
    assert_eq!(value(&found, "services.shop-db.kind"), "postgres");
    let account = ["user", "database"].map(|field| value(&found, &format!("services.shop-db.{field}")).as_str().unwrap());
    assert_eq!(account, ["shop", "orders"]);
    let ran = project.run(&["init", "--yes"]).ok();
    assert!(ran.stderr.contains("set SHOP_DB_PASSWORD in .env") && !ran.stderr.contains("secret@"), "{}", ran.stderr);
}

#[test]
fn a_service_without_a_known_address_is_reported() {
    let fixed = fastapi("import redis\ncache = redis.Redis(host='localhost')\n", "fastapi\nuvicorn\nredis\n");
    let ran = fixed.run(&["init", "--yes"]).ok();
    assert!(ran.stderr.contains("config.py:2") && ran.stderr.contains("connects to redis at localhost"), "{}", ran.stderr);
    let unknown = fastapi("import redis\n", "fastapi\nuvicorn\nredis\n");
    let ran = unknown.run(&["init", "--yes"]).ok();
    assert!(ran.stderr.contains("no known variable contains the address of services.redis"), "{}", ran.stderr);
    let set = fastapi("import redis\n", "fastapi\nuvicorn\nredis\n");
    let ran = set.run(&["init", "--yes", "--set", "services.redis.environment.REDIS_URL=url"]).ok();
    assert!(!ran.stderr.contains("no known variable"), "{}", ran.stderr);
    assert!(set.read("compose.yaml").contains("REDIS_URL"), "{}", set.read("compose.yaml"));
}

#[test]
fn mongodb_gets_its_account_and_database() {
    let project =
        fastapi("import os\nURL = os.environ['MONGO_URL']\nNAME = os.environ['MONGO_DB']\n", "fastapi\nuvicorn\nmotor\n");
    project.run(&["init", "--yes"]).ok();
    let compose = project.read("compose.yaml");
    assert!(compose.contains("@mongodb:27017/app?authSource=admin"), "{compose}");
    assert!(compose.contains("MONGO_DB: \"app\"") || compose.contains("MONGO_DB: app"), "{compose}");
}
