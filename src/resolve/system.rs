//! What the dependencies add to the image: Debian packages for each stage, the server that none of them includes, and what old
//! versions lack.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use pep440_rs::Version;

use super::choices::Choices;
use super::settings::list;
use crate::detect::system_packages::{ADDITIONS, Need, Needs, OPTIONS, Why};
use crate::knowledge::InstallStage;
use crate::model::{Addition, PackageNeed, Packages};

/// What the dependencies add.
pub(super) struct Additions {
    /// Debian packages of the stage that compiles.
    pub(super) build: Packages,
    /// Debian packages for the build steps, where they run in a stage that compiles nothing.
    pub(super) step: Packages,
    /// Debian packages of the final stage.
    pub(super) run: Packages,
    /// Whether the installer can tell that the lock file fits its manifest.
    pub(super) verified: bool,
    /// The server, where no dependency brings it.
    pub(super) server: Option<String>,
    /// Requirements that no dependency brings although one needs them.
    pub(super) requirements: Vec<Addition>,
    /// The command of the web process, without options that its server doesn't know.
    pub(super) command: Vec<String>,
    /// What dockgen can't decide.
    pub(super) hints: Vec<String>,
}

impl Choices<'_> {
    /// What the dependencies add where these commands run; without their needs, only what the spec names.
    pub(super) fn additions(&self, needs: Option<&Needs>, command: Vec<String>, has_steps: bool) -> Additions {
        let settings = &self.settings;
        let package = settings.server.package.clone();
        let system = &settings.system;
        let mut additions = Additions {
            build: self.packages(system.build.as_ref(), &[]),
            step: Packages::default(),
            run: self.packages(system.run.as_ref(), &[]),
            verified: true,
            server: package,
            requirements: Vec::new(),
            command,
            hints: Vec::new(),
        };
        if let Some(needs) = needs {
            additions.verified = needs.verified;
            additions.settle_server(needs);
            additions.settle_versions(needs);
            self.add_packages(&mut additions, needs, has_steps);
        }
        additions
    }

    /// Build steps import the application, and with it the libraries that its dependencies load. A stage that compiles one of them
    /// has its library already: every `-dev` package brings it.
    fn add_packages(&self, additions: &mut Additions, needs: &Needs, has_steps: bool) {
        let system = &self.settings.system;
        let wheels = self.install.with.stage == Some(InstallStage::Wheels);
        let is_loaded = |need: &&Need| need.why == Why::Loads || wheels && need.why == Why::LoadsCompiled;
        let loaded = needs.run.iter().filter(is_loaded).filter(|_| has_steps);
        let compiled = needs.build.iter();
        if wheels {
            additions.build = self.packages(system.build.as_ref(), &compiled.collect::<Vec<_>>());
            additions.step = self.packages(None, &loaded.collect::<Vec<_>>());
        } else {
            additions.build = self.packages(system.build.as_ref(), &compiled.chain(loaded).collect::<Vec<_>>());
        }
        additions.run = self.packages(system.run.as_ref(), &needs.run.iter().collect::<Vec<_>>());
        let there = &additions.run.names;
        let open = needs.hints.iter().filter(|hint| !hint.settled_by.iter().any(|package| there.contains(package)));
        additions.hints.extend(open.map(|hint| hint.text.clone()));
    }

    /// The packages that the spec names and those that distributions need, each with the sentence that says so.
    fn packages(&self, named: Option<&Vec<String>>, needs: &[&Need]) -> Packages {
        let without = list(self.settings.system.without.as_ref());
        let mut all: BTreeMap<(&str, &'static str), BTreeSet<&String>> = BTreeMap::new();
        for need in needs.iter().filter(|need| !without.contains(&need.package)) {
            all.entry((&need.distribution, need.why.words())).or_default().insert(&need.package);
        }
        let names = list(named).iter().filter(|name| !without.contains(name));
        let names: BTreeSet<&String> = names.chain(all.values().flatten().copied()).collect();
        let needs = all.into_iter().map(|((distribution, does), packages)| PackageNeed {
            distribution: distribution.to_owned(),
            does,
            packages: packages.into_iter().cloned().collect(),
        });
        Packages { needs: needs.collect(), names: names.into_iter().cloned().collect() }
    }
}

impl Additions {
    /// Keeps the server only where the command needs it and no dependency brings it.
    fn settle_server(&mut self, needs: &Needs) {
        let Some(package) = self.server.take() else { return };
        let name = package.split("==").next().unwrap_or_default();
        if self.command.iter().any(|word| word == name) && !needs.installed.contains_key(name) {
            self.hints.push(format!(
                "{name} is not a dependency, so the image installs {package}; add it to your dependencies to choose the version"
            ));
            self.server = Some(package);
        }
    }

    /// Old versions lack an option of the command, or need something that is no longer there by itself.
    fn settle_versions(&mut self, needs: &Needs) {
        let older = |name: &str, limit: &str| {
            let version = needs.installed.get(name).and_then(|version| Version::from_str(version.as_deref()?).ok());
            version.zip(Version::from_str(limit).ok()).is_some_and(|(version, limit)| version < limit)
        };
        for (name, option, since) in OPTIONS {
            let at = self.command.iter().position(|word| word == option);
            if let Some(at) = at.filter(|_| older(name, since)) {
                self.command.drain(at..(at + 2).min(self.command.len()));
                self.hints.push(format!("{name} supports {option} from {since}; without it, slow requests delay a stop"));
            }
        }
        for (name, until, addition) in ADDITIONS {
            if older(name, until) && !needs.installed.contains_key("setuptools") {
                self.requirements.push(addition.clone());
            }
        }
    }
}
