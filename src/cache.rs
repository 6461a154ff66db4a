//! Caches texts that can be obtained again, by hash. Readers verify the content, so the cache needs no protection, and any file may be
//! deleted at any time.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy as _, base_strategy::Xdg};

use crate::files;
use crate::seal::is_hash;

/// The folder for files that are still being written.
const STAGED: &str = "unfinished";

/// The largest cached text, in bytes. Presets have at most 4 MiB before JSON escaping.
const LARGEST: u64 = 32 << 20;

/// The XDG base directories, also on macOS. `None` without a home directory.
pub(crate) fn base_folders() -> Option<Xdg> {
    Xdg::new().ok().filter(|folders| folders.home_dir().is_absolute())
}

fn folder(kind: &str) -> Option<PathBuf> {
    Some(base_folders()?.cache_dir().join("dockgen").join(kind))
}

/// The file for a hash. `None` if the name isn't a hash, as it could be a path to anywhere.
fn file(kind: &str, name: &str) -> Option<PathBuf> {
    if is_hash(name) { Some(folder(kind)?.join(name)) } else { None }
}

pub(crate) fn read(kind: &str, name: &str) -> Option<String> {
    String::from_utf8(files::read(&file(kind, name)?, LARGEST).ok()?).ok()
}

/// Removes a damaged text, so that a later run caches it again.
pub(crate) fn remove(kind: &str, name: &str) {
    if let Some(file) = file(kind, name) {
        let _ = fs_err::remove_file(file);
    }
}

/// Caches a text atomically, if it isn't cached. Ignores errors, as the text can be obtained again.
pub(crate) fn write(kind: &str, name: &str, text: &str) {
    let (Some(folder), Some(target)) = (folder(kind), file(kind, name)) else { return };
    // a power failure may leave an empty file
    let exists = target.metadata().is_ok_and(|metadata| metadata.len() == text.len() as u64);
    let staged = folder.join(STAGED);
    if exists || fs_err::create_dir_all(&staged).is_err() {
        return;
    }
    sweep(&staged);
    if let Ok(mut file) = tempfile::NamedTempFile::new_in(&staged)
        && file.as_file().try_lock().is_ok()
        && file.write_all(text.as_bytes()).is_ok()
    {
        drop(file.persist(target));
    }
}

/// Removes files that killed runs left behind. A file that another run is writing is locked.
fn sweep(staged: &Path) {
    for entry in fs_err::read_dir(staged).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs_err::remove_file(entry.path());
        }
    }
}
