//! Atomic renames: exchange two files, or rename without replacing. With slower fallbacks where the system supports neither.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Exchanges two files.
///
/// # Errors
/// One of them is missing, or the folder isn't writable.
pub(super) fn exchange(one: &Path, other: &Path) -> Result<()> {
    match system::exchange(one, other) {
        Err(error) if is_unsupported(&error) => exchange_in_steps(one, other),
        exchanged => exchanged,
    }
}

/// Not atomic: `other` always has complete content, but `one` ends up as a copy of the old `other`.
fn exchange_in_steps(one: &Path, other: &Path) -> Result<()> {
    let folder = one.parent().unwrap_or(Path::new("."));
    let copy = tempfile::Builder::new().prefix(super::leftovers::UNFINISHED).tempfile_in(folder)?.into_temp_path();
    std::fs::copy(other, &copy)?;
    if std::fs::read(&copy)? != std::fs::read(other)? {
        return Err(Error::other("it changed while dockgen replaced it"));
    }
    std::fs::rename(one, other)?;
    Ok(copy.persist(one)?)
}

/// Renames a file, but never replaces an existing one.
///
/// # Errors
/// The new name exists, or the folder isn't writable.
pub(super) fn rename_new(from: &Path, to: &Path) -> Result<()> {
    match system::rename_new(from, to) {
        Err(error) if is_unsupported(&error) => rename_new_in_steps(from, to),
        renamed => renamed,
    }
}

fn rename_new_in_steps(from: &Path, to: &Path) -> Result<()> {
    match std::fs::hard_link(from, to) {
        Ok(()) => std::fs::remove_file(from),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // some file systems don't support hard links either
        Err(_) if to.symlink_metadata().is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => std::fs::rename(from, to),
    }
}

fn is_unsupported(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod system {
    use std::io::Result;
    use std::path::Path;

    use rustix::fs::{CWD, RenameFlags, renameat_with};

    pub(super) fn exchange(one: &Path, other: &Path) -> Result<()> {
        Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
    }

    pub(super) fn rename_new(from: &Path, to: &Path) -> Result<()> {
        Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    use std::io::{ErrorKind, Result};
    use std::path::Path;

    pub(super) fn exchange(_: &Path, _: &Path) -> Result<()> {
        Err(ErrorKind::Unsupported.into())
    }

    pub(super) fn rename_new(_: &Path, _: &Path) -> Result<()> {
        Err(ErrorKind::Unsupported.into())
    }
}
