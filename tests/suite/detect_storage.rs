//! What the application writes is detected, and lies in volumes.

use crate::common::Project;
use crate::detect::{django, fact, facts, value};

#[test]
fn what_is_written_beside_the_code_lies_in_volumes() {
    let project = django(
        "import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n\
         DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\n\
         MEDIA_ROOT = os.path.join(BASE_DIR, 'media')\nos.makedirs(BASE_DIR / 'var' / 'log', exist_ok=True)\n",
        "django\npsycopg2-binary\n",
    );
    let facts = facts(&project);
    assert_eq!(value(&facts, "volumes.data.files"), &serde_json::json!(["db.sqlite3"]));
    assert_eq!(value(&facts, "volumes.media.path"), "/app/media");
    assert_eq!(value(&facts, "volumes.var-log.path"), "/app/var/log");
    assert_eq!(value(&facts, "kubernetes.replicas"), 1);
    assert!(fact(&facts, "services.db.kind").is_none(), "the driver is for a database that its settings do not name");
    project.run(&["init", "--yes"]).ok();
    assert!(project.read("Dockerfile").contains("RUN ln -s /data/db.sqlite3 /app/db.sqlite3\n"));
    // a setting that is added later takes no volume away
    let spec = project.read("dockgen.toml") + "\n[environment]\nLOG_LEVEL = \"INFO\"\n";
    std::fs::write(project.0.path().join("dockgen.toml"), spec).unwrap();
    assert!(project.run(&["generate", "--stdout", "compose"]).ok().stdout.contains("data:/data"));
    let compose = project.read("compose.yaml");
    assert!(compose.contains("- \"data:/data\"\n") && compose.contains("- \"var-log:/app/var/log\"\n"), "{compose}");
    let manifest = project.read("k8s.yaml");
    assert!(manifest.contains("    type: Recreate\n") && manifest.contains("  replicas: 1\n"), "{manifest}");
    assert!(!manifest.contains("HorizontalPodAutoscaler"));
}

#[test]
fn an_address_that_may_be_an_sqlite_file_leads_into_a_volume() {
    let project = Project::new(&[
        (
            "app.py",
            "import os\nfrom flask import Flask\napp = Flask(__name__)\n\
             app.config['SQLALCHEMY_DATABASE_URI'] = os.environ.get('DATABASE_URL', 'sqlite:///shop.db')\n",
        ),
        ("requirements.txt", "flask\nflask-sqlalchemy\n"),
    ]);
    let facts = facts(&project);
    assert_eq!(value(&facts, "environment.DATABASE_URL.value"), "sqlite:////data/app.db");
    assert_eq!(value(&facts, "volumes.data.path"), "/data");
    assert!(fact(&facts, "volumes.data.files").is_none());
}

#[test]
fn only_what_the_chosen_settings_write_gets_a_volume() {
    let project = django(
        "import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n\
         DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'},\n\
         'other': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'shop' / 'db.sqlite3'}}\n\
         STATIC_ROOT = BASE_DIR / 'public'\nos.makedirs(STATIC_ROOT, exist_ok=True)\n\
         MEDIA_ROOT = os.environ.get('MEDIA_ROOT', BASE_DIR / 'media')\nLOG = Path(os.environ.get('STORE', '/store')) / 'logs'\n\
         os.makedirs(LOG, exist_ok=True)\n",
        "django\n",
    );
    std::fs::create_dir(project.0.path().join("media")).unwrap();
    std::fs::write(project.0.path().join(".gitignore"), "media/\n").unwrap();
    std::fs::write(project.0.path().join("media/one.png"), "").unwrap();
    let found = facts(&project);
    let volumes: Vec<_> = found["facts"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|fact| fact["key"].as_str()?.strip_prefix("volumes.")?.strip_suffix(".path"))
        .collect();
    assert_eq!(volumes, ["data", "media"], "{found:#}");
    project.run(&["init", "--yes"]).ok();
    let links = "RUN mkdir -p /app/shop && \\\n    ln -s /data/db.sqlite3 /app/db.sqlite3 && \\\n    ln -s /data/shop-db.sqlite3 /app/shop/db.sqlite3\n";
    assert!(project.read("Dockerfile").contains(links), "{}", project.read("Dockerfile"));

    let application = "import sqlite3\nfrom fastapi import FastAPI\napp = FastAPI()\ncities = sqlite3.connect('geo/cities.db')\n";
    let shipped = Project::new(&[("main.py", application), ("geo/cities.db", ""), ("requirements.txt", "fastapi\nuvicorn\n")]);
    assert_eq!(value(&facts(&shipped), "volumes.data.files"), &serde_json::json!(["geo/cities.db"]), "databases stay out");
    let said = shipped.run(&["init", "--yes"]).ok();
    assert!((said.stdout + &said.stderr).contains("main.py:4 reads geo/cities.db, which starts empty in a volume"));
    let keep = "\n[context]\nkeep = [\"geo/cities.db\"]\n";
    std::fs::write(shipped.0.path().join("dockgen.toml"), shipped.read("dockgen.toml") + keep).unwrap();
    let said = shipped.run(&["generate"]).ok();
    assert!(!said.stderr.contains("cities") && !shipped.read("Dockerfile").contains("ln -s"), "data that the spec names is code");
    assert!(shipped.read(".dockerignore").contains("\n!geo/cities.db\n"));
}

