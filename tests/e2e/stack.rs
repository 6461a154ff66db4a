//! Runs the stack of a compose.yaml under a unique project name.

use std::process::{self, Command};

use serde_json::{Value, json};

use crate::container::{prove_no_privileges, prove_read_only, prove_stop};
use crate::docker::{command, inspect, must, note, run};
use crate::examples::Example;
use crate::http::{Response, free_port, get, post};
use crate::project::Project;

/// The containers and volumes of a project. Removed when dropped.
pub(crate) struct Stack<'a> {
    pub(crate) example: &'a Example,
    /// The published port of the web service on the host.
    pub(crate) port: u16,
    project: &'a Project,
    name: String,
}

impl<'a> Stack<'a> {
    /// Starts all services from images that are already built, and waits until they are healthy.
    pub(crate) fn up(project: &'a Project, example: &'a Example) -> Self {
        let name = format!("dockgen-e2e-{}-{}", example.name, process::id());
        let stack = Self { example, port: free_port(), project, name };
        stack.compose(&["up", "--no-build", "--wait", "--wait-timeout=180"]);
        stack
    }

    /// Checks that the release has completed successfully.
    pub(crate) fn prove_release(&self) {
        let ended = self.compose(&["ps", "--all", "--format={{.State}} {{.ExitCode}}", "release"]);
        assert_eq!(ended.trim(), "exited 0", "{}: the release has run to its end", self.example.name);
    }

    /// Replaces all containers but keeps the volumes.
    pub(crate) fn recreate(&self) {
        self.compose(&["up", "--no-build", "--wait", "--wait-timeout=180", "--force-recreate"]);
    }

    /// Runs `docker compose ARGUMENTS`, which must succeed, and returns its stdout.
    pub(crate) fn compose(&self, arguments: &[&str]) -> String {
        must(&mut self.command(arguments))
    }

    /// The container of the web service.
    pub(crate) fn web(&self) -> String {
        let container = self.compose(&["ps", "--all", "--format={{.Name}}", "web"]).trim().to_owned();
        assert!(!container.is_empty(), "{}: compose.yaml has a service named web", self.example.name);
        container
    }

    /// Sends a GET request to the published port.
    pub(crate) fn get(&self, path: &str) -> Response {
        get(self.port, path)
    }

    /// Writes data through the application and reads it back.
    pub(crate) fn prove_serving(&self) {
        let name = self.example.name;
        let health = self.get(self.example.health);
        assert_eq!(health.status, 200, "{name}: the health path answers from this machine: {health:?}");
        let (path, body) = self.example.write;
        let written = post(self.port, path, body);
        assert_eq!(written.status, 201, "{name}: POST {path} is accepted: {written:?}");
        self.prove_answers(self.example.reads, "after the write");
    }

    /// Replaces all containers and reads the data back.
    pub(crate) fn prove_persistence(&self) {
        self.recreate();
        self.prove_answers(self.example.kept, "after every container was replaced");
    }

    fn prove_answers(&self, expected: &[(&str, &str)], when: &str) {
        for (path, part) in expected {
            let answer = self.get(path);
            let good = answer.status == 200 && answer.body.contains(part);
            assert!(good, "{}: GET {path} returns {part:?} {when}: {answer:?}", self.example.name);
        }
    }

    /// Checks the hardening in the settings of the engine and in the running processes.
    pub(crate) fn prove_hardening(&self) {
        let (name, web) = (self.example.name, self.web());
        prove_no_privileges(&web, self.example.server, self.example.uid);
        prove_read_only(&web);
        let host = inspect(&web)["HostConfig"].clone();
        let assert_set = |key: &str, expected: Value| assert_eq!(host[key], expected, "{name}: the engine has {key}");
        assert_set("ReadonlyRootfs", json!(true));
        assert_set("CapDrop", json!(["ALL"]));
        assert_set("SecurityOpt", json!(["no-new-privileges:true"]));
        assert_set("Memory", json!(self.example.memory));
        assert_set("PidsLimit", json!(256));
        assert_set("Init", json!(true));
        assert_eq!(host["RestartPolicy"]["Name"], "unless-stopped", "{name}: restarts a server that ends");
    }

    /// Stops the web service within the grace period of compose.yaml.
    pub(crate) fn prove_stop(&self) {
        let grace = inspect(&self.web())["Config"]["StopTimeout"].as_u64();
        assert!(
            grace.is_some_and(|grace| grace > 30),
            "{}: compose.yaml waits longer than the server: {grace:?}",
            self.example.name
        );
        prove_stop(&self.web());
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let variable = format!("{}_PORT", self.example.name.to_uppercase().replace('-', "_"));
        let mut compose = command(&["compose"]);
        compose.args(arguments).current_dir(self.project.path());
        compose.env("COMPOSE_PROJECT_NAME", &self.name).env(variable, self.port.to_string());
        compose
    }
}

impl Drop for Stack<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let logs = run(&mut self.command(&["logs", "--no-color", "--tail=30"]));
            note(&format!("--- the last lines of {}\n{}{}", self.name, logs.out, logs.err));
        }
        run(&mut self.command(&["down", "--volumes", "--remove-orphans", "--timeout=2"]));
    }
}
