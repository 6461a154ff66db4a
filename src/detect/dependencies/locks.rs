//! Lock files: uv.lock, poetry.lock and pdm.lock.
//!
//! All three are TOML with a `[[package]]` for each distribution, and most of their text is addresses and hashes. Each
//! package is parsed by itself, without its list of files: of that list only the names of wheels are wanted, and they are found by
//! looking for them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::manifest::{self, Detail, get, strings};
use super::markers::Environment;
use super::{Dependency, Project, Requirement, all_normalized, is_wheel, line_origin, normalized, parse_at, version_control};
use crate::error::{Error, Place, Result, Source};
use crate::paths;

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
type Named<'t> = (&'t str, Option<&'t str>);

/// A lock file in packages; what stands before the first and after the last is read with them.
struct Lock<'a> {
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

impl<'a> Lock<'a> {
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
            return Err(Error::new(format!("a package of `{}` has no name", source.name)).at(Some(place)));
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
    fn targets(&self, index: &HashMap<Named<'_>, Vec<usize>>, edge: &Edge) -> Vec<usize> {
        let all = index.get(&(edge.name.as_str(), edge.version.as_deref())).map(Vec::as_slice).unwrap_or_default();
        let fits = |at: &&usize| self.packages[**at].extras.iter().all(|extra| edge.extras.contains(extra));
        all.iter().filter(fits).copied().collect()
    }

    /// Every package by its name, and by its name and version.
    fn index(&self) -> HashMap<Named<'_>, Vec<usize>> {
        let mut index: HashMap<Named<'_>, Vec<usize>> = HashMap::new();
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

/// What `uv sync --locked --no-default-groups` installs: what the project, or each member of a workspace without one, leads to.
pub(super) fn uv(project: &Project<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let lock = Lock::parse(source)?;
    let kind = |package: &Package<'_>, key: &str| {
        let source = package.get("source").and_then(DeValue::as_table);
        source.and_then(|source| get(source, key)).and_then(DeValue::as_str).map(str::to_owned)
    };
    let folder = |package: &Package<'_>| kind(package, "virtual").or_else(|| kind(package, "editable"));
    let own = |package: &&Package<'_>| folder(package).is_some();
    let wanted = project.install.package.as_deref().and_then(normalized);
    let root = lock.packages.iter().find(|package| match &wanted {
        Some(member) => package.name == *member && folder(package).is_some(),
        None => folder(package).as_deref() == Some("."),
    });
    let roots: Vec<_> = root.map_or_else(|| lock.packages.iter().filter(own).collect(), |root| vec![root]);
    let edge = |package: &&Package<'_>| Edge {
        name: package.name.clone(),
        version: package.version.map(str::to_owned),
        extras: all_normalized(project.install.extras.iter().map(String::as_str)),
    };
    let edges_of = |value: Option<&DeValue<'_>>| uv_edges(value, &project.environment);
    let named = |package: &Package<'_>, table: &str, name: &str| {
        let lists = package.below(table).and_then(DeValue::as_table);
        let list = lists.and_then(|lists| lists.iter().find(|(key, _)| normalized(key.get_ref()).as_deref() == Some(name)));
        edges_of(list.map(|(_, list)| list.get_ref()))
    };
    let groups = all_normalized(project.install.groups.iter().map(String::as_str));
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

/// What pylock.toml lists: everything, with markers for other machines.
pub(super) fn pylock(project: &Project<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let document = parse_at(source, 0..source.text.len())?;
    let packages = get(&document, "packages").and_then(DeValue::as_array).into_iter().flat_map(|list| list.iter());
    let dependency = |item: &Spanned<DeValue<'_>>| {
        let package = item.get_ref().as_table()?;
        let text = |key: &str| get(package, key).and_then(DeValue::as_str);
        let excluded = project.environment.excludes(text("marker").unwrap_or_default());
        let wheels = get(package, "wheels").and_then(DeValue::as_array).into_iter().flat_map(|list| list.iter());
        let name = |wheel: &Spanned<DeValue<'_>>| {
            let wheel = wheel.get_ref().as_table()?;
            let file = ["name", "url", "path"].into_iter().find_map(|key| get(wheel, key)?.as_str())?;
            Some(paths::name(file).to_owned())
        };
        let fetched_with = get(package, "vcs").map(|_| "git");
        Some(Dependency {
            name: normalized(text("name")?).filter(|_| !excluded)?,
            version: text("version").map(str::to_owned),
            extras: Vec::new(),
            wheels: Some(wheels.filter_map(name).collect()),
            fetched_with,
            origin: line_origin(source, item.span().start),
        })
    };
    Ok(packages.filter_map(dependency).collect())
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

