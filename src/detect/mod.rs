//! What the project itself says: facts, each with the file and the line it was read from. Detection only reads.

mod application;
mod commands;
pub mod context;
pub mod dependencies;
mod django;
mod entry;
mod environment;
mod folder;
mod install;
mod manifest;
mod processes;
mod project;
mod pydantic;
pub mod python;
mod routes;
mod services;
pub(crate) mod source;
mod sources;
mod storage;
mod support;
mod survey;
pub mod system;
pub(crate) mod tree;
mod wheels;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

use crate::error::{Error, Place, Result, Source};
use crate::files::is_ours;
use crate::git::work_tree;
use crate::layers::{Node, Origin};
use crate::model::Installation;
use crate::paths::normal;
use crate::pattern;

pub use folder::Folder;
use sources::Sources;

/// How deep the members of a workspace lie at most.
const DEEPEST_MEMBER: usize = 4;

/// The project's own files, as far as dockgen reads them.
pub(crate) struct Files<'a> {
    directory: &'a Folder,
    pyproject: Option<Arc<Source>>,
}

/// What the project's files say.
#[derive(Clone)]
pub struct Facts {
    /// What they settle.
    pub layer: Node,
    /// Keys on which they contradict each other: an error, unless somebody else decides.
    pub doubts: Vec<(&'static str, Error)>,
    /// What they settle besides the keys of a spec: the framework.
    pub framework: Option<Fact>,
    /// Equal answers, of which somebody must choose one.
    pub candidates: Vec<Fact>,
    /// Keys that nothing says anything about.
    pub unknown: Vec<&'static str>,
    /// The requirements files, for a project that installs from them although it has a lock.
    pub(crate) requirements: Option<(Value, Origin)>,
    /// How dependencies are installed.
    installer: Option<install::Installer>,
    /// The built-in preset that runs the framework.
    pub preset: Option<&'static str>,
    /// What was not looked at.
    pub hints: Vec<String>,
    /// The Pythons that the project's files take, the likeliest first.
    pub(crate) pythons: Vec<&'static str>,
}

/// What a spec leaves open, so that the sources are asked. A table that the spec fills is complete: sources add
/// nothing to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a table of its own that a spec has or has not")]
pub struct Open {
    /// The entry that somebody chose.
    pub entry: Option<String>,
    /// Variables that the spec names already, as parts of a service's address.
    pub named: Vec<String>,
    /// Kinds of services that the spec names, whose URL nobody wrote.
    pub kinds: Vec<String>,
    /// Files that the spec lets into the build context by their path.
    pub kept: Vec<String>,
    /// Only the application of this folder counts.
    pub within: Option<String>,
    /// Nobody named the application's entry.
    pub application: bool,
    /// Nobody named a health path, or turned the check off.
    pub health: bool,
    /// There is no `[services]`.
    pub services: bool,
    /// There is neither `[environment]` nor `[secrets]`.
    pub settings: bool,
    /// There is no `[processes]`.
    pub processes: bool,
    /// There is no `[volumes]`, and the spec does not say everything else by itself.
    pub volumes: bool,
    /// Nobody named the Python.
    pub python: bool,
    /// The folder of the application, where the spec leaves the steps of its build or release to a preset: whether they can run,
    /// the sources say.
    pub steps: Option<String>,
}

impl Open {
    /// Everything: there is no spec yet.
    #[must_use]
    pub fn all() -> Self {
        Self {
            entry: None,
            named: Vec::new(),
            kinds: Vec::new(),
            kept: Vec::new(),
            within: None,
            application: true,
            health: true,
            services: true,
            settings: true,
            processes: true,
            volumes: true,
            python: true,
            steps: Some(".".to_owned()),
        }
    }

    /// What a spec, with the flags over it, leaves open.
    #[must_use]
    pub fn after(spec: &Node) -> Self {
        let has = |key: &str| spec.get(key).is_some();
        // an entry that is `false` only takes something away
        let lists = |key: &str| match spec.get(key) {
            Some(Node::Table { children, .. }) => children
                .values()
                .any(|child| !matches!(child, Node::Leaf(Value::Boolean(false), _) | Node::Table { off: Some(_), .. })),
            _ => false,
        };
        let text = |key: &str| match spec.get(key) {
            Some(Node::Leaf(Value::String(text), _)) => Some(text.clone()),
            _ => None,
        };
        let off = |key: &str| matches!(spec.get(key), Some(Node::Table { off: Some(_), .. } | Node::Leaf(..)));
        let entry = text("app.entry");
        let health = has("health.path") || off("health");
        let settings = !lists("environment") && !lists("secrets");
        let volumes = (settings || entry.is_none()) && !lists("volumes");
        let decided = |table: &str| off(table) || has(&format!("{table}.steps"));
        let steps = !(decided("build") && decided("release"));
        Self {
            within: None,
            steps: steps.then(|| text("app.root").unwrap_or_else(|| ".".to_owned())),
            named: addressed(spec),
            kinds: databases(spec),
            kept: kept(spec),
            application: entry.is_none(),
            entry,
            health: !health,
            services: !lists("services"),
            settings,
            processes: !lists("processes"),
            volumes,
            python: !has("python.version"),
        }
    }

