//! Lockfiles, each with a reader of its own.
//!
//! uv.lock, poetry.lock and pdm.lock are TOML with a `[[package]]` for each distribution, and most of their text is addresses and hashes.
//! Each package is parsed by itself, without its list of files: of that list only the names of wheels are needed, and a text search finds
//! them.

pub(crate) mod pdm;
mod pipenv;
mod poetry;
mod pylock;
pub(crate) mod uv;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::dependencies::{Dependency, Installation, line_origin};
use super::manifests;
use super::markers::Environment;
use super::names::{all_normalized, normalized};
use super::requirement::Requirement;
use crate::error::{Error, Place, Result, Source};
use crate::knowledge::LockReader;
use crate::project::tables::{get, lock_again, parse_at, strings};

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

/// The line that opens a package.
const PACKAGE: &str = "[[package]]";

/// The lists of files that are not parsed.
const FILES: [&str; 2] = ["\nwheels = [\n", "\nfiles = [\n"];

/// A package of a lock file.
struct Package<'a> {
    name: String,
    version: Option<&'a str>,
    /// pdm.lock has an entry of its own for each set of extras.
    extras: Vec<String>,
    wheels: Option<Vec<String>>,
    /// Its own keys, and the tables below it.
    tables: Vec<DeTable<'a>>,
    range: Range<usize>,
}

impl<'a> Package<'a> {
    fn get<'t>(&'t self, key: &str) -> Option<&'t DeValue<'a>> {
        self.tables.iter().find_map(|table| get(table, key))
    }

    /// A value of a table below it, such as `[package.dependencies]`.
    fn below<'t>(&'t self, table: &str) -> Option<&'t DeValue<'a>> {
        self.tables.iter().find_map(|tables| get(get(tables, "package")?.as_table()?, table))
    }

    fn text<'t>(&'t self, key: &str) -> Option<&'t str> {
        self.get(key).and_then(DeValue::as_str)
    }

    fn list(&self, key: &str) -> Vec<&str> {
        let list = self.get(key).and_then(DeValue::as_array);
        list.map(|list| strings(list).map(|(text, _)| text).collect()).unwrap_or_default()
    }
}

/// A package's name, and its version where that is asked for.
type PackageKey<'t> = (&'t str, Option<&'t str>);

/// A lock file in packages; what stands before the first and after the last is read with them.
struct Lockfile<'a> {
    source: &'a Arc<Source>,
    head: DeTable<'a>,
    packages: Vec<Package<'a>>,
}

/// One package wants another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Edge {
    name: String,
    /// Where the lock file holds several versions, which one.
    version: Option<String>,
    extras: Vec<String>,
}

impl<'a> Lockfile<'a> {
    fn parse(source: &'a Arc<Source>) -> Result<Self> {
        let text = &source.text;
        let opens = |at: usize| at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n');
        let starts: Vec<_> = text.match_indices(PACKAGE).map(|(at, _)| at).filter(|at| opens(*at)).collect();
        let head = parse_at(source, 0..starts.first().copied().unwrap_or(text.len()))?;
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        let packages = starts.iter().zip(ends).map(|(start, end)| Self::package(source, *start + PACKAGE.len()..end));
        Ok(Self { source, head, packages: packages.collect::<Result<_>>()? })
    }

    fn package(source: &'a Arc<Source>, range: Range<usize>) -> Result<Package<'a>> {
        let text = &source.text[range.clone()];
        let (tables, listed) = match list_of_files(text) {
            Some(list) => {
                let start = range.start;
                let before = parse_at(source, start..start + list.start)?;
                (vec![before, parse_at(source, start + list.end..range.end)?], wheels_in(&text[list]))
            }
            None => (vec![parse_at(source, range.clone())?], wheels_in(text)),
        };
        let mut package = Package { name: String::new(), version: None, extras: Vec::new(), wheels: Some(listed), tables, range };
        let Some(name) = package.text("name").and_then(normalized) else {
            let start = package.range.start;
            let place = Place { source: Arc::clone(source), span: start - PACKAGE.len()..start };
            return Err(Error::new(format!("a package of `{}` has no name", source.name))
                .at(Some(place))
                .hint(lock_again(source)));
        };
        package.name = name;
        package.extras = all_normalized(package.list("extras"));
        // the version stands in the text for as long as the source lives, so that no copy of it is needed
        package.version = between(text, "\nversion = \"", "\"");
        Ok(package)
    }

    /// A table at the top of the file; tools write it before the first package or after the last.
    fn table(&self, name: &str) -> Option<&DeTable<'a>> {
        let last = self.packages.last();
        get(&self.head, name).or_else(|| last.and_then(|last| last.get(name))).and_then(DeValue::as_table)
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

    /// Every package that is reached, with the extras that it is asked for with. `wants` says what one leads to, by itself and
    /// with each extra.
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
        let Range { start, end } = package.range;
        let start = self.source.text[start..end].find("name = ").map_or(start, |at| start + at);
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

/// Where the list of files of a package stands, if it looks as tools write it: a file a line.
fn list_of_files(text: &str) -> Option<Range<usize>> {
    let start = FILES.iter().find_map(|list| text.find(list))? + 1;
    let end = start + text[start..].find("\n]\n")? + 2;
    let mut lines = text[start..end].lines().skip(1);
    lines.all(|line| line == "]" || line.trim_start().starts_with('{') && line.ends_with("},")).then_some(start..end)
}

/// The file names of wheels in a text: what ends in `.whl"`.
fn wheels_in(text: &str) -> Vec<String> {
    let name = |(end, _): (usize, &str)| {
        let start = text[..end].rfind(['"', '/'])? + 1;
        Some(format!("{}.whl", &text[start..end]))
    };
    text.match_indices(".whl\"").filter_map(name).collect()
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
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
