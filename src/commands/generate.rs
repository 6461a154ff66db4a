//! `dockgen generate`: the whole picture, once through.

use super::left_out;
use super::trust::{self, Consent};
use super::work::{Rendered, Work};
use crate::cli::{Cli, Generate};
use crate::error::{Exit, Result};
use crate::plan::Leave;
use crate::preset::Moving;
use crate::preset::effects::EffectsBySource;
use crate::render::File;
use crate::report::Report;

pub(super) fn run(cli: &Cli, arguments: &Generate, report: &Report) -> Result<Exit> {
    let writes = !arguments.check && !arguments.diff && arguments.stdout.is_none();
    let mut project = super::read(cli.directory.as_deref(), &arguments.input, &Moving::Nothing, writes, report)?;
    let consent = Consent { given: arguments.trust, ask: !arguments.json, typed: &cli.typed };
    trust::settle(&project.library, &project.effects, &EffectsBySource::new(), &consent, report)?;
    let wanted: Vec<&str> = arguments.stdout.iter().chain(&arguments.only).map(String::as_str).collect();
    let rendered = Rendered::new(&mut project, &wanted).inspect_err(|_| report.hints(&project.directory.hints()))?;
    if arguments.stdout.is_some() {
        return print(&rendered.files, report);
    }
    let leave = Leave { force: arguments.force, merge: arguments.merge, restore: !arguments.only.is_empty() };
    let mut work = Work::new(&project, rendered, leave)?;
    if !writes {
        work.add_lock(&project)?;
        return compare(work, arguments, report);
    }
    let mut exit = Exit::No;
    if work.settle(!arguments.json, report)? {
        work.merge(&project.directory, &[])?;
        if !cli.quiet && work.plan.changes().next().is_some() {
            work.hints.extend(left_out::hint(&project));
        }
        work.add_lock(&project)?;
        exit = work.write(&project, report)?;
    } else {
        work.plan.hold();
    }
    if arguments.json {
        report.json(&work.plan, &work.hints(), exit)?;
    }
    Ok(exit)
}

fn print(files: &[File], report: &Report) -> Result<Exit> {
    files.iter().try_for_each(|file| report.data(&file.text).map(drop))?;
    Ok(Exit::Done)
}

/// `--check` and `--diff`.
fn compare(mut work: Work, arguments: &Generate, report: &Report) -> Result<Exit> {
    let exit = if arguments.check { work.plan.answer() } else { work.plan.difference() };
    if arguments.diff {
        report.diff(&work.plan)?;
    } else if arguments.json {
        work.plan.hold();
        report.json(&work.plan, &[], exit)?;
    } else {
        report.drift(&work.plan);
    }
    Ok(exit)
}
