//! What a spec leaves open for detection.

use toml::Value;

use crate::layers::Node;
use crate::pattern;

/// What detection depends on besides the project's files. What it finds is merged under the spec, so most of a spec is no part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetectScope {
    /// The chosen entry point.
    pub entry: Option<String>,
    /// Paths that the spec keeps in the build context.
    pub kept: Vec<String>,
    /// Only the application in this folder counts.
    pub within: Option<String>,
    /// The spec has a health check path, or turns the check off.
    pub decided_health: bool,
    /// The spec has a Python version.
    pub decided_python: bool,
    /// Names and kinds of the spec's services.
    pub services: Vec<String>,
}

impl DetectScope {
    /// What a spec, including the flags, leaves open.
    #[must_use]
    pub fn after(spec: &Node) -> Self {
        let text = |node: &Node| node.to_value().as_str().map(str::to_owned);
        Self {
            entry: spec.get("app.entry").and_then(text),
            kept: kept(spec),
            within: None,
            decided_health: spec.get("health.path").is_some() || spec.get("health").is_some_and(Node::is_off),
            decided_python: spec.get("python.version").is_some(),
            services: services(spec),
        }
    }
}

/// The paths of `context.keep`.
fn kept(spec: &Node) -> Vec<String> {
    match spec.get("context.keep") {
        Some(Node::Leaf(Value::Array(paths), _)) => paths.iter().filter_map(Value::as_str).map(pattern::clean).collect(),
        _ => Vec::new(),
    }
}

/// The names of services, and their kinds.
fn services(spec: &Node) -> Vec<String> {
    let kind = |service: &Node| service.get("kind").and_then(|kind| kind.to_value().as_str().map(str::to_owned));
    spec.entries("services").flat_map(|(name, service)| [Some(name.clone()), kind(service)]).flatten().collect()
}
