//! From rendered files to files on the disk: what `generate` and `presets update` have in common.

use std::collections::BTreeMap;
use std::path::Path;

use super::{LOCK_KEY, Project};
use crate::error::{Error, Exit, Result};
use crate::lock::Lock;
use crate::merge::{merge, with_endings_of};
use crate::plan::{Action, Leave, Plan, Stale, State};
use crate::render::File;
use crate::report::Report;
use crate::{history, limits, plan, prompt, resolve, write};

/// What is said where a merge has to do without the history.
const UNREAD: &str = "the git history of this project could not be read in time, so there may be more conflicts than necessary: \
                      `git fsck` looks for damage, and DOCKGEN_TIMEOUT=300 gives it 300 seconds";

/// The files that a project's spec asks for, before anybody looks at the disk.
#[derive(Default)]
pub(super) struct Rendered {
    pub(super) files: Vec<File>,
    /// What dockgen could not know.
    pub(super) hints: Vec<String>,
    /// Paths of all outputs, also of those that are not wanted now.
    paths: Vec<String>,
}

impl Rendered {
    /// Renders the outputs of these keys; all, where none is named.
    pub(super) fn new(project: &mut Project, wanted: &[&str]) -> Result<Self> {
        let mut resolved = super::resolved(&project.directory, &mut project.layers, &project.asks)?;
        resolve::asked_for(wanted, &resolved.outputs, &project.layers)?;
        let paths = resolved.outputs.iter().map(|output| output.path.clone()).collect();
        resolved.outputs.retain(|output| wanted.is_empty() || wanted.contains(&&*output.key));
        let files = super::files(&project.directory, &mut resolved, &project.templates)?;
        let hints = resolved.hints.into_iter().chain(project.directory.hints()).collect();
        Ok(Self { files, hints, paths })
    }
}

/// A plan, and what has to be known to carry it out.
pub(super) struct Work {
    pub(super) plan: Plan,
    pub(super) hints: Vec<String>,
    /// What dockgen wrote last, by path.
    last: BTreeMap<String, String>,
    /// Files that no output stands for any more.
    stale: Vec<(String, Stale)>,
}

impl Work {
    /// Holds the rendered files against the disk.
    pub(super) fn new(project: &Project, rendered: Rendered, leave: Leave) -> Result<Self> {
        let mut last = project.library.before().outputs.clone();
        let stale = stale(&project.directory, &rendered.paths, &last);
        // what was turned off and deleted may be turned on again; what someone made their own is named once
        let is_left = |path: &String| stale.iter().any(|(stale, kind)| stale == path && *kind != Stale::Taken);
        last.retain(|path, _| rendered.paths.contains(path) || is_left(path));
        let plan = Plan::new(&project.directory, rendered.files, &last, leave)?;
        Ok(Self { plan, hints: rendered.hints, last, stale })
    }

    /// Asks what to do where writing would lose somebody's work. False: nothing is to be written.
    pub(super) fn settle(&mut self, ask: bool, report: &Report) -> Result<bool> {
        if self.plan.refused().next().is_none() {
            return Ok(true);
        }
        report.conflicts(&self.plan);
        if let Some(leave) = if ask { choose(&self.plan)? } else { None } {
            self.plan.settle(leave);
            return Ok(true);
        }
        report.nothing_written();
        Ok(false)
    }

    /// Merges what is new into what was edited. `before` may hold what dockgen wrote last.
    pub(super) fn merge(&mut self, directory: &Path, before: &[File]) -> Result<()> {
        for step in self.plan.steps.iter_mut().filter(|step| step.action == Action::Merged) {
            let path = &step.file.path;
            // a limit that is no number is an error, not a missing history
            limits::history()?;
            if std::str::from_utf8(&step.before).is_err() {
                return Err(Error::new(format!("`{path}` is not UTF-8 text, so dockgen can't merge into it"))
                    .hint("save it as UTF-8, or overwrite it with --force"));
            }
            let edited = step.edited();
            let rendered: Vec<&str> = before.iter().filter(|file| file.path == *path).map(|file| file.text.as_str()).collect();
            let locked = self.last.get(path).map(String::as_str);
            let last = history::last_written(directory, path, locked, &edited, &rendered);
            if last.is_err() && !self.hints.iter().any(|hint| hint == UNREAD) {
                self.hints.push(UNREAD.to_owned());
            }
            let merged = merge(last.unwrap_or_default().as_deref(), &edited, &step.file.text);
            if merged.conflicts > 0 {
                step.action = Action::Conflicted;
            }
            step.merged = Some(with_endings_of(&String::from_utf8_lossy(&step.before), &merged.text));
        }
        Ok(())
    }

