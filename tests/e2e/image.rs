//! Inspects the contents and history of images.

use serde_json::Value;

use crate::docker::{docker, inspect};

/// Text that reveals a secret, or a placeholder for one at build time.
const TRACES: [&str; 4] = ["change-me", "build-only", "SECRET_KEY=", "PASSWORD="];

/// Inspects an image; the checks apply to all examples and installers.
pub(crate) fn prove_contents(tag: &str, uid: u64, volumes: &[&str]) {
    let root = inspect_contents(tag, &["--user=0"]);
    assert_eq!(root["prefix"], "/opt/venv", "{tag}: python is the one of the virtual environment");
    assert_eq!(root["tools"], none(), "{tag}: no compiler, download tool or installer on PATH");
    assert_eq!(root["installers"], none(), "{tag}: no pip, setuptools or wheel in the virtual environment");
    assert_eq!(root["development"], none(), "{tag}: no development dependency");
    assert_eq!(root["left-out"], none(), "{tag}: nothing of the repository that does not run");
    assert_eq!(root["secrets"], none(), "{tag}: no file contains a secret");
    prove_bytecode(tag, &root["compiled"]);
    let user = inspect_contents(tag, &[]);
    assert_eq!(user["uid"], uid, "{tag}: the image runs as the spec's user");
    assert_eq!(user["writable"], Value::from(volumes), "{tag}: the user may write to the volumes and to nothing else");
    prove_history(tag);
}

/// Runs contents.py in a container and returns its report.
fn inspect_contents(tag: &str, options: &[&str]) -> Value {
    let script = include_str!("contents.py");
    let arguments = [&["run", "--rm", "--network=none", "--entrypoint=python"], options, &[tag, "-Ic", script]].concat();
    serde_json::from_str(&docker(&arguments)).unwrap()
}

fn prove_bytecode(tag: &str, shares: &Value) {
    for (folder, share) in shares.as_object().unwrap() {
        // some distributions contain templates that aren't valid Python
        let least = if folder == "/app" { 1.0 } else { 0.95 };
        assert!(
            share.as_f64().unwrap() >= least,
            "{tag}: bytecode with unchecked hashes in {folder}: a share of {share} is too low"
        );
    }
}

fn prove_history(tag: &str) {
    let history = docker(&["history", "--no-trunc", "--format", "{{.CreatedBy}} {{.Comment}}", tag]);
    let config = inspect(tag).to_string();
    for trace in TRACES {
        assert!(!history.contains(trace), "{tag}: {trace} is in no instruction of docker history\n{history}");
        assert!(!config.contains(trace), "{tag}: {trace} is nowhere in docker image inspect\n{config}");
    }
    let user = inspect(tag)["Config"]["User"].as_str().unwrap().to_owned();
    assert!(user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "{tag}: USER is numbers, and not root: {user}");
}

fn none() -> Value {
    Value::Array(Vec::new())
}
