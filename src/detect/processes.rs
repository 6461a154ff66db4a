//! Processes besides `web`, and release commands.
//!
//! They come from a Procfile, or from worker libraries among the dependencies and their objects in the sources.

use std::cell::LazyCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use toml::Value;

use super::Facts;
use super::application::Application;
use super::procfile;
use super::workers;
use crate::error::Source;
use crate::knowledge::workers as table;
use crate::layers::origin;
use crate::paths::{name, parent};
use crate::python::codebase::{Codebase, Parsed};
use crate::python::mentions::Mentions;
use crate::python::module::{Binding, Expression, Field};
use crate::quote::{shell_line, shell_word};
use crate::secrets;

/// A command with its place.
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) command: Vec<String>,
    /// Whether two must never run at the same time.
    pub(crate) singleton: bool,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
    pub(crate) evidence: ProcessEvidence,
}

/// What shows that a project has a process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessEvidence {
    /// A line of the Procfile.
    Procfile,
    /// A command of a compose file, a Dockerfile or a script.
    Deployed,
    /// A program that serves requests itself.
    Program,
    /// A script that a library serves.
    Script,
    /// A Celery application.
    Celery,
    /// The library of a task queue.
    Queue,
    /// Alembic's migrations.
    Migrations,
    /// Migrations that Flask's own command runs.
    FlaskMigrations,
}

impl ProcessEvidence {
    /// Whether the command is the project's own text.
    fn is_copied(self) -> bool {
        matches!(self, Self::Procfile | Self::Program | Self::Deployed)
    }

    fn words(self) -> &'static str {
        match self {
            Self::Procfile | Self::Deployed => "process",
            Self::Program | Self::Script => "serves requests itself",
            Self::Celery => "Celery application",
            Self::Queue => "the worker of its queue",
            Self::Migrations => "migrations",
            Self::FlaskMigrations => "Flask's migrations",
        }
    }
}

/// Adds the processes of a project and its release.
pub(super) fn add(
    codebase: &Codebase<'_>,
    manifests: &Mentions,
    application: Option<&Application>,
    web: Option<Process>,
    facts: &mut Facts,
) {
    // development tools aren't in the image
    let installer = facts.installer.clone();
    let installed = LazyCell::new(|| installer.map(|installer| installer.dependencies(codebase.directory)).unwrap_or_default());
    let installs =
        |name: &str| manifests.has(name) && (installed.is_empty() || installed.iter().any(|dependency| dependency.name == name));
    for process in web.into_iter().chain(processes(codebase, &installs, application)) {
        // copy a command of the project only if none of its words could be a secret
        let is_told = process.evidence.is_copied() && !secrets::is_plain_command(&process.command);
        let what = secrets::in_command(&process.command).or_else(|| is_told.then_some("what may be a secret"));
        if let Some(what) = what {
            let place = origin(&process.source, process.span.clone(), "").place;
            let key = if process.name == "release" {
                "release.steps".to_owned()
            } else {
                format!("processes.{}.command", process.name)
            };
            facts.hints.push(format!(
                "{place}: the command of `{}` contains {what} and is skipped: set {key}, and let the program read the secret from a variable under [secrets]",
                process.name
            ));
            continue;
        }
        let why = process.evidence.words();
        let words = Value::Array(process.command.into_iter().map(Value::String).collect());
        if process.name == "release" {
            if let Some(application) = application.filter(|_| process.evidence == ProcessEvidence::FlaskMigrations) {
                // Flask has the option --app since 2.2
                let key = "environment.FLASK_APP";
                facts.say(&format!("{key}.value"), application.entry.as_str(), &process.source, &process.span, why);
                let words = "Where the flask command finds the application";
                facts.say(&format!("{key}.description"), words, &process.source, &process.span, why);
            }
            facts.say("release.steps", Value::Array(vec![words]), &process.source, &process.span, why);
            continue;
        }
        let key = format!("processes.{}", process.name);
        facts.say(&format!("{key}.command"), words, &process.source, &process.span, why);
        if process.singleton {
            facts.say(&format!("{key}.singleton"), true, &process.source, &process.span, why);
        }
    }
}

