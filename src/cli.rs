//! The command line: clap's types, and no logic.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Args, ColorChoice, Parser, Subcommand};
use clap_complete::Shell;

use crate::output::OutputKind;

/// Turns a Python project into production containers
///
/// Reads dockgen.toml and the project's files, and writes a Dockerfile, .dockerignore, compose.yaml, k8s.yaml and .env.example.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "\
Examples:
  dockgen init                      set up the project in the current folder
  dockgen generate --preset fastapi-uvicorn --set app.entry=main:app
  dockgen generate --check          fail in CI if a file is outdated
  dockgen show python.version       print a value and its origin

Exit codes:
  0  done, or up to date
  1  a check failed: outdated files or a conflict
  2  could not run
  3  --check: a file was edited by hand
  4  --check: a file is missing"
)]
pub struct Cli {
    /// Use the project in this folder instead of the current one
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// When to use colors; `NO_COLOR` is respected
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Print only errors and the effects of new presets
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Also print unchanged files and everything that a new preset does
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// The command line as it was typed.
    #[arg(skip)]
    pub typed: Vec<OsString>,
    /// Command to run
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Inspect the project, ask for missing settings, and write dockgen.toml and the container files
    Init(Init),
    /// Write the container files
    Generate(Generate),
    /// Print everything detected in the project, with file and line
    Detect {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the resolved settings, each with its origin
    Show(Show),
    /// List, print, create, check or update presets
    Presets(Presets),
    /// Print the JSON Schema of dockgen.toml
    Schema,
    /// Print shell completions
    Completions {
        /// Shell to print them for
        shell: Shell,
    },
}

/// Where the spec comes from.
#[derive(Debug, Default, Args)]
pub struct Input {
    /// Add a preset: a name, a path such as ./presets/team.toml, or git+https://HOST/REPOSITORY.git//FOLDER#REF
    #[arg(long = "preset", value_name = "PRESET")]
    pub presets: Vec<String>,
    /// Set a key of dockgen.toml for this run, such as app.port=9000
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Read the spec from this file, or `-` for stdin, instead of from dockgen.toml
    ///
    /// The default is dockgen.toml in this folder or a parent folder of the same repository.
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
}

/// `dockgen init`
#[derive(Debug, Args)]
pub struct Init {
    /// Use this preset: a name, a path or a git+https address; repeatable
    #[arg(long = "preset", value_name = "PRESET")]
    pub presets: Vec<String>,
    /// Set a key, such as app.entry=main:app, and write it to dockgen.toml
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Don't ask: accept what was detected, and keep existing files
    #[arg(short, long)]
    pub yes: bool,
    /// Overwrite dockgen.toml and files that dockgen didn't write
    #[arg(long)]
    pub force: bool,
    /// Trust new presets from git or a user-wide folder, after printing what they do
    #[arg(long)]
    pub trust: bool,
}

/// `dockgen generate`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Generate {
    /// Where the spec comes from
    #[command(flatten)]
    pub input: Input,
    /// Check that files are up to date without writing
    ///
    /// Exit codes: 0 up to date, 1 outdated or in conflict, 3 edited by hand, 4 missing.
    #[arg(long, conflicts_with_all = ["diff", "stdout", "force"])]
    pub check: bool,
    /// Print what would change without writing; exit 1 if anything would
    #[arg(long, conflicts_with = "stdout")]
    pub diff: bool,
    /// Print one output without writing
    #[arg(long, value_name = "OUTPUT", conflicts_with_all = ["only", "force"], value_parser = Outputs)]
    pub stdout: Option<String>,
    /// Write only this output; repeatable
    #[arg(long, value_name = "OUTPUT", value_parser = Outputs)]
    pub only: Vec<String>,
    /// Overwrite files that were edited by hand or that dockgen didn't write
    #[arg(long)]
    pub force: bool,
    /// Merge updates into files that were edited by hand; exit 1 if conflicts remain
    #[arg(long, conflicts_with_all = ["check", "stdout", "force"])]
    pub merge: bool,
    /// Trust new presets from git or a user-wide folder, after printing what they do
    #[arg(long)]
    pub trust: bool,
    /// Print each file, its state and the action taken as JSON
    #[arg(long, conflicts_with_all = ["diff", "stdout"])]
    pub json: bool,
}

/// The built-in outputs, for help and completions. Presets can add others, so any name is accepted.
#[derive(Clone)]
struct Outputs;

impl TypedValueParser for Outputs {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, argument: Option<&clap::Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(OutputKind::ALL.into_iter().map(|kind| PossibleValue::new(kind.key()))))
    }
}

/// `dockgen show`
#[derive(Debug, Args)]
pub struct Show {
    /// Where the spec comes from
    #[command(flatten)]
    pub input: Input,
    /// Print only this key or table
    pub key: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `dockgen presets`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Presets {
    /// Command to run
    #[command(subcommand)]
    pub command: Option<PresetsCommand>,
    /// Preset to print; `default` contains every default value
    pub name: Option<String>,
}

/// `dockgen presets COMMAND`
#[derive(Debug, Subcommand)]
pub enum PresetsCommand {
    /// Create a preset: a folder with a preset.toml, a template and a test
    New {
        /// Folder to create
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Render a preset with every framework and installer, and run its tests
    Check(Check),
    /// Update remote presets, dockgen.lock and the container files
    Update(Update),
}

/// `dockgen presets update`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Update {
    /// Update only this preset, as named in dockgen.toml or dockgen.lock; repeatable
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Where the spec comes from
    #[command(flatten)]
    pub input: Input,
    /// Print what would change without writing; exit 1 if anything would
    #[arg(long)]
    pub diff: bool,
    /// Don't ask
    #[arg(short, long)]
    pub yes: bool,
    /// Merge updates into files that were edited by hand; exit 1 if conflicts remain
    #[arg(long)]
    pub merge: bool,
    /// Overwrite files that were edited by hand or that dockgen didn't write
    #[arg(long, conflicts_with = "merge")]
    pub force: bool,
    /// Trust changed presets, after printing what changed
    #[arg(long)]
    pub trust: bool,
}

/// `dockgen presets check`
#[derive(Debug, Args)]
pub struct Check {
    /// Folder of the preset, or of several presets
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Update the expected files of its tests instead of comparing them
    #[arg(long)]
    pub update: bool,
}
