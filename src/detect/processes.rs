//! Processes besides the web's, and what must run before a new version serves.

use std::ops::Range;
use std::sync::Arc;

use super::manifest::Manifests;
use super::sources::Sources;
use crate::error::Source;

/// A command with where it was read.
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) command: Vec<String>,
    /// Never two at the same time.
    pub(crate) singleton: bool,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
    pub(crate) why: &'static str,
}

/// The workers of a project, where it installs what runs them.
pub(crate) fn processes(sources: &Sources<'_>, manifests: &Manifests) -> Vec<Process> {
    let mut found = procfile(sources);
    if manifests.has("celery") && found.iter().all(|process| !process.command.iter().any(|word| word == "celery")) {
        found.extend(celery(sources, manifests));
    }
    found
}

/// The module of the Celery application, and whether it has a schedule.
fn celery(sources: &Sources<'_>, manifests: &Manifests) -> Vec<Process> {
    let files: Vec<String> = sources.tree.python().filter(|path| !path.contains("test")).map(str::to_owned).collect();
    let worth = |path: &&String| sources.text(path).is_some_and(|text| text.contains("Celery("));
    for path in files.iter().filter(worth) {
        let Some(parsed) = sources.read(path) else { continue };
        let made = parsed.module.bindings.iter().find(|binding| {
            binding
                .value
                .call()
                .is_some_and(|call| parsed.module.full_name(&call.function).starts_with("celery.") && call.method() == "Celery")
        });
        let Some(made) = made else { continue };
        let (_, module) = sources.place(path);
        // Celery itself looks for `app`, `celery`, and `celery.py` in a package
        let usual = ["app", "celery", "application"].contains(&made.name.as_str());
        let module = module
            .strip_suffix(".celery")
            .filter(|_| usual)
            .map_or_else(|| if usual { module.clone() } else { format!("{module}:{}", made.name) }, str::to_owned);
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let process = |name: &str, command: Vec<String>, singleton| Process {
            name: name.to_owned(),
            command,
            singleton,
            source: Arc::clone(&parsed.source),
            span: made.span.clone(),
            why: "Celery application",
        };
        let mut found = vec![process("worker", words(&["celery", "-A", &module, "worker", "--loglevel=info"]), false)];
        let database = manifests.has("django-celery-beat");
        let scheduled = |path: &String| {
            sources.text(path).is_some_and(|text| {
                ["beat_schedule", "BEAT_SCHEDULE", "add_periodic_task"].iter().any(|word| text.contains(word))
            })
        };
        if database {
            let command = [
                "celery",
                "-A",
                &module,
                "beat",
                "--loglevel=info",
                "--pidfile=",
                "--scheduler=django_celery_beat.schedulers:DatabaseScheduler",
            ];
            found.push(process("beat", words(&command), true));
        } else if files.iter().any(scheduled) {
            let command =
                ["celery", "-A", &module, "beat", "--loglevel=info", "--pidfile=", "--schedule=/tmp/celerybeat-schedule"];
            found.push(process("beat", words(&command), true));
        }
        return found;
    }
    Vec::new()
}

/// The processes of a Procfile, where each is one command without a shell's help.
fn procfile(sources: &Sources<'_>) -> Vec<Process> {
    let Some(text) = sources.text("Procfile") else { return Vec::new() };
    let source = Arc::new(Source { name: "Procfile".to_owned(), text });
    let mut found = Vec::new();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let span = start..start + line.trim_end().len();
        start += line.len();
        let Some((name, command)) = line.trim().split_once(':') else { continue };
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let plain = !words.is_empty()
            && words.iter().all(|word| word.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/:=,@+-".contains(letter)));
        let named = name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
        let program = words.first().is_some_and(|first| {
            !first.contains('=')
                && !first.starts_with('-')
                && !["bash", "sh", "bin/start", "node", "npm"].contains(&first.as_str())
        });
        if plain
            && named
            && program
            && name != "web"
            && name.len() <= 40
            && name.starts_with(|first: char| first.is_ascii_lowercase())
        {
            let singleton = words.iter().any(|word| word == "beat" || word == "clock" || word == "scheduler");
            found.push(Process {
                name: name.to_owned(),
                command: words,
                singleton,
                source: Arc::clone(&source),
                span,
                why: "process",
            });
        }
    }
    found
}
