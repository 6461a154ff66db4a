//! What `.dockerignore` must know of the project: packages with a name of credentials, large dumps, and credential files that the
//! code reads.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use ignore::DirEntry;

use super::sources::Sources;
use super::tree::{NEVER, is_python};
use super::{Folder, origin};
use crate::credentials::{self, Exception};
use crate::error::{Error, Result, Source};
use crate::model::{Context, Model};
use crate::paths::parent;
use crate::{files, hidden, pattern};

/// A larger file of SQL is a dump, in bytes: migrations and queries that people write are smaller.
const DUMP: u64 = 1024 * 1024;

/// How deep folders are looked into, and how many files are looked at.
const DEEPEST: usize = 12;
const MOST: usize = 100_000;

/// How many credential files are looked for in the code, and how many of those that it does not name are told.
const MOST_READ: usize = 10_000;
const MOST_TOLD: usize = 10;

/// How far before a file's name its quote is looked for, in bytes.
const LONGEST_LITERAL: usize = 4096;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Folders of Python modules that the rules for credentials leave out by their name.
    pub modules: BTreeSet<String>,
    /// The same, named like a key file.
    pub key_modules: BTreeSet<String>,
    /// Files of SQL that are no dumps.
    pub queries: BTreeSet<String>,
    /// What should be known, for people.
    pub hints: Vec<String>,
}

/// Looks at a project for which this was decided.
#[must_use]
pub fn of_project(directory: &Folder, model: &Model) -> Found {
    let mut found = Found::default();
    let (mut hidden, mut lost, mut packages) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut folders: HashMap<String, Option<Exception>> = HashMap::new();
    let mut queries = Vec::new();
    for entry in all_files(directory) {
        let Some(path) = entry.path().strip_prefix(&**directory).ok().and_then(|path| path.to_str()) else { continue };
        let folder = parent(path);
        if entry.file_name() == "__init__.py" {
            packages.insert(folder.to_owned());
        }
        let above = *folders.entry(folder.to_owned()).or_insert_with(|| credentials::rule(folder));
        let rule = above.max(credentials::rule_of_itself(path));
        if rule.is_none() || !is_plain(path) || is_decided(path, &model.context) {
            continue;
        }
        match rule {
            Some(Exception::ByName) if is_python(path) => drop(found.modules.insert(folder.to_owned())),
            Some(Exception::Never) if is_python(path) && credentials::may_be_package(folder) => {
                found.key_modules.insert(folder.to_owned());
            }
            Some(Exception::Never) if is_python(path) => drop(lost.insert(folder.to_owned())),
            _ if above.is_none() && is_query(&entry, path) => queries.push(path.to_owned()),
            _ => hidden.push(path.to_owned()),
        }
    }
    found.queries = in_short(queries);
    hidden.retain(|path| !model.context.named.contains(path));
    hidden.truncate(MOST_READ);
    let renamed = |folder| format!("{folder} has Python modules, and stays out of the image by its name: rename the folder");
    found.hints.extend(lost.into_iter().map(renamed));
    found.hints.extend(told(directory, &hidden, &packages, model));
    found
}

/// The project's files, without those that ignore rules hide and those of others.
fn all_files(directory: &Folder) -> impl Iterator<Item = DirEntry> {
    let mut walk = files::walk(directory);
    walk.max_depth(Some(DEEPEST)).sort_by_file_name(std::cmp::Ord::cmp);
    walk.filter_entry(|entry| {
        let folder = entry.file_type().is_some_and(|kind| kind.is_dir()) && entry.depth() > 0;
        let aside =
            |name: &str| NEVER.contains(&name) || name == "tests" || entry.depth() == 1 && ["build", "dist"].contains(&name);
        files::is_walked(entry) && !(folder && entry.file_name().to_str().is_none_or(aside))
    });
    walk.build().take(MOST).flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
}

/// Files of SQL as few lines: the numbered ones of a folder are one, so that the next migration goes in too.
///
/// All of a folder would be too many: next to its queries may lie a dump that git ignores.
fn in_short(queries: Vec<String>) -> BTreeSet<String> {
    let numbered = |path: &str| {
        let (folder, name) = path.rsplit_once('/')?;
        (name.starts_with(|first: char| first.is_ascii_digit()) && name.strip_suffix(".sql").is_some())
            .then(|| format!("{folder}/[0-9]*.sql"))
    };
    let mut counts: HashMap<String, usize> = HashMap::new();
    for pattern in queries.iter().filter_map(|path| numbered(path)) {
        *counts.entry(pattern).or_default() += 1;
    }
    let several = |pattern: &String| counts.get(pattern).is_some_and(|count| *count > 1);
    queries.into_iter().map(|path| numbered(&path).filter(several).unwrap_or(path)).collect()
}

/// Whether a path can be a line of an ignore file that means itself.
fn is_plain(path: &str) -> bool {
    pattern::is_literal(path) && pattern::check(path).is_ok() && !path.chars().any(hidden::is_hidden)
}

/// Whether a file is one of SQL, and no dump by its name or size.
fn is_query(entry: &DirEntry, path: &str) -> bool {
    credentials::is_only_sql(path) && entry.metadata().is_ok_and(|metadata| metadata.len() <= DUMP)
}

