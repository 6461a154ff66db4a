//! Which Python the project allows.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use pep440_rs::VersionSpecifiers;
use toml::Value;

use super::{Files, Folder};
use crate::error::{Error, Result, Source};
use crate::knowledge::{installers, python_releases};
use crate::layers::{Origin, origin};
use crate::project::tables::{lookup, parse};
use crate::python::dependencies::Dependency;
use crate::python::support::unsupported;
use crate::python::versions::{allows, minor, minor_number, only_release, pep440};

/// More than any minor version there will be.
const NOVEL: u32 = 1000;

/// What one file says about Python.
struct Evidence {
    range: VersionSpecifiers,
    /// The words of the file.
    words: String,
    origin: Origin,
}

/// The newest Python that all of the evidence allows; its origin is the evidence that says most about it.
///
/// Where that leaves a choice, it is one for which the pinned dependencies are made. `fitting` gets all that are left, the likeliest
/// first.
pub(super) fn version(
    files: &Files<'_>,
    pinned: &[Dependency],
    fitting: &mut Vec<&'static str>,
) -> Result<Option<(Value, Origin)>> {
    let evidence = evidence(files)?;
    // the one that keeps us from the newest says most
    let narrowest = evidence.iter().find(|one| candidates().next().is_some_and(|newest| !allows(&one.range, newest)));
    let all = |version: &&str| evidence.iter().all(|one| allows(&one.range, version));
    fitting.extend(candidates().filter(all));
    if !fitting.is_empty() {
        return Ok(settled(fitting, pinned, narrowest.or(evidence.first())));
    }
    let Some(narrowest) = narrowest else { return Ok(None) };
    let Evidence { words, origin, .. } = narrowest;
    let both = |one: &Evidence, version: &str| allows(&one.range, version) && allows(&narrowest.range, version);
    let other = evidence.iter().find(|one| !candidates().any(|version| both(one, version)) && one.origin != *origin);
    let error = match other {
        Some(other) => Error::new(format!("{} says {words}, and {} says {}", origin.place, other.origin.note, other.words))
            .at(Some(origin.place.clone()))
            .note(Some(other.origin.place.clone()), "says otherwise")
            .hint("make them agree, or set python.version"),
        None => Error::new(format!("no Python that dockgen knows is allowed by {} {words}", origin.note))
            .at(Some(origin.place.clone()))
            .hint(format!("change {} in {}", origin.note, origin.place.source.name)),
    };
    Err(error)
}

/// The only patch release that the project allows, and the Debian release whose images have it.
pub(super) fn only_image(files: &Files<'_>, hints: &mut Vec<String>) -> Option<[(&'static str, Value, Origin); 2]> {
    let evidence = evidence(files).ok()?;
    let (one, release) = evidence.iter().find_map(|one| Some((one, only_release(&one.range)?)))?;
    let minor = minor(&release)?;
    let patch = release.rsplit('.').next()?.parse().ok()?;
    let Some(debian) = python_releases().debian_of(&minor, patch) else {
        hints.push(format!(
            "{} ({}) allows only Python {release}, which has no image on a supported Debian release: change it to \
             \"~={release}\" and lock again, or nothing is installed",
            one.origin.note, one.origin.place
        ));
        return None;
    };
    let text = |text: &str| Value::String(text.to_owned());
    Some([("python.release", text(&release), one.origin.clone()), ("image.debian", text(debian), one.origin.clone())])
}

/// The first version; before it come those that more pinned dependencies are made for, among those that get fixes.
fn settled(fitting: &mut [&str], pinned: &[Dependency], evidence: Option<&Evidence>) -> Option<(Value, Origin)> {
    let first = *fitting.first()?;
    let missing: Vec<_> = unsupported(pinned, first);
    // where none fits, the oldest is the nearest to what was pinned long ago
    let order = |version: &&str| match (unsupported(pinned, version).len(), minor_number(version)) {
        _ if !is_supported(version) || Some(*version) == newest() => (usize::MAX, 0),
        (0, minor) => (0, NOVEL - minor),
        (misses, minor) => (misses, minor),
    };
    if !missing.is_empty() {
        fitting.sort_by_cached_key(order);
    }
    let best = *fitting.first()?;
    if let Some(dependency) = missing.first().filter(|_| best != first) {
        let mut origin = dependency.origin.clone();
        let version = dependency.version.as_deref().unwrap_or_default();
        origin.note = format!("{} {version} doesn't support Python {first}", dependency.name);
        return Some((Value::String(best.to_owned()), origin));
    }
    evidence.map(|evidence| (Value::String(first.to_owned()), evidence.origin.clone()))
}

