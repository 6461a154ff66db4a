//! `programs.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A row of `programs.toml`, which explains the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProgramRow {
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
pub(crate) fn programs() -> &'static [ProgramRow] {
    static ROWS: LazyLock<Vec<ProgramRow>> = LazyLock::new(|| super::rows(include_str!("programs.toml"), "program"));
    &ROWS
}
