//! How the web process of a project is started: by a server that imports the application, or by the project's own program.

use crate::common::Project;
use crate::detect::{fact, facts, value};

/// The text of `main.py` that makes an aiohttp application in a coroutine.
const AIOHTTP: &str = "from aiohttp import web\n\nasync def init_app():\n    app = web.Application()\n    return app\n\nasync def get_app():\n    app = await init_app()\n    return app\n";

#[test]
fn a_factory_of_aiohttp_that_is_a_coroutine_is_named_without_a_call() {
    let project = Project::new(&[("main.py", AIOHTTP), ("requirements.txt", "aiohttp\n")]);
    assert_eq!(value(&facts(&project), "app.entry"), "main:init_app");
}

#[test]
fn a_file_that_starts_a_server_when_it_is_imported_is_no_entry_point() {
    let application = "from flask import Flask\napp = Flask(__name__)\n";
    let starts = "from shop import app\n\napp.run(host='0.0.0.0')\n";
    let project = Project::new(&[("shop/__init__.py", application), ("run.py", starts), ("requirements.txt", "flask\n")]);
    assert_eq!(value(&facts(&project), "app.entry"), "shop:app");
    // under a guard, importing it starts nothing
    let guarded = "from shop import app\n\nif __name__ == '__main__':\n    app.run()\n";
    let project = Project::new(&[("shop/__init__.py", application), ("run.py", guarded), ("requirements.txt", "flask\n")]);
    assert_eq!(value(&facts(&project), "app.entry"), "run:app");
    let main = "from aiohttp import web\napp = web.Application()\nweb.run_app(app)\n";
    let project = Project::new(&[("shop/__init__.py", ""), ("shop/__main__.py", main), ("requirements.txt", "aiohttp\n")]);
    assert!(fact(&facts(&project), "app.entry").is_none());
}
