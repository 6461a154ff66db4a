//! Which Pythons the pinned dependencies support: by the wheels that a lock lists, or by a table of first versions.

use std::str::FromStr as _;

use pep440_rs::Version;

use super::dependencies::Dependency;
use super::versions::minor_number;
use super::wheels;
use crate::knowledge::first_support;

/// The Debian whose C library wheels are held against.
const DEBIAN: &str = "trixie";

/// The pinned dependencies that do not support a Python such as `3.14`.
pub(crate) fn unsupported<'a>(dependencies: &'a [Dependency], python: &str) -> Vec<&'a Dependency> {
    let minor = minor_number(python);
    let supports = |dependency: &Dependency| match (&dependency.wheels, first_support(&dependency.name, python)) {
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
