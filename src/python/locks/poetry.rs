//! poetry.lock.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use super::{Edge, Lockfile, Package, declared, requirements};
use crate::error::{Result, Source};
use crate::project::tables::{get, parse, strings};
use crate::python::dependencies::{Dependency, Installation};
use crate::python::manifests::Detail;
use crate::python::markers::Environment;
use crate::python::names::normalized;
use crate::python::requirement::version_control;
use crate::python::wheels::is_wheel;

/// What `poetry export --only=main,…` names.
pub(super) fn poetry(installation: &Installation<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let document = parse(source)?;
    let mut lock = Lockfile::new(source, &document)?;
    files_of_version_1(&mut lock);
    let mut roots = declared(installation, source)?;
    roots.extend(poetry_extras(&lock, installation));
    let wanted: Vec<_> = installation.install.groups.iter().map(String::as_str).chain(["main"]).collect();
    // without a manifest, or for a group that it does not name, the lock file alone has to tell
    if roots.is_empty() {
        let main = lock.packages.iter().filter(|package| {
            package.text("category").is_none_or(|category| category == "main")
                && package.get("optional").and_then(DeValue::as_bool) != Some(true)
        });
        let main = main.filter(|package| package.list("groups").is_empty());
        roots.extend(main.map(|package| Edge { name: package.name.clone(), version: None, extras: Vec::new() }));
    }
    let grouped = |package: &&Package<'_>| {
        let required = package.get("optional").and_then(DeValue::as_bool) != Some(true);
        required && package.list("groups").iter().any(|group| wanted.contains(group))
    };
    roots.extend(lock.packages.iter().filter(grouped).map(|package| Edge {
        name: package.name.clone(),
        version: package.version.map(str::to_owned),
        extras: Vec::new(),
    }));
    let reached = lock.reached(roots, |package, extra| poetry_edges(package, extra, &installation.environment));
    let kept = reached.into_iter().filter(|(at, _)| {
        let package = &lock.packages[*at];
        let groups = package.list("groups");
        let local = package_source(package) == Some("directory");
        let grouped = groups.is_empty() || groups.iter().any(|group| wanted.contains(group));
        grouped && !local && !installation.environment.excludes(&poetry_marker(package))
    });
    Ok(kept
        .map(|(at, extras)| lock.dependency(at, extras, package_source(&lock.packages[at]).and_then(version_control)))
        .collect())
}

/// The `type` of `[package.source]`.
fn package_source<'t>(package: &'t Package<'_>) -> Option<&'t str> {
    get(package.get("source")?.as_table()?, "type")?.as_str()
}

/// `markers` of a package: a text, or a text for each group.
fn poetry_marker(package: &Package<'_>) -> String {
    match package.get("markers") {
        Some(DeValue::String(marker)) => marker.to_string(),
        Some(DeValue::Table(groups)) => get(groups, "main").and_then(DeValue::as_str).unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

/// In version 1, the files of all packages are at the end.
fn files_of_version_1(lock: &mut Lockfile<'_>) {
    let files = lock.table("metadata").and_then(|metadata| get(metadata, "files")).and_then(DeValue::as_table);
    let Some(files) = files else { return };
    let wheels = |list: &DeValue<'_>| {
        let files = list.as_array().into_iter().flatten();
        let files = files.filter_map(|file| get(file.get_ref().as_table()?, "file")?.as_str());
        files.filter(|file| is_wheel(file)).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut all: BTreeMap<_, _> =
        files.iter().filter_map(|(name, list)| Some((normalized(name.get_ref())?, wheels(list.get_ref())))).collect();
    lock.packages.iter_mut().for_each(|package| package.wheels = Some(all.remove(&package.name).unwrap_or_default()));
}

/// The packages that the selected extras add, by `[extras]` of the lockfile.
fn poetry_extras(lock: &Lockfile<'_>, installation: &Installation<'_>) -> Vec<Edge> {
    let chosen = installation.install.extras.iter().filter_map(|extra| get(lock.table("extras")?, extra)?.as_array());
    chosen.flat_map(|list| requirements(strings(list).map(|(text, _)| text), &installation.environment)).collect()
}

fn poetry_edges(package: &Package<'_>, extra: Option<&str>, environment: &Environment) -> Vec<Edge> {
    let dependencies = package.get("dependencies").and_then(DeValue::as_table);
    let Some(extra) = extra else {
        let edge = |(name, value): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            let detail = Detail::of(value.get_ref());
            let needed = !detail.optional && !environment.excludes(&detail.marker);
            Some(Edge { name: normalized(name.get_ref()).filter(|_| needed)?, version: None, extras: detail.extras })
        };
        return dependencies.map(|table| table.iter().filter_map(edge).collect()).unwrap_or_default();
    };
    let list = package.get("extras").and_then(DeValue::as_table).and_then(|extras| {
        extras.iter().find(|(name, _)| normalized(name.get_ref()).as_deref() == Some(extra))?.1.get_ref().as_array()
    });
    list.map(|list| requirements(strings(list).map(|(text, _)| text), environment)).unwrap_or_default()
}
