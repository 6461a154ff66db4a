//! dockgen turns a Python project into production containers.
//!
//! ```text
//! flags, dockgen.toml, presets ──► Spec ─┐
//!                                        ├─ resolve ─► Model ─ render ─► files ─ plan ─► Changeset ─ write ─► disk
//! the project's own files ─ detect ─► Facts                                              ├─ --check ► drift
//!                                                                                        └─ --diff  ► diff
//! ```
//!
//! `pipeline` is this picture as code; ARCHITECTURE.md describes the stages and shows how to add things. `tests/suite/architecture.rs`
//! reads the following list and enforces it.
//!
//! Modules use only modules below them:
//!
//! ```text
//! lib
//! commands                                  one file per command: pick modes, call the stages, report
//! pipeline                                  the stages as code: load, detect, merge, resolve, render, plan
//! report                                    prints plans, facts, diffs and errors
//! cli                                       flags and subcommands
//! syntax                                    checks that a rendered file parses
//! write, merge, history, remembered, plan   compare rendered files with those on disk, merge, write
//! render                                    renders templates
//! resolve                                   every decision: facts and layers become the model
//! detect                                    what the project says: one file per fact
//! python                                    what Python means: source code, versions, requirements, manifests, lockfiles
//! project                                   the project folder as data, each file read once
//! preset, lock, cache                       presets, built in, by path or from git, and their locked content
//! validate, facts                           checks of merged values; the detected values
//! layers, spec, model                       merged specs with origins, their schema, the input of templates
//! prompt                                    questions in a terminal
//! git, process, interrupt, files, limits    programs and files, with limits on time and size
//! output                                    the built-in outputs
//! error                                     what is wrong, where, and how to fix it
//! redact, credentials, pattern, hidden      redacted addresses, credential files, ignore patterns, invisible characters
//! secrets, url, quote, seal, paths, suggest  one rule each
//! knowledge                                 tables of frameworks, programs, installers, services and packages
//! ```
//!
//! The library exists for the program and its tests. Its interface is not stable.

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
mod url;
mod validate;
pub mod write;

use std::ffi::OsString;

use clap::Parser as _;

use crate::error::Exit;
use crate::report::Report;

/// Runs dockgen with command line arguments, of which the first is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // internal command, hidden from help
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