#[test]
fn the_projects_own_command_creates_the_tables_once() {
    let command = |decorator: &str| {
        format!(
            "import sqlite3\nimport click\nfrom flask import Flask\napp = Flask(__name__)\nDATABASE = sqlite3.connect('shop.db')\n\n\n\
             {decorator}\ndef init_db():\n    DATABASE.executescript(open('schema.sql').read())\n"
        )
    };
    for decorator in ["@app.cli.command('init-db')", "@app.cli.command()", "@click.command(name='init-db')"] {
        let project = Project::new(&[("app.py", &command(decorator)), ("schema.sql", ""), ("requirements.txt", "flask\n")]);
        let facts = facts(&project);
        let once = serde_json::json!([["sh", "-c", "find /data -type f | grep -q . || exec flask init-db"]]);
        assert_eq!(value(&facts, "release.steps"), &once, "{decorator}");
        assert_eq!(value(&facts, "environment.FLASK_APP.value"), "app:app");
        project.run(&["init", "--yes"]).ok();
        assert!(project.read("compose.yaml").contains("exec flask init-db"));
    }
    let script = [
        ("app.py", "import sqlite3\nfrom quart import Quart\napp = Quart(__name__)\nDATABASE = sqlite3.connect('shop.db')\n"),
        ("init_db.py", "import sqlite3\nsqlite3.connect('shop.db').executescript('CREATE TABLE a (b)')\n"),
        ("requirements.txt", "quart\n"),
    ];
    let once = serde_json::json!([["sh", "-c", "find /data -type f | grep -q . || exec python init_db.py"]]);
    assert_eq!(value(&facts(&Project::new(&script)), "release.steps"), &once);
    let other = [script[0], ("drop_db.py", script[1].1), script[2]];
    assert!(fact(&facts(&Project::new(&other)), "release.steps").is_none());
}

#[test]
fn logs_caches_and_uploads_lie_in_volumes() {
    let application = "import logging\nimport diskcache\nfrom logging.handlers import RotatingFileHandler\nfrom pathlib import Path\n\
         from flask import Flask\nfrom loguru import logger\nBASE = Path(__file__).parent\napp = Flask(__name__)\n\
         Path('exports').mkdir(exist_ok=True)\n(BASE / 'var' / 'reports').mkdir(parents=True, exist_ok=True)\n\
         logger.add('log/shop.log', rotation='1 day')\nlogger.add('errors.log')\nRotatingFileHandler(filename='kept/shop.log')\n\
         RotatingFileHandler('shop/shop.log')\nCACHE = diskcache.Cache('disk-cache')\n\
         app.config['UPLOAD_FOLDER'] = 'uploads'\napp.config['SESSION_TYPE'] = 'filesystem'\n";
    let project = Project::new(&[
        ("main.py", application),
        ("shop/__init__.py", ""),
        ("kept/.gitkeep", ""),
        ("requirements.txt", "flask\n"),
    ]);
    let found = facts(&project);
    let path = |name: &str| value(&found, &format!("volumes.{name}.path")).as_str().unwrap().to_owned();
    for folder in ["exports", "var/reports", "log", "kept", "disk-cache", "uploads", "flask_session"] {
        assert_eq!(path(&folder.replace(['/', '_'], "-")), format!("/app/{folder}"), "{found:#}");
    }
    assert!(fact(&found, "volumes.uploads.size").is_some() && fact(&found, "volumes.log.size").is_none());
    assert!(fact(&found, "volumes.shop.path").is_none(), "code is never hidden");
    assert_eq!(value(&found, "volumes.log-files.files"), &serde_json::json!(["errors.log", "shop/shop.log"]));
    project.run(&["init", "--yes"]).ok();
    assert!(
        project.read("Dockerfile").contains("ln -s /log-files/shop-shop.log /app/shop/shop.log"),
        "{}",
        project.read("Dockerfile")
    );
}

#[test]
fn the_folders_that_django_names_for_logs_and_caches_lie_in_volumes() {
    let found = facts(&django(
        "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n\
         LOGGING = {'handlers': {'file': {'class': 'logging.FileHandler', 'filename': BASE_DIR / 'logs' / 'shop.log'},\n\
         'all': {'class': 'logging.FileHandler', 'filename': 'debug.log'}}}\nHANDLER = 'logging.FileHandler'\n\
         CACHES = {'default': {'BACKEND': 'django.core.cache.backends.filebased.FileBasedCache', 'LOCATION': BASE_DIR / 'cache'}}\n",
        "django\n",
    ));
    assert_eq!(value(&found, "volumes.logs.path"), "/app/logs");
    assert_eq!(value(&found, "volumes.cache.path"), "/app/cache");
    assert_eq!(value(&found, "volumes.log-files.files"), &serde_json::json!(["debug.log"]));
}

#[test]
fn a_volume_over_code_is_refused() {
    let project = Project::new(&[
        ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
        ("shop/utils/prices.py", ""),
        ("requirements.txt", "fastapi\nuvicorn\n"),
    ]);
    project.run(&["init", "--yes"]).ok();
    let spec = project.read("dockgen.toml");
    for volume in ["\n[volumes]\ndata = \"/app/shop/utils\"\n", "\n[volumes.data]\npath = \"/app/shop/utils\"\n"] {
        std::fs::write(project.0.path().join("dockgen.toml"), format!("{spec}{volume}")).unwrap();
        let ran = project.run(&["generate"]);
        let message = "the volume at `/app/shop/utils` would hide `/app/shop/utils/prices.py`, which is part of the application";
        assert!(ran.code == 2 && ran.stderr.contains(message) && ran.stderr.contains("path = \"/data\""), "{}", ran.stderr);
    }
}
