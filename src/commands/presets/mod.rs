//! `dockgen presets`: what there is, and what its authors and users do with it.

mod check;
mod new;
mod update;

use std::path::{Path, PathBuf};

use crate::cli::{Cli, Presets, PresetsCommand};
use crate::error::{Exit, Result};
use crate::lock::Lock;
use crate::pipeline::{LOCK, ProjectLocation};
use crate::preset::{self, Library, Refresh};
use crate::report::{Report, printable};

pub(super) fn run(cli: &Cli, arguments: &Presets, report: &Report) -> Result<Exit> {
    match (&arguments.command, &arguments.name) {
        (Some(PresetsCommand::New { folder }), _) => new::run(&below(cli, folder), report),
        (Some(PresetsCommand::Check(check)), _) => check::run(&below(cli, &check.folder), check.update, report),
        (Some(PresetsCommand::Update(update)), _) => update::run(cli, update, report),
        (None, Some(name)) => {
            let folder = ProjectLocation::named(cli.directory.as_deref()).folder;
            let mut library = Library::new(Lock::read(&folder, LOCK)?, Refresh::None).on_wait(report.waiting());
            report.data(&preset::load(name, &folder, &mut library)?.source.text)
        }
        (None, None) => list(report),
    }
}

/// A folder that was typed, seen from where dockgen runs.
fn below(cli: &Cli, typed: &Path) -> PathBuf {
    cli.directory.as_deref().map_or_else(|| typed.to_path_buf(), |place| place.join(typed))
}

fn list(report: &Report) -> Result<Exit> {
    let mut library = Library::default();
    let own = preset::library::user_wide_names();
    let names = preset::names().into_iter().chain(own.iter().map(String::as_str));
    let line =
        |name| Ok(printable(&format!("{name:16} {}", preset::load(name, Path::new("."), &mut library)?.description)) + "\n");
    report.data(&names.map(line).collect::<Result<String>>()?)
}
