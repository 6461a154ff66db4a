//! Where the application is: the object that a server is given, found in the sources and proven to be there.

mod callables;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use aho_corasick::AhoCorasick;

use callables::{callable, called_like, constructed, passes_on, use_of};

use super::commands;
use crate::error::Source;
use crate::knowledge::{Framework, frameworks};
use crate::paths::{self, parent};
use crate::python::codebase::{Codebase, is_aside};
use crate::python::module::{Call, Expression, Import, Module};
use crate::python::names::{is_identifier, is_importable, module_files};

/// How many names are followed from one to the next: more is a circle.
const STEPS: usize = 8;

/// Files that applications are usually in, the likeliest first.
pub(super) const ENTRY_FILES: [&str; 7] = ["wsgi.py", "asgi.py", "main.py", "app.py", "application.py", "server.py", "run.py"];

/// An application that was found.
#[derive(Clone)]
pub(crate) struct Application {
    pub(crate) framework: &'static Framework,
    /// `module:object`, as seen from `root`; a factory with `()` behind it.
    pub(crate) entry: String,
    /// The folder on the import path, relative to the project; `.` for the project itself.
    pub(crate) root: String,
    /// Where it is made.
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
    /// Why it is the one.
    pub(crate) why: String,
    /// The file that the entry names.
    pub(crate) path: String,
    /// Where the object was first made, which tells two names of one application apart from two applications.
    identity: (String, String),
}

/// What was found, the best first, and whether the first one is settled.
#[derive(Default)]
pub(crate) struct Applications {
    pub(crate) applications: Vec<Application>,
    pub(crate) settled: bool,
}

/// Finds the application of an entry point. Only the files that may be its module are read.
pub(crate) fn find_named(codebase: &Codebase<'_>, entry: &str) -> Option<Application> {
    let finder = Finder { codebase };
    let module = entry.split(':').next().unwrap_or_default();
    let files = module_files(module);
    let is_module = |path: &&str| files.iter().any(|file| path.strip_suffix(&**file).is_some_and(is_folder));
    let commands = commands::entries(codebase).into_iter().filter(|command| command.module == module);
    let mut found: Vec<_> = commands.filter_map(|command| finder.commanded(&command, &[])).collect();
    for path in codebase.application().filter(is_module) {
        finder.in_file(path, &mut found);
    }
    found.into_iter().find(|application| is_entry(&application.entry, entry))
}

/// Whether two entry points name one object, as the object or as a function that makes it.
pub(crate) fn is_entry(one: &str, other: &str) -> bool {
    one.trim_end_matches("()") == other.trim_end_matches("()")
}

/// Whether a path ends where the name of a file starts.
fn is_folder(path: &str) -> bool {
    path.is_empty() || path.ends_with('/')
}

/// Finds every application of a project.
pub(crate) fn find(codebase: &Codebase<'_>, asynchronous: bool) -> Applications {
    let finder = Finder { codebase };
    let mut applications = Vec::new();
    for path in codebase.application().filter(|path| finder.may_hold(path)) {
        finder.in_file(path, &mut applications);
    }
    drop_parts(&finder, &mut applications);
    applications.sort_by_key(|application| rank(application, asynchronous));
    let commanded = commands::entries(codebase).into_iter().filter_map(|command| finder.commanded(&command, &applications));
    // a command for something deeper inside is a command for something else
    let shallow = |application: &Application| if application.root == "." { 0 } else { application.root.matches('/').count() + 1 };
    let least = applications.iter().map(shallow).min().unwrap_or_default();
    if let Some(chosen) = commanded.into_iter().find(|application| shallow(application) <= least.max(usize::from(least == 0))) {
        applications.retain(|other| other.identity != chosen.identity && other.entry != chosen.entry);
        applications.insert(0, chosen);
        return Applications { applications, settled: true };
    }
    // several names of one application are one answer; so are Django's two interfaces
    let mut answers: Vec<Application> = Vec::new();
    for application in applications {
        if !answers.iter().any(|other| other.identity == application.identity) {
            answers.push(application);
        }
    }
    prefer_interface(&mut answers, asynchronous);
    let settled = match answers.as_slice() {
        [] => false,
        [_] => true,
        [first, second, ..] => {
            let both_django = first.framework.name == "django" && second.framework.name == "django";
            both_django
                && parent(&first.path) == parent(&second.path)
                && first.framework.interface != second.framework.interface
                && answers.len() == 2
        }
    };
    Applications { applications: answers, settled }
}

