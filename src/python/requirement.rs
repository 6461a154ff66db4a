//! Requirements as PEP 508 writes them.

use super::dependencies::Dependency;
use super::names::{all_normalized, normalized};
use super::versions::exact;
use super::wheels::is_wheel;
use crate::layers::Origin;
use crate::paths;

/// A requirement as PEP 508 writes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Requirement<'a> {
    pub(super) name: String,
    pub(super) extras: Vec<String>,
    pub(super) version: Option<String>,
    pub(super) address: Option<&'a str>,
    pub(super) marker: &'a str,
}

impl<'a> Requirement<'a> {
    /// Reads `name[extra]==1.0 ; marker` or `name @ address ; marker`; none where there is no name.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_.".contains(letter))).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let name = normalized(name)?;
        let rest = rest.trim_start();
        let (extras, rest) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).unwrap_or(("", rest));
        let extras = all_normalized(extras.split(','));
        let rest = rest.trim_start();
        if let Some(address) = rest.strip_prefix('@') {
            let (address, marker) = address.split_once(" ;").unwrap_or((address, ""));
            return Some(Self { name, extras, version: None, address: Some(address.trim()), marker });
        }
        let (range, marker) = rest.split_once(';').unwrap_or((rest, ""));
        Some(Self { name, extras, version: exact(range), address: None, marker })
    }

    pub(super) fn into_dependency(self, origin: Origin) -> Dependency {
        let address = self.address.map(Location::of);
        let (wheels, fetched_with) = address.map_or((None, None), |address| (Some(address.wheels), address.fetched_with));
        Dependency { name: self.name, version: self.version, extras: self.extras, wheels, fetched_with, origin }
    }
}

/// What an address says about the distribution behind it.
struct Location {
    wheels: Vec<String>,
    fetched_with: Option<&'static str>,
}

impl Location {
    /// A repository or source archive has no wheel.
    fn of(address: &str) -> Self {
        let file = paths::name(address.split(['#', '?']).next().unwrap_or_default());
        let wheels = if is_wheel(file) { vec![file.to_owned()] } else { Vec::new() };
        Self { wheels, fetched_with: address.split_once('+').and_then(|(system, _)| version_control(system)) }
    }
}

/// The Debian package of the tool that fetches from a version control system, by the prefix of an address or a key of a lockfile.
pub(super) fn version_control(system: &str) -> Option<&'static str> {
    match system {
        "git" => Some("git"),
        "hg" => Some("mercurial"),
        "svn" => Some("subversion"),
        "bzr" => Some("brz"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_has_a_name_extras_a_version_or_an_address() {
        let requirement = |text| Requirement::parse(text).unwrap();
        let plain = requirement("Psycopg[binary, Pool] == 3.2.1 ; python_version > '3.8'");
        assert_eq!((plain.name.as_str(), plain.extras), ("psycopg", vec!["binary".to_owned(), "pool".to_owned()]));
        assert_eq!((plain.version.as_deref(), plain.marker), (Some("3.2.1"), " python_version > '3.8'"));
        let address = requirement("shop @ git+https://example.com/shop.git@v1;x=1 ; os_name == 'nt'");
        assert_eq!((address.address, address.marker), (Some("git+https://example.com/shop.git@v1;x=1"), " os_name == 'nt'"));
        assert_eq!(requirement("redis (>=3)").version, None);
        assert_eq!(requirement("redis==3.*").version, None);
        assert_eq!(Requirement::parse("./folder").map(|found| found.name), None);
    }
}
