//! Applies a plan, all or nothing. The only code that writes to a project.
//!
//! Each new file is first written to a temporary file in the target's folder. Only when all of them are complete are they moved into place,
//! one after the other. If a file has changed since the plan was made, the moves so far are undone and the user's change is kept.
//! If the process is killed, each file has either its old or its new content, and the next run removes the temporary files.

mod change;
mod exchange;
mod leftovers;

use std::fs::{File as Handle, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::plan::{Plan, State, Step};
use change::{Change, Content};

pub(crate) use leftovers::sweep_if_free;

/// How often to try for the lock, and how many milliseconds to wait between tries.
const TRIES: u32 = 100;
const PAUSE: u64 = 100;

/// Keeps other dockgen processes from writing to the project while this one plans and writes.
pub struct WriteLock {
    #[expect(dead_code, reason = "closing the handle releases the lock")]
    handle: Handle,
    folder: PathBuf,
}

/// Waits for other dockgen processes to finish, locks the folder, and removes temporary files of a killed run.
///
/// The lock is on the folder itself, so there is no lock file to clean up.
///
/// # Errors
/// The folder can't be opened, or another process holds the lock for too long.
pub fn lock(directory: &Path) -> Result<WriteLock> {
    let handle = Handle::open(directory).map_err(|error| {
        Error::new(format!("cannot open `{0}`: {error}", directory.display()))
            .hint(format!("check its permissions: ls -ld {0}", directory.display()))
    })?;
    for _ in 0..TRIES {
        match handle.try_lock() {
            Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(PAUSE)),
            // some network file systems don't support locks: go on without one
            Ok(()) | Err(TryLockError::Error(_)) => {
                let folder = fs_err::canonicalize(directory)?;
                leftovers::sweep(&folder);
                return Ok(WriteLock { handle, folder });
            }
        }
    }
    Err(Error::new("another dockgen process is still writing here after ten seconds").hint("wait until it finishes, or stop it"))
}

/// Files that another program changed between the plan and the write. Unless this is empty, nothing was written.
#[derive(Debug, Default)]
pub struct ConcurrentEdits {
    /// Paths as in the plan.
    pub paths: Vec<String>,
    /// Backups of edits that could not be kept in place because the file was edited again at the same moment.
    pub saved: Vec<PathBuf>,
}

impl ConcurrentEdits {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Turns changed files into an error, for commands that don't report conflicts.
    ///
    /// # Errors
    /// At least one file changed.
    pub fn require_none(self) -> Result<()> {
        match self.paths.first() {
            None => Ok(()),
            Some(path) => Err(Error::new(format!("`{path}` changed while dockgen was running"))
                .hint("nothing was written; run the command again")),
        }
    }
}

/// Writes the files that the plan changes, or returns those that changed since the plan was made.
///
/// # Errors
/// A file can't be written. All files are then as they were before.
pub fn apply(plan: &Plan, lock: &WriteLock) -> Result<ConcurrentEdits> {
    apply_all_or_none(plan.changes().map(Change::from_step).collect(), lock)
}

/// Removes files, each with the content that it is expected to have.
///
/// # Errors
/// A file can't be removed. All files are then as they were before.
pub fn remove(files: &[(PathBuf, Vec<u8>)], lock: &WriteLock) -> Result<ConcurrentEdits> {
    apply_all_or_none(files.iter().map(|(path, content)| Change::removal(path, content)).collect(), lock)
}

/// Writes files into a new folder.
///
/// # Errors
/// The folder already exists, or a file can't be written.
pub fn create_folder(folder: &Path, files: &[(&str, &[u8])]) -> Result<()> {
    fs_err::create_dir_all(folder.parent().unwrap_or(folder))?;
    fs_err::create_dir(folder)?;
    for (path, content) in files {
        let target = folder.join(path);
        fs_err::create_dir_all(target.parent().unwrap_or(folder))?;
        fs_err::File::create_new(target)?.write_all(content)?;
    }
    Ok(())
}

fn apply_all_or_none(changes: Vec<Change>, lock: &WriteLock) -> Result<ConcurrentEdits> {
    let _journal = leftovers::Journal::write(&lock.folder, &changes.iter().map(Change::folder).collect());
    // drop order is the reverse: temporary files, then new folders, then the journal
    let mut created = NewFolders::default();
    let mut changes = changes;
    for change in &mut changes {
        change.stage(&mut created.0).map_err(|error| write_error(change, &error))?;
    }
    let changed = names_of(&changes, |change| !change.is_as_planned());
    if !changed.is_empty() {
        return Ok(ConcurrentEdits { paths: changed, ..ConcurrentEdits::default() });
    }
    for done in 0..changes.len() {
        let stopped = match changes[done].commit() {
            Ok(true) => continue,
            Ok(false) => Ok(vec![changes[done].name.clone()]),
            Err(error) => Err(write_error(&changes[done], &error)),
        };
        undo(&mut changes[..done]);
        return stopped.map(|paths| ConcurrentEdits { paths, saved: saved_edits(&changes) });
    }
    // a program that opened a file before it was replaced may have written to the old one meanwhile
    let late = names_of(&changes, |change| !change.is_backup_unchanged());
    if !late.is_empty() {
        undo(&mut changes);
        return Ok(ConcurrentEdits { paths: late, saved: saved_edits(&changes) });
    }
    created.0.clear();
    Ok(ConcurrentEdits::default())
}

fn names_of(changes: &[Change], which: impl Fn(&Change) -> bool) -> Vec<String> {
    changes.iter().filter(|change| which(change)).map(|change| change.name.clone()).collect()
}

fn undo(changes: &mut [Change]) {
    changes.iter_mut().rev().for_each(Change::undo);
}

fn saved_edits(changes: &[Change]) -> Vec<PathBuf> {
    changes.iter().filter_map(|change| change.saved.clone()).collect()
}

/// Folders created for new files. Dropping it removes those that are empty, so clear it after a successful write.
#[derive(Default)]
struct NewFolders(Vec<PathBuf>);

impl Drop for NewFolders {
    fn drop(&mut self) {
        // this fails for folders that aren't empty
        self.0.iter().rev().for_each(|folder| drop(fs_err::remove_dir(folder)));
    }
}

fn write_error(change: &Change, error: &std::io::Error) -> Error {
    let path = &change.name;
    Error::new(format!("cannot write `{path}`: {}", system_message(error)))
        .hint("free some space, or make the folder writable; nothing was written")
}

/// The operating system's message, without the random name of the temporary file.
fn system_message(error: &std::io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.kind().to_string(), |code| std::io::Error::from_raw_os_error(code).to_string())
}

impl Change {
    fn from_step(step: &Step) -> Self {
        let is_new = matches!(step.state, State::Missing | State::Deleted);
        let before = if is_new { Content::Nothing } else { Content::File(step.before.clone()) };
        Self::new(step.file.path.clone(), step.target.clone(), before, Content::File(step.text().as_bytes().to_vec()))
    }

    fn removal(path: &Path, content: &[u8]) -> Self {
        Self::new(path.display().to_string(), path.to_path_buf(), Content::File(content.to_vec()), Content::Nothing)
    }
}
