//! Workers that compose files, Dockerfiles and scripts of the project start.

use std::sync::Arc;

use super::commands::{self, CommandText};
use super::processes::{Process, ProcessEvidence};
use crate::knowledge::{WorkerRow, workers};
use crate::paths;
use crate::python::codebase::Codebase;

/// Programs that run another one and stay, with the words behind them.
const WRAPPERS: [&[&str]; 3] = [&["newrelic-admin", "run-program"], &["ddtrace-run"], &["opentelemetry-instrument"]];

/// Options about files that a read-only container can't write; output goes to stdout.
const FILES: [&str; 5] = ["--logfile", "-f", "--pidfile", "--schedule", "-s"];

/// The workers that the project's own files start, for which it installs the library; `root` is the folder on the import path.
pub(super) fn find(codebase: &Codebase<'_>, installs: &dyn Fn(&str) -> bool, root: Option<&str>) -> Vec<Process> {
    let rows: Vec<&WorkerRow> = workers().iter().filter(|row| row.libraries.iter().any(|library| installs(library))).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let programs: Vec<&str> = rows.iter().map(|row| row.program.as_str()).collect();
    let mut found: Vec<(&WorkerRow, Process)> = Vec::new();
    for line in commands::lines(codebase, &programs) {
        let Some((row, command)) = command_in(&line.text, &rows) else { continue };
        let is_known = |(other, process): &(&WorkerRow, Process)| {
            std::ptr::eq(*other, row) && (process.source.name != line.source.name || process.command == command)
        };
        if !is_helper(&line) && !found.iter().any(is_known) && is_there(codebase, root, &command) {
            found.push((row, process(row, command, &line)));
        }
    }
    let mut processes: Vec<Process> = Vec::new();
    for (row, process) in found {
        let same = processes
            .iter()
            .filter(|other| other.name.trim_end_matches(|end: char| end.is_ascii_digit() || end == '-') == row.name);
        let name = match same.count() {
            0 => row.name.clone(),
            number => format!("{}-{}", row.name, number + 1),
        };
        processes.push(Process { name, ..process });
    }
    processes
}

fn process(row: &WorkerRow, command: Vec<String>, line: &CommandText) -> Process {
    Process {
        name: row.name.clone(),
        command,
        singleton: row.singleton,
        source: Arc::clone(&line.source),
        span: line.span.clone(),
        evidence: ProcessEvidence::Deployed,
    }
}

/// Whether a line is for people who develop, or checks a worker's health.
fn is_helper(line: &CommandText) -> bool {
    let file = line.source.name.to_ascii_lowercase();
    let development = ["test", "example", "docs/"].iter().any(|word| file.contains(word));
    development || ["inspect", "healthcheck", "--check", "echo ", "pkill", "multi "].iter().any(|word| line.text.contains(word))
}

/// The worker's command in a line, as words that need no shell.
fn command_in<'a>(line: &str, rows: &[&'a WorkerRow]) -> Option<(&'a WorkerRow, Vec<String>)> {
    let words: Vec<&str> = line
        .split(|letter: char| letter.is_whitespace() || "\"'[]".contains(letter))
        .map(|word| word.trim_end_matches(','))
        .filter(|word| !word.is_empty())
        .collect();
    let is_program = |at: usize, row: &WorkerRow| words[at] == row.program || paths::name(words[at]) == row.program;
    let (at, row) = (0..words.len()).find_map(|at| {
        let rest = || words[at + 1..].iter().take_while(|word| !ends(word));
        let does = |row: &WorkerRow| match &row.subcommand {
            Some(subcommand) => rest().any(|word| word == subcommand),
            None => rest().next().is_some_and(|word| !word.starts_with(':')),
        };
        let row = rows.iter().find(|row| is_program(at, row) && does(row))?;
        Some((at, *row))
    })?;
    // a key of YAML, an argument of pip, a file
    let before = words[..at].last().copied().unwrap_or_default();
    if words[..at].contains(&"install") || words[at].ends_with(':') || before.starts_with("--") && before != "--" {
        return None;
    }
    let mut command = wrapper(&words[..at]);
    match row.program.as_str() {
        "manage.py" => command.extend(["python".to_owned(), "manage.py".to_owned()]),
        program => command.push(program.to_owned()),
    }
    command.extend(arguments(words[at + 1..].iter().take_while(|word| !ends(word)).copied()));
    let is_plain = |word: &String| word.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/:=,@+-".contains(letter));
    if !command.iter().all(is_plain) {
        return None;
    }
    if row.program == "celery" {
        without_files(row, &mut command);
    }
    Some((row, command))
}

fn ends(word: &str) -> bool {
    ["&&", "||", "|", ";", "&", ">", "\\"].contains(&word)
}

