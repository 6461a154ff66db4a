//! `python-releases.toml`, `python-support.toml` and the names of the standard library.

use std::collections::BTreeMap;
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

/// `python-support.toml`, which explains the keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Support {
    wheel: BTreeMap<String, BTreeMap<String, String>>,
    runs: BTreeMap<String, BTreeMap<String, String>>,
    implied: Vec<ImpliedRow>,
}

/// A distribution that an old version of another one requires in an old version.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImpliedRow {
    pub(crate) by: String,
    /// The extra that requires it; empty if it is always required.
    #[serde(default)]
    pub(crate) extra: String,
    pub(crate) before: String,
    pub(crate) name: String,
    pub(crate) version: String,
}

fn support() -> &'static Support {
    static TABLE: LazyLock<Support> = LazyLock::new(|| super::table(include_str!("python-support.toml")));
    &TABLE
}

/// The first release of a distribution with a wheel for a Python such as `3.14`; `none` if no release has one.
pub(crate) fn first_wheel(distribution: &str, python: &str) -> Option<&'static str> {
    support().wheel.get(distribution)?.get(python).map(String::as_str)
}

/// The first release of a distribution that runs on a Python such as `3.14`; `none` if no release does. A Python newer than the
/// table has the limit of the newest one.
pub(crate) fn first_running(distribution: &str, python: &str) -> Option<&'static str> {
    let number = |python: &str| python.rsplit('.').next().and_then(|minor| minor.parse::<u32>().ok());
    let rows = support().runs.get(distribution)?.iter();
    let known = rows.filter(|(minor, _)| number(minor) <= number(python));
    known.max_by_key(|(minor, _)| number(minor)).map(|(_, first)| first.as_str())
}

pub(crate) fn implied() -> &'static [ImpliedRow] {
    &support().implied
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
        assert_eq!(first_wheel("numpy", "3.12"), Some("1.26.0"));
        assert_eq!(first_running("django", "3.12"), Some("4.2.8"));
        assert_eq!(first_running("django", "3.9"), None);
        assert_eq!(first_running("django", "3.99"), Some("5.2.8"));
        let sound =
            |(minor, first): (&String, &String)| minor.starts_with("3.") && (first == "none" || Version::from_str(first).is_ok());
        for (name, rows) in support().wheel.iter().chain(&support().runs) {
            assert!(!rows.is_empty() && rows.iter().all(sound), "{name}");
        }
    }

    #[test]
    fn the_default_python_gets_fixes() {
        let releases = python_releases();
        assert!(releases.supported.contains(&releases.default));
    }
}
