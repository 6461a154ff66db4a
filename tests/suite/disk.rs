//! What can go wrong on a disk: nothing is lost, nothing is half written, and the message says what to do.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::{Project, Ran};

/// Root may do anything, so tests of permissions run as the user `nobody`, who then owns the project.
const NOBODY: u32 = 65_534;

fn as_user(project: &Project, arguments: &[&str]) -> Ran {
    let mut command = project.command(arguments);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    Ran::from(command.output().unwrap())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// A project that the user `nobody` owns if the test runs as root; that user must be able to run dockgen.
fn users_project() -> Project {
    let project = Project::fastapi();
    if is_root() {
        let own = Command::new("chown").args(["-R", "65534:65534"]).arg(project.0.path()).status();
        assert!(own.unwrap().success());
    }
    project
}

fn mode(project: &Project, path: &str, mode: u32) {
    std::fs::set_permissions(project.0.path().join(path), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[track_caller]
fn refused(project: &Project, arguments: &[&str], message: &str) {
    let before = project.tree();
    let ran = as_user(project, arguments);
    let folder = project.0.path().to_string_lossy().into_owned();
    assert_eq!((ran.code, ran.stderr.replace(&folder, "[folder]").as_str()), (2, message));
    assert_eq!(project.tree(), before);
}

#[test]
fn an_unreadable_spec() {
    let project = users_project();
    mode(&project, "dockgen.toml", 0o000);
    let ran = as_user(&project, &["generate"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            2,
            "error: cannot read `dockgen.toml`: Permission denied (os error 13)\nhelp: make it readable: chmod u+r dockgen.toml\n"
        )
    );
}

#[test]
fn a_spec_that_is_a_directory() {
    let project = users_project();
    std::fs::remove_file(project.0.path().join("dockgen.toml")).unwrap();
    std::fs::create_dir(project.0.path().join("dockgen.toml")).unwrap();
    refused(
        &project,
        &["-C", ".", "generate"],
        "error: `dockgen.toml` is a directory, not a regular file\nhelp: replace it with a regular file, or move it away\n",
    );
}

#[test]
fn a_spec_that_is_not_text() {
    let project = users_project();
    std::fs::write(project.0.path().join("dockgen.toml"), b"name = \"\xff\"\n").unwrap();
    refused(
        &project,
        &["generate"],
        "error: `dockgen.toml` is not UTF-8 text\nhelp: convert it, with the encoding that it has: iconv -f LATIN1 -t UTF-8 dockgen.toml > dockgen.toml.new && mv dockgen.toml.new dockgen.toml\n",
    );
}

#[test]
fn a_directory_where_a_file_should_be() {
    let project = users_project();
    std::fs::create_dir(project.0.path().join("compose.yaml")).unwrap();
    refused(
        &project,
        &["generate"],
        "error: cannot write `compose.yaml`: it is a directory\nhelp: move it away, or set output.compose to another path\n",
    );
}

#[test]
fn a_symbolic_link_out_of_the_project() {
    let project = users_project();
    let outside = assert_fs::TempDir::new().unwrap();
    let target = outside.path().join("target");
    std::fs::write(&target, "precious").unwrap();
    symlink(&target, project.0.path().join("compose.yaml")).unwrap();
    refused(
        &project,
        &["generate", "--force"],
        "error: `compose.yaml` is a symbolic link that leaves the project\nhelp: replace the link with a file: dockgen writes only inside the project\n",
    );
    assert_eq!(std::fs::read_to_string(target).unwrap(), "precious");
}

#[test]
fn a_folder_that_is_a_symbolic_link_out_of_the_project() {
    let project = users_project();
    let outside = assert_fs::TempDir::new().unwrap();
    symlink(outside.path(), project.0.path().join("deploy")).unwrap();
    refused(
        &project,
        &["generate", "--set", "output.compose=deploy/compose.yaml"],
        "error: `deploy/compose.yaml` is a symbolic link that leaves the project\nhelp: replace the link with a file: dockgen writes only inside the project\n",
    );
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn a_symbolic_link_inside_the_project_is_followed_and_modes_are_kept() {
    let project = Project::fastapi();
    std::fs::create_dir(project.0.path().join("deploy")).unwrap();
    project.run(&["generate"]).ok();
    std::fs::rename(project.0.path().join("compose.yaml"), project.0.path().join("deploy/compose.yaml")).unwrap();
    symlink("deploy/compose.yaml", project.0.path().join("compose.yaml")).unwrap();
    mode(&project, "deploy/compose.yaml", 0o640);
    project.run(&["generate", "--set", "compose.restart=always"]).ok();
    assert!(project.0.path().join("compose.yaml").is_symlink());
    assert!(project.read("deploy/compose.yaml").contains("restart: always"));
    let kept = std::fs::metadata(project.0.path().join("deploy/compose.yaml")).unwrap().permissions().mode();
    assert_eq!(kept & 0o777, 0o640);
}

#[test]
fn a_read_only_folder() {
    let project = users_project();
    mode(&project, ".", 0o555);
    refused(
        &project,
        &["generate"],
        "error: cannot write `Dockerfile`: permission denied\nhelp: free some space, or make the folder writable; nothing was written\n",
    );
    mode(&project, ".", 0o755);
}

/// The system refuses to let any file grow beyond 512 bytes, which is what a full disk looks like from inside.
#[test]
fn a_full_disk() {
    let project = users_project();
    let before = project.tree();
    let script = "ulimit -f 1; trap '' XFSZ; exec \"$0\" generate";
    let mut command = Command::new("sh");
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_dockgen")])
        .current_dir(project.0.path())
        .env_clear()
        .env("HOME", "/dev/null")
        .stdin(Stdio::null());
    let ran = Ran::from(command.output().unwrap());
    let message = "error: cannot write `Dockerfile`: file too large\nhelp: free some space, or make the folder writable; nothing was written\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (2, message));
    assert_eq!(project.tree(), before);
}

#[test]
fn standard_output_that_is_full() {
    let project = Project::fastapi();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = project.command(&["generate", "--stdout", "compose"]).stdout(full).output().unwrap();
    let ran = Ran::from(output);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (2, "error: cannot write to standard output: No space left on device (os error 28)\n")
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let project = Project::fastapi();
    let script = "\"$0\" schema | head -n 1; exit 0";
    let mut command = Command::new("sh");
    let output = command.args(["-c", script, env!("CARGO_BIN_EXE_dockgen")]).current_dir(project.0.path()).output().unwrap();
    assert_eq!(Ran::from(output).stderr, "");
}

#[test]
fn two_runs_at_once_both_succeed() {
    let project = Project::fastapi();
    let runs: Vec<_> = (0..8).map(|_| project.command(&["generate", "-q"]).stderr(Stdio::piped()).spawn().unwrap()).collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(project.run(&["generate", "--check"]).code, 0);
    assert_eq!(unfinished(project.0.path()), 0);
}

#[test]
fn a_run_that_never_ends_keeps_others_out() {
    let project = Project::fastapi();
    let lock = std::fs::File::open(project.0.path()).unwrap();
    lock.lock().unwrap();
    let ran = project.run(&["generate"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (2, "error: another dockgen process is still writing here after ten seconds\nhelp: wait until it finishes, or stop it\n")
    );
}

fn unfinished(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".dockgen-")).count()
}
