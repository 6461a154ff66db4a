//! A project in a temporary folder of its own, with what the dockgen of this source tree generates there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_fs::TempDir;

use crate::docker::{has_frontend, must};

/// What nobody commits: a folder that was worked in may hold it, a fresh checkout does not.
const UNTRACKED: [&str; 5] = [".env", ".pytest_cache", ".ruff_cache", ".venv", "__pycache__"];

/// Stands near the top of every generated file.
const MARK: &str = "dockgen:sha256:";

/// A project that is gone when dropped.
pub(crate) struct Project {
    /// Removed with all that is in it.
    _temporary: TempDir,
    path: PathBuf,
}

impl Project {
    /// Copies a folder, named from the repository's root, and leaves out what is not tracked.
    pub(crate) fn copy(folder: &str) -> Self {
        let temporary = TempDir::new().unwrap();
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), temporary.path());
        Self { path: temporary.path().to_path_buf(), _temporary: temporary }
    }

    /// What a tool makes: it gets an empty folder, where it is to make one of this name.
    pub(crate) fn made(name: &str, make: impl FnOnce(&Path)) -> Self {
        let temporary = TempDir::new().unwrap();
        make(temporary.path());
        Self { path: temporary.path().join(name), _temporary: temporary }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The text of one file.
    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Writes one file, and the folders on the way to it.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs `dockgen generate ARGUMENTS`.
    pub(crate) fn generate(&self, arguments: &[&str]) {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dockgen"));
        must(command.arg("-C").arg(self.path()).arg("generate").args(arguments));
    }

    /// Generates everything anew, and compares it to what is committed: what the next steps prove is what users read.
    pub(crate) fn generate_afresh(&self, name: &str) {
        let committed = generated(self.path());
        assert!(committed.len() >= 5, "{name}: generated files are committed: {:?}", committed.keys());
        committed.keys().for_each(|file| fs::remove_file(file).unwrap());
        // with its lock, dockgen would know that they were deleted, and leave them so
        fs::remove_file(self.path().join("dockgen.lock")).unwrap();
        self.generate(&[]);
        let written = generated(self.path());
        assert!(written.keys().eq(committed.keys()), "{name}: dockgen writes the files that are committed: {:?}", written.keys());
        for (file, text) in &written {
            assert!(*text == committed[file], "{name}: {} is not what dockgen writes: run `dockgen generate`", file.display());
        }
    }

    /// Takes the `# syntax=` line out of a Dockerfile, where its frontend cannot be had.
    pub(crate) fn settle_frontend(&self, dockerfile: &str) {
        let text = self.read(dockerfile);
        let rest = text.strip_prefix("# syntax=docker/dockerfile:1\n");
        let rest = rest.unwrap_or_else(|| panic!("{dockerfile} opens with a syntax line"));
        if !has_frontend() {
            self.write(dockerfile, rest);
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let (source, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if UNTRACKED.iter().any(|untracked| name == **untracked) {
            continue;
        }
        if source.is_dir() {
            copy_folder(&source, &to.join(name));
        } else {
            fs::copy(&source, to.join(name)).unwrap();
        }
    }
}

/// Every file that carries dockgen's mark, with its text.
fn generated(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(generated(&path));
        } else if let Ok(text) = fs::read_to_string(&path)
            && text.lines().take(6).any(|line| line.contains(MARK))
        {
            found.insert(path, text);
        }
    }
    found
}
