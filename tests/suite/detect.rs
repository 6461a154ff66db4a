//! What dockgen reads from a project, and `init` where nobody can be asked.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::Project;

/// How long the most hostile folder may take.
const LONGEST: Duration = Duration::from_secs(20);

fn facts(project: &Project) -> Value {
    serde_json::from_str(&project.run(&["detect", "--json"]).ok().stdout).unwrap()
}

fn fact<'a>(facts: &'a Value, key: &str) -> Option<&'a Value> {
    facts["facts"].as_array().unwrap().iter().find(|fact| fact["key"] == key)
}

fn value<'a>(facts: &'a Value, key: &str) -> &'a Value {
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
fn contradicting_pythons_name_both_places() {
    let project = Project::new(&[
        ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
        ("requirements.txt", "fastapi\nuvicorn\n"),
        ("runtime.txt", "python-3.12.1\n"),
        ("setup.cfg", "[options]\npython_requires = >=3.13\n"),
    ]);
    let ran = project.run(&["init", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("runtime.txt:1") && ran.stderr.contains(">=3.13"), "{}", ran.stderr);
    project.run(&["init", "--yes", "--set", "python.version=3.13"]).ok();
}

#[test]
fn pinned_dependencies_choose_a_python_that_they_are_made_for() {
    let project = Project::new(&[("main.py", "x = 1\n"), ("requirements.txt", "numpy==1.26.4\n")]);
    let facts = facts(&project);
    assert_eq!(value(&facts, "python.version"), "3.12");
    let why = fact(&facts, "python.version").unwrap();
    assert_eq!(why["why"], "numpy 1.26.4 is not made for Python 3.14");
}

/// Whatever lies in a folder, dockgen ends soon, with an exit code of its own.
#[test]
#[cfg(unix)]
fn hostile_folders_are_survived() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    let project = Project::new(&[
        ("two.py", "print 'x'\nexec 'y' in z\nfrom flask import Flask\napp = Flask(__name__)\n"),
        ("broken.py", "from flask import Flask\napp = Flask(__name__\n"),
        ("requirements.txt", "flask\ngunicorn\n-r requirements.txt\n"),
        ("Procfile", "web: gunicorn : : :app\nworker\n"),
        ("docker-compose.yml", "services: [[[\n image: \n"),
    ]);
    let folder = project.0.path();
    std::fs::write(folder.join("deep.py"), format!("app = {}\n", "(".repeat(50_000))).unwrap();
    std::fs::write(folder.join("long.py"), "FastAPI(\n".repeat(1_000_000)).unwrap();
    std::fs::write(folder.join("latin.py"), b"# caf\xe9\nfrom flask import Flask\n").unwrap();
    std::fs::write(folder.join(std::ffi::OsStr::from_bytes(b"n\xff.py")), "x").unwrap();
    std::fs::File::create(folder.join("huge.py")).unwrap().set_len(2 << 30).unwrap();
    std::fs::create_dir(folder.join("a")).unwrap();
    symlink("..", folder.join("a/loop")).unwrap();
    symlink("self.py", folder.join("self.py")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.join("pipe.py")).status().unwrap().success());
    assert!(std::process::Command::new("mkfifo").arg(folder.join(".env.example")).status().unwrap().success());
    for arguments in [&["detect"][..], &["detect", "--json"], &["init", "--yes"]] {
        let start = Instant::now();
        let ran = project.run(arguments);
        assert!(ran.code <= 2 && !ran.stderr.contains("panicked") && start.elapsed() < LONGEST, "{arguments:?}: {}", ran.stderr);
    }
    assert!(project.run(&["detect"]).ok().stdout.contains("two:app"));
    for (file, text) in [
        ("pyproject.toml", "[project\n"),
        ("pyproject.toml", "project = 1\n"),
        ("Pipfile", "[[[\n"),
        ("uv.lock", "version = [\n"),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
        let ran = project.run(&["detect"]);
        assert!(ran.code <= 2 && !ran.stderr.contains("panicked"), "{file}: {}", ran.stderr);
        std::fs::remove_file(folder.join(file)).unwrap();
    }
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
fn django(settings: &str, requirements: &str) -> Project {
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
fn names_without_versions_are_not_installed_from() {
    let application = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let pipfile = ("Pipfile", "[packages]\nfastapi = \"*\"\n");
    let ran = Project::new(&[application, pipfile]).run(&["init", "--yes"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("`Pipfile` names dependencies, and there is no `Pipfile.lock` with their versions"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("run `pipenv lock`"), "{}", ran.stderr);
    let facts = facts(&Project::new(&[application, pipfile, ("requirements.txt", "fastapi\n")]));
    assert_eq!(value(&facts, "install.with"), "pip");
}

const UV_LOCK: &str = "version = 1\nrequires-python = \">=3.12\"\n\n[[package]]\nname = \"fastapi\"\nversion = \"0.115.0\"\n\n\
     [[package]]\nname = \"shop-api\"\nversion = \"1\"\nsource = { editable = \"apps/api\" }\ndependencies = [{ name = \"fastapi\" }]\n\n\
     [[package]]\nname = \"ws\"\nversion = \"0\"\nsource = { virtual = \".\" }\n";

#[test]
fn a_member_of_a_workspace_is_built_from_where_the_lock_lies() {
    let application = "from fastapi import FastAPI\napp = FastAPI()\n";
    let project = Project::new(&[
        ("pyproject.toml", "[project]\nname = \"ws\"\nversion = \"0\"\n[tool.uv.workspace]\nmembers = [\"apps/*\"]\n"),
        ("uv.lock", UV_LOCK),
        ("apps/api/pyproject.toml", "[project]\nname = \"shop-api\"\nversion = \"1\"\ndependencies = [\"fastapi\"]\n"),
        ("apps/api/src/api/__init__.py", ""),
        ("apps/api/src/api/main.py", application),
        ("apps/web/main.py", application),
    ]);
    let mut command = project.command(&["init", "--yes"]);
    let ran = crate::common::Ran::from(command.current_dir(project.0.path().join("apps/api")).output().unwrap()).ok();
    assert!(ran.stderr.contains("apps/api is a member of the workspace whose uv.lock is in ../.."), "{}", ran.stderr);
    let spec = project.read("dockgen.toml");
    assert!(spec.contains("entry = \"api.main:app\"\nroot = \"apps/api/src\"\n"), "{spec}");
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.contains("--no-install-workspace --package=shop-api"), "{dockerfile}");
    assert!(dockerfile.contains("--no-editable --package=shop-api"), "{dockerfile}");
}

#[test]
fn a_lock_that_does_not_fit_its_manifest_is_told() {
    let main = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let manifest = |version: &str, more: &str| {
        format!(
            "[project]\nname = \"ws\"\nversion = \"{version}\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi\"{more}]\n"
        )
    };
    let hints = |manifest: &str| {
        let ran = Project::new(&[main, ("pyproject.toml", manifest), ("uv.lock", UV_LOCK)]).run(&["init", "--yes"]).ok();
        ran.stderr
            .lines()
            .filter(|line| line.contains("uv.lock") && line.starts_with("hint"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(hints(&manifest("0", "")), [""; 0]);
    let missing = "hint: uv.lock lacks httpx, which pyproject.toml:5 asks for: run `uv lock`, or the build stops";
    assert_eq!(hints(&manifest("0", ", \"httpx\"")), [missing]);
    let moved = "hint: uv.lock is for ws 0, and pyproject.toml says 2: run `uv lock`, or the build stops";
    assert_eq!(hints(&manifest("2", "")), [moved]);
}

#[test]
fn conda_is_refused_and_classifiers_are_a_hint() {
    let main = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let ran = Project::new(&[main, ("environment.yml", "dependencies:\n  - fastapi\n")]).run(&["init", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("conda's environment.yml is not supported"), "{}", ran.stderr);
    let classified = "from setuptools import setup\nsetup(classifiers=[\"Programming Language :: Python :: 3.12\"])\n";
    let facts = facts(&Project::new(&[main, ("requirements.txt", "fastapi\n"), ("setup.py", classified)]));
    let python = fact(&facts, "python.version").unwrap();
    assert_eq!(
        (python["value"].as_str(), python["file"].as_str(), python["line"].as_u64()),
        (Some("3.12"), Some("setup.py"), Some(2))
    );
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
fn classes_in_classes_end() {
    let mut classes =
        String::from("from pydantic import BaseModel\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n");
    for level in (0..10).rev() {
        let fields: Vec<_> = (0..12).map(|at| format!("    f{at}: C{} | None = None\n", level + 1)).collect();
        classes.extend([format!("class C{level}(BaseModel):\n"), fields.concat()]);
    }
    classes +=
        "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_nested_delimiter='__')\n    c: C0 | None = None\n";
    classes += "class C10(BaseModel):\n    me: 'C10 | None' = None\n    x: int = 1\n";
    let project = Project::new(&[
        ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
        ("config.py", &classes),
        ("requirements.txt", "fastapi\n"),
    ]);
    let start = Instant::now();
    facts(&project);
    assert!(start.elapsed() < LONGEST);
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
