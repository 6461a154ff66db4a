//! Which Pythons the pinned dependencies support: by the wheels in a lockfile, or by a table of first versions.

use std::str::FromStr as _;

use pep440_rs::Version;

use super::dependencies::Dependency;
use super::versions::minor_number;
use super::wheels;
use crate::knowledge::first_support;

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

/// Whether the table knows no reason why a version of a distribution doesn't support a Python; for compiled distributions, that is a
/// missing wheel.
pub(crate) fn is_supported(dependency: &Dependency, python: &str) -> bool {
    match first_support(&dependency.name, python) {
        None => true,
        Some("none") => false,
        Some(first) => {
            let version = dependency.version.as_deref().and_then(|version| Version::from_str(version).ok());
            version.zip(Version::from_str(first).ok()).is_none_or(|(version, first)| version >= first)
        }
    }
}