fn wrapper(before: &[&str]) -> Vec<String> {
    let mut wrapping = Vec::new();
    for words in WRAPPERS.iter().filter(|words| before.windows(words.len()).any(|window| window == **words)) {
        wrapping.extend(words.iter().map(|word| (*word).to_owned()));
    }
    wrapping
}

/// The arguments, without options whose values a shell or the program computes.
fn arguments<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        let word = word.trim_end_matches(';');
        if !word.contains(['$', '%', '{', '}']) {
            kept.push(word.to_owned());
        } else if kept.last().is_some_and(|last| last.starts_with('-') && !last.contains('=')) {
            kept.pop();
        } else if !word.starts_with('-') {
            // an operand that can't be known
            kept.push("$".to_owned());
        }
    }
    kept
}

/// Lets Celery write its files to `/tmp`, or not at all.
fn without_files(row: &WorkerRow, command: &mut Vec<String>) {
    let mut drop_next = false;
    command.retain(|word| {
        let dropped = drop_next
            || FILES.iter().any(|option| word == option || word.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')));
        drop_next = !drop_next && FILES.contains(&word.as_str());
        !dropped
    });
    let has = |names: &[&str]| {
        command.iter().any(|word| names.iter().any(|name| word == name || word.starts_with(&format!("{name}="))))
    };
    let beats = row.name == "beat" || has(&["-B", "--beat"]);
    let in_file = beats && !has(&["-S", "--scheduler"]);
    if row.name == "beat" {
        command.push("--pidfile=".to_owned());
    }
    if in_file {
        command.push("--schedule=/tmp/celerybeat-schedule".to_owned());
    }
}

/// Whether the module that a command names is a file of the project.
fn is_there(codebase: &Codebase<'_>, root: Option<&str>, command: &[String]) -> bool {
    if let Some(at) = command.iter().position(|word| word == "manage.py") {
        let folder = root.filter(|root| *root != ".").map_or(String::new(), |root| format!("{root}/"));
        return at > 0 && codebase.tree.has(&format!("{folder}manage.py"));
    }
    let option = command.iter().enumerate().find_map(|(at, word)| match word.as_str() {
        "-A" | "--app" | "-a" => command.get(at + 1).map(String::as_str),
        word => word.strip_prefix("--app=").or_else(|| word.strip_prefix("-A")).filter(|value| !value.is_empty()),
    });
    let operand = || command.iter().skip(1).find(|word| word.contains(['.', ':']) && !word.starts_with('-')).map(String::as_str);
    let needs = ["arq", "dramatiq", "huey_consumer", "huey_consumer.py", "saq", "taskiq", "celery"]
        .iter()
        .any(|program| command.iter().any(|word| word == program));
    let Some(module) = option.or_else(operand) else { return !needs };
    let module = module.split(':').next().unwrap_or_default().replace('.', "/");
    let folders = [root.filter(|root| *root != ".").unwrap_or_default(), ""];
    folders.iter().any(|folder| {
        std::iter::successors(Some(module.as_str()), |module| module.rsplit_once('/').map(|(module, _)| module)).take(2).any(
            |module| {
                ["py", "/__init__.py"].iter().any(|end| {
                    let file = if *end == "py" { format!("{module}.py") } else { format!("{module}{end}") };
                    codebase.tree.has(&paths::join(folder, &file))
                })
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_workers_are_read_in_all_forms() {
        let rows: Vec<&WorkerRow> = workers().iter().collect();
        for (line, expected) in [
            ("    command: celery -A shop worker -l \"${LEVEL:-INFO}\" -n default@%h", Some("celery -A shop worker")),
            ("command: celery --app=shop.tasks worker -l info", Some("celery --app=shop.tasks worker -l info")),
            ("command: [\"celery\", \"worker\", \"-A\", \"shop\"]", Some("celery worker -A shop")),
            (
                "exec newrelic-admin run-program celery -A shop beat -s /data/schedule",
                Some("newrelic-admin run-program celery -A shop beat --pidfile= --schedule=/tmp/celerybeat-schedule"),
            ),
            ("command: watchmedo auto-restart -- celery -A shop worker", Some("celery -A shop worker")),
            ("command: python manage.py rqscheduler", Some("python manage.py rqscheduler")),
            ("CMD saq shop.queue.settings", Some("saq shop.queue.settings")),
            ("command: taskiq worker shop.tasks:broker", Some("taskiq worker shop.tasks:broker")),
            ("RUN pip install celery worker", None),
            ("command: celery -A $APP worker", Some("celery worker")),
            ("command: celery -A shop flower", None),
        ] {
            let found = command_in(line, &rows).map(|(_, command)| command.join(" "));
            assert_eq!(found.as_deref(), expected, "{line}");
        }
    }
}
