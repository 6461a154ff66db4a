//! pdm.lock.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{Edge, Lockfile, Package, declared, requirements};
use crate::error::{Result, Source};
use crate::python::dependencies::{Dependency, Installation};
use crate::python::requirement::version_control;
use crate::python::wheels::is_wheel;

/// What `pdm export --prod` names: extras of the project are groups of the lock file.
pub(super) fn pdm(installation: &Installation<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let lock = Lockfile::parse(source)?;
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

/// Whether PDM can tell that a lockfile fits its manifest: not for those that it wrote before 2.17, whose format is older than 4.5,
/// because it has hashed the manifest in another way since.
pub(crate) fn is_verifiable(text: &str) -> bool {
    let version = text.split_once("lock_version = \"").and_then(|(_, rest)| rest.split('"').next());
    let mut numbers = version.into_iter().flat_map(|version| version.split('.')).map_while(|part| part.parse::<u32>().ok());
    version.is_none() || (numbers.next(), numbers.next()) >= (Some(4), Some(5))
}

/// Whether a lockfile lacks what PDM needs to turn it into requirements with hashes.
pub(crate) fn lacks_metadata(text: &str) -> bool {
    text.contains("\nlock_version = ") && !text.contains("\"inherit_metadata\"")
}
