//! Checks that `app.entry` exists.

use std::path::Path;

use super::Folder;
use crate::error::{Error, Result};
use crate::files;
use crate::layers::Node;
use crate::paths::normal;
use crate::project::tree::FileTree;
use crate::python::codebase::module_name;
use crate::python::module::Module;
use crate::python::names::module_files;
use crate::suggest::closest;

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
            .or_else(|| similar_module(directory, &root, entry))
            .unwrap_or_else(|| "write app.entry as package.module:object, relative to app.root".to_owned()),
    ))
}

/// What to write so that `app.entry` exists, if it doesn't.
pub(super) fn absent(directory: &Folder, layers: &Node) -> Option<String> {
    prove(directory, layers).err()?;
    let entry = layers.text("app.entry")?;
    let (module, object) = entry.split_once(':')?;
    let root = normal(layers.text("app.root").unwrap_or("."));
    let files = module_files(module).map(|file| normal(&format!("{root}/{file}")));
    Some(match files.iter().find(|file| directory.has(file)) {
        Some(file) => format!("define `{object}` in {file}    # the application"),
        None => format!("write {}    # the application is its `{object}`", files[0]),
    })
}

/// The entry point whose module the user probably meant.
fn similar_module(directory: &Folder, root: &str, entry: &str) -> Option<String> {
    let (module, object) = entry.split_once(':')?;
    let tree = FileTree::of(directory);
    let root = if root == "." { "" } else { root };
    let modules: Vec<String> = tree.python().map(|path| module_name(path, root)).collect();
    let names: Vec<&str> = modules.iter().map(String::as_str).collect();
    closest(module, &names).map(|module| format!("did you mean `{module}:{object}`? --set 'app.entry={module}:{object}'"))
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
    let module = Module::parse(&text);
    let functions = module.functions.iter().map(|function| function.name.as_str());
    let names: Vec<&str> = module.bindings.iter().map(|binding| binding.name.as_str()).chain(functions).collect();
    let meant = closest(first, &names).and_then(|name| Some(format!("{}:{name}", entry.split_once(':')?.0)));
    Err(Error::new(format!("`{entry}` doesn't exist: `{file}` doesn't define `{first}`")).hint(meant.map_or_else(
        || "app.entry is package.module:object; `dockgen detect` shows the applications that it finds".to_owned(),
        |meant| format!("did you mean `{meant}`? --set 'app.entry={meant}'"),
    )))
}

/// The folder that would have to be `app.root`.
fn elsewhere(directory: &Path, candidates: &[String]) -> Option<String> {
    let mut folders: Vec<_> = fs_err::read_dir(directory).ok()?.flatten().map(|entry| entry.file_name()).collect();
    folders.sort();
    let has_one = |folder: &&std::ffi::OsString| candidates.iter().any(|file| files::has_file(&directory.join(folder), file));
    let folder = folders.iter().find(has_one)?.to_string_lossy().into_owned();
    Some(format!("it is in the folder `{folder}`: set app.root = \"{folder}\""))
}
