//! Facts from Django's files: settings, static files and URLs.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::application::Application;
use super::static_root::{self, StaticRoot};
use crate::error::Source;
use crate::layers::origin;
use crate::paths::{join, parent};
use crate::python::codebase::{Codebase, Parsed};
use crate::python::module::{Expression, Import};
use crate::python::names::module_files;

pub(crate) struct Django {
    /// The settings module for production, and the place that names it.
    pub(crate) settings: Option<(String, Arc<Source>, Range<usize>)>,
    /// Whether `STATIC_ROOT` is set.
    pub(crate) static_root: StaticRoot,
    /// The place that enables GeoDjango, which loads GDAL, GEOS and PROJ.
    pub(crate) geo: Option<(Arc<Source>, Range<usize>)>,
    /// Settings that are unsafe in production.
    pub(crate) hints: Vec<String>,
    /// `ROOT_URLCONF`.
    pub(crate) urls: Option<String>,
    /// Whether manage.py is in the folder on the import path.
    pub(crate) manage: bool,
}

/// Names of settings modules for production, and of shared ones.
const PRODUCTION: [&str; 5] = ["production", "prod", "live", "deploy", "deployment"];
const OTHERS: [&str; 8] = ["local", "dev", "development", "test", "testing", "tests", "ci", "staging"];

/// GeoDjango.
const GEO: &str = "\"django.contrib.gis\"";

/// Reads the files of a Django application.
pub(crate) fn django(codebase: &Codebase<'_>, application: &Application) -> Django {
    let root = if application.root == "." { "" } else { application.root.as_str() };
    let manage = join(root, "manage.py");
    let settings = chosen(codebase, application, root);
    let files = settings.as_ref().map(|(module, ..)| with_bases(codebase, root, module)).unwrap_or_default();
    let value = |name: &str| files.iter().find_map(|parsed| parsed.module.value(name).map(|binding| binding.value.clone()));
    Django {
        hints: hints(&files),
        geo: files.iter().find_map(|parsed| {
            let text = &parsed.source.text;
            let start = [GEO, "'django.contrib.gis'"].iter().find_map(|name| text.find(name))?;
            Some((Arc::clone(&parsed.source), start..start + GEO.len()))
        }),
        static_root: static_root::static_root(&files),
        urls: value("ROOT_URLCONF").and_then(|urls| urls.text().map(str::to_owned)),
        manage: codebase.tree.has(&manage),
        settings,
    }
}

/// Settings that are acceptable only on a development machine.
fn hints(files: &[Rc<Parsed>]) -> Vec<String> {
    let place = |parsed: &Parsed, span: &Range<usize>| origin(&parsed.source, span.clone(), "").place.to_string();
    let nearest = |name: &str| files.iter().find_map(|parsed| Some((parsed, parsed.module.value(name)?)));
    let mut hints = Vec::new();
    if let Some((parsed, debug)) = nearest("DEBUG").filter(|(_, debug)| debug.value == Expression::Constant("True")) {
        let place = place(parsed, &debug.span);
        hints.push(format!("{place} sets DEBUG = True, which shows settings to every visitor: read it from the environment"));
    }
    if let Some((parsed, key)) = nearest("SECRET_KEY").filter(|(_, key)| key.value.text().is_some()) {
        let place = place(parsed, &key.span);
        hints.push(format!("{place} contains the SECRET_KEY that signs sessions: read it from the environment"));
    }
    let served =
        files.iter().any(|parsed| ["whitenoise", "STORAGES", "storages"].iter().any(|word| parsed.source.text.contains(word)));
    if !served && !files.is_empty() {
        hints.push("no one serves the static files: add whitenoise, or serve them from a web server".to_owned());
    }
    hints
}

/// Paths of an application's settings modules, including those that they import from.
pub(crate) fn settings_files(codebase: &Codebase<'_>, application: &Application) -> Vec<String> {
    if application.framework.name != "django" {
        return Vec::new();
    }
    let root = if application.root == "." { "" } else { application.root.as_str() };
    let settings = chosen(codebase, application, root);
    settings.iter().flat_map(|(module, ..)| with_bases(codebase, root, module)).map(|parsed| parsed.source.name.clone()).collect()
}

/// An engine that Django's settings name.
pub(crate) struct FoundEngine {
    /// Its full name, such as `django.db.backends.postgresql`.
    pub(crate) engine: String,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
}

