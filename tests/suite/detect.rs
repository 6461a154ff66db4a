//! What dockgen reads from a project, and `init` without a terminal.

use serde_json::Value;

use crate::common::Project;

pub(crate) fn facts(project: &Project) -> Value {
    serde_json::from_str(&project.run(&["detect", "--json"]).ok().stdout).unwrap()
}

pub(crate) fn fact<'a>(facts: &'a Value, key: &str) -> Option<&'a Value> {
    facts["facts"].as_array().unwrap().iter().find(|fact| fact["key"] == key)
}

pub(crate) fn value<'a>(facts: &'a Value, key: &str) -> &'a Value {
    &fact(facts, key).unwrap_or_else(|| panic!("{key} in {facts:#}"))["value"]
}

#[test]
fn a_factory_in_a_src_layout_is_found_with_its_services_and_settings() {
    let project = Project::new(&[
        ("src/shop/__init__.py", ""),
        (
            "src/shop/app.py",
            "import os\nfrom flask import Flask\nfrom shop.health import page\n\n\ndef create_app(name=None):\n    made = Flask(__name__)\n    \
             made.secret_key = os.environ['SECRET_KEY']\n    made.config['URL'] = os.getenv('DATABASE_URL')\n    made.register_blueprint(page, url_prefix='/api')\n    return made\n",
        ),
        (
            "src/shop/health.py",
            "from flask import Blueprint\npage = Blueprint('page', __name__)\n\n\n@page.route('/healthz')\ndef ok():\n    return ''\n",
        ),
        ("tests/test_app.py", "from flask import Flask\napp = Flask(__name__)\n"),
        ("requirements.txt", "flask\ngunicorn\npsycopg2-binary==2.9.11\n"),
        (".python-version", "3.13.2\n"),
    ]);
    let facts = facts(&project);
    assert_eq!(value(&facts, "app.entry"), "shop.app:create_app()");
    assert_eq!(value(&facts, "app.root"), "src");
    assert_eq!(value(&facts, "app.framework"), "flask");
    assert_eq!(value(&facts, "health.path"), "/api/healthz");
    assert_eq!(value(&facts, "services.db.kind"), "postgres");
    assert_eq!(value(&facts, "services.db.environment.DATABASE_URL"), "url");
    assert_eq!(value(&facts, "secrets.SECRET_KEY.required"), true);
    assert_eq!(value(&facts, "python.version"), "3.13");
    let entry = fact(&facts, "app.entry").unwrap();
    assert_eq!((entry["file"].as_str(), entry["line"].as_u64()), (Some("src/shop/app.py"), Some(6)));
}

