//! `dockgen presets`: what there is, and what its authors and users do with it.

mod check;
mod new;
mod update;

use std::path::Path;

use super::{LOCK, folder};
use crate::cli::{Cli, Presets, PresetsCommand};
use crate::error::{Exit, Result};
use crate::lock::Lock;
use crate::preset::{self, Library, Moving};
use crate::report::Report;

pub(super) fn run(cli: &Cli, arguments: &Presets, report: &Report) -> Result<Exit> {
    match (&arguments.command, &arguments.name) {
        (Some(PresetsCommand::New { directory }), _) => new::run(&folder(cli.directory.as_deref()).join(directory), report),
        (Some(PresetsCommand::Check(check)), _) => {
            check::run(&folder(cli.directory.as_deref()).join(&check.directory), check.update, report)
        }
        (Some(PresetsCommand::Update(update)), _) => update::run(cli, update, report),
        (None, Some(name)) => {
            let mut library = Library::new(Lock::read(&folder(cli.directory.as_deref()), LOCK)?, Moving::Nothing);
            report.data(&preset::load(name, &folder(cli.directory.as_deref()), &mut library)?.source.text)
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
