//! Every kind of backing service, two versions of PostgreSQL, and a worker: a stack that is built and comes up as the README says.

use std::process::{self, Command};

use crate::docker::{command, must, run};
use crate::http::{free_port, get};
use crate::project::Project;

/// The kinds, each with the version that is tried; the machine's Valkey may be a Redis in disguise, so it is left to its users.
const KINDS: [(&str, &str); 7] = [
    ("postgres", "18"),
    ("postgres", "17"),
    ("mysql", "8.4"),
    ("mariadb", "11.8"),
    ("redis", "8"),
    ("rabbitmq", "4"),
    ("memcached", "1.6"),
];

/// A running stack: gone when dropped, its image too.
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
fn every_kind_of_service_comes_up_read_only_and_a_worker_beside_it() {
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
    // the image of this name is nobody else's: the tag is this test's own
    must(&mut stack.compose(&["up", "--build", "--wait", "--wait-timeout=180"]));
    assert_eq!(get(stack.port, "/health").status, 200, "the application answers beside its services");
    let running = must(&mut stack.compose(&["ps", "--format={{.Service}} {{.Status}}"]));
    assert_eq!(
        running.matches("(healthy)").count(),
        KINDS.len() + 2,
        "every service, web and the worker are healthy:\n{running}"
    );
}
