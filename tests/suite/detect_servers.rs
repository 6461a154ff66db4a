//! How the processes of a project are started: by a server that imports the application, by its own program, by a queue.

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

#[test]
fn programs_that_serve_requests_themselves_are_the_web_process() {
    let aiohttp = "import os\nfrom aiohttp import web\n\nif __name__ == '__main__':\n    app = web.Application()\n    web.run_app(app, port=int(os.environ['PORT']))\n";
    let tornado = "import tornado.web\nfrom tornado.options import define, options\ndefine('port', default=8888)\n\ndef main():\n    tornado.web.Application([]).listen(options.port)\n";
    let run = "from shop.main import main\n\nif __name__ == '__main__':\n    main()\n";
    let streamlit = "exec streamlit run --server.headless true --server.address 0.0.0.0 --server.port \"$PORT\" \"$@\"";
    let gradio = "import gradio as gr\n\nwith gr.Blocks() as demo:\n    pass\n\nif __name__ == '__main__':\n    demo.launch()\n";
    for (library, files, command, port) in [
        ("aiohttp", vec![("shop/__main__.py", aiohttp)], vec!["python", "-m", "shop"], None),
        (
            "tornado",
            vec![("shop/main.py", tornado), ("start.py", run), ("Procfile", "web: python ./start.py\n")],
            vec!["python", "start.py"],
            Some(8888),
        ),
        (
            "streamlit",
            vec![
                ("dashboard.py", "import streamlit as st\nst.title('A')\n"),
                ("pages/more.py", "import streamlit as st\nst.title('B')\n"),
            ],
            vec!["sh", "-c", streamlit, "streamlit", "dashboard.py"],
            None,
        ),
        ("gradio", vec![("app.py", gradio)], vec!["python", "app.py"], Some(7860)),
    ] {
        let requirements = format!("{library}\n");
        let mut all = vec![("shop/__init__.py", ""), ("requirements.txt", requirements.as_str())];
        all.extend(files);
        let project = Project::new(&all);
        let found = facts(&project);
        assert_eq!(value(&found, "processes.web.command"), &serde_json::json!(command), "{library}");
        assert_eq!(fact(&found, "app.port").map(|fact| fact["value"].clone()), port.map(Into::into), "{library}");
        project.run(&["init", "--yes"]).ok();
        let last = command.last().unwrap();
        assert!(project.read("Dockerfile").contains(&format!("{last:?}]")), "{library}: {}", project.read("Dockerfile"));
    }
}

#[test]
fn a_program_that_only_accepts_local_connections_is_reported() {
    let text = "import uvicorn\n\ndef main():\n    from fastapi import FastAPI\n    uvicorn.run(FastAPI(), host='127.0.0.1', port=9000)\n\nif __name__ == '__main__':\n    main()\n";
    let project = Project::new(&[("serve.py", text), ("requirements.txt", "fastapi\nuvicorn\n")]);
    let ran = project.run(&["init", "--yes"]).ok();
    assert!(ran.stderr.contains("serve.py:5") && ran.stderr.contains("accepts only local connections"), "{}", ran.stderr);
    assert!(project.read("Dockerfile").contains("PORT=9000"), "{}", project.read("Dockerfile"));
}

#[test]
fn several_programs_are_listed() {
    let text = "import streamlit as st\nst.title('A')\n";
    let project = Project::new(&[("one.py", text), ("two.py", text), ("requirements.txt", "streamlit\n")]);
    let ran = project.run(&["init", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("one.py") && ran.stderr.contains("processes.web.command"), "{}", ran.stderr);
    let started = Project::new(&[
        ("one.py", text),
        ("two.py", text),
        ("requirements.txt", "streamlit\n"),
        ("Procfile", "web: streamlit run two.py\n"),
    ]);
    assert_eq!(value(&facts(&started), "processes.web.command")[4], "two.py");
}

#[test]
fn workers_are_taken_from_compose_files_and_without_helpers_from_the_procfile() {
    let application = "from fastapi import FastAPI\napp = FastAPI()\n";
    let tasks = "from celery import Celery\n\ndef make():\n    return Celery('shop')\n\nqueue = make()\n";
    let compose = "services:\n  jobs:\n    build: .\n    command: celery --app=tasks.queue worker -l info --logfile=logs/celery.log\n  clock:\n    build: .\n    command: celery -A \"tasks.queue\" beat\n  dashboard:\n    build: .\n    command: celery -A tasks.queue flower\n";
    let project = Project::new(&[
        ("main.py", application),
        ("tasks.py", tasks),
        ("compose.yaml", compose),
        ("requirements.txt", "fastapi\nuvicorn\ncelery[redis]\n"),
    ]);
    let found = facts(&project);
    let worker = serde_json::json!(["celery", "--app=tasks.queue", "worker", "-l", "info"]);
    assert_eq!(value(&found, "processes.worker.command"), &worker);
    let beat = serde_json::json!(["celery", "-A", "tasks.queue", "beat", "--pidfile=", "--schedule=/tmp/celerybeat-schedule"]);
    assert_eq!((value(&found, "processes.beat.command"), value(&found, "processes.beat.singleton")), (&beat, &true.into()));
    assert!(!found.to_string().contains("flower"), "{found:#}");

    let procfile = "web: uvicorn main:app\nworker: newrelic-admin run-program celery -A tasks worker\ncss: npm run dev\nwatch: make watch-scss\nflower: celery -A tasks flower\n";
    let project = Project::new(&[
        ("main.py", application),
        ("tasks.py", tasks),
        ("Procfile", procfile),
        ("requirements.txt", "fastapi\nuvicorn\ncelery[redis]\n"),
    ]);
    let found = facts(&project);
    let names: Vec<&str> =
        found["facts"].as_array().unwrap().iter().filter_map(|fact| fact["key"].as_str()?.strip_prefix("processes.")).collect();
    assert_eq!(names, ["worker.command"]);
    assert_eq!(value(&found, "processes.worker.command")[0], "newrelic-admin");
}
