//! What follows from the imports of a project's modules.

use crate::common::Project;
use crate::detect::{fact, facts, value};

const APP: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

/// The import path and the entry point of a project.
fn place(files: &[(&str, &str)]) -> (String, String) {
    let project = Project::new(&[files, &[("requirements.txt", "fastapi\nuvicorn\n")]].concat());
    let facts = facts(&project);
    let text = |key: &str| value(&facts, key).as_str().unwrap().to_owned();
    (text("app.root"), text("app.entry"))
}

fn answer(root: &str, entry: &str) -> (String, String) {
    (root.to_owned(), entry.to_owned())
}

#[test]
fn the_import_path_is_the_folder_under_which_imports_of_all_modules_resolve() {
    let app = |lines: &str| format!("{lines}{APP}");
    // the entry point itself imports with dots only: what its neighbor imports shows where the path starts
    let src = [("src/shop/main.py", app("from . import db\n")), ("src/shop/db.py", "from shop import models\n".into())];
    let src: Vec<_> = src.iter().map(|(path, text)| (*path, text.as_str())).chain([("src/shop/models.py", "")]).collect();
    assert_eq!(place(&src), answer("src", "shop.main:app"), "src layout");
    let itself =
        [("src/__init__.py", ""), ("src/main.py", &app("from .db import x\n")), ("src/db.py", "from src.names import x\n")];
    let itself = [&itself[..], &[("src/names.py", "x = 1\n")]].concat();
    assert_eq!(place(&itself), answer(".", "src.main:app"), "a package that imports itself");
    let folder = [("app/__init__.py", ""), ("app/main.py", &app("import routes\n")), ("app/routes.py", "from db import x\n")];
    let folder = [&folder[..], &[("app/db.py", "x = 1\n")]].concat();
    assert_eq!(place(&folder), answer("app", "main:app"), "the application's folder, although it has an __init__.py");
    let member = [("services/api/app/main.py", &*app("from app.db import x\n")), ("services/api/app/db.py", "x = 1\n")];
    assert_eq!(place(&member), answer("services/api", "app.main:app"), "a folder of a repository with several projects");
    let helpers = [("web/main.py", &*app("from helpers import x\n")), ("helpers.py", "x = 1\n")];
    assert_eq!(place(&helpers), answer(".", "web.main:app"), "modules beside the application's folder");
    let spaces = [("web/main.py", &*app("from core.db import session\n")), ("core/db/session.py", "")];
    assert_eq!(place(&spaces), answer(".", "web.main:app"), "folders without __init__.py");
    let dots = [("web/main.py", &*app("from .db import x\n")), ("web/db.py", "x = 1\n")];
    assert_eq!(place(&dots), answer(".", "web.main:app"), "a relative import needs a package around it");
}

#[test]
fn a_folder_with_the_name_of_a_distribution_is_no_reason_to_import_from_it() {
    let app = format!("from celery import Celery\nfrom redis import Redis\nfrom app.db import x\nfrom alembic import op\n{APP}");
    let files = [
        ("app/main.py", app.as_str()),
        ("app/db.py", "x = 1\n"),
        // neither has the name that is imported, or it takes it from the distribution
        ("app/redis/__init__.py", ""),
        ("app/celery.py", "from celery import Celery\nqueue = Celery('app')\n"),
        ("app/alembic/env.py", ""),
        ("tests/test_main.py", "import celery\nfrom app.main import app\n"),
    ];
    assert_eq!(place(&files), answer(".", "app.main:app"));
}

#[test]
fn a_command_whose_module_cannot_import_its_own_project_is_seen_from_where_it_can() {
    let app = format!("from app.db import x\n{APP}");
    let files = [
        ("src/app/main.py", app.as_str()),
        ("src/app/db.py", "x = 1\n"),
        ("Dockerfile", "FROM python:3.13\nENV PYTHONPATH=/code/src\nCMD [\"uvicorn\", \"src.app.main:app\"]\n"),
    ];
    assert_eq!(place(&files), answer("src", "app.main:app"));
    // both resolve: the command says which
    let app = format!("from .db import x\n{APP}");
    let files = [("src/app/main.py", app.as_str()), ("src/app/db.py", "x = 1\n"), files[2]];
    assert_eq!(place(&files), answer(".", "src.app.main:app"));
}

#[test]
fn modules_that_settings_and_calls_name_are_followed() {
    let app = format!("import importlib\nimportlib.import_module('shop.routes')\n{APP}");
    let files = [("code/shop/main.py", app.as_str()), ("code/shop/routes.py", "")];
    assert_eq!(place(&files), answer("code", "shop.main:app"));
    let app = format!("from .tasks import queue\n{APP}");
    let tasks = "from celery import Celery\nqueue = Celery('shop', include=['shop.jobs'])\n";
    let files = [("code/shop/main.py", app.as_str()), ("code/shop/tasks.py", tasks), ("code/shop/jobs.py", "")];
    assert_eq!(place(&files), answer("code", "shop.main:app"));
}

#[test]
fn imports_for_type_checkers_and_those_that_may_fail_weigh_less() {
    let lines = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from web.names import x\ntry:\n    from web.other import y\nexcept ImportError:\n    pass\nimport names\n";
    let app = format!("{lines}{APP}");
    let files = [("web/main.py", app.as_str()), ("web/names.py", "x = 1\n"), ("web/other.py", "y = 1\n")];
    assert_eq!(place(&files), answer("web", "main:app"));
}

