//! The GitHub Action, step by step as a runner runs it: `bash -eo pipefail`, with the inputs in the environment.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use assert_fs::TempDir;
use serde_json::Value;

use crate::common::{Project, Ran};

const ACTION: &str = include_str!("../../.github/actions/check/action.yml");

fn steps() -> Vec<Value> {
    let action: Value = serde_saphyr::from_str(ACTION).unwrap();
    action["runs"]["steps"].as_array().unwrap().clone()
}

/// A runner's temporary folder.
struct Runner(TempDir);

impl Runner {
    /// With dockgen where the action installs it.
    fn new() -> Self {
        let runner = Self(TempDir::new().unwrap());
        std::fs::create_dir_all(runner.0.path().join("dockgen/bin")).unwrap();
        symlink(env!("CARGO_BIN_EXE_dockgen"), runner.0.path().join("dockgen/bin/dockgen")).unwrap();
        runner
    }

    /// Runs a step in a folder; what the environment lacks is empty, as inputs are.
    fn run(&self, step: usize, folder: &Path, environment: &[(&str, &str)]) -> Ran {
        let step = &steps()[step];
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()]).current_dir(folder);
        bash.envs(step["env"].as_object().unwrap().keys().map(|name| (name, "")));
        bash.env("RUNNER_TEMP", self.0.path()).envs(environment.iter().copied());
        Ran::from(bash.output().unwrap())
    }

    fn check(&self, project: &Project, directory: &str, arguments: &str) -> Ran {
        self.run(1, project.0.path(), &[("DIRECTORY", directory), ("ARGUMENTS", arguments)])
    }

    /// What the action would have cargo do.
    fn installs(&self, environment: &[(&str, &str)]) -> Ran {
        let cargo = self.0.path().join("cargo");
        std::fs::write(&cargo, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n").unwrap();
        std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", self.0.path().display(), std::env::var("PATH").unwrap());
        self.run(
            0,
            self.0.path(),
            &[&[("PATH", path.as_str()), ("ACTION", "/actions/dockgen/.github/actions/check")], environment].concat(),
        )
    }
}

#[test]
fn the_check_passes_clean_files_and_fails_edited_ones() {
    let (runner, project) = (Runner::new(), Project::fastapi());
    project.run(&["generate"]).ok();
    runner.check(&project, ".", "").ok();
    let with = runner.check(&project, ".", "--only=dockerfile\n\n--set=server.workers=3\n");
    assert!(with.code == 1 && with.stderr.contains("outdated Dockerfile"), "{}", with.stderr);
    std::fs::write(project.0.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    assert_eq!(runner.check(&project, ".", "").code, 3);
}

#[test]
fn inputs_are_never_commands() {
    assert!(steps().iter().all(|step| !step["run"].as_str().unwrap().contains("${{")), "no input is written into a script");
    let (runner, project) = (Runner::new(), Project::fastapi());
    project.run(&["generate"]).ok();
    for odd in ["$(touch pwned)", "`touch pwned`", "; touch pwned", "\"; touch pwned; \"", "'; touch pwned; '"] {
        runner.check(&project, odd, "");
        runner.check(&project, ".", odd);
        runner.check(&project, ".", &format!("--set=project.description={odd}"));
        runner.installs(&[("VERSION", odd), ("SERVER", odd), ("REPOSITORY", odd)]);
        runner.installs(&[("SOURCE", odd)]);
    }
    let is_there = [project.0.path(), runner.0.path()].map(|folder| folder.join("pwned").exists());
    assert_eq!(is_there, [false, false]);
}

#[test]
fn it_installs_the_version_of_the_action_unless_an_input_says_otherwise() {
    let runner = Runner::new();
    let root = format!("install\n--locked\n--root\n{}/dockgen\n", runner.0.path().display());
    let own = runner.installs(&[]).ok();
    assert_eq!(own.stdout, format!("{root}--path\n/actions/dockgen/.github/actions/check/../../..\n"));
    let path = runner.installs(&[("SOURCE", "tools/dockgen")]).ok();
    assert_eq!(path.stdout, format!("{root}--path\ntools/dockgen\n"));
    let server = [("VERSION", "v0.1.0"), ("SERVER", "https://git.example.org"), ("REPOSITORY", "team/dockgen")];
    let tag = runner.installs(&server).ok();
    assert_eq!(tag.stdout, format!("{root}--git\nhttps://git.example.org/team/dockgen\n--tag\nv0.1.0\n"));
    let nowhere = runner.installs(&[("VERSION", "v0.1.0")]);
    assert!(nowhere.code == 2 && nowhere.stdout.contains("::error::"), "{}", nowhere.stdout);
}
