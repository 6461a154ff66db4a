//! Servers that say nothing, a git that never ends, and runs that are interrupted: every wait ends, and nothing is left behind.
#![cfg(unix)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use rexpect::session::spawn_command;

use crate::common::{FASTAPI, Project, Ran};
use crate::git::commit;
use crate::sources::{Presets, Team};

/// Far less than any limit of dockgen's own, more than a loaded machine takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server on this machine that answers connections with these bytes, one after the other, and then with nothing.
fn server(drip: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    spawn(move || {
        for mut stream in listener.incoming().flatten() {
            spawn(move || {
                for byte in drip.iter().cycle().take(if drip.is_empty() { 0 } else { 100_000 }) {
                    if stream.write_all(&[*byte]).is_err() {
                        return;
                    }
                    sleep(Duration::from_millis(50));
                }
                let _ = stream.read_to_end(&mut Vec::new());
            });
        }
    });
    port
}

/// A project with its preset in a repository, and a folder of programs that come before those of the machine.
struct Waiting {
    team: Team,
}

impl Waiting {
    fn new(preset: &str) -> Self {
        let waiting = Self { team: Team::new(preset) };
        fs::create_dir(waiting.temporary()).unwrap();
        waiting
    }

    fn temporary(&self) -> PathBuf {
        self.team.home.path().join("tmp")
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.team.home.path().join("bin").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, arguments: &[&str], seconds: &str) -> Command {
        let mut command = self.team.command(arguments);
        let path = format!("{}:{}", self.team.home.path().join("bin").display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("TMPDIR", self.temporary()).env("DOCKGEN_TIMEOUT", seconds);
        command.env("GIT_CONFIG_NOSYSTEM", "1").stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The process that a program has written down.
    fn process(&self) -> Option<PathBuf> {
        let id = fs::read_to_string(self.team.home.path().join("process")).ok()?;
        (!id.trim().is_empty()).then(|| Path::new("/proc").join(id.trim()))
    }

    #[track_caller]
    fn left_nothing(&self) {
        let left: Vec<_> = fs::read_dir(self.temporary()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "{left:?}");
        let start = Instant::now();
        while self.process().is_some_and(|process| is_alive(&process)) {
            assert!(start.elapsed() < Duration::from_secs(2), "what git has started still runs");
            sleep(Duration::from_millis(10));
        }
    }
}

/// Whether a process is running; a zombie is not.
fn is_alive(process: &Path) -> bool {
    let status = fs::read_to_string(process.join("stat")).unwrap_or_default();
    status.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

/// Waits for a run; none where it hangs.
fn end(mut child: Child) -> Option<Ran> {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        sleep(Duration::from_millis(5));
    }
    Some(Ran::from(child.wait_with_output().unwrap()))
}

/// Sleeps, and says as which process.
fn sleeping(waiting: &Waiting) -> String {
    format!("echo $$ >{}/process; exec sleep 300", waiting.team.home.path().display())
}

/// After how many seconds these runs give up; people are told after two.
const BRIEF: u32 = 1;
const LONGER: u32 = 3;

#[track_caller]
fn is_given_up(waiting: &Waiting, seconds: u32, host: &str, environment: &[(&str, &str)]) {
    let mut command = waiting.command(&["generate"], &seconds.to_string());
    command.envs(environment.iter().copied());
    let ran = end(command.spawn().unwrap()).expect("hangs");
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("{host} did not finish in {seconds} s")), "{}", ran.stderr);
    assert_eq!(ran.stderr.contains(&format!("waiting for {host}")), seconds == LONGER, "{}", ran.stderr);
    assert!(ran.stderr.contains("help: ") && ran.stderr.contains(&format!("DOCKGEN_TIMEOUT={}", seconds * 5)), "{}", ran.stderr);
    waiting.left_nothing();
}

#[test]
fn a_silent_https_server_is_given_up() {
    let host = format!("127.0.0.1:{}", server(&[]));
    is_given_up(&Waiting::new(&format!("git+https://{host}/a.git")), LONGER, &host, &[]);
}

#[test]
fn a_dripping_https_server_is_given_up() {
    // the head of a TLS record that never ends
    let host = format!("127.0.0.1:{}", server(&[0x16, 3, 3, 0x40, 0]));
    is_given_up(&Waiting::new(&format!("git+https://{host}/a.git")), BRIEF, &host, &[]);
}

#[test]
fn a_silent_ssh_server_is_given_up() {
    let waiting = Waiting::new("git+ssh://git@git.example.com/a.git");
    waiting.program("silent-ssh", &sleeping(&waiting));
    is_given_up(&waiting, BRIEF, "git.example.com", &[("GIT_SSH_COMMAND", "silent-ssh"), ("GIT_SSH_VARIANT", "simple")]);
}

