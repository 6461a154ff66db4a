//! Environment markers: which requirements mean another machine than a Linux container with a CPython.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

/// What markers are asked about.
pub(super) struct Environment {
    /// `3.13`, as `python_version`.
    minor: Option<Version>,
    /// The first and the last release of it, as `python_full_version`.
    releases: Vec<Version>,
}

/// What is the same in every container, by the marker's name.
const FIXED: [(&str, &str); 5] = [
    ("sys_platform", "linux"),
    ("platform_system", "Linux"),
    ("os_name", "posix"),
    ("platform_python_implementation", "CPython"),
    ("implementation_name", "cpython"),
];

/// Longer ones first, for `<` is the start of `<=`.
const OPERATORS: [&str; 9] = ["===", "==", "!=", "~=", "<=", ">=", "<", ">", " in "];

impl Environment {
    pub(super) fn new(python: &str) -> Self {
        let version = |text: &str| Version::from_str(text).ok();
        let releases = ["0", "99"].iter().filter_map(|patch| version(&format!("{python}.{patch}"))).collect();
        Self { minor: version(python), releases }
    }

    /// Whether a marker leaves the requirement out: every alternative asks for something that no container is.
    ///
    /// Brackets are not looked at. Splitting at each `or` and then at each `and` can only keep too much: an alternative that is left
    /// out holds a condition that is false by itself.
    pub(super) fn excludes(&self, marker: &str) -> bool {
        let marker = marker.trim();
        let alternative = |text: &str| text.split(" and ").any(|condition| self.is_false(condition));
        !marker.is_empty() && marker.split(" or ").all(alternative)
    }

    fn is_false(&self, condition: &str) -> bool {
        let condition = condition.trim().trim_matches(['(', ')']);
        let found = OPERATORS.iter().find_map(|operator| Some((*operator, condition.split_once(operator)?)));
        let Some((operator, (left, right))) = found else { return false };
        let (mut left, mut right, mut turned) = (left.trim(), unquoted(right), false);
        if left.starts_with(['\'', '"']) {
            (left, right, turned) = (right, unquoted(left), true);
        }
        let (name, negated) = left.strip_suffix(" not").map_or((left, false), |name| (name.trim(), true));
        match FIXED.iter().find(|(fixed, _)| *fixed == name) {
            Some((_, value)) => match operator {
                "==" | "===" => right != *value,
                "!=" => right == *value,
                " in " => right.contains(value) == negated,
                _ => false,
            },
            None if turned || operator == " in " => false,
            None => self.is_another_python(name, operator, right),
        }
    }

    fn is_another_python(&self, name: &str, operator: &str, version: &str) -> bool {
        let releases = match name {
            "python_version" => self.minor.as_slice(),
            "python_full_version" => &self.releases,
            _ => return false,
        };
        let range = VersionSpecifiers::from_str(&format!("{operator}{version}"));
        !releases.is_empty() && range.is_ok_and(|range| !releases.iter().any(|release| range.contains(release)))
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['\'', '"'])
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn a_marker_for_another_machine_leaves_a_requirement_out() {
        let environment = Environment::new("3.13");
        for (marker, excluded) in [
            ("", false),
            ("sys_platform == 'win32'", true),
            ("sys_platform=='win32'", true),
            ("\"win32\" == sys_platform", true),
            ("sys_platform != 'win32'", false),
            ("sys_platform == 'darwin' or platform_system == \"Windows\"", true),
            ("sys_platform == 'darwin' or sys_platform == 'linux'", false),
            ("(sys_platform == 'win32' or sys_platform == 'darwin') and python_version >= '3.8'", true),
            ("sys_platform in 'win32 darwin'", true),
            ("sys_platform not in 'win32 darwin'", false),
            ("os_name == 'nt' and extra == 'x'", true),
            ("implementation_name == 'pypy'", true),
            ("platform_machine == 'x86_64'", false),
            ("python_version < '3.11'", true),
            ("python_version >= '3.13'", false),
            ("python_full_version < '3.13.4'", false),
            ("python_full_version < '3.9' or python_full_version >= '3.14'", true),
            ("extra == 'web'", false),
            ("nonsense ((", false),
        ] {
            assert_eq!(environment.excludes(marker), excluded, "{marker}");
        }
    }
}
