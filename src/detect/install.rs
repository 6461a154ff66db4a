//! How the project's dependencies are installed: its lock file says.

use std::path::Path;
use std::sync::Arc;

use toml::Value;
use toml::de::DeTable;

use super::dependencies::{Dependency, dependencies};
use super::python;
use super::{Files, Folder, lookup, origin};
use crate::error::{Error, Result, Source};
use crate::files;
use crate::layers::{Node, Origin};
use crate::model::Installation;
use crate::paths::normal;

/// Locks, the installer that each one means, and the manifest that belongs to it.
const LOCKS: [(&str, &str, &str); 4] = [
    ("uv.lock", "uv", "pyproject.toml"),
    ("poetry.lock", "poetry", "pyproject.toml"),
    ("pdm.lock", "pdm", "pyproject.toml"),
    ("Pipfile.lock", "pipenv", "Pipfile"),
];

/// What conda installs from.
const CONDA: [&str; 3] = ["environment.yml", "environment.yaml", "conda-lock.yml"];

/// What pip installs from, those for production first; it reads a pylock.toml (PEP 751) as requirements.
const REQUIREMENTS: [&str; 17] = [
    "pylock.toml",
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements-prod.txt",
    "requirements-production.txt",
    "requirements/deploy.txt",
    "requirements/main.txt",
    "requirements/requirements.txt",
    "requirements/base.txt",
    "requirements/common.txt",
    "requirements/default.txt",
    "requirements.lock",
    "requirements.pip",
    "requirements/requirements.pip",
    "deploy/requirements.txt",
    "config/requirements.txt",
];

/// How the project's dependencies are installed, and from which files.
#[derive(Clone)]
pub(super) struct Installer {
    /// The installer, and what says so.
    pub(super) with: (Value, Origin),
    /// The files.
    pub(super) files: Vec<String>,
}

impl Installer {
    /// What it will install, as far as that can be read.
    pub(super) fn dependencies(&self, directory: &Folder) -> Vec<Dependency> {
        let with = self.with.0.as_str().unwrap_or_default().to_owned();
        let install = Installation { with, files: self.files.clone(), ..Installation::default() };
        // what cannot be read is told when it is installed from
        dependencies(directory, &install, python::NEWEST).unwrap_or_default()
    }

    /// The files, with where they were found.
    pub(super) fn list(&self) -> (Value, Origin) {
        (Value::Array(self.files.iter().cloned().map(Value::String).collect()), self.with.1.clone())
    }
}

/// The installer that the lock file means; without one, the requirements, or what the project itself declares. Two lock
/// files are two opinions, unless pyproject.toml itself says whose it is.
pub(super) fn installer(
    files: &Files<'_>,
    pyproject: Option<&DeTable<'_>>,
    requirements: Option<&Installer>,
) -> Result<Option<Installer>> {
    let there = |file: &str| files.directory.has(file);
    let mut locks: Vec<_> = LOCKS.into_iter().filter(|(lock, ..)| there(lock)).collect();
    if locks.len() > 1 {
        let poetry = lookup(pyproject, &["tool", "poetry"]).is_some();
        let named = lookup(pyproject, &["project", "name"]).is_some();
        let backend = lookup(pyproject, &["build-system", "build-backend"]).and_then(|value| value.get_ref().as_str());
        let poetry = poetry && (!named || backend.is_some_and(|backend| backend.starts_with("poetry")));
        let tools = [("uv", named && !poetry), ("poetry", poetry), ("pdm", lookup(pyproject, &["tool", "pdm"]).is_some())];
        let owners: Vec<_> = tools.into_iter().filter(|(_, owner)| *owner).map(|(tool, _)| tool).collect();
        if let [owner] = owners.as_slice() {
            locks.retain(|(_, tool, _)| tool == owner);
        }
    }
    match locks.as_slice() {
        [] => match requirements.cloned().or_else(|| declared(files, pyproject)) {
            None if there("Pipfile") => Err(unlocked("Pipfile", "Pipfile.lock", "pipenv lock")),
            None if lookup(pyproject, &["tool", "poetry", "dependencies"]).is_some() => {
                Err(unlocked("pyproject.toml", "poetry.lock", "poetry lock"))
            }
            None if CONDA.iter().any(|file| there(file)) => {
                let error = Error::new("conda's environment.yml is not supported: dockgen installs from PyPI");
                Err(error.hint("write a requirements.txt, or a pyproject.toml with a lock"))
            }
            found => Ok(found),
        },
        [(lock, tool, manifest)] => {
            let mut found = vec![(*manifest).to_owned()];
            found.extend((lock != manifest).then(|| (*lock).to_owned()));
            found.extend(members(files, lock));
            Ok(Some(Installer { with: chosen(lock, tool), files: found }))
        }
        _ => {
            let found: Vec<_> = locks.iter().map(|(file, tool, _)| format!("{file} (install.with = \"{tool}\")")).collect();
            let error = Error::new(format!("there are several lock files: {}", found.join(", ")));
            Err(error.hint("remove those that do not hold, or set install.with"))
        }
    }
}

fn unlocked(manifest: &str, lock: &str, command: &str) -> Error {
    Error::new(format!("`{manifest}` names dependencies, and there is no `{lock}` with their versions"))
        .hint(format!("run `{command}` and commit the file, or add a requirements.txt"))
}

fn chosen(file: &str, tool: &str) -> (Value, Origin) {
    let source = Arc::new(Source { name: file.to_owned(), text: String::new() });
    (Value::String(tool.to_owned()), origin(&source, 0..0, ""))
}

/// Whether a folder has what it is installed from.
pub(super) fn is_locked(directory: &Path) -> bool {
    let locks = LOCKS.iter().map(|(lock, ..)| lock).chain(&REQUIREMENTS);
    locks.into_iter().any(|file| files::has(directory, file))
}

