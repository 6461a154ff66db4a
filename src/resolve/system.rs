//! The Debian packages of each stage: what the spec names, what the dependencies need, without what the spec takes out.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolved;
use crate::detect::system::{Need, Needs, Why};
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
        self.settle_server(needs);
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

    /// Keeps the server only where the command needs it and no dependency brings it.
    fn settle_server(&mut self, needs: &Needs) {
        let dockerfile = &mut self.model.dockerfile;
        let Some(package) = dockerfile.install.server.take() else { return };
        let name = package.split("==").next().unwrap_or_default();
        if dockerfile.command.iter().any(|word| word == name) && !needs.installed.contains(name) {
            self.hints.push(format!(
                "no dependency brings {name}: the image installs {package}; add it to your dependencies to choose"
            ));
            dockerfile.install.server = Some(package);
        }
    }
}
