//! A project in a temporary folder, in which the tests run the dockgen of this source tree.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_fs::TempDir;

use crate::docker::{has_frontend, must};

/// Untracked files and folders that a working copy may contain.
const UNTRACKED: [&str; 5] = [".env", ".pytest_cache", ".ruff_cache", ".venv", "__pycache__"];

/// Marks generated files, in one of their first lines.
const MARK: &str = "dockgen:sha256:";

/// Removed when dropped.
pub(crate) struct Project {
    /// Deletes the folder when dropped.
    _temporary: TempDir,
    path: PathBuf,
}

impl Project {
    /// Copies a folder of the repository without untracked files.
    pub(crate) fn copy(folder: &str) -> Self {
        let temporary = TempDir::new().unwrap();
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), temporary.path());
        Self { path: temporary.path().to_path_buf(), _temporary: temporary }
    }

    /// Calls `create` with an empty folder, in which it must create a project folder of this name.
    pub(crate) fn create(name: &str, create: impl FnOnce(&Path)) -> Self {
        let temporary = TempDir::new().unwrap();
        create(temporary.path());
        Self { path: temporary.path().join(name), _temporary: temporary }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Writes a file and creates its parent folders.
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

    /// Deletes and regenerates all generated files, and checks that they equal the committed ones, so that later checks apply to those too.
    pub(crate) fn assert_regenerates(&self, name: &str) {
        let committed = generated_files(self.path());
        assert!(committed.len() >= 5, "{name}: generated files are committed: {:?}", committed.keys());
        committed.keys().for_each(|file| fs::remove_file(file).unwrap());
        // with dockgen.lock, dockgen would not write deleted files again
        fs::remove_file(self.path().join("dockgen.lock")).unwrap();
        self.generate(&[]);
        let written = generated_files(self.path());
        assert!(written.keys().eq(committed.keys()), "{name}: dockgen writes the files that are committed: {:?}", written.keys());
        for (file, text) in &written {
            assert!(*text == committed[file], "{name}: {} is not what dockgen writes: run `dockgen generate`", file.display());
        }
    }

    /// Removes the `# syntax=` line from a Dockerfile if its image can't be pulled.
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

/// The text of each generated file, by path.
fn generated_files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(generated_files(&path));
        } else if let Ok(text) = fs::read_to_string(&path)
            && text.lines().take(6).any(|line| line.contains(MARK))
        {
            found.insert(path, text);
        }
    }
    found
}
