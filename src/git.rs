//! The user's own `git`, as far as more than one place runs it. It always works in a repository of dockgen's own: no configuration, hook
//! or attribute of the project is read, so nothing that the project says can run.

use std::fs::{DirEntry, File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use nix::unistd::geteuid;
use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::interrupt;
use crate::process::{RunEnd, RunLimits, run};

/// What git keeps in the environment about the repository that a hook runs in (`git rev-parse --local-env-vars`).
const LOCAL_VARIABLES: [&str; 17] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// How the name of a temporary repository begins.
const PREFIX: &str = "dockgen-git-";

/// Temporary repositories that no run uses are this old, in seconds: a new one is not locked in its first moment.
const OLD: u64 = 60;

/// The work tree that a folder lies in, found without running git: a submodule or a linked work tree has a file `.git`.
pub(crate) fn work_tree(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    folder.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok()).map(Path::to_path_buf)
}

/// An empty bare repository in a private folder, which lives as long as this.
pub(crate) struct Scratch {
    folder: TempDir,
    _removed: interrupt::TemporaryFolder,
    /// Locked: another run sees that the folder is in use.
    _lock: Option<File>,
}

impl Scratch {
    /// Makes a repository whose objects have names of this format.
    ///
    /// # Errors
    /// No git, or no place for temporary files.
    pub(crate) fn new(format: Option<&str>, limits: &RunLimits<'_>) -> Result<Self> {
        sweep(&std::env::temp_dir());
        let private = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir()?;
        let removed = interrupt::TemporaryFolder::new(folder.path().to_path_buf());
        let lock = File::open(folder.path()).ok().filter(|folder| folder.try_lock().is_ok());
        let scratch = Self { folder, _removed: removed, _lock: lock };
        let format = format.map(|format| format!("--object-format={format}"));
        // no template: it could bring hooks
        let arguments = ["init", "--quiet", "--bare", "--template="].into_iter().chain(format.as_deref()).chain(["."]);
        let mut command = scratch.command();
        match run(command.args(arguments), limits).map_err(|error| no_git(&error))? {
            RunEnd::Itself(output) if output.status.success() => Ok(scratch),
            RunEnd::Itself(output) => {
                Err(Error::new(format!("git init failed: {}", String::from_utf8_lossy(&output.stderr).trim())))
            }
            RunEnd::Late | RunEnd::Endless => Err(Error::new("`git init` timed out").hint("check that `git init` works here")),
        }
    }

    /// git in this repository, without what a hook that runs dockgen has told about its own.
    ///
    /// It runs in the repository's folder: a relative entry of `PATH` does not lead into the project.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("git");
        for name in LOCAL_VARIABLES {
            command.env_remove(name);
        }
        // what is missing in a partial clone is not fetched by a command that the clone names
        command.current_dir(self.path()).env("GIT_DIR", self.path()).env("GIT_NO_LAZY_FETCH", "1").stdin(Stdio::null());
        command
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The error where there is no git.
pub(crate) fn no_git(error: &std::io::Error) -> Error {
    Error::new(format!("cannot run git: {error}")).hint("install git: dockgen needs it for presets that start with git+")
}

/// Removes repositories that killed runs left.
fn sweep(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(is_left).for_each(|entry| drop(std::fs::remove_dir_all(entry.path())));
}

/// Whether a folder is one of ours, old, and used by no run.
fn is_left(entry: &DirEntry) -> bool {
    let is_old = |time: SystemTime| time.elapsed().is_ok_and(|age| age > Duration::from_secs(OLD));
    entry.file_name().to_string_lossy().starts_with(PREFIX)
        && entry.metadata().is_ok_and(|metadata| {
            metadata.is_dir() && metadata.uid() == geteuid().as_raw() && metadata.modified().is_ok_and(is_old)
        })
        && File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok())
}
