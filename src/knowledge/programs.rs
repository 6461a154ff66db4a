//! `programs.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The table `programs.toml`, which explains the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Programs {
    pub(crate) wrappers: Vec<String>,
    pub(crate) flags: Vec<String>,
    pub(crate) opening: Vec<String>,
    pub(crate) variables: Vec<String>,
    pub(crate) manifests: Vec<String>,
    pub(crate) runners: BTreeMap<String, Vec<String>>,
}

pub(crate) fn programs() -> &'static Programs {
    static TABLE: LazyLock<Programs> = LazyLock::new(|| super::table(include_str!("programs.toml")));
    &TABLE
}
