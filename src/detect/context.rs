//! What `.dockerignore` must know of the project: packages with a name of credentials, large dumps, and credential files that the
//! code reads.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use ignore::DirEntry;

use super::sources::Sources;
use super::tree::{is_python, parent};
use super::{Folder, origin};
use crate::credentials::{self, Exception};
use crate::error::{Error, Result, Source};
use crate::model::{Context, Model};
use crate::{files, hidden, pattern};

/// A larger file of SQL is a dump, in bytes: migrations and queries that people write are smaller.
const DUMP: u64 = 1024 * 1024;

/// How deep folders are looked into, and how many files are looked at.
const DEEPEST: usize = 12;
const MOST: usize = 100_000;

/// How many credential files are looked for in the code.
const MOST_READ: usize = 200;

/// Folders in which Python modules are no part of the application.
const ASIDE: [&str; 6] = ["tests", "node_modules", "site-packages", "venv", "env", "virtualenv"];

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Folders of Python modules that the rules for credentials leave out by their name.
    pub modules: BTreeSet<String>,
    /// Large files of SQL.
    pub dumps: BTreeSet<String>,
    /// What should be known, for people.
    pub hints: Vec<String>,
}

/// Looks at a project for which this was decided.
#[must_use]
pub fn of_project(directory: &Folder, model: &Model) -> Found {
    let mut found = Found::default();
    let (mut hidden, mut lost) = (Vec::new(), BTreeSet::new());
    let mut folders: HashMap<String, Option<Exception>> = HashMap::new();
    for entry in all_files(directory) {
        let Some(path) = entry.path().strip_prefix(&**directory).ok().and_then(|path| path.to_str()) else { continue };
        let folder = parent(path);
        let above = *folders.entry(folder.to_owned()).or_insert_with(|| credentials::rule(folder));
        let rule = above.max(credentials::rule_of_itself(path));
        let sql = rule.is_none() && is_dump(&entry);
        if rule.is_none() && !sql || !is_plain(path) || is_decided(path, &model.context) {
            continue;
        }
        match rule {
            Some(Exception::ByName) if is_python(path) => drop(found.modules.insert(folder.to_owned())),
            Some(Exception::Never) if is_python(path) => drop(lost.insert(folder.to_owned())),
            Some(_) => hidden.push(path.to_owned()),
            None => drop(found.dumps.insert(path.to_owned())),
        }
    }
    hidden.retain(|path| !model.context.named.contains(path));
    hidden.truncate(MOST_READ);
    let renamed = |folder| format!("{folder} has Python modules, and stays out of the image by its name: give it another one");
    found.hints.extend(lost.into_iter().map(renamed));
    found.hints.extend(reads(directory, &hidden, model));
    found
}

/// The project's files, without those that ignore rules hide and those of others.
fn all_files(directory: &Folder) -> impl Iterator<Item = DirEntry> {
    let mut walk = files::walk(directory);
    walk.max_depth(Some(DEEPEST)).sort_by_file_name(std::cmp::Ord::cmp);
    walk.filter_entry(|entry| {
        let folder = entry.file_type().is_some_and(|kind| kind.is_dir()) && entry.depth() > 0;
        files::is_walked(entry) && !(folder && entry.file_name().to_str().is_none_or(|name| ASIDE.contains(&name)))
    });
    walk.build().take(MOST).flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
}

/// Whether a path can be a line of an ignore file that means itself.
fn is_plain(path: &str) -> bool {
    pattern::is_literal(path) && pattern::check(path).is_ok() && !path.chars().any(hidden::is_hidden)
}

fn is_dump(entry: &DirEntry) -> bool {
    let sql = entry.path().extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sql"));
    sql && entry.metadata().is_ok_and(|metadata| metadata.len() > DUMP)
}

/// Whether the spec leaves a path out, or lets in exactly this one.
fn is_decided(path: &str, context: &Context) -> bool {
    context.ignore.iter().any(|pattern| pattern::covers(pattern, path))
        || context.keep.iter().any(|kept| pattern::clean(kept) == path)
}

