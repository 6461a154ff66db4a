//! Copies of what can be had again, by the hash of their content: they are held against it when they are read, so that nobody
//! has to trust them, and any of them may be deleted at any time.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy as _, base_strategy::Xdg};

use crate::files;
use crate::seal::is_hash;

/// Where the files of a kind are written before they get their names.
const STAGED: &str = "unfinished";

/// The largest text that is kept, in bytes: presets are at most 4 MiB, before JSON escapes them.
const LARGEST: u64 = 32 << 20;

/// dockgen's folders below the XDG base directories, on macOS too; none without a home directory.
pub(crate) fn base_folders() -> Option<Xdg> {
    Xdg::new().ok().filter(|folders| folders.home_dir().is_absolute())
}

fn folder(kind: &str) -> Option<PathBuf> {
    Some(base_folders()?.cache_dir().join("dockgen").join(kind))
}

/// The file of a hash; none for a name that is no hash, and so may be a path to anywhere.
fn file(kind: &str, name: &str) -> Option<PathBuf> {
    if is_hash(name) { Some(folder(kind)?.join(name)) } else { None }
}

/// What is kept under a name.
pub(crate) fn read(kind: &str, name: &str) -> Option<String> {
    String::from_utf8(files::read(&file(kind, name)?, LARGEST).ok()?).ok()
}

/// Takes out what is damaged: the next one to have it keeps it anew.
pub(crate) fn remove(kind: &str, name: &str) {
    if let Some(file) = file(kind, name) {
        let _ = std::fs::remove_file(file);
    }
}

/// Keeps a text under a name, written in one go where it is not there. A cache that cannot be written is no error: what it holds can be had again.
pub(crate) fn keep(kind: &str, name: &str, text: &str) {
    let (Some(folder), Some(target)) = (folder(kind), file(kind, name)) else { return };
    // a power cut may have left it empty
    let there = target.metadata().is_ok_and(|metadata| metadata.len() == text.len() as u64);
    let staged = folder.join(STAGED);
    if there || std::fs::create_dir_all(&staged).is_err() {
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

/// Removes what killed runs left: a file that is still written to is locked.
fn sweep(staged: &Path) {
    for entry in std::fs::read_dir(staged).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
