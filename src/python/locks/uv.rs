//! uv.lock.

use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use super::{Edge, Lockfile, Package};
use crate::error::{Result, Source};
use crate::paths::normal;
use crate::project::tables::{get, parse, strings};
use crate::python::dependencies::{Dependency, Installation};
use crate::python::markers::Environment;
use crate::python::names::{all_normalized, normalized};
use crate::python::requirement::version_control;

/// The keys of a package's source that name a folder.
const LOCAL: [&str; 3] = ["editable", "virtual", "directory"];

/// What `uv sync --locked --no-default-groups` installs: what the project, or each member of a workspace without one, leads to.
pub(super) fn uv(installation: &Installation<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let document = parse(source)?;
    let lock = Lockfile::new(source, &document)?;
    let kind = |package: &Package<'_>, key: &str| {
        let source = package.get("source").and_then(DeValue::as_table);
        source.and_then(|source| get(source, key)).and_then(DeValue::as_str).map(str::to_owned)
    };
    let folder = |package: &Package<'_>| kind(package, "virtual").or_else(|| kind(package, "editable"));
    let own = |package: &&Package<'_>| folder(package).is_some();
    let wanted = installation.install.package.as_deref().and_then(normalized);
    let root = lock.packages.iter().find(|package| match &wanted {
        Some(member) => package.name == *member && folder(package).is_some(),
        None => folder(package).as_deref() == Some("."),
    });
    let roots: Vec<_> = root.map_or_else(|| lock.packages.iter().filter(own).collect(), |root| vec![root]);
    let edge = |package: &&Package<'_>| Edge {
        name: package.name.clone(),
        version: package.version.map(str::to_owned),
        extras: all_normalized(installation.install.extras.iter().map(String::as_str)),
    };
    let edges_of = |value: Option<&DeValue<'_>>| uv_edges(value, &installation.environment);
    let named = |package: &Package<'_>, table: &str, name: &str| {
        let lists = package.get(table).and_then(DeValue::as_table);
        let list = lists.and_then(|lists| lists.iter().find(|(key, _)| normalized(key.get_ref()).as_deref() == Some(name)));
        edges_of(list.map(|(_, list)| list.get_ref()))
    };
    let groups = all_normalized(installation.install.groups.iter().map(String::as_str));
    let grouped = roots.iter().flat_map(|root| groups.iter().flat_map(|group| named(root, "dev-dependencies", group)));
    let start = roots.iter().map(edge).chain(grouped).collect();
    let reached = lock.reached(start, |package, extra| match extra {
        None => edges_of(package.get("dependencies")),
        Some(extra) => named(package, "optional-dependencies", extra),
    });
    let local = |package: &Package<'_>| folder(package).is_some() || kind(package, "directory").is_some();
    let found = reached.into_iter().filter(|(at, _)| !local(&lock.packages[*at]));
    Ok(found
        .map(|(at, extras)| lock.dependency(at, extras, kind(&lock.packages[at], "git").and_then(|_| version_control("git"))))
        .collect())
}

/// `{ name = "psycopg", extra = ["binary"], version = "3.2", marker = "…" }`
fn uv_edges(list: Option<&DeValue<'_>>, environment: &Environment) -> Vec<Edge> {
    let edge = |item: &Spanned<DeValue<'_>>| {
        let table = item.get_ref().as_table()?;
        let text = |key: &str| get(table, key).and_then(DeValue::as_str);
        let extras = get(table, "extra").and_then(DeValue::as_array);
        let extras = extras.map(|list| all_normalized(strings(list).map(|(text, _)| text))).unwrap_or_default();
        let excluded = environment.excludes(text("marker").unwrap_or_default());
        let name = normalized(text("name")?).filter(|_| !excluded)?;
        Some(Edge { name, version: text("version").map(str::to_owned), extras })
    };
    list.and_then(DeValue::as_array).map(|list| list.iter().filter_map(edge).collect()).unwrap_or_default()
}

/// A project of the user's own in a lockfile.
#[derive(Clone)]
pub(crate) struct LocalProject {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    /// Its folder, seen from the lockfile.
    pub(crate) folder: String,
    /// Whether it may be a member of the workspace; others are only named by their path.
    pub(crate) is_member: bool,
}

/// The projects that a lockfile lists by their folders: members of the workspace, and path dependencies.
pub(super) fn projects(lock: &Lockfile<'_>) -> Vec<LocalProject> {
    let local = |package: &Package<'_>| {
        let source = package.get("source")?.as_table()?;
        let (key, folder) = LOCAL.into_iter().find_map(|key| Some((key, get(source, key)?.as_str()?)))?;
        Some(LocalProject {
            name: package.name.clone(),
            version: package.version.map(str::to_owned),
            folder: normal(folder),
            is_member: key != "directory",
        })
    };
    lock.packages.iter().filter_map(local).collect()
}
