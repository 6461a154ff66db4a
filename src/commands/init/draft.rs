//! Renders and writes the files for the decisions made in `dockgen init`.

use std::path::{Path, PathBuf};

use toml::Value;

use super::{Decisions, merged};
use crate::detect::suggested;
use crate::error::{Error, Exit, Result};
use crate::output::{OutputFile, OutputKind};
use crate::pipeline::{Changeset, LOCK, LockFile, SPEC, Survey, carry_out, plan, render, resolve_new};
use crate::plan::{Action, OverwritePolicy, Plan, Step, path_key};
use crate::preset::Library;
use crate::render::RenderedFile;
use crate::report::Report;
use crate::write::{self, WriteLock};
use crate::{plan, prompt};

/// One run of `dockgen init`.
pub(super) struct Session<'a> {
    pub(super) survey: &'a Survey,
    pub(super) directory: PathBuf,
    /// Whether to ask in the terminal.
    pub(super) ask: bool,
    /// Whether to overwrite files that dockgen didn't write.
    pub(super) force: bool,
    pub(super) seen: Seen,
    pub(super) report: &'a Report,
}

impl Session<'_> {
    /// Decides about existing files, then writes all files.
    pub(super) fn write(&self, decisions: &mut Decisions, library: &mut Library, hints: &[String]) -> Result<Exit> {
        let guard = write::lock(&self.directory)?;
        // with no code, there is nothing that the entry point could be checked against
        let needs_entry = !self.ask && suggested::has_code(&self.survey.folder);
        let mut ignored = None;
        loop {
            let Draft { mut changes, outputs, port, steps } = self.draft(decisions, library, needs_entry)?;
            if !settle(decisions, &changes.plan, self.ask, self.report)? {
                continue;
            }
            changes.add_lock(&self.survey.folder, library, &self.seen.lock)?;
            if ignored.is_none() {
                ignored = Some(self.ignore_line()?);
            }
            if let Some(Some(line)) = &ignored {
                line.add_to(&mut changes.plan, &self.directory)?;
            }
            let exit = self.apply(&changes.plan, &guard)?;
            if exit == Exit::Done {
                let more = changes.hints().into_iter().filter(|hint| !hints.contains(hint));
                self.report.hints(&hints.iter().cloned().chain(more).collect::<Vec<_>>());
                self.report.next(&self.directory, steps, &outputs, port);
            }
            return Ok(exit);
        }
    }

    /// The stages of the pipeline for the decisions so far.
    fn draft(&self, decisions: &Decisions, library: &mut Library, needs_entry: bool) -> Result<Draft> {
        let Session { survey, directory, seen, .. } = self;
        let text = decisions.to_text();
        let merged = merged(survey, &text, library)?;
        let (resolved, steps) = resolve_new(&survey.folder, &merged, needs_entry)?;
        let rendered = render(resolved, &merged.templates, &[])?;
        let (outputs, port) = (rendered.outputs.clone(), rendered.port);
        let policy = OverwritePolicy { force: self.force, restore: true, ..OverwritePolicy::default() };
        let mut changes = plan(&survey.folder, library, rendered, policy)?;
        let is = |step: &Step, (path, seen): &(String, Vec<u8>)| *path == step.file.path && *seen == step.before;
        let replaced = |step: &&mut Step| decisions.replace.iter().any(|replaced| is(step, replaced));
        changes.plan.steps.iter_mut().filter(replaced).for_each(|step| step.action = Action::Replaced);
        let spec = RenderedFile { key: "spec".into(), path: SPEC.to_owned(), text };
        changes.plan.add_own(directory, spec, seen.spec.as_deref())?;
        // write and name the spec first
        changes.plan.steps.rotate_right(1);
        Ok(Draft { changes, outputs, port, steps })
    }

    /// Writes a plan if the user agrees.
    fn apply(&self, plan: &Plan, guard: &WriteLock) -> Result<Exit> {
        if self.ask {
            self.report.planned(plan);
            if !prompt::yes_or_no("Write these files?", Some(true))?.ok_or_else(undecided)? {
                self.report.note("nothing was written");
                return Ok(Exit::No);
            }
        }
        let changed = carry_out(plan, guard)?;
        if !changed.is_empty() {
            self.report.changed(&changed.paths, &changed.saved);
            return Ok(Exit::No);
        }
        self.report.written(plan);
        Ok(Exit::Done)
    }
}

struct Draft {
    changes: Changeset,
    outputs: Vec<OutputFile>,
    port: u16,
    /// What to write before the first build.
    steps: Vec<String>,
}

/// The spec and the lock from before the questions: there are none, or --force replaces them.
pub(super) struct Seen {
    spec: Option<Vec<u8>>,
    lock: LockFile,
}

impl Seen {
    pub(super) fn of(directory: &Path) -> Self {
        let seen = |name: &str| plan::seen(&directory.join(name));
        Self { spec: seen(SPEC), lock: LockFile { name: LOCK.to_owned(), seen: seen(LOCK) } }
    }
}

/// Decides about the next file that dockgen did not write. False: the plan must be made again.
fn settle(decisions: &mut Decisions, plan: &Plan, ask: bool, report: &Report) -> Result<bool> {
    let Some(step) = plan.refused().next() else { return Ok(true) };
    let (key, path) = (step.file.key.as_ref(), step.file.path.clone());
    let beside = beside(key, &path);
    let answers = [
        format!("keep it, and write {beside}"),
        "keep it, and turn this output off".to_owned(),
        "show the diff".to_owned(),
        "replace it".to_owned(),
    ];
    loop {
        let answer =
            if ask { prompt::choose(&format!("{path} exists and was not written by dockgen"), &answers, 0)? } else { Some(0) };
        let kind = OutputKind::of_key(key);
        // the path of .dockerignore follows from the Dockerfile's
        let named = if kind == Some(OutputKind::Dockerignore) { OutputKind::Dockerfile.key() } else { key };
        let output = path_key(named);
        match answer {
            Some(0) => {
                report.note(&format!("{:>10} {path} (not written by dockgen), so dockgen writes {beside} instead", "kept"));
                decisions.set(&format!("output.{output}"), Value::String(beside));
            }
            Some(1) => {
                decisions.set(&format!("output.{key}"), Value::Boolean(false));
                if kind == Some(OutputKind::Dockerfile) {
                    decisions.set("output.dockerignore", Value::Boolean(false));
                }
            }
            Some(2) => {
                report.diff(&Plan { steps: vec![step.clone()] })?;
                continue;
            }
            Some(_) => decisions.replace.push((path, step.before.clone())),
            None => return Err(undecided()),
        }
        return Ok(false);
    }
}

/// The error for a cancelled question.
pub(super) fn undecided() -> Error {
    Error::new("cancelled, and nothing was written").hint("to answer with detected values and defaults: dockgen init --yes")
}

/// Another path for an output, with `dockgen` in its name.
fn beside(key: &str, path: &str) -> String {
    // the name of .dockerignore comes from the Dockerfile's
    let path = if OutputKind::of_key(key) == Some(OutputKind::Dockerignore) { "Dockerfile" } else { path };
    let (folder, name) = path.rsplit_once('/').map_or((String::new(), path), |(folder, name)| (format!("{folder}/"), name));
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{folder}{stem}.dockgen.{extension}"),
        _ => format!("{folder}{name}.dockgen"),
    }
}
