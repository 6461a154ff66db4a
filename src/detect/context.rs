//! Facts for `.dockerignore`: hidden files and files named like credentials, with their content and the code that names them.

mod content;
mod numbered;
mod queries;
mod readers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ignore::DirEntry;

use super::Folder;
use crate::credentials::{self, Exception};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::paths::{join, parent};
use crate::project::tree::{NEVER, is_python};
use crate::python::codebase::Codebase;
use crate::{files, hidden, pattern};

pub(crate) use numbered::is_numbered;

/// Limits of the walk: depth of folders and number of files.
const DEEPEST: usize = 12;
const MOST: usize = 100_000;

/// How many file names to search for in the code.
const MOST_READ: usize = 10_000;

/// What `.dockerignore` may have to exclude or include.
#[derive(Debug, Default)]
pub struct ContextFacts {
    /// Hidden files and files named like credentials, sorted.
    pub(crate) files: Vec<SuspectFile>,
    /// Folders with an `__init__.py`.
    pub(crate) packages: BTreeSet<String>,
    /// Folders named `tests` that modules of the application import.
    pub(crate) imported_tests: BTreeSet<String>,
    /// Folders in which none of the project's ignore rules can match a numbered SQL file.
    pub(crate) numbered: BTreeSet<String>,
    /// `local_settings.py` beside Django's settings, ignored by git.
    pub(crate) ignored_settings: BTreeSet<String>,
}

/// A file that a rule for credentials or hidden files excludes.
#[derive(Debug)]
pub(crate) struct SuspectFile {
    pub(crate) path: String,
    /// The rule for its path and folders; none if it is only hidden.
    pub(crate) rule: Option<Exception>,
    /// The rule for its folders alone.
    pub(crate) above: Option<Exception>,
    pub(crate) kind: FileKind,
    /// The first line of code that names it.
    pub(crate) reader: Option<String>,
}

/// Kind of a file, by its extension and content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Module,
    /// SQL that isn't a dump by its name, size or content.
    Query,
    /// Public certificates only.
    Certificate,
    /// A template, static file or translation without a secret.
    Text,
    Other,
}

/// Walks a project.
#[must_use]
pub fn facts(directory: &Folder) -> ContextFacts {
    let mut facts = ContextFacts::default();
    let (walk, has_tests) = all_files(directory);
    let mut rules: BTreeMap<String, Option<Exception>> = BTreeMap::new();
    for entry in walk {
        let Some(path) = entry.path().strip_prefix(&**directory).ok().and_then(|path| path.to_str()) else { continue };
        let folder = parent(path);
        if entry.file_name() == "__init__.py" {
            facts.packages.insert(folder.to_owned());
        }
        let above = *rules.entry(folder.to_owned()).or_insert_with(|| credentials::rule(folder));
        let rule = above.max(credentials::rule_of_itself(path));
        if entry.file_name() == "settings.py" {
            facts.ignored_settings.insert(join(folder, "local_settings.py"));
        }
        if is_plain(path) && (rule.is_some() || credentials::is_hidden(path)) {
            let kind = kind_of(directory, &entry, path, (rule, above));
            facts.files.push(SuspectFile { path: path.to_owned(), rule, above, kind, reader: None });
        }
    }
    let known: BTreeSet<&str> = facts.files.iter().map(|file| file.path.as_str()).collect();
    facts.ignored_settings.retain(|path| !known.contains(path.as_str()) && directory.join(path).is_file());
    facts.numbered = numbered::folders(directory, &facts.files);
    add_code(directory, &mut facts, has_tests.load(Ordering::Relaxed));
    facts
}

/// Adds where the code names these files; reads the code only if there are any.
fn add_code(directory: &Folder, facts: &mut ContextFacts, has_tests: bool) {
    let asked = |file: &SuspectFile| matches!(file.kind, FileKind::Other | FileKind::Certificate);
    if !has_tests && !facts.files.iter().any(asked) {
        return;
    }
    let codebase = Codebase::of(directory, None);
    readers::add(&codebase, facts.files.iter_mut().filter(|file| asked(file)).take(MOST_READ));
    if has_tests {
        facts.imported_tests = imported_tests(&codebase);
    }
}

