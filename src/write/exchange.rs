//! What the system can do in one go: two files change places, and a rename that replaces nothing.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// Makes two files change places.
///
/// # Errors
/// One of them is missing, or the folder cannot be written.
pub(super) fn exchange(one: &Path, other: &Path) -> Result<()> {
    match system::exchange(one, other) {
        Err(error) if is_unsupported(&error) => exchange_in_steps(one, other),
        exchanged => exchanged,
    }
}

/// The same where the system cannot: the second one is always complete, the first one is a copy.
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

/// Renames a file to a name that nothing has.
///
/// # Errors
/// Something of that name, or a folder that cannot be written.
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
        // some disks have no hard links either
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