/// The database engines in an application's settings modules; none if SQLite is one of them.
pub(crate) fn engines(codebase: &Codebase<'_>, application: &Application) -> Vec<FoundEngine> {
    let mut engines = Vec::new();
    for path in settings_files(codebase, application) {
        let Some(parsed) = codebase.read(&path) else { continue };
        let mut start = 0;
        for line in parsed.source.text.split_inclusive('\n') {
            let quoted = line.split(['"', '\'']).find(|text| text.contains(".backends.") && line.contains("ENGINE"));
            if let Some(engine) = quoted.filter(|_| !line.trim_start().starts_with('#')) {
                let (source, span) = (Arc::clone(&parsed.source), start..start + line.trim_end().len());
                engines.push(FoundEngine { engine: engine.to_owned(), source, span });
            }
            start += line.len();
        }
    }
    if engines.iter().any(|found| found.engine.ends_with("sqlite3")) { Vec::new() } else { engines }
}

/// The settings module for production, and the place that names it.
fn chosen(codebase: &Codebase<'_>, application: &Application, root: &str) -> Option<(String, Arc<Source>, Range<usize>)> {
    let manage = join(root, "manage.py");
    let named = [application.path.as_str(), manage.as_str()].into_iter().find_map(|path| settings_of(codebase, path));
    named.map(|(module, source, span)| {
        let better = production(codebase, root, &module).or_else(|| instead(codebase, root, &module));
        (better.unwrap_or(module), source, span)
    })
}

/// `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "…")`.
fn settings_of(codebase: &Codebase<'_>, path: &str) -> Option<(String, Arc<Source>, Range<usize>)> {
    let parsed = codebase.read(path)?;
    let call = parsed.module.calls.iter().find(|call| {
        call.first_text() == Some("DJANGO_SETTINGS_MODULE") && ["setdefault", "get", "getenv"].contains(&call.method())
    })?;
    let module = call.arguments.get(1)?.text()?.to_owned();
    Some((module, Arc::clone(&parsed.source), call.span.clone()))
}

/// The settings for production next to the named ones, if those are for another purpose.
fn production(codebase: &Codebase<'_>, root: &str, module: &str) -> Option<String> {
    let (package, last) = module.rsplit_once('.')?;
    let folder = join(root, &package.replace('.', "/"));
    // `config.settings` may be the package itself
    let inside = join(root, &module.replace('.', "/"));
    if OTHERS.contains(&last) || last == "base" {
        let name = PRODUCTION.iter().find(|name| codebase.tree.has(&join(&folder, &format!("{name}.py"))))?;
        return Some(format!("{package}.{name}"));
    }
    if !codebase.tree.has(&join(&inside, "__init__.py")) {
        return None;
    }
    let init = codebase.text(&join(&inside, "__init__.py")).unwrap_or_default();
    let name = PRODUCTION.iter().find(|name| codebase.tree.has(&join(&inside, &format!("{name}.py"))))?;
    init.trim().is_empty().then(|| format!("{module}.{name}"))
}

/// The settings next to a module that isn't in the repository, such as one that each developer writes.
fn instead(codebase: &Codebase<'_>, root: &str, module: &str) -> Option<String> {
    let there = |module: &str| module_files(module).iter().any(|file| codebase.tree.has(&join(root, file)));
    let (package, _) = module.rsplit_once('.').filter(|_| !there(module))?;
    let names = PRODUCTION.iter().chain(&["settings", "base", "common"]);
    names.map(|name| format!("{package}.{name}")).find(|module| there(module))
}

/// The files of a settings module and of its `from … import *`, nearest first.
fn with_bases(codebase: &Codebase<'_>, root: &str, module: &str) -> Vec<Rc<Parsed>> {
    let start = module_files(module).map(|file| join(root, &file)).into_iter().find(|path| codebase.tree.has(path));
    let mut paths: Vec<String> = start.into_iter().collect();
    let mut files = Vec::new();
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned().filter(|_| next < 40) {
        next += 1;
        let Some(parsed) = codebase.read(&path) else { continue };
        for import in parsed.module.imports.iter().filter(|import| import.name == "*") {
            // `from .parts import *` may refer to a package whose `__init__.py` imports each file
            if let Some(file) = codebase.module(&path, import).filter(|file| !paths.contains(file)) {
                paths.push(file);
            }
        }
        for call in parsed.module.calls.iter().filter(|call| call.method() == "include") {
            let texts = call.arguments.iter().filter_map(Expression::text);
            let found = texts.map(|name| join(parent(&path), name)).filter(|file| codebase.tree.has(file));
            let new: Vec<String> = found.filter(|file| !paths.contains(file)).collect();
            paths.extend(new);
        }
        files.push(parsed);
    }
    files
}

/// An import of a module by its full name.
pub(crate) fn import(module: &str) -> Import {
    Import { name: String::new(), module: module.to_owned(), level: 0, item: None, top: true, span: 0..0 }
}