#[test]
fn a_dripping_ssh_server_is_given_up() {
    let waiting = Waiting::new("git+ssh://git@git.example.com/a.git");
    waiting.program("drip", "while :; do printf 1; sleep 0.3; done");
    is_given_up(&waiting, BRIEF, "git.example.com", &[("GIT_SSH_COMMAND", "drip"), ("GIT_SSH_VARIANT", "simple")]);
}

#[test]
fn a_git_that_never_ends_is_ended_with_all_that_it_started() {
    let waiting = Waiting::new("git+https://git.example.com/a.git");
    let id = waiting.team.home.path().join("process");
    // neither it nor its child obeys a request to end
    waiting.program("git", &format!("trap '' TERM\nfor word; do test $word = init && exit; done\nsh -c \"trap '' TERM; echo \\$\\$ >{}; while :; do sleep 0.1; done\"", id.display()));
    is_given_up(&waiting, BRIEF, "git.example.com", &[]);
}

#[test]
fn a_helper_that_keeps_the_pipes_open_is_not_waited_for() {
    let presets = Presets::new();
    let waiting = Waiting::new(&presets.address("//web#main"));
    let git = which("git");
    waiting.program("git", &format!("sleep 300 & echo $! >{}/process\nexec {git} \"$@\"", waiting.team.home.path().display()));
    let ran = end(waiting.command(&["generate", "--trust"], "30").spawn().unwrap()).expect("hangs");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let _ = Command::new("kill").arg(fs::read_to_string(waiting.team.home.path().join("process")).unwrap().trim()).status();
}

fn which(program: &str) -> String {
    let folders = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file());
    found.unwrap().to_str().unwrap().to_owned()
}

#[test]
fn quiet_runs_say_nothing_while_they_wait() {
    let waiting = Waiting::new("git+ssh://git@git.example.com/a.git");
    waiting.program("silent-ssh", &sleeping(&waiting));
    let mut command = waiting.command(&["generate", "-q"], "3");
    let ran = end(command.env("GIT_SSH_COMMAND", "silent-ssh").env("GIT_SSH_VARIANT", "simple").spawn().unwrap()).expect("hangs");
    assert!(ran.code == 2 && !ran.stderr.contains("waiting for"), "{}", ran.stderr);
}

#[test]
fn a_history_that_never_ends_is_done_without() {
    let project = Project::fastapi();
    project.run(&["generate", "-q"]).ok();
    commit(project.0.path(), "generated");
    project.edit("compose.yaml", "services:\n", "# ours\nservices:\n");
    let waiting = Waiting::new("x");
    waiting.program("git", "for word; do test $word = init && exit; done\nsleep 300");
    let mut command = waiting.command(&["generate", "--merge", "--set", "compose.restart=always"], "1");
    command.env_remove("HOME").current_dir(project.0.path());
    let ran = end(command.spawn().unwrap()).expect("hangs");
    assert!([0, 1].contains(&ran.code), "{}", ran.stderr);
    assert!(project.read("compose.yaml").contains("# ours\n"));
    waiting.left_nothing();
}

#[test]
fn others_can_write_while_a_run_waits_for_the_network() {
    let waiting = Waiting::new("git+ssh://git@git.example.com/a.git");
    waiting.program("silent-ssh", &sleeping(&waiting));
    let mut command = waiting.command(&["generate"], "6");
    let mut first = command.env("GIT_SSH_COMMAND", "silent-ssh").env("GIT_SSH_VARIANT", "simple").spawn().unwrap();
    let start = Instant::now();
    while waiting.process().is_none() {
        assert!(start.elapsed() < PATIENCE, "git was not run");
        sleep(Duration::from_millis(5));
    }
    let spec = waiting.team.project.0.path().join("other.toml");
    fs::write(spec, FASTAPI).unwrap();
    waiting.team.run(&["generate", "--spec", "other.toml"]).ok();
    assert!(first.try_wait().unwrap().is_none(), "the other run had to wait");
    let _ = Command::new("kill").arg(first.id().to_string()).status();
    first.wait().unwrap();
}