/// Every Python that can be chosen, the likeliest first.
fn candidates() -> impl Iterator<Item = &'static str> {
    let releases = python_releases();
    let supported = releases.supported.iter().map(String::as_str);
    let from_default = supported.skip_while(|version| *version != releases.default);
    from_default.chain(newest()).chain(releases.end_of_life.iter().map(|(version, _)| version.as_str()))
}

/// The newest Python, for which wheels may still be missing.
fn newest() -> Option<&'static str> {
    python_releases().supported.first().map(String::as_str)
}

fn is_supported(version: &str) -> bool {
    python_releases().supported.iter().any(|supported| supported == version)
}

/// Everything that says something about Python, in the project and, for the files of version managers, above it.
fn evidence(files: &Files<'_>) -> Result<Vec<Evidence>> {
    let mut found = Vec::new();
    found.extend(at_key(files, &["project", "requires-python"], "requires-python")?);
    for row in installers() {
        found.extend(at_key(files, &row.python, &format!("{}'s python", row.name))?);
    }
    found.extend(pipfile(files)?);
    for folder in above(files.directory) {
        let (is_here, folder) = (folder == **files.directory, Folder::new(folder));
        for (name, pin) in PINS {
            let Some(source) = folder.read(name)? else { continue };
            let shown = if is_here { name.to_owned() } else { folder.join(name).to_string_lossy().into_owned() };
            let source = Arc::new(Source::file(shown, source.text.clone()));
            found.extend(pin(&source));
        }
    }
    // its own image counts only where nothing else is said: a tag is often older than what the project allows
    if found.is_empty() {
        found.extend(
            files
                .directory
                .read("Dockerfile")
                .ok()
                .flatten()
                .filter(|source| !files.directory.is_generated("Dockerfile", &source.text))
                .and_then(|source| pinned(&source, base_image)),
        );
    }
    let of_locks = installers().iter().filter_map(|row| Some((row.lockfile.as_deref()?, row.python_of_lock.as_deref()?)));
    for (name, key) in [("setup.cfg", "python_requires"), ("setup.py", "python_requires")].into_iter().chain(of_locks) {
        let Some(source) = start_of(files.directory, name) else { continue };
        if let Some(span) = assigned(&source.text, key)
            && let Ok(one) = range(&source.text[span.clone()], origin(&source, span, key))
        {
            found.push(one);
        }
    }
    if found.is_empty() {
        let mut manifests = ["pyproject.toml", "setup.cfg", "setup.py"].into_iter();
        found.extend(manifests.find_map(|name| classified(&start_of(files.directory, name)?)));
    }
    Ok(found)
}

/// The range at a key of pyproject.toml.
fn at_key(files: &Files<'_>, key: &[impl AsRef<str>], note: &str) -> Result<Option<Evidence>> {
    let Some((source, value)) = files.pyproject.zip(lookup(files.document, key)) else { return Ok(None) };
    // Poetry's dependency may be a table
    let text = value.get_ref().as_str().or_else(|| value.get_ref().as_table()?.get("version")?.get_ref().as_str());
    range(text.unwrap_or_default(), origin(source, value.span(), note)).map(Some)
}

/// The newest Python that a manifest is classified for: only a hint, as it says nothing of newer ones.
fn classified(source: &Arc<Source>) -> Option<Evidence> {
    let named = |version: &&String| source.text.find(&format!("Programming Language :: Python :: {version}\"")).is_some();
    let version = python_releases().supported.iter().find(named)?;
    let start = source.text.find(&format!("Python :: {version}\""))?;
    let range = VersionSpecifiers::from_str(&format!("=={version}.*")).ok()?;
    Some(Evidence { range, words: version.clone(), origin: origin(source, start..start + 10 + version.len(), "classifiers") })
}

