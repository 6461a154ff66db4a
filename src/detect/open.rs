//! What a spec leaves open for detection.

use toml::Value;

use crate::layers::Node;
use crate::pattern;

/// What a spec leaves open, so that the sources are asked. A table that the spec fills is complete: sources add
/// nothing to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a table of its own that a spec has or has not")]
pub struct Open {
    /// The entry that somebody chose.
    pub entry: Option<String>,
    /// Variables that the spec names already, as parts of a service's address.
    pub named: Vec<String>,
    /// Kinds of services that the spec names, whose URL nobody wrote.
    pub kinds: Vec<String>,
    /// Files that the spec lets into the build context by their path.
    pub kept: Vec<String>,
    /// Only the application of this folder counts.
    pub within: Option<String>,
    /// Nobody named the application's entry.
    pub application: bool,
    /// Nobody named a health path, or turned the check off.
    pub health: bool,
    /// There is no `[services]`.
    pub services: bool,
    /// There is neither `[environment]` nor `[secrets]`.
    pub settings: bool,
    /// There is no `[processes]`.
    pub processes: bool,
    /// There is no `[volumes]`, and the spec does not say everything else by itself.
    pub volumes: bool,
    /// Nobody named the Python.
    pub python: bool,
    /// The folder of the application, where the spec leaves the steps of its build or release to a preset: whether they can run,
    /// the sources say.
    pub steps: Option<String>,
}

impl Open {
    /// Everything: there is no spec yet.
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

    /// What a spec, with the flags over it, leaves open.
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
