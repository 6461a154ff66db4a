//! `services.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// How to recognize that a project uses a kind of backing service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceRow {
    #[serde(rename = "kind")]
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) external: bool,
    #[serde(default)]
    pub(crate) databases: bool,
    pub(crate) images: Vec<String>,
    pub(crate) distributions: Vec<String>,
    pub(crate) prefixes: Vec<String>,
    pub(crate) urls: Vec<String>,
    #[serde(default)]
    pub(crate) schemes: Vec<String>,
    #[serde(default)]
    pub(crate) engines: Vec<String>,
}

impl ServiceRow {
    /// Whether it is a database: of those, a project uses one.
    pub(crate) fn is_database(&self) -> bool {
        self.name == "db"
    }
}

pub(crate) fn service_kinds() -> &'static [ServiceRow] {
    static ROWS: LazyLock<Vec<ServiceRow>> = LazyLock::new(|| super::rows(include_str!("services.toml"), "service"));
    &ROWS
}
