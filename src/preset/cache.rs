//! Copies of what can be had again, by the hash of their content: they are held against it when they are read, so that nobody
//! has to trust them, and any of them may be deleted at any time.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use super::tree::Tree;
use crate::render::fingerprint;

/// A folder of dockgen's below one of the XDG base directories; none where the environment names none.
///
/// XDG Base Directory Specification: a relative path in such a variable is to be ignored.
pub(crate) fn base_folder(variable: &str, in_home: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?)).filter(|home| home.is_absolute());
    Some(named.or_else(|| Some(home()?.join(in_home)))?.join("dockgen"))
}

fn folder(kind: &str) -> Option<PathBuf> {
    Some(base_folder("XDG_CACHE_HOME", ".cache")?.join(kind))
}

/// Presets of this hash.
pub(super) fn tree(sha256: &str) -> Option<Tree> {
    let file = folder("presets")?.join(sha256);
    let text = std::fs::read_to_string(&file).ok()?;
    let tree = serde_json::from_str(&text).ok().and_then(of_files).filter(|tree| tree.hash() == sha256);
    if tree.is_none() {
        // damaged: the next one to have it writes it anew
        let _ = std::fs::remove_file(file);
    }
    tree
}

fn of_files(files: BTreeMap<String, String>) -> Option<Tree> {
    let mut tree = Tree::default();
    files.into_iter().try_for_each(|(path, text)| tree.add(&path, text.into_bytes())).ok()?;
    Some(tree)
}

/// Keeps presets for other runs.
pub(super) fn keep(sha256: &str, tree: &Tree) {
    let files: BTreeMap<&str, &str> = tree.files().collect();
    if let Ok(text) = serde_json::to_string(&files) {
        store("presets", sha256, &text);
    }
}

/// The text that dockgen once wrote and that has this fingerprint.
pub(crate) fn output(hash: &str) -> Option<String> {
    let text = std::fs::read_to_string(folder("outputs")?.join(hash)).ok()?;
    (fingerprint(&text) == hash).then_some(text)
}

/// Keeps a text that dockgen writes: a later merge needs it where nobody committed it.
pub(crate) fn keep_output(hash: &str, text: &str) {
    store("outputs", hash, text);
}

/// Writes a file in one go, where it is not there. A cache that cannot be written is no error: what it holds can be had again.
fn store(kind: &str, name: &str, text: &str) {
    let Some(folder) = folder(kind) else { return };
    let target = folder.join(name);
    if target.exists() || std::fs::create_dir_all(&folder).is_err() {
        return;
    }
    if let Ok(mut file) = tempfile::NamedTempFile::new_in(&folder)
        && file.write_all(text.as_bytes()).is_ok()
    {
        drop(file.persist(target));
    }
}