/// The distributions that a manifest asks for, as roots.
fn declared(project: &Project<'_>, source: &Source) -> Result<Vec<Edge>> {
    let found = manifest::declared(project, Project::folder(source))?;
    Ok(found.into_iter().map(|found| Edge { name: found.name, version: None, extras: found.extras }).collect())
}

/// What `poetry export --only=main,…` names.
pub(super) fn poetry(project: &Project<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let mut lock = Lock::parse(source)?;
    files_of_version_1(&mut lock);
    let mut roots = declared(project, source)?;
    roots.extend(poetry_extras(&lock, project));
    let wanted: Vec<_> = project.install.groups.iter().map(String::as_str).chain(["main"]).collect();
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
    let reached = lock.reached(roots, |package, extra| poetry_edges(package, extra, &project.environment));
    let kept = reached.into_iter().filter(|(at, _)| {
        let package = &lock.packages[*at];
        let groups = package.list("groups");
        let local = package_source(package) == Some("directory");
        let grouped = groups.is_empty() || groups.iter().any(|group| wanted.contains(group));
        grouped && !local && !project.environment.excludes(&poetry_marker(package))
    });
    Ok(kept
        .map(|(at, extras)| lock.dependency(at, extras, package_source(&lock.packages[at]).and_then(version_control)))
        .collect())
}

/// The `type` of `[package.source]`.
fn package_source<'t>(package: &'t Package<'_>) -> Option<&'t str> {
    get(package.below("source")?.as_table()?, "type")?.as_str()
}

/// `markers` of a package: a text, or a text for each group.
fn poetry_marker(package: &Package<'_>) -> String {
    match package.get("markers") {
        Some(DeValue::String(marker)) => marker.to_string(),
        Some(DeValue::Table(groups)) => get(groups, "main").and_then(DeValue::as_str).unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

/// In version 1 the files of all packages stand at the end.
fn files_of_version_1(lock: &mut Lock<'_>) {
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

/// What the chosen extras of the project switch on, by `[extras]` of the lock file.
fn poetry_extras(lock: &Lock<'_>, project: &Project<'_>) -> Vec<Edge> {
    let chosen = project.install.extras.iter().filter_map(|extra| get(lock.table("extras")?, extra)?.as_array());
    chosen.flat_map(|list| requirements(strings(list).map(|(text, _)| text), &project.environment)).collect()
}

fn poetry_edges(package: &Package<'_>, extra: Option<&str>, environment: &Environment) -> Vec<Edge> {
    let dependencies = package.below("dependencies").and_then(DeValue::as_table);
    let Some(extra) = extra else {
        let edge = |(name, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            let detail = Detail::of(value.get_ref());
            let needed = !detail.optional && !environment.excludes(&detail.marker);
            Some(Edge { name: normalized(name.get_ref()).filter(|_| needed)?, version: None, extras: detail.extras })
        };
        return dependencies.map(|table| table.iter().filter_map(edge).collect()).unwrap_or_default();
    };
    let list = package.below("extras").and_then(DeValue::as_table).and_then(|extras| {
        extras.iter().find(|(name, _)| normalized(name.get_ref()).as_deref() == Some(extra))?.1.get_ref().as_array()
    });
    list.map(|list| requirements(strings(list).map(|(text, _)| text), environment)).unwrap_or_default()
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

/// What `pdm export --prod` names: extras of the project are groups of the lock file.
pub(super) fn pdm(project: &Project<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let lock = Lock::parse(source)?;
    let chosen = project.install.groups.iter().chain(&project.install.extras).map(String::as_str);
    let wanted: Vec<_> = chosen.chain(["default"]).collect();
    let grouped = lock.packages.iter().any(|package| package.get("groups").is_some());
    let reached = if grouped {
        let chosen = |package: &Package<'_>| package.list("groups").iter().any(|group| wanted.contains(group));
        let all = lock.packages.iter().enumerate().filter(|(_, package)| chosen(package));
        all.map(|(at, package)| (at, package.extras.iter().cloned().collect())).collect()
    } else {
        let mut roots = declared(project, source)?;
        if roots.is_empty() {
            let all = lock.packages.iter();
            roots =
                all.map(|package| Edge { name: package.name.clone(), version: None, extras: package.extras.clone() }).collect();
        }
        lock.reached(roots, |package, extra| match extra {
            None => requirements(package.list("dependencies"), &project.environment),
            Some(_) => Vec::new(),
        })
    };
    let kept = reached.into_iter().filter(|(at, _): &(usize, BTreeSet<String>)| {
        let package = &lock.packages[*at];
        package.text("path").is_none_or(is_wheel) && !project.environment.excludes(package.text("marker").unwrap_or_default())
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
