//! A container, started by Compose or by itself, and what holds for both.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::docker::{PATIENCE, command, docker, exec, inspect, must, note, run, wait_for};
use crate::http::free_port;
use crate::processes;

/// What a signal to stop may end a server with: its own decision, or the signal.
const STOPPED: [i64; 2] = [0, 143];

/// A container of `docker run`, as hardened as Compose and Kubernetes run it, and without an init; gone when dropped.
pub(crate) struct Container {
    /// Its name.
    pub(crate) name: String,
    /// The port of this machine that its port is published at.
    pub(crate) port: u16,
}

impl Container {
    /// Starts an image; the options are more of `docker run`.
    pub(crate) fn start(image: &str, port: u16, options: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("dockgen-e2e-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let container = Self { name, port: free_port() };
        let published = format!("127.0.0.1:{}:{port}", container.port);
        let mut run = command(&["run", "--detach", "--name", &container.name, "--publish", &published]);
        run.args(["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges"]);
        must(run.args(options).arg(image));
        container
    }

    /// Waits for the image's own HEALTHCHECK.
    pub(crate) fn wait_healthy(&self) {
        let name = &self.name;
        wait_for(&format!("{name} becomes healthy by the HEALTHCHECK of its image"), PATIENCE, || {
            let state = inspect(name)["State"].clone();
            assert_eq!(
                state["Running"],
                true,
                "{name}: the image starts with a read-only root and no capabilities{}",
                logs(name)
            );
            (state["Health"]["Status"] == "healthy").then_some(())
        });
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if std::thread::panicking() {
            note(&logs(&self.name));
        }
        run(&mut command(&["rm", "--force", "--volumes", &self.name]));
    }
}

/// What a container wrote, on both streams.
pub(crate) fn logs(container: &str) -> String {
    let ran = run(&mut command(&["logs", "--tail=50", container]));
    format!("\n--- the last lines of {container}\n{}{}", ran.out, ran.err)
}

/// Every process of a container, as JSON.
pub(crate) fn list_processes(container: &str) -> String {
    let ran = exec(container, &processes::COMMAND);
    assert!(ran.success, "{container}: {}", ran.err);
    ran.out
}

/// Proves that no process of a container may do anything but what its user may.
pub(crate) fn prove_no_privileges(container: &str, server: &str, uid: u64) {
    processes::prove_no_privileges(container, &list_processes(container), server, uid);
}

/// Tries to write as root, whom only a read-only file system can stop.
pub(crate) fn prove_read_only(container: &str) {
    for path in ["/written", "/app/written", "/opt/venv/written"] {
        let ran = run(&mut command(&["exec", "--user=0", container, "touch", path]));
        assert!(!ran.success && ran.err.contains("Read-only file system"), "{container}: {path} cannot be written: {}", ran.err);
    }
    assert!(exec(container, &["touch", "/tmp/written"]).success, "{container}: /tmp can be written");
}

/// Stops a container as `docker stop` does, within its own grace or the default of 10 s, and proves that it went by itself.
pub(crate) fn prove_stop(container: &str) {
    let grace = inspect(container)["Config"]["StopTimeout"].as_u64().unwrap_or(10);
    let started = Instant::now();
    docker(&["stop", container]);
    let took = started.elapsed();
    let code = inspect(container)["State"]["ExitCode"].as_i64().unwrap();
    assert!(STOPPED.contains(&code), "{container}: the signal to stop ends it with 0 or 143, not {code}{}", logs(container));
    assert!(took < Duration::from_secs(grace), "{container}: the signal to stop ends it within {grace} s, not {took:?}");
    note(&format!("{container}: stopped in {:.1} s with exit code {code}", took.as_secs_f32()));
}