/// Django's projects have a file for each interface: where all answers are of one project, the one that it serves is the answer.
fn prefer_interface(answers: &mut Vec<Application>, asynchronous: bool) {
    let interface = if asynchronous { "asgi" } else { "wsgi" };
    let one = answers.first().map(|first| (first.root.clone(), parent(&first.path).to_owned()));
    let same = answers
        .iter()
        .all(|other| other.framework.name == "django" && Some((other.root.clone(), parent(&other.path).to_owned())) == one);
    let named = |application: &Application| application.path.ends_with(&format!("{interface}.py"));
    if same && answers.iter().filter(|application| named(application)).count() == 1 {
        answers.retain(named);
    }
}

/// The likeliest first: the interface that the project has, a file with a usual name, a short way from the project's folder.
fn rank(application: &Application, asynchronous: bool) -> (bool, usize, usize, usize, usize, bool, String) {
    let name = paths::name(&application.path);
    let package = ENTRY_FILES.len() + usize::from(name != "__init__.py");
    let name = ENTRY_FILES.iter().position(|usual| *usual == name).unwrap_or(package);
    let order = frameworks().iter().position(|other| other.name == application.framework.name).unwrap_or_default();
    let django_side = application.framework.name == "django" && (application.framework.interface == "asgi") != asynchronous;
    let factory = usize::from(application.entry.ends_with("()"));
    let passes_on = passes_on(&application.entry, &application.identity.1);
    (django_side, order, factory, application.path.matches('/').count(), name, passes_on, application.entry.clone())
}

/// Takes out applications that are mounted in others.
fn drop_parts(finder: &Finder<'_, '_>, applications: &mut Vec<Application>) {
    let mut parts: Vec<(String, String)> = Vec::new();
    for path in applications.iter().map(|application| application.path.clone()).collect::<std::collections::BTreeSet<_>>() {
        let Some(parsed) = finder.codebase.read(&path) else { continue };
        for call in parsed.module.calls.iter().filter(|call| ["mount", "add_subapp", "mount_app"].contains(&call.method())) {
            for name in call.arguments.iter().chain(call.named.iter().map(|(_, value)| value)) {
                if let Expression::Name(name) = name
                    && let Some((_, identity)) = finder.name(&parsed.module, &path, name, STEPS)
                {
                    parts.push(identity);
                }
            }
        }
    }
    if applications.iter().any(|application| !parts.contains(&application.identity)) {
        applications.retain(|application| !parts.contains(&application.identity));
    }
}

