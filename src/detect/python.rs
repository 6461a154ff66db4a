//! Which Python the project allows.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use pep440_rs::{Version, VersionSpecifiers};
use toml::Value;
use toml::de::DeTable;

use super::dependencies::Dependency;
use super::support::unsupported;
use super::{Files, Folder, lookup, origin, parse};
use crate::error::{Error, Result, Source};
use crate::layers::Origin;

/// The Pythons that get fixes, newest first. From endoflife.date, `products/python.md`, November 2026.
pub const SUPPORTED: [&str; 5] = ["3.15", "3.14", "3.13", "3.12", "3.11"];

/// The newest that is chosen without being asked for: on the one above, wheels still lag behind.
pub const NEWEST: &str = "3.14";

/// More than any minor version there will be.
const NOVEL: u32 = 1000;

/// The Pythons that get none, and since when.
pub const END_OF_LIFE: [(&str, &str); 11] = [
    ("3.10", "2026-10-31"),
    ("3.9", "2025-10-31"),
    ("3.8", "2024-10-07"),
    ("3.7", "2023-06-27"),
    ("3.6", "2021-12-23"),
    ("3.5", "2020-09-30"),
    ("3.4", "2019-03-18"),
    ("3.3", "2017-09-29"),
    ("3.2", "2016-02-20"),
    ("3.1", "2012-04-09"),
    ("3.0", "2009-06-27"),
];

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
    pyproject: Option<&DeTable<'_>>,
    pinned: &[Dependency],
    hints: &mut Vec<String>,
    fitting: &mut Vec<&'static str>,
) -> Result<Option<(Value, Origin)>> {
    let evidence = evidence(files, pyproject)?;
    // the one that keeps us from the newest says most
    let narrowest = evidence.iter().find(|one| candidates().next().is_some_and(|newest| !allows(&one.range, newest)));
    let all = |version: &&str| evidence.iter().all(|one| allows(&one.range, version));
    fitting.extend(candidates().filter(all));
    if let Some((one, release)) = evidence.iter().find_map(|one| Some((one, only_release(&one.range)?))) {
        hints.push(format!(
            "{} ({}) allows Python {release} only, but a base image holds the newest release of its minor version: widen it to \
             \"~={release}\" and lock anew, or nothing will be installed",
            one.origin.note, one.origin.place
        ));
    }
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
            .hint("set python.version"),
    };
    Err(error)
}

/// The one release that a range allows: `==3.12.4`.
fn only_release(range: &VersionSpecifiers) -> Option<String> {
    let exact = |specifier: &&pep440_rs::VersionSpecifier| {
        *specifier.operator() == pep440_rs::Operator::Equal && specifier.version().release().len() > 2
    };
    range.iter().find(exact).map(|specifier| specifier.version().to_string())
}

/// The first version; before it come those that more pinned dependencies are made for, among those that get fixes.
fn settled(fitting: &mut [&str], pinned: &[Dependency], evidence: Option<&Evidence>) -> Option<(Value, Origin)> {
    let first = *fitting.first()?;
    let missing: Vec<_> = unsupported(pinned, first);
    // where none fits, the oldest is the nearest to what was pinned long ago
    let order = |version: &&str| match (unsupported(pinned, version).len(), minor_number(version)) {
        _ if !SUPPORTED.contains(version) || *version == SUPPORTED[0] => (usize::MAX, 0),
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
        origin.note = format!("{} {version} is not made for Python {first}", dependency.name);
        return Some((Value::String(best.to_owned()), origin));
    }
    evidence.map(|evidence| (Value::String(first.to_owned()), evidence.origin.clone()))
}

fn minor_number(version: &str) -> u32 {
    version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or_default()
}

/// Every Python that can be chosen, the likeliest first.
fn candidates() -> impl Iterator<Item = &'static str> {
    let newest = SUPPORTED.into_iter().skip_while(|version| *version != NEWEST);
    newest.chain([SUPPORTED[0]]).chain(END_OF_LIFE.into_iter().map(|(version, _)| version))
}

