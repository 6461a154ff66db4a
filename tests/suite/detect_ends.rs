//! Detection ends soon for any project.

use std::time::{Duration, Instant};

use crate::common::Project;
use crate::detect::facts;

/// How long the most hostile folder may take.
const LONGEST: Duration = Duration::from_secs(20);

/// dockgen ends soon for any folder, with one of its own exit codes.
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
