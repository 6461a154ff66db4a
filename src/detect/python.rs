//! Which Python the project allows.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};
use toml::Value;
use toml::de::DeTable;

use super::{Files, lookup, origin, parse, source};
use crate::error::{Error, Result};
use crate::layers::Origin;

/// The Pythons that get fixes, newest first. From endoflife.date, `products/python.md`, November 2026.
pub const SUPPORTED: [&str; 5] = ["3.15", "3.14", "3.13", "3.12", "3.11"];

/// The newest that is chosen without being asked for: on the one above, wheels still lag behind.
const NEWEST: &str = "3.14";

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

pub(super) fn version(files: &Files<'_>, pyproject: Option<&DeTable<'_>>) -> Result<Option<(Value, Origin)>> {
    let range = requires_python(files, pyproject)?;
    let pinned = python_version_file(files)?.or(pipfile(files)?);
    let (version, origin) = match (range, pinned) {
        (Some((range, origin)), Some((version, pin))) => {
            if !allows(&range, &version) {
                let error = Error::new(format!("{} says {version}, and {} says {range}", pin.place, origin.note));
                let error = error.at(Some(pin.place)).note(Some(origin.place), "says otherwise");
                return Err(error.hint("make them agree, or set python.version"));
            }
            (version, pin)
        }
        (None, Some(pinned)) => pinned,
        (Some((range, origin)), None) => {
            let newest = SUPPORTED.iter().skip_while(|version| **version != NEWEST).chain(&SUPPORTED[..1]);
            let older = END_OF_LIFE.iter().map(|(version, _)| version);
            let Some(version) = newest.chain(older).find(|version| allows(&range, version)) else {
                let error = Error::new(format!("no Python that dockgen knows is allowed by {} {range}", origin.note));
                return Err(error.at(Some(origin.place)).hint("set python.version"));
            };
            ((*version).to_owned(), origin)
        }
        (None, None) => return Ok(None),
    };
    Ok(Some((Value::String(version), origin)))
}

fn requires_python(files: &Files<'_>, pyproject: Option<&DeTable<'_>>) -> Result<Option<(VersionSpecifiers, Origin)>> {
    let keys = [
        (&["project", "requires-python"][..], "requires-python"),
        (&["tool", "poetry", "dependencies", "python"], "poetry's python"),
    ];
    let found = keys.into_iter().find_map(|(path, note)| Some((lookup(pyproject, path)?, note)));
    let Some((source, (value, note))) = files.pyproject.as_ref().zip(found) else { return Ok(None) };
    let origin = origin(source, value.span(), note);
    let text = value.get_ref().as_str().unwrap_or_default();
    let range = VersionSpecifiers::from_str(&pep440(text));
    range.map(|range| Some((range, origin.clone()))).map_err(|_| {
        Error::new(format!("{note} is not a range of versions")).at(Some(origin.place)).hint("write it as \">=3.12\"")
    })
}

/// Poetry's `^3.11` and `~3.11` in the words of PEP 440 (python-poetry.org/docs/dependency-specification).
fn pep440(range: &str) -> String {
    let part = |part: &str| match part.trim().split_at_checked(1) {
        Some(("^", version)) => format!(">={version},<4"),
        Some(("~", version)) if !version.starts_with('=') => {
            format!("=={}.*", version.split('.').take(2).collect::<Vec<_>>().join("."))
        }
        _ => part.trim().to_owned(),
    };
    range.split(',').map(part).collect::<Vec<_>>().join(",")
}

/// The minor version of `.python-version`; names such as `pypy3.10` or `system` say nothing about a container.
fn python_version_file(files: &Files<'_>) -> Result<Option<(String, Origin)>> {
    let Some(source) = source(files.directory, ".python-version")? else { return Ok(None) };
    let line = source.text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    let version = line.trim_start_matches("cpython-").trim_start_matches("python-");
    let minor: Vec<_> = version.split('.').take(2).collect();
    let known = minor.len() == 2 && minor[0] == "3" && minor[1].parse::<u8>().is_ok();
    let start = source.text.find(line).unwrap_or_default();
    Ok(known.then(|| (minor.join("."), origin(&source, start..start + line.len(), ""))))
}

/// `[requires] python_version` of a Pipfile.
fn pipfile(files: &Files<'_>) -> Result<Option<(String, Origin)>> {
    let Some(source) = source(files.directory, "Pipfile")? else { return Ok(None) };
    let table = parse(&source)?;
    let Some(value) = lookup(Some(table.get_ref()), &["requires", "python_version"]) else { return Ok(None) };
    let version = value.get_ref().as_str().unwrap_or_default().to_owned();
    Ok(version.starts_with("3.").then(|| (version, origin(&source, value.span(), "python_version"))))
}

/// Whether some release of a minor version is in a range: `>=3.12.4` allows 3.12, and so does `<3.13`.
fn allows(range: &VersionSpecifiers, minor: &str) -> bool {
    // the first and the last settle nearly every range; the others are for one such as `==3.12.5`
    let patches = [0, 99].into_iter().chain(1..99);
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
