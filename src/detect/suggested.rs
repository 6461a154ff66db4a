//! Entry points and commands to offer when a person chooses.

use super::Folder;
use super::application::{self, ENTRY_FILES};
use crate::knowledge::frameworks;
use crate::paths;
use crate::python::codebase::Codebase;
use crate::python::mentions::Mentions;

/// The most entry points to offer.
const MOST: usize = 8;

/// Usual names of applications; those with `()` are functions that make one.
const USUAL: [&str; 7] = ["app", "application", "api", "asgi", "wsgi", "create_app()", "make_app()"];

/// Whether there is Python code that an application could be in.
#[must_use]
pub fn has_code(directory: &Folder) -> bool {
    Codebase::of(directory, None).application().next().is_some()
}

/// Detected applications, then usual names in files of usual names; each as `module:object`.
#[must_use]
pub fn entries(directory: &Folder, within: Option<String>) -> Vec<String> {
    let codebase = Codebase::of(directory, within);
    let found = application::find(&codebase, false).applications.into_iter().map(|application| application.entry);
    let usual = codebase.application().filter(|path| ENTRY_FILES.contains(&paths::name(path)));
    let mut entries: Vec<String> = Vec::new();
    for entry in found.chain(usual.flat_map(|path| usual_names(&codebase, path))) {
        if entries.len() < MOST && !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
}

fn usual_names(codebase: &Codebase<'_>, path: &str) -> Vec<String> {
    let Some(parsed) = codebase.read(path) else { return Vec::new() };
    let module = codebase.place(path).1;
    let is_function = |name: &str| parsed.module.functions.iter().any(|function| function.name == name);
    let has = |name: &&str| match name.strip_suffix("()") {
        Some(name) => is_function(name),
        None => parsed.module.binds(name) && !is_function(name),
    };
    USUAL.into_iter().filter(has).map(|name| format!("{module}:{name}")).collect()
}

/// The preset of a framework that the manifest names; of one with two interfaces, WSGI's.
#[must_use]
pub fn preset(directory: &Folder) -> Option<&'static str> {
    let manifests = Mentions::of(directory);
    let named = frameworks().iter().find(|row| manifests.has(&row.name))?;
    let wsgi = frameworks().iter().find(|row| row.name == named.name && row.interface == "wsgi");
    Some(&wsgi.unwrap_or(named).preset)
}

/// A command that starts the program: a package that can be run, or a file of a usual name.
#[must_use]
pub fn command(directory: &Folder) -> Option<String> {
    let codebase = Codebase::of(directory, None);
    let package =
        codebase.application().find_map(|path| path.strip_suffix("/__main__.py").filter(|package| !package.contains('/')));
    let file = || codebase.application().find(|path| ENTRY_FILES.contains(path));
    package.map(|package| format!("python -m {package}")).or_else(|| file().map(|file| format!("python {file}")))
}
