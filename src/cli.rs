//! What can be typed: clap's types, and no logic.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Args, ColorChoice, Parser, Subcommand};
use clap_complete::Shell;

/// Turns a Python project into production containers
///
/// Reads dockgen.toml and the project's own files, and writes a Dockerfile, .dockerignore, compose.yaml, k8s.yaml and what
/// belongs to them.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "\
Examples:
  dockgen init                      in a project's folder: the rest is asked
  dockgen generate --preset fastapi-uvicorn --set app.entry=main:app
  dockgen generate --check          in continuous integration: exit 1 where a file is not what the spec says
  dockgen show python.version       the value, and where it comes from

Exit codes: 0 done or clean, 1 the answer is no (drift, a conflict), 2 could not run; of --check also 3 edited, 4 missing."
)]
pub struct Cli {
    /// The project, instead of the current folder
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// When to use colours; `NO_COLOR` is obeyed
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Print only errors and the effects of new presets
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Also print unchanged files and all effects of new presets; with -q only the effects
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// The command line as it was typed.
    #[arg(skip)]
    pub typed: Vec<OsString>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read the project, ask what is open, write dockgen.toml and the files
    Init(Init),
    /// Write the files that the spec asks for
    Generate(Generate),
    /// Print what the project's own files say, each fact with its file and line
    Detect {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the resolved spec, each value with its origin
    Show(Show),
    /// List the presets, print one, or move those that come from elsewhere
    Presets(Presets),
    /// Print the JSON Schema of dockgen.toml
    Schema,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Where the spec comes from.
#[derive(Debug, Default, Args)]
pub struct Input {
    /// Add a preset: a name, a path such as ./presets/team.toml, or git+https://HOST/REPOSITORY.git//FOLDER#REF
    #[arg(long = "preset", value_name = "PRESET")]
    pub presets: Vec<String>,
    /// Set a key of the spec; the value is TOML or plain text
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Read the spec from this file, `-`: standard input [default: dockgen.toml here, or above in the same git work tree]
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
}

/// `dockgen init`
#[derive(Debug, Args)]
pub struct Init {
    /// Use this preset, a name, a path or a git+https address; repeatable
    #[arg(long = "preset", value_name = "PRESET")]
    pub presets: Vec<String>,
    /// Decide a key of the spec, such as app.entry=main:app; it is written into dockgen.toml
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub sets: Vec<String>,
    /// Ask nothing: take what was found, and write beside what is there
    #[arg(short, long)]
    pub yes: bool,
    /// Replace dockgen.toml and files that dockgen did not write
    #[arg(long)]
    pub force: bool,
    /// Trust presets from git or a user-wide folder that are new here; what they do is printed
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
    /// Write nothing; exit 1 where the spec, a preset, the project or dockgen moved on, 4 where a file is missing, 3 where one was
    /// edited by hand
    #[arg(long, conflicts_with_all = ["diff", "stdout", "force"])]
    pub check: bool,
    /// Write nothing; print the difference, exit 1 where there is one
    #[arg(long, conflicts_with_all = ["stdout", "force"])]
    pub diff: bool,
    /// Write nothing; print one output
    #[arg(long, value_name = "OUTPUT", conflicts_with_all = ["only", "force"], value_parser = Outputs)]
    pub stdout: Option<String>,
    /// Only this output; repeatable
    #[arg(long, value_name = "OUTPUT", value_parser = Outputs)]
    pub only: Vec<String>,
    /// Replace files that were edited by hand or that dockgen did not write
    #[arg(long)]
    pub force: bool,
    /// Bring what is new into files that were edited by hand; exit 1 where a conflict is left in one
    #[arg(long, conflicts_with_all = ["check", "diff", "stdout", "force"])]
    pub merge: bool,
    /// Trust presets from git or a user-wide folder that are not in dockgen.lock; what they do is printed
    #[arg(long)]
    pub trust: bool,
    /// Print JSON: every file, how it stands and what was done
    #[arg(long, conflicts_with_all = ["diff", "stdout"])]
    pub json: bool,
}

/// The outputs that there always are, for help and completions; presets may bring others, so any word is taken.
#[derive(Clone)]
struct Outputs;

impl TypedValueParser for Outputs {
    type Value = String;

    fn parse_ref(&self, command: &clap::Command, argument: Option<&clap::Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(crate::resolve::known_outputs().into_iter().map(PossibleValue::new)))
    }
}

/// `dockgen show`
#[derive(Debug, Args)]
pub struct Show {
    /// Where the spec comes from
    #[command(flatten)]
    pub input: Input,
    /// Only this key, or what lies under it
    pub key: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `dockgen presets`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Presets {
    /// What to do with presets
    #[command(subcommand)]
    pub command: Option<PresetsCommand>,
    /// The preset to print; `default` holds every default value
    pub name: Option<String>,
}

/// `dockgen presets COMMAND`
#[derive(Debug, Subcommand)]
pub enum PresetsCommand {
    /// Begin a preset: a folder with its file, a template and a test
    New {
        /// The folder, which must not be there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Try a preset with every framework and installer, and compare its tests
    Check(Check),
    /// Look up presets from elsewhere anew, and write dockgen.lock and the files
    Update(Update),
}

/// `dockgen presets update`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub struct Update {
    /// Only this preset, as dockgen.toml or dockgen.lock names it; repeatable
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Where the spec comes from
    #[command(flatten)]
    pub input: Input,
    /// Write nothing; print what would change, exit 1 where something would
    #[arg(long)]
    pub diff: bool,
    /// Ask nothing
    #[arg(short, long)]
    pub yes: bool,
    /// Bring what is new into files that were edited by hand; exit 1 where a conflict is left in one
    #[arg(long)]
    pub merge: bool,
    /// Replace files that were edited by hand or that dockgen did not write
    #[arg(long, conflicts_with = "merge")]
    pub force: bool,
    /// Trust what the presets do now; how that differs from before is printed
    #[arg(long)]
    pub trust: bool,
}

/// `dockgen presets check`
#[derive(Debug, Args)]
pub struct Check {
    /// The preset's folder, or one with several presets below it
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Write what its tests give, instead of comparing it
    #[arg(long)]
    pub update: bool,
}
