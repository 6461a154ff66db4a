//! What a spec leaves open for detection.

use toml::Value;

use crate::layers::Node;
use crate::pattern;

/// What detection looks for: everything that the spec leaves open. Detection adds nothing to a table that the spec fills.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a table of its own that a spec has or has not")]
pub struct DetectScope {
    /// The chosen entry point.
    pub entry: Option<String>,
    /// Variables that the spec already uses for parts of a service's address.
    pub named: Vec<String>,
    /// Kinds of the spec's services that are reached by URL, unless the spec defines how to write it.
    pub kinds: Vec<String>,
    /// Paths that the spec keeps in the build context.
    pub kept: Vec<String>,
    /// Only the application in this folder counts.
    pub within: Option<String>,
    /// The spec has no entry point.
    pub application: bool,
    /// The spec neither has a health check path nor turns the check off.
    pub health: bool,
    /// The spec has no `[services]`.
    pub services: bool,
    /// The spec has neither `[environment]` nor `[secrets]`.
    pub settings: bool,
    /// The spec has no `[processes]`.
    pub processes: bool,
    /// The spec has no `[volumes]`, and settings or the entry point are open too.
    pub volumes: bool,
    /// The spec has no Python version.
    pub python: bool,
    /// The folder of the application, unless the spec sets the steps of both build and release. Detection finds out whether those of a
    /// preset can run.
    pub steps: Option<String>,
}

impl DetectScope {
    /// Everything, for a project without a spec.
    #[must_use]
    pub fn all() -> Self {
        Self {
            entry: None,
            named: Vec::new(),
            kinds: Vec::new(),
            kept: Vec::new(),
            within: None,
            application: true,
            health: true,
            services: true,
            settings: true,
            processes: true,
            volumes: true,
            python: true,
            steps: Some(".".to_owned()),
        }
    }

    /// What a spec, including the flags, leaves open.
    #[must_use]
    pub fn after(spec: &Node) -> Self {
        let has = |key: &str| spec.get(key).is_some();
        // an entry that is `false` only takes something away
        let lists = |key: &str| match spec.get(key) {
            Some(Node::Table { children, .. }) => children
                .values()
                .any(|child| !matches!(child, Node::Leaf(Value::Boolean(false), _) | Node::Table { off: Some(_), .. })),
            _ => false,
        };
        let text = |key: &str| match spec.get(key) {
            Some(Node::Leaf(Value::String(text), _)) => Some(text.clone()),
            _ => None,
        };
        let off = |key: &str| matches!(spec.get(key), Some(Node::Table { off: Some(_), .. } | Node::Leaf(..)));
        let entry = text("app.entry");
        let health = has("health.path") || off("health");
        let settings = !lists("environment") && !lists("secrets");
        let volumes = (settings || entry.is_none()) && !lists("volumes");
        let decided = |table: &str| off(table) || has(&format!("{table}.steps"));
        let steps = !(decided("build") && decided("release"));
        Self {
            within: None,
            steps: steps.then(|| text("app.root").unwrap_or_else(|| ".".to_owned())),
            named: addressed(spec),
            kinds: databases(spec),
            kept: kept(spec),
            application: entry.is_none(),
            entry,
            health: !health,
            services: !lists("services"),
            settings,
            processes: !lists("processes"),
            volumes,
            python: !has("python.version"),
        }
    }

    pub(super) fn anything(&self) -> bool {
        self.application || self.health || self.services || self.settings || self.processes
    }
}

/// The paths of `context.keep`.
fn kept(spec: &Node) -> Vec<String> {
    match spec.get("context.keep") {
        Some(Node::Leaf(Value::Array(paths), _)) => paths.iter().filter_map(Value::as_str).map(pattern::clean).collect(),
        _ => Vec::new(),
    }
}

/// The services of a spec that have a table of their own.
fn tables(spec: &Node) -> impl Iterator<Item = &Node> {
    let services = match spec.get("services") {
        Some(Node::Table { children, .. }) => Some(children.values()),
        _ => None,
    };
    services.into_iter().flatten()
}

/// The variables that hold parts of addresses.
fn addressed(spec: &Node) -> Vec<String> {
    let names = tables(spec).filter_map(|service| match service.get("environment") {
        Some(Node::Table { children, .. }) => Some(children.keys().cloned()),
        _ => None,
    });
    names.flatten().collect()
}

/// The kinds of the services whose whole URL some variable holds, where the spec does not say how it is written.
fn databases(spec: &Node) -> Vec<String> {
    let text = |node: Option<&Node>| match node {
        Some(Node::Leaf(Value::String(text), _)) => Some(text.clone()),
        _ => None,
    };
    let with_url = tables(spec).filter(|service| match service.get("environment") {
        Some(Node::Table { children, .. }) => children.values().any(|part| text(Some(part)).as_deref() == Some("url")),
        _ => false,
    });
    let kinds = with_url.filter_map(|service| text(service.get("kind")));
    kinds.filter(|kind| spec.get(&format!("service-kinds.{kind}.url")).is_none()).collect()
}
