//! Which Pythons the pinned dependencies support: by the wheels in a lockfile, or by a table of first versions.

use std::str::FromStr as _;

use pep440_rs::Version;

use super::dependencies::Dependency;
use super::versions::minor_number;
use super::wheels;
use crate::knowledge::{first_running, first_wheel, python_releases};

/// The Debian release whose C library wheels must fit.
const DEBIAN: &str = "trixie";

/// The pinned dependencies that don't support a Python such as `3.14`.
pub(crate) fn unsupported<'a>(dependencies: &'a [Dependency], python: &str) -> Vec<&'a Dependency> {
    let minor = minor_number(python);
    let supports = |dependency: &Dependency| match &dependency.wheels {
        Some(wheels) if !wheels.is_empty() => wheels.iter().any(|wheel| wheels::fits(wheel, minor, DEBIAN)),
        _ => is_supported(dependency, python),
    };
    dependencies.iter().filter(|dependency| dependency.version.is_some() && !supports(dependency)).collect()
}

/// Whether the table knows no reason why a version of a distribution doesn't support a Python.
fn is_supported(dependency: &Dependency, python: &str) -> bool {
    has_wheel(dependency, python) && runs(dependency, python)
}

/// Whether a version has a wheel for a Python, as far as the table knows.
pub(crate) fn has_wheel(dependency: &Dependency, python: &str) -> bool {
    is_at_least(dependency, first_wheel(&dependency.name, python))
}

/// Whether a version runs on a Python, as far as the table knows.
fn runs(dependency: &Dependency, python: &str) -> bool {
    is_at_least(dependency, first_running(&dependency.name, python))
}

fn is_at_least(dependency: &Dependency, first: Option<&str>) -> bool {
    let Some(first) = first else { return true };
    let version = dependency.version.as_deref().and_then(|version| Version::from_str(version).ok());
    first != "none" && version.zip(Version::from_str(first).ok()).is_none_or(|(version, first)| version >= first)
}

/// A hint about the pinned dependencies that don't support a Python, with a Python that all of them support.
pub(crate) fn hint(dependencies: &[Dependency], python: &str) -> Option<String> {
    let pinned = || dependencies.iter().filter(|dependency| dependency.version.is_some());
    let names: Vec<_> = pinned().filter(|dependency| !runs(dependency, python)).map(described).collect();
    let first = names.first()?;
    let more = if names.len() > 1 { format!(" and {} more", names.len() - 1) } else { String::new() };
    let releases = python_releases();
    let fits = |version: &&String| pinned().all(|dependency| runs(dependency, version));
    let instead = match releases.supported.iter().skip_while(|version| **version != releases.default).find(fits) {
        Some(version) => format!("set python.version = \"{version}\", or upgrade"),
        None => "no Python that gets fixes fits: upgrade".to_owned(),
    };
    Some(format!("{first}{more} isn't known to support Python {python}; {instead}"))
}

/// `django 1.10.5 (requirements.txt:3)`.
fn described(dependency: &Dependency) -> String {
    format!("{} {} ({})", dependency.name, dependency.version.as_deref().unwrap_or_default(), dependency.origin.place)
}
