//! Any command removes the temporary files of a killed run, and nothing else.
#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "what was not tested")]

use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::{FASTAPI, Project};
use crate::ignore::Ignore;

const LEFT: &str = ".dockgen-unfinished-a1B2c3";

fn leftovers(project: &Project) -> Vec<String> {
    project.tree().into_iter().map(|(path, _)| path).filter(|path| path.contains(".dockgen-unfinished-")).collect()
}

/// A run that is killed while it writes its first large file, which is what a limit of the file size does.
fn killed(project: &Project, arguments: &str) {
    let script = format!("ulimit -f 1; exec \"$0\" {arguments}");
    let mut command = Command::new("sh");
    command
        .args(["-c", &script, env!("CARGO_BIN_EXE_dockgen")])
        .current_dir(project.0.path())
        .env_clear()
        .env("HOME", "/dev/null");
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    // SIGXFSZ
    assert_eq!(status.signal(), Some(25), "{status}");
    assert_ne!(leftovers(project), Vec::<String>::new());
}

const IN_DEPLOY: &str = "generate --set output.dockerfile=deploy/Dockerfile --set output.compose=a/b/c/compose.yaml";

/// Commands that come next, with the exit code that they have anyway.
const NEXT: [(&[&str], i32); 14] = [
    (&["generate"], 0),
    (&["generate", "--only", "kubernetes"], 0),
    (&["generate", "--check"], 4),
    (&["generate", "--check", "--json"], 4),
    (&["generate", "--diff"], 1),
    (&["generate", "--stdout", "compose"], 0),
    (&["generate", "--set", "app.port=1"], 2),
    (&["generate", "--only", "nothing"], 2),
    (&["show"], 0),
    (&["show", "nothing"], 2),
    (&["detect"], 0),
    (&["presets", "update", "--diff"], 1),
    (&["presets", "update", "nothing"], 2),
    (&["init", "--yes"], 2),
];

