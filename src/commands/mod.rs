//! The commands, one file each.

mod apply;
mod detect;
mod generate;
mod init;
mod presets;
mod show;
mod trust;

use std::ffi::OsString;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command, Input};
use crate::error::{Exit, Result};
use crate::pipeline::{self, Project, ProjectLocation, SpecInput};
use crate::preset::Refresh;
use crate::quote::shell_line;
use crate::redact;
use crate::report::Report;
use crate::secrets::masked_lines;
use crate::spec::SCHEMA;
use crate::write;

/// Runs a command.
///
/// # Errors
/// The command can't run.
pub fn run(cli: &Cli, report: &Report) -> Result<Exit> {
    if !matches!(cli.command, Command::Schema | Command::Completions { .. })
        && let Ok(location) = pipeline::locate(cli.directory.as_deref())
    {
        write::sweep_if_free(&location.folder);
    }
    match &cli.command {
        Command::Init(arguments) => init::run(cli, arguments, report),
        Command::Generate(arguments) => generate::run(cli, arguments, report),
        Command::Detect { json } => detect::run(cli, *json, report),
        Command::Show(arguments) => show::run(cli, arguments, report),
        Command::Presets(arguments) => presets::run(cli, arguments, report),
        Command::Schema => report.data(SCHEMA),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "dockgen", &mut script);
            report.data(&String::from_utf8_lossy(&script))
        }
    }
}

/// Finds the project, and says which spec above the current folder is used.
fn locate(cli: &Cli, report: &Report) -> Result<ProjectLocation> {
    let location = pipeline::locate(cli.directory.as_deref())?;
    location.above.iter().for_each(|file| report.using(file));
    Ok(location)
}

/// Loads, detects and merges the project; keeps other runs out if something is to be written.
fn open(cli: &Cli, input: &Input, refresh: &Refresh, writes: bool, report: &Report) -> Result<Project> {
    let input = spec_input(input);
    let location = if input.spec.is_some() { ProjectLocation::named(cli.directory.as_deref()) } else { locate(cli, report)? };
    pipeline::open(&location, &input, refresh, writes, &report.waiting())
}

fn spec_input(input: &Input) -> SpecInput {
    let Input { presets, sets, spec } = input;
    SpecInput { spec: spec.clone(), presets: presets.clone(), sets: sets.clone() }
}

/// The command line as typed, without some flags and with one more, quoted for a POSIX shell.
fn command_line(typed: &[OsString], without: &[&str], with: &[String]) -> String {
    // mask each word separately: otherwise a secret would hide the words after it too
    let shown = |word: &OsString| masked_lines(&redact::text(&word.to_string_lossy()));
    let mut words: Vec<String> = typed.iter().skip(1).map(shown).filter(|word| !without.contains(&word.as_str())).collect();
    // insert before `--`: words after it are not flags
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    words.splice(end..end, with.iter().cloned());
    format!("dockgen {}", shell_line(&words))
}
