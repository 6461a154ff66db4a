//! `dockgen init`: inspects the project, asks for missing settings, and writes dockgen.toml and the container files.

mod draft;
mod ignored;
mod questions;
mod refused;
mod stack;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::{Table, Value};

pub(super) use self::refused::several;

use self::draft::{Seen, Session, undecided};
use self::refused::{no_application, no_such_application};
use self::stack::pick;
use crate::cli::{Cli, Init};
use crate::commands::trust::{self, Consent};
use crate::detect::{self, DetectScope, Fact, Facts};
use crate::error::{Error, Exit, Place, Result, Source, SourceKind};
use crate::knowledge::{InstallerRow, programs};
use crate::lock::Lock;
use crate::pipeline::{LOCK, Nearest, SPEC, Survey, nearest};
use crate::preset::address::reject_credential;
use crate::preset::effects::EffectsBySource;
use crate::preset::{self, Library, MergedPresets, Refresh, Request};
use crate::report::Report;
use crate::{interrupt, prompt};

pub(super) fn run(cli: &Cli, arguments: &Init, report: &Report) -> Result<Exit> {
    let (directory, elsewhere) = project(cli, report)?;
    let (directory, within) = workspace(directory, report)?;
    if directory.join(SPEC).symlink_metadata().is_ok() && !arguments.force {
        return Err(Error::new(format!("{} already exists", from_here(&directory, SPEC)))
            .hint("write its files with `dockgen generate`, or start over with `dockgen init --force`"));
    }
    let seen = Seen::of(&directory);
    let ask = !arguments.yes && prompt::can_ask();
    if ask {
        interrupt::restore_cursor();
    }
    arguments.presets.iter().try_for_each(|name| reject_credential(name, || None))?;
    let mut decisions = Decisions::of(arguments)?;
    // starting over may choose other presets, so the old lock doesn't apply
    let before = Lock::read(&directory, LOCK).unwrap_or_default();
    let mut library = Library::new(before, Refresh::All).on_wait(report.waiting());
    let (entry, services) = (decisions.text("app.entry"), decisions.decided_services());
    let scope = DetectScope { entry, services, within: within.clone(), ..DetectScope::default() };
    let survey = Survey::new(&directory);
    let facts = survey.facts(&scope)?;
    report.found(&facts);
    if !ask {
        decisions.installer(&facts, elsewhere, &mut library)?;
    }
    let hints = facts.hints.clone();
    let facts = decisions.application(&survey, facts, within, ask, &mut library).inspect_err(|_| report.hints(&hints))?;
    let unanswered =
        merged(&survey, &decisions.to_text(), &mut library).map_or_else(|_| Vec::new(), |merged| trust::unanswered(&merged));
    let consent = Consent { given: arguments.trust, ask, typed: &cli.typed, unanswered };
    let effects = decisions.effects(&directory, &mut library)?;
    trust::require_consent(&library, &effects, &EffectsBySource::new(), &consent, report)?;
    let mut facts = facts;
    if ask {
        let known = library.used().len();
        facts = decisions.stack(&survey, facts, &scope, &mut library)?;
        if library.used().len() > known {
            let effects = decisions.effects(&directory, &mut library)?;
            trust::require_consent(&library, &effects, &EffectsBySource::new(), &consent, report)?;
        }
        decisions.confirm(&survey, &facts, &mut library)?;
    }
    decisions.name(&facts);
    Session { survey: &survey, directory, ask, force: arguments.force, seen, report }
        .write(&mut decisions, &mut library, &facts.hints)
        .map_err(|error| at_flag(error, &arguments.sets))
}

/// The error at the flag that set the value, as its place is in a dockgen.toml that isn't written yet.
fn at_flag(error: Error, sets: &[String]) -> Error {
    let Some(place) = error.place.as_ref().filter(|place| place.source.kind == SourceKind::Spec) else { return error };
    let request = Request { spec: Some(Arc::clone(&place.source)), ..Request::default() };
    let Ok(decided) = preset::project(&request) else { return error };
    let mut leaves = decided.leaves().into_iter();
    let key = leaves.find(|(_, _, origin)| origin.place.line() == place.line()).map(|(key, ..)| key).unwrap_or_default();
    let sets_it = |set: &&String| key.strip_prefix(key_of(set)).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let Some(set) = sets.iter().find(sets_it) else { return error };
    let source = Arc::new(Source::new(SourceKind::Set(key_of(set).to_owned()), format!("--set {set}"), ""));
    Error { place: Some(Place { source, span: 0..0 }), ..error }
}

