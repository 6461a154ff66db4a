//! The modules that an application imports, and which of their code runs before it serves.

use std::collections::{BTreeMap, BTreeSet};

use super::{Called, ImportTime, resolve, visit};
use crate::python::codebase::Codebase;
use crate::python::module::Module;

/// The most files that are read.
const MOST: usize = 200;

/// How often functions are followed into other files.
const ROUNDS: usize = 4;

/// The modules that an application imports.
#[derive(Debug)]
pub(crate) struct ImportGraph {
    /// The time of each file's first import.
    files: BTreeMap<String, ImportTime>,
    called: Called,
    /// Whether every import was followed: a file that is not there is not imported.
    pub(crate) complete: bool,
}

impl ImportGraph {
    /// Follows the imports of files under one folder on the import path; `factory` is the function of the first that makes the
    /// application.
    pub(crate) fn follow(codebase: &Codebase<'_>, root: &str, starts: &[&str], factory: Option<&str>) -> Self {
        let mut called = Called::new();
        if let (Some(first), Some(factory)) = (starts.first(), factory) {
            called.insert((*first).to_owned(), BTreeSet::from([factory.to_owned()]));
        }
        let files_of = |called: &Called| {
            visit(codebase, starts, called, MOST, |from, found, _| {
                let files = resolve(codebase, root, from, found).unwrap_or_default();
                files.into_iter().filter(|file| file != from).collect()
            })
        };
        let mut files = files_of(&called);
        for _ in 0..ROUNDS {
            let before = called.clone();
            for (path, _) in files.iter().filter(|(_, time)| **time < ImportTime::Later) {
                add_called(codebase, path, &mut called);
            }
            if called == before {
                break;
            }
            files = files_of(&called);
        }
        Self { complete: files.len() < MOST, files, called }
    }

    /// The files that are imported, at any time.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether a file is imported, at any time.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Whether code of a file runs, and may not fail, before the application serves.
    pub(crate) fn starts(&self, path: &str, module: &Module, at: usize) -> bool {
        let time = self.files.get(path);
        time.is_some_and(|time| *time < ImportTime::Later) && module.waiting(self.called.get(path)).runs(at)
    }
}

/// Adds the functions of other files that a file calls while it is imported.
fn add_called(codebase: &Codebase<'_>, path: &str, called: &mut Called) {
    let Some(parsed) = codebase.read(path) else { return };
    let module = &parsed.module;
    let mut found: Vec<(String, String)> = Vec::new();
    {
        let waiting = module.waiting(called.get(path));
        for call in module.calls.iter().filter(|call| waiting.runs(call.span.start)) {
            let (first, rest) =
                call.function.split_once('.').map_or((call.function.as_str(), None), |(first, rest)| (first, Some(rest)));
            let Some(import) = module.imports.iter().find(|import| import.name == first) else { continue };
            let Some(file) = codebase.module(path, import) else { continue };
            let name = [import.item.as_deref().filter(|item| !is_module(&file, item)), rest].into_iter().flatten();
            found.push((file, name.collect::<Vec<_>>().join(".")));
        }
    }
    for (file, name) in found {
        called.entry(file).or_default().insert(name);
    }
}

/// Whether an imported name is a module of its own.
fn is_module(file: &str, item: &str) -> bool {
    file.ends_with(&format!("/{item}.py")) || file == format!("{item}.py")
}
