//! `dockgen init`: reads the project, asks what is open, writes dockgen.toml and the files.

mod questions;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::{Table, Value};

use super::above::{Nearest, nearest};
use super::{LOCK, LOCK_KEY, SPEC, locked_folder};
use crate::cli::{Cli, Init};
use crate::commands::trust::{self, Consent};
use crate::commands::work;
use crate::detect::{self, Fact, Facts, Folder, Open};
use crate::error::{Error, Exit, Result, Source};
use crate::files;
use crate::layers::Node;
use crate::lock::Lock;
use crate::plan::{Action, Leave, Plan, Step, path_key};
use crate::preset::address::without_credential;
use crate::preset::effects::EffectsBySource;
use crate::preset::{self, Library, Merged, Moving, Request};
use crate::render::File;
use crate::report::Report;
use crate::{interrupt, plan, prompt, resolve, write};

/// Files that make a folder a project.
const MANIFESTS: [&str; 6] = ["pyproject.toml", "requirements.txt", "Pipfile", "setup.py", "setup.cfg", "manage.py"];

/// Folders that a repository of several applications keeps them in are at most this deep.
const DEEPEST: usize = 3;

pub(super) fn run(cli: &Cli, arguments: &Init, report: &Report) -> Result<Exit> {
    let directory = project(cli, report)?;
    let (directory, within) =
        detect::workspace_above(&directory).map_or((directory, None), |(root, inside)| (root, Some(inside)));
    if let Some(inside) = &within {
        report.note(&format!(
            "{inside} is a member of the workspace whose uv.lock lies in {}: the files go there",
            directory.display()
        ));
    }
    if directory.join(SPEC).symlink_metadata().is_ok() && !arguments.force {
        return Err(Error::new(format!("there is a {SPEC} already"))
            .hint("`dockgen generate` writes the files that it asks for; --force begins anew"));
    }
    let seen = Seen::of(&directory);
    let ask = !arguments.yes && prompt::can_ask();
    if ask {
        interrupt::keep_terminal();
    }
    arguments.presets.iter().try_for_each(|name| without_credential(name, || None))?;
    let mut decisions = Decisions::of(arguments)?;
    // begun again, a project may move to other content, which the lock of before does not vouch for
    let before = Lock::read(&directory, LOCK).unwrap_or_default();
    let mut library = Library::new(before, Moving::Everything).told(report.waiting());
    let open = Open { entry: decisions.text("app.entry"), within: within.clone(), ..Open::all() };
    let facts = detect::survey(&locked_folder(&directory), &open)?;
    report.found(&facts);
    let facts = decisions.application(&directory, facts, within, ask, &mut library)?;
    let consent = Consent { given: arguments.trust, ask, command: "init" };
    let effects = decisions.effects(&directory, &mut library)?;
    trust::settle(&library, &effects, &EffectsBySource::new(), &consent, report)?;
    if ask {
        decisions.confirm(&directory, &facts, &mut library)?;
    }
    decisions.name(&facts);
    let last = Lock::read(&directory, LOCK).unwrap_or_default().outputs;
    let leave = Leave { force: arguments.force, restore: true, ..Leave::default() };
    loop {
        let draft = draft(&directory, &decisions, &mut library, &last, (leave, &seen))?;
        let Some(mut plan) = settle(&mut decisions, draft.plan, ask, report)? else { continue };
        let lock = Lock::new(library.used().clone(), plan.written(&BTreeMap::new()));
        let file = File { key: LOCK_KEY.into(), path: LOCK.to_owned(), text: lock.to_text() };
        plan.add_own(&directory, file, seen.lock.as_deref())?;
        if ask {
            report.planned(&plan);
            if !prompt::yes_or_no("Write these files?", Some(true))? {
                report.note("nothing was written");
                return Ok(Exit::No);
            }
        }
        let guard = write::lock(&directory)?;
        let changed = work::apply(&plan, &guard)?;
        if !changed.is_empty() {
            report.changed(&changed);
            return Ok(Exit::No);
        }
        report.written(&plan);
        report.hints(&facts.hints);
        report.hints(&draft.hints);
        report.next(&draft.outputs, draft.port);
        return Ok(Exit::Done);
    }
}

