//! The Debian packages of each stage: what the spec names, what the dependencies need, without what the spec takes out.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use pep440_rs::Version;

use super::Resolved;
use crate::detect::system_packages::{ADDITIONS, Need, Needs, OPTIONS, Why};
use crate::model::{PackageNeed, Packages};

/// The packages that the spec names.
pub(super) fn packages(names: Option<Vec<String>>, without: &[String]) -> Packages {
    let mut packages = Packages { names: names.unwrap_or_default(), needs: Vec::new() };
    packages.settle(without);
    packages
}

impl Packages {
    /// Adds what distributions need, each with the sentence that says so.
    fn add(&mut self, needs: &[&Need], without: &[String]) {
        let mut all: BTreeMap<(&str, &'static str), BTreeSet<&String>> = BTreeMap::new();
        for need in needs.iter().filter(|need| !without.contains(&need.package)) {
            all.entry((&need.distribution, need.why.words())).or_default().insert(&need.package);
            self.names.push(need.package.clone());
        }
        self.needs.extend(all.into_iter().map(|((distribution, does), packages)| PackageNeed {
            distribution: distribution.to_owned(),
            does,
            packages: packages.into_iter().cloned().collect(),
        }));
        self.settle(without);
    }

    fn settle(&mut self, without: &[String]) {
        self.names.retain(|name| !without.contains(name));
        self.names.sort();
        self.names.dedup();
    }
}

impl Resolved {
    /// Adds what the dependencies need to each stage.
    ///
    /// Build steps import the application, and with it the libraries that its dependencies load. A stage that compiles one of them has
    /// its library already: every `-dev` package brings it.
    pub fn add_needs(&mut self, needs: &Needs) {
        self.model.dockerfile.install.verified = needs.verified;
        self.settle_server(needs);
        self.settle_versions(needs);
        let dockerfile = &mut self.model.dockerfile;
        let steps = !dockerfile.steps.is_empty();
        let wheels = dockerfile.install.with == "wheels";
        let loaded =
            needs.run.iter().filter(|need| steps && (need.why == Why::Loads || wheels && need.why == Why::LoadsCompiled));
        let loaded: Vec<_> = loaded.collect();
        let mut build: Vec<_> = needs.build.iter().collect();
        if wheels {
            dockerfile.step_packages.add(&loaded, &self.without);
        } else {
            build.extend(loaded);
        }
        dockerfile.build_packages.add(&build, &self.without);
        dockerfile.run_packages.add(&needs.run.iter().collect::<Vec<_>>(), &self.without);
        let there = &dockerfile.run_packages.names;
        let open = needs.hints.iter().filter(|hint| !hint.settled_by.iter().any(|package| there.contains(package)));
        self.hints.extend(open.map(|hint| hint.text.clone()));
    }

    /// Leaves the configuration of a server to a file of the project's, but for the port: the health check asks there.
    pub fn keep_server_file(&mut self, server: &str, path: &str, text: &str) {
        let port = self.model.port;
        let command = &mut self.model.dockerfile.command;
        if command.first().is_some_and(|program| program == server) && !command.iter().any(|word| word == "--bind") {
            command.splice(1..1, ["--bind".to_owned(), format!("0.0.0.0:{port}")]);
        }
        let value = |line: &str| Some(line.strip_prefix("daemon")?.trim().strip_prefix('=')?.split('#').next()?.trim() == "True");
        if text.lines().filter_map(value).any(|on| on) {
            self.hints.push(format!(
                "{path} sets `daemon`: the server would leave the foreground, and the container would exit; remove it"
            ));
        }
    }

    /// Old versions lack an option of the command, or need something that is no longer there by itself.
    fn settle_versions(&mut self, needs: &Needs) {
        let dockerfile = &mut self.model.dockerfile;
        let older = |name: &str, limit: &str| {
            let version = needs.installed.get(name).and_then(|version| Version::from_str(version.as_deref()?).ok());
            version.zip(Version::from_str(limit).ok()).is_some_and(|(version, limit)| version < limit)
        };
        for (name, option, since) in OPTIONS {
            let at = dockerfile.command.iter().position(|word| word == option);
            if let Some(at) = at.filter(|_| older(name, since)) {
                dockerfile.command.drain(at..(at + 2).min(dockerfile.command.len()));
                self.hints.push(format!("{name} supports {option} from {since}; without it, slow requests delay a stop"));
            }
        }
        for (name, until, addition) in ADDITIONS {
            if older(name, until) && !needs.installed.contains_key("setuptools") {
                dockerfile.install.additions.push(addition.clone());
            }
        }
    }

    /// Keeps the server only where the command needs it and no dependency brings it.
    fn settle_server(&mut self, needs: &Needs) {
        let dockerfile = &mut self.model.dockerfile;
        let Some(package) = dockerfile.install.server.take() else { return };
        let name = package.split("==").next().unwrap_or_default();
        if dockerfile.command.iter().any(|word| word == name) && !needs.installed.contains_key(name) {
            self.hints.push(format!(
                "{name} is not a dependency, so the image installs {package}; add it to your dependencies to choose the version"
            ));
            dockerfile.install.server = Some(package);
        }
    }
}