fn kind_of(directory: &Folder, entry: &DirEntry, path: &str, rules: (Option<Exception>, Option<Exception>)) -> FileKind {
    if is_python(path) {
        return FileKind::Module;
    }
    // a folder of credentials keeps everything but modules out, and the pages of a feature
    let (rule, above) = rules;
    if rule != Some(Exception::ByName) || above.is_some() && !credentials::may_be_feature(parent(path)) {
        return FileKind::Other;
    }
    let size = entry.metadata().map_or(u64::MAX, |metadata| metadata.len());
    content::kind_of(directory, path, size)
}

/// The project's own files without ignored ones, and whether there is a folder named `tests`, which is
/// read after the walk.
fn all_files(directory: &Folder) -> (impl Iterator<Item = DirEntry>, Arc<AtomicBool>) {
    let has_tests = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&has_tests);
    let mut walk = files::walk(directory);
    // hidden files are credentials too
    walk.hidden(false).max_depth(Some(DEEPEST)).sort_by_file_name(std::cmp::Ord::cmp);
    walk.filter_entry(move |entry| {
        if entry.depth() == 0 || entry.file_type().is_none_or(|kind| !kind.is_dir()) {
            return files::is_walked(entry);
        }
        let Some(name) = entry.file_name().to_str() else { return false };
        seen.fetch_or(name == "tests", Ordering::Relaxed);
        let aside = NEVER.contains(&name) || name == "tests" || entry.depth() == 1 && ["build", "dist"].contains(&name);
        !aside && !credentials::is_of_tool(name) && files::is_walked(entry)
    });
    let found = walk.build().take(MOST).flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    (found, has_tests)
}

/// Whether a path, as a line of an ignore file, matches exactly itself.
fn is_plain(path: &str) -> bool {
    pattern::is_literal(path) && pattern::check(path).is_ok() && !path.chars().any(hidden::is_hidden)
}

/// Folders named `tests` that modules outside of them import.
fn imported_tests(codebase: &Codebase<'_>) -> BTreeSet<String> {
    let names_tests = |path: &&str| codebase.text(path).is_some_and(|text| text.contains("tests"));
    let mut folders = BTreeSet::new();
    let outside = |path: &&str| tests_folder(path).is_none();
    for path in codebase.running().filter(outside).filter(names_tests) {
        let Some(parsed) = codebase.read(path) else { continue };
        let imported = parsed.module.imports.iter().filter_map(|import| codebase.module(path, import));
        folders.extend(imported.filter_map(|target| tests_folder(&target)).filter(|folder| is_plain(folder)));
    }
    folders
}

/// The outermost folder named `tests` of a path.
fn tests_folder(path: &str) -> Option<String> {
    let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
    folders.find(|folder| folder.rsplit('/').next() == Some("tests")).map(str::to_owned)
}

/// Checks that Docker reads this `.dockerignore`, and that `context.keep` names files.
///
/// # Errors
/// `context.keep` names a folder, or Docker prefers another ignore file.
pub fn prove(directory: &Folder, model: &Model, dockerfile: &str) -> Result<()> {
    if let Some(path) = model.context.named.iter().find(|path| directory.join(path).is_dir()) {
        let what = if credentials::rule(path).is_some() { "one of credentials" } else { "hidden" };
        let hint = "name each file that the application needs by its exact path: a folder may get other files later";
        return Err(Error::new(format!("`context.keep` names the folder `{path}`, which is {what}")).hint(hint));
    }
    // podman and buildah prefer these to .dockerignore, and Docker prefers the second
    let others = [format!("{dockerfile}.containerignore"), format!("{dockerfile}.dockerignore"), ".containerignore".to_owned()];
    let stronger = if dockerfile == "Dockerfile" { &others[..] } else { &others[..1] };
    let is_own = |path: &String| model.context.outputs.contains(path);
    if let Some(other) = stronger.iter().find(|path| !is_own(path) && directory.join(path).symlink_metadata().is_ok()) {
        let reader = if other.ends_with(".dockerignore") { "Docker reads" } else { "podman and buildah read" };
        let message = format!("{reader} the project's `{other}` instead of the ignore file that dockgen writes");
        return Err(Error::new(message).hint("delete it, or keep it and set output.dockerignore = false"));
    }
    Ok(())
}
