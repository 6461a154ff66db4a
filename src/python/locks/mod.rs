//! Lockfiles, each with a reader of its own. uv.lock, poetry.lock and pdm.lock have one `[[package]]` per distribution.

pub(crate) mod pdm;
mod pipenv;
mod poetry;
mod pylock;
pub(crate) mod uv;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::uv::LocalProject;
use super::dependencies::{Dependency, Installation, line_origin};
use super::manifests;
use super::markers::Environment;
use super::names::{all_normalized, normalized};
use super::requirement::Requirement;
use super::wheels::is_wheel;
use crate::error::{Error, Place, Result, Source};
use crate::knowledge::LockReader;
use crate::paths;
use crate::project::tables::{get, lock_again, lookup, parse, strings};

pub(super) use pylock::pylock;

/// What a lockfile installs.
pub(super) fn read(reader: LockReader, installation: &Installation<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    match reader {
        LockReader::Uv => uv::uv(installation, source),
        LockReader::Poetry => poetry::poetry(installation, source),
        LockReader::Pdm => pdm::pdm(installation, source),
        LockReader::Pipenv => pipenv::pipenv(installation, source),
    }
}

/// The keys that name a file of a distribution.
const FILE_KEYS: [&str; 5] = ["file", "filename", "name", "url", "path"];

/// A package of a lockfile.
struct Package<'a> {
    name: String,
    version: Option<&'a str>,
    /// pdm.lock has an entry of its own for each set of extras.
    extras: Vec<String>,
    /// File names of its wheels; none if the lockfile lists no files of it at all.
    wheels: Option<Vec<String>>,
    table: &'a DeTable<'a>,
    /// Where its name is.
    start: usize,
}

impl<'a> Package<'a> {
    fn get(&self, key: &str) -> Option<&'a DeValue<'a>> {
        get(self.table, key)
    }

    fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(DeValue::as_str)
    }

    fn list(&self, key: &str) -> Vec<&'a str> {
        let list = self.get(key).and_then(DeValue::as_array);
        list.map(|list| strings(list).map(|(text, _)| text).collect()).unwrap_or_default()
    }
}

/// A package's name, and its version where that is asked for.
type PackageKey<'t> = (&'t str, Option<&'t str>);

/// A lockfile as a list of packages.
struct Lockfile<'a> {
    source: &'a Arc<Source>,
    document: &'a DeTable<'a>,
    packages: Vec<Package<'a>>,
}

/// One package wants another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Edge {
    name: String,
    /// Which one, if the lockfile has several versions.
    version: Option<String>,
    extras: Vec<String>,
}

impl<'a> Lockfile<'a> {
    fn new(source: &'a Arc<Source>, document: &'a DeTable<'a>) -> Result<Self> {
        let packages = get(document, "package").and_then(DeValue::as_array).into_iter().flat_map(|list| list.iter());
        let packages = packages.map(|package| Self::package(source, package)).collect::<Result<_>>()?;
        Ok(Self { source, document, packages })
    }

    fn package(source: &'a Arc<Source>, item: &'a Spanned<DeValue<'a>>) -> Result<Package<'a>> {
        let table = item.get_ref().as_table();
        let named = table.and_then(|table| Some((table, lookup(Some(table), &["name"])?)));
        let found = named.and_then(|(table, name)| Some((table, name.span().start, normalized(name.get_ref().as_str()?)?)));
        let Some((table, start, name)) = found else {
            let place = Place { source: Arc::clone(source), span: item.span() };
            return Err(Error::new(format!("a package in `{}` has no name", source.name))
                .at(Some(place))
                .hint(lock_again(source)));
        };
        let mut package = Package { name, version: None, extras: Vec::new(), wheels: wheels_of(table), table, start };
        package.version = package.text("version");
        package.extras = all_normalized(package.list("extras"));
        Ok(package)
    }

    /// A table at the top of the file.
    fn table(&self, name: &str) -> Option<&'a DeTable<'a>> {
        get(self.document, name).and_then(DeValue::as_table)
    }

    /// The packages that an edge leads to.
    fn targets(&self, index: &HashMap<PackageKey<'_>, Vec<usize>>, edge: &Edge) -> Vec<usize> {
        let all = index.get(&(edge.name.as_str(), edge.version.as_deref())).map(Vec::as_slice).unwrap_or_default();
        let fits = |at: &&usize| self.packages[**at].extras.iter().all(|extra| edge.extras.contains(extra));
        all.iter().filter(fits).copied().collect()
    }

    /// Every package by its name, and by its name and version.
    fn index(&self) -> HashMap<PackageKey<'_>, Vec<usize>> {
        let mut index: HashMap<PackageKey<'_>, Vec<usize>> = HashMap::new();
        for (at, package) in self.packages.iter().enumerate() {
            index.entry((&package.name, None)).or_default().push(at);
            if package.version.is_some() {
                index.entry((&package.name, package.version)).or_default().push(at);
            }
        }
        index
    }

