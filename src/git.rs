//! Runs the user's own `git` in a temporary repository. git never reads the project's configuration, hooks or attributes, so the project
//! can't make it run anything.

use std::fs::{File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use nix::unistd::geteuid;
use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::interrupt;
use crate::process::{Outcome, RunLimits, run};

/// The variables that git sets in hooks to describe their repository: `git rev-parse --local-env-vars`.
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

/// Help for a git that doesn't even create a repository.
const CHECK_GIT: &str = "check that `git init --bare /tmp/test` works";

/// The prefix of temporary repositories.
const PREFIX: &str = "dockgen-git-";

/// The minimum age of an abandoned temporary repository, in seconds: a new one isn't locked yet.
const OLD: u64 = 60;

/// Finds the work tree that contains a folder, without running git. `.git` may be a file, as in submodules and linked work trees.
pub(crate) fn work_tree(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    folder.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok()).map(Path::to_path_buf)
}

/// An empty bare repository in a private temporary folder, removed when dropped.
pub(crate) struct ScratchRepository {
    folder: TempDir,
    _removed: interrupt::FolderGuard,
    /// An advisory lock that tells other runs that the folder is in use.
    _lock: Option<File>,
}

impl ScratchRepository {
    /// `format` is git's object format: `sha1` or `sha256`. `None` for git's default.
    ///
    /// # Errors
    /// git is missing or fails, or the temporary folder can't be created.
    pub(crate) fn new(format: Option<&str>, limits: &RunLimits<'_>) -> Result<Self> {
        sweep(&std::env::temp_dir());
        let private = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix(PREFIX).permissions(private).tempdir()?;
        let removed = interrupt::FolderGuard::new(folder.path().to_path_buf());
        let lock = File::open(folder.path()).ok().filter(|folder| folder.try_lock().is_ok());
        let scratch = Self { folder, _removed: removed, _lock: lock };
        let format = format.map(|format| format!("--object-format={format}"));
        // no template, as it may contain hooks
        let arguments = ["init", "--quiet", "--bare", "--template="].into_iter().chain(format.as_deref()).chain(["."]);
        let mut command = scratch.command();
        match run(command.args(arguments), limits).map_err(|error| no_git(&error))? {
            Outcome::Exited(output) if output.status.success() => Ok(scratch),
            Outcome::Exited(output) => {
                Err(Error::new(format!("`git init` failed: {}", String::from_utf8_lossy(&output.stderr).trim())).hint(CHECK_GIT))
            }
            Outcome::TimedOut | Outcome::TooMuchOutput => Err(Error::new("`git init` timed out").hint(CHECK_GIT)),
        }
    }

    /// A git command in this repository, without the variables of a hook that may be running dockgen.
    ///
    /// Its working directory is the repository, so that relative entries of `PATH` don't lead into the project.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("git");
        for name in LOCAL_VARIABLES {
            command.env_remove(name);
        }
        // in a partial clone, fetching missing objects could run a command from the clone's configuration
        command.current_dir(self.path()).env("GIT_DIR", self.path()).env("GIT_NO_LAZY_FETCH", "1").stdin(Stdio::null());
        command
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The error if git can't be started.
pub(crate) fn no_git(error: &std::io::Error) -> Error {
    Error::new(format!("cannot run git: {error}")).hint("install git: dockgen needs it for presets that start with git+")
}

/// Removes temporary repositories that killed runs left behind.
fn sweep(folder: &Path) {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(is_leftover).for_each(|entry| drop(fs_err::remove_dir_all(entry.path())));
}

/// Whether an entry is a temporary repository of the user, old enough, and not locked.
fn is_leftover(entry: &fs_err::DirEntry) -> bool {
    let is_old = |time: SystemTime| time.elapsed().is_ok_and(|age| age > Duration::from_secs(OLD));
    entry.file_name().to_string_lossy().starts_with(PREFIX)
        && entry.metadata().is_ok_and(|metadata| {
            metadata.is_dir() && metadata.uid() == geteuid().as_raw() && metadata.modified().is_ok_and(is_old)
        })
        && File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok())
}
