//! Pipfile.lock, which is JSON.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::error::{Error, Place, Result, Source};
use crate::layers::origin;
use crate::project::tables::lock_again;
use crate::python::dependencies::{Dependency, Installation};
use crate::python::names::{all_normalized, normalized};
use crate::python::requirement::version_control;
use crate::python::versions::exact;
use crate::python::wheels::is_wheel;

fn parse(source: &Arc<Source>) -> Result<BTreeMap<String, Json>> {
    serde_json::from_str(&source.text).map_err(|error| {
        let line = source.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let at = (line + error.column().saturating_sub(1)).min(source.text.len());
        let place = Place { source: Arc::clone(source), span: at..at };
        Error::new(format!("`{}` is not JSON: {error}", source.name)).at(Some(place)).hint(lock_again(source))
    })
}

/// The names of all packages, in every category.
pub(super) fn names(source: &Arc<Source>) -> Result<HashSet<String>> {
    let lock = parse(source)?;
    let categories = lock.into_iter().filter(|(name, _)| name != "_meta");
    let names = categories.filter_map(|(_, packages)| Some(packages.as_object()?.keys().cloned().collect::<Vec<_>>()));
    Ok(names.flatten().filter_map(|name| normalized(&name)).collect())
}

/// What `pipenv requirements` names: the default packages and the chosen categories.
pub(super) fn pipenv(installation: &Installation<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let lock = parse(source)?;
    let categories = ["default"].into_iter().chain(installation.install.groups.iter().map(String::as_str));
    // "packages" is what Pipenv calls "default" in a Pipfile
    let categories = categories.map(|name| if name == "packages" { "default" } else { name });
    let entries = categories.filter_map(|name| Some((name, lock.get(name)?.as_object()?)));
    let dependency = |places: &HashMap<&str, usize>, section: usize, name: &String, entry: &Json| {
        let text = |key: &str| entry.get(key).and_then(Json::as_str);
        let local = text("path").is_some_and(|path| !is_wheel(path));
        if local || installation.environment.excludes(text("markers").unwrap_or_default()) {
            return None;
        }
        let extras = entry.get("extras").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        let fetched_with = ["git", "hg", "svn"].into_iter().find(|key| text(key).is_some()).and_then(version_control);
        let start = places.get(name.as_str()).copied().unwrap_or(section);
        Some(Dependency {
            name: normalized(name)?,
            version: text("version").and_then(exact),
            extras: all_normalized(extras),
            wheels: fetched_with.map(|_| Vec::new()),
            fetched_with,
            origin: origin(source, start..start + name.len() + 2, ""),
        })
    };
    let mut found = Vec::new();
    for (category, all) in entries {
        let section = source.text.find(&format!("\"{category}\":")).unwrap_or_default();
        let places = keys(&source.text, section);
        found.extend(all.iter().filter_map(|(name, entry)| dependency(&places, section, name, entry)));
    }
    Ok(found)
}

/// Where each key of a JSON text comes first, from a place on.
fn keys(text: &str, start: usize) -> HashMap<&str, usize> {
    let mut places = HashMap::new();
    for (end, _) in text[start..].match_indices("\":") {
        let end = start + end;
        if let Some(begin) = text[start..end].rfind('"') {
            places.entry(&text[start + begin + 1..end]).or_insert(start + begin);
        }
    }
    places
}
