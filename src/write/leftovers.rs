//! Removes temporary files of killed runs; every command does this when it starts.
//!
//! They are recognized by name, in the project's folder and in the subfolders that the killed run listed in its journal.

use std::collections::BTreeSet;
use std::fs::File as Handle;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use tempfile::TempPath;

/// Prefix of temporary files; six random letters or digits follow.
pub(super) const UNFINISHED: &str = ".dockgen-unfinished-";
const RANDOM: usize = 6;

/// The journal: the subfolders that a run is about to write to, one per line.
const JOURNAL: &str = ".dockgen-unfinished-folders";

/// Longest journal that is read, in bytes.
const MAX_JOURNAL: u64 = 64 * 1024;

/// Lists the subfolders with temporary files on disk. Dropping it removes the list.
pub(super) struct Journal(#[expect(dead_code, reason = "dropping the path removes the file")] Option<TempPath>);

impl Journal {
    /// Omits the project's own folder, which every sweep includes.
    pub(super) fn write(root: &Path, folders: &BTreeSet<&Path>) -> Self {
        let below = folders.iter().filter_map(|folder| folder.strip_prefix(root).ok()?.to_str());
        let list: String = below.filter(|folder| !folder.is_empty()).flat_map(|folder| [folder, "\n"]).collect();
        let path = root.join(JOURNAL);
        // ignore errors: if the folder isn't writable, staging the files reports it
        let written = !list.is_empty()
            && Handle::create_new(&path).is_ok_and(|mut file| std::io::Write::write_all(&mut file, list.as_bytes()).is_ok());
        Self(if written { TempPath::try_from_path(path).ok() } else { None })
    }
}

/// Removes temporary files of killed runs, unless another dockgen process is running.
pub(crate) fn sweep_if_free(directory: &Path) {
    let Ok(root) = std::fs::canonicalize(directory) else { return };
    let left = is_file(&root.join(JOURNAL)) || unfinished_files(&root).next().is_some();
    let handle = if left { Handle::open(&root).ok() } else { None };
    if handle.as_ref().is_some_and(|handle| handle.try_lock().is_ok()) {
        sweep(&root);
    }
}

/// Removes temporary files of killed runs. The caller must have locked the folder; `root` is a canonical path.
pub(super) fn sweep(root: &Path) {
    let journal = root.join(JOURNAL);
    if is_file(&journal) {
        journal_folders(root, &journal)
            .iter()
            .flat_map(|folder| unfinished_files(folder))
            .for_each(|path| drop(std::fs::remove_file(path)));
        let _ = std::fs::remove_file(journal);
    }
    unfinished_files(root).for_each(|path| drop(std::fs::remove_file(path)));
}

/// The folders listed in the journal. Ignores paths outside the project or through symbolic links.
fn journal_folders(root: &Path, journal: &Path) -> Vec<PathBuf> {
    let mut text = String::new();
    let read = Handle::open(journal).and_then(|file| file.take(MAX_JOURNAL).read_to_string(&mut text));
    let is_below = |line: &&str| Path::new(line).components().all(|part| matches!(part, Component::Normal(_)));
    let is_real = |folder: &PathBuf| has_no_links(folder);
    let lines = text.lines().filter(|_| read.is_ok()).filter(is_below);
    lines.map(|line| root.join(line)).filter(is_real).collect()
}

fn unfinished_files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| is_unfinished(&entry.file_name().to_string_lossy()));
    ours.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())).map(|entry| entry.path())
}

fn is_unfinished(name: &str) -> bool {
    let is_random = |rest: &str| rest.len() == RANDOM && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    name.strip_prefix(UNFINISHED).is_some_and(is_random)
}

/// Whether the path and all its parents are real folders, not symbolic links.
pub(super) fn has_no_links(folder: &Path) -> bool {
    folder.ancestors().all(|folder| folder.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()))
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}
