//! The project's own command that creates the tables of its SQLite database.

use std::ops::Range;
use std::sync::Arc;

use toml::Value;

use super::Facts;
use super::application::Application;
use crate::error::Source;
use crate::paths;
use crate::python::codebase::{Codebase, Parsed};
use crate::python::module::Call;
use crate::quote::{shell_line, shell_word};

/// Names of commands and scripts that create tables, without their separators.
const NAMES: [&str; 11] = [
    "initdb",
    "createdb",
    "setupdb",
    "dbinit",
    "dbcreate",
    "createtables",
    "inittables",
    "initdatabase",
    "createdatabase",
    "setupdatabase",
    "createall",
];

/// Words in code that creates tables.
const CREATES: [&str; 4] = ["executescript", "create_all", "CREATE TABLE", "create table"];

/// A command with its place.
struct Creation {
    command: Vec<String>,
    /// The program that runs commands of the application, which must find it.
    program: Option<&'static str>,
    source: Arc<Source>,
    span: Range<usize>,
}

/// Adds the command as a release step, or says that the database starts empty.
pub(super) fn add(codebase: &Codebase<'_>, application: Option<&Application>, facts: &mut Facts) {
    let found = application.and_then(|application| Some((application, creation(codebase, application)?)));
    let Some((application, creation)) = found else {
        return facts.hints.push(
            "the SQLite database starts empty: a command that makes its tables, where the application does not, goes into release.steps".to_owned(),
        );
    };
    let (source, span, why) = (&creation.source, &creation.span, "creates the tables of its SQLite database");
    if let Some(program) = creation.program {
        let key = format!("environment.{}_APP", program.to_uppercase());
        facts.say(&format!("{key}.value"), application.entry.as_str(), source, span, why);
        facts.say(&format!("{key}.description"), format!("Where the {program} command finds the application"), source, span, why);
    }
    // such a command often drops the tables first: never run it on a database that exists
    let folders: Vec<String> = folders(facts).iter().map(|folder| shell_word(folder)).collect();
    let line = format!("find {} -type f | grep -q . || exec {}", folders.join(" "), shell_line(&creation.command));
    let step = ["sh", "-c", &line].map(|word| Value::String(word.to_owned()));
    facts.say("release.steps", Value::Array(vec![Value::Array(step.to_vec())]), source, span, why);
}

/// The volumes of databases.
fn folders(facts: &Facts) -> Vec<String> {
    let volumes = facts.layer.entries("volumes").map(|(name, _)| format!("volumes.{name}"));
    let databases = volumes.filter(|key| facts.layer.get(&format!("{key}.access")).is_some());
    databases.filter_map(|key| facts.layer.text(&format!("{key}.path")).map(str::to_owned)).collect()
}

/// A command of the application, or a script.
fn creation(codebase: &Codebase<'_>, application: &Application) -> Option<Creation> {
    let files: Vec<String> = codebase.application().map(str::to_owned).collect();
    let creates = |path: &&String| codebase.text(path).is_some_and(|text| CREATES.iter().any(|word| text.contains(word)));
    let program = ["flask", "quart"].into_iter().find(|name| *name == application.framework.name);
    let commands = files.iter().filter(creates).filter_map(|path| of_command(&*codebase.read(path)?, program?));
    let scripts = || files.iter().filter(creates).filter_map(|path| of_script(codebase, path));
    commands.into_iter().next().or_else(|| scripts().next())
}

/// `@app.cli.command("init-db")`, `@click.command("init-db")`.
fn of_command(parsed: &Parsed, program: &'static str) -> Option<Creation> {
    let calls =
        parsed.module.calls.iter().filter(|call| call.function == "click.command" || call.function.ends_with(".cli.command"));
    calls.filter_map(|call| Some((call, command_name(parsed, call)?))).find(|(_, name)| is_name(name)).map(|(call, name)| {
        Creation {
            command: vec![program.to_owned(), name],
            program: Some(program),
            source: Arc::clone(&parsed.source),
            span: call.span.clone(),
        }
    })
}

/// The name that a decorator gives its command: the function's own if it names none.
fn command_name(parsed: &Parsed, call: &Call) -> Option<String> {
    let given = call.first_text().or_else(|| call.named("name")?.text()).map(str::to_owned);
    let own = || {
        let function = parsed.module.functions.iter().find(|function| function.span.start > call.span.end)?;
        Some(function.name.replace('_', "-"))
    };
    given.or_else(own)
}

/// `init_db.py` in the folder that commands run in.
fn of_script(codebase: &Codebase<'_>, path: &str) -> Option<Creation> {
    let stem = path.strip_suffix(".py").filter(|stem| !stem.contains('/') && is_name(paths::name(stem)))?;
    let parsed = codebase.read(path)?;
    let command = vec!["python".to_owned(), format!("{stem}.py")];
    let span = CREATES.iter().find_map(|word| parsed.source.text.find(word).map(|at| at..at + word.len()))?;
    Some(Creation { command, program: None, source: Arc::clone(&parsed.source), span })
}

fn is_name(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect();
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    plain && !name.starts_with('-') && NAMES.contains(&letters.to_lowercase().as_str())
}
