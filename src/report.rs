//! Prints data to stdout and messages to stderr.

mod difference;
mod entries;
mod errors;
mod files;
mod instructions;
mod masking;
pub(crate) mod presets;

use std::cell::OnceCell;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::Parser as _;
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::detect::Facts;
use crate::error::{Error, Exit, Place, Result};
use crate::hidden::{self, printable_lines};
use crate::layers::{Node, Origin as OriginOfValue};
use crate::output::{OutputFile, OutputKind, path_of};
use crate::plan::{Action, Plan, State, Step};
use crate::preset::WaitCallback;
use crate::redact;

pub(crate) use crate::hidden::printable;

const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// Prints with the chosen verbosity and colors.
#[derive(Default)]
pub struct Report {
    color: ColorChoice,
    quiet: bool,
    verbose: bool,
    /// The project's folder, if it is a parent of the current one.
    above: OnceCell<PathBuf>,
}

/// Prints clap's output: help and version to stdout, usage errors to stderr.
pub fn usage(error: clap::Error, arguments: &[OsString]) -> Exit {
    // clap repeats the arguments, so remove control characters from them first
    let typed = arguments.iter().map(|word| printable(&word.to_string_lossy()));
    let error = if error.use_stderr() { Cli::try_parse_from(typed).err().unwrap_or(error) } else { error };
    let text = error.render().to_string();
    let shown = redact::text(&text);
    if shown != text {
        Report::default().say(shown.trim_end());
        return Exit::CouldNotRun;
    }
    let printed = error.print().and_then(|()| io::stdout().flush());
    match printed {
        _ if error.use_stderr() => Exit::CouldNotRun,
        // ignore a closed pipe
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Report::default().error(&unwritable(&error));
            Exit::CouldNotRun
        }
        _ => Exit::Done,
    }
}

fn unwritable(error: &io::Error) -> Error {
    Error::new(format!("cannot write to standard output: {error}"))
}

impl Report {
    /// Takes verbosity and colors from the flags.
    #[must_use]
    pub fn new(cli: &Cli) -> Self {
        let color = match cli.color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { color, quiet: cli.quiet, verbose: cli.verbose, above: OnceCell::new() }
    }

    /// Prints data unchanged; on a terminal, escapes control characters.
    ///
    /// # Errors
    /// stdout can't be written, for example because the disk is full.
    pub fn data(&self, text: &str) -> Result<Exit> {
        if io::stdout().is_terminal() { self.print(&printable_lines(text, &(0..0)).0) } else { self.print(text) }
    }

    /// Prints data as JSON.
    ///
    /// # Errors
    /// As for [`Report::data`].
    pub fn json_data(&self, value: &Json) -> Result<Exit> {
        self.data(&hidden::json(value))
    }

