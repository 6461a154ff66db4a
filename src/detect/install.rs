//! How the project's dependencies are installed: its lock file says.

use std::path::Path;
use std::sync::Arc;

use toml::de::DeTable;
use toml::Value;

use super::{Files, lookup, origin};
use crate::error::{Error, Result, Source};
use crate::layers::Node;
use crate::model::Install;

/// What is looked for, and the installer that it means; requirements only where there is no lock.
const LOCKS: [(&str, &str); 4] = [("uv.lock", "uv"), ("poetry.lock", "poetry"), ("pdm.lock", "pdm"), ("Pipfile.lock", "pipenv")];
const REQUIREMENTS: (&str, &str) = ("requirements.txt", "pip");

pub(super) fn facts(files: &Files<'_>, pyproject: Option<&DeTable<'_>>, facts: &mut Node) {
    let there = |name: &str| files.directory.join(name).is_file();
    let locks: Vec<_> = LOCKS.into_iter().filter(|(file, _)| there(file)).collect();
    // two locks are two opinions: nobody can tell which one holds, so the spec must
    let found = match locks.as_slice() {
        [] => Some(REQUIREMENTS).filter(|(file, _)| there(file)),
        [one] => Some(*one),
        _ => None,
    };
    let Some((file, installer)) = found else { return };
    let source = Arc::new(Source { name: file.to_owned(), text: String::new() });
    facts.set("install.with", Value::String(installer.to_owned()), &origin(&source, 0..0, ""));
    if let Some((source, span)) = files.pyproject.as_ref().zip(package(files.directory, installer, pyproject)) {
        facts.set("install.project", Value::Boolean(true), &origin(source, span, "build-system"));
    }
}

/// Where pyproject.toml says that the project is a package to install, and its code is where a build backend looks for it.
fn package(directory: &Path, installer: &str, pyproject: Option<&DeTable<'_>>) -> Option<std::ops::Range<usize>> {
    let system = lookup(pyproject, &["build-system"])?;
    let off = [&["tool", "uv", "package"][..], &["tool", "poetry", "package-mode"], &["tool", "pdm", "distribution"]];
    if off.iter().any(|path| lookup(pyproject, path).is_some_and(|value| value.get_ref().as_bool() == Some(false))) {
        return None;
    }
    let name = [&["project", "name"][..], &["tool", "poetry", "name"]].into_iter().find_map(|path| lookup(pyproject, path));
    let folder = name.and_then(|name| name.get_ref().as_str()).unwrap_or_default().to_lowercase().replace(['-', '.'], "_");
    let there = |root: &str| directory.join(root).join(&folder).is_dir();
    (installer == "uv" || !folder.is_empty() && (there("src") || there("."))).then(|| system.span())
}

/// Every file that the installer is given must be there: a bind mount of a missing file stops the build.
pub(super) fn prove(directory: &Path, install: &Install, layers: &Node) -> Result<()> {
    let Some(missing) = install.files.iter().find(|file| !directory.join(file).is_file()) else { return Ok(()) };
    let hint = match LOCKS.iter().find(|(lock, _)| lock == missing) {
        Some((_, tool)) => format!("run `{tool} lock`, or set install.with to another installer"),
        None => "set install.files to the files that are there, or install.with to another installer".to_owned(),
    };
    Err(Error::new(format!("`{}` installs from `{missing}`, and there is no such file", install.with))
        .at(layers.place("install.files"))
        .note(layers.place("install.with"), "the installer is chosen here")
        .hint(hint))
}
