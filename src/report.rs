//! Everything that is printed: data to standard output, talk to standard error.

use std::io::{self, IsTerminal as _, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use diffy::DiffOptions;

use crate::cli::Cli;
use crate::detect::Facts;
use crate::error::{Error, Exit, Place, Result};
use crate::layers::Node;
use crate::plan::{Action, Plan, Step};
use crate::resolve::Output;
use crate::rules::hidden;

const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// How much is said, and in which colours.
#[derive(Default)]
pub struct Report {
    color: ColorChoice,
    quiet: bool,
    verbose: bool,
}

/// Prints what clap has to say: help and versions are data, the rest is a usage error.
pub fn usage(error: &clap::Error) -> Exit {
    // a closed pipe is no error of ours
    let _ = error.print();
    if error.use_stderr() { Exit::CouldNotRun } else { Exit::Done }
}

impl Report {
    /// As the flags say.
    #[must_use]
    pub fn new(cli: &Cli) -> Self {
        let color = match cli.color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { color, quiet: cli.quiet, verbose: cli.verbose }
    }

    /// Prints data. A reader that has seen enough is no error.
    ///
    /// # Errors
    /// Standard output that cannot be written, such as a full disk.
    pub fn data(&self, text: &str) -> Result<Exit> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.color);
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::new(format!("cannot write to standard output: {error}")))
            }
            _ => Ok(Exit::Done),
        }
    }

    fn say(&self, line: &str) {
        // where nobody can be told, there is nobody to tell that
        let _ = writeln!(AutoStream::new(io::stderr().lock(), self.color), "{line}");
    }

    fn step(&self, style: Style, word: &str, step: &Step, words: &str) {
        self.say(&format!("{style}{word:>10}{style:#} {}{words}", step.file.path));
    }

    /// Says what was done with each file.
    pub fn written(&self, plan: &Plan) {
        if self.quiet {
            return;
        }
        for step in &plan.steps {
            match step.action {
                Action::Create => self.step(GREEN, "created", step, ""),
                Action::Update => self.step(GREEN, "updated", step, ""),
                Action::Edited | Action::Foreign => self.step(YELLOW, "replaced", step, ""),
                Action::Same if self.verbose => self.step(Style::new(), "unchanged", step, ""),
                Action::Same => {}
            }
        }
        if plan.changes().next().is_none() {
            self.all_same("unchanged", plan);
        }
    }

    fn all_same(&self, word: &str, plan: &Plan) {
        self.say(&format!("{GREEN}{word:>10}{GREEN:#} all {} files are what the spec says", plan.steps.len()));
    }

    /// Says in a few lines what was found, and where.
    pub fn found(&self, facts: &Facts) {
        if self.quiet {
            return;
        }
        if let Some(fact) = &facts.framework {
            self.say(&format!(
                "{GREEN}{:>10}{GREEN:#} {}",
                "found",
                printable(&format!("{} = {}  # {}", fact.key, fact.value, fact.origin))
            ));
        }
        for key in ["app.entry", "python.version", "install.with", "health.path", "app.port"] {
            if let Some(Node::Leaf(value, origin)) = facts.layer.get(key) {
                self.say(&format!("{GREEN}{:>10}{GREEN:#} {}", "found", printable(&format!("{key} = {value}  # {origin}"))));
            }
        }
        for table in ["services", "processes"] {
            if let Some(Node::Table { children, .. }) = facts.layer.get(table) {
                for (name, node) in children {
                    self.say(&format!(
                        "{GREEN}{:>10}{GREEN:#} {}",
                        "found",
                        printable(&format!("{table}.{name}  # {}", node.origin()))
                    ));
                }
            }
        }
    }

    /// Says what would be done with each file.
    pub fn planned(&self, plan: &Plan) {
        if self.quiet {
            return;
        }
        for step in &plan.steps {
            let (style, word) = match step.action {
                Action::Create => (GREEN, "create"),
                Action::Update => (GREEN, "update"),
                Action::Edited | Action::Foreign => (YELLOW, "replace"),
                Action::Same => (Style::new(), "keep"),
            };
            self.step(style, word, step, "");
        }
    }

    /// Says one thing.
    pub fn note(&self, words: &str) {
        if !self.quiet {
            self.say(words);
        }
    }

    /// Says what to run next.
    pub fn next(&self, outputs: &[Output], port: u16) {
        let path = |key: &str| outputs.iter().find(|output| output.key == key).map(|output| output.path.as_str());
        let mut commands = Vec::new();
        if let Some(compose) = path("compose") {
            if let Some(example) = path("env-example") {
                let folder = example.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
                commands.push(format!("cp {example} {folder}.env    # and replace every change-me"));
            }
            let file = if compose == "compose.yaml" { String::new() } else { format!("-f {compose} ") };
            commands.push(format!("docker compose {file}up --build --wait    # then http://localhost:{port}"));
        } else if let Some(dockerfile) = path("dockerfile") {
            commands.push(format!("docker build -f {dockerfile} ."));
        }
        if !self.quiet {
            commands.iter().for_each(|command| self.say(&format!("{CYAN}{:>10}{CYAN:#} {command}", "next")));
        }
    }

    /// Says which files stand in the way.
    pub fn conflicts(&self, plan: &Plan) {
        for step in plan.conflicts() {
            let words = if step.action == Action::Edited {
                " (edited by hand since dockgen wrote it)"
            } else {
                " (not written by dockgen)"
            };
            self.step(RED, "conflict", step, words);
        }
        self.say("nothing was written");
        self.hint(
            "--diff shows what would change; --force replaces these files; or set their output to another path, or to false",
        );
    }

    /// Says which files are not what the spec says.
    pub fn drift(&self, plan: &Plan) {
        for step in &plan.steps {
            let words = match step.action {
                Action::Create => ("missing", ""),
                Action::Update => ("outdated", " (the spec, a preset, the project or dockgen changed)"),
                Action::Edited => ("edited", " (by hand, since dockgen wrote it)"),
                Action::Foreign => ("foreign", " (not written by dockgen)"),
                Action::Same => continue,
            };
            self.step(RED, words.0, step, words.1);
        }
        match plan.changes().next() {
            Some(_) if plan.conflicts().next().is_some() => {
                self.hint(
                    "`dockgen generate --force` brings them in step, and replaces what dockgen did not write; --diff shows how",
                );
            }
            Some(_) => self.hint("`dockgen generate` brings them in step; --diff shows how"),
            None if !self.quiet => self.all_same("clean", plan),
            None => {}
        }
    }

    /// Prints what would change, as a unified diff.
    ///
    /// # Errors
    /// Standard output that cannot be written.
    pub fn diff(&self, plan: &Plan) -> Result<()> {
        for step in plan.changes() {
            let before = String::from_utf8_lossy(&step.before).replace("\r\n", "\n");
            let old = if step.action == Action::Create { "/dev/null".to_owned() } else { format!("a/{}", step.file.path) };
            let mut options = DiffOptions::new();
            options.set_original_filename(old).set_modified_filename(format!("b/{}", step.file.path));
            let text = options.create_patch(&before, &step.file.text).to_string();
            // a patch keeps every byte; a terminal is shown nothing that it would obey
            let shown = |line: &str| if io::stdout().is_terminal() { colored(&printable(line)) } else { colored(line) };
            self.data(&text.lines().map(shown).collect::<String>())?;
        }
        Ok(())
    }

    /// Says what dockgen could not know.
    pub fn hints(&self, hints: &[String]) {
        if !self.quiet {
            hints.iter().for_each(|hint| self.hint(hint));
        }
    }

    fn hint(&self, hint: &str) {
        self.say(&format!("{CYAN}hint{CYAN:#}: {hint}"));
    }

    /// Prints an error: what, where, and how to mend it.
    pub fn error(&self, error: &Error) {
        let message = printable(&error.message);
        let notes: Vec<_> = error.notes.iter().map(|(place, words)| (place, printable(words))).collect();
        let hint = error.hint.as_deref().map(printable);
        let mut groups = vec![group(Level::ERROR.primary_title(&message), error.place.as_ref())];
        groups.extend(notes.iter().map(|(place, words)| group(Level::NOTE.secondary_title(words), Some(place))));
        groups.extend(hint.iter().map(|hint| Group::with_title(Level::HELP.secondary_title(hint))));
        self.say(&Renderer::styled().render(&groups));
    }
}

/// The text with nothing in it that a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| if hidden(letter) && letter != '\t' { letter.escape_default().to_string() } else { letter.to_string() })
        .collect()
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

fn group<'a>(title: annotate_snippets::Title<'a>, place: Option<&'a Place>) -> Group<'a> {
    match place {
        Some(place) if !place.source.text.is_empty() => {
            let annotation = AnnotationKind::Primary.span(place.span.clone());
            title.element(Snippet::source(&place.source.text).path(&place.source.name).annotation(annotation))
        }
        Some(place) => title.element(Origin::path(&place.source.name)),
        None => Group::with_title(title),
    }
}
