//! `dockgen presets`: what there is, and moving what comes from elsewhere.

use std::path::Path;

use super::work::{Rendered, Work};
use super::{LOCK, folder};
use crate::cli::{Cli, Presets, PresetsCommand, Update};
use crate::error::{Error, Exit, Result};
use crate::lock::Lock;
use crate::plan::Leave;
use crate::preset::library::{Library, Moving, source};
use crate::preset::{self, closest};
use crate::prompt;
use crate::report::Report;

pub(super) fn run(cli: &Cli, arguments: &Presets, report: &Report) -> Result<Exit> {
    match (&arguments.command, &arguments.name) {
        (Some(PresetsCommand::Update(update)), _) => run_update(cli, update, report),
        (None, Some(name)) => {
            let mut library = Library::new(Lock::read(&folder(cli), LOCK)?, Moving::Nothing);
            report.data(&preset::load(name, &folder(cli), &mut library)?.source.text)
        }
        (None, None) => list(report),
    }
}

fn list(report: &Report) -> Result<Exit> {
    let mut library = Library::default();
    let own = preset::library::user_wide();
    let names = preset::names().into_iter().chain(own.iter().map(String::as_str));
    let line = |name| Ok(format!("{name:16} {}\n", preset::load(name, Path::new("."), &mut library)?.description));
    report.data(&names.map(line).collect::<Result<String>>()?)
}

fn run_update(cli: &Cli, arguments: &Update, report: &Report) -> Result<Exit> {
    // what the presets of now give is, where a file was edited, mostly what it was edited from
    let before = super::read(cli, &arguments.input, Moving::Nothing, false);
    let before = before.and_then(|mut project| Rendered::new(&mut project, &[])).unwrap_or_default();
    let names = arguments.names.iter().map(|name| source(name)).collect::<Result<Vec<_>>>()?;
    let moving = if names.is_empty() { Moving::Everything } else { Moving::Only(names.clone()) };
    let mut project = super::read(cli, &arguments.input, moving, !arguments.diff)?;
    known(&names, &project.library)?;
    let rendered = Rendered::new(&mut project, &[])?;
    let mut work = Work::new(&project, rendered, Leave { force: arguments.force, merge: arguments.merge, restore: false })?;
    work.merge(&project.directory, &before.files)?;
    report.moves(&project.library);
    report.diff(&work.plan)?;
    if arguments.diff {
        let same = project.library.moved().next().is_none();
        return Ok(if same { work.plan.difference() } else { Exit::No });
    }
    let ask = !arguments.yes && prompt::can_ask();
    if !work.settle(ask, report)? {
        return Ok(Exit::No);
    }
    work.merge(&project.directory, &before.files)?;
    work.add_lock(&project)?;
    if ask && work.plan.changes().next().is_some() && !prompt::yes_or_no("Write these files?", true)? {
        report.nothing_written();
        return Ok(Exit::No);
    }
    work.write(&project, report)
}

/// Refuses a name that the project does not use.
fn known(names: &[String], library: &Library) -> Result<()> {
    let used: Vec<&str> = library.used().keys().map(String::as_str).collect();
    let Some(unknown) = names.iter().find(|name| !used.contains(&name.as_str())) else { return Ok(()) };
    let error = Error::new(format!("this project uses no preset {unknown:?} from elsewhere"));
    Err(match closest(unknown, &used) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None if used.is_empty() => error.hint("only presets from git and from user-wide folders are locked, and it uses none"),
        None => error.hint(format!("it uses {}", used.join(", "))),
    })
}
