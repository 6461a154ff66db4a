//! The last stage: what would change on the disk.

use std::collections::BTreeMap;
use std::path::Path;

use super::{LOCK_KEY, LockFile, Rendered};
use crate::detect::Folder;
use crate::error::Result;
use crate::files;
use crate::lock::Lock;
use crate::merge::{merge, with_endings_of};
use crate::plan::{self, Action, OverwritePolicy, Plan, Stale};
use crate::preset::Library;
use crate::render::RenderedFile;
use crate::{history, limits, write};

/// What is said where a merge has to do without the history.
const UNREAD: &str = "the git history of this project could not be read in time, so there may be more conflicts than necessary: \
                      `git fsck` looks for damage, and DOCKGEN_TIMEOUT=300 gives it 300 seconds";

/// A plan, and what has to be known to carry it out.
pub(crate) struct Changeset {
    pub(crate) plan: Plan,
    pub(crate) hints: Vec<String>,
    /// What dockgen wrote last, by path.
    last: BTreeMap<String, String>,
    /// Files that no output stands for any more.
    stale: Vec<(String, Stale)>,
}

/// Compares rendered files with the disk.
pub(crate) fn plan(folder: &Folder, library: &Library, rendered: Rendered, policy: OverwritePolicy) -> Result<Changeset> {
    let mut last = library.lock().outputs.clone();
    let paths: Vec<String> = rendered.outputs.into_iter().map(|output| output.path).collect();
    let stale = stale(folder, &paths, &last);
    // what was turned off and deleted may be turned on again; what someone made their own is named once
    let is_left = |path: &String| stale.iter().any(|(stale, kind)| stale == path && *kind != Stale::Taken);
    last.retain(|path, _| paths.contains(path) || is_left(path));
    let plan = Plan::new(folder, rendered.files, &last, policy)?;
    let hints = rendered.hints.into_iter().chain(folder.hints()).collect();
    Ok(Changeset { plan, hints, last, stale })
}

impl Changeset {
    /// Merges what is new into what was edited. `before` may hold what dockgen wrote last.
    pub(crate) fn merge(&mut self, directory: &Path, before: &[RenderedFile]) -> Result<()> {
        for step in self.plan.steps.iter_mut().filter(|step| step.action == Action::Merged) {
            let path = &step.file.path;
            // a limit that is no number is an error, not a missing history
            limits::history_timeout()?;
            if std::str::from_utf8(&step.before).is_err() {
                return Err(files::not_utf8(path, "LATIN1"));
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
    pub(crate) fn add_lock(&mut self, folder: &Folder, library: &Library, file: &LockFile) -> Result<()> {
        let lock = Lock::new(library.used().clone(), self.plan.written(&self.last));
        let rendered = RenderedFile { key: LOCK_KEY.into(), path: file.name.clone(), text: lock.to_text() };
        self.plan.add_own(folder, rendered, file.seen.as_deref())
    }

    /// What has to be said besides.
    pub(crate) fn hints(&self) -> Vec<String> {
        let known = if self.plan.changes().next().is_some() { self.hints.as_slice() } else { &[] };
        let stale = self.stale.iter().map(|(path, kind)| {
            let words = match kind {
                Stale::AsWritten => "; you can delete it",
                Stale::Edited => "; it was edited by hand: keep the lines that you need, then delete it",
                Stale::Taken => "; it has no dockgen header, so it stays: check whether you need it",
            };
            format!("dockgen no longer writes {path}{words}")
        });
        known.iter().cloned().chain(stale).collect()
    }
}

/// Writes a plan, and keeps what it wrote for a later merge.
pub(crate) fn carry_out(plan: &Plan, guard: &write::WriteLock) -> Result<write::ConcurrentEdits> {
    let changed = write::apply(plan, guard)?;
    if changed.is_empty() {
        plan.outputs().filter(|step| step.action.writes()).for_each(|step| history::keep(&step.file));
    }
    Ok(changed)
}

/// Files that dockgen once wrote, and that are no output any more: other tools still find them.
fn stale(directory: &Path, outputs: &[String], last: &BTreeMap<String, String>) -> Vec<(String, Stale)> {
    let is_output = |path: &str| outputs.iter().any(|output| output == path || plan::is_one_file(directory, output, path));
    let left = last.iter().filter(|(path, _)| !is_output(path));
    left.filter_map(|(path, hash)| Some((path.clone(), plan::stale(directory, path, hash)?))).collect()
}
