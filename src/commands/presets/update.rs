//! `dockgen presets update`: updates remote and user-wide presets, and then the generated files.

use crate::cli::{Cli, Update};
use crate::commands::trust::{self, Consent};
use crate::commands::{apply, open};
use crate::error::{Error, Exit, Result};
use crate::pipeline;
use crate::plan::OverwritePolicy;
use crate::preset::library::lock_key;
use crate::preset::{Library, Refresh};
use crate::prompt;
use crate::report::Report;
use crate::suggest::closest;

pub(super) fn run(cli: &Cli, arguments: &Update, report: &Report) -> Result<Exit> {
    let before = open(cli, &arguments.input, &Refresh::PreferCache, false, report).ok();
    let names = arguments.names.iter().map(|name| lock_key(name)).collect::<Result<Vec<_>>>()?;
    let moving = if names.is_empty() { Refresh::All } else { Refresh::Only(names.clone()) };
    let project = open(cli, &arguments.input, &moving, !arguments.diff, report)?;
    known(&names, &project.library)?;
    let ask = !arguments.yes && prompt::can_ask();
    let effects = before.as_ref().map(|before| before.merged.effects.clone()).unwrap_or_default();
    // a difference only shows what the sandbox renders: nothing of a preset is run or written
    let given = arguments.trust || arguments.diff;
    let consent = Consent { given, ask, typed: &cli.typed, unanswered: trust::unanswered(&project.merged) };
    trust::require_consent(&project.library, &project.merged.effects, &effects, &consent, report)?;
    if project.library.changed_sources().next().is_none() {
        report.presets_unchanged();
    }
    // the output of the old presets is usually what a user edited, so the merge can compare with it
    let before = before.and_then(|before| before.render(&[]).ok()).map(|before| before.files).unwrap_or_default();
    let rendered = project.render(&[])?;
    let policy = OverwritePolicy { force: arguments.force, merge: arguments.merge, restore: false };
    let mut changes = pipeline::plan(&project.folder, &project.library, rendered, policy)?;
    changes.merge(&project.folder, &before)?;
    report.changes(&changes.plan)?;
    if arguments.diff {
        let same = project.library.changed_sources().next().is_none();
        return Ok(if same { changes.plan.would_change() } else { Exit::No });
    }
    if !apply::settle(&mut changes, ask, report)? {
        return Ok(Exit::No);
    }
    changes.merge(&project.folder, &before)?;
    changes.add_lock(&project.folder, &project.library, &project.lock)?;
    if ask && changes.plan.changes().next().is_some() {
        report.planned(&changes.plan);
        if prompt::yes_or_no("Write these files?", Some(true))? != Some(true) {
            report.nothing_written();
            return Ok(Exit::No);
        }
    }
    apply::write(&mut changes, &project, report)
}

fn known(names: &[String], library: &Library) -> Result<()> {
    let used: Vec<&str> = library.used().keys().map(String::as_str).collect();
    let Some(unknown) = names.iter().find(|name| !used.contains(&name.as_str())) else { return Ok(()) };
    let error = Error::new(format!("this project uses no git or user-wide preset called {unknown:?}"));
    Err(match closest(unknown, &used) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None if used.is_empty() => {
            error.hint("only presets from git and from user-wide folders can be updated, and it uses none")
        }
        None => error.hint(format!("it uses {}", used.join(", "))),
    })
}