/// Workers and migrations for which the project installs the library.
fn processes(codebase: &Codebase<'_>, installs: &dyn Fn(&str) -> bool, application: Option<&Application>) -> Vec<Process> {
    let mut found = procfile::processes(codebase);
    let root = application.map(|application| application.root.as_str());
    if found.iter().all(|process| process.name == "release") {
        found.extend(workers::find(codebase, installs, root));
    }
    let runs = |found: &[Process], program: &str| found.iter().any(|process| process.command.iter().any(|word| word == program));
    if installs("celery") && !runs(&found, "celery") {
        found.extend(celery(codebase, root, installs));
    }
    // a Procfile with workers names all of them
    let told = found.iter().any(|process| process.name != "release");
    let django = application.is_some_and(|application| application.framework.name == "django");
    let manage = root.filter(|root| *root != ".").map_or_else(|| "manage.py".to_owned(), |root| format!("{root}/manage.py"));
    let installed = table().iter().filter(|row| row.libraries.iter().any(|library| installs(library)));
    for row in installed.filter(|_| django && !told && codebase.tree.has(&manage)) {
        let Some(arguments) = &row.run else { continue };
        let subcommand = row.subcommand.as_deref().unwrap_or_default();
        let name =
            if found.iter().any(|process| process.name == "worker") { subcommand.replace('_', "-") } else { row.name.clone() };
        found.push(Process {
            name,
            command: [words(&["python", "manage.py", subcommand]), arguments.clone()].concat(),
            singleton: row.singleton,
            source: Arc::new(Source::file(manage.clone(), "")),
            span: 0..0,
            evidence: ProcessEvidence::Queue,
        });
    }
    for (library, program, find) in WORKERS.into_iter().filter(|_| !told && !django) {
        if installs(library) && !runs(&found, program) {
            found.extend(find(codebase, root).map(|(words, parsed, span)| Process {
                name: if found.iter().any(|process| process.name == "worker") { program.to_owned() } else { "worker".to_owned() },
                command: words,
                singleton: false,
                source: Arc::clone(&parsed.source),
                span,
                evidence: ProcessEvidence::Queue,
            }));
        }
    }
    if found.iter().all(|process| process.name != "release") {
        found.extend(migrations(codebase, installs, application));
    }
    found
}

/// A command with the place in the sources that needs it.
type WorkerCommand = (Vec<String>, Rc<Parsed>, Range<usize>);