/// The nearest folder upwards that is a project, in the same work tree; the current one where none is.
fn project(cli: &Cli, report: &Report) -> Result<PathBuf> {
    if let Some(directory) = &cli.directory {
        return if directory.is_dir() {
            Ok(directory.clone())
        } else {
            Err(Error::new(format!("there is no folder `{}`", directory.display())))
        };
    }
    Ok(match nearest(&MANIFESTS)? {
        Nearest::Above(folder, file) => {
            report.using(&file);
            folder
        }
        Nearest::Here | Nearest::Elsewhere(_) => PathBuf::from("."),
    })
}

/// What people decided: the content of dockgen.toml.
struct Decisions {
    presets: Vec<String>,
    table: Table,
    /// Files that dockgen did not write, and that somebody said it may replace, with what they contained then.
    replace: Vec<(String, Vec<u8>)>,
}

/// The tables of dockgen.toml in the order of presets/default.toml, each with a word about it.
const TABLES: [(&str, &str); 21] = [
    ("answers", "What the presets ask"),
    ("project", "What it is called"),
    ("python", ""),
    ("image", "The image"),
    ("install", "How dependencies get into the virtual environment"),
    ("system", "Debian packages on top of what the dependencies ask for"),
    ("app", "Where the application is"),
    ("health", "The check of Docker and Kubernetes"),
    ("server", "The web process"),
    ("build", "Run once at image build"),
    ("release", "Run once before a new version serves"),
    ("processes", "Long-running commands of the same image"),
    ("services", "Backing services"),
    ("service-kinds", ""),
    ("environment", "Settings of the application"),
    ("secrets", "Names only"),
    ("volumes", "Folders that outlive a container"),
    ("context", "What the build gets to see"),
    ("compose", ""),
    ("kubernetes", ""),
    ("output", "Each a path, or false"),
];

impl Decisions {
    fn of(arguments: &Init) -> Result<Self> {
        let request = Request { sets: arguments.sets.clone(), ..Request::default() };
        let table = match preset::project(&request)?.to_value() {
            Value::Table(table) => table,
            _ => Table::new(),
        };
        Ok(Self { presets: arguments.presets.clone(), table, replace: Vec::new() })
    }

    fn set(&mut self, key: &str, value: Value) {
        let mut table = &mut self.table;
        let mut names: Vec<&str> = key.split('.').collect();
        let Some(last) = names.pop() else { return };
        for name in names {
            let entry = table.entry(name.to_owned()).or_insert_with(|| Value::Table(Table::new()));
            if !entry.is_table() {
                *entry = Value::Table(Table::new());
            }
            let Value::Table(inner) = entry else { return };
            table = inner;
        }
        table.insert(last.to_owned(), value);
    }

    fn get(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split('.');
        let first = self.table.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.as_str().map(str::to_owned)
    }

    /// Settles which application it is and which preset runs it.
    fn application(
        &mut self,
        directory: &Path,
        facts: Facts,
        within: Option<String>,
        ask: bool,
        library: &mut Library,
    ) -> Result<Facts> {
        let mut facts = facts;
        // the workspace may hold other applications, now or later
        if let Some(entry) = fact(&facts, "app.entry").filter(|_| within.is_some()).cloned() {
            self.set("app.entry", entry);
            if let Some(root) = fact(&facts, "app.root").cloned() {
                self.set("app.root", root);
            }
        }
        if self.get("app.entry").is_none() && facts.framework.is_none() {
            let command = self.get("processes.web.command").is_some();
            let chosen = match facts.candidates.as_slice() {
                [] if command => return Ok(facts),
                [] => return Err(no_application(directory)),
                candidates if ask => pick(directory, candidates)?,
                candidates => return Err(several(directory, candidates)),
            };
            self.set("app.entry", Value::String(chosen.clone()));
            facts = detect::survey(&locked_folder(directory), &Open { entry: Some(chosen), within, ..Open::all() })?;
            if let Some(entry) = fact(&facts, "app.entry").and_then(Value::as_str) {
                self.set("app.entry", Value::String(entry.to_owned()));
            }
            if let Some(root) = fact(&facts, "app.root").and_then(Value::as_str).filter(|root| *root != ".") {
                self.set("app.root", Value::String(root.to_owned()));
            }
        }
        let framework = self.presets.iter().any(|name| preset::brings(name, Path::new("."), library, "processes.web"));
        let command = self.get("processes.web.command").is_some();
        if let Some(entry) = self.text("app.entry").filter(|_| facts.preset.is_none() && !framework && !command) {
            return Err(no_such_application(directory, &entry));
        }
        if let Some(name) = facts.preset.filter(|_| !framework) {
            self.presets.insert(0, name.to_owned());
        }
        Ok(facts)
    }

