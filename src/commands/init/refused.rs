//! Errors of `dockgen init` about an application that isn't found, or isn't the only one.

use std::path::Path;

use toml::Value;

use super::{entry, place};
use crate::detect::{DetectScope, Fact, Facts, Folder, suggested};
use crate::error::Error;
use crate::files;
use crate::knowledge::programs;
use crate::pipeline::Survey;

/// How deep to look for applications in subfolders.
const DEEPEST: usize = 3;

pub(in crate::commands) fn several(directory: &Path, candidates: &[Fact]) -> Error {
    let list: Vec<String> = candidates.iter().map(|fact| format!("{} ({})", entry(fact), place(directory, fact))).collect();
    let first = candidates.first().map(entry).unwrap_or_default();
    let error = Error::new(format!("found several applications: {}", list.join(", ")));
    let below = projects_below(directory);
    if below.is_empty() {
        return error.hint(format!("choose one: --set 'app.entry={first}'"));
    }
    error.hint(format!(
        "if one is a project of its own, run dockgen -C {} init (or one of {}); otherwise choose one: --set 'app.entry={first}'",
        below[0],
        below.join(", ")
    ))
}

/// The error for an `app.entry` that was not found.
pub(super) fn no_such_application(survey: &Survey, entry: &str) -> Error {
    let all = survey.facts(&DetectScope::default()).unwrap_or_else(|_| Facts::none());
    let settled = all.layer.value("app.entry").and_then(Value::as_str).map(str::to_owned);
    let found: Vec<String> = settled.into_iter().chain(all.candidates.iter().map(super::entry)).collect();
    let hint = found
        .first()
        .map_or_else(String::new, |first| format!("found: {}; choose one: --set 'app.entry={first}'; ", found.join(", ")));
    Error::new(format!("no application found for `app.entry` = `{entry}`"))
        .hint(format!("{hint}for another framework, pass its preset: --preset fastapi-uvicorn (`dockgen presets` lists them)"))
}

/// The error if no application was found, with projects in subfolders if there are any.
pub(super) fn no_application(directory: &Folder, framework: bool) -> Error {
    let error = Error::new("no application found");
    let suggested = suggested::entries(directory, None).into_iter().next();
    let entry = suggested.unwrap_or_else(|| "main:app".to_owned());
    if framework {
        return error.hint(format!("set the entry point: --set 'app.entry={entry}'"));
    }
    let folders = projects_below(directory);
    if let [first, ..] = folders.as_slice() {
        let all = folders.join(", ");
        return error.hint(format!("found projects in subfolders: run dockgen -C {first} init (or with another of {all})"));
    }
    error.hint(format!(
        "pass the preset and the entry point: --preset fastapi-uvicorn --set 'app.entry={entry}' (`dockgen presets` lists them)"
    ))
}

/// Subfolders with a project of their own.
fn projects_below(directory: &Path) -> Vec<String> {
    let found = files::walk(directory).max_depth(Some(DEEPEST)).build().flatten().filter(|entry| entry.depth() > 0);
    let folders = found.filter(|entry| programs().manifests.iter().any(|file| files::has_file(entry.path(), file)));
    let mut names: Vec<String> =
        folders.filter_map(|entry| Some(entry.path().strip_prefix(directory).ok()?.to_str()?.to_owned())).collect();
    names.sort();
    names
}