#[test]
fn the_next_command_removes_them_wherever_they_are() {
    let mut wrong = Vec::new();
    for first in ["generate", IN_DEPLOY] {
        for (next, code) in NEXT {
            let project = Project::fastapi();
            killed(&project, first);
            let ran = project.run(next);
            assert_eq!(ran.code, code, "{next:?}: {}", ran.stderr);
            if !leftovers(&project).is_empty() {
                wrong.push(format!("{first}, then {next:?}: {:?}", leftovers(&project)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), 2 * NEXT.len());
}

/// The folder that an output was in may be in no spec and no lock any more.
#[test]
fn they_are_found_where_no_output_is_any_more() {
    for (spec, next) in [("[output]\ncompose = false\n", "generate"), ("", "generate --check")] {
        let project = Project::fastapi();
        killed(&project, IN_DEPLOY);
        std::fs::write(project.0.path().join("dockgen.toml"), format!("{FASTAPI}{spec}")).unwrap();
        project.run(&next.split(' ').collect::<Vec<_>>());
        assert_eq!(leftovers(&project), Vec::<String>::new(), "{next}");
    }
}

#[test]
fn a_command_from_a_folder_below_removes_them_too() {
    let project = Project::fastapi();
    killed(&project, "generate");
    std::fs::create_dir(project.0.path().join("below")).unwrap();
    std::fs::create_dir(project.0.path().join(".git")).unwrap();
    for arguments in [&["show"][..], &["generate", "--check"]] {
        project.command(arguments).current_dir(project.0.path().join("below")).output().unwrap();
        assert_eq!(leftovers(&project), Vec::<String>::new());
        std::fs::write(project.0.path().join(LEFT), "").unwrap();
    }
}

/// Another run may be at work: what it has not finished is not left over.
#[test]
fn what_a_running_dockgen_writes_stays() {
    let project = Project::fastapi();
    std::fs::write(project.0.path().join(LEFT), "half").unwrap();
    let lock = std::fs::File::open(project.0.path()).unwrap();
    lock.lock().unwrap();
    for arguments in [&["generate", "--check"][..], &["show"], &["detect"]] {
        project.run(arguments);
        assert_eq!(leftovers(&project), [LEFT], "{arguments:?}");
    }
    drop(lock);
    project.run(&["show"]).ok();
    assert_eq!(leftovers(&project), Vec::<String>::new());
}

#[test]
fn what_only_looks_like_one_stays() {
    let project = Project::fastapi();
    let outside = assert_fs::TempDir::new().unwrap();
    let path = |name: &str| project.0.path().join(name);
    std::fs::write(outside.path().join(LEFT), "precious").unwrap();
    let names = [
        ".dockgen-unfinished-notes.txt",
        ".dockgen-unfinished-",
        ".dockgen-unfinished-a1B2c",
        ".dockgen-unfinished-a1B2c34",
        ".dockgen-unfinished-a1B2c_",
        "dockgen-unfinished-a1B2c3",
        "x.dockgen-unfinished-a1B2c3",
        "src/.dockgen-unfinished-a1B2c3",
    ];
    std::fs::create_dir(path("src")).unwrap();
    names.iter().for_each(|name| std::fs::write(path(name), "mine").unwrap());
    std::fs::create_dir(path(".dockgen-unfinished-folder")).unwrap();
    std::fs::create_dir(path(".dockgen-unfinished-f1l2r3")).unwrap();
    symlink(outside.path().join(LEFT), path(".dockgen-unfinished-l1n2k3")).unwrap();
    let before = project.tree();
    for arguments in [&["show"][..], &["generate", "--check"]] {
        project.run(arguments);
        assert_eq!(project.tree(), before);
    }
    project.run(&["generate"]).ok();
    names.iter().for_each(|name| assert_eq!(project.read(name), "mine"));
    assert!(path(".dockgen-unfinished-f1l2r3").is_dir() && path(".dockgen-unfinished-l1n2k3").is_symlink());
    assert_eq!(std::fs::read_to_string(outside.path().join(LEFT)).unwrap(), "precious");
}

/// The list of folders that a killed run leaves is a file of the project's like others: it leads nowhere else.
#[test]
fn the_list_of_folders_leads_nowhere_out_of_the_project() {
    let outside = assert_fs::TempDir::new().unwrap();
    std::fs::write(outside.path().join(LEFT), "precious").unwrap();
    let project = Project::fastapi();
    symlink(outside.path(), project.0.path().join("link")).unwrap();
    let away = outside.path().to_string_lossy().into_owned();
    let up = format!("../{}", outside.path().file_name().unwrap().to_string_lossy());
    for list in [away.as_str(), &up, "link", "./link/.", "link/../link", "\0", "\u{fffd}\n\n//\n", &format!("a/../../{up}")] {
        std::fs::write(project.0.path().join(".dockgen-unfinished-folders"), list).unwrap();
        project.run(&["show"]).ok();
        assert_eq!(std::fs::read_to_string(outside.path().join(LEFT)).unwrap(), "precious", "{list:?}");
    }
    // nor does a list that is a link, a pipe or endless
    std::fs::write(outside.path().join("list"), "precious").unwrap();
    symlink(outside.path().join("list"), project.0.path().join(".dockgen-unfinished-folders")).unwrap();
    project.run(&["generate"]).ok();
    assert_eq!(std::fs::read_to_string(outside.path().join("list")).unwrap(), "precious");
    std::fs::remove_file(project.0.path().join(".dockgen-unfinished-folders")).unwrap();
    assert!(Command::new("mkfifo").arg(project.0.path().join(".dockgen-unfinished-folders")).status().unwrap().success());
    project.run(&["show"]).ok();
    std::fs::remove_file(project.0.path().join(".dockgen-unfinished-folders")).unwrap();
    symlink("/dev/zero", project.0.path().join(".dockgen-unfinished-folders")).unwrap();
    project.run(&["generate", "--set", "output.compose=deploy/compose.yaml"]);
}

#[test]
fn no_image_contains_one() {
    let project = Project::fastapi();
    let ignore = Ignore::read(&project.run(&["generate", "--stdout", "dockerignore"]).ok().stdout);
    assert!(["", "src/"].iter().all(|folder| ignore.leaves_out(&format!("{folder}{LEFT}"))));
}

#[test]
fn a_folder_that_is_not_ours_to_write_is_left_alone() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    std::fs::write(project.0.path().join(LEFT), "").unwrap();
    let attribute = |flag: &str| Command::new("chattr").arg(flag).arg(project.0.path()).output();
    if !attribute("+i").is_ok_and(|output| output.status.success()) {
        println!("not tested: this user or file system has no immutable folders");
        return;
    }
    let ran = project.run(&["generate", "--check"]);
    assert!(attribute("-i").unwrap().status.success());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// The cache has no lock of its own: a file is left over where the run that wrote it is gone.
#[test]
fn the_cache_is_tidied_too() {
    let project = Project::fastapi();
    let cache = assert_fs::TempDir::new().unwrap();
    let run = |arguments: &str| {
        let mut command = Command::new("sh");
        command
            .args(["-c", arguments, env!("CARGO_BIN_EXE_dockgen")])
            .current_dir(project.0.path())
            .env_clear()
            .env("HOME", "/dev/null");
        command.env("XDG_CACHE_HOME", cache.path()).stderr(Stdio::null()).status().unwrap()
    };
    run("exec \"$0\" generate");
    let folder = cache.path().join("dockgen/outputs");
    let staged = folder.join("unfinished");
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let left = || {
        names(&folder)
            .into_iter()
            .filter(|name| name.len() != 64 && name != "unfinished")
            .chain(names(&staged))
            .collect::<Vec<_>>()
    };
    assert_eq!(left(), Vec::<String>::new());
    std::fs::create_dir_all(&staged).unwrap();
    std::fs::write(staged.join(".tmpA1b2C3"), "half").unwrap();
    let busy = staged.join(".tmpD4e5F6");
    let handle = std::fs::File::create(&busy).unwrap();
    handle.lock().unwrap();
    run("exec \"$0\" generate --set python.version=3.13");
    assert_eq!(left(), [".tmpD4e5F6"]);
    drop(handle);
    run("exec \"$0\" generate --set python.version=3.12");
    assert_eq!(left(), Vec::<String>::new());
}
