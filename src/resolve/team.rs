//! Rules of a team: allowed Python versions, required labels, and its own base image.

use std::collections::BTreeMap;

use super::settings::Settings;
use crate::error::{Error, Result};
use crate::layers::Node;
use crate::preset::because;
use crate::spec::Installer;

/// Checks `python.allowed`.
pub(super) fn python(settings: &Settings<'_>) -> Result<()> {
    let python = &settings.python;
    let (Some(version), Some(allowed)) = (&python.version, &python.allowed) else { return Ok(()) };
    if allowed.is_empty() || allowed.contains(version) {
        return Ok(());
    }
    let allowed = allowed.join(", ");
    let error = Error::new(format!("`python.version` is {version}, but `python.allowed` is {allowed}"));
    let rule = settings.layers.get("python.allowed").map(Node::origin);
    Err(error
        .at(settings.place("python.version"))
        .note(rule.map(|rule| rule.place.clone()), &rule.map_or_else(String::new, |rule| because("allowed here", rule)))
        .hint("set python.version to an allowed version, or ask the owners of the preset"))
}

/// Checks `image.required-labels`; a required label must not be empty.
pub(super) fn labels(labels: &BTreeMap<String, String>, required: &[String], layers: &Node) -> Result<()> {
    let missing = required.iter().find(|name| labels.get(*name).is_none_or(String::is_empty));
    let Some(name) = missing else { return Ok(()) };
    let message = format!("missing required label `{name}`");
    let message = layers.get("image.required-labels").map(|node| because(&message, node.origin())).unwrap_or(message);
    let key = match name.strip_prefix("org.opencontainers.image.") {
        Some(key @ ("description" | "source" | "licenses")) => format!("project.{key}"),
        _ => format!("image.labels.\"{name}\""),
    };
    Err(Error::new(message).at(layers.place("image.required-labels")).hint(format!("set {key}, or pass --set '{key}=VALUE'")))
}

/// Refuses a base image without Debian: dockgen installs packages with apt, and chooses libraries by its release. If a preset's
/// own templates install the application, any image is allowed.
pub(super) fn base(settings: &Settings<'_>) -> Result<()> {
    let base = settings.image.base.as_deref().unwrap_or_default();
    let installs = settings.install.with.is_none_or(|Installer(row)| row.installs());
    if !(installs && base.contains("alpine")) {
        return Ok(());
    }
    Err(Error::new(format!("`image.base` is {base}, but dockgen needs Debian"))
        .at(settings.place("image.base"))
        .hint("use an image based on Debian, such as \"registry.example.com/python:{python.version}-slim\""))
}

/// Whether an image name starts with a registry's host, by Docker's rule: a first part with a dot or a port, or `localhost`
/// (distribution/reference, normalize.go, splitDockerDomain).
pub(super) fn names_registry(image: &str) -> bool {
    image.split_once('/').is_some_and(|(host, _)| host.contains(['.', ':']) || host == "localhost")
}
