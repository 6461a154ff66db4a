//! Versions of Python and of distributions, and ranges of them.

use std::str::FromStr as _;

use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};

/// The version of a range that allows one version only.
pub(crate) fn exact(range: &str) -> Option<String> {
    let version = range.trim().trim_matches(['(', ')']).strip_prefix("==")?.trim_start_matches('=').trim();
    let one = version.chars().all(|letter| letter.is_ascii_alphanumeric() || ".+!-_".contains(letter));
    (one && !version.is_empty()).then(|| version.to_owned())
}

/// `3.12` of `3.12.4`.
pub(crate) fn minor(version: &str) -> Option<String> {
    let (major, rest) = version.split_once('.')?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (major == "3" && !digits.is_empty() && digits.len() < 3).then(|| format!("3.{digits}"))
}

/// The number of a minor version: 12 of `3.12`.
pub(crate) fn minor_number(version: &str) -> u32 {
    version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or_default()
}

/// The one release that a range allows: `==3.12.4`.
pub(crate) fn only_release(range: &VersionSpecifiers) -> Option<String> {
    let exact =
        |specifier: &&VersionSpecifier| *specifier.operator() == Operator::Equal && specifier.version().release().len() > 2;
    range.iter().find(exact).map(|specifier| specifier.version().to_string())
}

/// Poetry's `^3.11` and `~3.11` in the words of PEP 440 (python-poetry.org/docs/dependency-specification).
pub(crate) fn pep440(range: &str) -> String {
    let part = |part: &str| match part.trim().split_at_checked(1) {
        Some(("^", version)) => format!(">={version},<4"),
        Some(("~", version)) if !version.starts_with('=') => {
            format!("=={}.*", version.split('.').take(2).collect::<Vec<_>>().join("."))
        }
        Some((first, _)) if first.chars().all(|digit| digit.is_ascii_digit()) => format!("=={}", part.trim()),
        _ => part.trim().to_owned(),
    };
    // Poetry's `||` leaves a choice: the first one is as good as the others
    range.split("||").next().unwrap_or_default().split(',').map(part).collect::<Vec<_>>().join(",")
}

/// Whether some release of a minor version is in a range: `>=3.12.4` allows 3.12, and so does `<3.13`.
pub(crate) fn allows(range: &VersionSpecifiers, minor: &str) -> bool {
    // the first, the last, and those beside what the range names: `==3.12.5` allows one release
    let named = range.iter().filter_map(|specifier| specifier.version().release().get(2).copied());
    let patches = [0, 99].into_iter().chain(named.flat_map(|patch| [patch, patch + 1, patch.saturating_sub(1)]));
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
