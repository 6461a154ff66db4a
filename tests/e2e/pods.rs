//! Runs the committed `k8s.yaml` of each example as real pods.
//!
//! The environment variable `DOCKGEN_KUBE` names a script that runs manifests without a cluster:
//!
//! | call | what it does |
//! |---|---|
//! | `up MANIFEST...` | starts the manifests, with the images of the Docker engine |
//! | `ps` | prints one line per container: pod, container and status, separated by tabs |
//! | `ask POD PORT PATH` | sends a GET request with `Host: localhost` and prints the status code |
//! | `exec CONTAINER COMMAND...`, `logs CONTAINER` | same as in `docker` |
//! | `down MANIFEST...` | stops and removes |
//!
//! The tests create what a cluster would provide: the Secret and the backing services.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

#[allow(dead_code, reason = "the other end-to-end tests use the rest")]
mod build;
#[allow(dead_code, reason = "the other end-to-end tests use the rest")]
mod docker;
#[allow(dead_code, reason = "the other end-to-end tests use the rest")]
mod examples;
mod kube;
mod manifests;
mod processes;
#[allow(dead_code, reason = "the other end-to-end tests use the rest")]
mod project;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use docker::{command, note, run, wait_for};
use examples::{DEVOPS_API, Example, JAAY_BAAN, JEWELRY_SHOP, STRAVA_API, WEATHER_TRACKER};
use kube::Pods;
use manifests::Backing;
use project::Project;

/// Runs one test at a time: pods find each other by name, and two examples have a database named `db`.
static SERIAL: Mutex<()> = Mutex::new(());

/// Timeout for an application to answer, and for its release to complete.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn devops_api() {
    prove(&DEVOPS_API, &Backing::default());
}

#[test]
fn jaay_baan() {
    let backing =
        Backing { database: Some(("jaaybaan", "jaaybaan")), secrets: &[("DB_PASSWORD", manifests::PASSWORD)], redis: false };
    prove(&JAAY_BAAN, &backing);
}

#[test]
fn jewelry_shop() {
    let url = format!("postgresql://app:{}@db:5432/jewelry_shop", manifests::PASSWORD);
    let backing = Backing { database: Some(("app", "jewelry_shop")), secrets: &[("DATABASE_URL", &url)], redis: true };
    prove(&JEWELRY_SHOP, &backing);
}

#[test]
fn strava_api() {
    prove(&STRAVA_API, &Backing::default());
}

#[test]
fn weather_tracker() {
    prove(&WEATHER_TRACKER, &Backing { redis: true, ..Backing::default() });
}

/// Starts the backing services, then the example. It must start and answer each of its probes.
fn prove(example: &Example, backing: &Backing) {
    let _serial = SERIAL.lock().unwrap_or_else(PoisonError::into_inner);
    build_if_missing(example);
    let manifest = manifests::read_committed(example.name);
    let mut pods = Pods::new();
    pods.start(&manifests::prerequisites(&manifest, backing));
    backing.wait(&pods);
    pods.start(&manifest);
    prove_release(&pods, example, &manifest);
    prove_probes(&pods, example, &manifest);
    prove_confined(&pods, example);
}

fn build_if_missing(example: &Example) {
    let tag = format!("{}:dev", example.name);
    if !run(&mut command(&["image", "inspect", &tag])).success {
        let project = Project::copy(&format!("examples/{}", example.name));
        project.settle_frontend(example.dockerfile);
        build::build(project.path(), example.dockerfile, &tag);
    }
}

/// The release Job, if there is one, completes successfully.
fn prove_release(pods: &Pods, example: &Example, manifest: &str) {
    let jobs = manifests::documents_of_kind(manifest, "Job").len();
    assert_eq!(jobs, usize::from(example.has_release), "{}: a Job for the release, if there is one", example.name);
    if example.has_release {
        let container = pods.container(example.name, "release").1;
        wait_for(&format!("{container} completes"), PATIENCE, || {
            let status = pods.status(&container);
            let failed = status.starts_with("Exited") && !status.starts_with("Exited (0)");
            assert!(!failed, "{container} succeeds: {status}\n{}", pods.logs(&container));
            status.starts_with("Exited (0)").then_some(())
        });
    }
}

/// Sends the requests of the startup, liveness and readiness probes, as the kubelet does.
fn prove_probes(pods: &Pods, example: &Example, manifest: &str) {
    let (pod, container) = pods.container(example.name, "web");
    for (probe, path) in manifests::probes(manifest) {
        wait_for(&format!("{pod}: the {probe} of k8s.yaml, {path}, answers 200"), PATIENCE, || {
            let status = pods.status(&container);
            assert!(status.starts_with("Up"), "{container} stays up: {status}\n{}", pods.logs(&container));
            pods.returns_ok(&pod, example.port, &path).then_some(())
        });
    }
    note(&format!("{pod}: every probe answers 200"));
}

/// Checks that the security context of k8s.yaml takes effect.
fn prove_confined(pods: &Pods, example: &Example) {
    let container = pods.container(example.name, "web").1;
    let listed = pods.exec(&container, &processes::COMMAND);
    assert!(listed.success, "{container}: {}", listed.err);
    processes::prove_no_privileges(&container, &listed.out, example.server, example.uid);
    for folder in ["/", "/app", "/opt/venv"] {
        let ran = pods.exec(&container, &["touch", &format!("{folder}/written")]);
        assert!(
            !ran.success && ran.err.contains("Read-only file system"),
            "{container}: {folder} cannot be written: {}",
            ran.err
        );
    }
    for folder in [&["/tmp"], example.volumes].concat() {
        let ran = pods.exec(&container, &["touch", &format!("{folder}/written")]);
        assert!(ran.success, "{container}: {folder} can be written: {}", ran.err);
    }
}
