//! The tools that make projects from templates, and those that run dockgen: installed from the package indexes at the first run,
//! and kept in the target folder.
//!
//! It takes Python 3.11 or newer, git, and about a minute and a half, most of it to compile cargo-generate.

use std::env::{join_paths, split_paths, var_os};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::docker::must;

/// The version of cargo-generate.
const CARGO_GENERATE: &str = "0.26.0";

/// A tool, not yet started; it finds the dockgen of this source tree, and none of the user's own settings.
pub(crate) fn tool(name: &str) -> Command {
    with_path(name, [vec![dockgen().parent().unwrap().to_path_buf()], path()].concat())
}

/// The same on a machine that has no dockgen.
pub(crate) fn tool_without_dockgen(name: &str) -> Command {
    with_path(name, path().into_iter().filter(|folder| !folder.join("dockgen").exists()).collect())
}

/// The program under test.
pub(crate) fn dockgen() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_dockgen"))
}

/// The folders that programs are found in.
fn path() -> Vec<PathBuf> {
    split_paths(&var_os("PATH").unwrap_or_default()).collect()
}

fn with_path(name: &str, path: Vec<PathBuf>) -> Command {
    let (tools, home) = (if name == "cargo-generate" { cargo_generate() } else { python() }, folder().join("home"));
    fs::create_dir_all(&home).unwrap();
    let mut command = Command::new(name);
    command.env("PATH", join_paths([vec![tools.clone()], path].concat()).unwrap());
    for settings in ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "CARGO_HOME"] {
        command.env(settings, &home);
    }
    // git and cargo-generate ask who works here
    command.env("USER", "somebody").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for person in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{person}_NAME"), "Somebody").env(format!("GIT_{person}_EMAIL"), "somebody@example.org");
    }
    command
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools")
}

/// The folder with the tools of `tools/requirements.txt`.
fn python() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let (venv, wanted) = (folder().join("python"), include_str!("tools/requirements.txt"));
        let installed = venv.join("requirements.txt");
        if fs::read_to_string(&installed).ok().as_deref() != Some(wanted) {
            must(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv));
            let requirements = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/tools/requirements.txt");
            must(Command::new(venv.join("bin/pip")).args(["install", "--quiet", "--requirement", requirements]));
            fs::write(&installed, wanted).unwrap();
        }
        venv.join("bin")
    })
}

/// The folder with cargo-generate: without git, which local templates do not need and which is most of what there is to compile.
fn cargo_generate() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = folder().join(format!("cargo-generate-{CARGO_GENERATE}"));
        let bin = root.join("bin");
        if !bin.join("cargo-generate").exists() {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["install", "--quiet", "--locked", "--debug", "--no-default-features", "--version", CARGO_GENERATE]);
            // two of its dependencies ask for a newer Rust than they need
            cargo.args(["--ignore-rust-version", "cargo-generate", "--root"]).arg(&root);
            must(cargo.env("CARGO_PROFILE_DEV_DEBUG", "0"));
        }
        bin
    })
}
