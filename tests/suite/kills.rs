//! Killed at any moment, dockgen leaves every file, and the lock, as it was or as it should be; the next run does the rest.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Project, cases};
use crate::sources::{BASE, Presets, Team};

type Tree = Vec<(String, Vec<u8>)>;

/// What people see: no file that a killed run was still writing, and nothing of git's.
fn files(project: &Project) -> Tree {
    let seen = |name: &String| !name.starts_with(".dockgen-unfinished-");
    project.tree().into_iter().filter(|(name, _)| seen(name)).collect()
}

fn reset(project: &Project, to: &Tree) {
    for (name, _) in project.tree() {
        std::fs::remove_file(project.0.path().join(name)).unwrap();
    }
    for (name, bytes) in to {
        std::fs::write(project.0.path().join(name), bytes).unwrap();
    }
}

/// Kills a command that turns the folder from one state into another, at moments all over its life.
fn kill(project: &Project, command: impl Fn() -> Command) {
    let old = files(project);
    let start = Instant::now();
    let exit = command().stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(exit.success(), "{exit}");
    let life = start.elapsed();
    let new = files(project);
    assert_ne!(old, new);
    let (kills, mut killed) = (cases(40), 0);
    for moment in 0..kills {
        reset(project, &old);
        let mut run = command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(life * moment / kills);
        killed += u32::from(run.try_wait().unwrap().is_none());
        run.kill().unwrap();
        run.wait().unwrap();
        for (name, bytes) in files(project) {
            let is = |tree: &Tree| tree.iter().any(|(other, text)| *other == name && *text == bytes);
            assert!(is(&old) || is(&new), "{name} is neither old nor new, killed after {moment} of {kills} parts");
        }
        for (name, _) in &old {
            assert!(project.0.path().join(name).exists(), "{name} is gone, killed after {moment} of {kills} parts");
        }
    }
    assert!(killed > kills / 10, "only {killed} runs were still alive");
    assert!(command().stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    assert_eq!(files(project), new);
}

const CHANGE: [&str; 8] =
    ["generate", "-q", "--set", "python.version=3.13", "--set", "compose.restart=always", "--set", "kubernetes.replicas=3"];

#[test]
fn generate() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    kill(&project, || project.command(&CHANGE));
}

#[test]
fn generate_that_merges() {
    let project = Project::fastapi();
    let cache = assert_fs::TempDir::new().unwrap();
    let command = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.env("XDG_CACHE_HOME", cache.path());
        command
    };
    assert!(command(&["generate", "-q"]).status().unwrap().success());
    project.edit("Dockerfile", "EXPOSE 8000\n", "EXPOSE 8000\n# ours\n");
    project.edit("k8s.yaml", "kind: Namespace\n", "kind: Namespace # ours\n");
    kill(&project, || command(&[&CHANGE[..], &["--merge"]].concat()));
    assert!(project.read("Dockerfile").contains("# ours\n") && project.read("k8s.yaml").contains("# ours\n"));
}

#[test]
fn presets_update() {
    let presets = Presets::new();
    let team = Team::new(&presets.address("//web#main"));
    team.run(&["generate", "--trust"]).ok();
    team.project.edit("Dockerfile", "EXPOSE 8000\n", "EXPOSE 8000\n# ours\n");
    presets.write("base/preset.toml", &BASE.replace("1G", "2G"));
    presets.publish("two");
    // its own git may outlive a killed run for a moment
    kill(&team.project, || team.command(&["presets", "update", "-q", "--merge"]));
    std::thread::sleep(Duration::from_millis(50));
    assert!(team.project.read("compose.yaml").contains("2G"));
}
