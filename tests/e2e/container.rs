//! Checks containers, whether started by `docker run` or by Compose.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::docker::{PATIENCE, command, docker, exec, inspect, must, note, run, wait_for};
use crate::http::free_port;
use crate::processes;

/// Exit codes allowed after SIGTERM: 0, or 128 + 15.
const STOPPED: [i64; 2] = [0, 143];

/// A container of `docker run` with the same restrictions as in Compose and Kubernetes, but no init process. Removed when dropped.
pub(crate) struct Container {
    pub(crate) name: String,
    /// The published port on the host.
    pub(crate) port: u16,
}

impl Container {
    /// Starts an image with additional options of `docker run`.
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

    /// Waits until the HEALTHCHECK of the image passes.
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

/// The last lines of a container's stdout and stderr.
pub(crate) fn logs(container: &str) -> String {
    let ran = run(&mut command(&["logs", "--tail=50", container]));
    format!("\n--- the last lines of {container}\n{}{}", ran.out, ran.err)
}

/// The processes of a container as JSON, from processes.py.
pub(crate) fn list_processes(container: &str) -> String {
    let ran = exec(container, &processes::COMMAND);
    assert!(ran.success, "{container}: {}", ran.err);
    ran.out
}

/// Checks that no process of a container has more privileges than its user.
pub(crate) fn prove_no_privileges(container: &str, server: &str, uid: u64) {
    processes::prove_no_privileges(container, &list_processes(container), server, uid);
}

/// Tries to write as root, which only a read-only file system prevents.
pub(crate) fn prove_read_only(container: &str) {
    for path in ["/written", "/app/written", "/opt/venv/written"] {
        let ran = run(&mut command(&["exec", "--user=0", container, "touch", path]));
        assert!(!ran.success && ran.err.contains("Read-only file system"), "{container}: {path} cannot be written: {}", ran.err);
    }
    assert!(exec(container, &["touch", "/tmp/written"]).success, "{container}: /tmp can be written");
}

/// Stops a container with `docker stop` and checks that SIGTERM ends it within its grace period (default 10 s), before SIGKILL.
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