    fn anything(&self) -> bool {
        self.application || self.health || self.services || self.settings || self.processes
    }
}

/// The paths of `context.keep`.
fn kept(spec: &Node) -> Vec<String> {
    match spec.get("context.keep") {
        Some(Node::Leaf(Value::Array(paths), _)) => paths.iter().filter_map(Value::as_str).map(pattern::clean).collect(),
        _ => Vec::new(),
    }
}

/// The services of a spec that have a table of their own.
fn tables(spec: &Node) -> impl Iterator<Item = &Node> {
    let services = match spec.get("services") {
        Some(Node::Table { children, .. }) => Some(children.values()),
        _ => None,
    };
    services.into_iter().flatten()
}

/// The variables that hold parts of addresses.
fn addressed(spec: &Node) -> Vec<String> {
    let names = tables(spec).filter_map(|service| match service.get("environment") {
        Some(Node::Table { children, .. }) => Some(children.keys().cloned()),
        _ => None,
    });
    names.flatten().collect()
}

/// The kinds of the services whose whole URL some variable holds, where the spec does not say how it is written.
fn databases(spec: &Node) -> Vec<String> {
    let text = |node: Option<&Node>| match node {
        Some(Node::Leaf(Value::String(text), _)) => Some(text.clone()),
        _ => None,
    };
    let with_url = tables(spec).filter(|service| match service.get("environment") {
        Some(Node::Table { children, .. }) => children.values().any(|part| text(Some(part)).as_deref() == Some("url")),
        _ => false,
    });
    let kinds = with_url.filter_map(|service| text(service.get("kind")));
    kinds.filter(|kind| spec.get(&format!("service-kinds.{kind}.url")).is_none()).collect()
}

/// One thing that a file says.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The key of the spec.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Where it was read, and why it says so.
    pub origin: Origin,
}

impl Facts {
    /// Nothing more than a layer of nothing.
    #[must_use]
    pub fn none() -> Self {
        let nowhere = Arc::new(Source { name: "the project".to_owned(), text: String::new() });
        Self {
            layer: Node::empty(&nowhere),
            doubts: Vec::new(),
            framework: None,
            candidates: Vec::new(),
            unknown: Vec::new(),
            requirements: None,
            installer: None,
            preset: None,
            hints: Vec::new(),
            pythons: Vec::new(),
        }
    }

    /// Takes back the files of an installer that somebody stronger did not choose.
    pub(crate) fn install_with(&mut self, installer: &str) {
        let found = match self.layer.get("install.with") {
            Some(Node::Leaf(Value::String(found), _)) => found.clone(),
            _ => String::new(),
        };
        let reads_requirements = |installer: &str| ["pip", "wheels"].contains(&installer);
        if found == installer || reads_requirements(&found) && reads_requirements(installer) {
            return;
        }
        self.layer.remove("install.files");
        if reads_requirements(installer)
            && let Some((files, origin)) = self.requirements.take()
        {
            self.layer.set("install.files", files, &origin);
        }
    }

    /// Keeps what was found, or the doubt about a key.
    fn add(&mut self, key: &'static str, found: Result<Option<(Value, Origin)>>) {
        match found {
            Ok(Some((value, origin))) => self.layer.set(key, value, &origin),
            Ok(None) => {}
            Err(doubt) => self.doubts.push((key, doubt)),
        }
    }
}

/// Everything that the files of a folder say, about Python only where nobody decided.
///
/// # Errors
/// A manifest that cannot be read or parsed.
pub fn facts(directory: &Folder, decided_python: bool) -> Result<Facts> {
    let files = Files { directory, pyproject: directory.source("pyproject.toml")? };
    let mut facts = Facts::none();
    let pyproject = files.pyproject.as_ref().map(parse).transpose()?;
    let pyproject = pyproject.as_ref().map(Spanned::get_ref);
    facts.add("project.name", Ok(Some(project::name(&files, pyproject))));
    let requirements = install::requirements(&files);
    let installer = install::installer(&files, pyproject, requirements.as_ref());
    if !decided_python {
        let mut hints = Vec::new();
        let pinned = installer.as_ref().ok().and_then(Option::as_ref).map(|installer| installer.dependencies(directory));
        let mut fitting = Vec::new();
        let version = python::version(&files, pyproject, &pinned.unwrap_or_default(), &mut hints, &mut fitting);
        facts.add("python.version", version);
        facts.hints.extend(hints);
        facts.pythons = fitting;
    }
    match installer {
        Ok(Some(installer)) => {
            facts.installer = Some(installer.clone());
            facts.add("install.files", Ok(Some(installer.list())));
            facts.add("install.with", Ok(Some(installer.with)));
        }
        Ok(None) => {}
        Err(doubt) => facts.doubts.push(("install.with", doubt)),
    }
    facts.requirements = requirements.map(|installer| installer.list());
    facts.add("install.project", Ok(install::package(&files, pyproject)));
    Ok(facts)
}

