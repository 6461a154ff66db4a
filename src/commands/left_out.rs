//! Detected entries that a table of the spec replaces: hints name each one, so that none is lost silently.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use crate::detect::{self, DetectScope};
use crate::layers::Node;
use crate::pipeline::Project;

/// How many variables a hint names.
const MOST: usize = 6;

/// A detected entry that the merged layers don't have.
struct LeftOut {
    table: String,
    name: String,
    /// Its line in that table.
    line: String,
    place: String,
    /// Whether the application doesn't start without it.
    required: bool,
}

/// Names the detected entries that are left out, required variables first, and what to type to keep each one.
///
/// Detection runs again for it, so call it only for runs that a person reads.
pub(super) fn hints(project: &Project) -> Vec<String> {
    let Project { folder, merged, scope, .. } = project;
    let layers = &merged.layers;
    if scope.services && scope.settings && scope.processes && scope.volumes {
        return Vec::new();
    }
    let entry = layers.get("app.entry").and_then(|entry| entry.to_value().as_str().map(str::to_owned));
    let Ok(facts) = detect::survey(folder, &DetectScope { entry, ..DetectScope::all() }) else { return Vec::new() };
    let (required, optional): (Vec<_>, Vec<_>) = if scope.settings {
        Default::default()
    } else {
        variables(&facts.layer, layers).into_iter().partition(|entry| entry.required)
    };
    let mut hints = Vec::from_iter(required_hint(&required));
    for (table, replaced) in [("services", !scope.services), ("processes", !scope.processes), ("volumes", !scope.volumes)] {
        let entries = if replaced { entries_of(table, &facts.layer, layers) } else { Vec::new() };
        hints.extend(entries.iter().map(|entry| entry.hint(layers)));
    }
    hints.extend(if scope.volumes { Vec::new() } else { one_pod(&facts.layer, layers) });
    hints.extend(optional_hint(&optional));
    hints
}

/// What detected volumes demand of Kubernetes, unless someone decided it: two pods can't share an `SQLite` database.
fn one_pod(facts: &Node, layers: &Node) -> Vec<String> {
    let demanded = entries(facts, "kubernetes").into_iter().filter(|(name, node)| {
        let known = layers.get(&format!("kubernetes.{name}"));
        known.is_none_or(|known| known.origin().is_default() && known.to_value() != node.to_value())
    });
    let hint = |(name, node): (&String, &Node)| LeftOut::new("kubernetes", name, &node.to_value(), node).hint(layers);
    demanded.map(hint).collect()
}

impl LeftOut {
    fn new(table: &str, name: &str, value: &Value, node: &Node) -> Self {
        let line = format!("{name} = {value}");
        Self { table: table.to_owned(), name: name.to_owned(), line, place: place(node), required: is_required(node) }
    }

    fn hint(&self, layers: &Node) -> String {
        let Self { table, name, line, place, .. } = self;
        let cause = cause(table, layers);
        let drop = match table.rsplit('.').next() {
            Some("kubernetes") => String::new(),
            // a part of an address can't be `false`
            Some("environment") => format!("; to drop it, add `{name} = false` under [environment]"),
            _ => format!("; to drop it, add `{name} = false` there"),
        };
        format!(
            "{table}.{name} ({place}) is detected, but left out: [{cause}] in the spec replaces what is detected; to keep it, add \
             `{line}` under [{table}]{drop}"
        )
    }
}

/// The application doesn't start without these.
fn required_hint(entries: &[LeftOut]) -> Option<String> {
    let first = entries.first()?;
    let LeftOut { table, name, .. } = first;
    let line = |entry: &LeftOut| format!("`{}` under [{}] ({})", entry.line, entry.table, entry.place);
    Some(format!(
        "the application doesn't start without variables that are left out, because [environment] and [secrets] in the spec replace \
         what is detected: add {}; if one isn't needed, add `{name} = false` under [{table}]",
        listed(entries, line)
    ))
}

fn optional_hint(entries: &[LeftOut]) -> Option<String> {
    let LeftOut { table, name, line, .. } = entries.first()?;
    let shown = |entry: &LeftOut| format!("{}.{} ({})", entry.table, entry.name, entry.place);
    Some(format!(
        "[environment] and [secrets] in the spec replace the detected variables, so these are left out: {}; add those that the \
         application needs, such as `{line}` under [{table}], and `{name} = false` for the others",
        listed(entries, shown)
    ))
}

