//! A language that dockgen doesn't know: Node.js, by a preset and its templates alone.

use crate::build::build;
use crate::container::{Container, prove_stop};
use crate::docker::{command, exec, run};
use crate::http::get;
use crate::installers::Image;
use crate::project::Project;

/// Debian's Node.js on Debian's image, as neither a Node image nor npm's registry can be had everywhere.
const FLAGS: [&str; 6] =
    ["--set", "image.base=debian:trixie-slim", "--set", "system.run=[\"nodejs\"]", "--set", "install.files=[]"];

#[test]
fn node_by_a_preset_and_its_templates() {
    let project = Project::copy("tests/fixtures/node-app");
    project.generate(&FLAGS);
    project.settle_frontend("Dockerfile");
    let image = Image(format!("dockgen-e2e-node:{}", std::process::id()));
    build(project.path(), "Dockerfile", &image.0);
    let container = Container::start(&image.0, 3000, &[]);
    container.wait_healthy();
    let answer = get(container.port, "/");
    assert!(answer.status == 200 && answer.body.contains("Hello from node"), "the application answers: {answer:?}");
    prove_hardened(&container.name);
    prove_stop(&container.name);
}

/// The first process is the application's, without root, capabilities or a place to write to.
fn prove_hardened(container: &str) {
    let status = exec(container, &["cat", "/proc/1/status"]).out;
    for line in ["Name:\tnode", "Uid:\t10001\t10001\t10001\t10001", "CapEff:\t0000000000000000"] {
        assert!(status.lines().any(|found| found == line), "{container}: {line}\n{status}");
    }
    let ran = run(&mut command(&["exec", "--user=0", container, "touch", "/app/written"]));
    assert!(!ran.success && ran.err.contains("Read-only file system"), "{container}: /app can't be written: {}", ran.err);
}
