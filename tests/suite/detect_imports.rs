//! What follows from the imports of a project's modules.

use crate::common::Project;
use crate::detect::{facts, value};

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
