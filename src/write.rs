//! Applies a plan: all of it or nothing. The only code that writes.
//!
//! Every new text is first written beside its place; only when all of them are complete are they renamed, one after the other.
//! A run that dies leaves each file as it was or as it should be, and what lies beside is swept by the next run.

use std::collections::BTreeSet;
use std::fs::{File as Handle, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::error::{Error, Result};
use crate::plan::{Plan, State, Step};

/// How the name of an unfinished file begins.
const UNFINISHED: &str = ".dockgen-unfinished-";

/// How often, and after how many milliseconds, a run asks whether another one has ended.
const TRIES: u32 = 100;
const PAUSE: u64 = 100;

/// Held while one run plans and writes: two at once would undo each other.
pub struct Lock(#[expect(dead_code, reason = "the lock ends with the handle")] Handle);

/// Waits until no other run writes to the folder; the folder itself carries the lock, so nothing is left behind.
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
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(Lock(handle)),
        }
    }
    Err(Error::new("another dockgen has been writing here for ten seconds").hint("wait for it, or end it"))
}

/// Writes the steps that change something.
///
/// # Errors
/// A file that cannot be written; then all are as they were.
pub fn apply(plan: &Plan, _lock: &Lock) -> Result<()> {
    let steps: Vec<&Step> = plan.changes().collect();
    steps.iter().map(|step| folder(step)).collect::<BTreeSet<_>>().into_iter().for_each(sweep);
    let stage = |step: &&Step| stage(step, step.text().as_bytes()).map_err(|error| failed(step, &error));
    let staged: Vec<NamedTempFile> = steps.iter().map(stage).collect::<Result<_>>()?;
    for (done, file) in staged.into_iter().enumerate() {
        if let Err(error) = file.persist(&steps[done].target) {
            steps[..done].iter().for_each(|step| restore(step));
            return Err(failed(steps[done], &error.error));
        }
    }
    Ok(())
}

/// Removes files.
///
/// # Errors
/// A file that cannot be removed.
pub fn remove(files: &[PathBuf]) -> Result<()> {
    Ok(files.iter().try_for_each(fs_err::remove_file)?)
}

/// Writes files into a folder, which need not be there yet.
///
/// # Errors
/// A file that cannot be written.
pub fn new_folder(folder: &Path, files: &[(&str, &[u8])]) -> Result<()> {
    for (path, content) in files {
        let target = folder.join(path);
        fs_err::create_dir_all(target.parent().unwrap_or(folder))?;
        fs_err::write(target, content)?;
    }
    Ok(())
}

fn folder(step: &Step) -> &Path {
    step.target.parent().unwrap_or(Path::new("."))
}

fn failed(step: &Step, error: &std::io::Error) -> Error {
    let path = &step.file.path;
    Error::new(format!("cannot write `{path}`: {}", reason(error))).hint("nothing was written; make room, or the folder writable")
}

/// The system's own words, without the random name of an unfinished file.
fn reason(error: &std::io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.kind().to_string(), |code| std::io::Error::from_raw_os_error(code).to_string())
}

/// Whether there is no file yet.
fn is_new(step: &Step) -> bool {
    matches!(step.state, State::Missing | State::Deleted)
}

/// Writes a text beside its place.
fn stage(step: &Step, text: &[u8]) -> std::io::Result<NamedTempFile> {
    let folder = folder(step);
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    // a new file may be read by everybody, as far as the umask allows
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    // nearly always the folder is there: it is looked at only where it seems not to be
    let mut file = match builder.tempfile_in(folder) {
        Err(_) if !folder.is_dir() => std::fs::create_dir_all(folder).and_then(|()| builder.tempfile_in(folder))?,
        made => made?,
    };
    file.write_all(text)?;
    file.flush()?;
    // the mode of a file that is there is kept to the letter, whatever the umask says
    if !is_new(step)
        && let Ok(metadata) = std::fs::metadata(&step.target)
    {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    Ok(file)
}

/// Undoes a step that was already renamed. The error that led here is told; a second one would hide it.
fn restore(step: &Step) {
    if is_new(step) {
        let _ = std::fs::remove_file(&step.target);
    } else if let Ok(file) = stage(step, &step.before) {
        let _ = file.persist(&step.target);
    }
}

/// Removes what a killed run left; the lock says that no other run is at work.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