type Made = (&'static Framework, (String, String));

struct Finder<'s, 'd> {
    codebase: &'s Codebase<'d>,
}

impl Finder<'_, '_> {
    /// Whether a file is worth parsing: it names something that makes an application, or is a usual place for one.
    fn may_hold(&self, path: &str) -> bool {
        static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
            let last =
                frameworks().iter().flat_map(|framework| &framework.constructors).filter_map(|name| name.rsplit('.').next());
            // it is called, or something is derived from it
            let made = last.flat_map(|name| [format!("{name}("), format!("{name})"), format!("({name},")]);
            let factories = ["create_app", "make_app", "get_app", "init_app", "wsgi_app", "asgi_app"].map(str::to_owned);
            AhoCorasick::new(made.chain(factories)).ok()
        });
        let name = paths::name(path);
        ENTRY_FILES.contains(&name)
            || self.codebase.text(path).is_some_and(|text| WORDS.as_ref().is_none_or(|words| words.is_match(&*text)))
    }

    fn in_file(&self, path: &str, applications: &mut Vec<Application>) {
        let Some(parsed) = self.codebase.read(path) else { return };
        let module = &parsed.module;
        if self.starts_itself(path, module) {
            return;
        }
        let mut add = |object: &str, span: Range<usize>, (framework, identity): Made, why: String| {
            let (root, name) = self.codebase.place(path);
            let entry = format!("{name}:{object}");
            let root = if root.is_empty() { ".".to_owned() } else { root };
            let source = Arc::clone(&parsed.source);
            if is_importable(&name) {
                applications.push(Application { framework, entry, root, source, span, why, path: path.to_owned(), identity });
            }
        };
        for binding in &module.bindings {
            if let Some(made) = self.made(&binding.value, module, path, &binding.name, STEPS)
                && is_identifier(&binding.name)
            {
                let why = format!("{} application", made.0.name);
                add(&callable(module, &binding.name, made.0), binding.span.clone(), made, why);
            }
        }
        for function in module.functions.iter().filter(|function| function.required == 0) {
            if let Some((framework, identity)) = self.returned_by(module, path, &function.name, STEPS)
                && framework.callable.is_none()
            {
                let why = format!("makes a {} application", framework.name);
                let suffix = if framework.awaits && function.asynchronous { "" } else { "()" };
                add(&format!("{}{suffix}", function.name), function.span.clone(), (framework, identity), why);
            }
        }
        if ENTRY_FILES.contains(&paths::name(path)) {
            let names = module.imports.iter().filter(|import| import.top && import.item.is_some());
            for import in names {
                if let Some(made) = self.name(module, path, &import.name, STEPS) {
                    let start = parsed.source.text.find("import").unwrap_or_default();
                    let why = format!("names the {} application of another module", made.0.name);
                    add(&callable(module, &import.name, made.0), start..start + 6, made, why);
                }
            }
        }
        // an object made by a factory says everything that the factory does
        let made_by: Vec<(String, String)> =
            applications.iter().filter(|found| !found.entry.ends_with("()")).map(|found| found.identity.clone()).collect();
        applications.retain(|found| !found.entry.ends_with("()") || !made_by.contains(&found.identity));
    }

    /// Whether importing a file starts a server, or the file is only run by `python -m`.
    fn starts_itself(&self, path: &str, module: &Module) -> bool {
        let waiting = module.waiting(None);
        let starts = |call: &&Call| {
            let owner = call.function.rsplit_once('.').map_or("", |(owner, _)| owner);
            module.full_name(&call.function) == "aiohttp.web.run_app"
                || call.method() == "run" && self.name(module, path, owner, STEPS).is_some()
        };
        paths::name(path) == "__main__.py" || module.calls.iter().filter(starts).any(|call| waiting.runs(call.span.start))
    }

    /// The framework of an expression that is an application.
    fn made(&self, value: &Expression, module: &Module, path: &str, name: &str, steps: usize) -> Option<Made> {
        let steps = steps.checked_sub(1)?;
        match value {
            Expression::Call(call) => self.called(call, module, path, name, steps),
            Expression::Name(other) if other != name => self.name(module, path, other, steps),
            Expression::Parts(parts) => parts.iter().find_map(|part| self.made(part, module, path, name, steps)),
            _ => None,
        }
    }

    fn called(&self, call: &Call, module: &Module, path: &str, name: &str, steps: usize) -> Option<Made> {
        let full = module.full_name(&call.function);
        if let Some(framework) = constructed(&full) {
            return Some((framework, (path.to_owned(), name.to_owned())));
        }
        if let Some(framework) = self.derived(module, path, &call.function, steps).or_else(|| called_like(&full)) {
            return Some((framework, (path.to_owned(), name.to_owned())));
        }
        if let Some(made) = self.returned_by(module, path, &call.function, steps) {
            return Some(made);
        }
        // a wrapper keeps the application inside
        let wrappers = ["App", "Application", "Middleware", "Fix", "WhiteNoise", "Sentry", "Cling", "Router", "CORS"];
        let wrapper = wrappers.iter().any(|name| call.method().ends_with(name)) || call.method() == "health_check";
        let values = call.arguments.iter().chain(call.named.iter().map(|(_, value)| value));
        let inner = values
            .filter(|value| !matches!(value, Expression::Text(_)))
            .find_map(|value| self.made(value, module, path, name, steps));
        inner.filter(|_| wrapper)
    }

    /// What a name refers to, in this module or in the one that it was imported from.
    fn name(&self, module: &Module, path: &str, name: &str, steps: usize) -> Option<Made> {
        let steps = steps.checked_sub(1)?;
        if let Some(binding) = module.bindings.iter().find(|binding| binding.name == name) {
            return self.made(&binding.value, module, path, name, steps);
        }
        let (other, name) = self.imported(module, path, name)?;
        let parsed = self.codebase.read(&other)?;
        self.name(&parsed.module, &other, &name, steps)
    }

    /// The file that an imported name comes from, and its name there.
    fn imported(&self, module: &Module, path: &str, name: &str) -> Option<(String, String)> {
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let import = module.imports.iter().find(|import| import.name == first)?;
        let file = self.codebase.module(path, import)?;
        let item = import.item.clone().unwrap_or_default();
        let is_module = file.trim_end_matches(".py").rsplit('/').next() == Some(item.as_str());
        match rest {
            Some(rest) if !rest.contains('.') => Some((file, rest.to_owned())),
            None if !is_module && !item.is_empty() => Some((file, item)),
            // `import package.module` names it with all its dots
            Some(rest) => {
                let (module, name) = name.rsplit_once('.')?;
                let whole = Import { module: module.to_owned(), item: None, ..import.clone() };
                let _ = rest;
                Some((self.codebase.module(path, &whole)?, name.to_owned()))
            }
            None => None,
        }
    }

    /// The framework of what a function returns.
    fn returned_by(&self, module: &Module, path: &str, name: &str, steps: usize) -> Option<Made> {
        let steps = steps.checked_sub(1)?;
        let Some(function) = module.functions.iter().find(|function| function.name == name) else {
            let (other, name) = self.imported(module, path, name)?;
            let parsed = self.codebase.read(&other)?;
            return self.returned_by(&parsed.module, &other, &name, steps);
        };
        let identity = (path.to_owned(), format!("{name}()"));
        let local = |value: &Expression| match value {
            Expression::Name(name) => {
                let mut bound = function.bindings.iter().filter(|binding| binding.name == *name);
                bound.find_map(|binding| self.made(&binding.value, module, path, name, steps))
            }
            value => self.made(value, module, path, "", steps),
        };
        // a function that hands on what another one made is that other one
        function
            .returns
            .iter()
            .find_map(local)
            .map(|(framework, inner)| (framework, if inner.1.ends_with("()") { inner } else { identity }))
    }

    /// The framework of a class of the project's own.
    fn derived(&self, module: &Module, path: &str, name: &str, steps: usize) -> Option<&'static Framework> {
        let steps = steps.checked_sub(1)?;
        let Some(class) = module.classes.iter().find(|class| class.name == name) else {
            let (other, name) = self.imported(module, path, name)?;
            let parsed = self.codebase.read(&other)?;
            return self.derived(&parsed.module, &other, &name, steps);
        };
        let mut bases = class.bases.iter();
        bases.find_map(|base| constructed(&module.full_name(base)).or_else(|| self.derived(module, path, base, steps)))
    }

    /// The application that a command of the project starts, proven to be there.
    fn commanded(&self, command: &commands::Entry, known: &[Application]) -> Option<Application> {
        let ends = module_files(&command.module);
        let fits =
            |path: &&str| ends.iter().any(|end| *path == end.as_str() || path.ends_with(&format!("/{end}"))) && !is_aside(path);
        let mut paths: Vec<&str> = self.codebase.tree.python().filter(fits).collect();
        paths.sort_by_key(|path| path.len());
        let object = command.object.trim_end_matches("()");
        let path = paths.into_iter().find(|path| self.binds(path, object, STEPS))?;
        let parsed = self.codebase.read(path)?;
        let made =
            self.name(&parsed.module, path, object, STEPS).or_else(|| self.returned_by(&parsed.module, path, object, STEPS));
        let framework = match &made {
            Some((framework, _)) => framework,
            // not understood, but there, and the project itself starts it
            None => known.first().map_or_else(|| self.by_manage(command), |application| Some(application.framework))?,
        };
        let end = ends.iter().find(|end| path.ends_with(end.as_str()))?;
        let root = path.strip_suffix(end.as_str())?.trim_end_matches('/');
        let (root, module) = self.rooted(path, root, &command.module);
        let function = parsed.module.functions.iter().find(|function| function.name == object);
        let suffix = function.map_or(Some(""), |function| use_of(function, framework))?;
        Some(Application {
            framework,
            entry: format!("{module}:{object}{}", if framework.name == "django" { "" } else { suffix }),
            root: if root.is_empty() { ".".to_owned() } else { root },
            source: Arc::clone(&command.source),
            span: command.span.clone(),
            why: format!("started by {}", command.program),
            path: path.to_owned(),
            identity: made.map_or_else(|| (path.to_owned(), object.to_owned()), |(_, identity)| identity),
        })
    }

    /// The import path and the module that a command means: not the command's own where its imports fail, and resolve elsewhere.
    fn rooted(&self, path: &str, root: &str, module: &str) -> (String, String) {
        let (better, name) = self.codebase.place(path);
        let fits = better != root && is_importable(&name) && self.codebase.fits_better(path, &better, root);
        if fits { (better, name) } else { (root.to_owned(), module.to_owned()) }
    }

    /// Django, if there is a manage.py and the server runs an object that Django did not create.
    fn by_manage(&self, command: &commands::Entry) -> Option<&'static Framework> {
        let interface = if command.program == "gunicorn" { "wsgi" } else { "asgi" };
        let there = self.codebase.tree.python().any(|path| path == "manage.py" || path.ends_with("/manage.py"));
        frameworks().iter().find(|framework| there && framework.name == "django" && framework.interface == interface)
    }

    /// Whether a module has a name, through `import *` too.
    fn binds(&self, path: &str, name: &str, steps: usize) -> bool {
        let (Some(parsed), Some(steps)) = (self.codebase.read(path), steps.checked_sub(1)) else { return false };
        let stars = parsed.module.imports.iter().filter(|import| import.top && import.name == "*");
        parsed.module.binds(name)
            || stars.into_iter().any(|import| {
                self.codebase.module(path, import).is_some_and(|file| file != path && self.binds(&file, name, steps))
            })
    }
}
