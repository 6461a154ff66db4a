//! The stages as code. Each has one result, which nothing downstream changes:
//!
//! | stage | reads | result |
//! |---|---|---|
//! | [`load`] | spec, flags, lock | [`Loaded`] |
//! | [`detect`] | the project's files | [`Facts`] |
//! | [`merge`] | presets | [`Project`] |
//! | [`resolve`] | the files that the choices name | [`Resolved`] |
//! | [`render`] | templates | [`Rendered`] |
//! | [`plan`] | what was written before | [`Changeset`] |
//!
//! Commands choose modes, call these stages and report.

mod above;
mod changeset;
mod load;

use std::cell::RefCell;
use std::path::Path;

use crate::detect::{self as detection, DetectScope, Fact, Facts, Folder};
use crate::error::Result;
use crate::files;
use crate::lock::Lock;
use crate::output::{OutputFile, OutputKind};
use crate::preset::{self, Library, MergedPresets, TemplateSet};
use crate::render::{self as rendering, RenderedFile};
use crate::resolve::{self as resolving, Choices, Findings, Resolved, ServerFile};
use crate::write;

pub(crate) use above::{Nearest, nearest};
pub(crate) use changeset::{Changeset, carry_out, plan};
pub(crate) use load::{Loaded, LockFile, ProjectLocation, SpecInput, locate, open};

/// The spec's usual name.
pub(crate) const SPEC: &str = "dockgen.toml";

/// The usual name of its lock.
pub(crate) const LOCK: &str = "dockgen.lock";

/// The lock's key among those of outputs.
pub(crate) const LOCK_KEY: &str = "lock";

/// A project with its merged layers, whose values are not checked yet.
pub(crate) struct Project {
    pub(crate) folder: Folder,
    pub(crate) merged: MergedPresets,
    /// Where its presets came from.
    pub(crate) library: Library,
    pub(crate) lock: LockFile,
    /// Applications of which the spec must choose one.
    pub(crate) candidates: Vec<Fact>,
    /// Kept while the project may be written to.
    pub(crate) guard: Option<write::WriteLock>,
}

/// The files that a spec asks for, as dockgen would write them.
pub(crate) struct Rendered {
    /// The wanted ones.
    pub(crate) files: Vec<RenderedFile>,
    /// All outputs of the spec, also those that are not wanted now.
    pub(crate) outputs: Vec<OutputFile>,
    /// The port of the web process.
    pub(crate) port: u16,
    /// What dockgen can't decide.
    pub(crate) hints: Vec<String>,
}

/// Detects everything that the spec leaves open.
pub(crate) fn detect(loaded: &Loaded) -> Result<Facts> {
    detection::survey(&loaded.folder, &DetectScope::after(&loaded.spec))
}

/// Merges facts, presets and the spec into one tree of layers.
pub(crate) fn merge(loaded: Loaded, facts: Facts) -> Result<Project> {
    let Loaded { folder, request, spec, mut library, lock } = loaded;
    let candidates = facts.candidates.clone();
    let merged = preset::merge(&request, spec, facts, &mut library)?;
    Ok(Project { folder, merged, library, lock, candidates, guard: None })
}

/// Decides everything, with what the project's files say about the choices. Only what outputs of these keys need is read; all, where
/// no key is named.
pub(crate) fn resolve(folder: &Folder, merged: &MergedPresets, wanted: &[&str]) -> Result<Resolved> {
    resolve_proven(folder, merged, wanted, |choices| detection::prove(folder, &choices.install, choices.layers()))
}

/// Decides everything for a project whose lockfile may not exist yet, nor its application unless `needs_entry`; the steps tell what to
/// write next.
pub(crate) fn resolve_new(folder: &Folder, merged: &MergedPresets, needs_entry: bool) -> Result<(Resolved, Vec<String>)> {
    let mut steps = Vec::new();
    let resolved = resolve_proven(folder, merged, &[], |choices| {
        steps = detection::absent(folder, &choices.install, choices.layers(), needs_entry)?;
        Ok(())
    })?;
    Ok((resolved, steps))
}

