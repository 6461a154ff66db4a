//! Which Pythons the pinned dependencies support: by the wheels that a lock lists, or by a table of first versions.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::Version;

use super::dependencies::Dependency;
use super::wheels;

/// The Debian whose C library wheels are held against.
const DEBIAN: &str = "trixie";

/// The table; see its head for what it says.
const KNOWLEDGE: &str = include_str!("knowledge/python-support.toml");

/// Its rows by name: minor version and first release.
static FIRST: LazyLock<HashMap<&str, Vec<(&str, &str)>>> = LazyLock::new(|| {
    let rows = KNOWLEDGE.split("\n[first.\"").skip(1);
    let row = |row: &'static str| {
        let (name, rest) = row.split_once('"')?;
        let pairs = rest.lines().skip(1).filter_map(|line| {
            let mut quoted = line.split('"').skip(1).step_by(2);
            Some((quoted.next()?, quoted.next()?))
        });
        Some((name, pairs.collect()))
    };
    rows.filter_map(row).collect()
});

/// The pinned dependencies that do not support a Python such as `3.14`.
pub(super) fn unsupported<'a>(dependencies: &'a [Dependency], python: &str) -> Vec<&'a Dependency> {
    let minor = python.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or_default();
    let supports = |dependency: &Dependency| match (&dependency.wheels, first(&dependency.name, python)) {
        (Some(wheels), _) if !wheels.is_empty() => wheels.iter().any(|wheel| wheels::fits(wheel, minor, DEBIAN)),
        (_, Some("none")) => false,
        (_, Some(first)) => {
            let versions = dependency
                .version
                .as_deref()
                .and_then(|version| Version::from_str(version).ok())
                .zip(Version::from_str(first).ok());
            versions.is_none_or(|(version, first)| version >= first)
        }
        (_, None) => true,
    };
    dependencies.iter().filter(|dependency| dependency.version.is_some() && !supports(dependency)).collect()
}

fn first(name: &str, python: &str) -> Option<&'static str> {
    FIRST.get(name)?.iter().find(|(minor, _)| *minor == python).map(|(_, first)| *first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        assert_eq!(first("numpy", "3.12"), Some("1.26.0"));
        assert!(FIRST.len() > 90, "{}", FIRST.len());
        for (name, rows) in FIRST.iter() {
            assert!(
                !rows.is_empty()
                    && rows
                        .iter()
                        .all(|(minor, first)| minor.starts_with("3.") && (*first == "none" || Version::from_str(first).is_ok())),
                "{name}"
            );
        }
    }
}
