//! Which Pythons the pinned dependencies support: by the wheels that a lock lists, or by a table of first versions.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::Version;
use serde::Deserialize;

use super::dependencies::Dependency;
use super::wheels;
use crate::knowledge;

/// The Debian whose C library wheels are held against.
const DEBIAN: &str = "trixie";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// By distribution: the first release that supports a minor version of Python.
    first: HashMap<String, BTreeMap<String, String>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| knowledge::table(knowledge::PYTHON_SUPPORT));

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
    TABLE.first.get(name)?.get(python).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_pythons_and_releases() {
        assert_eq!(first("numpy", "3.12"), Some("1.26.0"));
        for (name, rows) in &TABLE.first {
            assert!(
                !rows.is_empty()
                    && rows
                        .iter()
                        .all(|(minor, first)| minor.starts_with("3.") && (first == "none" || Version::from_str(first).is_ok())),
                "{name}"
            );
        }
    }
}