    /// Every package that the roots depend on, with its extras. `wants` returns what a package depends on, by itself or for an extra.
    fn reached(
        &self,
        roots: Vec<Edge>,
        wants: impl Fn(&Package<'a>, Option<&str>) -> Vec<Edge>,
    ) -> BTreeMap<usize, BTreeSet<String>> {
        let index = self.index();
        let mut reached: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        let mut edges = roots;
        let mut followed = HashSet::new();
        while let Some(edge) = edges.pop() {
            if !followed.insert(edge.clone()) {
                continue;
            }
            for at in self.targets(&index, &edge) {
                let package = &self.packages[at];
                let extras = reached.entry(at).or_insert_with(|| {
                    edges.extend(wants(package, None));
                    BTreeSet::new()
                });
                for extra in &edge.extras {
                    if extras.insert(extra.clone()) {
                        edges.extend(wants(package, Some(extra)));
                    }
                }
            }
        }
        reached
    }

    fn dependency(&self, at: usize, extras: BTreeSet<String>, fetched_with: Option<&'static str>) -> Dependency {
        let package = &self.packages[at];
        let start = self.source.text[..package.start].rfind('\n').map_or(0, |end| end + 1);
        Dependency {
            name: package.name.clone(),
            version: package.version.map(str::to_owned),
            extras: extras.into_iter().collect(),
            wheels: package.wheels.clone().map(|wheels| if fetched_with.is_some() { Vec::new() } else { wheels }),
            fetched_with,
            origin: line_origin(self.source, start),
        }
    }
}

/// The file names of a package's wheels; none if the lockfile lists no files of it.
fn wheels_of(package: &DeTable<'_>) -> Option<Vec<String>> {
    let lists: Vec<_> = ["wheels", "files"].into_iter().filter_map(|key| get(package, key)?.as_array()).collect();
    if lists.is_empty() && get(package, "sdist").is_none() {
        return None;
    }
    let files = lists.into_iter().flat_map(|list| list.iter());
    Some(files.filter_map(|file| file_name(file.get_ref())).filter(|name| is_wheel(name)).collect())
}

/// The name of a file that a lockfile lists by its name, path or address.
fn file_name(file: &DeValue<'_>) -> Option<String> {
    let table = file.as_table()?;
    let file = FILE_KEYS.into_iter().find_map(|key| get(table, key)?.as_str())?;
    Some(paths::name(file.split(['#', '?']).next().unwrap_or_default()).to_owned())
}

/// What a lockfile lists, installed or not.
#[derive(Default)]
pub(crate) struct LockSummary {
    /// The names of all packages.
    pub(crate) names: HashSet<String>,
    /// The projects that it lists by their folders; only uv does.
    pub(crate) projects: Vec<LocalProject>,
}

pub(super) fn summary(reader: LockReader, source: &Arc<Source>) -> Result<LockSummary> {
    if reader == LockReader::Pipenv {
        return Ok(LockSummary { names: pipenv::names(source)?, ..LockSummary::default() });
    }
    let document = parse(source)?;
    let lock = Lockfile::new(source, &document)?;
    let projects = uv::projects(&lock);
    Ok(LockSummary { names: lock.packages.into_iter().map(|package| package.name).collect(), projects })
}

/// The distributions that a manifest asks for, as roots.
fn declared(installation: &Installation<'_>, source: &Source) -> Result<Vec<Edge>> {
    let found = manifests::declared(installation, Installation::folder(source))?;
    Ok(found.into_iter().map(|found| Edge { name: found.name, version: None, extras: found.extras }).collect())
}

/// Requirements as edges, without those for other machines.
fn requirements<'t>(list: impl IntoIterator<Item = &'t str>, environment: &Environment) -> Vec<Edge> {
    let edge = |text: &'t str| {
        let requirement = Requirement::parse(text)?;
        let excluded = environment.excludes(requirement.marker);
        (!excluded).then_some(Edge { name: requirement.name, version: None, extras: requirement.extras })
    };
    list.into_iter().filter_map(edge).collect()
}
