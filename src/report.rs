//! Everything that is printed: data to standard output, talk to standard error.

mod difference;
pub(crate) mod presets;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::Parser as _;
use serde_json::{Value as Json, json};

use crate::cli::Cli;
use crate::detect::Facts;
use crate::error::{Error, Exit, Place, Result, Source};
use crate::hidden::{self, printable_lines};
use crate::layers::Node;
use crate::output::{OutputFile, OutputKind, path_of};
use crate::plan::{Action, Plan, State, Step};
use crate::redact;
use crate::resolve::no_secrets::without_secrets;
use crate::write::Changed;

pub(crate) use crate::hidden::printable;

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
pub fn usage(error: clap::Error, arguments: &[OsString]) -> Exit {
    // clap repeats what was typed: of that, it is given only what a terminal shows as it is
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
        // a closed pipe is no error of ours
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

    /// Prints data: every byte of it, but to a terminal nothing that it would obey.
    ///
    /// # Errors
    /// Standard output that cannot be written, such as a full disk.
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

    /// Prints a text with its colours. A reader that has seen enough is no error.
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

    /// The same with nothing left out: what takes out credentials could also take out what a preset does.
    fn say_all(&self, line: &str) {
        // where nobody can be told, there is nobody to tell that
        let _ = writeln!(AutoStream::new(io::stderr().lock(), self.color), "{line}");
    }

    fn step(&self, style: Style, word: &str, step: &Step, words: &str) {
        self.say(&format!("{style}{word:>10}{style:#} {}", printable(&format!("{}{words}", step.file.path))));
    }

    /// Says what was done with each file.
    pub fn written(&self, plan: &Plan) {
        if self.quiet {
            return;
        }
        for step in &plan.steps {
            match step.action {
                Action::Created => self.step(GREEN, "created", step, ""),
                Action::Updated => self.step(GREEN, "updated", step, ""),
                Action::Replaced => self.step(YELLOW, "replaced", step, ""),
                Action::Merged => self.step(GREEN, "merged", step, " (with what was edited by hand)"),
                Action::Kept if step.state == State::Deleted => self.step(YELLOW, "deleted", step, &gone(step)),
                Action::Kept => self.step(Style::new(), "kept", step, " (edited by hand)"),
                Action::Unchanged if self.verbose => self.step(Style::new(), "unchanged", step, ""),
                Action::Conflicted | Action::Unchanged | Action::Refused | Action::Pending => {}
            }
        }
        for step in plan.steps.iter().filter(|step| step.action == Action::Conflicted) {
            self.step(RED, "conflict", step, " (look for <<<<<<< in it)");
        }
        if plan.steps.iter().all(|step| step.action == Action::Unchanged) {
            self.all_same("unchanged", plan);
        }
    }

    fn all_same(&self, word: &str, plan: &Plan) {
        self.say(&format!("{GREEN}{word:>10}{GREEN:#} all {} files are what the spec says", plan.outputs().count()));
    }

    /// Prints every file of a plan as JSON, with how it stood and what was done.
    ///
    /// # Errors
    /// Standard output that cannot be written.
    pub fn json(&self, plan: &Plan, hints: &[String], exit: Exit) -> Result<Exit> {
        let file =
            |step: &Step| json!({"output": step.file.key, "path": step.file.path, "state": step.state, "action": step.action});
        let files: Vec<_> = plan.steps.iter().map(file).collect();
        let hints: Vec<String> = hints.iter().map(|hint| redact::message(hint)).collect();
        self.json_data(&json!({"version": 1, "exit": exit as u8, "files": files, "hints": hints}))
    }

    /// Prints an error for a program that asked for JSON.
    pub fn json_error(&self, error: &Error) {
        let place = error.place.as_ref().map(|place| redact::message(&without_secrets(place).to_string()));
        let hint = error.hint.as_deref().map(redact::message);
        let error = json!({"message": redact::message(&error.message), "place": place, "hint": hint});
        // the error itself was said already
        let _ = self.json_data(&json!({"version": 1, "exit": Exit::CouldNotRun as u8, "error": error}));
    }

    /// Prints how a file differs from another text.
    ///
    /// # Errors
    /// Standard output that cannot be written.
    pub fn difference(&self, path: &str, before: &str, after: &str) -> Result<()> {
        self.patch((format!("a/{path}"), format!("b/{path}")), before, after, after)
    }

    /// Says which file above the current folder is used.
    pub fn using(&self, file: &Path) {
        self.note(&format!("{:>10} {}", "using", printable(&file.display().to_string())));
    }

    /// What says that a host is waited for.
    pub fn waiting(&self) -> impl Fn(&str) + 'static {
        let report = Self { color: self.color, quiet: self.quiet, verbose: self.verbose };
        move |host| report.note(&format!("{:>10} {}, for git to fetch presets; Ctrl-C ends it", "waiting for", printable(host)))
    }

    /// Says that a run wrote nothing.
    pub fn nothing_written(&self) {
        self.say("nothing was written");
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
                Action::Created => (GREEN, "create"),
                Action::Updated => (GREEN, "update"),
                Action::Replaced => (YELLOW, "replace"),
                _ => (Style::new(), "keep"),
            };
            self.step(style, word, step, "");
        }
    }

    /// Says one thing.
    pub fn note(&self, words: &str) {
        if !self.quiet {
            self.say(&printable(words));
        }
    }

    /// Says what to run next.
    pub fn next(&self, outputs: &[OutputFile], port: u16) {
        let path = |kind| path_of(outputs, kind);
        let mut commands = Vec::new();
        if let Some(compose) = path(OutputKind::Compose) {
            if let Some(example) = path(OutputKind::EnvExample) {
                let folder = example.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
                commands.push(format!("cp {example} {folder}.env    # and replace every change-me"));
            }
            let file = if compose == "compose.yaml" { String::new() } else { format!("-f {compose} ") };
            commands.push(format!("docker compose {file}up --build --wait    # then http://localhost:{port}"));
        } else if let Some(dockerfile) = path(OutputKind::Dockerfile) {
            commands.push(format!("docker build -f {dockerfile} ."));
        }
        if !self.quiet {
            commands.iter().for_each(|command| self.say(&format!("{CYAN}{:>10}{CYAN:#} {command}", "next")));
        }
    }

    /// Says which files stand in the way.
    pub fn conflicts(&self, plan: &Plan) {
        for step in plan.refused() {
            let words = match step.state {
                State::EditedAndOutdated => " (edited by hand since dockgen wrote it)",
                State::Undecided => UNDECIDED,
                _ => " (not written by dockgen)",
            };
            self.step(RED, "conflict", step, words);
        }
        let merge = if plan.refused().all(|step| step.state == State::EditedAndOutdated) {
            "--merge brings what is new into these files; "
        } else {
            ""
        };
        self.hint(&format!(
            "--diff shows what would change; {merge}--force replaces these files; or set their output to another path, or to false"
        ));
    }

    /// Says which files changed between the comparison and the write.
    pub fn changed(&self, changed: &Changed) {
        for path in &changed.paths {
            self.say(&format!("{RED}{:>10}{RED:#} {} (changed while dockgen was running)", "conflict", printable(path)));
        }
        for path in &changed.saved {
            self.hint(&format!("it was changed twice: one of the edits is in {}", printable(&path.display().to_string())));
        }
        self.hint("run the command again: it compares with what is there now");
        self.nothing_written();
    }

    /// Says which files are not what the spec says.
    pub fn drift(&self, plan: &Plan) {
        for step in &plan.steps {
            let words = match step.state {
                State::Missing => ("missing", String::new()),
                State::Deleted => ("missing", gone(step)),
                State::Outdated => ("outdated", " (the spec, a preset, the project or dockgen changed)".to_owned()),
                State::Edited => ("edited", " (by hand, since dockgen wrote it)".to_owned()),
                State::EditedAndOutdated => ("edited", " (by hand, and outdated too)".to_owned()),
                State::Undecided => ("conflict", UNDECIDED.to_owned()),
                State::Foreign => ("foreign", " (not written by dockgen)".to_owned()),
                State::InStep => continue,
            };
            self.step(RED, words.0, step, &words.1);
        }
        let any = |state: State| plan.steps.iter().any(|step| step.state == state);
        if any(State::Foreign) {
            self.hint("`dockgen generate --force` replaces what dockgen did not write; --diff shows how");
        } else if any(State::EditedAndOutdated) {
            self.hint("`dockgen generate --merge` brings them in step and keeps what was edited; --diff shows how");
        } else if plan.changes().next().is_some() {
            self.hint("`dockgen generate` brings them in step; --diff shows how");
        } else if plan.answer() == Exit::Done && !self.quiet {
            self.all_same("clean", plan);
        }
    }

    /// Prints how the files differ from what the spec says, as a unified diff.
    ///
    /// # Errors
    /// Standard output that cannot be written.
    pub fn diff(&self, plan: &Plan) -> Result<()> {
        self.diffs(plan, |step| step.state != State::InStep)
    }

    /// Prints what a plan changes, or would change if somebody allowed it.
    ///
    /// # Errors
    /// Standard output that cannot be written.
    pub fn changes(&self, plan: &Plan) -> Result<()> {
        self.diffs(plan, |step| step.action.writes() || step.action == Action::Refused)
    }

    fn diffs(&self, plan: &Plan, shown: impl Fn(&Step) -> bool) -> Result<()> {
        for step in plan.outputs().filter(|step| shown(step)) {
            let before = step.edited();
            let missing = matches!(step.state, State::Missing | State::Deleted);
            let old = if missing { "/dev/null".to_owned() } else { format!("a/{}", step.file.path) };
            // the endings of lines are no difference
            let names = (old, format!("b/{}", step.file.path));
            self.patch(names, &before, &step.text().replace("\r\n", "\n"), &step.file.text)?;
        }
        Ok(())
    }

    fn patch(&self, names: (String, String), before: &str, after: &str, rendered: &str) -> Result<()> {
        let lines = difference::lines(names, before, after, rendered);
        // a terminal is shown nothing that it would obey
        let shown = |line: &String| if io::stdout().is_terminal() { colored(&printable(line)) } else { colored(line) };
        self.print(&lines.iter().map(shown).collect::<String>()).map(drop)
    }

    /// Says what dockgen could not know.
    pub fn hints(&self, hints: &[String]) {
        if !self.quiet {
            hints.iter().for_each(|hint| self.hint(hint));
        }
    }

    fn hint(&self, hint: &str) {
        self.say(&format!("{CYAN}hint{CYAN:#}: {}", printable(&redact::message(hint))));
    }

    /// Prints an error: what, where, and how to mend it.
    pub fn error(&self, error: &Error) {
        let words = |words: &str| printable(&redact::message(words));
        let message = words(&error.message);
        let place = error.place.as_ref().map(|place| shown(&without_secrets(place)));
        let notes: Vec<_> = error.notes.iter().map(|(place, note)| (shown(&without_secrets(place)), words(note))).collect();
        let hint = error.hint.as_deref().map(words);
        let mut groups = vec![group(Level::ERROR.primary_title(&message), place.as_ref())];
        groups.extend(notes.iter().map(|(place, words)| group(Level::NOTE.secondary_title(words), Some(place))));
        groups.extend(hint.iter().map(|hint| Group::with_title(Level::HELP.secondary_title(hint))));
        self.say(&Renderer::styled().render(&groups));
    }
}

/// What a merge left to people.
const UNDECIDED: &str = " (of an earlier merge: decide between the lines, and take out <<<<<<<, ======= and >>>>>>>)";

/// How a deleted file comes back.
fn gone(step: &Step) -> String {
    format!(
        " (deleted, and stays so; --only {} writes it again, output.{} = false says so for good)",
        step.file.key, step.file.key
    )
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

/// A place with nothing in it that a terminal would obey.
fn shown(place: &Place) -> Place {
    let (text, span) = redact::stretch(&place.source.text, &place.span);
    let (text, span) = printable_lines(&text, &span);
    // `--preset ADDRESS` is a name, too
    Place { source: Arc::new(Source { name: printable(&redact::message(&place.source.name)), text }), span }
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
