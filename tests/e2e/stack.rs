//! The stack of a compose.yaml, in a project of its own.

use std::process::{self, Command};

use serde_json::{Value, json};

use crate::container::{prove_no_privileges, prove_read_only, prove_stop};
use crate::docker::{command, inspect, must, note, run};
use crate::examples::Example;
use crate::http::{Answer, free_port, get, post};
use crate::project::Project;

/// The services of a project, and its volumes: gone when dropped.
pub(crate) struct Stack<'a> {
    /// What is in it.
    pub(crate) example: &'a Example,
    /// The port of this machine that the web process is published at.
    pub(crate) port: u16,
    project: &'a Project,
    name: String,
}

impl<'a> Stack<'a> {
    /// Starts everything, from images that are there already, and waits until it is healthy.
    pub(crate) fn up(project: &'a Project, example: &'a Example) -> Self {
        let name = format!("dockgen-e2e-{}-{}", example.name, process::id());
        let stack = Self { example, port: free_port(), project, name };
        stack.compose(&["up", "--no-build", "--wait", "--wait-timeout=180"]);
        stack
    }

    /// What must run once before a new version serves has run, and ended well.
    pub(crate) fn prove_release(&self) {
        let ended = self.compose(&["ps", "--all", "--format={{.State}} {{.ExitCode}}", "release"]);
        assert_eq!(ended.trim(), "exited 0", "{}: the release has run to its end", self.example.name);
    }

    /// Replaces every container, which leaves the volumes.
    pub(crate) fn replace(&self) {
        self.compose(&["up", "--no-build", "--wait", "--wait-timeout=180", "--force-recreate"]);
    }

    /// What `docker compose ARGUMENTS` says; it must succeed.
    pub(crate) fn compose(&self, arguments: &[&str]) -> String {
        must(&mut self.command(arguments))
    }

    /// The web process's container.
    pub(crate) fn web(&self) -> String {
        let container = self.compose(&["ps", "--all", "--format={{.Name}}", "web"]).trim().to_owned();
        assert!(!container.is_empty(), "{}: compose.yaml has a service named web", self.example.name);
        container
    }

    /// GET from this machine, as its users do.
    pub(crate) fn get(&self, path: &str) -> Answer {
        get(self.port, path)
    }

    /// Writes through the application and reads back.
    pub(crate) fn prove_serving(&self) {
        let name = self.example.name;
        let health = self.get(self.example.health);
        assert_eq!(health.status, 200, "{name}: the health path answers from this machine: {health:?}");
        let (path, body) = self.example.write;
        let written = post(self.port, path, body);
        assert_eq!(written.status, 201, "{name}: POST {path} is accepted: {written:?}");
        self.prove_answers(self.example.reads, "after the write");
    }

    /// Reads again what was written before every container was replaced.
    pub(crate) fn prove_keeping(&self) {
        self.replace();
        self.prove_answers(self.example.kept, "after every container was replaced");
    }

    fn prove_answers(&self, expected: &[(&str, &str)], when: &str) {
        for (path, part) in expected {
            let answer = self.get(path);
            let good = answer.status == 200 && answer.body.contains(part);
            assert!(good, "{}: GET {path} holds {part:?} {when}: {answer:?}", self.example.name);
        }
    }

    /// Compares what the file says, what the engine was told, and what the kernel enforces.
    pub(crate) fn prove_hardening(&self) {
        let (name, web) = (self.example.name, self.web());
        prove_no_privileges(&web, self.example.server, self.example.uid);
        prove_read_only(&web);
        let host = inspect(&web)["HostConfig"].clone();
        let told = |key: &str, expected: Value| assert_eq!(host[key], expected, "{name}: the engine was told {key}");
        told("ReadonlyRootfs", json!(true));
        told("CapDrop", json!(["ALL"]));
        told("SecurityOpt", json!(["no-new-privileges:true"]));
        told("Memory", json!(self.example.memory));
        told("PidsLimit", json!(256));
        told("Init", json!(true));
        assert_eq!(host["RestartPolicy"]["Name"], "unless-stopped", "{name}: a server that ends by itself is started again");
    }

    /// Stops the web process, within the grace that compose.yaml gives it.
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