    /// What the presets do that were decided for.
    fn effects(&self, directory: &Path, library: &mut Library) -> Result<EffectsBySource> {
        preset::effects_of(&request(directory, &self.to_text()), library)
    }

    /// Writes the project's name down where only its folder says it: other checkouts lie in folders of other names.
    fn name(&mut self, facts: &Facts) {
        let said = facts.layer.get("project.name").is_some_and(|node| !node.origin().place.source.text.is_empty());
        if let Some(name) = fact(facts, "project.name").filter(|_| !said && self.get("project.name").is_none()).cloned() {
            self.set("project.name", name);
        }
    }

    /// dockgen.toml: what was decided, and nothing that is detected or a default but that.
    fn to_text(&self) -> String {
        let mut text = format!(
            "# What was decided for this project; everything else is read from it, or is a default.\n\
             # `dockgen show` prints what holds and why, `dockgen generate` writes the files.\n\
             presets = {}\n",
            Value::from(self.presets.clone())
        );
        for (table, words) in TABLES {
            let Some(value) = self.table.get(table) else { continue };
            let one = Table::from_iter([(table.to_owned(), value.clone())]);
            let comment = if words.is_empty() { String::new() } else { format!("# {words}\n") };
            let _ = write!(text, "\n{comment}{}", toml::to_string(&one).unwrap_or_default());
        }
        text
    }
}

/// What would be written for the decisions that were made so far.
struct Draft {
    plan: Plan,
    hints: Vec<String>,
    outputs: Vec<resolve::Output>,
    port: u16,
}

/// A project for which this was decided.
fn request(directory: &Path, text: &str) -> Request {
    let source = Arc::new(Source { name: SPEC.to_owned(), text: text.to_owned() });
    Request { spec: Some(source), directory: directory.to_path_buf(), ..Request::default() }
}

/// The layers of a project for which this was decided.
fn merged(folder: &Folder, text: &str, library: &mut Library) -> Result<Merged> {
    let request = request(folder, text);
    let project = preset::project(&request)?;
    let facts = detect::survey(folder, &Open::after(&project))?;
    preset::merge(&request, project, facts, library)
}

fn draft(
    directory: &Path,
    decisions: &Decisions,
    library: &mut Library,
    last: &BTreeMap<String, String>,
    (leave, seen): (Leave, &Seen),
) -> Result<Draft> {
    let text = decisions.to_text();
    let folder = locked_folder(directory);
    let Merged { mut layers, templates, asks, .. } = merged(&folder, &text, library)?;
    let mut resolved = super::resolved(&folder, &mut layers, &asks)?;
    let mut plan = Plan::new(directory, super::files(&folder, &mut resolved, &templates)?, last, leave)?;
    let is = |step: &Step, (path, seen): &(String, Vec<u8>)| *path == step.file.path && *seen == step.before;
    let replaced = |step: &&mut Step| decisions.replace.iter().any(|replaced| is(step, replaced));
    plan.steps.iter_mut().filter(replaced).for_each(|step| step.action = Action::Replaced);
    plan.add_own(directory, File { key: "spec".into(), path: SPEC.to_owned(), text }, seen.spec.as_deref())?;
    // it is written and named first
    plan.steps.rotate_right(1);
    Ok(Draft { plan, hints: resolved.hints, outputs: resolved.outputs, port: resolved.model.port })
}

/// The spec and the lock before anything was asked: there are none, or --force replaces them.
struct Seen {
    spec: Option<Vec<u8>>,
    lock: Option<Vec<u8>>,
}

impl Seen {
    fn of(directory: &Path) -> Self {
        Self { spec: plan::seen(&directory.join(SPEC)), lock: plan::seen(&directory.join(LOCK)) }
    }
}

/// Decides about every file that dockgen did not write; none where the plan must be made anew.
fn settle(decisions: &mut Decisions, plan: Plan, ask: bool, report: &Report) -> Result<Option<Plan>> {
    let Some(step) = plan.refused().next() else { return Ok(Some(plan)) };
    let (key, path) = (step.file.key.as_ref(), step.file.path.clone());
    let beside = beside(key, &path);
    let answers = [
        format!("write {beside} beside it"),
        "keep it, and write none".to_owned(),
        "show the difference".to_owned(),
        "replace it".to_owned(),
    ];
    loop {
        let answer =
            if ask { prompt::choose(&format!("{path} is there, and dockgen did not write it"), &answers, 0)? } else { Some(0) };
        let output = match key {
            "dockerignore" => "dockerfile".to_owned(),
            key => path_key(key),
        };
        match answer {
            Some(0) => decisions.set(&format!("output.{output}"), Value::String(beside)),
            Some(1) => {
                decisions.set(&format!("output.{key}"), Value::Boolean(false));
                if key == "dockerfile" {
                    decisions.set("output.dockerignore", Value::Boolean(false));
                }
            }
            Some(2) => {
                report.diff(&Plan { steps: vec![step.clone()] })?;
                continue;
            }
            Some(_) => decisions.replace.push((path, step.before.clone())),
            None => return Err(undecided()),
        }
        return Ok(None);
    }
}

