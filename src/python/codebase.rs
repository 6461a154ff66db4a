//! The project's Python files, each read and parsed at most once, and how modules find each other.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::imports::ModuleUse;
use super::module::{Import, Module};
use crate::error::Source;
use crate::paths::{self, join, parent, within};
use crate::project::Folder;
use crate::project::tree::FileTree;

/// The largest Python file that is read, in bytes: larger ones are generated.
const LARGEST: u64 = 1024 * 1024;

/// Maximum bytes of texts in the cache, which many rules search.
const MOST_KEPT: usize = 64 * 1024 * 1024;

/// Folders whose Python files are never the application.
const ASIDE: [&str; 26] = [
    "alembic",
    "bench",
    "benchmark",
    "benchmarks",
    "build",
    "ci",
    "contrib",
    "dist",
    "doc",
    "docs",
    "e2e",
    "example",
    "examples",
    "fixtures",
    "migrations",
    "notebooks",
    "sample",
    "samples",
    "script",
    "scripts",
    "test",
    "testing",
    "tests",
    "tools",
    "typings",
    "versions",
];

/// Folders of migrations, which a release runs.
const MIGRATIONS: [&str; 3] = ["alembic", "migrations", "versions"];

/// A parsed Python file.
pub(crate) struct Parsed {
    pub(crate) source: Arc<Source>,
    pub(crate) module: Module,
    /// The modules that it uses.
    pub(super) uses: OnceCell<Vec<ModuleUse>>,
}

/// The project's Python files.
pub(crate) struct Codebase<'a> {
    pub(crate) directory: &'a Folder,
    pub(crate) tree: FileTree,
    /// The folder to search for the application.
    within: Option<String>,
    parsed: RefCell<HashMap<String, Option<Rc<Parsed>>>>,
    texts: RefCell<HashMap<String, Option<Rc<str>>>>,
    /// Where files are imported from, and their modules' names there.
    pub(super) places: RefCell<HashMap<String, (String, String)>>,
    /// Bytes of texts in the cache.
    kept: Cell<usize>,
}

impl<'a> Codebase<'a> {
    pub(crate) fn of(directory: &'a Folder, within: Option<String>) -> Self {
        let tree = FileTree::of(directory);
        directory.skip(&tree.irregular_rules);
        Self {
            directory,
            tree,
            within,
            parsed: RefCell::default(),
            texts: RefCell::default(),
            places: RefCell::default(),
            kept: Cell::new(0),
        }
    }

    /// Whether a path is in the folder to search.
    pub(crate) fn is_within(&self, path: &str) -> bool {
        self.within.as_deref().is_none_or(|folder| within(path, folder))
    }

    /// The text of a file, unless dockgen wrote it: its own files are no evidence.
    pub(crate) fn evidence(&self, path: &str) -> Option<String> {
        self.text(path).filter(|text| !self.directory.is_generated(path, text)).map(|text| text.to_string())
    }

    /// The text of a file, from the cache; none if it can't be read or is too large.
    pub(crate) fn text(&self, path: &str) -> Option<Rc<str>> {
        if let Some(text) = self.texts.borrow().get(path) {
            return text.clone();
        }
        let text = self.read_text(path).map(Rc::<str>::from);
        let size = text.as_ref().map_or(0, |text| text.len());
        if self.kept.get() + size <= MOST_KEPT {
            self.kept.set(self.kept.get() + size);
            self.texts.borrow_mut().insert(path.to_owned(), text.clone());
        }
        text
    }

