//! `system-packages.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

const TABLE: &str = include_str!("system-packages.toml");

static ROWS: LazyLock<BTreeMap<String, PackageRow>> = LazyLock::new(|| super::rows(TABLE, "packages"));

/// Debian packages of a distribution. The table explains the keys.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct PackageRow {
    pub(crate) same_as: String,
    pub(crate) wheel: Wheel,
    pub(crate) build: Vec<String>,
    pub(crate) build_bookworm: Option<Vec<String>>,
    pub(crate) run: Vec<String>,
    pub(crate) run_bookworm: Option<Vec<String>>,
    pub(crate) run_source: Vec<String>,
    pub(crate) run_source_bookworm: Option<Vec<String>>,
    pub(crate) when: When,
    pub(crate) unless: Vec<String>,
    pub(crate) tool: bool,
    pub(crate) hint: String,
    pub(crate) hint_bookworm: String,
    pub(crate) hint_trixie: String,
    pub(crate) settled_by: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Wheel {
    None,
    Partial,
    #[default]
    Binary,
    Pure,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum When {
    Always,
    #[default]
    FromSource,
    Feature,
}

/// The row of a distribution, or of one of its extras as `name[extra]`.
pub(crate) fn system_package(name: &str) -> Option<&'static PackageRow> {
    let row = ROWS.get(name)?;
    if row.same_as.is_empty() { Some(row) } else { ROWS.get(&row.same_as) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_sound_and_in_order() {
        let source = toml::de::DeTable::parse(TABLE).unwrap();
        let packages = source.get_ref().iter().find(|(key, _)| key.get_ref() == "packages").unwrap().1.get_ref();
        let mut places: Vec<_> = packages.as_table().unwrap().iter().map(|(key, _)| (key.span().start, key.get_ref())).collect();
        places.sort();
        assert!(places.is_sorted_by(|one, other| one.1 < other.1), "rows are sorted by name");
        let package = |name: &String| {
            name.len() > 1
                && name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
                && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "+-.".contains(letter))
        };
        for (name, row) in &*ROWS {
            let bare = name.split('[').next().unwrap();
            assert!(bare.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'), "{name}");
            let lists = [&row.build, &row.run, &row.run_source, &row.settled_by].into_iter();
            let others = [&row.build_bookworm, &row.run_bookworm, &row.run_source_bookworm].into_iter().flatten();
            assert!(lists.chain(others).flatten().all(package), "{name}");
            let hints = [&row.hint, &row.hint_bookworm, &row.hint_trixie];
            assert!(hints.iter().all(|hint| !hint.ends_with('.') && !hint.contains('\n')), "{name}");
            assert!(row.when != When::Feature || !row.hint.is_empty() && row.run.is_empty(), "{name}: a feature is only a hint");
            if !row.same_as.is_empty() {
                let other = ROWS.get(&row.same_as).unwrap_or_else(|| panic!("{name}: no row {}", row.same_as));
                assert!(other.same_as.is_empty(), "{name}");
                assert_eq!(
                    *row,
                    PackageRow { same_as: row.same_as.clone(), ..PackageRow::default() },
                    "{name}: same-as is its only key"
                );
            }
        }
    }
}
