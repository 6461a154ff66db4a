//! Builds and starts generated projects with a real Docker engine, sends them HTTP requests and stops them.
//!
//! Not part of plain `cargo test`, which is hermetic: `cargo test --test e2e -- --test-threads=2` needs Docker with Buildx and Compose, and
//! what `tools.rs` lists. `examples.rs` lists the checks specific to each example; `image.rs`, `container.rs` and `stack.rs` have the
//! checks for all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod build;
mod container;
mod context;
mod docker;
mod examples;
mod http;
#[path = "../suite/ignore.rs"]
mod ignore;
mod image;
mod installers;
mod integrations;
mod node;
mod processes;
mod project;
mod roundtrip;
mod services;
mod stack;
mod tools;

use std::fs;

use container::{Container, list_processes, logs, prove_no_privileges, prove_read_only, prove_stop};
use docker::{command, exec, inspect, run};
use examples::{DEVOPS_API, Example, JAAY_BAAN, JEWELRY_SHOP, STRAVA_API, WEATHER_TRACKER};
use http::{get, upload};
use processes::count;
use project::Project;
use stack::Stack;

/// A PNG of one pixel.
const PIXEL: &[u8] = include_bytes!("pixel.png");

#[test]
fn devops_api() {
    let project = prove_image(&DEVOPS_API);
    let stack = prove_stack(&project, &DEVOPS_API);
    let networks = inspect(&stack.web())["NetworkSettings"]["Networks"].clone();
    let names: Vec<_> = networks.as_object().unwrap().keys().collect();
    assert_eq!(names, ["devops-network"], "devops-api: the container is in the network of the spec");
    let log = run(&mut command(&["logs", &stack.web()]));
    let log = log.out + &log.err;
    let is_json = |line: &str| serde_json::from_str::<serde_json::Value>(line).is_ok_and(|entry| entry["event"].is_string());
    assert!(
        log.lines().count() > 3 && log.lines().all(is_json),
        "devops-api: every line of the log is JSON with an event\n{log}"
    );
    stack.prove_stop();
}

#[test]
fn jaay_baan() {
    let project = prove_image(&JAAY_BAAN);
    let superuser = "SUPERUSER_USERNAME=first\nSUPERUSER_EMAIL=first@example.org\nSUPERUSER_PASSWORD=of-this-test-only\n";
    project.write(".env", &(project.read(".env") + superuser));
    let stack = prove_stack(&project, &JAAY_BAAN);
    let again = stack.compose(&["run", "--rm", "--no-deps", "release"]);
    assert!(again.contains("No migrations to apply"), "jaay-baan: the release may run twice: {again}");
    assert!(again.contains("User first exists"), "jaay-baan: the release makes the superuser once: {again}");
    let users = "from authentication.models import User; print(User.objects.filter(is_superuser=True).count())";
    let users = exec(&stack.web(), &["python", "manage.py", "shell", "--no-imports", "-c", users]);
    assert_eq!(users.out.trim(), "1", "jaay-baan: there is one superuser: {}", users.err);
    stack.prove_stop();
}

#[test]
fn jewelry_shop() {
    let project = prove_image(&JEWELRY_SHOP);
    prove_gunicorn_obeys(&project);
    let stack = Stack::up(&project, &JEWELRY_SHOP);
    stack.prove_release();
    stack.prove_serving();
    let photo = upload(stack.port, "/products/1/photo/", "photo", "ring.png", PIXEL);
    assert_eq!(photo.status, 201, "jewelry-shop: an upload is stored in the volume: {photo:?}");
    stack.prove_persistence();
    stack.prove_hardening();
    stack.prove_stop();
}

#[test]
fn strava_api() {
    let project = prove_image(&STRAVA_API);
    let container = start(&project, &STRAVA_API, 9090, &["--env=PORT=9090"]);
    container.wait_healthy();
    assert_eq!(get(container.port, STRAVA_API.health).status, 200, "strava-api: PORT=9090 is obeyed, by the health check too");
    drop(container);
    prove_stack(&project, &STRAVA_API).prove_stop();
}

