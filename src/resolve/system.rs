//! What the dependencies add to the image: Debian packages for each stage, a server that none of them includes, and workarounds for
//! old versions.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use pep440_rs::Version;

use super::choices::Choices;
use super::settings::list;
use crate::detect::LockState;
use crate::detect::system_packages::{ADDITIONS, Need, Needs, OPTIONS, Why};
use crate::knowledge::InstallStage;
use crate::model::{Addition, PackageNeed, Packages};

pub(super) struct Additions {
    pub(super) build: Packages,
    /// Packages for the build steps, if no stage compiles.
    pub(super) step: Packages,
    pub(super) run: Packages,
    /// What the installer can do with its lockfile.
    pub(super) lock: LockState,
    /// Folders and files of the project that its requirements install.
    pub(super) local: Vec<String>,
    /// The server, if no dependency includes it.
    pub(super) server: Option<String>,
    /// Requirements that a dependency needs and none includes.
    pub(super) requirements: Vec<Addition>,
    /// The web command, without options that the server's version doesn't support.
    pub(super) command: Vec<String>,
    /// Messages for the user.
    pub(super) hints: Vec<String>,
}

impl Choices<'_> {
    /// The additions for these commands; without `needs`, only the packages of the spec.
    pub(super) fn additions(&self, needs: Option<&Needs>, command: Vec<String>, has_steps: bool) -> Additions {
        let settings = &self.settings;
        let package = settings.server.package.clone();
        let system = &settings.system;
        let mut additions = Additions {
            build: self.packages(system.build.as_ref(), &[]),
            step: Packages::default(),
            run: self.packages(system.run.as_ref(), &[]),
            lock: LockState { verified: true, ..LockState::default() },
            local: Vec::new(),
            server: package,
            requirements: Vec::new(),
            command,
            hints: Vec::new(),
        };
        if let Some(needs) = needs {
            additions.lock = needs.lock.clone();
            additions.local.clone_from(&needs.local);
            additions.settle_server(needs);
            additions.settle_versions(needs);
            self.add_packages(&mut additions, needs, has_steps);
        }
        additions
    }

    /// Build steps import the application and load its dependencies' libraries. A stage that compiles a dependency
    /// already has the library, because every `-dev` package depends on it.
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

    /// Packages that the spec names, and those that dependencies need, with the reasons.
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
    /// Removes the server unless the command needs it and no dependency includes it.
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

    /// Adapts to old server versions: removes an unsupported option, or adds a requirement.
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