#[test]
fn a_command_of_the_project_settles_which_application_it_is() {
    let files = [
        ("one.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
        ("two.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
        ("requirements.txt", "fastapi\nuvicorn\n"),
    ];
    let both = Project::new(&files);
    assert_eq!(facts(&both)["candidates"].as_array().unwrap().len(), 2);
    let ran = both.run(&["init", "--yes"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("two:app") && ran.stderr.contains("--set 'app.entry=one:app'"),
        "{}",
        ran.stderr
    );
    let ran = both.run(&["init", "--yes", "--set", "app.entry=one:nope"]);
    assert!(ran.code == 2 && ran.stderr.contains("found: one:app, two:app"), "{}", ran.stderr);
    both.run(&["init", "--yes", "--set", "app.entry=two:app"]).ok();
    assert!(both.read("Dockerfile").contains("two:app") && both.read("dockgen.toml").contains("entry = \"two:app\""));

    let started = Project::new(&[&files[..], &[("Procfile", "web: uvicorn two:app\n")]].concat());
    assert_eq!(value(&facts(&started), "app.entry"), "two:app");
    // a command for what is not there is no evidence
    let stale = Project::new(&[&files[..], &[("Procfile", "web: uvicorn three:app\n")]].concat());
    assert!(fact(&facts(&stale), "app.entry").is_none());
}

#[test]
fn django_says_where_its_settings_are_and_what_it_lacks() {
    let project = Project::new(&[
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.local')\n"),
        ("config/__init__.py", ""),
        ("config/settings/__init__.py", ""),
        ("config/settings/base.py", "ROOT_URLCONF = 'config.urls'\n"),
        ("config/settings/local.py", "from .base import *\n"),
        ("config/settings/production.py", "from .base import *\n"),
        ("config/urls.py", "from django.urls import include, path\nurlpatterns = [path('ht/', include('health_check.urls'))]\n"),
        ("config/wsgi.py", "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"),
        ("config/asgi.py", "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n"),
        ("requirements.txt", "django\ngunicorn\n"),
    ]);
    let facts = facts(&project);
    assert_eq!(value(&facts, "app.entry"), "config.wsgi:application");
    assert_eq!(value(&facts, "environment.DJANGO_SETTINGS_MODULE.value"), "config.settings.production");
    assert_eq!(value(&facts, "health.path"), "/ht/");
    project.run(&["init", "--yes"]).ok();
    assert!(!project.read("Dockerfile").contains("collectstatic"), "there is no STATIC_ROOT");
}

#[test]
fn files_of_other_hands_are_kept_and_a_second_init_is_refused() {
    let files = [
        ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
        ("requirements.txt", "fastapi\nuvicorn\n"),
        ("Dockerfile", "FROM scratch\n"),
        (".env.example", "A=1\n"),
    ];
    let project = Project::new(&files);
    project.run(&["init", "--yes"]).ok();
    assert_eq!((project.read("Dockerfile").as_str(), project.read(".env.example").as_str()), ("FROM scratch\n", "A=1\n"));
    assert!(
        project.read("Dockerfile.dockgen").contains("uvicorn") && project.read("compose.yaml").contains("Dockerfile.dockgen")
    );
    project.run(&["generate", "--check"]).ok();
    let ran = project.run(&["init", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("dockgen.toml already exists"), "{}", ran.stderr);
    project.run(&["init", "--yes", "--force"]).ok();
    assert!(project.read("Dockerfile").contains("uvicorn"));
}

#[test]
fn a_repository_of_several_projects_lists_them() {
    let project = Project::new(&[
        ("README.md", "\n"),
        ("api/requirements.txt", "fastapi\n"),
        ("api/main.py", "x = 1\n"),
        ("site/pyproject.toml", "[project]\nname = \"site\"\n"),
    ]);
    let ran = project.run(&["init", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("api, site"), "{}", ran.stderr);
}

#[test]
fn settings_classes_say_their_variables_with_prefixes_bases_and_nesting() {
    let project = Project::new(&[
        ("main.py", "from fastapi import FastAPI\nfrom config import Settings\napp = FastAPI()\n"),
        (
            "config.py",
            "from typing import Literal\nfrom pydantic import BaseModel, Field, SecretStr\n\
             from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom parts import Token\n\
             COMMON = SettingsConfigDict(env_nested_delimiter='__')\n\n\
             class Database(BaseModel):\n    hostname: str = 'localhost'\n    port: int = 5432\n    name: str\n\n\
             class Settings(BaseSettings):\n    model_config = COMMON | SettingsConfigDict(extra='ignore')\n    \
             database: Database = Field(default_factory=Database)\n    mode: Literal['dev', 'prod']\n    \
             database_url: str = f'postgresql://{1}'\n    queue_size: int = 10\n\n\
             class Jwt(BaseSettings, Token):\n    model_config = COMMON | SettingsConfigDict(env_prefix='JWT_')\n",
        ),
        ("parts.py", "from pydantic import BaseModel\nclass Token(BaseModel):\n    secret: str\n    algorithm: str = 'HS256'\n"),
        ("requirements.txt", "fastapi\nuvicorn\nasyncpg\n"),
    ]);
    let facts = facts(&project);
    assert_eq!(value(&facts, "services.db.environment.DATABASE__HOSTNAME"), "host");
    assert_eq!(value(&facts, "services.db.environment.DATABASE__NAME"), "database");
    // the host is given, so the URL makes itself
    assert!(fact(&facts, "services.db.environment.DATABASE_URL").is_none(), "{facts:#}");
    assert!(fact(&facts, "environment.DATABASE_URL.required").is_none(), "{facts:#}");
    assert_eq!(
        (value(&facts, "environment.MODE.required"), value(&facts, "environment.MODE.example")),
        (&true.into(), &"prod".into())
    );
    assert_eq!(value(&facts, "environment.QUEUE_SIZE.example"), "10");
    assert_eq!(value(&facts, "secrets.JWT_SECRET.required"), true);
    let algorithm = fact(&facts, "environment.JWT_ALGORITHM.example").unwrap();
    assert_eq!((algorithm["value"].as_str(), algorithm["file"].as_str()), (Some("HS256"), Some("parts.py")));
}

/// A project of Django's own form, with these settings.
pub(crate) fn django(settings: &str, requirements: &str) -> Project {
    Project::new(&[
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ("shop/__init__.py", ""),
        (
            "shop/wsgi.py",
            "import os\nfrom django.core.wsgi import get_wsgi_application\n\
             os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n",
        ),
        ("shop/settings.py", settings),
        ("requirements.txt", requirements),
    ])
}

#[test]
fn what_the_settings_use_at_once_is_required_and_the_engine_is_chosen() {
    let project = django(
        "import os\nALLOWED_HOSTS = os.environ.get('HOSTS').split(' ')\nWORKERS = int(os.getenv('JOBS'))\n\
         LEVEL = os.getenv('LEVEL')\nif os.getenv('DB') == 'postgres':\n    pass\n\
         DATABASES = {'default': {'ENGINE': os.environ.get('SQL_ENGINE', 'django.db.backends.sqlite3'), \
         'HOST': os.environ.get('SQL_HOST', 'localhost')}}\n",
        "django\npsycopg2-binary\n",
    );
    let facts = facts(&project);
    let required = |name: &str| value(&facts, &format!("environment.{name}.required")).clone();
    assert_eq!([required("HOSTS"), required("JOBS"), required("LEVEL")], [true, true, false]);
    assert_eq!(value(&facts, "environment.SQL_ENGINE.value"), "django.db.backends.postgresql");
    let other = django("import os\nif os.getenv('DB') == 'postgres':\n    pass\n", "django\npsycopg2-binary\n");
    let facts = self::facts(&other);
    assert_eq!(value(&facts, "environment.DB.value"), "postgres");
}

#[test]
fn workers_and_migrations_are_found_by_what_runs_them() {
    let application = "from fastapi import FastAPI\napp = FastAPI()\n";
    for (library, file, text, command) in [
        (
            "arq",
            "src/jobs/settings.py",
            "class WorkerSettings:\n    functions = []\n    redis_settings = None\n",
            r#"["arq", "jobs.settings.WorkerSettings"]"#,
        ),
        (
            "dramatiq",
            "src/jobs/mail.py",
            "import dramatiq\n@dramatiq.actor\ndef send():\n    pass\n",
            r#"["dramatiq", "jobs.mail"]"#,
        ),
        (
            "huey",
            "src/jobs/queue.py",
            "from huey import RedisHuey\nqueue = RedisHuey()\n",
            r#"["huey_consumer", "jobs.queue.queue"]"#,
        ),
        ("rq", "src/jobs/queue.py", "from rq import Queue\nq = Queue('mails')\n", r#"["rq", "worker", "mails"]"#),
    ] {
        let requirements = format!("fastapi\nuvicorn\n{library}\n");
        let files = [
            ("src/shop/__init__.py", ""),
            ("src/shop/main.py", application),
            ("src/jobs/__init__.py", ""),
            (file, text),
            ("requirements.txt", requirements.as_str()),
        ];
        let facts = facts(&Project::new(&files));
        let expected: Value = serde_json::from_str(command).unwrap();
        assert_eq!(value(&facts, "processes.worker.command"), &expected, "{library}");
    }
    let project = Project::new(&[
        ("main.py", application),
        ("db/alembic.ini", "[alembic]\n"),
        ("db/migrations/versions/one.py", ""),
        ("requirements.txt", "fastapi\nuvicorn\nalembic\n"),
    ]);
    let expected = serde_json::json!([["sh", "-c", "cd db && exec alembic upgrade head"]]);
    assert_eq!(value(&facts(&project), "release.steps"), &expected);
}

#[test]
fn what_is_written_into_the_environment_is_not_read_from_it() {
    let project = Project::new(&[
        (
            "main.py",
            "import os\nimport dj_database_url\nfrom fastapi import FastAPI\nfrom pydantic import BaseModel\nfrom pydantic_settings import BaseSettings\n\
             app = FastAPI()\nos.environ['WRITTEN'] = '3'\ndel os.environ['DELETED']\nif 'ASKED' in os.environ:\n    print(os.environ['ASKED'])\n\
             LIMIT = int(os.getenv('LIMIT')) if os.getenv('LIMIT') else None\nKEY = os.environ.get('SECRET_KEY') or 'dev'\n\
             PASSWORD = os.getenv('FILE_STORE_PASSWORD', 'hunter2hunter2')\nDATABASE = dj_database_url.config()\nNEEDED = os.environ['NEEDED']\n\n\
             class Part(BaseModel):\n    scheme: str = 'postgresql'\n\nclass Settings(BaseSettings):\n    db: Part = Part()\n",
        ),
        ("requirements.txt", "fastapi\nuvicorn\npsycopg\n"),
        (".env.example", "DEBUG=1 # never in production\n"),
    ]);
    let found = facts(&project);
    let required = |key: &str| fact(&found, &format!("{key}.required")).map(|fact| fact["value"] == true);
    assert_eq!([required("environment.WRITTEN"), required("environment.DELETED")], [None, None]);
    assert_eq!([required("environment.ASKED"), required("environment.LIMIT"), required("secrets.SECRET_KEY")], [Some(false); 3]);
    assert_eq!(
        (required("environment.NEEDED"), value(&found, "environment.NEEDED.description")),
        (Some(true), &"Read in main.py".into())
    );
    assert!(required("secrets.FILE_STORE_PASSWORD").is_some() && !found.to_string().contains("hunter2"), "{found:#}");
    assert_eq!(value(&found, "services.db.environment.DATABASE_URL"), "url");
    assert!(fact(&found, "environment.DB.value").is_none() && required("environment.DB").is_none(), "{found:#}");
}

#[test]
fn a_service_that_the_spec_names_keeps_its_driver_and_its_variable() {
    let project = Project::new(&[
        (
            "main.py",
            "from fastapi import FastAPI\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\napp = FastAPI()\n\n\
             class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='TODO_')\n    database_url: str = 'postgresql://localhost/todo'\n",
        ),
        ("requirements.txt", "fastapi\nuvicorn\nsqlalchemy\nasyncpg\n"),
    ]);
    let found = facts(&project);
    assert_eq!(value(&found, "services.db.environment.TODO_DATABASE_URL"), "url");
    let spec =
        "presets = [\"fastapi-uvicorn\"]\n[services.db]\nkind = \"postgres\"\nenvironment = { TODO_DATABASE_URL = \"url\" }\n";
    std::fs::write(project.0.path().join("dockgen.toml"), spec).unwrap();
    project.run(&["generate"]).ok();
    let compose = project.read("compose.yaml");
    assert!(compose.contains("TODO_DATABASE_URL: \"postgresql+asyncpg://app:"), "{compose}");
}

#[test]
fn a_repository_of_projects_names_their_folders() {
    let application = "from fastapi import FastAPI\napp = FastAPI()\n";
    let project = Project::new(&[
        ("api/main.py", application),
        ("api/requirements.txt", "fastapi\n"),
        ("web/main.py", application),
        ("web/requirements.txt", "fastapi\n"),
    ]);
    let ran = project.run(&["init", "--yes"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("dockgen -C api init (or one of api, web)") && !ran.stderr.contains("\\n"), "{}", ran.stderr);
}

#[test]
fn geodjango_gets_its_libraries() {
    let project = django("INSTALLED_APPS = ['django.contrib.gis']\nSTATIC_ROOT = '/tmp/static'\n", "django\ngunicorn\n");
    let found = facts(&project);
    assert_eq!(value(&found, "system.run"), &serde_json::json!(["gdal-bin"]));
    let ran = project.run(&["init", "--yes"]).ok();
    assert_eq!(project.read("Dockerfile").matches("      gdal-bin").count(), 2, "{}", project.read("Dockerfile"));
    assert!(ran.stderr.contains("needs PostGIS"), "{}", ran.stderr);
}

/// Whether Django's steps can run, its sources say, also where the spec says everything else.
#[test]
fn a_complete_spec_of_django_gets_no_step_that_cannot_run() {
    let spec = "presets = [\"django-gunicorn\", \"pip\"]\n[app]\nentry = \"shop.wsgi:application\"\n[health]\npath = \"/health/\"\n\
        [services.db]\nkind = \"postgres\"\n[environment]\nALLOWED_HOSTS = \"localhost\"\n";
    let project = django("DEBUG = False\n", "django\ngunicorn\n");
    std::fs::write(project.0.path().join("dockgen.toml"), spec).unwrap();
    assert_eq!(project.run(&["show", "build.steps"]).ok().stdout.split("  #").next(), Some("build.steps = []"));
}

/// A checkout may lie in a folder of any name.
#[test]
fn init_writes_the_name_down_where_only_the_folder_says_it() {
    let files = [("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"), ("requirements.txt", "fastapi\nuvicorn\n")];
    let project = Project::new(&files);
    project.run(&["init", "--yes"]).ok();
    let elsewhere = Project::new(&[]);
    for (path, bytes) in project.tree() {
        std::fs::write(elsewhere.0.path().join(path), bytes).unwrap();
    }
    elsewhere.run(&["generate", "--check"]).ok();
    let named = Project::new(&[&files[..], &[("pyproject.toml", "[project]\nname = \"shop\"\n")]].concat());
    named.run(&["init", "--yes"]).ok();
    assert!(!named.read("dockgen.toml").contains("[project]"));
}
