//! What lies around a run: stdin, the environment, linked ignore files, folders above, and presets outside the project.
#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "a test says what this machine cannot try")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use assert_fs::TempDir;
use rexpect::session::spawn_command;

use crate::common::{FASTAPI, Project, Ran};
use crate::sources::{Presets, Team};

/// A user who doesn't run the tests.
const OTHER: u32 = 54321;

/// The application of these tests.
const APPLICATION: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n";

/// Gives a path to another user; false if this machine can't.
fn give(path: &Path) -> bool {
    let given = chown(path, Some(OTHER), None).is_ok();
    if !given {
        eprintln!("skipped: only root can give a file to another user");
    }
    given
}

fn run_in(project: &Project, folder: &str, arguments: &[&str]) -> Ran {
    Ran::from(project.command(arguments).current_dir(project.0.path().join(folder)).output().unwrap())
}

/// dockgen with a stdin that stays open after this text.
fn spawn_with(project: &Project, arguments: &[&str], text: &str) -> (Child, ChildStdin) {
    let mut command = project.command(arguments);
    command.env("DOCKGEN_TIMEOUT", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    (child, stdin)
}

#[test]
fn a_stdin_that_does_not_end_is_given_up() {
    let project = Project::fastapi();
    let cases: [(&[&str], &str); 5] = [
        (&["generate", "--spec", "-"], ""),
        (&["generate", "--spec", "-"], FASTAPI),
        (&["generate", "--check", "--json", "--spec", "-"], FASTAPI),
        (&["show", "--spec", "-"], "presets = ["),
        (&["presets", "update", "--spec", "-"], ""),
    ];
    let runs: Vec<_> = cases.iter().map(|(arguments, text)| (arguments, spawn_with(&project, arguments, text))).collect();
    let start = Instant::now();
    for (arguments, (mut child, stdin)) in runs {
        while child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_secs(15) {
            sleep(Duration::from_millis(10));
        }
        let ended = child.try_wait().unwrap().is_some();
        drop(stdin);
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert!(ended && ran.code == 2, "{arguments:?} waits: {}", ran.stderr);
        assert!(ran.stderr.contains("`standard input` did not end in 1 s") && ran.stderr.contains("help: "), "{}", ran.stderr);
    }
    project.run_with(&["generate", "--spec", "-"], "dockgen.toml").ok();
}

#[test]
fn a_spec_that_is_typed_has_no_limit() {
    let project = Project::fastapi();
    let mut command = project.command(&["generate", "--spec", "-"]);
    command.env("DOCKGEN_TIMEOUT", "1").stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let mut terminal = spawn_command(command, Some(20_000)).unwrap();
    sleep(Duration::from_millis(1500));
    for line in FASTAPI.lines() {
        terminal.send_line(line).unwrap();
    }
    terminal.send_control('d').unwrap();
    terminal.exp_string("created Dockerfile").unwrap();
    terminal.exp_eof().unwrap();
}

#[test]
fn a_limit_is_checked_only_where_it_is_used() {
    let spec = |project: &Project, limit: &str| {
        let mut command = project.command(&["generate", "--spec", "-"]);
        let stdin = fs::File::open(project.0.path().join("dockgen.toml")).unwrap();
        Ran::from(command.env("DOCKGEN_TIMEOUT", limit).stdin(stdin).output().unwrap())
    };
    let project = Project::fastapi();
    for limit in ["", " ", " 30", "30\n", "\t5 "] {
        assert_eq!(spec(&project, limit).code, 0, "{limit:?}");
    }
    for limit in ["abc", "0", "-1", "1h", "3 0", "99999999999"] {
        let ran = spec(&project, limit);
        assert!(ran.code == 2 && ran.stderr.contains("`DOCKGEN_TIMEOUT` is `"), "{limit:?}: {}", ran.stderr);
        for arguments in [&["schema"][..], &["detect"], &["show"], &["generate"], &["presets"], &["completions", "bash"]] {
            let mut command = project.command(arguments);
            Ran::from(command.env("DOCKGEN_TIMEOUT", limit).output().unwrap()).ok();
        }
    }
}

#[test]
fn a_linked_ignore_file_is_named() {
    for name in [".gitignore", ".ignore"] {
        let project =
            Project::new(&[("shared", "*.log\n"), ("requirements.txt", "fastapi\nuvicorn\n"), ("backend/main.py", APPLICATION)]);
        symlink("../shared", project.0.path().join("backend").join(name)).unwrap();
        let words = format!("backend/{name} is not a regular file");
        let said = [
            project.run(&["init", "--yes"]).stderr,
            project.run(&["detect"]).stderr,
            project.run(&["generate", "--preset", "fastapi-uvicorn"]).stderr,
        ];
        for said in said {
            assert!(said.contains(&words) && said.contains("replace it with a regular file"), "{name}: {said}");
        }
        fs::remove_file(project.0.path().join("backend").join(name)).unwrap();
        assert!(!project.run(&["init", "--yes"]).ok().stderr.contains("regular file"));
    }
}

#[test]
fn a_project_above_without_git_is_named() {
    let manifests = [
        ("requirements.txt", "fastapi\nuvicorn\n"),
        ("pyproject.toml", "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"fastapi\"]\n"),
        ("Pipfile", "[packages]\nfastapi = \"*\"\n"),
    ];
    for (manifest, text) in manifests {
        let project = Project::new(&[(manifest, text), ("src/main.py", APPLICATION)]);
        for arguments in [&["init", "--yes"][..], &["init", "--yes", "--set", "app.entry=main:app"]] {
            let ran = run_in(&project, "src", arguments);
            let root = project.0.path().canonicalize().unwrap();
            assert_eq!(ran.code, 2, "{}", ran.stderr);
            assert!(ran.stderr.contains(&format!("`{manifest}` in `{}` is not in the same", root.display())), "{}", ran.stderr);
            assert!(ran.stderr.contains(&format!("dockgen -C {} init", root.display())), "{}", ran.stderr);
            assert!(!project.0.path().join("src/dockgen.toml").exists());
        }
    }
    // whoever names the folder means it, and an application without dependencies needs no manifest
    let project = Project::new(&[("requirements.txt", "fastapi\nuvicorn\n"), ("src/main.py", APPLICATION)]);
    run_in(&project, "src", &["-C", "..", "init", "--yes"]).ok();
    assert!(!run_in(&project, "src", &["-C", ".", "init", "--yes"]).stderr.contains("same git work tree"));
}

#[test]
fn a_workspace_above_of_another_user_is_named() {
    for owned in ["uv.lock", ""] {
        let project = Project::new(&[
            ("uv.lock", "version = 1\n[[package]]\nname = \"api\"\nversion = \"1\"\nsource = { editable = \"api\" }\n"),
            ("pyproject.toml", "[project]\nname = \"ws\"\nversion = \"0\"\n[tool.uv.workspace]\nmembers = [\"api\"]\n"),
            ("api/pyproject.toml", "[project]\nname = \"api\"\nversion = \"1\"\ndependencies = [\"fastapi\"]\n"),
            ("api/main.py", APPLICATION),
        ]);
        if !give(&project.0.path().join(owned)) {
            return;
        }
        let ran = run_in(&project, "api", &["init", "--yes"]);
        let root = project.0.path().canonicalize().unwrap();
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        let path = if owned.is_empty() { root.clone() } else { root.join(owned) };
        let lock = format!("`{}` belongs to another user", path.display());
        assert!(ran.stderr.contains(&lock) && ran.stderr.contains("chown"), "{}", ran.stderr);
        assert!(!project.0.path().join("api/dockgen.toml").exists() && !project.0.path().join("dockgen.toml").exists());
    }
}

/// A project beside a folder of presets.
fn neighbors() -> Project {
    let spec = FASTAPI.replace("\"pip\"", "\"pip\", \"../presets/team.toml\"");
    Project::new(&[
        ("shop/main.py", "app = None\n"),
        ("shop/requirements.txt", "fastapi\nuvicorn\n"),
        ("shop/dockgen.toml", &spec),
        ("presets/team.toml", "extends = [\"./base.toml\", \"./whole\"]\n"),
        ("presets/base.toml", "image.labels.evil = \"canary\"\n"),
        ("presets/whole/preset.toml", "image.labels.whole = \"yes\"\n"),
        ("presets/whole/templates/compose.yaml.j2", "{% extends \"compose.yaml.j2\" %}\n"),
    ])
}

#[test]
fn a_preset_outside_the_project_must_belong_to_the_user() {
    if !give(TempDir::new().unwrap().path()) {
        return;
    }
    let shop = |project: &Project, arguments: &[&str]| run_in(project, "shop", arguments);
    let owned = [
        "presets",
        "presets/team.toml",
        "presets/base.toml",
        "presets/whole",
        "presets/whole/preset.toml",
        "presets/whole/templates",
    ];
    for path in owned {
        let project = neighbors();
        shop(&project, &["generate", "--stdout", "dockerfile"]).ok();
        give(&project.0.path().join(path));
        let before = project.tree();
        for arguments in [&["generate"][..], &["generate", "--check"], &["generate", "--diff"], &["show"], &["presets", "update"]]
        {
            let ran = shop(&project, arguments);
            assert_eq!(ran.code, 2, "{path} {arguments:?}: {}{}", ran.stdout, ran.stderr);
            assert!(ran.stderr.contains("belongs to another user") && ran.stderr.contains("help: "), "{path}: {}", ran.stderr);
            assert!(!ran.stderr.contains("canary") && project.tree() == before, "{path}");
        }
    }
    // the same with an absolute path, typed, and behind a link
    let project = neighbors();
    let file = project.0.path().join("presets/base.toml");
    give(&file);
    let absolute = file.to_str().unwrap();
    let link = project.0.path().join("presets/ours.toml");
    symlink(&file, &link).unwrap();
    let spec = |name: &str| FASTAPI.replace("\"pip\"", &format!("\"pip\", \"{name}\""));
    for name in [absolute, link.to_str().unwrap(), "../presets/../presets/base.toml"] {
        fs::write(project.0.path().join("shop/dockgen.toml"), spec(name)).unwrap();
        let ran = shop(&project, &["generate"]);
        assert!(ran.code == 2 && ran.stderr.contains("belongs to another user"), "{name}: {}", ran.stderr);
        fs::write(project.0.path().join("shop/dockgen.toml"), FASTAPI).unwrap();
        let ran = shop(&project, &["generate", "--preset", name]);
        assert!(ran.code == 2 && ran.stderr.contains("belongs to another user"), "{name}: {}", ran.stderr);
    }
}

#[test]
fn a_preset_of_the_projects_own_work_tree_needs_no_owner() {
    if !give(TempDir::new().unwrap().path()) {
        return;
    }
    // a checkout that is mounted into a container belongs to one user altogether
    let project = neighbors();
    fs::create_dir(project.0.path().join(".git")).unwrap();
    assert!(Command::new("chown").args(["-R", &OTHER.to_string()]).arg(project.0.path()).status().unwrap().success());
    run_in(&project, "shop", &["generate", "--stdout", "dockerfile"]).ok();
    // a work tree that another user made around the project is none
    let project = neighbors();
    fs::create_dir(project.0.path().join(".git")).unwrap();
    run_in(&project, "shop", &["generate", "--stdout", "dockerfile"]).ok();
    give(&project.0.path().join(".git"));
    give(&project.0.path().join("presets/base.toml"));
    let ran = run_in(&project, "shop", &["-C", ".", "generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("belongs to another user"), "{}", ran.stderr);
}

#[test]
fn a_run_without_trust_prints_an_error_as_json() {
    let presets = Presets::new();
    let team = Team::new(&presets.address("//web#main"));
    let ran = team.run(&["generate", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
    assert!(
        ran.code == 2 && json["error"]["message"].as_str().is_some_and(|text| text.contains("must be trusted")),
        "{}",
        ran.stdout
    );
}
