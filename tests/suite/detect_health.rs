//! The health check asks for a route that answers without a login, from a host that the application accepts.

use crate::common::Project;
use crate::detect::{django, fact, facts, value};

#[test]
fn a_route_that_demands_a_login_is_no_health_check() {
    let routes = "from fastapi import Depends, FastAPI\nfrom users import current_user\napp = FastAPI()\n\n\n\
                  @app.get('/health')\ndef health(user=Depends(current_user)):\n    return user\n";
    let project = |more: &str| {
        let main = format!("{routes}{more}");
        Project::new(&[("main.py", &main), ("users.py", "current_user = print\n"), ("requirements.txt", "fastapi\nuvicorn\n")])
    };
    let open = "\n\n@app.get('/ping')\ndef ping():\n    return {}\n";
    assert_eq!(value(&facts(&project(open)), "health.path"), "/ping");
    let closed = project("");
    assert!(fact(&facts(&closed), "health.path").is_none());
    let ran = closed.run(&["init", "--yes"]).ok();
    let said = ran.stdout + &ran.stderr;
    assert!(said.contains("main.py:6: /health demands a login, so the health check only opens a TCP connection"), "{said}");
    assert!(closed.read("Dockerfile").contains("socket.create_connection"));
    let flask = "from flask import Flask\nfrom flask_login import login_required\napp = Flask(__name__)\n\n\n\
                 @app.route('/healthz')\n@login_required\ndef healthz():\n    return ''\n";
    let flask = Project::new(&[("app.py", flask), ("requirements.txt", "flask\n")]);
    assert!(fact(&facts(&flask), "health.path").is_none());
}

#[test]
fn the_health_check_names_a_host_that_the_application_accepts() {
    let host = |hosts: &str| {
        let found = facts(&django(&format!("ALLOWED_HOSTS = {hosts}\n"), "django\n"));
        fact(&found, "health.host").map(|fact| fact["value"].as_str().unwrap().to_owned())
    };
    assert_eq!(host("['.shop.example.com', 'www.shop.example.com']").as_deref(), Some("shop.example.com"));
    assert_eq!(host("['shop.example.com', 'localhost']"), None);
    assert_eq!(host("['*']"), None);
    assert_eq!(host("['shop.example.com']\nALLOWED_HOSTS += ['localhost']"), None);
    let middleware = "from fastapi import FastAPI\nfrom starlette.middleware.trustedhost import TrustedHostMiddleware\napp = FastAPI()\n\
                      app.add_middleware(TrustedHostMiddleware, allowed_hosts=['shop.example.com'])\n";
    let project = Project::new(&[("main.py", middleware), ("requirements.txt", "fastapi\nuvicorn\n")]);
    assert_eq!(value(&facts(&project), "health.host"), "shop.example.com");
}

#[test]
fn an_application_that_loads_models_gets_time_to_start() {
    let files =
        |requirements| [("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"), ("requirements.txt", requirements)];
    let slow = Project::new(&files("fastapi\nuvicorn\ntorch==2.9.1\n"));
    assert_eq!(value(&facts(&slow), "health.start-period"), 180);
    slow.run(&["init", "--yes"]).ok();
    assert!(slow.read("Dockerfile").contains("--start-period=180s"));
    assert!(fact(&facts(&Project::new(&files("fastapi\nuvicorn\n"))), "health.start-period").is_none());
}
