//! The files of a source of presets, limited in number and size, and their cache.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cache;
use crate::error::{Error, Result};
use crate::files;
use crate::seal::hash_of_parts;

/// The most files of a source.
const MOST_FILES: usize = 1000;

/// The largest file, in bytes.
pub(super) const LARGEST_FILE: u64 = 1024 * 1024;

/// The largest sum of all files of a source, in bytes.
const LARGEST_TREE: u64 = 4 * 1024 * 1024;

/// The cache of trees, by hash.
const CACHE: &str = "presets";

/// The cache of tree hashes, by the hash of a repository and a commit.
const REVISIONS: &str = "revisions";

/// The folder of templates next to a `preset.toml`.
pub(super) const TEMPLATES: &str = "templates";

/// Presets and templates by path. Other files of a folder or repository are never read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
    bytes: u64,
}

/// Whether a path has the extension of a preset or a template.
pub(super) fn is_preset_file(path: &str) -> bool {
    ends_in(path, "toml") || ends_in(path, "j2")
}

fn ends_in(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

impl Tree {
    /// # Errors
    /// The tree exceeds its limits, or the file isn't UTF-8.
    pub(super) fn add(&mut self, path: &str, bytes: Vec<u8>) -> Result<()> {
        self.check_room(path, bytes.len() as u64)?;
        self.bytes += bytes.len() as u64;
        self.files.insert(path.to_owned(), files::utf8(path, bytes)?);
        Ok(())
    }

    /// Adds an empty file that counts as `bytes` long, to check the limits before any content is read.
    ///
    /// # Errors
    /// The tree exceeds its limits.
    pub(super) fn reserve(&mut self, path: &str, bytes: u64) -> Result<()> {
        self.check_room(path, bytes)?;
        self.bytes += bytes;
        self.files.insert(path.to_owned(), String::new());
        Ok(())
    }

    /// # Errors
    /// A file of this size would exceed the limits.
    pub(super) fn check_room(&self, path: &str, bytes: u64) -> Result<()> {
        let too_large = if bytes > LARGEST_FILE {
            format!("`{path}` has {bytes} bytes; a preset or template can have at most {LARGEST_FILE}")
        } else if self.bytes + bytes > LARGEST_TREE || self.files.len() == MOST_FILES {
            format!("there are more than {MOST_FILES} presets and templates, or more than {LARGEST_TREE} bytes of them")
        } else {
            return Ok(());
        };
        Err(Error::new(too_large).hint("move the presets to a repository of their own"))
    }

    /// `None` if the files exceed the limits.
    fn from_files(files: BTreeMap<String, String>) -> Option<Self> {
        let mut tree = Self::default();
        files.into_iter().try_for_each(|(path, text)| tree.add(&path, text.into_bytes())).ok()?;
        Some(tree)
    }

    /// Reads a tree that an earlier run cached. A damaged copy is removed.
    pub(super) fn from_cache(sha256: &str) -> Option<Self> {
        let text = cache::read(CACHE, sha256)?;
        let tree = serde_json::from_str(&text).ok().and_then(Self::from_files).filter(|tree| tree.hash() == sha256);
        if tree.is_none() {
            cache::remove(CACHE, sha256);
        }
        tree
    }

    /// Caches the tree for other runs.
    pub(super) fn cache(&self, sha256: &str) {
        if let Ok(text) = serde_json::to_string(&self.files) {
            cache::write(CACHE, sha256, &text);
        }
    }

    /// Records which tree a commit of a repository has.
    pub(super) fn cache_revision(repository: &str, revision: &str, sha256: &str) {
        cache::write(REVISIONS, &hash_of_parts([repository, revision]), sha256);
    }

    /// Whether an earlier run recorded that a commit of a repository has this tree.
    pub(super) fn has_revision(repository: &str, revision: &str, sha256: &str) -> bool {
        cache::read(REVISIONS, &hash_of_parts([repository, revision])).is_some_and(|kept| kept == sha256)
    }

    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// All paths and texts, sorted by path.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The templates of the preset in a folder, by their path below `templates`.
    pub(super) fn templates(&self, folder: &str) -> BTreeMap<String, String> {
        let folder = if folder.is_empty() { format!("{TEMPLATES}/") } else { format!("{folder}/{TEMPLATES}/") };
        let below = self.files.iter().filter_map(|(path, text)| Some((path.strip_prefix(&folder)?.to_owned(), text.clone())));
        below.filter(|(path, _)| ends_in(path, "j2")).collect()
    }

    /// SHA-256 of all paths and texts, each prefixed with its length.
    pub(crate) fn hash(&self) -> String {
        hash_of_parts(self.files.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]))
    }

    /// Reads a single file, or all presets and templates of a folder.
    ///
    /// # Errors
    /// A file can't be read, isn't UTF-8, is too large, or is a symbolic link.
    pub(super) fn on_disk(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        if root.is_file() {
            tree.add_file(root, &root.file_name().unwrap_or_default().to_string_lossy())?;
        } else {
            tree.add_folder(root, "")?;
        }
        Ok(tree)
    }

    /// Reads only the templates of the preset in a folder, by their path below `templates`.
    pub(super) fn templates_on_disk(folder: &Path) -> Result<BTreeMap<String, String>> {
        let mut tree = Self::default();
        let templates = folder.join(TEMPLATES);
        if templates.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(symlink_error(&templates));
        }
        if templates.is_dir() {
            tree.add_folder(&templates, TEMPLATES)?;
        }
        Ok(tree.templates(""))
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        for entry in fs_err::read_dir(folder)? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() && name != ".git" {
                self.add_folder(&entry.path(), &path)?;
            } else if is_preset_file(&path) && kind.is_symlink() {
                return Err(symlink_error(&entry.path()));
            } else if is_preset_file(&path) && kind.is_file() {
                self.add_file(&entry.path(), &path)?;
            }
        }
        Ok(())
    }

    fn add_file(&mut self, file: &Path, path: &str) -> Result<()> {
        // check the size first: the error then contains it
        self.check_room(path, fs_err::metadata(file)?.len())?;
        self.add(path, files::read(file, LARGEST_FILE).map_err(|reason| reason.error(&file.display().to_string()))?)
    }
}

fn symlink_error(path: &Path) -> Error {
    Error::new(format!("`{}` is a symbolic link, which a preset can't contain", path.display()))
        .hint("replace it with the file or folder that it links to")
}
