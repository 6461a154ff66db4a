//! The distributions that will be installed, as the project's lock file or requirements name them.
//!
//! Lock files are long and mostly hashes: what nobody asks for is skipped, not parsed.

mod locks;
mod manifest;
mod markers;
mod pipfile;
mod requirements;

use std::collections::HashSet;
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;

use toml::de::DeTable;

use super::{Folder, lookup, origin};
use crate::error::{Error, Place, Result, Source};
use crate::layers::Origin;
use crate::model::Installation;
use crate::paths::{self, normal};
use markers::Environment;

/// The largest file that is read for dependencies, in bytes.
pub(super) const LARGEST: u64 = 16 * 1024 * 1024;

/// How much of a line belongs to an origin, in bytes.
const LINE: usize = 1024;

/// A distribution that will be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its name as PEP 503 writes it: lower-case letters, digits and single hyphens, nothing else.
    pub name: String,
    /// The one version that it may have.
    pub version: Option<String>,
    /// The extras that are asked for, as PEP 503 writes names.
    pub extras: Vec<String>,
    /// File names of the wheels that the lock file lists; none where nothing says which there are.
    pub wheels: Option<Vec<String>>,
    /// The Debian package of the version control system that it is fetched with.
    pub fetched_with: Option<&'static str>,
    /// Where it is named.
    pub origin: Origin,
}

/// Everything that the installer will put into the virtual environment.
///
/// # Errors
/// A file that is too large, or that is not what its name says, with its place.
pub fn dependencies(directory: &Folder, install: &Installation, python: &str) -> Result<Vec<Dependency>> {
    let project = Project { directory, install, environment: Environment::new(python) };
    let named = |name: &str| install.files.iter().find(|file| paths::name(file) == name);
    let lock = |name: &str| named(name).map_or(Ok(None), |file| project.read(file));
    let found = match install.with.as_str() {
        "uv" => lock("uv.lock")?.map(|source| locks::uv(&project, &source)),
        "poetry" => lock("poetry.lock")?.map(|source| locks::poetry(&project, &source)),
        "pdm" => lock("pdm.lock")?.map(|source| locks::pdm(&project, &source)),
        "pipenv" => lock("Pipfile.lock")?.map(|source| pipfile::lock(&project, &source)),
        _ if install.file().ends_with("pylock.toml") => {
            project.read(install.file())?.map(|source| locks::pylock(&project, &source))
        }
        _ => {
            let manifest = ["pyproject.toml", "setup.cfg", "Pipfile"].iter().any(|name| install.file().ends_with(name));
            (!manifest).then(|| requirements::read(&project, install.file()))
        }
    };
    found.unwrap_or_else(|| manifest::declared(&project, "."))
}

/// Why a lock file does not fit its manifest, as far as that can be seen without the tool that wrote it: it lacks what the manifest
/// asks for, or names another version of the project.
#[must_use]
pub fn stale(directory: &Folder, install: &Installation, python: &str) -> Option<String> {
    let project = Project { directory, install, environment: Environment::new(python) };
    let is_lock = |file: &&String| ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"].contains(&paths::name(file));
    let lock = project.read(install.files.iter().find(is_lock)?).ok().flatten()?;
    let names = named(&lock.text);
    let there = |name: &str| names.contains(name);
    let folder = Project::folder(&lock);
    let missing = manifest::declared(&project, folder).ok()?.into_iter().find(|dependency| !there(&dependency.name));
    let command = format!("run `{} lock`, or the build stops", install.with);
    if let Some(missing) = missing {
        return Some(format!("{} lacks {}, which {} asks for: {command}", lock.name, missing.name, missing.origin.place));
    }
    let manifest = project.read(&normal(&format!("{folder}/pyproject.toml"))).ok().flatten().filter(|_| install.with == "uv")?;
    let document = parse_at(&manifest, 0..manifest.text.len()).ok()?;
    let own = |key: &str| lookup(Some(&document), &["project", key]).and_then(|value| value.get_ref().as_str());
    let (name, version) = (normalized(own("name")?)?, own("version")?);
    let entry = lock.text.split_once(&format!("\nname = \"{name}\"\nversion = \""))?.1;
    // uv writes versions in their normal form
    let same = |locked: &str| pep440_rs::Version::from_str(locked).ok() == pep440_rs::Version::from_str(version).ok();
    let locked = entry.split('"').next().filter(|locked| !same(locked))?;
    Some(format!("{} is for {name} {locked}, and {} says {version}: {command}", lock.name, manifest.name))
}

/// Every name that a lock file gives a package: `name = "shop"`, `"shop": {`.
fn named(text: &str) -> HashSet<String> {
    let after = text.split("name = \"").skip(1).filter_map(|rest| rest.split('"').next());
    let before = text.split("\": {").filter_map(|rest| rest.rsplit('"').next());
    after.chain(before).filter_map(normalized).collect()
}

/// What every reader asks.
struct Project<'a> {
    directory: &'a Folder,
    install: &'a Installation,
    environment: Environment,
}

impl Project<'_> {
    fn read(&self, name: &str) -> Result<Option<Arc<Source>>> {
        self.directory.source_up_to(name, LARGEST)
    }

    /// The folder of the manifest that belongs to a lock file.
    fn folder(lock: &Source) -> &str {
        lock.name.rsplit_once('/').map_or(".", |(folder, _)| folder)
    }
}