/// The key of `KEY=VALUE`.
fn key_of(set: &str) -> &str {
    set.split('=').next().unwrap_or_default().trim()
}

/// The root of the uv workspace that contains a folder, and the member's path; otherwise the folder itself.
fn workspace(directory: PathBuf, report: &Report) -> Result<(PathBuf, Option<String>)> {
    let Some((root, inside)) = detect::workspace_above(&directory)? else { return Ok((directory, None)) };
    report.note(&format!("{inside} is a member of the workspace whose uv.lock is in {}: the files go there", root.display()));
    Ok((root, Some(inside)))
}

/// The nearest folder upwards with a manifest in the same work tree; otherwise the current folder, and the nearest manifest above it.
fn project(cli: &Cli, report: &Report) -> Result<(PathBuf, Option<PathBuf>)> {
    if let Some(directory) = &cli.directory {
        return if directory.is_dir() {
            Ok((directory.clone(), None))
        } else {
            Err(Error::new(format!("folder `{}` does not exist", directory.display())).hint("check the path after -C"))
        };
    }
    Ok(match nearest(&programs().manifests)? {
        Nearest::Above(folder, file) => {
            report.using(&file);
            (folder, None)
        }
        Nearest::Here => (PathBuf::from("."), None),
        Nearest::Elsewhere(_, manifest) => (PathBuf::from("."), Some(manifest)),
    })
}

/// The decisions for dockgen.toml.
#[derive(Clone)]
struct Decisions {
    presets: Vec<String>,
    table: Table,
    /// Files that dockgen didn't write and the user allows it to replace, with their content at that time.
    replace: Vec<(String, Vec<u8>)>,
}

