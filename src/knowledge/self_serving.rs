//! `self-serving.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A row of `self-serving.toml`, which explains the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelfServingRow {
    pub(crate) name: String,
    pub(crate) module: String,
    pub(crate) calls: Vec<String>,
    pub(crate) command: Option<String>,
    pub(crate) port: Option<u16>,
    #[serde(default)]
    pub(crate) local: bool,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) health: Option<String>,
}

/// All rows; libraries that wrap others come first.
pub(crate) fn self_serving() -> &'static [SelfServingRow] {
    static ROWS: LazyLock<Vec<SelfServingRow>> = LazyLock::new(|| super::rows(include_str!("self-serving.toml"), "program"));
    &ROWS
}