/// A name as PEP 503 writes it; none where it holds anything that no name may hold.
fn normalized(name: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if !name.chars().all(allowed) {
        return None;
    }
    let words: Vec<_> = name.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join("-").to_ascii_lowercase())
}

/// Names as PEP 503 writes them, without those that are none.
fn all_normalized<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    names.into_iter().filter_map(|name| normalized(name.trim())).collect()
}

/// The Debian package of the tool that fetches from a version control system, by the start of an address or a key of a lock file.
fn version_control(system: &str) -> Option<&'static str> {
    match system {
        "git" => Some("git"),
        "hg" => Some("mercurial"),
        "svn" => Some("subversion"),
        "bzr" => Some("brz"),
        _ => None,
    }
}

/// A requirement as PEP 508 writes it.
#[derive(Debug, PartialEq, Eq)]
struct Requirement<'a> {
    name: String,
    extras: Vec<String>,
    version: Option<String>,
    address: Option<&'a str>,
    marker: &'a str,
}

impl<'a> Requirement<'a> {
    /// Reads `name[extra]==1.0 ; marker` or `name @ address ; marker`; none where there is no name.
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_.".contains(letter))).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let name = normalized(name)?;
        let rest = rest.trim_start();
        let (extras, rest) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).unwrap_or(("", rest));
        let extras = all_normalized(extras.split(','));
        let rest = rest.trim_start();
        if let Some(address) = rest.strip_prefix('@') {
            let (address, marker) = address.split_once(" ;").unwrap_or((address, ""));
            return Some(Self { name, extras, version: None, address: Some(address.trim()), marker });
        }
        let (range, marker) = rest.split_once(';').unwrap_or((rest, ""));
        Some(Self { name, extras, version: exact(range), address: None, marker })
    }

    fn into_dependency(self, origin: Origin) -> Dependency {
        let address = self.address.map(Address::of);
        let (wheels, fetched_with) = address.map_or((None, None), |address| (Some(address.wheels), address.fetched_with));
        Dependency { name: self.name, version: self.version, extras: self.extras, wheels, fetched_with, origin }
    }
}

/// The version of a range that allows one version only.
fn exact(range: &str) -> Option<String> {
    let version = range.trim().trim_matches(['(', ')']).strip_prefix("==")?.trim_start_matches('=').trim();
    let one = version.chars().all(|letter| letter.is_ascii_alphanumeric() || ".+!-_".contains(letter));
    (one && !version.is_empty()).then(|| version.to_owned())
}

/// What an address says about the distribution behind it.
struct Address {
    wheels: Vec<String>,
    fetched_with: Option<&'static str>,
}

impl Address {
    /// A repository and a source archive hold no wheel.
    fn of(address: &str) -> Self {
        let file = address.split(['#', '?']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let wheels = if is_wheel(file) { vec![file.to_owned()] } else { Vec::new() };
        Self { wheels, fetched_with: address.split_once('+').and_then(|(system, _)| version_control(system)) }
    }
}

/// Whether this is the file name of a wheel.
fn is_wheel(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension == "whl")
}

/// A stretch of TOML, parsed by itself; places count from the start of its file.
fn parse_at(source: &Arc<Source>, range: std::ops::Range<usize>) -> Result<DeTable<'_>> {
    let start = range.start;
    let text = source.text.get(range).unwrap_or_default();
    DeTable::parse(text).map(toml::Spanned::into_inner).map_err(|error| {
        let span = error.span().map_or(0..0, |span| start + span.start..start + span.end);
        let message = format!("`{}` is not TOML: {}", source.name, error.message().replace('\n', ", "));
        let error = Error::new(message).at(Some(Place { source: Arc::clone(source), span }));
        let lock = Path::new(&source.name).extension().is_some_and(|extension| extension == "lock");
        if lock { error.hint("write it anew with the tool that wrote it") } else { error }
    })
}

/// The origin of a line that starts here.
fn line_origin(source: &Arc<Source>, start: usize) -> Origin {
    // a file may be one long line
    let rest = source.text.get(start..).unwrap_or_default();
    let line = rest[..rest.floor_char_boundary(LINE)].lines().next().map_or(0, str::len);
    origin(source, start..start + line, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_one_way_and_hold_nothing_strange() {
        assert_eq!(normalized("Zope.Interface__X-"), Some("zope-interface-x".to_owned()));
        for name in ["", "-", "a b", "a\nRUN id", "é", "a$b"] {
            assert_eq!(normalized(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_requirement_has_a_name_extras_a_version_or_an_address() {
        let requirement = |text| Requirement::parse(text).unwrap();
        let plain = requirement("Psycopg[binary, Pool] == 3.2.1 ; python_version > '3.8'");
        assert_eq!((plain.name.as_str(), plain.extras), ("psycopg", vec!["binary".to_owned(), "pool".to_owned()]));
        assert_eq!((plain.version.as_deref(), plain.marker), (Some("3.2.1"), " python_version > '3.8'"));
        let address = requirement("shop @ git+https://example.com/shop.git@v1;x=1 ; os_name == 'nt'");
        assert_eq!((address.address, address.marker), (Some("git+https://example.com/shop.git@v1;x=1"), " os_name == 'nt'"));
        assert_eq!(requirement("redis (>=3)").version, None);
        assert_eq!(requirement("redis==3.*").version, None);
        assert_eq!(Requirement::parse("./folder").map(|found| found.name), None);
    }
}