/// Everything that says something about Python, in the project and, for the files of version managers, above it.
fn evidence(files: &Files<'_>, pyproject: Option<&DeTable<'_>>) -> Result<Vec<Evidence>> {
    let keys = [
        (&["project", "requires-python"][..], "requires-python"),
        (&["tool", "poetry", "dependencies", "python"], "poetry's python"),
    ];
    let mut found = Vec::new();
    for (path, note) in keys {
        let Some((source, value)) = files.pyproject.as_ref().zip(lookup(pyproject, path)) else { continue };
        // Poetry's dependency may be a table
        let text = value.get_ref().as_str().or_else(|| value.get_ref().as_table()?.get("version")?.get_ref().as_str());
        found.push(range(text.unwrap_or_default(), origin(source, value.span(), note))?);
    }
    found.extend(pipfile(files)?);
    for folder in above(files.directory) {
        let (is_here, folder) = (folder == **files.directory, Folder::new(folder));
        for (name, pin) in PINS {
            let Some(source) = folder.source(name)? else { continue };
            let shown = if is_here { name.to_owned() } else { folder.join(name).to_string_lossy().into_owned() };
            let source = Arc::new(Source { name: shown, text: source.text.clone() });
            found.extend(pin(&source));
        }
    }
    // its own image counts only where nothing else is said: a tag is often older than what the project allows
    if found.is_empty() {
        found.extend(
            files
                .directory
                .source("Dockerfile")
                .ok()
                .flatten()
                .filter(|source| !files.directory.is_generated("Dockerfile", &source.text))
                .and_then(|source| pinned(&source, base_image)),
        );
    }
    for (name, key) in [("setup.cfg", "python_requires"), ("setup.py", "python_requires"), ("uv.lock", "requires-python")] {
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

/// The newest Python that a manifest is classified for: only a hint, as it says nothing of newer ones.
fn classified(source: &Arc<Source>) -> Option<Evidence> {
    let named = |version: &&str| source.text.find(&format!("Programming Language :: Python :: {version}\"")).is_some();
    let version = SUPPORTED.into_iter().find(named)?;
    let start = source.text.find(&format!("Python :: {version}\""))?;
    let range = VersionSpecifiers::from_str(&format!("=={version}.*")).ok()?;
    Some(Evidence { range, words: version.to_owned(), origin: origin(source, start..start + 10 + version.len(), "classifiers") })
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
    SUPPORTED.into_iter().find(|version| minor(tag).as_deref() == Some(version)).map(|_| tag)
}

/// `3.12` of `3.12.4`.
fn minor(version: &str) -> Option<String> {
    let (major, rest) = version.split_once('.')?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (major == "3" && !digits.is_empty() && digits.len() < 3).then(|| format!("3.{digits}"))
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
    Some(Arc::new(Source { name: name.to_owned(), text: String::from_utf8_lossy(&head).into_owned() }))
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

/// Poetry's `^3.11` and `~3.11` in the words of PEP 440 (python-poetry.org/docs/dependency-specification).
fn pep440(range: &str) -> String {
    let part = |part: &str| match part.trim().split_at_checked(1) {
        Some(("^", version)) => format!(">={version},<4"),
        Some(("~", version)) if !version.starts_with('=') => {
            format!("=={}.*", version.split('.').take(2).collect::<Vec<_>>().join("."))
        }
        Some((first, _)) if first.chars().all(|digit| digit.is_ascii_digit()) => format!("=={}", part.trim()),
        _ => part.trim().to_owned(),
    };
    // Poetry's `||` leaves a choice: the first one is as good as the others
    range.split("||").next().unwrap_or_default().split(',').map(part).collect::<Vec<_>>().join(",")
}

/// `[requires]` of a Pipfile.
fn pipfile(files: &Files<'_>) -> Result<Option<Evidence>> {
    let Some(source) = files.directory.source("Pipfile")? else { return Ok(None) };
    let table = parse(&source)?;
    let mut keys = ["python_version", "python_full_version"].into_iter();
    let found = keys.find_map(|key| Some((lookup(Some(table.get_ref()), &["requires", key])?, key)));
    let Some((value, key)) = found else { return Ok(None) };
    let Some(minor) = value.get_ref().as_str().and_then(minor) else { return Ok(None) };
    let range = VersionSpecifiers::from_str(&format!("=={minor}.*")).ok();
    Ok(range.map(|range| Evidence { range, words: minor, origin: origin(&source, value.span(), key) }))
}

/// Whether some release of a minor version is in a range: `>=3.12.4` allows 3.12, and so does `<3.13`.
fn allows(range: &VersionSpecifiers, minor: &str) -> bool {
    // the first, the last, and those beside what the range names: `==3.12.5` allows one release
    let named = range.iter().filter_map(|specifier| specifier.version().release().get(2).copied());
    let patches = [0, 99].into_iter().chain(named.flat_map(|patch| [patch, patch + 1, patch.saturating_sub(1)]));
    patches.filter_map(|patch| Version::from_str(&format!("{minor}.{patch}")).ok()).any(|release| range.contains(&release))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_allows_a_minor_version_when_it_allows_a_release_of_it() {
        for (range, minor, allowed) in [
            (">=3.12.4", "3.12", true),
            ("==3.12.5", "3.12", true),
            (">=3.13,<3.14", "3.14", false),
            ("<=3.13", "3.13", true),
            ("==3.12.*", "3.12", true),
            ("~=3.11", "3.14", true),
            ("^3.11", "3.14", true),
            ("~3.11", "3.12", false),
        ] {
            assert_eq!(allows(&VersionSpecifiers::from_str(&pep440(range)).unwrap(), minor), allowed, "{range} {minor}");
        }
    }
}
