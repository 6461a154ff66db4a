//! Runs the Docker command line, as users do.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Timeout to become healthy: the longest start period of the examples, with a margin for slow machines.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// The result of a command.
pub(crate) struct Ran {
    /// Whether the exit code was 0.
    pub(crate) success: bool,
    /// Stdout.
    pub(crate) out: String,
    /// Stderr.
    pub(crate) err: String,
}

/// Runs a command to its end, successful or not.
pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { success: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Runs a command that must succeed and returns its stdout. A failure shows all of its output.
pub(crate) fn must(command: &mut Command) -> String {
    let ran = run(command);
    assert!(ran.success, "failed: {command:?}\n{}\n{}", ran.out, ran.err);
    ran.out
}

/// Prepares `docker ARGUMENTS`.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments);
    command
}

/// Runs `docker ARGUMENTS`, which must succeed, and returns its stdout.
pub(crate) fn docker(arguments: &[&str]) -> String {
    must(&mut command(arguments))
}

/// Runs `docker inspect` on a container or an image.
pub(crate) fn inspect(name: &str) -> Value {
    let mut found: Vec<Value> = serde_json::from_str(&docker(&["inspect", name])).unwrap();
    found.remove(0)
}

pub(crate) fn exec(container: &str, arguments: &[&str]) -> Ran {
    run(command(&["exec", container]).args(arguments))
}

/// Whether the image in the `# syntax=` line of generated Dockerfiles can be pulled. Without a registry, the tests build Dockerfiles without
/// that line.
pub(crate) fn has_frontend() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let server = run(&mut command(&["version", "--format", "{{.Server.Version}}"]));
        assert!(server.success, "these tests need a running Docker engine: {}", server.err);
        let mut build = command(&["buildx", "build", "--output=type=cacheonly", "-"]);
        let mut child = build.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"# syntax=docker/dockerfile:1\nFROM scratch\n").unwrap();
        child.wait().unwrap().success()
    })
}

/// Polls until `look` returns a value; panics with the description `what` after the timeout.
pub(crate) fn wait_for<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < patience, "{what}: not after {} s", patience.as_secs());
        sleep(Duration::from_millis(250));
    }
}

/// Prints a message even if the test passes: writes to stderr directly, which the test harness doesn't capture.
pub(crate) fn note(text: &str) {
    io::stderr().write_all(format!("     {text}\n").as_bytes()).unwrap();
}
