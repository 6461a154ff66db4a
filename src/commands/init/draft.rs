//! What `dockgen init` would write for the decisions so far, and how it writes that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Value;

use super::{Decisions, merged};
use crate::error::{Error, Exit, Result};
use crate::lock::Lock;
use crate::output::{OutputFile, OutputKind};
use crate::pipeline::{LOCK, LOCK_KEY, Rendered, SPEC, Survey, carry_out, render, resolve};
use crate::plan::{Action, OverwritePolicy, Plan, Step, path_key};
use crate::preset::Library;
use crate::render::RenderedFile;
use crate::report::Report;
use crate::{plan, prompt, write};

/// One run of `dockgen init`.
pub(super) struct Session<'a> {
    pub(super) survey: &'a Survey,
    pub(super) directory: PathBuf,
    /// Whether a user answers.
    pub(super) ask: bool,
    /// Whether files that dockgen did not write are replaced.
    pub(super) force: bool,
    pub(super) seen: Seen,
    pub(super) report: &'a Report,
}

impl Session<'_> {
    /// Settles what happens to files that are there, then writes all files.
    pub(super) fn write(&self, decisions: &mut Decisions, library: &mut Library, hints: &[String]) -> Result<Exit> {
        let last = Lock::read(&self.directory, LOCK).unwrap_or_default().outputs;
        let policy = OverwritePolicy { force: self.force, restore: true, ..OverwritePolicy::default() };
        loop {
            let draft = draft(self, decisions, library, &last, policy)?;
            let Some(mut plan) = settle(decisions, draft.plan, self.ask, self.report)? else { continue };
            let lock = Lock::new(library.used().clone(), plan.written(&BTreeMap::new()));
            let file = RenderedFile { key: LOCK_KEY.into(), path: LOCK.to_owned(), text: lock.to_text() };
            plan.add_own(&self.directory, file, self.seen.lock.as_deref())?;
            let exit = self.apply(&plan)?;
            if exit == Exit::Done {
                self.report.hints(hints);
                self.report.hints(&draft.hints);
                self.report.next(&self.directory, &draft.outputs, draft.port);
            }
            return Ok(exit);
        }
    }

    /// Writes a plan if the user agrees.
    fn apply(&self, plan: &Plan) -> Result<Exit> {
        if self.ask {
            self.report.planned(plan);
            if !prompt::yes_or_no("Write these files?", Some(true))? {
                self.report.note("nothing was written");
                return Ok(Exit::No);
            }
        }
        let guard = write::lock(&self.directory)?;
        let changed = carry_out(plan, &guard)?;
        if !changed.is_empty() {
            self.report.changed(&changed.paths, &changed.saved);
            return Ok(Exit::No);
        }
        self.report.written(plan);
        Ok(Exit::Done)
    }
}

/// What would be written for the decisions that were made so far.
struct Draft {
    plan: Plan,
    hints: Vec<String>,
    outputs: Vec<OutputFile>,
    port: u16,
}

fn draft(
    session: &Session<'_>,
    decisions: &Decisions,
    library: &mut Library,
    last: &BTreeMap<String, String>,
    policy: OverwritePolicy,
) -> Result<Draft> {
    let text = decisions.to_text();
    let Session { survey, directory, seen, .. } = session;
    let mut merged = merged(survey, &text, library)?;
    let resolved = resolve(&survey.folder, &mut merged, &[])?;
    let Rendered { files, outputs, port, hints } = render(resolved, &merged.templates, &[])?;
    let mut plan = Plan::new(directory, files, last, policy)?;
    let is = |step: &Step, (path, seen): &(String, Vec<u8>)| *path == step.file.path && *seen == step.before;
    let replaced = |step: &&mut Step| decisions.replace.iter().any(|replaced| is(step, replaced));
    plan.steps.iter_mut().filter(replaced).for_each(|step| step.action = Action::Replaced);
    plan.add_own(directory, RenderedFile { key: "spec".into(), path: SPEC.to_owned(), text }, seen.spec.as_deref())?;
    // it is written and named first
    plan.steps.rotate_right(1);
    Ok(Draft { plan, hints, outputs, port })
}

/// The spec and the lock before anything was asked: there are none, or --force replaces them.
pub(super) struct Seen {
    spec: Option<Vec<u8>>,
    lock: Option<Vec<u8>>,
}

impl Seen {
    pub(super) fn of(directory: &Path) -> Self {
        Self { spec: plan::seen(&directory.join(SPEC)), lock: plan::seen(&directory.join(LOCK)) }
    }
}

/// Decides about every file that dockgen did not write; none where the plan must be made anew.
fn settle(decisions: &mut Decisions, plan: Plan, ask: bool, report: &Report) -> Result<Option<Plan>> {
    let Some(step) = plan.refused().next() else { return Ok(Some(plan)) };
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
        return Ok(None);
    }
}

/// A question was left without an answer.
pub(super) fn undecided() -> Error {
    Error::new("cancelled, and nothing was written")
}

/// Another name for an output: its own with `dockgen` in it.
fn beside(key: &str, path: &str) -> String {
    // the name of .dockerignore comes from the Dockerfile's
    let path = if OutputKind::of_key(key) == Some(OutputKind::Dockerignore) { "Dockerfile" } else { path };
    let (folder, name) = path.rsplit_once('/').map_or((String::new(), path), |(folder, name)| (format!("{folder}/"), name));
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{folder}{stem}.dockgen.{extension}"),
        _ => format!("{folder}{name}.dockgen"),
    }
}
