//! `workers.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// A row of `workers.toml`, which explains the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkerRow {
    pub(crate) program: String,
    pub(crate) subcommand: Option<String>,
    pub(crate) libraries: Vec<String>,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) singleton: bool,
    pub(crate) run: Option<Vec<String>>,
}

/// All rows.
pub(crate) fn workers() -> &'static [WorkerRow] {
    static ROWS: LazyLock<Vec<WorkerRow>> = LazyLock::new(|| super::rows(include_str!("workers.toml"), "worker"));
    &ROWS
}
