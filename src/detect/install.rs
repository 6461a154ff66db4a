//! How the project's dependencies are installed: its lock file says.

use std::path::Path;
use std::sync::Arc;

use toml::Value;

use super::{Files, Folder, requirements};
use crate::error::{Error, Result, Source};
use crate::facts::FoundInstaller;
use crate::files;
use crate::knowledge::{InstallStage, InstallerRow, LockReader, installers, python_releases};
use crate::layers::{Node, Origin, origin};
use crate::model::InstallChoice;
use crate::paths::{self, normal};
use crate::project::tables::lookup;
use crate::python::dependencies::{Dependency, dependencies, lock_summary};
use crate::python::locks::pdm;
use crate::python::locks::uv::LocalProject;

/// What conda installs from.
const CONDA: [&str; 3] = ["environment.yml", "environment.yaml", "conda-lock.yml"];

/// Usual names of dependency groups that production doesn't need.
const DEVELOPMENT: [&str; 20] = [
    "dev",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "lint",
    "linting",
    "format",
    "typing",
    "types",
    "type-check",
    "mypy",
    "docs",
    "doc",
    "coverage",
    "ci",
    "nox",
    "local",
    "debug",
];

impl FoundInstaller {
    /// What it will install, as far as that can be read.
    pub(super) fn dependencies(&self, directory: &Folder) -> Vec<Dependency> {
        let Some(row) = self.with.0.as_str().and_then(InstallerRow::named) else { return Vec::new() };
        let install = InstallChoice::new(row, self.files.clone());
        // what cannot be read is told when it is installed from
        dependencies(directory, &install, &python_releases().default).unwrap_or_default()
    }

    /// The files, with where they were found.
    pub(super) fn list(&self) -> (Value, Origin) {
        (Value::Array(self.files.iter().cloned().map(Value::String).collect()), self.with.1.clone())
    }
}

/// The installer that the lock file means; without one, the requirements, or what the project itself declares. Two lock
/// files are two opinions, unless pyproject.toml itself says whose it is.
pub(super) fn installer(files: &Files<'_>, requirements: Option<&FoundInstaller>) -> Result<Option<FoundInstaller>> {
    match found_locks(files).as_slice() {
        [] => match requirements.cloned().or_else(|| declared(files)) {
            None => without_lock(files),
            found => Ok(found),
        },
        [row] => {
            let lock = row.lockfile.as_deref().unwrap_or_default();
            let mut found = vec![row.manifest.clone(), lock.to_owned()];
            found.extend(local_manifests(files, row));
            Ok(Some(FoundInstaller { with: chosen(lock, &row.name), files: found }))
        }
        several => {
            let found = |row: &&InstallerRow| {
                format!("{} (install.with = \"{}\")", row.lockfile.as_deref().unwrap_or_default(), row.name)
            };
            let found: Vec<_> = several.iter().map(found).collect();
            let error = Error::new(format!("there are several lock files: {}", found.join(", ")));
            Err(error.hint(format!("remove outdated ones, or choose one: --set install.with={}", several[0].name)))
        }
    }
}

/// The installers whose lockfiles are there; of several, only the one that owns the project, if one does.
fn found_locks(files: &Files<'_>) -> Vec<&'static InstallerRow> {
    let has_lock = |row: &&InstallerRow| row.lockfile.as_deref().is_some_and(|lock| files.directory.has(lock));
    let mut locks: Vec<_> = installers().iter().filter(has_lock).collect();
    if locks.len() > 1 {
        let claims: Vec<_> = installers().iter().filter(|row| claims(files, row)).collect();
        let yields = |row: &&InstallerRow| claims.iter().any(|other| row.yields_to.contains(&other.name));
        let owners: Vec<_> = claims.iter().copied().filter(|row| !yields(row)).collect();
        if let [owner] = owners.as_slice() {
            locks.retain(|row| row.name == owner.name);
        }
    }
    locks
}

/// Whether pyproject.toml says that the project belongs to an installer.
fn claims(files: &Files<'_>, row: &InstallerRow) -> bool {
    let backend = lookup(files.document, &["build-system", "build-backend"]).and_then(|value| value.get_ref().as_str());
    let is_standard = lookup(files.document, &["project", "name"]).is_some();
    let builds = |start: &String| !is_standard || backend.is_some_and(|backend| backend.starts_with(start.as_str()));
    lookup(files.document, &row.table).is_some() && row.backend.as_ref().is_none_or(builds)
}

/// A project with neither a lockfile nor requirements: the installer of its manifest resolves the versions in the build.
fn without_lock(files: &Files<'_>) -> Result<Option<FoundInstaller>> {
    let declares = |row: &&InstallerRow| match row.declares.as_deref() {
        Some([]) => files.directory.has(&row.manifest),
        Some(key) => lookup(files.document, key).is_some(),
        None => false,
    };
    if let Some(row) = installers().iter().rev().find(declares) {
        return Ok(Some(FoundInstaller { with: chosen(&row.manifest, &row.name), files: vec![row.manifest.clone()] }));
    }
    if CONDA.iter().any(|file| files.directory.has(file)) {
        let error = Error::new("conda's environment.yml is not supported: dockgen installs from PyPI");
        return Err(
            error.hint("write a requirements.txt, or choose an installer for one that you write later: --set install.with=pip")
        );
    }
    Ok(None)
}

pub(super) fn chosen(file: &str, tool: &str) -> (Value, Origin) {
    let source = Arc::new(Source::file(file, ""));
    (Value::String(tool.to_owned()), origin(&source, 0..0, ""))
}

/// The installer of requirements files, unless the spec names another one.
pub(super) fn requirements_installer() -> &'static str {
    installers().iter().find(|row| row.requirements).map_or("", |row| row.name.as_str())
}

