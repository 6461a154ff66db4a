//! The installer and the files that it installs from.

use super::choices::Choices;
use super::settings::{Settings, list, need};
use super::system::Additions;
use crate::error::{Error, Result};
use crate::knowledge::{InstallStage, InstallerRow, Selection, installers};
use crate::model::{Install, InstallChoice};
use crate::paths;
use crate::spec::Installer;

impl Settings<'_> {
    pub(super) fn install_choice(&self) -> Result<InstallChoice> {
        let Installer(with) = need(self.install.with.as_ref(), "install.with").map_err(name_one)?;
        let files: Vec<_> = list(self.install.files.as_ref()).iter().map(|file| paths::normal(file)).collect();
        self.check_selection(with, &files)?;
        self.check_files(with, &files)?;
        Ok(InstallChoice {
            with,
            files,
            groups: self.install.groups.clone().unwrap_or_default(),
            extras: self.install.extras.clone().unwrap_or_default(),
            package: self.install.package.clone(),
        })
    }

    /// Refuses selections that the installer doesn't support: requirements files have no groups or extras, for example.
    fn check_selection(&self, with: &InstallerRow, files: &[String]) -> Result<()> {
        let install = &self.install;
        let selects = files.first().is_none_or(|file| ["pyproject", "lock"].contains(&declared_by(with, file)));
        let selected = [
            ("install.groups", Selection::Groups, !list(install.groups.as_ref()).is_empty()),
            ("install.extras", Selection::Extras, !list(install.extras.as_ref()).is_empty()),
            ("install.package", Selection::Package, install.package.is_some()),
        ];
        let wrong = selected.iter().find(|(_, selection, is_set)| *is_set && !(selects && with.selects.contains(selection)));
        let Some((key, ..)) = wrong else { return Ok(()) };
        let error = self.error(key, format!("`{key}` has no effect with this installer"));
        Err(error.hint("remove it, and change the files that the installer reads"))
    }

    /// Checks that there is a file to install from, and that it fits the installer.
    fn check_files(&self, with: &InstallerRow, files: &[String]) -> Result<()> {
        let Some(file) = files.first() else {
            let error = self.error("install.files", "`install.files` is empty");
            let error = error.hint("write, for example, files = [\"requirements.txt\"]");
            return if with.installs() { Err(error) } else { Ok(()) };
        };
        if with.stage == Some(InstallStage::Wheels) && declared_by(with, file) != "requirements" {
            let error = Error::new(format!("`{}` needs a requirements file, but `{file}` isn't one", with.name));
            return Err(error
                .at(self.place("install.with"))
                .hint("set install.with = \"pip\", or export your dependencies to requirements.txt"));
        }
        Ok(())
    }
}

/// Adds the hint for a missing installer.
fn name_one(error: Error) -> Error {
    let locks: Vec<&str> = installers().iter().filter_map(|row| row.lockfile.as_deref()).collect();
    error.hint(format!(
        "found no {}, requirements.txt or dependencies in pyproject.toml: name another file with \
         --set install.with=pip --set 'install.files=[\"FILE\"]'",
        locks.join(", ")
    ))
}

/// Kind of the installed file, for templates.
fn declared_by(with: &InstallerRow, file: &str) -> &'static str {
    match (with.requirements, paths::name(file)) {
        (true, "pyproject.toml") => "pyproject",
        (true, "setup.py" | "setup.cfg") => "setup",
        (true, _) => "requirements",
        (false, _) => "lock",
    }
}

impl Choices<'_> {
    /// Version of the installer; empty for pip.
    pub(super) fn installer_version(&self) -> &str {
        self.settings.install.version.as_deref().unwrap_or_default()
    }

    pub(super) fn model_install(&self, additions: &Additions) -> Install {
        let choice = self.install.clone();
        let with = choice.with;
        let declared_by = declared_by(with, choice.file());
        Install {
            tool: with.tool.clone(),
            stage: with.stage.map(InstallStage::name),
            version: self.installer_version().to_owned(),
            file: choice.file().to_owned(),
            choice,
            project: self.settings.install.project.unwrap_or_default() || declared_by == "setup",
            declared_by,
            verified: additions.lock.verified,
            resolved: additions.lock.resolved,
            local: additions.local.clone(),
            server: additions.server.clone(),
            additions: additions.requirements.clone(),
        }
    }
}
