//! Canaries in lines that make dockgen stop and in files that it must not read: nothing of them is printed or written.

use crate::canary::{COMMANDS, Garden};
use crate::common::Project;

/// What makes dockgen stop, each on a line with a secret.
const BROKEN: [(&str, &str); 17] = [
    ("pyproject.toml", "[[tool.uv.index]]\nurl = \"https://shop:{w}@pypi.example.com\" x"),
    ("pyproject.toml", "token = {w}"),
    ("pyproject.toml", "token = \"{w}"),
    ("pyproject.toml", "[project]\nname = \"shop\"\nrequires-python = \"https://shop:{w}@example.com\""),
    ("pyproject.toml", "[project]\nname = \"shop\"\nrequires-python = \">=3.12 {o}\""),
    (".python-version", "3.12\n"),
    (".python-version", "https://shop:{w}@example.com"),
    ("runtime.txt", "python-{o}"),
    ("requirements.txt", "fastapi\n--index-url https://shop:{w}@pypi.example.com\n-r https://shop:{w}@example.com/r.txt"),
    ("requirements.txt", "fastapi @ https://shop:{w}@example.com ; python_version < '3' x"),
    ("Pipfile", "[[source]]\nurl = \"https://shop:{w}@pypi.example.com\" x"),
    ("Pipfile.lock", "{\"_meta\": {\"sources\": [{\"url\": \"https://shop:{w}@pypi.example.com\" x}]}}"),
    ("uv.lock", "[[package]]\nsource = { registry = \"https://shop:{w}@pypi.example.com\" } x"),
    ("poetry.lock", "[[package]]\nurl = \"https://shop:{w}@pypi.example.com\" x"),
    ("pdm.lock", "[[package]]\nurl = \"https://shop:{w}@pypi.example.com\"\ntoken = '{w}"),
    ("pyproject.toml", "[[tool.uv.index]]\nurl = \"https://{w}@pypi.example.com\" x"),
    ("uv.lock", "[[package]]\nsource = { git = \"https://{w}@git.example.com/one.git\" } x"),
];

#[test]
fn an_error_about_a_line_does_not_show_its_secrets() {
    let mut leaks = Vec::new();
    for (path, text) in BROKEN.iter().filter(|(_, text)| text.contains('{')) {
        let garden =
            Garden::new(&[("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"), ("requirements.txt", "fastapi\n")]);
        let mut garden = garden;
        garden.files.remove(*path);
        leaks.extend(garden.plant(path, &[text]).leaks(&COMMANDS));
    }
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
}

/// A file of examples that is a link to a developer's own file is not read.
#[test]
fn examples_that_are_links_to_real_settings_are_not_read() {
    for (link, target) in [
        (".env.sample", ".env"),
        (".env.example", ".env.local"),
        (".env.template", "secrets/production"),
        (".env.dist", "../outside/.env"),
        ("example.env", "../outside/values.example"),
    ] {
        let project = Project::new(&[
            (
                "shop/main.py",
                "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nA = os.getenv('LOG_LEVEL')\nB = os.getenv('S3_BUCKET')\n",
            ),
            ("shop/requirements.txt", "fastapi\nuvicorn\n"),
            ("outside/.env", "S3_BUCKET=hidden-zq\n"),
            ("outside/values.example", "S3_BUCKET=hidden-zq\n"),
            ("shop/.env", "S3_BUCKET=hidden-zq\n"),
            ("shop/.env.local", "S3_BUCKET=hidden-zq\n"),
            ("shop/secrets/production", "S3_BUCKET=hidden-zq\n"),
        ]);
        std::os::unix::fs::symlink(target, project.0.path().join("shop").join(link)).unwrap();
        let ran = project.run(&["-C", "shop", "init", "--yes"]).ok();
        assert!(!ran.stderr.contains("hidden-zq"), "{link}: {}", ran.stderr);
        let link_path = format!("shop/{link}");
        let planted =
            ["outside/.env", "outside/values.example", "shop/.env", "shop/.env.local", "shop/secrets/production", &link_path];
        let written = project.tree().into_iter().filter(|(path, _)| !planted.contains(&path.as_str()));
        for (path, bytes) in written {
            assert!(!String::from_utf8_lossy(&bytes).contains("hidden-zq"), "{link}: {path}");
        }
    }
}
