//! pdm.lock.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use toml::de::DeValue;

use super::{Edge, Lockfile, Package, declared, requirements};
use crate::error::{Result, Source};
use crate::project::tables::{get, parse, strings};
use crate::python::dependencies::{Dependency, Installation};
use crate::python::requirement::version_control;
use crate::python::wheels::is_wheel;

/// What `pdm export --prod` names: extras of the project are groups of the lockfile.
pub(super) fn pdm(installation: &Installation<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let document = parse(source)?;
    let lock = Lockfile::new(source, &document)?;
    let chosen = installation.install.groups.iter().chain(&installation.install.extras).map(String::as_str);
    let wanted: Vec<_> = chosen.chain(["default"]).collect();
    let grouped = lock.packages.iter().any(|package| package.get("groups").is_some());
    let reached = if grouped {
        let chosen = |package: &Package<'_>| package.list("groups").iter().any(|group| wanted.contains(group));
        let all = lock.packages.iter().enumerate().filter(|(_, package)| chosen(package));
        all.map(|(at, package)| (at, package.extras.iter().cloned().collect())).collect()
    } else {
        let mut roots = declared(installation, source)?;
        if roots.is_empty() {
            let all = lock.packages.iter();
            roots =
                all.map(|package| Edge { name: package.name.clone(), version: None, extras: package.extras.clone() }).collect();
        }
        lock.reached(roots, |package, extra| match extra {
            None => requirements(package.list("dependencies"), &installation.environment),
            Some(_) => Vec::new(),
        })
    };
    let kept = reached.into_iter().filter(|(at, _): &(usize, BTreeSet<String>)| {
        let package = &lock.packages[*at];
        package.text("path").is_none_or(is_wheel)
            && !installation.environment.excludes(package.text("marker").unwrap_or_default())
    });
    let mut found: Vec<Dependency> = Vec::new();
    let mut known: HashMap<(String, Option<String>), usize> = HashMap::new();
    for (at, extras) in kept {
        let fetched_with = ["git", "hg", "svn"].into_iter().find(|key| lock.packages[at].text(key).is_some());
        let new = lock.dependency(at, extras, fetched_with.and_then(version_control));
        match known.entry((new.name.clone(), new.version.clone())) {
            Entry::Occupied(old) => found[*old.get()].extras.extend(new.extras),
            Entry::Vacant(free) => {
                free.insert(found.len());
                found.push(new);
            }
        }
    }
    Ok(found)
}

/// The `[metadata]` of a lockfile.
pub(crate) struct Metadata {
    lock_version: Option<String>,
    strategy: Vec<String>,
}

impl Metadata {
    /// None if the file can't be read as TOML; its reader reports that.
    pub(crate) fn of(source: &Arc<Source>) -> Option<Self> {
        let document = parse(source).ok()?;
        let metadata = get(&document, "metadata")?.as_table()?;
        let strategy = get(metadata, "strategy").and_then(DeValue::as_array);
        Some(Self {
            lock_version: get(metadata, "lock_version").and_then(DeValue::as_str).map(str::to_owned),
            strategy: strategy.map(|list| strings(list).map(|(text, _)| text.to_owned()).collect()).unwrap_or_default(),
        })
    }

    /// Whether PDM can check that the lockfile matches its manifest. It can't for a format before 4.5, which PDM before 2.17 wrote
    /// with another hash of the manifest.
    pub(crate) fn is_verifiable(&self) -> bool {
        let version = &self.lock_version;
        let mut numbers = version.iter().flat_map(|version| version.split('.')).map_while(|part| part.parse::<u32>().ok());
        version.is_none() || (numbers.next(), numbers.next()) >= (Some(4), Some(5))
    }

    /// Whether the lockfile lacks the environment markers without which `pdm export` refuses it.
    pub(crate) fn lacks_markers(&self) -> bool {
        self.lock_version.is_some() && !self.strategy.iter().any(|name| name == "inherit_metadata")
    }
}