#[test]
fn dash_is_served_by_its_server() {
    let dash = |text: &str| {
        let project = Project::new(&[("app.py", text), ("requirements.txt", "dash\ngunicorn\n")]);
        value(&facts(&project), "app.entry").as_str().unwrap().to_owned()
    };
    assert_eq!(dash("import dash\napp = dash.Dash(__name__)\n"), "app:app.server");
    assert_eq!(dash("from dash import Dash\napp = Dash(__name__)\nserver = app.server\n"), "app:server");
}

#[test]
fn a_function_that_needs_arguments_is_no_entry_unless_a_server_gives_them() {
    let started = |text: &str, command: &str| {
        let project = Project::new(&[("web.py", text), ("Procfile", command), ("requirements.txt", "flask\nfastapi\n")]);
        let facts = facts(&project);
        fact(&facts, "app.entry").map(|entry| entry["value"].as_str().unwrap().to_owned())
    };
    let factory = "from flask import Flask\ndef create_app(config):\n    return Flask(__name__)\n";
    assert_eq!(started(factory, "web: gunicorn 'web:create_app(\"prod\")'\n"), None);
    let wrapper = "from fastapi import FastAPI\napi = FastAPI()\nasync def serve(scope, receive, send):\n    await api(scope, receive, send)\n";
    assert_eq!(started(wrapper, "web: uvicorn web:serve\n").as_deref(), Some("web:serve"));
}

#[test]
fn celery_is_named_by_the_module_that_can_import_celery() {
    let project = Project::new(&[
        ("package/__init__.py", ""),
        ("package/tasks/celery.py", "from celery import Celery\nfrom package.names import NAME\napp = Celery(NAME)\n"),
        ("package/names.py", "NAME = 'x'\n"),
        ("requirements.txt", "celery\n"),
    ]);
    let command = value(&facts(&project), "processes.worker.command").to_string();
    assert!(command.contains("\"package.tasks\""), "{command}");
}

/// The variables that a project requires.
fn required(files: &[(&str, &str)]) -> Vec<String> {
    let facts = facts(&Project::new(&[files, &[("requirements.txt", "flask\ngunicorn\n")]].concat()));
    let all = facts["facts"].as_array().unwrap().iter().filter(|fact| fact["value"] == true);
    let keys = all.filter_map(|fact| fact["key"].as_str()?.strip_suffix(".required"));
    keys.map(|key| key.rsplit('.').next().unwrap().to_owned()).collect()
}

#[test]
fn only_what_is_read_before_the_application_serves_is_required() {
    let web = "import os\nfrom flask import Flask\nimport settings\nfrom loader import load\n\nclass Config:\n    NAME = os.environ['IN_CLASS']\n\n\
               def create_app():\n    load()\n    made = Flask(__name__)\n    made.config['A'] = os.environ['IN_FACTORY']\n    return made\n\n\
               def later():\n    return os.environ['IN_VIEW']\n\nif __name__ == '__main__':\n    print(os.environ['AS_PROGRAM'])\n";
    let files = [
        ("web.py", web),
        (
            "settings.py",
            "import os\nA = os.environ['AT_IMPORT']\n\ndef read():\n    return os.environ['BY_CALL']\n\nB = read()\n",
        ),
        ("loader.py", "from os import environ\n\ndef load():\n    return environ['IN_OTHER_MODULE']\n"),
        ("seed.py", "import os\nprint(os.environ['OF_SCRIPT'])\n"),
        ("deploy/gunicorn_conf.py", "import os\nbind = os.environ['OF_GUNICORN']\n"),
        ("wrap.py", "def wrap(environ, start):\n    return environ['REMOTE_NAME'] + environ.get('HTTP_NAME')\n"),
    ];
    assert_eq!(required(&files), ["AT_IMPORT", "BY_CALL", "IN_CLASS", "IN_FACTORY", "IN_OTHER_MODULE"]);
    let facts = facts(&Project::new(&[&files[..], &[("requirements.txt", "flask\ngunicorn\n")]].concat()));
    let is_listed = |name: &str| fact(&facts, &format!("environment.{name}.required")).is_some();
    assert!(is_listed("IN_VIEW") && is_listed("OF_SCRIPT"), "optional ones are listed");
    assert!(
        !is_listed("OF_GUNICORN") && !is_listed("REMOTE_NAME") && !is_listed("HTTP_NAME"),
        "others are none of its variables"
    );
}

#[test]
fn settings_of_django_are_read_before_it_serves() {
    let files = [
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n"),
        (
            "config/wsgi.py",
            "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\napplication = get_wsgi_application()\n",
        ),
        ("config/settings.py", "import os\nKEY = os.environ['IN_SETTINGS']\nINSTALLED_APPS = ['shop']\n"),
        ("shop/__init__.py", ""),
        ("shop/apps.py", "import os\nclass ShopConfig:\n    def ready(self):\n        os.environ['IN_READY']\n"),
        ("shop/models.py", "import os\nNAME = os.environ['IN_MODELS']\n"),
        ("shop/management/commands/load.py", "import os\nNAME = os.environ['IN_COMMAND']\n"),
    ];
    assert_eq!(required(&files), ["IN_MODELS", "IN_READY", "IN_SETTINGS"]);
}