    /// Adds the lock as it is when the plan is carried out.
    pub(super) fn add_lock(&mut self, project: &Project) -> Result<()> {
        let lock = Lock::new(project.library.used().clone(), self.plan.written(&self.last));
        let file = File { key: LOCK_KEY.into(), path: project.lock.clone(), text: lock.to_text() };
        self.plan.add_own(&project.directory, file, project.lock_seen.as_deref())
    }

    /// Writes, and says what was done.
    pub(super) fn write(&mut self, project: &Project, report: &Report) -> Result<Exit> {
        let guard = project.guard.as_ref().ok_or_else(|| Error::new("cannot write without the lock on the folder"))?;
        let changed = apply(&self.plan, guard)?;
        if !changed.is_empty() {
            report.changed(&changed.paths, &changed.saved);
            self.plan.stop(&changed.paths);
            return Ok(Exit::No);
        }
        report.updated_presets(project.library.moved());
        report.written(&self.plan);
        report.hints(&self.hints());
        let conflicts = self.plan.steps.iter().any(|step| step.action == Action::Conflicted);
        Ok(if conflicts { Exit::No } else { Exit::Done })
    }

    /// What has to be said besides.
    pub(super) fn hints(&self) -> Vec<String> {
        let known = if self.plan.changes().next().is_some() { self.hints.as_slice() } else { &[] };
        let stale = self.stale.iter().map(|(path, kind)| {
            let words = match kind {
                Stale::AsWritten => ": delete it",
                Stale::Edited => "; it was edited by hand: keep the lines that you need, then delete it",
                Stale::Taken => "; it has no dockgen header, so it stays: check whether you need it",
            };
            format!("{path} is no longer written by this spec{words}")
        });
        known.iter().cloned().chain(stale).collect()
    }
}

/// Writes a plan, and keeps what it wrote for a later merge.
pub(super) fn apply(plan: &Plan, guard: &write::Lock) -> Result<write::Changed> {
    let changed = write::apply(plan, guard)?;
    if changed.is_empty() {
        plan.outputs().filter(|step| step.action.writes()).for_each(|step| history::keep(&step.file));
    }
    Ok(changed)
}

/// Lets somebody choose what may be done to files that would be lost.
fn choose(plan: &Plan) -> Result<Option<Leave>> {
    if !prompt::can_ask() {
        return Ok(None);
    }
    let merge = Leave { merge: true, ..Leave::default() };
    let force = Leave { force: true, ..Leave::default() };
    let mut answers = vec![("keep them, and write nothing", None), ("overwrite them: manual edits are lost", Some(force))];
    if plan.refused().all(|step| step.state != State::Foreign) {
        answers.insert(0, ("merge updates into them", Some(merge)));
    }
    let words: Vec<String> = answers.iter().map(|(words, _)| (*words).to_owned()).collect();
    let chosen = prompt::choose("What should dockgen do with these files?", &words, 0)?;
    Ok(chosen.and_then(|at| answers[at].1))
}

/// Files that dockgen once wrote, and that are no output any more: other tools still find them.
fn stale(directory: &Path, outputs: &[String], last: &BTreeMap<String, String>) -> Vec<(String, Stale)> {
    let is_output = |path: &str| outputs.iter().any(|output| output == path || plan::is_one_file(directory, output, path));
    let left = last.iter().filter(|(path, _)| !is_output(path));
    left.filter_map(|(path, hash)| Some((path.clone(), plan::stale(directory, path, hash)?))).collect()
}
