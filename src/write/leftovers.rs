//! What a killed run left: files that lie beside those that they were to become. The next run of any command removes them.
//!
//! A name of this form is dockgen's own, in the project's folder and in the folders that the killed run has listed there.

use std::collections::BTreeSet;
use std::fs::File as Handle;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use tempfile::TempPath;

/// How the name of an unfinished file begins; six letters or digits follow.
pub(super) const UNFINISHED: &str = ".dockgen-unfinished-";
const RANDOM: usize = 6;

/// The list of the folders below that a run is about to write to, one a line.
const FOLDERS: &str = ".dockgen-unfinished-folders";

/// The longest list that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Names the folders that unfinished files are in, as long as there may be any.
pub(super) struct Journal(#[expect(dead_code, reason = "the list is removed when this ends")] Option<TempPath>);

impl Journal {
    /// Lists those folders that are not the project's own, which is always swept.
    pub(super) fn of(root: &Path, folders: &BTreeSet<&Path>) -> Self {
        let below = folders.iter().filter_map(|folder| folder.strip_prefix(root).ok()?.to_str());
        let list: String = below.filter(|folder| !folder.is_empty()).flat_map(|folder| [folder, "\n"]).collect();
        let path = root.join(FOLDERS);
        // where it cannot be written, the files beside it will say why
        let written = !list.is_empty()
            && Handle::create_new(&path).is_ok_and(|mut file| std::io::Write::write_all(&mut file, list.as_bytes()).is_ok());
        Self(if written { TempPath::try_from_path(path).ok() } else { None })
    }
}

/// Removes what a killed run left, unless another run is at work.
pub(crate) fn sweep_if_free(directory: &Path) {
    let Ok(root) = std::fs::canonicalize(directory) else { return };
    let left = is_file(&root.join(FOLDERS)) || unfinished(&root).next().is_some();
    let handle = if left { Handle::open(&root).ok() } else { None };
    if handle.as_ref().is_some_and(|handle| handle.try_lock().is_ok()) {
        sweep(&root);
    }
}

/// Removes what a killed run left; the lock says that no other run is at work. The folder's path has no links.
pub(super) fn sweep(root: &Path) {
    let list = root.join(FOLDERS);
    if is_file(&list) {
        listed(root, &list).iter().flat_map(|folder| unfinished(folder)).for_each(|path| drop(std::fs::remove_file(path)));
        let _ = std::fs::remove_file(list);
    }
    unfinished(root).for_each(|path| drop(std::fs::remove_file(path)));
}

/// The folders of a list that lie below the project's own, without a link on the way.
fn listed(root: &Path, list: &Path) -> Vec<PathBuf> {
    let mut text = String::new();
    let read = Handle::open(list).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    let is_below = |line: &&str| Path::new(line).components().all(|part| matches!(part, Component::Normal(_)));
    let is_real = |folder: &PathBuf| has_no_links(folder);
    let lines = text.lines().filter(|_| read.is_ok()).filter(is_below);
    lines.map(|line| root.join(line)).filter(is_real).collect()
}

/// The unfinished files of a folder.
fn unfinished(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| is_unfinished(&entry.file_name().to_string_lossy()));
    ours.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())).map(|entry| entry.path())
}

fn is_unfinished(name: &str) -> bool {
    let is_random = |rest: &str| rest.len() == RANDOM && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    name.strip_prefix(UNFINISHED).is_some_and(is_random)
}

/// Whether a path is a folder without a link on the way to it.
pub(super) fn has_no_links(folder: &Path) -> bool {
    folder.ancestors().all(|folder| folder.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()))
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}
