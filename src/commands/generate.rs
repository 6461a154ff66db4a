//! `dockgen generate`: runs all stages of the pipeline.

use super::trust::{self, Consent};
use super::{apply, command_line, init};
use crate::cli::{Cli, Generate};
use crate::error::{Error, Exit, Result};
use crate::pipeline::{self, Changeset, Project};
use crate::plan::OverwritePolicy;
use crate::preset::Refresh;
use crate::preset::effects::EffectsBySource;
use crate::render::RenderedFile;
use crate::report::Report;

pub(super) fn run(cli: &Cli, arguments: &Generate, report: &Report) -> Result<Exit> {
    let writes = !arguments.check && !arguments.diff && arguments.stdout.is_none();
    let project = super::open(cli, &arguments.input, &Refresh::None, writes, report)?;
    let unanswered = trust::unanswered(&project.merged);
    let consent = Consent { given: arguments.trust, ask: !arguments.json, typed: &cli.typed, unanswered };
    trust::require_consent(&project.library, &project.merged.effects, &EffectsBySource::new(), &consent, report)?;
    let wanted: Vec<&str> = arguments.stdout.iter().chain(&arguments.only).map(String::as_str).collect();
    let rendered = project.render(&wanted).inspect_err(|_| report.hints(&project.folder.hints()));
    let rendered = rendered.map_err(|error| choose_entry(&project, error))?;
    if arguments.stdout.is_some() {
        return print(&rendered.files, report);
    }
    let policy = OverwritePolicy { force: arguments.force, merge: arguments.merge, restore: !arguments.only.is_empty() };
    let mut changes = pipeline::plan(&project.folder, &project.library, rendered, policy)?;
    if !writes {
        changes.add_lock(&project.folder, &project.library, &project.lock)?;
        return compare(changes, &project, cli, arguments, report);
    }
    let mut exit = Exit::No;
    if apply::settle(&mut changes, !arguments.json, report)? {
        changes.merge(&project.folder, &[])?;
        changes.add_lock(&project.folder, &project.library, &project.lock)?;
        exit = apply::write(&mut changes, &project, report)?;
    } else {
        changes.plan.hold();
    }
    if arguments.json {
        report.json(&changes.plan, &changes.hints(), exit)?;
    }
    Ok(exit)
}

/// The error for a missing entry point names the applications to choose from, as `init` does.
fn choose_entry(project: &Project, error: Error) -> Error {
    let is_missing = project.merged.layers.get("app.entry").is_none();
    if is_missing && !project.candidates.is_empty() { init::several(&project.folder, &project.candidates) } else { error }
}

fn print(files: &[RenderedFile], report: &Report) -> Result<Exit> {
    files.iter().try_for_each(|file| report.data(&file.text).map(drop))?;
    Ok(Exit::Done)
}

/// `--check` and `--diff`.
fn compare(mut changes: Changeset, project: &Project, cli: &Cli, arguments: &Generate, report: &Report) -> Result<Exit> {
    if arguments.diff {
        changes.merge(&project.folder, &[])?;
        report.diff(&changes.plan)?;
        return Ok(changes.plan.would_change());
    }
    let exit = changes.plan.answer();
    if arguments.json {
        changes.plan.hold();
        report.json(&changes.plan, &[], exit)?;
    } else {
        report.drift(&changes.plan, &command_line(&cli.typed, &["--check"], &[]));
    }
    Ok(exit)
}