fn listed(entries: &[LeftOut], shown: impl Fn(&LeftOut) -> String) -> String {
    let list: Vec<String> = entries.iter().take(MOST).map(shown).collect();
    let more = match entries.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more (`dockgen detect` lists all)"),
    };
    list.join(", ") + &more
}

/// The table of the spec that replaces a detected one: variables in the spec also turn off the detection of volumes.
fn cause<'a>(table: &'a str, layers: &Node) -> &'a str {
    let top = if table == "kubernetes" { "volumes" } else { table.split('.').next().unwrap_or(table) };
    let is_set = |table: &&str| entries(layers, table).values().any(|node| !node.origin().fact && !is_off(node));
    [top, "environment", "secrets"].into_iter().find(is_set).unwrap_or(top)
}

fn is_off(node: &Node) -> bool {
    node.to_value() == Value::Boolean(false)
}

fn variables(facts: &Node, layers: &Node) -> Vec<LeftOut> {
    let known = known_variables(layers);
    let tables = ["environment", "secrets"].into_iter();
    let all = tables.flat_map(|table| entries(facts, table).into_iter().map(move |(name, node)| (table, name, node)));
    let unknown = all.filter(|(_, name, _)| !known.contains(*name));
    unknown.map(|(table, name, node)| LeftOut::new(table, name, &short(node), node)).collect()
}

/// The value of a variable without what `false` or a description adds.
fn short(node: &Node) -> Value {
    let mut value = node.to_value();
    if let Value::Table(fields) = &mut value {
        fields.retain(|key, field| key != "description" && *field != Value::Boolean(false));
    }
    value
}

fn entries_of(table: &str, facts: &Node, layers: &Node) -> Vec<LeftOut> {
    let known = entries(layers, table);
    let mut found = Vec::new();
    for (name, node) in entries(facts, table) {
        let same = known.iter().find(|(other, known)| **other == name || is_same(table, node, known));
        match same {
            None => found.push(LeftOut::new(table, name, &unset(node, layers), node)),
            Some((name, known)) if table == "services" && !is_off(known) => found.extend(parts(name, node, layers)),
            Some(_) => {}
        }
    }
    found
}

/// Whether an entry of another name does the same.
fn is_same(table: &str, one: &Node, other: &Node) -> bool {
    let is_equal =
        |key| one.get(key).is_some_and(|value| other.get(key).is_some_and(|other| value.to_value() == other.to_value()));
    match table {
        "services" => is_equal("kind"),
        "processes" => is_equal("command"),
        _ => is_equal("path") || is_equal("files"),
    }
}

/// A service without the variables that the layers set already.
fn unset(node: &Node, layers: &Node) -> Value {
    let known = known_variables(layers);
    let mut value = node.to_value();
    if let Some(Value::Table(parts)) = value.get_mut("environment") {
        parts.retain(|name, _| !known.contains(name));
    }
    value
}

/// The detected variables of a service that the spec names without them.
fn parts(name: &str, service: &Node, layers: &Node) -> Vec<LeftOut> {
    let known = known_variables(layers);
    let parts = entries(service, "environment").into_iter().filter(|(part, _)| !known.contains(*part));
    parts.map(|(part, node)| LeftOut::new(&format!("services.{name}.environment"), part, &node.to_value(), node)).collect()
}

/// Every variable that the layers name, also as a part of a service's address.
fn known_variables(layers: &Node) -> BTreeSet<String> {
    let of_services = entries(layers, "services").into_keys().map(|name| format!("services.{name}.environment"));
    let tables = ["secrets", "environment"].map(str::to_owned).into_iter().chain(of_services);
    tables.flat_map(|table| entries(layers, &table).into_keys().cloned().collect::<Vec<_>>()).collect()
}

fn entries<'a>(layers: &'a Node, table: &str) -> BTreeMap<&'a String, &'a Node> {
    match layers.get(table) {
        Some(Node::Table { children, .. }) => children.iter().collect(),
        _ => BTreeMap::new(),
    }
}

fn is_required(entry: &Node) -> bool {
    entry.get("required").is_some_and(|node| node.to_value().as_bool() == Some(true))
}

/// The place of an entry, as of its first value.
fn place(entry: &Node) -> String {
    entry.leaves().first().map_or_else(String::new, |(_, _, origin)| origin.place.to_string())
}
