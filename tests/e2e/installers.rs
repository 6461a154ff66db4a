//! Builds a small application with each installer that no example uses; the real tools wrote its lockfile.

use crate::build::build;
use crate::container::{Container, prove_no_privileges, prove_read_only, prove_stop};
use crate::docker::{command, run};
use crate::http::{get, post};
use crate::image::prove_contents;
use crate::project::Project;

/// The default user ID.
const UID: u64 = 10001;

/// A tag of an image; the image is removed when this is dropped.
pub(crate) struct Image(pub(crate) String);

impl Drop for Image {
    fn drop(&mut self) {
        run(&mut command(&["image", "rm", "--force", &self.0]));
    }
}

#[test]
fn poetry() {
    prove("poetry", "flask-gunicorn", "app:app", "gunicorn");
}

#[test]
fn pdm() {
    prove("pdm", "fastapi-uvicorn", "app.main:app", "uvicorn");
}

#[test]
fn pipenv() {
    prove("pipenv", "flask-gunicorn", "app:app", "gunicorn");
}

#[test]
fn pip_from_a_manifest() {
    let image = prove("manifest", "flask-gunicorn", "app:app", "gunicorn");
    // the application writes its SQLite database to a volume
    let container = Container::start(&image.0, 8000, &["--volume", "/data"]);
    container.wait_healthy();
    for count in ["1", "2"] {
        let answer = post(container.port, "/readers", "{}");
        assert_eq!((answer.status, answer.body.as_str()), (200, count));
    }
    run(&mut command(&["restart", &container.name]));
    container.wait_healthy();
    assert_eq!(post(container.port, "/readers", "{}").body, "3", "what was written before is still there");
}

/// Generates, builds and runs a fixture, with its spec or, if it has none, with flags only.
fn prove(installer: &str, framework: &str, entry: &str, server: &str) -> Image {
    let project = Project::copy(&format!("tests/fixtures/{installer}-app"));
    let flags =
        ["--preset", framework, "--preset", installer, "--set", &format!("app.entry={entry}"), "--set", "health.path=/health"];
    let has_spec = project.path().join("dockgen.toml").exists();
    project.generate(if has_spec { &[] } else { &flags });
    project.settle_frontend("Dockerfile");
    let image = Image(format!("dockgen-e2e-{installer}:{}", std::process::id()));
    build(project.path(), "Dockerfile", &image.0);
    prove_contents(&image.0, UID, &[]);
    prove_running(&image.0, installer, server);
    image
}

fn prove_running(image: &str, installer: &str, server: &str) {
    let container = Container::start(image, 8000, &[]);
    container.wait_healthy();
    assert_eq!(get(container.port, "/health").status, 200, "{installer}: the health path answers from this machine");
    let answer = get(container.port, "/");
    assert!(answer.status == 200 && answer.body.contains(installer), "{installer}: the application answers: {answer:?}");
    prove_no_privileges(&container.name, server, UID);
    prove_read_only(&container.name);
    prove_stop(&container.name);
}
