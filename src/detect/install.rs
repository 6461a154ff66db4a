//! How the project's dependencies are installed: its lock file says.

use std::path::Path;
use std::sync::Arc;

use toml::Value;
use toml::de::DeTable;

use super::{Files, lookup, origin};
use crate::error::{Error, Result, Source};
use crate::layers::{Node, Origin};
use crate::model::Install;

/// What is looked for, and the installer that it means; requirements only where there is no lock.
const LOCKS: [(&str, &str); 4] = [("uv.lock", "uv"), ("poetry.lock", "poetry"), ("pdm.lock", "pdm"), ("Pipfile.lock", "pipenv")];
const REQUIREMENTS: (&str, &str) = ("requirements.txt", "pip");

/// The installer that the lock file means. Two of them are two opinions, and nobody can tell which one holds.
pub(super) fn installer(files: &Files<'_>) -> Result<Option<(Value, Origin)>> {
    let there = |(file, _): &(&str, &str)| files.directory.join(file).is_file();
    let locks: Vec<_> = LOCKS.into_iter().filter(there).collect();
    if let [_, _, ..] = locks.as_slice() {
        let found: Vec<_> = locks.iter().map(|(file, installer)| format!("{file} (install.with = \"{installer}\")")).collect();
        let error = Error::new(format!("there are several lock files: {}", found.join(", ")));
        return Err(error.hint("remove those that do not hold, or set install.with"));
    }
    let found = locks.first().copied().or(Some(REQUIREMENTS).filter(there));
    let source = |file: &str| Arc::new(Source { name: file.to_owned(), text: String::new() });
    Ok(found.map(|(file, installer)| (Value::String(installer.to_owned()), origin(&source(file), 0..0, ""))))
}

/// Whether the project is a package to install: pyproject.toml says so, and the code is where a build backend looks for it.
pub(super) fn package(files: &Files<'_>, pyproject: Option<&DeTable<'_>>) -> Option<(Value, Origin)> {
    let system = lookup(pyproject, &["build-system"])?;
    let off = [&["tool", "uv", "package"][..], &["tool", "poetry", "package-mode"], &["tool", "pdm", "distribution"]];
    if off.iter().any(|path| lookup(pyproject, path).is_some_and(|value| value.get_ref().as_bool() == Some(false))) {
        return None;
    }
    let name = [&["project", "name"][..], &["tool", "poetry", "name"]].into_iter().find_map(|path| lookup(pyproject, path));
    let folder = name?.get_ref().as_str()?.to_lowercase().replace(['-', '.'], "_");
    let there = ["src", "."].iter().any(|root| files.directory.join(root).join(&folder).is_dir());
    // uv itself installs whatever has a build system; the others are often run with the project left out
    let installed = there || files.directory.join("uv.lock").is_file();
    let source = files.pyproject.as_ref()?;
    installed.then(|| (Value::Boolean(true), origin(source, system.span(), "build-system")))
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