#[test]
fn an_interrupted_fetch_leaves_nothing() {
    for signal in ["INT", "TERM", "HUP"] {
        let waiting = Waiting::new("git+ssh://git@git.example.com/a.git");
        waiting.program("silent-ssh", &sleeping(&waiting));
        let mut command = waiting.command(&["generate"], "60");
        let child = command.env("GIT_SSH_COMMAND", "silent-ssh").env("GIT_SSH_VARIANT", "simple").spawn().unwrap();
        let start = Instant::now();
        while !waiting.process().is_some_and(|process| is_alive(&process)) {
            assert!(start.elapsed() < PATIENCE, "git was not run");
            sleep(Duration::from_millis(5));
        }
        // no other user can read it
        let folder = fs::read_dir(waiting.temporary()).unwrap().next().unwrap().unwrap();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let ran = end(child).expect("hangs");
        assert_eq!(ran.code, 130, "{signal}: {}", ran.stderr);
        waiting.left_nothing();
    }
}

#[test]
fn what_a_killed_run_left_is_removed_by_a_later_one() {
    let presets = Presets::new();
    let waiting = Waiting::new(&presets.address("//web#main"));
    let killed = Waiting::new("git+ssh://git@git.example.com/a.git");
    killed.program("silent-ssh", &sleeping(&killed));
    let mut command = killed.command(&["generate"], "60");
    command.env("GIT_SSH_COMMAND", "silent-ssh").env("GIT_SSH_VARIANT", "simple").env("TMPDIR", waiting.temporary());
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    while !killed.process().is_some_and(|process| is_alive(&process)) {
        assert!(start.elapsed() < PATIENCE, "git was not run");
        sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let id = killed.process().unwrap();
    let _ = Command::new("kill").arg(id.file_name().unwrap()).status();
    let left = fs::read_dir(waiting.temporary()).unwrap().next().unwrap().unwrap().path();
    let old = |path: &Path| {
        let hour = std::time::SystemTime::now() - Duration::from_hours(1);
        fs::File::open(path).unwrap().set_modified(hour).unwrap();
    };
    old(&left);
    // not every name like ours is ours
    let (link, kept) = (waiting.temporary().join("dockgen-git-link"), waiting.team.home.path().join("kept"));
    fs::create_dir(&kept).unwrap();
    old(&kept);
    std::os::unix::fs::symlink(&kept, &link).unwrap();
    let new = waiting.temporary().join("dockgen-git-new");
    fs::create_dir(&new).unwrap();
    let ran = end(waiting.command(&["generate", "--trust"], "30").spawn().unwrap()).unwrap();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!left.exists(), "{} is still there", left.display());
    assert!(kept.exists() && link.is_symlink() && new.exists());
}

#[test]
fn a_limit_that_is_no_number_is_refused() {
    let waiting = Waiting::new("git+https://git.example.com/a.git");
    for text in ["abc", "0", "-1", "1h", "99999999999"] {
        let ran = end(waiting.command(&["generate"], text).spawn().unwrap()).unwrap();
        assert!(ran.code == 2 && ran.stderr.contains("`DOCKGEN_TIMEOUT` is `"), "{text:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("help: set it to a number such as DOCKGEN_TIMEOUT=300"), "{}", ran.stderr);
    }
}

/// A git that asks for a password in the terminal when it fetches.
fn asks(waiting: &Waiting) {
    let git = which("git");
    let home = waiting.team.home.path().display();
    let ask = format!("printf 'Password: ' >/dev/tty; read answer </dev/tty; echo \"$answer\" >{home}/answer");
    waiting.program("git", &format!("for word; do test $word = fetch && {{ {ask}; }}; done\nexec {git} \"$@\""));
}

#[test]
fn git_can_ask_in_a_terminal() {
    let presets = Presets::new();
    let waiting = Waiting::new(&presets.address("//web#main"));
    asks(&waiting);
    let mut command = waiting.command(&["generate", "--trust"], "60");
    command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let mut terminal = spawn_command(command, Some(20_000)).unwrap();
    terminal.exp_string("Password: ").unwrap();
    terminal.send_line("open sesame").unwrap();
    terminal.exp_string("created Dockerfile").unwrap();
    terminal.exp_eof().unwrap();
    assert_eq!(fs::read_to_string(waiting.team.home.path().join("answer")).unwrap(), "open sesame\n");
    waiting.left_nothing();
}

#[test]
fn ctrl_c_ends_a_fetch_in_a_terminal() {
    let waiting = Waiting::new("git+ssh://git@git.example.com/a.git");
    waiting.program("silent-ssh", &sleeping(&waiting));
    let mut command = waiting.command(&["generate"], "60");
    command.env("GIT_SSH_COMMAND", "silent-ssh").env("GIT_SSH_VARIANT", "simple");
    command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let mut terminal = spawn_command(command, Some(20_000)).unwrap();
    terminal.exp_string("waiting for git.example.com").unwrap();
    terminal.send_control('c').unwrap();
    let said = terminal.exp_eof().unwrap();
    assert!(!said.contains("error"), "{said}");
    waiting.left_nothing();
}
