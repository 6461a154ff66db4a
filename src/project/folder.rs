//! The project's folder. Each file is read once, however many rules need it.

use std::any::{Any, type_name};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::error::{Error, Place, Result, Source};
use crate::files::{self, ReadError};
use crate::paths::has_extension;
use crate::seal;

/// Maximum bytes of a file to detect facts in.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A folder with a cache of the texts read from it; later changes on disk are not seen.
pub struct Folder {
    path: PathBuf,
    /// Paths of files that dockgen wrote, as the lock says.
    outputs: BTreeSet<String>,
    sources: RefCell<BTreeMap<String, Option<Arc<Source>>>>,
    /// What was computed from the files, by a key of the caller.
    results: RefCell<BTreeMap<String, Rc<dyn Any>>>,
    /// Subfolders, and whether they are really inside this folder after links are resolved.
    inside: RefCell<BTreeMap<String, bool>>,
    /// Files that lead outside of the folder, which count as missing.
    outside: RefCell<BTreeSet<String>>,
    /// Ignore files that are links or too large: their folders are skipped.
    irregular_rules: RefCell<BTreeSet<String>>,
}

impl Folder {
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            outputs: BTreeSet::new(),
            sources: RefCell::default(),
            results: RefCell::default(),
            inside: RefCell::default(),
            outside: RefCell::default(),
            irregular_rules: RefCell::default(),
        }
    }

    /// Adds the paths of files that dockgen wrote.
    #[must_use]
    pub fn of_outputs<'a>(path: impl Into<PathBuf>, outputs: impl Iterator<Item = &'a String>) -> Self {
        Self { outputs: outputs.cloned().collect(), ..Self::new(path) }
    }

    /// Whether dockgen wrote a file, edited or not, by its header or the lock.
    pub(crate) fn is_generated(&self, path: &str, text: &str) -> bool {
        self.outputs.contains(path) || seal::is_generated(text)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        let known = self.sources.borrow().get(name).map(Option::is_some);
        known.unwrap_or_else(|| self.locate(name).is_ok_and(|path| path.is_file()))
    }

    /// The text of a file; none if there is no such file.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Arc<Source>>> {
        self.read_up_to(name, LARGEST)
    }

    /// The text of a file of at most `most` bytes.
    pub(crate) fn read_up_to(&self, name: &str, largest: u64) -> Result<Option<Arc<Source>>> {
        if let Some(known) = self.sources.borrow().get(name) {
            let fits = known.as_ref().is_none_or(|source| source.text.len() as u64 <= largest);
            return if fits { Ok(known.clone()) } else { Err(refused(name, &ReadError::TooLarge(largest))) };
        }
        let source = self.load(name, largest)?;
        self.sources.borrow_mut().insert(name.to_owned(), source.clone());
        Ok(source)
    }

    fn load(&self, name: &str, largest: u64) -> Result<Option<Arc<Source>>> {
        let bytes = match self.bytes(name, largest) {
            Ok(bytes) => bytes,
            Err(ReadError::Missing | ReadError::Outside | ReadError::Dangling) => return Ok(None),
            Err(reason) => return Err(refused(name, &reason)),
        };
        let text = text(name, bytes).ok_or_else(|| not_text(name))?;
        Ok(Some(Arc::new(Source::file(name, text))))
    }

    /// A result that is computed once for each key and type: parsing a lockfile takes longer than anything else.
    pub(crate) fn once<T: 'static>(&self, key: &str, compute: impl FnOnce() -> T) -> Rc<T> {
        let key = format!("{} {key}", type_name::<T>());
        let known = self.results.borrow().get(&key).cloned();
        if let Some(known) = known.and_then(|known| known.downcast::<T>().ok()) {
            return known;
        }
        let result = Rc::new(compute());
        self.results.borrow_mut().insert(key, Rc::<T>::clone(&result));
        result
    }

    /// The bytes of a file of at most `most` bytes.
    pub(crate) fn bytes(&self, name: &str, largest: u64) -> std::result::Result<Vec<u8>, ReadError> {
        files::read(&self.locate(name)?, largest)
    }

    /// The first bytes of a file.
    pub(crate) fn head(&self, name: &str, bytes: u64) -> Option<Vec<u8>> {
        let mut head = Vec::new();
        files::open(&self.locate(name).ok()?).ok()?.take(bytes).read_to_end(&mut head).ok()?;
        Some(head)
    }

    /// The canonical path of a file. Checks each folder only once, as most files are no links.
    fn locate(&self, name: &str) -> std::result::Result<PathBuf, ReadError> {
        let path = self.path.join(name);
        let folder = Some(name.rsplit_once('/').map_or("", |(folder, _)| folder)).filter(|_| !name.starts_with('/'));
        if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_symlink())
            && folder.is_some_and(|folder| self.is_inside(folder))
        {
            return Ok(path);
        }
        let found = files::locate(&self.path, name);
        if matches!(found, Err(ReadError::Outside)) {
            self.outside.borrow_mut().insert(name.to_owned());
        }
        found
    }

    fn is_inside(&self, folder: &str) -> bool {
        if let Some(known) = self.inside.borrow().get(folder) {
            return *known;
        }
        let real = self.path.join(folder).canonicalize();
        let is_inside = real.is_ok_and(|real| self.path.canonicalize().is_ok_and(|root| real.starts_with(root)));
        self.inside.borrow_mut().insert(folder.to_owned(), is_inside);
        is_inside
    }

    /// Remembers ignore files that are links, or too large.
    pub(crate) fn skip(&self, irregular_rules: &BTreeSet<String>) {
        self.irregular_rules.borrow_mut().extend(irregular_rules.iter().cloned());
    }

    /// Hints about files that are not read.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let skipped = |name: &String| {
            let folder = name.rsplit_once('/').map_or(".", |(folder, _)| folder);
            format!("{name} is not a regular file of at most 1 MiB, so dockgen skips {folder}/: replace it with a regular file")
        };
        let hint = |name: &String| {
            format!(
                "{name} links outside the project, so dockgen does not read it: replace the link with the file, as a build cannot follow it"
            )
        };
        let (outside, irregular) = (self.outside.borrow(), self.irregular_rules.borrow());
        outside.iter().map(hint).chain(irregular.iter().map(skipped)).collect()
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

fn refused(name: &str, reason: &ReadError) -> Error {
    reason.error(name).at(Some(start(name)))
}

fn start(name: &str) -> Place {
    Place { source: Arc::new(Source::file(name, "")), span: 0..0 }
}

/// The text of a file. pip also reads requirements in UTF-16 with a byte order mark, which PowerShell writes.
fn text(name: &str, bytes: Vec<u8>) -> Option<String> {
    let is_requirements = has_extension(name, &["txt", "in"]);
    let decode = |pairs: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = pairs.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] if is_requirements => decode(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] if is_requirements => decode(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes).ok(),
    }
}

/// The error for a file in another encoding.
fn not_text(name: &str) -> Error {
    files::not_utf8(name, "UTF-16").at(Some(start(name)))
}

#[cfg(test)]
mod tests {
    use super::Folder;

    #[test]
    fn a_result_is_computed_once_for_each_key_and_type() {
        let folder = Folder::new(".");
        assert_eq!(*folder.once("a", || 1), 1);
        assert_eq!(*folder.once("a", || 2), 1);
        assert_eq!(*folder.once("b", || 2), 2);
        assert_eq!(*folder.once("a", || "text"), "text");
    }
}
