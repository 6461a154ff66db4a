//! Pipfile.lock, which is JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Dependency, Project, all_normalized, exact, is_wheel, normalized, version_control};
use crate::detect::origin;
use crate::error::{Error, Place, Result, Source};

/// What `pipenv requirements` names: the default packages and the chosen categories.
pub(super) fn lock(project: &Project<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let lock: BTreeMap<String, Json> = serde_json::from_str(&source.text).map_err(|error| {
        let line = source.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let at = (line + error.column().saturating_sub(1)).min(source.text.len());
        let place = Place { source: Arc::clone(source), span: at..at };
        Error::new(format!("`{}` is not JSON: {error}", source.name)).at(Some(place)).hint("write it anew with `pipenv lock`")
    })?;
    let categories = ["default"].into_iter().chain(project.install.groups.iter().map(String::as_str));
    // "packages" is what Pipenv calls "default" in a Pipfile
    let categories = categories.map(|name| if name == "packages" { "default" } else { name });
    let entries = categories.filter_map(|name| Some((name, lock.get(name)?.as_object()?)));
    let dependency = |category: &str, name: &String, entry: &Json| {
        let text = |key: &str| entry.get(key).and_then(Json::as_str);
        let local = text("path").is_some_and(|path| !is_wheel(path));
        if local || project.environment.excludes(text("markers").unwrap_or_default()) {
            return None;
        }
        let extras = entry.get("extras").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        let fetched_with = ["git", "hg", "svn"].into_iter().find(|key| text(key).is_some()).and_then(version_control);
        let section = source.text.find(&format!("\"{category}\":")).unwrap_or_default();
        let quoted = format!("\"{name}\":");
        let start = source.text[section..].find(&quoted).map_or(section, |at| section + at);
        Some(Dependency {
            name: normalized(name)?,
            version: text("version").and_then(exact),
            extras: all_normalized(extras),
            wheels: fetched_with.map(|_| Vec::new()),
            fetched_with,
            origin: origin(source, start..start + name.len() + 2, ""),
        })
    };
    Ok(entries
        .flat_map(|(category, all)| all.iter().filter_map(move |(name, entry)| dependency(category, name, entry)))
        .collect())
}