    fn read_text(&self, path: &str) -> Option<String> {
        self.directory.bytes(path, LARGEST).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A file, parsed.
    pub(crate) fn read(&self, path: &str) -> Option<Rc<Parsed>> {
        if let Some(parsed) = self.parsed.borrow().get(path) {
            return parsed.clone();
        }
        let parsed = self.text(path).map(|text| {
            let module = Module::parse(&text);
            let source = Arc::new(Source::file(path, text.to_string()));
            Rc::new(Parsed { source, module, uses: OnceCell::new() })
        });
        self.parsed.borrow_mut().insert(path.to_owned(), parsed.clone());
        parsed
    }

    /// The Python files that may belong to the application, in order.
    pub(crate) fn application(&self) -> impl Iterator<Item = &str> {
        self.tree.python().filter(|path| self.is_within(path) && !is_aside(path))
    }

    /// The Python files that run with the application: those of its migrations too.
    pub(crate) fn running(&self) -> impl Iterator<Item = &str> {
        let migrates = |path: &str| parent(path).split('/').any(|part| MIGRATIONS.contains(&part));
        self.tree.python().filter(move |path| self.is_within(path) && (!is_aside(path) || migrates(path)))
    }

    /// The files that workers run.
    pub(crate) fn workers(&self) -> impl Iterator<Item = &str> {
        self.tree.python().filter(|path| is_worker(path) && !in_aside(path))
    }

    /// The Python files that may read settings, including those of workers.
    pub(crate) fn settings(&self) -> impl Iterator<Item = &str> {
        self.tree.python().filter(|path| self.is_within(path) && !is_aside(path) || is_worker(path) && !in_aside(path))
    }

    /// The file of a module as another file imports it; none if it isn't part of the project.
    pub(crate) fn module(&self, from: &str, import: &Import) -> Option<String> {
        let parts: Vec<&str> = import.module.split('.').filter(|part| !part.is_empty()).collect();
        if import.level > 0 {
            let folder = (1..import.level).fold(parent(from), |folder, _| parent(folder));
            return self.file(folder, &parts, import.item.as_deref());
        }
        let mut folders: Vec<&str> =
            std::iter::successors(Some(parent(from)), |folder| (!folder.is_empty()).then(|| parent(folder))).collect();
        folders.reverse();
        folders.into_iter().find_map(|folder| self.file(folder, &parts, import.item.as_deref()))
    }

    /// The file of a module below a folder; `from package import module` is a module too.
    fn file(&self, folder: &str, parts: &[&str], item: Option<&str>) -> Option<String> {
        let base = parts.iter().fold(folder.to_owned(), |folder, part| join(&folder, part));
        let submodule = item.map(|item| join(&base, &format!("{item}.py"))).filter(|path| self.tree.has(path));
        let itself = [format!("{base}.py"), join(&base, "__init__.py")];
        submodule.or_else(|| itself.into_iter().find(|path| self.tree.has(path)))
    }

    /// The name of a file's module, seen from the folder that is on the import path where the file lies in it.
    pub(crate) fn module_from(&self, path: &str, root: Option<&str>) -> String {
        let root = root.map(|root| if root == "." { "" } else { root });
        match root.filter(|root| root.is_empty() || within(path, root)) {
            Some(root) => module_name(path, root),
            None => self.place(path).1,
        }
    }
}

/// The name of a file's module, seen from a folder.
pub(crate) fn module_name(path: &str, folder: &str) -> String {
    let inside = if folder.is_empty() { path } else { path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/') };
    let module = inside.trim_end_matches(".py").trim_end_matches("__init__").trim_end_matches('/');
    module.replace('/', ".")
}

/// Whether a file is a test, a document, a migration or a script.
pub(crate) fn is_aside(path: &str) -> bool {
    let name = paths::name(path);
    let test = name.starts_with("test_") || name.ends_with("_test.py") || name.ends_with("_tests.py");
    let tool =
        ["conftest.py", "setup.py", "noxfile.py", "env.py", "fabfile.py", "test.py", "tests.py", "locustfile.py"].contains(&name);
    // a template's own template is something else
    test || tool || path.contains(['{', '}', ' ']) || is_worker(path) || in_aside(path)
}

/// Whether a file is run by a worker, not by the server.
fn is_worker(path: &str) -> bool {
    let name = paths::name(path);
    name.contains("celery") || name.contains("worker")
}

/// Whether a file lies in a folder whose files are never the application.
fn in_aside(path: &str) -> bool {
    let folders =
        |part: &str| ASIDE.contains(&part) || part.starts_with("test_") || part.starts_with("tests_") || part.ends_with("_tests");
    path.rsplit_once('/').is_some_and(|(folder, _)| folder.split('/').any(folders))
}
