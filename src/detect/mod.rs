//! Detects facts in the project, each with file and line. Detection never writes or runs anything.

mod application;
mod collect;
mod commands;
pub mod context;
mod demanded;
mod django;
mod drivers;
mod entry;
mod environment;
mod fixed_addresses;
mod health;
mod install;
mod package;
mod processes;
mod procfile;
mod programs;
mod project_name;
mod pydantic;
mod python_version;
mod requirements;
mod scope;
mod secret_types;
mod service_settings;
mod services;
mod setting;
mod sqlite;
mod static_root;
pub mod suggested;
pub mod system_packages;
mod volumes;
mod workers;
mod workspace;
mod written;

use std::sync::Arc;

use toml::de::DeTable;

use crate::error::{Result, Source};
use crate::layers::Node;
use crate::model::InstallChoice;
use crate::project::tables;
use crate::python::codebase::Codebase;

pub use crate::facts::{Fact, Facts};
pub use crate::project::Folder;
pub use install::LockState;
pub use scope::DetectScope;
pub use workspace::workspace_above;

/// The project's files for detection.
struct Files<'a> {
    directory: &'a Folder,
    /// `pyproject.toml`.
    pyproject: Option<&'a Arc<Source>>,
    /// The parsed `pyproject.toml`.
    document: Option<&'a DeTable<'a>>,
}

/// Detects all facts in a folder; the Python version only if no layer sets it.
///
/// # Errors
/// A manifest can't be read or parsed.
pub fn facts(directory: &Folder, decided_python: bool) -> Result<Facts> {
    let pyproject = directory.read("pyproject.toml")?;
    let document = pyproject.as_ref().map(tables::parse).transpose()?;
    let files = Files { directory, pyproject: pyproject.as_ref(), document: document.as_ref() };
    let mut facts = Facts::none();
    facts.add("project.name", Ok(Some(project_name::name(&files))));
    let requirements = requirements::requirements(&files);
    let installer = install::installer(&files, requirements.as_ref());
    if !decided_python {
        let mut hints = Vec::new();
        let pinned = installer.as_ref().ok().and_then(Option::as_ref).map(|installer| installer.dependencies(directory));
        let mut fitting = Vec::new();
        let version = python_version::version(&files, &pinned.unwrap_or_default(), &mut fitting);
        facts.add("python.version", version);
        for (key, value, origin) in python_version::only_image(&files, &mut hints).into_iter().flatten() {
            facts.add(key, Ok(Some((value, origin))));
        }
        facts.hints.extend(hints);
        facts.pythons = fitting;
    }
    match installer {
        Ok(Some(installer)) => {
            facts.installer = Some(installer.clone());
            facts.add("install.files", Ok(Some(installer.list())));
            facts.add("install.groups", Ok(install::chosen_groups(&files, &installer)));
            facts.add("install.with", Ok(Some(installer.with)));
        }
        Ok(None) => {}
        Err(doubt) => facts.doubts.push(("install.with", doubt)),
    }
    facts.requirements = requirements.map(|installer| installer.list());
    facts.add("install.project", Ok(package::package(&files)));
    Ok(facts)
}

/// Detects the facts within the scope, including those from Python sources.
///
/// # Errors
/// A manifest can't be read or parsed.
pub fn survey(directory: &Folder, scope: &DetectScope) -> Result<Facts> {
    let mut facts = facts(directory, scope.decided_python)?;
    collect::add(&Codebase::of(directory, scope.within.clone()), scope, &mut facts);
    facts.hints.extend(directory.hints());
    Ok(facts)
}

/// Checks that the files to install from and the application exist, and that no volume hides code.
///
/// # Errors
/// A file doesn't exist, or a volume is over it. The error names its key.
pub fn prove(directory: &Folder, install: &InstallChoice, layers: &Node) -> Result<()> {
    install::prove(directory, install, layers)?;
    volumes::prove(directory, layers)?;
    entry::prove(directory, layers)
}

/// What the files to be written need and the project doesn't have yet, as next steps for a new project.
///
/// # Errors
/// As for [`prove`], except for files to install from that don't exist yet, if there is no lockfile either. With `needs_entry`, the
/// application must exist.
pub fn absent(directory: &Folder, install: &InstallChoice, layers: &Node, needs_entry: bool) -> Result<Vec<String>> {
    let mut steps = install::absent(directory, install);
    // a lockfile without its manifest is no new project
    let is_locked = install.with.lockfile.as_deref().is_some_and(|lockfile| directory.has(lockfile));
    if steps.is_empty() || is_locked {
        install::prove(directory, install, layers)?;
    }
    if needs_entry {
        entry::prove(directory, layers)?;
    }
    steps.extend(entry::absent(directory, layers));
    Ok(steps)
}

/// Checks that the application exists.
///
/// # Errors
/// `app.entry` names a module or an object that doesn't exist.
pub fn prove_entry(directory: &Folder, layers: &Node) -> Result<()> {
    entry::prove(directory, layers)
}

/// Whether the project has a file at a path that dockgen didn't write.
#[must_use]
pub fn is_projects_own(directory: &Folder, path: &str) -> bool {
    directory.read(path).is_ok_and(|source| source.is_some_and(|source| !directory.is_generated(path, &source.text)))
}
