//! Applies a plan: all of it or nothing. The only code that writes.
//!
//! Every new text is first written beside its place; only when all of them are complete are they put there, one after the other.
//! A file that someone changed since it was compared stops the write: what was put there before is undone, and the change stays.
//! A run that dies leaves each file as it was or as it should be, and what lies beside is swept by the next run.

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

/// How often, and after how many milliseconds, a run asks whether another one has ended.
const TRIES: u32 = 100;
const PAUSE: u64 = 100;

/// Held while one run plans and writes: two at once would undo each other.
pub struct Lock {
    #[expect(dead_code, reason = "the lock ends with the handle")]
    handle: Handle,
    folder: PathBuf,
}

/// Waits until no other run writes to the folder, and removes what a killed one left there; the folder itself carries the lock, so
/// nothing is left behind.
///
/// # Errors
/// A folder that cannot be opened, or another run that does not end.
pub fn lock(directory: &Path) -> Result<Lock> {
    let handle =
        Handle::open(directory).map_err(|error| Error::new(format!("cannot open `{}`: {error}", directory.display())))?;
    for _ in 0..TRIES {
        match handle.try_lock() {
            Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(PAUSE)),
            // some network file systems know no locks: then nothing guards against a second run
            Ok(()) | Err(TryLockError::Error(_)) => {
                let folder = fs_err::canonicalize(directory)?;
                leftovers::sweep(&folder);
                return Ok(Lock { handle, folder });
            }
        }
    }
    Err(Error::new("another dockgen process is still writing here after ten seconds").hint("wait until it finishes, or stop it"))
}

/// Files that someone changed between the comparison and the write, which therefore wrote nothing.
#[derive(Debug, Default)]
pub struct Changed {
    /// Their paths, as the plan names them.
    pub paths: Vec<String>,
    /// Where a second edit within the same moment was saved.
    pub saved: Vec<PathBuf>,
}

impl Changed {
    /// Whether everything was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// The same as an error, for commands that leave no conflict to be decided.
    ///
    /// # Errors
    /// A file that changed.
    pub fn none(self) -> Result<()> {
        match self.paths.first() {
            None => Ok(()),
            Some(path) => Err(Error::new(format!("`{path}` changed while dockgen was running"))
                .hint("nothing was written; run the command again")),
        }
    }
}

/// Writes the steps that change something, or says which of their files changed since they were compared.
///
/// # Errors
/// A file that cannot be written; then all are as they were.
pub fn apply(plan: &Plan, lock: &Lock) -> Result<Changed> {
    carry_out(plan.changes().map(Change::of).collect(), lock)
}

/// Removes files that still have this content.
///
/// # Errors
/// A file that cannot be removed; then all are as they were.
pub fn remove(files: &[(PathBuf, Vec<u8>)], lock: &Lock) -> Result<Changed> {
    carry_out(files.iter().map(|(path, content)| Change::removal(path, content)).collect(), lock)
}

/// Writes files into a new folder.
///
/// # Errors
/// A folder that is there, or a file that cannot be written.
pub fn new_folder(folder: &Path, files: &[(&str, &[u8])]) -> Result<()> {
    fs_err::create_dir_all(folder.parent().unwrap_or(folder))?;
    fs_err::create_dir(folder)?;
    for (path, content) in files {
        let target = folder.join(path);
        fs_err::create_dir_all(target.parent().unwrap_or(folder))?;
        fs_err::File::create_new(target)?.write_all(content)?;
    }
    Ok(())
}

/// Makes all changes or none.
fn carry_out(changes: Vec<Change>, lock: &Lock) -> Result<Changed> {
    let _journal = leftovers::Journal::of(&lock.folder, &changes.iter().map(Change::folder).collect());
    // what lies in these folders goes before they do, and the list of them last
    let mut made = NewFolders::default();
    let mut changes = changes;
    for change in &mut changes {
        change.stage(&mut made.0).map_err(|error| failed(change, &error))?;
    }
    let changed = names(&changes, |change| !change.is_as_compared());
    if !changed.is_empty() {
        return Ok(Changed { paths: changed, ..Changed::default() });
    }
    for done in 0..changes.len() {
        let stopped = match changes[done].put() {
            Ok(true) => continue,
            Ok(false) => Ok(vec![changes[done].name.clone()]),
            Err(error) => Err(failed(&changes[done], &error)),
        };
        undo(&mut changes[..done]);
        return stopped.map(|paths| Changed { paths, saved: saved(&changes) });
    }
    // a program that opened a file before it was replaced may have written to the old one since
    let late = names(&changes, |change| !change.is_untouched());
    if !late.is_empty() {
        undo(&mut changes);
        return Ok(Changed { paths: late, saved: saved(&changes) });
    }
    made.0.clear();
    Ok(Changed::default())
}

fn names(changes: &[Change], which: impl Fn(&Change) -> bool) -> Vec<String> {
    changes.iter().filter(|change| which(change)).map(|change| change.name.clone()).collect()
}

fn undo(changes: &mut [Change]) {
    changes.iter_mut().rev().for_each(Change::undo);
}

fn saved(changes: &[Change]) -> Vec<PathBuf> {
    changes.iter().filter_map(|change| change.saved.clone()).collect()
}

/// Folders that were made for files; they are removed again unless something was written.
#[derive(Default)]
struct NewFolders(Vec<PathBuf>);

impl Drop for NewFolders {
    fn drop(&mut self) {
        // one that is not empty stays
        self.0.iter().rev().for_each(|folder| drop(std::fs::remove_dir(folder)));
    }
}

fn failed(change: &Change, error: &std::io::Error) -> Error {
    let path = &change.name;
    Error::new(format!("cannot write `{path}`: {}", reason(error)))
        .hint("free some space, or make the folder writable; nothing was written")
}

/// The system's own words, without the random name of an unfinished file.
fn reason(error: &std::io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.kind().to_string(), |code| std::io::Error::from_raw_os_error(code).to_string())
}

impl Change {
    fn of(step: &Step) -> Self {
        let is_new = matches!(step.state, State::Missing | State::Deleted);
        let before = if is_new { Content::Nothing } else { Content::File(step.before.clone()) };
        Self::new(step.file.path.clone(), step.target.clone(), before, Content::File(step.text().as_bytes().to_vec()))
    }

    fn removal(path: &Path, content: &[u8]) -> Self {
        Self::new(path.display().to_string(), path.to_path_buf(), Content::File(content.to_vec()), Content::Nothing)
    }
}
