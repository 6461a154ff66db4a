//! `python-releases.toml`, `python-support.toml` and the names of the standard library.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PythonReleases {
    /// The newest one that dockgen chooses if the project allows any.
    pub(crate) default: String,
    /// Versions that get fixes, newest first.
    pub(crate) supported: Vec<String>,
    /// End-of-life versions, newest first, each with the date of its end of life.
    pub(crate) end_of_life: Vec<(String, String)>,
    /// By Debian release and minor version: the first patch release with an image.
    first_image: BTreeMap<String, BTreeMap<String, u32>>,
}

pub(crate) fn python_releases() -> &'static PythonReleases {
    static TABLE: LazyLock<PythonReleases> = LazyLock::new(|| super::table(include_str!("python-releases.toml")));
    &TABLE
}

impl PythonReleases {
    /// The newest Debian release with an image of a patch release, such as 10 of `3.12`.
    pub(crate) fn debian_of(&self, minor: &str, patch: u32) -> Option<&str> {
        // the names of Debian's last releases are in the order of the alphabet
        let mut releases = self.first_image.iter().rev();
        releases.find(|(_, first)| first.get(minor).is_some_and(|first| *first <= patch)).map(|(debian, _)| debian.as_str())
    }
}

/// First supporting releases, by distribution and minor version of Python.
type FirstReleases = HashMap<String, BTreeMap<String, String>>;

static SUPPORT: LazyLock<FirstReleases> = LazyLock::new(|| super::rows(include_str!("python-support.toml"), "first"));

/// The first release of a distribution that supports a Python such as `3.14`; `none` if no release does.
pub(crate) fn first_support(distribution: &str, python: &str) -> Option<&'static str> {
    SUPPORT.get(distribution)?.get(python).map(String::as_str)
}

/// Whether a module is part of Python's standard library.
pub(crate) fn is_standard(module: &str) -> bool {
    include_str!("stdlib.txt").lines().any(|name| name == module)
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use pep440_rs::Version;

    use super::*;

    #[test]
    fn the_table_names_pythons_and_releases() {
        assert_eq!(first_support("numpy", "3.12"), Some("1.26.0"));
        let sound =
            |(minor, first): (&String, &String)| minor.starts_with("3.") && (first == "none" || Version::from_str(first).is_ok());
        for (name, rows) in &*SUPPORT {
            assert!(!rows.is_empty() && rows.iter().all(sound), "{name}");
        }
    }

    #[test]
    fn the_default_python_gets_fixes() {
        let releases = python_releases();
        assert!(releases.supported.contains(&releases.default));
    }
}
