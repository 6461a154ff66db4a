//! Starts one stack with every kind of backing service, two versions of PostgreSQL, and a worker.

use std::process::{self, Command};

use crate::docker::{command, must, run};
use crate::http::{free_port, get};
use crate::project::Project;

/// Kinds and versions of the services. Not Valkey: the test machine's image may actually be Redis.
const KINDS: [(&str, &str); 7] = [
    ("postgres", "18"),
    ("postgres", "17"),
    ("mysql", "8.4"),
    ("mariadb", "11.8"),
    ("redis", "8"),
    ("rabbitmq", "4"),
    ("memcached", "1.6"),
];

/// A running stack. Removed when dropped, including its image.
struct Stack<'a> {
    project: &'a Project,
    name: String,
    port: u16,
}

impl Stack<'_> {
    fn compose(&self, arguments: &[&str]) -> Command {
        let mut compose = command(&["compose", "--project-name", &self.name]);
        compose.args(arguments).current_dir(self.project.path()).env("SERVICES_PORT", self.port.to_string());
        compose
    }
}

impl Drop for Stack<'_> {
    fn drop(&mut self) {
        run(&mut self.compose(&["down", "--volumes", "--timeout=5"]));
        run(&mut command(&["image", "rm", "--force", "services:dev"]));
    }
}

#[test]
fn every_kind_of_service_and_a_worker_become_healthy() {
    let project = Project::copy("tests/fixtures/pdm-app");
    let mut spec = project.read("dockgen.toml");
    spec += "\n[project]\nname = \"services\"\n\n[processes.worker]\ncommand = [\"python\", \"-c\", \"import time; time.sleep(600)\"]\n";
    let service = |(kind, version): (&str, &str)| {
        let name = format!("{kind}-{}", version.replace('.', "-"));
        format!("\n[services.{name}]\nkind = \"{kind}\"\nversion = \"{version}\"\n")
    };
    spec += &KINDS.map(service).concat();
    project.write("dockgen.toml", &spec);
    project.generate(&[]);
    project.settle_frontend("Dockerfile");
    project.write(".env", &project.read(".env.example"));
    let stack = Stack { project: &project, name: format!("dockgen-e2e-services-{}", process::id()), port: free_port() };
    // --build may replace services:dev, since only this test uses that tag
    must(&mut stack.compose(&["up", "--build", "--wait", "--wait-timeout=180"]));
    assert_eq!(get(stack.port, "/health").status, 200, "the application answers beside its services");
    let running = must(&mut stack.compose(&["ps", "--format={{.Service}} {{.Status}}"]));
    assert_eq!(
        running.matches("(healthy)").count(),
        KINDS.len() + 2,
        "every service, web and the worker are healthy:\n{running}"
    );
}
