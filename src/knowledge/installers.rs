//! `installers.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// A row of `installers.toml`, which explains the keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct InstallerRow {
    pub(crate) name: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "a test generates the schema"))]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) tool: String,
    pub(crate) stage: Option<InstallStage>,
    #[serde(default)]
    pub(crate) selects: Vec<Selection>,
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
    #[serde(default)]
    pub(crate) workspace: bool,
    #[serde(default)]
    pub(crate) requirements: bool,
}

/// A separate Dockerfile stage of an installer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum InstallStage {
    Wheels,
    Requirements,
}

impl InstallStage {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wheels => "wheels",
            Self::Requirements => "requirements",
        }
    }
}

/// Kinds of dependencies that a user can select.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Selection {
    Groups,
    Extras,
    Package,
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
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        installers().iter().find(|row| row.name == name)
    }

    pub(crate) fn names() -> &'static [&'static str] {
        static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| installers().iter().map(|row| row.name.as_str()).collect());
        &NAMES
    }

    /// False for `none`.
    pub(crate) fn installs(&self) -> bool {
        !self.tool.is_empty()
    }

    /// The installer whose lockfile has this name.
    pub(crate) fn of_lockfile(file: &str) -> Option<&'static Self> {
        installers().iter().find(|row| row.lockfile.as_deref() == Some(file))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_installer_has_its_preset_and_templates() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for row in installers().iter().filter(|row| row.installs()) {
            let name = &row.name;
            let template = if row.stage.is_some() { format!("{name}-stage") } else { name.clone() };
            for file in [
                format!("presets/{name}.toml"),
                format!("templates/install/{template}.j2"),
                format!("templates/install/{}-project.j2", row.tool),
            ] {
                assert!(root.join(&file).is_file(), "{name} has no {file}");
            }
            assert_eq!(row.lockfile.is_some(), row.reader.is_some(), "{name}");
            assert_ne!(row.lockfile.is_some(), row.requirements, "{name}");
        }
    }
}
