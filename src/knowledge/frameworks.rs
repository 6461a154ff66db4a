//! `frameworks.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// How an application of a framework is recognized, and the preset that runs it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Framework {
    pub(crate) name: String,
    /// Full names of what makes an application.
    pub(crate) constructors: Vec<String>,
    /// `wsgi` or `asgi`.
    pub(crate) interface: String,
    pub(crate) preset: String,
}

/// All frameworks, the preferred ones first.
pub(crate) fn frameworks() -> &'static [Framework] {
    static ROWS: LazyLock<Vec<Framework>> = LazyLock::new(|| super::rows(include_str!("frameworks.toml"), "framework"));
    &ROWS
}
