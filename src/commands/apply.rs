//! Carries out a plan, for `generate` and `presets update`.

use crate::error::{Error, Exit, Result};
use crate::pipeline::{Changeset, Project, carry_out};
use crate::plan::{Action, OverwritePolicy, Plan, State};
use crate::prompt;
use crate::report::Report;

/// Asks what to do if the plan would lose edits. Returns false if nothing is to be written.
pub(super) fn settle(changeset: &mut Changeset, ask: bool, report: &Report) -> Result<bool> {
    if changeset.plan.refused().next().is_none() {
        return Ok(true);
    }
    report.conflicts(&changeset.plan);
    if let Some(policy) = if ask { choose(&changeset.plan)? } else { None } {
        changeset.plan.settle(policy);
        return Ok(true);
    }
    report.nothing_written();
    Ok(false)
}

/// Writes the files and reports what was done.
pub(super) fn write(changeset: &mut Changeset, project: &Project, report: &Report) -> Result<Exit> {
    let guard = project.guard.as_ref().ok_or_else(|| Error::new("cannot write without the lock on the folder"))?;
    let changed = carry_out(&changeset.plan, guard)?;
    if !changed.is_empty() {
        report.changed(&changed.paths, &changed.saved);
        changeset.plan.stop(&changed.paths);
        return Ok(Exit::No);
    }
    report.updated_presets(project.library.changed_sources());
    report.written(&changeset.plan);
    report.hints(&changeset.hints());
    let conflicts = changeset.plan.steps.iter().any(|step| step.action == Action::Conflicted);
    Ok(if conflicts { Exit::No } else { Exit::Done })
}

/// Asks what to do with files whose edits would be lost.
fn choose(plan: &Plan) -> Result<Option<OverwritePolicy>> {
    if !prompt::can_ask() {
        return Ok(None);
    }
    let merge = OverwritePolicy { merge: true, ..OverwritePolicy::default() };
    let force = OverwritePolicy { force: true, ..OverwritePolicy::default() };
    let mut answers = vec![("keep them, and write nothing", None), ("overwrite them: manual edits are lost", Some(force))];
    if plan.refused().all(|step| step.state != State::Foreign) {
        answers.insert(0, ("merge updates into them", Some(merge)));
    }
    let words: Vec<String> = answers.iter().map(|(words, _)| (*words).to_owned()).collect();
    let chosen = prompt::choose("What should dockgen do with these files?", &words, 0)?;
    Ok(chosen.and_then(|at| answers[at].1))
}
