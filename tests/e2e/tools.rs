//! Installs tools that create projects from templates or run dockgen, from the package indexes into the target folder.
//!
//! The first run needs Python 3.11 or newer, git, and about 90 seconds, most of them to compile cargo-generate.

use std::env::{join_paths, split_paths, var_os};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::docker::must;

/// Version of cargo-generate.
const CARGO_GENERATE: &str = "0.26.0";

/// Prepares a tool with the dockgen of this source tree on PATH and without the user's settings.
pub(crate) fn tool(name: &str) -> Command {
    with_path(name, [vec![dockgen().parent().unwrap().to_path_buf()], path()].concat())
}

/// Prepares a tool without any dockgen on PATH.
pub(crate) fn tool_without_dockgen(name: &str) -> Command {
    with_path(name, path().into_iter().filter(|folder| !folder.join("dockgen").exists()).collect())
}

/// The binary under test.
pub(crate) fn dockgen() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_dockgen"))
}

/// The folders in `PATH`.
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
    // git and cargo-generate need a user name
    command.env("USER", "test").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for person in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{person}_NAME"), "Test").env(format!("GIT_{person}_EMAIL"), "test@example.org");
    }
    command
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools")
}

/// The folder of the tools in `tools/requirements.txt`.
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

/// The folder of cargo-generate. Compiled without git support, which takes longest and which local templates don't need.
fn cargo_generate() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let root = folder().join(format!("cargo-generate-{CARGO_GENERATE}"));
        let bin = root.join("bin");
        if !bin.join("cargo-generate").exists() {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["install", "--quiet", "--locked", "--debug", "--no-default-features", "--version", CARGO_GENERATE]);
            // two of its dependencies declare a newer Rust than they need
            cargo.args(["--ignore-rust-version", "cargo-generate", "--root"]).arg(&root);
            must(cargo.env("CARGO_PROFILE_DEV_DEBUG", "0"));
        }
        bin
    })
}
