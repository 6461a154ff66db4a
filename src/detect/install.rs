//! How the project's dependencies are installed: its lock file says.

use std::path::Path;
use std::sync::Arc;

use toml::Value;
use toml::de::DeTable;

use super::{Files, lookup, normal, origin};
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

/// requirements.txt and what it includes, for there is a bind mount for each of them in the build.
pub(super) fn requirements(files: &Files<'_>) -> Option<(Value, Origin)> {
    let (name, _) = REQUIREMENTS;
    let mut found = vec![name.to_owned()];
    let mut next = 0;
    while let Some(file) = found.get(next).cloned() {
        next += 1;
        let included = included(files.directory, &file).into_iter().map(|(file, _)| file);
        let new: Vec<_> = included.filter(|file| files.directory.join(file).is_file() && !found.contains(file)).collect();
        found.extend(new);
    }
    let source = Arc::new(Source { name: name.to_owned(), text: String::new() });
    (found.len() > 1)
        .then(|| (Value::Array(found.into_iter().map(Value::String).collect()), origin(&source, 0..0, "and what it includes")))
}

/// The files that a requirements file names in `-r` and `-c` lines, relative to the project, each with its line.
fn included(directory: &Path, file: &str) -> Vec<(String, usize)> {
    let text = super::source(directory, file).ok().flatten().map(|source| source.text.clone()).unwrap_or_default();
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let line = |(index, line): (usize, &str)| {
        let (flag, name) =
            line.trim().split_once([' ', '=']).unwrap_or_else(|| line.trim().split_at_checked(2).unwrap_or_default());
        let includes = ["-r", "-c", "--requirement", "--constraint"].contains(&flag);
        let name = name.split('#').next().unwrap_or_default().trim();
        (includes && !name.contains("://")).then(|| (normal(&folder.join(name).to_string_lossy()), index + 1))
    };
    // most lines are packages and their hashes
    let may_include = |line: &str| ["-r", "-c", "--r", "--c"].iter().any(|start| line.trim_start().starts_with(start));
    text.lines().enumerate().filter(|(_, line)| may_include(line)).filter_map(line).collect()
}

/// Every file that the installer is given, or that these files include, must be there: a bind mount of a missing file stops the
/// build, and so does an include that is not mounted.
pub(super) fn prove(directory: &Path, install: &Install, layers: &Node) -> Result<()> {
    if let Some(missing) = install.files.iter().find(|file| !directory.join(file).is_file()) {
        let hint = match LOCKS.iter().find(|(lock, _)| lock == missing) {
            Some((_, tool)) => format!("run `{tool} lock`, or set install.with to another installer"),
            None => "set install.files to the files that are there, or install.with to another installer".to_owned(),
        };
        return Err(Error::new(format!("`{}` installs from `{missing}`, and there is no such file", install.with))
            .at(layers.place("install.files"))
            .note(layers.place("install.with"), "the installer is chosen here")
            .hint(hint));
    }
    let includes =
        install.files.iter().flat_map(|file| included(directory, file).into_iter().map(move |(name, line)| (file, name, line)));
    match includes.into_iter().find(|(_, name, _)| !install.files.contains(name)) {
        Some((file, name, line)) => Err(Error::new(format!("{file}:{line} includes `{name}`, which is not in `install.files`"))
            .at(layers.place("install.files"))
            .hint("add it: the build sees only the files that are named there")),
        None => Ok(()),
    }
}