/// Everything that the files of a folder say about what is open, the Python sources too.
///
/// # Errors
/// A manifest that cannot be read or parsed.
pub fn survey(directory: &Folder, open: &Open) -> Result<Facts> {
    let mut facts = facts(directory, !open.python)?;
    // workers need a library that runs them, or a Procfile: without one, there is nothing to look for in the sources
    let asks = open.processes || !open.kinds.is_empty();
    let manifests: Vec<_> = asks.then(|| manifest::Manifests::files(directory)).into_iter().flatten().collect();
    let processes = open.processes && survey::may_have_processes(directory, &manifests);
    let open = Open { processes, ..open.clone() };
    survey::add_drivers(directory, &open, &manifests, &mut facts);
    // a build or release that a preset brings is Django's: of others, there is nothing to look for
    let steps = open.steps.as_deref().is_some_and(|root| directory.has(&normal(&format!("{root}/manage.py"))));
    if open.anything() || steps {
        survey::add(&Sources::of(directory, open.within.clone()), &open, &mut facts);
    }
    facts.hints.extend(directory.hints());
    Ok(facts)
}

/// Proves that what the outputs lean on is there: files to install from, and the application.
///
/// # Errors
/// The first thing that is not there, with the key that names it.
pub fn prove(directory: &Folder, install: &Installation, layers: &Node) -> Result<()> {
    install::prove(directory, install, layers)?;
    entry::prove(directory, layers)
}

/// The folder above with the lockfile of a workspace that this folder is a member of, and the path of this folder in it.
///
/// # Errors
/// Another user owns that folder or that lockfile.
pub fn workspace_above(directory: &Path) -> Result<Option<(PathBuf, String)>> {
    let Some((up, root, inside)) = workspace_root(directory) else { return Ok(None) };
    if let Some(path) = [root.clone(), root.join("uv.lock")].into_iter().find(|path| !is_ours(path)) {
        let path = path.display();
        return Err(Error::new(format!("`{path}` belongs to another user, so dockgen does not use the workspace it is part of"))
            .hint(format!(
                "run dockgen as its owner, or change the owner: chown $(id -u) {path}; if it is not part of your project: git init"
            )));
    }
    let way = vec![".."; up + 1].join("/");
    Ok(Some((if directory == Path::new(".") { PathBuf::from(way) } else { directory.join(way) }, inside)))
}

/// How many folders up the root of a workspace is, that root, and the path of the member in it.
fn workspace_root(directory: &Path) -> Option<(usize, PathBuf, String)> {
    let full = fs_err::canonicalize(directory).ok()?;
    let locked = install::is_locked(directory);
    // a lockfile of another repository is not the project's
    let tree = work_tree(&full);
    let above = full.ancestors().skip(1).filter(|root| !locked && tree.as_ref().is_none_or(|tree| root.starts_with(tree)));
    above.enumerate().take(DEEPEST_MEMBER).find_map(|(up, root)| {
        let inside = full.strip_prefix(root).ok()?.to_str()?;
        let member = install::member_folders(&Folder::new(root)).into_iter().any(|(_, folder)| folder == inside);
        member.then(|| (up, root.to_path_buf(), inside.to_owned()))
    })
}

/// Whether the project has a file of its own at a path: one that dockgen did not write.
#[must_use]
pub fn is_projects_own(directory: &Folder, path: &str) -> bool {
    directory.source(path).is_ok_and(|source| source.is_some_and(|source| !directory.is_generated(path, &source.text)))
}

fn parse(source: &Arc<Source>) -> Result<Spanned<DeTable<'_>>> {
    DeTable::parse(&source.text).map_err(|error| {
        let place = error.span().map(|span| Place { source: Arc::clone(source), span });
        Error::new(format!("`{}` is not TOML: {}", source.name, error.message().replace('\n', ", "))).at(place)
    })
}

fn origin(source: &Arc<Source>, span: std::ops::Range<usize>, note: &str) -> Origin {
    Origin::new(Place { source: Arc::clone(source), span }, note)
}

/// The value at a path of keys.
fn lookup<'t, 'a>(table: Option<&'t DeTable<'a>>, path: &[&str]) -> Option<&'t Spanned<DeValue<'a>>> {
    let (last, tables) = path.split_last()?;
    let get = |table: &'t DeTable<'a>, name: &str| table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value);
    get(tables.iter().try_fold(table?, |table, name| get(table, name)?.get_ref().as_table())?, last)
}