#[test]
fn weather_tracker() {
    let project = prove_image(&WEATHER_TRACKER);
    for file in ["Dockerfile", "compose.yaml", "k8s.yaml"] {
        let text = project.read(file).to_lowercase();
        for word in [":latest", "--platform", "platform:", "amd64", "x86_64", "arm64", "aarch64"] {
            assert!(!text.contains(word), "weather-tracker: {file} is the same on every architecture, and pins tags: {word}");
        }
    }
    prove_stack(&project, &WEATHER_TRACKER).prove_stop();
}

/// Generates and builds an example, inspects the image, and runs it without Compose.
fn prove_image(example: &Example) -> Project {
    let project = Project::copy(&format!("examples/{}", example.name));
    project.assert_regenerates(example.name);
    project.settle_frontend(example.dockerfile);
    // files of a developer's checkout that must not get into an image
    fs::copy(project.path().join(".env.example"), project.path().join(".env")).unwrap();
    project.write(".git/config", "[remote \"origin\"]\n\turl = https://change-me@example.org/\n");
    build::build_and_prove_cache(&project, example);
    image::prove_contents(&format!("{}:dev", example.name), example.uid, example.volumes);
    prove_container(&project, example);
    project
}

/// Without Compose and without an init process, the image starts, becomes healthy, and stops within Docker's default of 10 seconds.
fn prove_container(project: &Project, example: &Example) {
    let container = start(project, example, example.port, &[]);
    container.wait_healthy();
    assert_eq!(
        count(&list_processes(&container.name), example.server),
        example.processes,
        "{}: as many processes as the spec says",
        example.name
    );
    prove_no_privileges(&container.name, example.server, example.uid);
    prove_read_only(&container.name);
    prove_stop(&container.name);
}

fn start(project: &Project, example: &Example, port: u16, options: &[&str]) -> Container {
    let settings = format!("--env-file={}", project.path().join(".env").display());
    let environment: Vec<String> = example.environment.iter().map(|setting| format!("--env={setting}")).collect();
    let environment: Vec<&str> = environment.iter().map(String::as_str).collect();
    Container::start(&format!("{}:dev", example.name), port, &[&[settings.as_str()], &environment[..], options].concat())
}

/// Checks that apply to every stack. Returns the stack for further checks.
fn prove_stack<'a>(project: &'a Project, example: &'a Example) -> Stack<'a> {
    let stack = Stack::up(project, example);
    if example.has_release {
        stack.prove_release();
    }
    stack.prove_serving();
    if !example.kept.is_empty() {
        stack.prove_persistence();
    }
    stack.prove_hardening();
    stack
}

/// The generated gunicorn.conf.py reads the environment when the container starts.
fn prove_gunicorn_obeys(project: &Project) {
    let options = ["--env=GUNICORN_WORKERS=1", "--env=GUNICORN_THREADS=3", "--env=GUNICORN_TIMEOUT=7"];
    let container = start(project, &JEWELRY_SHOP, JEWELRY_SHOP.port, &options);
    container.wait_healthy();
    let processes = count(&list_processes(&container.name), "gunicorn");
    assert_eq!(processes, 2, "jewelry-shop: GUNICORN_WORKERS=1 is obeyed: one worker and its arbiter{}", logs(&container.name));
    let config = exec(&container.name, &["gunicorn", "--print-config", "config.wsgi:application"]);
    for (name, value) in [("workers", "1"), ("threads", "3"), ("timeout", "7"), ("worker_tmp_dir", "/dev/shm")] {
        let is_set = |line: &str| line.split_once('=').is_some_and(|(key, set)| key.trim() == name && set.trim() == value);
        let text = format!("{}{}", config.out, config.err);
        assert!(text.lines().any(is_set), "jewelry-shop: the environment sets gunicorn's {name} to {value}\n{text}");
    }
}
