//! pylock.toml (PEP 751).

use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use crate::error::{Result, Source};
use crate::paths;
use crate::project::tables::{get, parse};
use crate::python::dependencies::{Dependency, Installation, line_origin};
use crate::python::names::normalized;

/// What pylock.toml lists: everything, with markers for other machines.
pub(in crate::python) fn pylock(installation: &Installation<'_>, source: &Arc<Source>) -> Result<Vec<Dependency>> {
    let document = parse(source)?;
    let packages = get(&document, "packages").and_then(DeValue::as_array).into_iter().flat_map(|list| list.iter());
    let dependency = |item: &Spanned<DeValue<'_>>| {
        let package = item.get_ref().as_table()?;
        let text = |key: &str| get(package, key).and_then(DeValue::as_str);
        let excluded = installation.environment.excludes(text("marker").unwrap_or_default());
        let wheels = get(package, "wheels").and_then(DeValue::as_array).into_iter().flat_map(|list| list.iter());
        let name = |wheel: &Spanned<DeValue<'_>>| {
            let wheel = wheel.get_ref().as_table()?;
            let file = ["name", "url", "path"].into_iter().find_map(|key| get(wheel, key)?.as_str())?;
            Some(paths::name(file).to_owned())
        };
        let fetched_with = get(package, "vcs").map(|_| "git");
        Some(Dependency {
            name: normalized(text("name")?).filter(|_| !excluded)?,
            version: text("version").map(str::to_owned),
            extras: Vec::new(),
            wheels: Some(wheels.filter_map(name).collect()),
            fetched_with,
            origin: line_origin(source, item.span().start),
        })
    };
    Ok(packages.filter_map(dependency).collect())
}