/// Whether a folder has a lockfile of its own.
pub(super) fn is_locked(directory: &Path) -> bool {
    let mut locks = installers().iter().filter_map(|row| row.lockfile.as_deref());
    locks.any(|file| files::has_file(directory, file))
}

/// What the project itself declares.
pub(super) fn declared(files: &Files<'_>) -> Option<FoundInstaller> {
    let declared = lookup(files.document, &["project", "name"]).is_some() || !groups(files).is_empty();
    let source = files.pyproject.filter(|_| declared).map(|_| "pyproject.toml");
    let packaged = ["setup.py", "setup.cfg"].into_iter().find(|file| files.directory.has(file));
    let file = source.or(packaged)?;
    Some(FoundInstaller { with: chosen(file, requirements_installer()), files: vec![file.to_owned()] })
}

/// The dependency groups (PEP 735) of a project that declares its dependencies nowhere else: all but those for development, or these
/// if there are no others.
fn groups(files: &Files<'_>) -> Vec<String> {
    let elsewhere = [&["project", "dependencies"][..], &["tool", "poetry", "dependencies"], &["project", "dynamic"]];
    if elsewhere.into_iter().any(|key| lookup(files.document, key).is_some()) {
        return Vec::new();
    }
    let table = lookup(files.document, &["dependency-groups"]).and_then(|table| table.get_ref().as_table());
    let all: Vec<String> = table.into_iter().flatten().map(|(name, _)| name.get_ref().to_string()).collect();
    let (development, production): (Vec<_>, Vec<_>) = all.into_iter().partition(|name| DEVELOPMENT.contains(&name.as_str()));
    if production.is_empty() { development } else { production }
}

/// The groups that pip installs, if the manifest declares dependencies in groups only.
pub(super) fn chosen_groups(files: &Files<'_>, found: &FoundInstaller) -> Option<(Value, Origin)> {
    let is_manifest = found.files == ["pyproject.toml"];
    let names = if is_manifest { groups(files) } else { Vec::new() };
    let span = lookup(files.document, &["dependency-groups"])?.span();
    let names: Vec<_> = names.into_iter().map(Value::String).collect();
    (!names.is_empty()).then(|| Some((Value::Array(names), origin(files.pyproject?, span, "dependency-groups"))))?
}

/// What the installer can do with its lockfile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockState {
    /// Whether it can tell that the lockfile fits its manifest.
    pub verified: bool,
    /// Whether the build has to write the lockfile first: there is none, or PDM can't export it.
    pub resolved: bool,
    /// What the user should do about it.
    pub hint: Option<String>,
}

pub(super) fn lock_state(directory: &Folder, install: &InstallChoice) -> LockState {
    let verified = LockState { verified: true, ..LockState::default() };
    let row = install.with;
    let (Some(name), Some(InstallStage::Requirements)) = (row.lockfile.as_deref(), row.stage) else { return verified };
    let Some(lock) = install.files.iter().find(|file| paths::name(file) == name) else {
        let hint = format!(
            "there is no {name}, so each build installs the newest versions that {} allows: run `{} lock` and commit the file",
            row.manifest, row.name
        );
        return LockState { verified: false, resolved: true, hint: Some(hint) };
    };
    if row.reader != Some(LockReader::Pdm) {
        return verified;
    }
    let Some(metadata) = directory.read(lock).ok().flatten().and_then(|lock| pdm::Metadata::of(&lock)) else { return verified };
    let resolved = metadata.lacks_markers();
    let hint = format!(
        "{lock} lacks metadata that `pdm export` needs, so each build adds it, with the same versions: \
         run `pdm lock --update-reuse --strategy inherit_metadata` and commit the file"
    );
    LockState { verified: metadata.is_verifiable() && !resolved, resolved, hint: resolved.then_some(hint) }
}