fn resolve_proven(
    folder: &Folder,
    merged: &MergedPresets,
    wanted: &[&str],
    prove: impl FnOnce(&Choices<'_>) -> Result<()>,
) -> Result<Resolved> {
    let checked = resolving::check_layers(&merged.layers, &merged.asks)?;
    let choices = resolving::choose(&checked)?;
    prove(&choices)?;
    let findings = find(folder, &choices, wanted)?;
    let resolved = resolving::resolve(choices, &findings)?;
    resolving::asked_for(wanted, &resolved.outputs, &merged.layers)?;
    if let Some(dockerfile) = resolved.ignored_dockerfile().filter(|_| findings.context.is_some()) {
        detection::context::prove(folder, &resolved.model, dockerfile)?;
    }
    Ok(resolved)
}

/// Looks for what the choices name and what the wanted outputs need.
fn find(folder: &Folder, choices: &Choices<'_>, wanted: &[&str]) -> Result<Findings> {
    let writes = |kind: OutputKind| choices.path_of(kind).is_some() && is_wanted(kind.key(), wanted);
    let Choices { install, python, debian, .. } = choices;
    let needs = || detection::system_packages::of_project(folder, install, python, debian);
    Ok(Findings {
        needs: writes(OutputKind::Dockerfile).then(needs).transpose()?,
        context: writes(OutputKind::Dockerignore).then(|| detection::context::facts(folder)),
        server_file: server_file(folder, choices),
    })
}

/// The project's own settings of its server, if they are where dockgen would write some.
fn server_file(folder: &Folder, choices: &Choices<'_>) -> Option<ServerFile> {
    let path = choices.path_of(OutputKind::Gunicorn).filter(|path| detection::is_projects_own(folder, path))?;
    let text = files::text_in(folder, path, files::OUTPUT).unwrap_or_default();
    Some(ServerFile { path: path.to_owned(), text })
}

fn is_wanted(key: &str, wanted: &[&str]) -> bool {
    wanted.is_empty() || wanted.contains(&key)
}

/// Renders the outputs of these keys; all, where no key is named.
pub(crate) fn render(resolved: Resolved, templates: &[TemplateSet], wanted: &[&str]) -> Result<Rendered> {
    let Resolved { model, outputs, hints } = resolved;
    let wanted: Vec<OutputFile> = outputs.iter().filter(|output| is_wanted(&output.key, wanted)).cloned().collect();
    Ok(Rendered { files: rendering::render(&model, &wanted, templates)?, outputs, port: model.port, hints })
}

impl Project {
    /// Resolves and renders the outputs of these keys; all, where no key is named.
    pub(crate) fn render(&self, wanted: &[&str]) -> Result<Rendered> {
        let resolved = resolve(&self.folder, &self.merged, wanted)?;
        render(resolved, &self.merged.templates, wanted)
    }
}

/// A folder whose files are read, and searched for the same facts, only once, however often a spec for it changes.
pub(crate) struct Survey {
    pub(crate) folder: Folder,
    known: RefCell<Vec<(DetectScope, Facts)>>,
}

impl Survey {
    /// Starts with nothing read.
    pub(crate) fn new(directory: &Path) -> Self {
        let outputs = Lock::read(directory, LOCK).unwrap_or_default().outputs;
        Self { folder: Folder::of_outputs(directory, outputs.keys()), known: RefCell::default() }
    }

    /// Detects what is in scope.
    pub(crate) fn facts(&self, scope: &DetectScope) -> Result<Facts> {
        let known = self.known.borrow().iter().find(|(known, _)| known == scope).map(|(_, facts)| facts.clone());
        if let Some(facts) = known {
            return Ok(facts);
        }
        let facts = detection::survey(&self.folder, scope)?;
        self.known.borrow_mut().push((scope.clone(), facts.clone()));
        Ok(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Source;
    use crate::layers::Node;

    #[test]
    fn a_survey_reads_the_files_once_for_each_question() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("main.py"), "from fastapi import FastAPI\napp = FastAPI()\n").unwrap();
        let survey = Survey::new(project.path());
        let entry = || survey.facts(&DetectScope::default()).unwrap().layer.get("app.entry").map(Node::to_value);
        assert_eq!(entry(), Some("main:app".into()));
        std::fs::remove_file(project.path().join("main.py")).unwrap();
        assert_eq!(entry(), Some("main:app".into()));
        let empty = Node::empty(&std::sync::Arc::new(Source::file("", "")));
        assert_eq!(DetectScope::after(&empty), DetectScope::default(), "a spec that decides nothing asks what init asks first");
    }
}