/// Whether the spec leaves a path out, or lets in exactly this one.
fn is_decided(path: &str, context: &Context) -> bool {
    let in_volume = |volume: &String| path.strip_prefix(volume.as_str()).is_some_and(|rest| rest.starts_with('/'));
    context.ignore.iter().any(|pattern| pattern::covers(pattern, path))
        || context.keep.iter().any(|kept| pattern::clean(kept) == path)
        || context.volumes.iter().any(in_volume)
}

/// A hint for every file that commands or modules name, and one for all others that may belong to the application.
fn told(directory: &Folder, hidden: &[String], packages: &BTreeSet<String>, model: &Model) -> Vec<String> {
    if hidden.is_empty() {
        return Vec::new();
    }
    let read = readers(directory, hidden, model);
    let context = &model.context;
    let by_name = |path: &&String| credentials::rule(path) == Some(Exception::ByName);
    let mut keep: Vec<&String> = context.keep.iter().chain(&context.named).chain(read.keys().copied().filter(by_name)).collect();
    let keep_line = list(&keep);
    let hint = |(path, place): (&&String, &String)| match credentials::rule(path) {
        Some(Exception::Never) => {
            format!("{place} reads {path}, which stays out of the image: mount it when the container starts")
        }
        _ if context.volumes.contains(path) => format!(
            "{place} reads {path}, which starts empty in a volume; to ship the project's own as part of the read-only image, set \
             context.keep = {keep_line}"
        ),
        _ => format!(
            "{place} reads {path}, which stays out of the image as a credential file; if it may be public, set context.keep = \
             {keep_line}"
        ),
    };
    let mut hints: Vec<String> = read.iter().map(hint).collect();
    let root = model.dockerfile.python_path.as_ref().unwrap_or(&model.dockerfile.workdir);
    let root = root.trim_start_matches("/app").trim_matches('/');
    let belongs = |path: &str| {
        path.match_indices('/').any(|(at, _)| packages.contains(&path[..at]) || root == &path[..at]) || root.is_empty()
    };
    let unread = hidden.iter().filter(|path| !read.contains_key(path) && !context.volumes.contains(path));
    let unread: Vec<&String> = unread.filter(by_name).filter(|path| belongs(path) && !credentials::is_copy(path)).collect();
    let shown = &unread[..unread.len().min(MOST_TOLD)];
    if !shown.is_empty() {
        keep.extend(shown);
        let more = if unread.len() > shown.len() { format!(" (and {} more)", unread.len() - shown.len()) } else { String::new() };
        hints.push(format!(
            "files with the name of credentials stay out of the image{more}; if the application reads them and they may be public, \
             set context.keep = {}",
            list(&keep)
        ));
    }
    hints
}

fn list(paths: &[&String]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| crate::quote::json_text(path)).collect();
    format!("[{}]", paths.join(", "))
}

/// The first place that names each file; one pass over the code for all of them.
fn readers<'a>(directory: &Folder, hidden: &'a [String], model: &Model) -> BTreeMap<&'a String, String> {
    let mut read: BTreeMap<&String, String> =
        hidden.iter().filter_map(|path| Some((path, command_with(path, model)?.to_owned()))).collect();
    let mut paths: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for path in hidden {
        paths.entry(path.rsplit('/').next().unwrap_or(path)).or_default().push(path);
    }
    let Ok(names) = AhoCorasick::new(paths.keys()) else { return read };
    let paths: Vec<Vec<&String>> = paths.into_values().collect();
    let sources = Sources::of(directory, None);
    for source in sources.tree.python().filter(|source| !is_test(source)) {
        let Some(text) = sources.text(source) else { continue };
        for found in names.find_overlapping_iter(&*text) {
            for path in &paths[found.pattern().as_usize()] {
                if !read.contains_key(path)
                    && let Some(span) = literal(&text, found.range(), path)
                {
                    let source = Arc::new(Source { name: source.to_owned(), text: text.to_string() });
                    read.insert(path, origin(&source, span, "").place.to_string());
                }
            }
        }
    }
    read
}

/// The key of the first command that names a file.
fn command_with(path: &str, model: &Model) -> Option<&'static str> {
    let steps = model.dockerfile.steps.iter().map(|words| ("build.steps", words));
    let release = model.release.iter().map(|release| ("release.steps", &release.command));
    let workers = model.workers.iter().map(|worker| ("processes", &worker.command));
    let commands = steps.chain(release).chain(workers).chain([("processes.web.command", &model.dockerfile.command)]);
    let mut words =
        commands.flat_map(|(key, words)| words.iter().flat_map(|word| word.split_whitespace()).map(move |word| (key, word)));
    words.find(|(_, word)| names(word.trim_matches(['\'', '"']), path)).map(|(key, _)| key)
}

/// Where a text in quotes names a file: `"certs/ca.pem"`, the end of `BASE / "certs" / "ca.pem"`, `"sqlite:///seed.db"`.
fn literal(text: &str, name: Range<usize>, path: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let window = name.start.saturating_sub(LONGEST_LITERAL);
    let line = bytes[window..name.start].iter().rposition(|byte| *byte == b'\n').map_or(window, |newline| window + newline + 1);
    let start = line + bytes[line..name.start].iter().rposition(|byte| b"\"'".contains(byte))? + 1;
    let comment = bytes[line..name.start].trim_ascii_start().starts_with(b"#");
    let ends = bytes.get(name.end).is_some_and(|byte| b"\"'?".contains(byte));
    (!comment && ends && names(&text[start..name.end], path)).then_some(start..name.end)
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
    // podman and buildah read these before .dockerignore, as Docker reads the second
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
