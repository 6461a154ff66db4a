//! The project's folder: however many rules ask for a file, it is looked at and read once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Place, Result, Source};
use crate::plan;

/// The largest file that is read for facts, in bytes: a manifest is small.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A folder, with the texts that were read from it. What changes in it later is not seen.
pub struct Folder {
    path: PathBuf,
    /// Paths of files that dockgen wrote, as the lock says.
    outputs: BTreeSet<String>,
    sources: RefCell<BTreeMap<String, Option<Arc<Source>>>>,
}

impl Folder {
    /// A folder, of which nothing was read yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), outputs: BTreeSet::new(), sources: RefCell::default() }
    }

    /// A folder in which dockgen has written these files.
    #[must_use]
    pub fn of_outputs<'a>(path: impl Into<PathBuf>, outputs: impl Iterator<Item = &'a String>) -> Self {
        Self { outputs: outputs.cloned().collect(), ..Self::new(path) }
    }

    /// Whether dockgen wrote a file, edited or not: its text says so, or the lock does.
    pub(super) fn is_generated(&self, path: &str, text: &str) -> bool {
        self.outputs.contains(path) || plan::is_generated(text)
    }

    /// Whether there is a file of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.sources.borrow().get(name).map_or_else(|| self.path.join(name).is_file(), Option::is_some)
    }

    /// The text of a file; none where there is no such file.
    pub(super) fn source(&self, name: &str) -> Result<Option<Arc<Source>>> {
        self.source_up_to(name, LARGEST)
    }

    /// The text of a file that has at most so many bytes.
    pub(super) fn source_up_to(&self, name: &str, largest: u64) -> Result<Option<Arc<Source>>> {
        if let Some(known) = self.sources.borrow().get(name) {
            let fits = known.as_ref().is_none_or(|source| source.text.len() as u64 <= largest);
            return if fits { Ok(known.clone()) } else { Err(refused(name, largest)) };
        }
        let source = read(&self.path, name, largest)?;
        self.sources.borrow_mut().insert(name.to_owned(), source.clone());
        Ok(source)
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

fn read(directory: &Path, name: &str, largest: u64) -> Result<Option<Arc<Source>>> {
    let path = directory.join(name);
    let Ok(metadata) = fs_err::metadata(&path) else { return Ok(None) };
    let size = usize::try_from(metadata.len()).ok().filter(|_| metadata.is_file() && metadata.len() <= largest);
    let bytes = bytes(&path, size.ok_or_else(|| refused(name, largest))?)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::new(format!("`{name}` is not UTF-8 text")).at(Some(start(name))))?;
    Ok(Some(Arc::new(Source { name: name.to_owned(), text })))
}

/// What a file of a known size holds: nobody asks for the size again, or whether there is more.
pub(super) fn bytes(path: &Path, size: usize) -> std::io::Result<Vec<u8>> {
    let mut file = fs_err::File::open(path)?;
    let mut bytes = vec![0; size];
    let mut end = 0;
    while end < size {
        match file.read(&mut bytes[end..])? {
            0 => break,
            read => end += read,
        }
    }
    bytes.truncate(end);
    Ok(bytes)
}

fn refused(name: &str, largest: u64) -> Error {
    Error::new(format!("`{name}` is not a file of at most {} MiB", largest >> 20)).at(Some(start(name)))
}

fn start(name: &str) -> Place {
    Place { source: Arc::new(Source { name: name.to_owned(), text: String::new() }), span: 0..0 }
}
