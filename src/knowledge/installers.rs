//! Installers, as `installers.toml` lists them.

use std::sync::LazyLock;

use serde::Deserialize;

/// An installer; the head of the table explains the columns.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct InstallerRow {
    pub(crate) name: String,
    pub(crate) source: InstallSource,
    #[serde(default)]
    pub(crate) any_project: bool,
    pub(crate) lockfile: Option<Lockfile>,
}

/// What an installer installs from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum InstallSource {
    Requirements,
    Lockfile,
}

/// The format of a lockfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LockReader {
    Uv,
    Poetry,
    Pdm,
    Pipenv,
}

/// The lockfile of an installer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Lockfile {
    pub(crate) name: String,
    pub(crate) reader: LockReader,
    pub(crate) manifest: String,
    pub(crate) command: String,
    pub(crate) table: Option<String>,
    pub(crate) backend: Option<String>,
    pub(crate) dependencies: Option<String>,
    pub(crate) not_a_package: Option<String>,
    pub(crate) python: Option<String>,
    pub(crate) lock_python: Option<String>,
    pub(crate) workspace: Option<String>,
}

/// All installers.
pub(crate) fn rows() -> &'static [InstallerRow] {
    static ROWS: LazyLock<Vec<InstallerRow>> = LazyLock::new(|| super::rows(include_str!("installers.toml"), "installer"));
    &ROWS
}

/// The installer of this name.
pub(crate) fn named(name: &str) -> Option<&'static InstallerRow> {
    rows().iter().find(|row| row.name == name)
}

/// The first installer that installs from this.
pub(crate) fn from(source: InstallSource) -> Option<&'static InstallerRow> {
    rows().iter().find(|row| row.source == source)
}

/// The installers with a lockfile, each with that.
pub(crate) fn with_lockfile() -> impl DoubleEndedIterator<Item = (&'static InstallerRow, &'static Lockfile)> {
    rows().iter().filter_map(|row| Some((row, row.lockfile.as_ref()?)))
}

/// The installer whose lockfile has this name.
pub(crate) fn of_lockfile(file: &str) -> Option<&'static InstallerRow> {
    with_lockfile().find(|(_, lockfile)| lockfile.name == file).map(|(row, _)| row)
}

impl InstallerRow {
    /// The format of its lockfile.
    pub(crate) fn reader(&self) -> Option<LockReader> {
        self.lockfile.as_ref().map(|lockfile| lockfile.reader)
    }
}
