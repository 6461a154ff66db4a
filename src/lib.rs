//! dockgen turns a Python project into production containers.
//!
//! ```text
//! flags, dockgen.toml, presets ──► Spec ─┐
//!                                        ├─ resolve ─► Model ─ render ─► files ─ plan ─► Changeset ─ write ─► disk
//! the project's own files ─ detect ─► Facts                                              ├─ --check ► drift
//!                                                                                        └─ --diff  ► diff
//! ```
//!
//! Presets come from the program, the disk and git (`preset`); `lock` says which content they have, and what was written last. Where a
//! file was edited since, `history` finds the text that it was edited from, and `merge` makes one text of three.
//!
//! Modules use only modules below them:
//!
//! ```text
//! lib
//! commands                                  one file per command: pick modes, call the stages, report
//! pipeline                                  the stages as code: load, detect, merge, resolve, render, plan
//! report                                    prints plans, facts, differences and errors
//! cli                                       flags and subcommands
//! syntax                                    whether a rendered file parses
//! write, merge, history, remembered, plan   compare with what is there, write it
//! render                                    templates to files
//! resolve                                   facts and layers to the model: every decision
//! detect                                    what the project says: one file per fact
//! python                                    what Python means: source code, versions, requirements, manifests, lockfiles
//! project                                   the project folder as data, each file read once
//! preset, lock, cache                       built-in presets, those of teams, and which content they have
//! validate, facts                           checks of merged values, what the project's files say
//! layers, spec, model                       merged specs with origins, their schema, the input of templates
//! knowledge                                 tables about other people's software
//! prompt                                    questions in a terminal
//! git, process, interrupt, files, limits    other programs and the disk, within limits
//! output                                    the kinds of files that dockgen writes
//! error                                     what is wrong, where, and how to fix it
//! redact, credentials, pattern, hidden      what is never shown, never sent to a build, never seen
//! secrets, quote, seal, paths, suggest      one rule each
//! ```
//!
//! A framework is a preset and a row of a table; an installer is a row and a template; an output is a template and a variant of
//! `OutputKind`.
//! The library exists for the program and its tests; its interface is not promised to stay.

mod cache;
pub mod cli;
pub mod commands;
mod credentials;
pub mod detect;
pub mod error;
mod facts;
mod files;
mod git;
mod hidden;
mod history;
mod interrupt;
mod knowledge;
pub mod layers;
mod limits;
pub mod lock;
pub mod merge;
pub mod model;
pub mod output;
mod paths;
mod pattern;
mod pipeline;
pub mod plan;
pub mod preset;
mod process;
pub mod project;
mod prompt;
pub mod python;
mod quote;
mod redact;
mod remembered;
pub mod render;
pub mod report;
pub mod resolve;
pub mod seal;
mod secrets;
pub mod spec;
mod suggest;
mod syntax;
mod validate;
pub mod write;

use std::ffi::OsString;

use clap::Parser as _;

use crate::error::Exit;
use crate::report::Report;

/// Runs dockgen with the words of a command line; no state is left in the process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // nobody types it, so no help and no completion offers it
    if arguments.get(1).is_some_and(|word| word == render::sandbox::COMMAND) {
        let report = Report::default();
        return exit(render::sandbox::serve(|line| report.data(line)), &report);
    }
    let cli = match cli::Cli::try_parse_from(&arguments) {
        Ok(cli) => cli::Cli { typed: arguments, ..cli },
        Err(error) => return report::usage(error, &arguments),
    };
    let report = Report::new(&cli);
    let result = commands::run(&cli, &report);
    if let Err(error) = &result
        && matches!(&cli.command, cli::Command::Generate(generate) if generate.json)
    {
        report.json_error(error);
    }
    exit(result, &report)
}

fn exit(result: error::Result<Exit>, report: &Report) -> Exit {
    match result {
        Ok(exit) => exit,
        Err(error) => {
            report.error(&error);
            Exit::CouldNotRun
        }
    }
}
