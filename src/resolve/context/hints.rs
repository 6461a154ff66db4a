//! Hints about files that stay out of the image.

use std::collections::{BTreeMap, BTreeSet};

use super::{admission, undecided};
use crate::credentials::{self, Exception};
use crate::detect::context::{ContextFacts, FileKind, SuspectFile};
use crate::model::{Context, Model};
use crate::pattern;
use crate::quote::json_text;

/// How many files to list that no code names.
const MOST_LISTED: usize = 10;

/// Extensions of database files: a program that opens one usually writes to it.
const DATABASES: [&str; 6] = ["db", "db3", "duckdb", "s3db", "sqlite", "sqlite3"];

pub(super) fn of(facts: &ContextFacts, model: &Model) -> Vec<String> {
    let context = &model.context;
    let out: Vec<&SuspectFile> = undecided(facts, context).filter(|file| admission(file, facts).is_none()).collect();
    let (modules, files): (Vec<_>, Vec<_>) = out.into_iter().partition(|file| file.kind == FileKind::Module);
    let readers: BTreeMap<&str, String> =
        files.iter().filter_map(|file| Some((file.path.as_str(), reader(file, model)?))).collect();
    let mut hints = renames(&modules);
    hints.extend(facts.ignored_settings.iter().filter(|path| is_undecided(path, context)).map(|path| {
        format!("{path} is ignored by git and stays out of the image: set its values under [environment] and [secrets]")
    }));
    hints.extend(files.iter().filter_map(|file| Some(read(&file.path, readers.get(file.path.as_str())?, context))));
    let unread: Vec<&str> = files.iter().map(|file| file.path.as_str()).filter(|path| !readers.contains_key(path)).collect();
    hints.extend(unread_files(&unread, facts, model));
    hints.extend(hidden_patterns(context));
    hints
}

fn is_undecided(path: &str, context: &Context) -> bool {
    !context.named.iter().any(|named| named == path) && !super::is_ignored(path, context)
}

/// Python modules that stay out because of their own name or that of their folder.
fn renames(modules: &[&SuspectFile]) -> Vec<String> {
    let place = |file: &&SuspectFile| match file.path.rsplit_once('/') {
        Some((folder, _)) if file.above.is_some() => (folder.to_owned(), "has Python modules", "folder"),
        _ => (file.path.clone(), "is a Python module", "file"),
    };
    let places: BTreeSet<_> = modules.iter().map(place).collect();
    let hint = |(place, what, noun)| format!("{place} {what}, and stays out of the image by its name: rename the {noun}");
    places.into_iter().map(hint).collect()
}

/// The command's key or the line of code that names a file.
fn reader(file: &SuspectFile, model: &Model) -> Option<String> {
    command_with(&file.path, model).map(str::to_owned).or_else(|| file.reader.clone())
}

fn command_with(path: &str, model: &Model) -> Option<&'static str> {
    let steps = model.dockerfile.steps.iter().map(|words| ("build.steps", words));
    let release = model.release.iter().map(|release| ("release.steps", &release.command));
    let workers = model.workers.iter().map(|worker| ("processes", &worker.command));
    let commands = steps.chain(release).chain(workers).chain([("processes.web.command", &model.dockerfile.command)]);
    let mut words =
        commands.flat_map(|(key, words)| words.iter().flat_map(|word| word.split_whitespace()).map(move |word| (key, word)));
    words.find(|(_, word)| pattern::names(word.trim_matches(['\'', '"']), path)).map(|(key, _)| key)
}

/// The hint for a file that code or a command names, with the line that includes it.
fn read(path: &str, reader: &str, context: &Context) -> String {
    let line = keep_line(context, &[path]);
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    if credentials::rule(path) == Some(Exception::Never) {
        return format!("{reader} reads {path}, which stays out of the image: mount it when the container starts");
    }
    if context.volumes.iter().any(|volume| volume == path) {
        return format!(
            "{reader} reads {path}, which starts empty in a volume; to ship the project's own as part of the read-only image, set {line}"
        );
    }
    let warning = if DATABASES.contains(&extension.as_str()) { "; the application can't write to it there" } else { "" };
    format!("{reader} reads {path}, which stays out of the image as a credential file; if it may be public, set {line}{warning}")
}

/// One hint for all files that no code names, but that are among the application's files.
fn unread_files(unread: &[&str], facts: &ContextFacts, model: &Model) -> Option<String> {
    let context = &model.context;
    let root = model.dockerfile.python_path.as_ref().unwrap_or(&model.dockerfile.workdir);
    let root = root.trim_start_matches("/app").trim_matches('/');
    let belongs = |path: &str| {
        let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        root.is_empty() || folders.any(|folder| facts.packages.contains(folder) || root == folder)
    };
    let may_go_in = |path: &str| credentials::rule(path) == Some(Exception::ByName) && !credentials::is_copy(path);
    let in_volume = |path: &str| context.volumes.iter().any(|volume| volume == path);
    let listed: Vec<&str> = unread.iter().copied().filter(|path| may_go_in(path) && belongs(path) && !in_volume(path)).collect();
    let shown = &listed[..listed.len().min(MOST_LISTED)];
    let more = if listed.len() > shown.len() { format!(" (and {} more)", listed.len() - shown.len()) } else { String::new() };
    (!shown.is_empty()).then(|| {
        format!(
            "files with the name of credentials stay out of the image{more}; if the application reads them and they may be public, \
             set {}",
            keep_line(context, shown)
        )
    })
}

/// Patterns of `context.keep` for hidden files, which must be named one by one.
fn hidden_patterns(context: &Context) -> Option<String> {
    let pattern = context.keep.iter().find(|pattern| !pattern::is_literal(pattern) && credentials::is_hidden(pattern))?;
    Some(format!(
        "context.keep has the pattern {}, which doesn't include hidden files: name each one by its exact path",
        json_text(pattern)
    ))
}

/// The `context.keep` line that includes these files besides those that the spec already names.
fn keep_line(context: &Context, paths: &[&str]) -> String {
    let named = context.keep.iter().chain(&context.named).map(String::as_str);
    let paths: Vec<String> = named.chain(paths.iter().copied()).map(json_text).collect();
    format!("context.keep = [{}]", paths.join(", "))
}
