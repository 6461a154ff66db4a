//! Which modules of the project import each other, followed as Python does with a given import path.

mod graph;
mod resolve;
mod uses;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::codebase::Codebase;
use super::module::Module;

pub(crate) use graph::ImportGraph;
pub(crate) use uses::ModuleUse;

/// Functions of each file that are called while the application is imported.
pub(super) type Called = BTreeMap<String, BTreeSet<String>>;

/// When the first import of a module runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ImportTime {
    /// While the file that started is imported.
    Start,
    /// Then too, but it may fail.
    Guarded,
    /// When a function is called, or when the file is run as a program.
    Later,
}

const TIMES: [ImportTime; 3] = [ImportTime::Start, ImportTime::Guarded, ImportTime::Later];

/// Visits the files that imports reach, those that are imported first before those that are imported later.
///
/// `targets` gets each use of a module with its file and time, and returns the files that it runs. At most `most` files are read;
/// returns the time of each one's first import.
pub(super) fn visit(
    codebase: &Codebase<'_>,
    starts: &[&str],
    called: &Called,
    most: usize,
    mut targets: impl FnMut(&str, &ModuleUse, ImportTime) -> Vec<String>,
) -> BTreeMap<String, ImportTime> {
    let mut times = BTreeMap::new();
    let mut queues: [VecDeque<String>; 3] = Default::default();
    queues[0].extend(starts.iter().map(|start| (*start).to_owned()));
    while let Some(at) = queues.iter().position(|queue| !queue.is_empty()).filter(|_| times.len() < most) {
        let Some(path) = queues[at].pop_front() else { continue };
        if times.contains_key(&path) {
            continue;
        }
        times.insert(path.clone(), TIMES[at]);
        let Some(parsed) = codebase.read(&path) else { continue };
        let called = called.get(&path);
        let fresh = called.map(|called| uses::uses(&parsed.module, Some(called)));
        for found in fresh.as_ref().unwrap_or_else(|| parsed.uses.get_or_init(|| uses::uses(&parsed.module, None))) {
            let time = TIMES[at].max(found.time);
            for target in targets(&path, found, time) {
                queues[time as usize].push_back(target);
            }
        }
    }
    times
}

/// The files that Python runs for an import, the outermost package first; none if `root` on the import path doesn't have it.
pub(super) fn resolve(codebase: &Codebase<'_>, root: &str, from: &str, found: &ModuleUse) -> Option<Vec<String>> {
    resolve::files(codebase, root, from, found)
}

/// Whether an import can't succeed while its module is imported.
///
/// With `celery.py` on the import path, `from celery import Celery` in it means the file itself, which doesn't have the name yet. A
/// relative import fails above the outermost package.
pub(super) fn must_fail(root: &str, from: &str, module: &Module, found: &ModuleUse, files: Option<&[String]>) -> bool {
    if found.level > 0 {
        return resolve::base(root, from, found.level).is_none();
    }
    let itself = files.and_then(<[String]>::last).is_some_and(|last| last == from);
    itself && found.item.as_deref().is_some_and(|item| item != "*" && !module.makes(item))
}