    /// Prints a colored text. Ignores a closed pipe.
    fn print(&self, text: &str) -> Result<Exit> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.color);
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unwritable(&error)),
            _ => Ok(Exit::Done),
        }
    }

    fn say(&self, line: &str) {
        self.say_all(&redact::text(line));
    }

    /// Prints a message without redacting it: redaction could hide what a preset does.
    fn say_all(&self, line: &str) {
        // if stderr can't be written, the error can't be reported either
        let _ = writeln!(AutoStream::new(io::stderr().lock(), self.color), "{line}");
    }

    /// Prints every file of a plan as JSON, with its state and the action.
    ///
    /// # Errors
    /// stdout can't be written.
    pub fn json(&self, plan: &Plan, hints: &[String], exit: Exit) -> Result<Exit> {
        let file =
            |step: &Step| json!({"output": step.file.key, "path": step.file.path, "state": step.state, "action": step.action});
        let files: Vec<_> = plan.steps.iter().map(file).collect();
        let hints: Vec<String> = hints.iter().map(|hint| redact::message(hint)).collect();
        self.json_data(&json!({"version": 1, "exit": exit as u8, "files": files, "hints": hints}))
    }

    /// Prints a unified diff from one text to another.
    ///
    /// # Errors
    /// stdout can't be written.
    pub fn difference(&self, path: &str, before: &str, after: &str) -> Result<()> {
        self.patch((format!("a/{path}"), format!("b/{path}")), before, after, after)
    }

    /// Says which spec in a parent folder is used, and shows paths relative to the current folder from then on.
    pub fn using(&self, file: &Path) {
        let _ = self.above.set(file.parent().unwrap_or(file).to_path_buf());
        self.note(&format!("{:>10} {}", "using", printable(&file.display().to_string())));
    }

    /// A path of the project, relative to the current folder.
    fn path_from_here(&self, path: &str) -> String {
        self.above.get().map_or_else(|| path.to_owned(), |above| above.join(path).display().to_string())
    }

    /// The same for a place; leaves it unchanged if it isn't in a file of the project.
    fn place_from_here(&self, place: &Place) -> Place {
        let Some(above) = self.above.get().filter(|above| above.join(&place.source.name).is_file()) else { return place.clone() };
        let name = above.join(&place.source.name).display().to_string();
        Place { source: Arc::new(place.source.shown_as(name, place.source.text.as_str())), span: place.span.clone() }
    }

    fn found_line(&self, key: &str, origin: &OriginOfValue) {
        let origin = OriginOfValue { place: self.place_from_here(&origin.place), ..origin.clone() };
        self.say(&format!("{GREEN}{:>10}{GREEN:#} {}", "found", printable(&format!("{key}  # {origin}"))));
    }

    /// Returns a callback that says which host dockgen waits for.
    #[must_use]
    pub fn waiting(&self) -> WaitCallback {
        let report = Self { color: self.color, quiet: self.quiet, verbose: self.verbose, above: OnceCell::new() };
        Rc::new(move |host| report.note(&format!("{:>10} {} to fetch presets; Ctrl-C cancels", "waiting for", printable(host))))
    }

    /// Says that a run wrote nothing.
    pub fn nothing_written(&self) {
        self.say("nothing was written");
    }

    /// Prints the most important facts with their places.
    pub fn found(&self, facts: &Facts) {
        if self.quiet {
            return;
        }
        if let Some(fact) = &facts.framework {
            self.found_line(&format!("{} = {}", fact.key, fact.value), &fact.origin);
        }
        for key in ["app.entry", "python.version", "install.with", "health.path", "app.port"] {
            if let Some(Node::Leaf(value, origin)) = facts.layer.get(key) {
                self.found_line(&format!("{key} = {value}"), origin);
            }
        }
        for table in ["services", "processes"] {
            for (name, node) in facts.layer.entries(table) {
                self.found_line(&format!("{table}.{name}"), node.origin());
            }
        }
    }

    /// Prints a message to stderr.
    pub fn note(&self, words: &str) {
        if !self.quiet {
            self.say(&printable(words));
        }
    }

    /// Suggests the next commands; `first` come before the usual ones.
    pub fn next(&self, directory: &Path, first: Vec<String>, outputs: &[OutputFile], port: u16) {
        let path = |kind| path_of(outputs, kind);
        let mut commands: Vec<String> = self.above.get().map(|above| format!("cd {}", above.display())).into_iter().collect();
        commands.extend(first);
        if let Some(compose) = path(OutputKind::Compose) {
            if let Some(example) = path(OutputKind::EnvExample) {
                let folder = example.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
                commands.push(if directory.join(format!("{folder}.env")).exists() {
                    format!("compare {folder}.env with {example}    # it lists every variable")
                } else {
                    format!("cp {example} {folder}.env    # and replace every change-me")
                });
            }
            let file = if compose == "compose.yaml" { String::new() } else { format!("-f {compose} ") };
            commands.push(format!("docker compose {file}up --build --wait    # then http://localhost:{port}"));
        } else if let Some(dockerfile) = path(OutputKind::Dockerfile) {
            commands.push(format!("docker build -f {dockerfile} ."));
        }
        if !self.quiet {
            commands.iter().for_each(|command| self.say(&format!("{CYAN}{:>10}{CYAN:#} {}", "next", printable(command))));
        }
    }

    /// Prints what a plan changes, or would change if the user allowed it, as a unified diff. Names the files that stay as they are.
    ///
    /// # Errors
    /// stdout can't be written.
    pub fn diff(&self, plan: &Plan) -> Result<()> {
        self.kept(plan);
        self.changes(plan)
    }

    /// Prints what a plan changes, or would change if the user allowed it, as a unified diff.
    ///
    /// # Errors
    /// stdout can't be written.
    pub fn changes(&self, plan: &Plan) -> Result<()> {
        for step in plan.outputs().filter(|step| step.action.writes() || step.action == Action::Refused) {
            let before = step.edited();
            let missing = matches!(step.state, State::Missing | State::Deleted);
            let old = if missing { "/dev/null".to_owned() } else { format!("a/{}", step.file.path) };
            // ignore differences in line endings
            let names = (old, format!("b/{}", step.file.path));
            self.patch(names, &before, &step.text().replace("\r\n", "\n"), &step.file.text)?;
        }
        Ok(())
    }

    fn patch(&self, names: (String, String), before: &str, after: &str, rendered: &str) -> Result<()> {
        let lines = difference::lines(names, before, after, rendered);
        // escape control characters on a terminal
        let shown = |line: &String| if io::stdout().is_terminal() { colored(&printable(line)) } else { colored(line) };
        self.print(&lines.iter().map(shown).collect::<String>()).map(drop)
    }

    /// Prints a hint.
    pub fn hints(&self, hints: &[String]) {
        if !self.quiet {
            hints.iter().for_each(|hint| self.hint(hint));
        }
    }

    fn hint(&self, hint: &str) {
        self.say(&format!("{CYAN}hint{CYAN:#}: {}", printable(&redact::message(hint))));
    }
}

fn colored(line: &str) -> String {
    let style = match line.as_bytes().first() {
        Some(b'+') => GREEN,
        Some(b'-') => RED,
        Some(b'@') => CYAN,
        _ => Style::new(),
    };
    format!("{style}{line}{style:#}\n")
}