/// Finds the object to start a worker with; names are relative to the folder on the import path.
type Find = fn(&Codebase<'_>, Option<&str>) -> Option<WorkerCommand>;

/// Worker libraries with their programs and the functions that search the sources.
const WORKERS: [(&str, &str, Find); 4] =
    [("arq", "arq", arq), ("dramatiq", "dramatiq", dramatiq), ("huey", "huey_consumer", huey), ("rq", "rq", rq)];

/// Runs `find` on the application's files that contain a word, and returns the first result.
fn first<T>(codebase: &Codebase<'_>, root: Option<&str>, word: &str, find: impl Fn(&Rc<Parsed>, &str) -> Option<T>) -> Option<T> {
    let files = codebase.settings().filter(|path| codebase.text(path).is_some_and(|text| text.contains(word)));
    files
        .filter_map(|path| Some((codebase.read(path)?, codebase.module_from(path, root))))
        .find_map(|(parsed, module)| find(&parsed, &module))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// arq starts with a class that has `functions` and `redis_settings`.
fn arq(codebase: &Codebase<'_>, root: Option<&str>) -> Option<WorkerCommand> {
    first(codebase, root, "redis_settings", |parsed, module| {
        let has = |fields: &[Field], name: &str| fields.iter().any(|field| field.name == name);
        let mut classes = parsed.module.classes.iter();
        let class = classes.find(|class| has(&class.fields, "functions") && has(&class.fields, "redis_settings"))?;
        let span = class.fields.first()?.span.clone();
        Some((words(&["arq", &format!("{module}.{}", class.name)]), Rc::clone(parsed), span))
    })
}

/// The modules whose functions are actors.
fn dramatiq(codebase: &Codebase<'_>, root: Option<&str>) -> Option<WorkerCommand> {
    let mut command = words(&["dramatiq"]);
    let mut place = None;
    for path in codebase.settings() {
        let marked = codebase.text(path).is_some_and(|text| text.contains("@dramatiq.actor") || text.contains("@actor"));
        if let Some(parsed) = codebase.read(path).filter(|_| marked) {
            command.push(codebase.module_from(path, root));
            let start = parsed.source.text.find("actor").unwrap_or_default();
            place.get_or_insert((parsed, start..start + "actor".len()));
        }
    }
    place.map(|(parsed, span)| (command, parsed, span))
}

/// The huey object.
fn huey(codebase: &Codebase<'_>, root: Option<&str>) -> Option<WorkerCommand> {
    first(codebase, root, "Huey(", |parsed, module| {
        let made = bound_to(parsed, |call| call.ends_with("Huey"))?;
        Some((words(&["huey_consumer", &format!("{module}.{}", made.name)]), Rc::clone(parsed), made.span.clone()))
    })
}

/// A worker for the queues that the sources name; the address of Redis comes from `RQ_REDIS_URL` or is the library's own default.
fn rq(codebase: &Codebase<'_>, root: Option<&str>) -> Option<WorkerCommand> {
    first(codebase, root, "Queue(", |parsed, _| {
        let calls = parsed.module.calls.iter().filter(|call| parsed.module.full_name(&call.function) == "rq.Queue");
        let call = calls.into_iter().next()?;
        let mut command = words(&["rq", "worker"]);
        let plain = |name: &&str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.:-".contains(letter));
        command.extend(call.first_text().filter(|name| plain(name) && !name.starts_with('-')).map(str::to_owned));
        Some((command, Rc::clone(parsed), call.span.clone()))
    })
}

/// The name to which a call's result is assigned.
fn bound_to(parsed: &Parsed, is: impl Fn(&str) -> bool) -> Option<&Binding> {
    parsed.module.bindings.iter().find(|binding| match &binding.value {
        Expression::Call(call) => is(&call.function),
        _ => false,
    })
}

/// `alembic upgrade head` or Flask-Migrate's command, run in the folder of its files.
fn migrations(codebase: &Codebase<'_>, installs: &dyn Fn(&str) -> bool, application: Option<&Application>) -> Option<Process> {
    application.filter(|application| application.framework.name != "django")?;
    let paths = || codebase.tree.paths.iter();
    let version = |folder: &str| paths().any(|path| path.starts_with(folder) && path.contains("/versions/"));
    // braces mark the folder of a project template
    let aside = |folder: &str| ["test", "tests", "example", "examples"].contains(&folder) || folder.contains(['{', '}']);
    let inside = |path: &&String| path.matches('/').count() <= 3 && !path.split('/').any(aside);
    let (folder, ini, command, evidence) = if installs("flask-migrate") {
        let env = paths().filter(inside).find(|path| path.ends_with("migrations/env.py"))?;
        let folder = parent(parent(env));
        (folder, env, words(&["flask", "db", "upgrade"]), ProcessEvidence::FlaskMigrations)
    } else if installs("alembic") {
        let ini = paths().filter(inside).find(|path| name(path) == "alembic.ini")?;
        (parent(ini), ini, words(&["alembic", "upgrade", "head"]), ProcessEvidence::Migrations)
    } else {
        return None;
    };
    if !version(folder) {
        return None;
    }
    // both look for their files in the working directory
    let command = if folder.is_empty() {
        command
    } else {
        words(&["sh", "-c", &format!("cd {} && exec {}", shell_word(folder), shell_line(&command))])
    };
    let source = Arc::new(Source::file(ini.clone(), ""));
    Some(Process { name: "release".to_owned(), command, singleton: false, source, span: 0..0, evidence })
}

/// The module of the Celery application, and whether it has a schedule.
fn celery(codebase: &Codebase<'_>, root: Option<&str>, installs: &dyn Fn(&str) -> bool) -> Vec<Process> {
    let files: Vec<String> = codebase.settings().map(str::to_owned).collect();
    let worth = |path: &&String| codebase.text(path).is_some_and(|text| text.contains("Celery("));
    for path in files.iter().filter(worth) {
        let Some(parsed) = codebase.read(path) else { continue };
        let made = parsed.module.bindings.iter().find(|binding| {
            binding
                .value
                .call()
                .is_some_and(|call| parsed.module.full_name(&call.function).starts_with("celery.") && call.method() == "Celery")
        });
        let Some(made) = made else { continue };
        let module = codebase.module_from(path, root);
        // Celery itself looks for `app`, `celery`, and `celery.py` in a package
        let usual = ["app", "celery", "application"].contains(&made.name.as_str());
        let module = module
            .strip_suffix(".celery")
            .filter(|_| usual)
            .map_or_else(|| if usual { module.clone() } else { format!("{module}:{}", made.name) }, str::to_owned);
        let process = |name: &str, command: Vec<String>, singleton| Process {
            name: name.to_owned(),
            command,
            singleton,
            source: Arc::clone(&parsed.source),
            span: made.span.clone(),
            evidence: ProcessEvidence::Celery,
        };
        let mut found = vec![process("worker", words(&["celery", "-A", &module, "worker", "--loglevel=info"]), false)];
        let database = installs("django-celery-beat");
        let scheduled = |path: &String| {
            codebase.text(path).is_some_and(|text| {
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