/// Tables of dockgen.toml in the order of presets/default.toml, each with its comment.
const TABLES: [(&str, &str); 21] = [
    ("answers", "Answers to the questions of presets"),
    ("project", "Name and metadata"),
    ("python", ""),
    ("image", "The image"),
    ("install", "How dependencies are installed"),
    ("system", "Additional Debian packages"),
    ("app", "The application"),
    ("health", "Health check"),
    ("server", "The web process"),
    ("build", "Run once while the image is built"),
    ("release", "Run once before a new version starts"),
    ("processes", "Long-running commands that use the same image"),
    ("services", "Backing services"),
    ("service-kinds", ""),
    ("environment", "Environment variables"),
    ("secrets", "Secrets: names only"),
    ("volumes", "Persistent folders"),
    ("context", "Files that are sent to the build"),
    ("compose", ""),
    ("kubernetes", ""),
    ("output", "Paths of the outputs, or false"),
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

    /// The names of the services that flags set, and their kinds.
    fn decided_services(&self) -> Vec<String> {
        let kind = |service: &Value| service.get("kind").and_then(Value::as_str).map(str::to_owned);
        let services = self.get("services").and_then(Value::as_table).into_iter().flatten();
        services.flat_map(|(name, service)| [Some(name.clone()), kind(service)]).flatten().collect()
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key)?.as_str().map(str::to_owned)
    }

    /// Refuses a folder without an installer if the nearest manifest is outside of the work tree.
    fn installer(&self, facts: &Facts, manifest: Option<PathBuf>, library: &mut Library) -> Result<()> {
        const KEY: &str = "install.with";
        let Some(manifest) = manifest.filter(|_| facts.layer.value(KEY).is_none() && self.get(KEY).is_none()) else {
            return Ok(());
        };
        if self.presets.iter().any(|name| preset::sets_key(name, Path::new("."), library, KEY)) {
            return Ok(());
        }
        let name = manifest.file_name().unwrap_or_default().display();
        let folder = manifest.parent().unwrap_or(&manifest).display();
        Err(Error::new(format!("no manifest in `.`, and `{name}` in `{folder}` is not in the same git work tree"))
            .hint(format!("use that folder: dockgen -C {folder} init")))
    }

    /// Chooses the application and the preset that runs it.
    fn application(
        &mut self,
        survey: &Survey,
        facts: Facts,
        within: Option<String>,
        ask: bool,
        library: &mut Library,
    ) -> Result<Facts> {
        let mut facts = facts;
        // the workspace may contain other applications, now or later
        if let Some(entry) = facts.layer.value("app.entry").filter(|_| within.is_some()).cloned() {
            self.set("app.entry", entry);
            if let Some(root) = facts.layer.value("app.root").cloned() {
                self.set("app.root", root);
            }
        }
        if self.get("app.entry").is_none() && facts.framework.is_none() {
            let command = self.get("processes.web.command").is_some();
            let chosen = match facts.candidates.as_slice() {
                [] if command || self.installs_nothing(survey, library) => return Ok(facts),
                // the next questions are the stack and the entry point
                [] if ask => return Ok(facts),
                [] => return Err(no_application(&survey.folder, self.has_framework(library))),
                candidates if ask => pick(&survey.folder, candidates)?,
                candidates => return Err(several(&survey.folder, candidates)),
            };
            self.set("app.entry", Value::String(chosen.clone()));
            let services = self.decided_services();
            facts = survey.facts(&DetectScope { entry: Some(chosen), services, within, ..DetectScope::default() })?;
            if let Some(entry) = facts.layer.value("app.entry").and_then(Value::as_str) {
                self.set("app.entry", Value::String(entry.to_owned()));
            }
            if let Some(root) = facts.layer.value("app.root").and_then(Value::as_str).filter(|root| *root != ".") {
                self.set("app.root", Value::String(root.to_owned()));
            }
        }
        let framework = self.has_framework(library);
        let command = self.get("processes.web.command").is_some();
        if ask {
            return Ok(facts);
        }
        if let Some(entry) = self.text("app.entry").filter(|_| facts.preset.is_none() && !framework && !command) {
            return Err(no_such_application(survey, &entry));
        }
        if let Some(name) = facts.preset.filter(|_| !framework) {
            self.presets.insert(0, name.to_owned());
        }
        Ok(facts)
    }

    /// Whether a chosen preset sets the web command.
    fn has_framework(&self, library: &mut Library) -> bool {
        self.presets.iter().any(|name| preset::sets_key(name, Path::new("."), library, "processes.web"))
    }

    /// Whether a preset's own templates install the application, which may then be in any language.
    fn installs_nothing(&self, survey: &Survey, library: &mut Library) -> bool {
        let merged = merged(survey, &self.to_text(), library);
        let with = merged.ok().and_then(|merged| InstallerRow::named(merged.layers.text("install.with")?));
        with.is_some_and(|row| !row.installs())
    }

    /// Effects of the chosen presets.
    fn effects(&self, directory: &Path, library: &mut Library) -> Result<EffectsBySource> {
        preset::load_effects(&request(directory, &self.to_text()), library)
    }

    /// Records the project's name if it comes only from the folder's name, which may differ in other checkouts.
    fn name(&mut self, facts: &Facts) {
        let said = facts.layer.get("project.name").is_some_and(|node| node.origin().place.source.kind != SourceKind::Folder);
        if let Some(name) = facts.layer.value("project.name").filter(|_| !said && self.get("project.name").is_none()).cloned() {
            self.set("project.name", name);
        }
    }

    /// The text of dockgen.toml: decisions only, without detected values and defaults.
    fn to_text(&self) -> String {
        let mut text = format!(
            "# Settings of this project. Everything else is detected or has a default value.\n\
             # `dockgen show` prints every value with its origin, `dockgen generate` writes the files.\n\
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

fn request(directory: &Path, text: &str) -> Request {
    let source = Arc::new(Source::new(SourceKind::Spec, SPEC, text));
    Request { spec: Some(source), directory: directory.to_path_buf(), ..Request::default() }
}

fn merged(survey: &Survey, text: &str, library: &mut Library) -> Result<MergedPresets> {
    let request = request(&survey.folder, text);
    let project = preset::project(&request)?;
    let facts = survey.facts(&DetectScope::after(&project))?;
    preset::merge(&request, project, facts, library)
}

/// A path of the project, as a user types it.
fn from_here(directory: &Path, path: &str) -> String {
    let directory = directory.strip_prefix(".").unwrap_or(directory);
    directory.join(path).display().to_string()
}

/// Place of a fact, relative to the user's folder.
fn place(directory: &Path, fact: &Fact) -> String {
    let origin = fact.origin.to_string();
    if fact.origin.place.source.text.is_empty() { origin } else { from_here(directory, &origin) }
}

fn entry(fact: &Fact) -> String {
    fact.value.as_str().unwrap_or_default().to_owned()
}
