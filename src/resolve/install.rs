//! How the virtual environment is filled: the installer, and what it installs from.

use super::choices::Choices;
use super::settings::{Settings, list, need};
use super::system::Additions;
use super::words;
use crate::error::{Error, Result};
use crate::knowledge::InstallerRow;
use crate::model::{Install, InstallChoice};
use crate::paths;
use crate::spec::Installer;

impl Settings<'_> {
    /// The installer and its files.
    pub(super) fn installation(&self) -> Result<InstallChoice> {
        let with = need(self.install.with.as_ref(), "install.with").map_err(|error| {
            error.hint(
                "name an installer preset (pip, wheels, uv, poetry, pdm, pipenv), or commit a lock file or requirements.txt",
            )
        })?;
        self.check_selection(with)?;
        let files: Vec<_> = list(self.install.files.as_ref()).iter().map(|file| paths::normal(file)).collect();
        let Some(file) = files.first() else {
            return Err(self.error("install.files", "`install.files` is empty: there is nothing to install from"));
        };
        self.check_file(with, file)?;
        Ok(InstallChoice {
            with: InstallerRow::named(serde_json::to_value(with).ok().as_ref().and_then(|v| v.as_str()).unwrap_or_default())
                .ok_or_else(|| words::unknown("install.with"))?,
            files,
            groups: self.install.groups.clone().unwrap_or_default(),
            extras: self.install.extras.clone().unwrap_or_default(),
            package: self.install.package.clone(),
        })
    }

    /// Groups and extras are chosen from a lock file: requirements hold none, and Pipfiles no extras.
    fn check_selection(&self, with: Installer) -> Result<()> {
        let install = &self.install;
        let some = |names: Option<&Vec<String>>| !list(names).is_empty();
        let requirements = matches!(with, Installer::Pip | Installer::Wheels);
        let key = match (requirements, with) {
            (true, _) if some(install.groups.as_ref()) => "install.groups",
            (true, _) | (_, Installer::Pipenv) if some(install.extras.as_ref()) => "install.extras",
            (_, with) if install.package.is_some() && !matches!(with, Installer::Uv) => "install.package",
            _ => return Ok(()),
        };
        Err(self.error(key, format!("`{key}` means nothing to this installer: write what you want into the files that it reads")))
    }

    /// Wheels are built from requirements.
    fn check_file(&self, with: Installer, file: &str) -> Result<()> {
        if with != Installer::Wheels || !["pyproject.toml", "setup.py", "setup.cfg"].contains(&paths::name(file)) {
            return Ok(());
        }
        let error = Error::new(format!("`wheels` builds from requirements, and `{file}` is none"));
        Err(error.at(self.place("install.with")).hint("install with pip, or export your dependencies"))
    }
}

impl Choices<'_> {
    /// The version of the installer's own tool; empty for pip.
    pub(super) fn installer_version(&self) -> &str {
        self.settings.install.version.as_deref().unwrap_or_default()
    }

    pub(super) fn model_install(&self, additions: &Additions) -> Install {
        let file = self.install.file().to_owned();
        let declared_by = match (self.settings.install.with, paths::name(&file)) {
            (Some(Installer::Pip), "pyproject.toml") => "pyproject",
            (Some(Installer::Pip), "setup.py" | "setup.cfg") => "setup",
            (Some(Installer::Pip | Installer::Wheels), _) => "requirements",
            _ => "lock",
        };
        Install {
            with: self.install.with.name.clone(),
            files: self.install.files.clone(),
            groups: self.install.groups.clone(),
            extras: self.install.extras.clone(),
            package: self.install.package.clone(),
            version: self.installer_version().to_owned(),
            project: self.settings.install.project.unwrap_or_default() || declared_by == "setup",
            declared_by,
            file,
            verified: additions.verified,
            server: additions.server.clone(),
            additions: additions.requirements.clone(),
        }
    }
}
