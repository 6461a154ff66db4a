//! The distributions that will be installed, from the lockfile, requirements or manifest.

use std::rc::Rc;
use std::str::FromStr as _;
use std::sync::Arc;

use pep440_rs::Version;

use super::locks::{self, LockSummary};
use super::markers::Environment;
use super::names::normalized;
use super::{manifests, requirements};
use crate::error::{Result, Source};
use crate::knowledge::{self, ImpliedRow, InstallerRow, LockReader};
use crate::layers::{Origin, origin};
use crate::model::InstallChoice;
use crate::paths::{self, normal};
use crate::project::Folder;
use crate::project::tables::{lookup, parse};

/// The largest file that is read for dependencies, in bytes.
pub(crate) const LARGEST: u64 = 16 * 1024 * 1024;

/// How much of a line belongs to an origin, in bytes.
const LINE: usize = 1024;

/// A distribution that will be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its name as PEP 503 writes it: lower-case letters, digits and single hyphens, nothing else.
    pub name: String,
    /// The pinned version.
    pub version: Option<String>,
    /// The requested extras, normalized.
    pub extras: Vec<String>,
    /// File names of the wheels in the lockfile; none if no lockfile lists them.
    pub wheels: Option<Vec<String>>,
    /// The Debian package of the version control system that it is fetched with.
    pub fetched_with: Option<&'static str>,
    /// Where it is named.
    pub origin: Origin,
}

/// Everything that will be installed into the virtual environment.
///
/// # Errors
/// A file that is too large, or that is not what its name says, with its place.
pub fn dependencies(directory: &Folder, install: &InstallChoice, python: &str) -> Result<Vec<Dependency>> {
    if !install.with.installs() {
        return Ok(Vec::new());
    }
    let InstallChoice { with, files, groups, extras, package } = install;
    let key = format!("{} {files:?} {groups:?} {extras:?} {package:?} {python}", with.name);
    let installation = || Installation { directory, install, environment: Environment::new(python) };
    let read = || {
        let mut found = named(&installation())?;
        found.extend(implied(&found));
        Ok(found)
    };
    directory.once(&key, || read().ok()).as_ref().clone().map_or_else(read, Ok)
}

/// What a lockfile lists; none if it can't be read.
pub(crate) fn lock_summary(directory: &Folder, lock: &str, reader: LockReader) -> Rc<Option<LockSummary>> {
    let read = || locks::summary(reader, &directory.read_up_to(lock, LARGEST).ok()??).ok();
    directory.once(lock, read)
}

/// What old versions of these distributions require in old versions, if nothing else names it.
fn implied(found: &[Dependency]) -> Vec<Dependency> {
    let is_before = |dependency: &Dependency, row: &ImpliedRow| {
        let version = dependency.version.as_deref().and_then(|version| Version::from_str(version).ok());
        version.zip(Version::from_str(&row.before).ok()).is_some_and(|(version, before)| version < before)
    };
    let has_extra = |dependency: &Dependency, row: &ImpliedRow| row.extra.is_empty() || dependency.extras.contains(&row.extra);
    let of_row = |row: &ImpliedRow| {
        let by = found
            .iter()
            .find(|dependency| dependency.name == row.by && has_extra(dependency, row) && is_before(dependency, row))?;
        let is_new = found.iter().all(|dependency| dependency.name != row.name);
        is_new.then(|| Dependency {
            name: row.name.clone(),
            version: Some(row.version.clone()),
            extras: Vec::new(),
            wheels: None,
            fetched_with: None,
            origin: by.origin.clone(),
        })
    };
    let mut all: Vec<Dependency> = Vec::new();
    for dependency in knowledge::implied().iter().filter_map(of_row) {
        if all.iter().all(|known| known.name != dependency.name) {
            all.push(dependency);
        }
    }
    all
}

/// Everything that the installer's files name.
fn named(installation: &Installation<'_>) -> Result<Vec<Dependency>> {
    let install = installation.install;
    if let (Some(name), Some(reader)) = (install.with.lockfile.as_deref(), install.with.reader) {
        let file = install.files.iter().find(|file| paths::name(file) == name);
        let lockfile = file.map_or(Ok(None), |file| installation.read(file))?;
        return lockfile
            .map_or_else(|| manifests::declared(installation, "."), |source| locks::read(reader, installation, &source));
    }
    let main = install.file();
    if main.ends_with("pylock.toml") {
        let lockfile = installation.read(main)?;
        return lockfile.map_or_else(|| manifests::declared(installation, "."), |source| locks::pylock(installation, &source));
    }
    let manifest = ["pyproject.toml", "setup.cfg", "Pipfile"].iter().any(|name| main.ends_with(name));
    if manifest { manifests::declared(installation, ".") } else { requirements::read(installation, main) }
}

/// Why a lockfile is outdated, as far as that is visible without the tool that wrote it: it lacks a dependency of the manifest, or
/// has another version of the project.
#[must_use]
pub fn stale(directory: &Folder, install: &InstallChoice, python: &str) -> Option<String> {
    let installation = Installation { directory, install, environment: Environment::new(python) };
    let is_lock = |file: &&String| InstallerRow::of_lockfile(paths::name(file)).is_some();
    let lock = installation.read(install.files.iter().find(is_lock)?).ok().flatten()?;
    let summary = lock_summary(directory, &lock.name, install.with.reader?);
    let LockSummary { names, projects } = summary.as_ref().as_ref()?;
    let folder = Installation::folder(&lock);
    let command = format!("run `{} lock`, or the build fails", install.with.name);
    let declared = manifests::declared(&installation, folder).ok()?;
    if let Some(missing) = declared.into_iter().find(|dependency| !names.contains(&dependency.name)) {
        return Some(format!("{} is outdated: it lacks {} ({}); {command}", lock.name, missing.name, missing.origin.place));
    }
    let names_project = install.with.reader == Some(LockReader::Uv);
    let manifest = installation.read(&normal(&format!("{folder}/pyproject.toml"))).ok().flatten().filter(|_| names_project)?;
    let document = parse(&manifest).ok()?;
    let own = |key: &str| lookup(Some(&document), &["project", key]).and_then(|value| value.get_ref().as_str());
    let (name, version) = (normalized(own("name")?)?, own("version")?);
    let entry = projects.iter().find(|project| project.name == name)?;
    // uv normalizes versions
    let same = |locked: &&String| Version::from_str(locked).ok() == Version::from_str(version).ok();
    let locked = entry.version.as_ref().filter(|locked| !same(locked))?;
    Some(format!("{} is outdated: it is for {name} {locked}, but {} has {version}; {command}", lock.name, manifest.name))
}

/// The input of the readers: files, selected groups and extras, and the Python version.
pub(super) struct Installation<'a> {
    directory: &'a Folder,
    pub(super) install: &'a InstallChoice,
    pub(super) environment: Environment,
}

impl Installation<'_> {
    pub(super) fn read(&self, name: &str) -> Result<Option<Arc<Source>>> {
        self.directory.read_up_to(name, LARGEST)
    }

    /// The folder of the manifest that belongs to a lockfile.
    pub(super) fn folder(lock: &Source) -> &str {
        lock.name.rsplit_once('/').map_or(".", |(folder, _)| folder)
    }
}

/// The origin of a line that starts here.
pub(super) fn line_origin(source: &Arc<Source>, start: usize) -> Origin {
    // a file may be one long line
    let rest = source.text.get(start..).unwrap_or_default();
    let line = rest[..rest.floor_char_boundary(LINE)].lines().next().map_or(0, str::len);
    origin(source, start..start + line, "")
}
