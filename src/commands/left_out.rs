//! Variables and services that were detected, and that a table of the spec replaces: a hint names them, so that none is lost silently.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::{self, DetectScope};
use crate::layers::Node;
use crate::pipeline::Project;

/// The tables whose detected entries are compared with the spec's.
const TABLES: [&str; 3] = ["secrets", "environment", "services"];

/// How many entries a hint names.
const MOST: usize = 6;

/// What to tell the user about the entries that are left out.
///
/// The sources are read again for it, so it is for runs that a person reads.
pub(super) fn hint(project: &Project) -> Option<String> {
    let layers = &project.merged.layers;
    let written = TABLES.into_iter().flat_map(|table| entries(layers, table)).any(|(_, node)| !node.origin().fact);
    if !written {
        return None;
    }
    let entry = layers.get("app.entry").and_then(|entry| entry.to_value().as_str().map(str::to_owned));
    let facts = detect::survey(&project.folder, &DetectScope { entry, ..DetectScope::all() }).ok()?;
    let left_out = left_out(&facts.layer, layers);
    let (first, _) = left_out.first()?;
    let name = first.rsplit('.').next().unwrap_or_default();
    let shown: Vec<String> = left_out.iter().take(MOST).map(|(key, place)| format!("{key} ({place})")).collect();
    let more = match left_out.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more (`dockgen detect` lists all)"),
    };
    Some(format!(
        "tables in the spec replace what is detected, so these are left out: {}{more}; add those that the application needs, and write \
         `{name} = false` for the others",
        shown.join(", ")
    ))
}

/// The keys of detected entries that the merged layers don't name, each with its place; required variables first.
fn left_out(facts: &Node, layers: &Node) -> Vec<(String, String)> {
    let known = variables(layers);
    let kinds: BTreeSet<String> = entries(layers, "services").into_values().filter_map(kind).collect();
    let mut found = BTreeMap::new();
    for table in TABLES {
        for (name, node) in entries(facts, table) {
            let is_known = match table {
                "services" => {
                    layers.get(&format!("services.{name}")).is_some() || kind(node).is_some_and(|kind| kinds.contains(&kind))
                }
                _ => known.contains(name),
            };
            if !is_known {
                found.insert((!is_required(node), format!("{table}.{name}")), place(node));
            }
        }
    }
    found.into_iter().map(|((_, key), place)| (key, place)).collect()
}

/// Every variable that the layers name, also as a part of a service's address.
fn variables(layers: &Node) -> BTreeSet<String> {
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

fn kind(service: &Node) -> Option<String> {
    service.get("kind")?.to_value().as_str().map(str::to_owned)
}

fn is_required(entry: &Node) -> bool {
    entry.get("required").is_some_and(|node| node.to_value().as_bool() == Some(true))
}

/// The place of an entry, as of its first value.
fn place(entry: &Node) -> String {
    entry.leaves().first().map_or_else(String::new, |(_, _, origin)| origin.place.to_string())
}
