//! `frameworks.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// How to recognize a framework's applications, and the preset that runs them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Framework {
    pub(crate) name: String,
    /// Full names of constructors and factories, such as `fastapi.FastAPI`.
    pub(crate) constructors: Vec<String>,
    pub(crate) interface: String,
    pub(crate) preset: String,
    /// The attribute of an application that a server calls, where it is not the application itself.
    pub(crate) callable: Option<String>,
    /// The usual entry point of a new project, if it isn't `main:app`.
    pub(crate) entry: Option<String>,
    /// Whether its server awaits a factory that is a coroutine, named without `()`.
    #[serde(default)]
    pub(crate) awaits: bool,
}

/// All frameworks in order of preference.
pub(crate) fn frameworks() -> &'static [Framework] {
    static ROWS: LazyLock<Vec<Framework>> = LazyLock::new(|| super::rows(include_str!("frameworks.toml"), "framework"));
    &ROWS
}
