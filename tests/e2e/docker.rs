//! Docker by its command line: what people and their scripts use.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take to become healthy: the longest start period of the examples, and room for a slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// A command that has ended.
pub(crate) struct Ran {
    /// Whether it exited with 0.
    pub(crate) success: bool,
    /// Its standard output.
    pub(crate) out: String,
    /// Its standard error.
    pub(crate) err: String,
}

/// Runs a command to its end, however that is.
pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { success: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// The standard output of a command that must succeed; its failure is told with all that it said.
pub(crate) fn must(command: &mut Command) -> String {
    let ran = run(command);
    assert!(ran.success, "failed: {command:?}\n{}\n{}", ran.out, ran.err);
    ran.out
}

/// `docker ARGUMENTS`, not yet started.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments);
    command
}

/// The standard output of `docker ARGUMENTS`, which must succeed.
pub(crate) fn docker(arguments: &[&str]) -> String {
    must(&mut command(arguments))
}

/// What `docker inspect` knows of a container, or of an image.
pub(crate) fn inspect(name: &str) -> Value {
    let mut found: Vec<Value> = serde_json::from_str(&docker(&["inspect", name])).unwrap();
    found.remove(0)
}

/// Runs a command in a container.
pub(crate) fn exec(container: &str, arguments: &[&str]) -> Ran {
    run(command(&["exec", container]).args(arguments))
}

/// Whether the `# syntax=` line of the generated Dockerfiles can be obeyed: it names an image that a machine without a registry
/// does not get. Everything but that line is built all the same there.
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

/// Waits until something is there, and says what was missing where it never comes.
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

/// Prints a figure, past the test harness, which keeps the output of tests that pass to itself.
pub(crate) fn note(text: &str) {
    io::stderr().write_all(format!("     {text}\n").as_bytes()).unwrap();
}