type Pin = fn(&Arc<Source>) -> Option<Evidence>;

/// The files of version managers, and how each is read.
const PINS: [(&str, Pin); 5] = [
    (".python-version", |source| pinned(source, |line| Some(line.trim_start_matches("cpython-").trim_start_matches("python-")))),
    (".tool-versions", |source| pinned(source, |line| line.strip_prefix("python "))),
    ("runtime.txt", |source| pinned(source, |line| line.strip_prefix("python-"))),
    ("mise.toml", |source| pinned(source, |line| line.strip_prefix("python")?.trim().strip_prefix('='))),
    (".mise.toml", |source| pinned(source, |line| line.strip_prefix("python")?.trim().strip_prefix('='))),
];

/// The first line that names a version; names such as `pypy3.10` or `system` say nothing about a container.
fn pinned(source: &Arc<Source>, version: fn(&str) -> Option<&str>) -> Option<Evidence> {
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let text = line.trim();
        let found = version(text)
            .filter(|_| !text.starts_with('#'))
            .and_then(|version| minor(version.trim().trim_matches(['"', '\'']).trim()));
        if let Some(minor) = found {
            let span = start..start + line.trim_end().len();
            let range = VersionSpecifiers::from_str(&format!("=={minor}.*")).ok()?;
            return Some(Evidence { range, words: minor, origin: origin(source, span, "") });
        }
        start += line.len();
    }
    None
}

/// The tag of `FROM python:3.12-slim`, unless it is at its end of life.
fn base_image(line: &str) -> Option<&str> {
    let tag = line.strip_prefix("FROM ")?.split("python:").nth(1)?;
    minor(tag).filter(|version| is_supported(version)).map(|_| tag)
}

/// A folder and those above it, as far as the repository reaches.
fn above(directory: &Path) -> Vec<PathBuf> {
    let mut folders = vec![directory.to_path_buf()];
    let Ok(full) = fs_err::canonicalize(directory) else { return folders };
    let root = full.ancestors().find(|folder| folder.join(".git").exists());
    if let Some(root) = root {
        let up = full.ancestors().take_while(|folder| *folder != root).count();
        folders.extend((1..=up).map(|up| directory.join(vec![".."; up].join("/"))));
    }
    folders
}

/// The first lines of a file, for locks are long.
fn start_of(directory: &Folder, name: &str) -> Option<Arc<Source>> {
    let head = directory.head(name, 16 * 1024)?;
    Some(Arc::new(Source::file(name, String::from_utf8_lossy(&head).into_owned())))
}

/// The stretch of the text that is given to a name, without its quotes.
fn assigned(text: &str, key: &str) -> Option<std::ops::Range<usize>> {
    let start = text.find(key)? + key.len();
    let rest = text.get(start..)?;
    let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let value = line.trim_start().strip_prefix('=')?.trim().trim_end_matches(',').trim().trim_matches(['"', '\'']);
    let at = start + line.find(value)?;
    (!value.is_empty()).then(|| at..at + value.len())
}

fn range(text: &str, origin: Origin) -> Result<Evidence> {
    match VersionSpecifiers::from_str(&pep440(text)) {
        Ok(range) => Ok(Evidence { range, words: text.to_owned(), origin }),
        Err(_) => Err(Error::new(format!("{} is not a range of versions", origin.note))
            .at(Some(origin.place))
            .hint("write it as \">=3.12\"")),
    }
}

/// `[requires]` of a Pipfile.
fn pipfile(files: &Files<'_>) -> Result<Option<Evidence>> {
    let Some(source) = files.directory.read("Pipfile")? else { return Ok(None) };
    let table = parse(&source)?;
    let mut keys = ["python_version", "python_full_version"].into_iter();
    let found = keys.find_map(|key| Some((lookup(Some(&table), &["requires", key])?, key)));
    let Some((value, key)) = found else { return Ok(None) };
    let Some(minor) = value.get_ref().as_str().and_then(minor) else { return Ok(None) };
    let range = VersionSpecifiers::from_str(&format!("=={minor}.*")).ok();
    Ok(range.map(|range| Evidence { range, words: minor, origin: origin(&source, value.span(), key) }))
}
