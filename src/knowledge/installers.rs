//! `installers.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// How a project shows that it uses an installer; the keys are explained in the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct InstallerRow {
    pub(crate) name: String,
    pub(crate) lockfile: Option<String>,
    #[serde(default)]
    pub(crate) manifest: String,
    pub(crate) reader: Option<LockReader>,
    #[serde(default)]
    pub(crate) table: Vec<String>,
    pub(crate) backend: Option<String>,
    #[serde(default)]
    pub(crate) yields_to: Vec<String>,
    pub(crate) declares: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) python: Vec<String>,
    pub(crate) python_of_lock: Option<String>,
    #[serde(default)]
    pub(crate) package_switch: Vec<String>,
    #[serde(default)]
    pub(crate) installs_itself: bool,
    pub(crate) workspace: Option<String>,
    #[serde(default)]
    pub(crate) requirements: bool,
}

/// The readers of lockfiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LockReader {
    Uv,
    Poetry,
    Pdm,
    Pipenv,
}

/// All installers; the first one without a lockfile is the default for requirements files.
pub(crate) fn installers() -> &'static [InstallerRow] {
    static ROWS: LazyLock<Vec<InstallerRow>> = LazyLock::new(|| super::rows(include_str!("installers.toml"), "installer"));
    &ROWS
}

impl InstallerRow {
    /// The installer of a name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        installers().iter().find(|row| row.name == name)
    }

    /// The installer that a file is the lockfile of, by the file's name.
    pub(crate) fn of_lockfile(file: &str) -> Option<&'static Self> {
        installers().iter().find(|row| row.lockfile.as_deref() == Some(file))
    }
}
