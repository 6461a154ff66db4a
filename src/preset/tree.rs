//! The files of presets that come from outside of the project: few, small, and text.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cache;
use crate::error::{Error, Result};
use crate::files;
use crate::seal::hash_of_parts;

/// How much one source of presets may hold: files, bytes of one, bytes of all.
const MOST_FILES: usize = 1000;
pub(super) const LARGEST_FILE: u64 = 1024 * 1024;
const LARGEST_TREE: u64 = 4 * 1024 * 1024;

/// The kind of cache that holds presets.
const CACHE: &str = "presets";

/// The kind of cache that holds which commits have which content.
const REVISIONS: &str = "revisions";

/// The folder beside a preset's file that holds its templates.
pub(super) const TEMPLATES: &str = "templates";

/// Presets and templates by their path; nothing else of a folder or repository is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
    bytes: u64,
}

/// Whether a file is a preset or a template.
pub(super) fn is_part(path: &str) -> bool {
    ends_in(path, "toml") || ends_in(path, "j2")
}

fn ends_in(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

impl Tree {
    /// Adds a file.
    ///
    /// # Errors
    /// More than a source of presets may hold, or a file that is not text.
    pub(super) fn add(&mut self, path: &str, bytes: Vec<u8>) -> Result<()> {
        self.has_room(path, bytes.len() as u64)?;
        self.bytes += bytes.len() as u64;
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::new(format!("`{path}` is not UTF-8 text")).hint(format!("convert it: iconv -f LATIN1 -t UTF-8 {path}"))
        })?;
        self.files.insert(path.to_owned(), text);
        Ok(())
    }

    /// Counts a file of this size, whose text is read later.
    ///
    /// # Errors
    /// More than a source of presets may hold.
    pub(super) fn reserve(&mut self, path: &str, bytes: u64) -> Result<()> {
        self.has_room(path, bytes)?;
        self.bytes += bytes;
        self.files.insert(path.to_owned(), String::new());
        Ok(())
    }

    /// Whether a file of this size may be added; asked before it is read.
    ///
    /// # Errors
    /// It may not.
    pub(super) fn has_room(&self, path: &str, bytes: u64) -> Result<()> {
        let too_large = if bytes > LARGEST_FILE {
            format!("`{path}` has {bytes} bytes; a preset or template can have at most {LARGEST_FILE}")
        } else if self.bytes + bytes > LARGEST_TREE || self.files.len() == MOST_FILES {
            format!("there are more than {MOST_FILES} presets and templates, or more than {LARGEST_TREE} bytes of them")
        } else {
            return Ok(());
        };
        Err(Error::new(too_large).hint("move the presets to a repository of their own"))
    }

    /// The same files again; none where they are more than a source may hold.
    fn of_files(files: BTreeMap<String, String>) -> Option<Self> {
        let mut tree = Self::default();
        files.into_iter().try_for_each(|(path, text)| tree.add(&path, text.into_bytes())).ok()?;
        Some(tree)
    }

    /// The files of this hash that an earlier run kept.
    pub(super) fn kept(sha256: &str) -> Option<Self> {
        let text = cache::read(CACHE, sha256)?;
        let tree = serde_json::from_str(&text).ok().and_then(Self::of_files).filter(|tree| tree.hash() == sha256);
        if tree.is_none() {
            cache::remove(CACHE, sha256);
        }
        tree
    }

    /// Keeps the files for other runs.
    pub(super) fn keep(&self, sha256: &str) {
        if let Ok(text) = serde_json::to_string(&self.files) {
            cache::keep(CACHE, sha256, &text);
        }
    }

    /// Keeps that a commit of a repository has the files of a hash.
    pub(super) fn keep_revision(repository: &str, revision: &str, sha256: &str) {
        cache::keep(REVISIONS, &hash_of_parts([repository, revision]), sha256);
    }

    /// Whether an earlier run saw that a commit of a repository has the files of a hash.
    pub(super) fn is_of_revision(repository: &str, revision: &str, sha256: &str) -> bool {
        cache::read(REVISIONS, &hash_of_parts([repository, revision])).is_some_and(|kept| kept == sha256)
    }

    /// A file's text.
    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// All of it.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The templates of the preset whose file lies in a folder, by their path below `templates`.
    pub(super) fn templates(&self, folder: &str) -> BTreeMap<String, String> {
        let folder = if folder.is_empty() { format!("{TEMPLATES}/") } else { format!("{folder}/{TEMPLATES}/") };
        let below = self.files.iter().filter_map(|(path, text)| Some((path.strip_prefix(&folder)?.to_owned(), text.clone())));
        below.filter(|(path, _)| ends_in(path, "j2")).collect()
    }

    /// SHA-256 of every path and text, each with its length before it.
    pub(crate) fn hash(&self) -> String {
        hash_of_parts(self.files.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]))
    }

    /// The presets and templates of a folder on this disk, or one file.
    ///
    /// # Errors
    /// What cannot be read, is not text, is too large, or is a symbolic link.
    pub(super) fn on_disk(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        if root.is_file() {
            tree.take(root, &root.file_name().unwrap_or_default().to_string_lossy())?;
        } else {
            tree.take_folder(root, "")?;
        }
        Ok(tree)
    }

    /// Only what a preset on this disk consists of: its file, and its templates.
    pub(super) fn templates_on_disk(folder: &Path) -> Result<BTreeMap<String, String>> {
        let mut tree = Self::default();
        let templates = folder.join(TEMPLATES);
        if templates.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(linked(&templates));
        }
        if templates.is_dir() {
            tree.take_folder(&templates, TEMPLATES)?;
        }
        Ok(tree.templates(""))
    }

    fn take_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        for entry in fs_err::read_dir(folder)? {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() && name != ".git" {
                self.take_folder(&entry.path(), &path)?;
            } else if is_part(&path) && kind.is_symlink() {
                return Err(linked(&entry.path()));
            } else if is_part(&path) && kind.is_file() {
                self.take(&entry.path(), &path)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, file: &Path, path: &str) -> Result<()> {
        // a file that is too large says how large it is
        self.has_room(path, fs_err::metadata(file)?.len())?;
        self.add(path, files::read(file, LARGEST_FILE).map_err(|reason| reason.error(&file.display().to_string()))?)
    }
}

fn linked(path: &Path) -> Error {
    Error::new(format!("`{}` is a symbolic link, which a preset can't contain", path.display()))
        .hint("replace it with the file or folder that it links to")
}