/// The requirements that an image is installed from, with what they include.
pub(super) fn requirements(files: &Files<'_>) -> Option<Installer> {
    let file = REQUIREMENTS.iter().find(|file| files.directory.has(file))?;
    let found = with_included(files.directory, file);
    let (with, mut origin) = chosen(file, "pip");
    if found.len() > 1 {
        "and what it includes".clone_into(&mut origin.note);
    }
    Some(Installer { with: (with, origin), files: found })
}

/// What the project itself declares.
fn declared(files: &Files<'_>, pyproject: Option<&DeTable<'_>>) -> Option<Installer> {
    let declared = lookup(pyproject, &["project", "dependencies"]).is_some();
    let source = files.pyproject.as_ref().filter(|_| declared).map(|_| "pyproject.toml");
    let packaged = ["setup.py", "setup.cfg"].into_iter().find(|file| files.directory.has(file));
    let file = source.or(packaged)?;
    Some(Installer { with: chosen(file, "pip"), files: vec![file.to_owned()] })
}

/// Whether the installer can tell that a lock file fits its manifest: PDM cannot for those that it wrote before 2.17, whose
/// format is older than 4.5, because it has hashed the manifest in another way since.
pub(super) fn is_verifiable(directory: &Folder, install: &Installation) -> bool {
    let source = locked_by_pdm(directory, install);
    let version = source.as_ref().and_then(|source| source.text.split_once("lock_version = \"")?.1.split('"').next());
    let mut numbers = version.into_iter().flat_map(|version| version.split('.')).map_while(|part| part.parse::<u32>().ok());
    version.is_none() || (numbers.next(), numbers.next()) >= (Some(4), Some(5))
}

fn locked_by_pdm(directory: &Folder, install: &Installation) -> Option<Arc<Source>> {
    let lock = install.files.iter().find(|file| install.with == "pdm" && file.ends_with("pdm.lock"))?;
    directory.source(lock).ok().flatten()
}

/// The manifests of a uv workspace's members: the lock is checked against all of them.
fn members(files: &Files<'_>, lock: &str) -> Vec<String> {
    let workspace = |source: &Arc<Source>| source.text.contains("[tool.uv.workspace]");
    if lock != "uv.lock" || !files.pyproject.as_ref().is_some_and(workspace) {
        return Vec::new();
    }
    let folders = member_folders(files.directory).into_iter().map(|(_, folder)| folder).filter(|folder| folder != ".");
    let mut members: Vec<String> = folders.map(|folder| normal(&format!("{folder}/pyproject.toml"))).collect();
    members.retain(|file| files.directory.has(file));
    members.sort();
    members
}

/// The names and folders of a workspace's members: uv.lock says where each one lies, whatever the patterns in pyproject.toml match.
pub(super) fn member_folders(directory: &Folder) -> Vec<(String, String)> {
    let text = directory.source_up_to("uv.lock", super::dependencies::LARGEST).ok().flatten();
    let text = text.as_ref().map(|source| source.text.as_str()).unwrap_or_default();
    let (mut name, mut members) = ("", Vec::new());
    for line in text.lines() {
        if let Some(found) = line.strip_prefix("name = \"") {
            name = found.trim_end_matches('"');
        }
        let folder = line.strip_prefix("source = { editable = \"").or_else(|| line.strip_prefix("source = { virtual = \""));
        if let Some(folder) = folder.and_then(|rest| rest.split('"').next()) {
            members.push((name.to_owned(), normal(folder)));
        }
    }
    members
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
    let installed = there || files.directory.has("uv.lock");
    let source = files.pyproject.as_ref()?;
    installed.then(|| (Value::Boolean(true), origin(source, system.span(), "build-system")))
}

/// A requirements file and what it includes, for there is a bind mount for each of them in the build.
fn with_included(directory: &Folder, name: &str) -> Vec<String> {
    let mut found = vec![name.to_owned()];
    let mut next = 0;
    while let Some(file) = found.get(next).cloned() {
        next += 1;
        let included = included(directory, &file).into_iter().map(|(file, _)| file);
        let new: Vec<_> = included.filter(|file| directory.has(file) && !found.contains(file)).collect();
        found.extend(new);
    }
    found
}

/// The files that a requirements file names in `-r` and `-c` lines, relative to the project, each with its line.
fn included(directory: &Folder, file: &str) -> Vec<(String, usize)> {
    let text = directory.source(file).ok().flatten().map(|source| source.text.clone()).unwrap_or_default();
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
pub(super) fn prove(directory: &Folder, install: &Installation, layers: &Node) -> Result<()> {
    if let Some(missing) = install.files.iter().find(|file| !directory.has(file)) {
        let hint = match LOCKS.iter().find(|(lock, ..)| lock == missing) {
            Some((_, tool, _)) => format!("run `{tool} lock`, or set install.with to another installer"),
            None => "set install.files to the files that are there, or install.with to another installer".to_owned(),
        };
        return Err(Error::new(format!("`{}` installs from `{missing}`, and there is no such file", install.with))
            .at(layers.place("install.files"))
            .note(layers.place("install.with"), "the installer is chosen here")
            .hint(hint));
    }
    if let Some(lock) = locked_by_pdm(directory, install)
        && lock.text.contains("\nlock_version = ")
        && !lock.text.contains("\"inherit_metadata\"")
    {
        let error = Error::new(format!("`{}` lacks what PDM needs to turn it into requirements with hashes", lock.name));
        return Err(error
            .at(layers.place("install.with"))
            .hint("run `pdm lock --update-reuse --strategy inherit_metadata` and commit the file"));
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