/// A hint for every file that commands or modules name.
fn reads(directory: &Folder, hidden: &[String], model: &Model) -> Vec<String> {
    if hidden.is_empty() {
        return Vec::new();
    }
    let sources = Sources::of(directory, None);
    let read: Vec<(&String, String)> = hidden.iter().filter_map(|path| Some((path, reader(&sources, path, model)?))).collect();
    let by_name = read.iter().map(|(path, _)| *path).filter(|path| credentials::rule(path) == Some(Exception::ByName));
    let context = &model.context;
    let keep: Vec<String> =
        context.keep.iter().chain(&context.named).chain(by_name).map(|path| crate::render::json_text(path)).collect();
    let hint = |(path, place): (&String, String)| match credentials::rule(path) {
        Some(Exception::Never) => {
            format!("{place} reads {path}, which stays out of the image: mount it when the container starts")
        }
        _ if context.volumes.contains(path) => format!(
            "{place} reads {path}, which starts empty in a volume; to ship the project's own as part of the read-only image, set \
             context.keep = [{}]",
            keep.join(", ")
        ),
        _ => format!(
            "{place} reads {path}, which stays out of the image as a credential file; if it may be public, set context.keep = [{}]",
            keep.join(", ")
        ),
    };
    read.into_iter().map(hint).collect()
}

/// The first place that names a file.
fn reader(sources: &Sources<'_>, path: &str, model: &Model) -> Option<String> {
    let steps = model.dockerfile.steps.iter().map(|words| ("build.steps", words));
    let release = model.release.iter().map(|release| ("release.steps", &release.command));
    let workers = model.workers.iter().map(|worker| ("processes", &worker.command));
    let commands = steps.chain(release).chain(workers).chain([("processes.web.command", &model.dockerfile.command)]);
    let mut words =
        commands.flat_map(|(key, words)| words.iter().flat_map(|word| word.split_whitespace()).map(move |word| (key, word)));
    if let Some((key, _)) = words.find(|(_, word)| names(word.trim_matches(['\'', '"']), path)) {
        return Some(key.to_owned());
    }
    let mut files = sources.tree.python().filter(|source| !is_test(source));
    files.find_map(|source| {
        let text = sources.text(source)?;
        let span = literal(&text, path)?;
        let source = Arc::new(Source { name: source.to_owned(), text: text.to_string() });
        Some(origin(&source, span, "").place.to_string())
    })
}

/// Where a text in quotes names a file: `"certs/ca.pem"`, the end of `BASE / "certs" / "ca.pem"`, `"sqlite:///seed.db"`.
fn literal(text: &str, path: &str) -> Option<Range<usize>> {
    let file = path.rsplit('/').next().unwrap_or(path);
    text.match_indices(file).map(|(at, _)| at).find_map(|at| {
        let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let start = line + text[line..at].rfind(['"', '\''])? + 1;
        let end = at + file.len();
        let comment = text[line..].trim_start().starts_with('#');
        (!comment && text[end..].starts_with(['"', '\'', '?']) && names(&text[start..end], path)).then_some(start..end)
    })
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("test_") || name == "conftest.py" || path.split('/').any(|part| part == "tests")
}

/// Whether a text is a path to a file from some folder of the project.
fn names(text: &str, path: &str) -> bool {
    let text = pattern::clean(text.split_once(":///").map_or(text, |(_, path)| path).trim_start_matches("file:"));
    path == text || path.strip_suffix(text.as_str()).is_some_and(|rest| rest.ends_with('/'))
}

/// Proves that `.dockerignore` is what Docker reads, and that what the spec lets in are files.
///
/// # Errors
/// A folder, or another ignore file that Docker prefers.
pub fn prove(directory: &Folder, model: &Model, dockerfile: &str) -> Result<()> {
    if let Some(path) = model.context.named.iter().find(|path| directory.join(path).is_dir()) {
        let hint = "name each file that the application needs by its exact path: a folder may get other files later";
        return Err(Error::new(format!("`context.keep` names the folder `{path}`, which is one of credentials")).hint(hint));
    }
    let other = format!("{dockerfile}.dockerignore");
    if dockerfile == "Dockerfile" && directory.join(&other).symlink_metadata().is_ok() {
        let message = format!("Docker reads the project's `{other}` instead of the .dockerignore that dockgen writes");
        return Err(Error::new(message).hint("delete it, or keep it and set output.dockerignore = false"));
    }
    Ok(())
}