/// The manifests of the other projects that the lockfile lists: it is checked against all of them.
fn local_manifests(files: &Files<'_>, row: &InstallerRow) -> Vec<String> {
    if !row.workspace {
        return Vec::new();
    }
    let others = local_projects(files.directory).into_iter().filter(|project| !is_outside(&project.folder));
    let mut manifests: Vec<String> = others.map(|project| normal(&format!("{}/pyproject.toml", project.folder))).collect();
    manifests.retain(|file| file != "pyproject.toml" && files.directory.has(file));
    manifests.sort();
    manifests
}

/// Whether a folder lies outside the project.
fn is_outside(folder: &str) -> bool {
    folder.starts_with("..") || folder.starts_with('/')
}

/// The lockfile that lists the members of a workspace.
pub(super) fn workspace_lock() -> &'static str {
    installers().iter().find(|row| row.workspace).and_then(|row| row.lockfile.as_deref()).unwrap_or_default()
}

/// The projects that the lockfile lists by their folders: it has the path of each one, so the patterns in pyproject.toml are not needed.
pub(super) fn local_projects(directory: &Folder) -> Vec<LocalProject> {
    let summary = lock_summary(directory, workspace_lock(), LockReader::Uv);
    summary.as_ref().as_ref().map(|summary| summary.projects.clone()).unwrap_or_default()
}

/// The names and folders of a workspace's members.
pub(super) fn member_folders(directory: &Folder) -> Vec<(String, String)> {
    let members = local_projects(directory).into_iter().filter(|project| project.is_member);
    members.map(|project| (project.name, project.folder)).collect()
}

/// How to make the files that the installer is given and that don't exist yet.
pub(super) fn absent(directory: &Folder, install: &InstallChoice) -> Vec<String> {
    let missing = install.files.iter().filter(|file| install.with.installs() && !directory.has(file));
    let step = |file: &String| match InstallerRow::of_lockfile(file) {
        Some(row) => format!("{} lock    # writes {file}", row.name),
        None => format!("write {file}    # {} installs from it", install.with.name),
    };
    missing.map(step).collect()
}

/// Every file that the installer is given, or that these files include, must be there: a bind mount of a missing file stops the
/// build, and so does an include that is not mounted.
pub(super) fn prove(directory: &Folder, install: &InstallChoice, layers: &Node) -> Result<()> {
    if let Some(missing) = install.files.iter().find(|file| !directory.has(file)) {
        let hint = match InstallerRow::of_lockfile(missing) {
            Some(row) => format!("run `{} lock`, or set install.with to another installer", row.name),
            None => requirements::present(directory).map_or_else(
                || format!("create `{missing}`, or commit a lockfile such as uv.lock"),
                |file| format!("to install from `{file}`: --set install.with=pip --set 'install.files=[{file:?}]'"),
            ),
        };
        // a place in a built-in preset is no line that a user could change
        let own = |key: &str| layers.get(key).map(Node::origin).filter(|origin| !origin.is_built_in());
        let place = |key: &str| own(key).map(|origin| origin.place.clone());
        let note = place("install.files").and_then(|_| place("install.with"));
        // of all presets in the list, only the installer's own is the one to change
        let listed = layers.value("presets").and_then(Value::as_array);
        let names_it = listed.into_iter().flatten().any(|name| name.as_str() == Some(&install.with.name));
        let presets = || layers.place("presets").filter(|_| names_it);
        let first = place("install.files").or_else(|| place("install.with")).or_else(presets);
        return Err(Error::new(format!("`{}` installs from `{missing}`, and there is no such file", install.with.name))
            .at(first)
            .note(note, "the installer is chosen here")
            .hint(hint));
    }
    let files = install.files.iter().filter(|_| install.with.installs());
    let includes =
        files.flat_map(|file| requirements::included(directory, file).into_iter().map(move |(name, line)| (file, name, line)));
    match includes.into_iter().find(|(_, name, _)| !install.files.contains(name)) {
        Some((file, name, line)) => Err(Error::new(format!("{file}:{line} includes `{name}`, which is not in `install.files`"))
            .at(layers.place("install.files"))
            .hint("add it: the build sees only the files that are named there")),
        None => Ok(()),
    }
}
