//! Checks that `app.entry` exists.

use std::path::Path;

use super::Folder;
use crate::error::{Error, Result};
use crate::files;
use crate::layers::Node;
use crate::paths::normal;
use crate::python::names::module_files;

/// Maximum bytes of a module to read.
const LARGEST: u64 = 4 * 1024 * 1024;

/// If a command refers to `app.entry`, its module must be a file below `app.root`.
pub(super) fn prove(directory: &Folder, layers: &Node) -> Result<()> {
    let Some(entry) = layers.text("app.entry") else { return Ok(()) };
    for key in ["app.root", "app.workdir"] {
        let folder = normal(layers.text(key).unwrap_or("."));
        if folder != "." && !directory.join(&folder).is_dir() {
            let error = Error::new(format!("`{key}` is `{folder}`, and there is no such folder")).at(layers.place(key));
            return Err(error.hint(format!("{key} is relative to the project")));
        }
    }
    let root = normal(layers.text("app.root").unwrap_or("."));
    let candidates = module_files(entry.split(':').next().unwrap_or_default());
    if let Some(file) = candidates.iter().map(|file| normal(&format!("{root}/{file}"))).find(|file| directory.has(file)) {
        return names(directory, &file, entry).map_err(|error| error.at(layers.place("app.entry")));
    }
    let shown = candidates.each_ref().map(|file| normal(&format!("{root}/{file}"))).join("` nor `");
    Err(Error::new(format!("`{entry}` doesn't exist: neither `{shown}` is a file")).at(layers.place("app.entry")).hint(
        elsewhere(directory, &candidates)
            .unwrap_or_else(|| "write app.entry as package.module:object, relative to app.root".to_owned()),
    ))
}

/// The file must define the object, or contain a `from … import *`.
fn names(directory: &Folder, file: &str, entry: &str) -> Result<()> {
    let object = entry.split(':').nth(1).unwrap_or_default().trim_end_matches("()");
    let first = object.split('.').next().unwrap_or_default();
    let text = directory.bytes(file, LARGEST).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut words = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    if words.any(|word| word == first) || text.contains("import *") {
        return Ok(());
    }
    Err(Error::new(format!("`{entry}` doesn't exist: `{file}` doesn't define `{first}`"))
        .hint("app.entry is package.module:object; `dockgen detect` shows the applications that it finds"))
}

/// The folder that would have to be `app.root`.
fn elsewhere(directory: &Path, candidates: &[String]) -> Option<String> {
    let mut folders: Vec<_> = fs_err::read_dir(directory).ok()?.flatten().map(|entry| entry.file_name()).collect();
    folders.sort();
    let has_one = |folder: &&std::ffi::OsString| candidates.iter().any(|file| files::has_file(&directory.join(folder), file));
    let folder = folders.iter().find(has_one)?.to_string_lossy().into_owned();
    Some(format!("it is in the folder `{folder}`: set app.root = \"{folder}\""))
}
