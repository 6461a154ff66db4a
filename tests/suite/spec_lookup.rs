//! Which spec dockgen uses when it runs in a folder below: one of the same work tree and of the same user, and it says so.
#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "a test says what this machine cannot try")]

use std::fs;
use std::os::unix::fs::{chown, lchown, symlink};
use std::path::Path;
use std::process::Command;

use assert_fs::TempDir;

use crate::common::{FASTAPI, Project, Ran};

/// Gives something in a folder to another user.
type Give = fn(&Path);

/// A user who is not the one that runs the tests.
const OTHER: u32 = 54321;

/// A project with a folder below, and what makes it a work tree.
fn project(tree: &str) -> Project {
    let project = Project::new(&[("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI)]);
    fs::create_dir_all(project.0.path().join("app/deep")).unwrap();
    match tree {
        "" => {}
        "file" => fs::write(project.0.path().join(".git"), "gitdir: /nowhere\n").unwrap(),
        below => fs::create_dir_all(project.0.path().join(below)).unwrap(),
    }
    project
}

fn below(project: &Project, arguments: &[&str]) -> Command {
    let mut command = project.command(arguments);
    command.current_dir(project.0.path().join("app/deep"));
    command
}

fn run(mut command: Command) -> Ran {
    Ran::from(command.output().unwrap())
}

#[test]
fn a_spec_above_in_the_same_work_tree_is_used_and_said() {
    for tree in [".git", "file"] {
        let project = project(tree);
        let ran = run(below(&project, &["generate"])).ok();
        assert!(ran.stderr.starts_with("     using ../../dockgen.toml\n   created ../../Dockerfile\n"), "{}", ran.stderr);
        assert!(project.0.path().join("Dockerfile").is_file());
        let ran = run(below(&project, &["generate", "--set", "app.prot=1"]));
        assert!(ran.stderr.contains("\n--> --set app.prot=1\n"), "{}", ran.stderr);
        let ran = run(below(&project, &["init"]));
        assert!(ran.stderr.contains("error: ../../dockgen.toml already exists\n"), "{}", ran.stderr);
        project.edit("dockgen.toml", "[app]", "[app]\nprot = 1");
        let ran = run(below(&project, &["generate"]));
        assert!(ran.stderr.contains(" --> ../../dockgen.toml:"), "{}", ran.stderr);
        project.edit("dockgen.toml", "prot = 1\n", "");
        assert_eq!(run(below(&project, &["generate", "-q"])).ok().stderr, "");
        assert!(run(below(&project, &["show", "app.entry"])).ok().stderr.contains("using"));
        assert!(!project.run(&["generate"]).ok().stderr.contains("using"));
    }
}

#[test]
fn a_spec_above_of_another_work_tree_or_of_none_is_not_used() {
    for tree in ["", "app/.git", "app/deep/.git"] {
        let project = project(tree);
        for arguments in [&["generate"][..], &["generate", "--check"], &["show"], &["presets", "update"]] {
            let ran = run(below(&project, arguments));
            let place = project.0.path().canonicalize().unwrap();
            assert_eq!(ran.code, 2, "{tree:?} {arguments:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("is not in the same git work tree"), "{}", ran.stderr);
            assert!(ran.stderr.contains(&format!("dockgen -C {} generate", place.display())), "{}", ran.stderr);
            assert!(!project.0.path().join("Dockerfile").exists());
        }
        run(below(&project, &["-C", "../..", "generate"])).ok();
    }
    let project = project("app/.git");
    run(below(&project, &["-C", "../..", "generate", "--spec", "../../dockgen.toml"])).ok();
}

#[test]
fn a_project_above_is_begun_only_in_the_same_work_tree() {
    for (tree, found) in [(".git", true), ("file", true), ("", false), ("app/.git", false)] {
        let project = Project::new(&[
            ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n"),
            ("requirements.txt", "fastapi\nuvicorn\n"),
            ("app/deep/notes.txt", ""),
        ]);
        match tree {
            "" => {}
            "file" => fs::write(project.0.path().join(".git"), "gitdir: /nowhere\n").unwrap(),
            folder => fs::create_dir_all(project.0.path().join(folder)).unwrap(),
        }
        let ran = run(below(&project, &["init", "--yes"]));
        assert_eq!(project.0.path().join("dockgen.toml").exists(), found, "{tree:?}: {}", ran.stderr);
        assert_eq!(ran.stderr.contains("     using "), found, "{}", ran.stderr);
    }
}

#[test]
fn what_another_user_owns_above_is_refused() {
    let probe = TempDir::new().unwrap();
    if chown(probe.path(), Some(OTHER), None).is_err() {
        return eprintln!("skipped: only root can give a file to another user");
    }
    let owned: [(&str, Give); 4] = [
        ("spec", |root| chown(root.join("dockgen.toml"), Some(OTHER), None).unwrap()),
        ("folder", |root| chown(root, Some(OTHER), None).unwrap()),
        ("link", |root| {
            fs::rename(root.join("dockgen.toml"), root.join("spec.toml")).unwrap();
            symlink("spec.toml", root.join("dockgen.toml")).unwrap();
            lchown(root.join("dockgen.toml"), Some(OTHER), None).unwrap();
        }),
        ("target", |root| {
            fs::rename(root.join("dockgen.toml"), root.join("spec.toml")).unwrap();
            symlink("spec.toml", root.join("dockgen.toml")).unwrap();
            chown(root.join("spec.toml"), Some(OTHER), None).unwrap();
        }),
    ];
    for (what, give) in owned {
        let project = project(".git");
        give(project.0.path());
        let before = project.tree();
        for arguments in [&["generate"][..], &["generate", "--diff"], &["detect"], &["show"], &["presets", "update", "--yes"]] {
            let ran = run(below(&project, arguments));
            assert_eq!(ran.code, 2, "{what} {arguments:?}: {}{}", ran.stdout, ran.stderr);
            assert!(ran.stderr.contains("belongs to another user") && ran.stderr.contains("dockgen -C "), "{}", ran.stderr);
            assert_eq!((ran.stdout.as_str(), project.tree() == before), ("", true));
        }
        // as with git's safe.directory, sudo's caller counts
        let mut sudo = below(&project, &["generate"]);
        run_as_sudo(&mut sudo, what);
        run(below(&project, &["-C", "../..", "generate"])).ok();
    }
    a_lockfile_of_another_user();
    let project = project(".git");
    chown(project.0.path().join("requirements.txt"), Some(OTHER), None).unwrap();
    fs::remove_file(project.0.path().join("dockgen.toml")).unwrap();
    let ran = run(below(&project, &["init", "--yes"]));
    assert!(ran.code == 2 && ran.stderr.contains("belongs to another user"), "{}", ran.stderr);
}

/// A workspace's lockfile decides where files go.
fn a_lockfile_of_another_user() {
    let project = Project::new(&[
        ("uv.lock", "version = 1\n[[package]]\nname = \"api\"\nversion = \"1\"\nsource = { editable = \"api\" }\n"),
        ("pyproject.toml", "[project]\nname = \"ws\"\nversion = \"0\"\n[tool.uv.workspace]\nmembers = [\"api\"]\n"),
        ("api/pyproject.toml", "[project]\nname = \"api\"\nversion = \"1\"\ndependencies = [\"fastapi\"]\n"),
        ("api/main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n"),
    ]);
    chown(project.0.path().join("uv.lock"), Some(OTHER), None).unwrap();
    let mut command = project.command(&["init", "--yes"]);
    let ran = run_in(&mut command, &project.0.path().join("api"));
    assert!(!ran.stderr.contains("member of the workspace") && !project.0.path().join("dockgen.toml").exists(), "{}", ran.stderr);
}

fn run_in(command: &mut Command, folder: &Path) -> Ran {
    Ran::from(command.current_dir(folder).output().unwrap())
}

fn run_as_sudo(command: &mut Command, what: &str) {
    let output = command.env("SUDO_UID", OTHER.to_string()).output().unwrap();
    let ran = Ran::from(output);
    // the rest still belongs to root, who is not asked for
    assert!([0, 2].contains(&ran.code), "{what}: {}", ran.stderr);
    assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
}