/// A question was left without an answer.
fn undecided() -> Error {
    Error::new("nothing was decided, and nothing was written")
}

/// Another name for an output: its own with `dockgen` in it.
fn beside(key: &str, path: &str) -> String {
    // the name of .dockerignore comes from the Dockerfile's
    let path = if key == "dockerignore" { "Dockerfile" } else { path };
    let (folder, name) = path.rsplit_once('/').map_or((String::new(), path), |(folder, name)| (format!("{folder}/"), name));
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{folder}{stem}.dockgen.{extension}"),
        _ => format!("{folder}{name}.dockgen"),
    }
}

/// A fact that a plain value stands at.
fn fact<'a>(facts: &'a Facts, key: &str) -> Option<&'a Value> {
    match facts.layer.get(key) {
        Some(Node::Leaf(value, _)) => Some(value),
        _ => None,
    }
}

/// Lets somebody choose the application.
fn pick(directory: &Path, candidates: &[Fact]) -> Result<String> {
    let shown: Vec<String> = candidates.iter().map(|fact| format!("{}  ({})", entry(fact), fact.origin)).collect();
    let chosen = prompt::choose("Which application?", &shown, 0)?;
    chosen.map(|at| entry(&candidates[at])).ok_or_else(|| several(directory, candidates))
}

fn entry(fact: &Fact) -> String {
    fact.value.as_str().unwrap_or_default().to_owned()
}

fn several(directory: &Path, candidates: &[Fact]) -> Error {
    let list: Vec<String> = candidates.iter().map(|fact| format!("{} ({})", entry(fact), fact.origin)).collect();
    let first = candidates.first().map(entry).unwrap_or_default();
    let error = Error::new(format!("there are several applications, and nothing says which one is meant: {}", list.join(", ")));
    let below = projects_below(directory);
    if below.is_empty() {
        return error.hint(format!("choose one: --set 'app.entry={first}'"));
    }
    error.hint(format!(
        "one that is a project of its own is begun in its folder, as in dockgen -C {} init (also {}); else choose one: --set 'app.entry={first}'",
        below[0],
        below.join(", ")
    ))
}

/// Somebody named an application that is not among those that were found.
fn no_such_application(directory: &Path, entry: &str) -> Error {
    let all = detect::survey(&Folder::new(directory), &Open::all()).unwrap_or_else(|_| Facts::none());
    let settled = fact(&all, "app.entry").and_then(Value::as_str).map(str::to_owned);
    let found: Vec<String> = settled.into_iter().chain(all.candidates.iter().map(self::entry)).collect();
    let hint = if found.is_empty() { String::new() } else { format!("these are there: {}; ", found.join(", ")) };
    Error::new(format!("app.entry is `{entry}`, and no application of that name was found"))
        .hint(format!("{hint}--preset names what runs any other (`dockgen presets` lists them)"))
}

/// Nothing was found: perhaps the applications lie in folders below.
fn no_application(directory: &Path) -> Error {
    let error = Error::new("no application was found");
    let folders = projects_below(directory);
    if folders.is_empty() {
        return error.hint(
            "name it, and the preset that runs it: --preset fastapi-uvicorn --set app.entry=package.module:object (`dockgen presets` lists them)",
        );
    }
    error.hint(format!("there are projects in folders below: run dockgen -C FOLDER init, with one of {}", folders.join(", ")))
}

/// The folders below that are projects of their own.
fn projects_below(directory: &Path) -> Vec<String> {
    let found = files::walk(directory).max_depth(Some(DEEPEST)).build().flatten().filter(|entry| entry.depth() > 0);
    let folders = found.filter(|entry| MANIFESTS.iter().any(|file| files::has(entry.path(), file)));
    let mut names: Vec<String> =
        folders.filter_map(|entry| Some(entry.path().strip_prefix(directory).ok()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}
