//! Makes detected entries fit below those of presets and the spec, which tables merge by key.
//!
//! Detection names what it finds. Where another layer has the same thing under another name, the detected entry takes that name, so
//! that each thing is written once. What is detected only because of a detected value goes with it.

use toml::Value;

use crate::error::{Error, Place, Result};
use crate::facts::Facts;
use crate::knowledge::service_kinds;
use crate::layers::Node;

/// Whether a detected entry and one of another layer are the same thing.
type IsSame = fn(&Node, &Node) -> bool;

/// Renames, moves and drops detected entries. `weaker` are the layers below the facts, `stronger` those above them.
///
/// # Errors
/// A stronger layer makes a plain variable of a detected secret.
pub(super) fn reconcile(facts: &mut Facts, mut weaker: Node, stronger: &Node) -> Result<()> {
    keep_secrets(&facts.layer, stronger)?;
    weaker.merge(stronger.clone());
    let named = weaker;
    let same: [(&str, IsSame); 3] = [("services", is_same_service), ("processes", is_same_process), ("volumes", is_same_volume)];
    for (table, is_same) in same {
        rename(table, is_same, &mut facts.layer, &named);
    }
    for driver in &facts.drivers {
        let is_used = |(_, service): (&String, &Node)| text(service, "kind").is_some_and(|kind| driver.key == url_of(kind));
        if named.entries("services").any(is_used) {
            facts.layer.set(&driver.key, driver.value.clone(), &driver.origin);
        }
    }
    drop_engines(&mut facts.layer, stronger);
    drop_variables(&mut facts.layer, &named, stronger);
    move_databases(&mut facts.layer, stronger);
    Ok(())
}

/// Removes plain variables of `[defaults]` that are detected as secrets or as parts of an address: facts are stronger.
pub(super) fn drop_defaults(defaults: &mut Node, facts: &Node) {
    for (table, name) in variables(facts).into_iter().filter(|(table, _)| table != "environment") {
        if defaults.get(&format!("environment.{name}")).is_some_and(|variable| table == "secrets" || !has_other_value(variable)) {
            defaults.remove(&format!("environment.{name}"));
        }
    }
}

/// Refuses to turn a detected secret into a plain variable, unless someone says that it isn't one.
fn keep_secrets(facts: &Node, stronger: &Node) -> Result<()> {
    for (name, variable) in stronger.entries("environment") {
        let is_meant = variable.is_off() || is_marked(variable);
        let Some(secret) = facts.get(&format!("secrets.{name}")).filter(|_| !is_meant) else { continue };
        let origin = secret.leaves().first().map(|(_, _, origin)| origin.place.clone());
        let error = Error::new(format!("`environment.{name}` is detected to be a secret"));
        let error = origin
            .into_iter()
            .fold(error.at(Some(variable.origin().place.clone())), |error, place| error.note(Some(place), "read here"));
        return Err(error.hint(format!("write `{name} = {{}}` under [secrets] instead, or add `secret = false` if it isn't one")));
    }
    Ok(())
}

fn url_of(kind: &str) -> String {
    format!("service-kinds.{kind}.url")
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    match node.get(key) {
        Some(Node::Leaf(value, _)) => value.as_str(),
        _ => None,
    }
}

/// Gives each detected entry the name that another layer has for the same thing.
fn rename(table: &str, is_same: IsSame, facts: &mut Node, named: &Node) {
    let mut renamed = Vec::new();
    for (name, entry) in facts.entries(table) {
        let known = named.get(&format!("{table}.{name}"));
        if known.is_some_and(|known| !is_another_service(entry, known)) {
            continue;
        }
        let same = named.entries(table).find(|(_, other)| is_same(entry, other)).map(|(other, _)| other.clone());
        renamed.extend(same.or_else(|| known.and(free_name(table, entry, named))).map(|other| (name.clone(), other)));
    }
    // one may take the name that another has had
    let moved: Vec<_> = renamed.into_iter().map(|(name, other)| (other, facts.remove(&format!("{table}.{name}")))).collect();
    for (other, entry) in moved {
        entry.into_iter().for_each(|entry| facts.merge_at(table, &other, entry));
    }
}

fn is_same_service(detected: &Node, other: &Node) -> bool {
    let kind = text(detected, "kind");
    kind.is_some() && kind == text(other, "kind")
}

/// Whether two services of one name do different things, such as a database and a queue. Another database is a decision for it.
fn is_another_service(detected: &Node, other: &Node) -> bool {
    let role = |node: &Node| {
        let kind = text(node, "kind")?;
        service_kinds().iter().find(|row| row.id == kind).map(|row| row.name.as_str())
    };
    role(detected).zip(role(other)).is_some_and(|(one, another)| one != another)
}

/// A name for a service whose detected name is taken: its kind.
fn free_name(table: &str, service: &Node, named: &Node) -> Option<String> {
    let kind = text(service, "kind")?;
    let mut names = std::iter::once(kind.to_owned()).chain((2..10).map(|number| format!("{kind}-{number}")));
    names.find(|name| named.get(&format!("{table}.{name}")).is_none())
}

/// Whether two commands have the same words: one may be a list, the other a line.
fn is_same_process(detected: &Node, other: &Node) -> bool {
    !words(detected).is_empty() && words(detected) == words(other)
}

fn words(process: &Node) -> Vec<String> {
    match process.get("command") {
        Some(Node::Leaf(Value::Array(words), _)) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Node::Leaf(Value::String(line), _)) => line.split_whitespace().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Two volumes at one path, or for one file.
fn is_same_volume(detected: &Node, other: &Node) -> bool {
    let files = |volume: &Node| match volume.get("files") {
        Some(Node::Leaf(Value::Array(files), _)) => files.clone(),
        _ => Vec::new(),
    };
    let path = text(detected, "path");
    path.is_some() && path == text(other, "path") || files(detected).iter().any(|file| files(other).contains(file))
}

/// Drops what chooses a kind of service, such as `DB_ENGINE`, if another kind or none is used.
fn drop_engines(facts: &mut Node, stronger: &Node) {
    let is_other = |name: &str, kind: &str| {
        stronger
            .get(&format!("services.{name}"))
            .is_some_and(|service| service.is_off() || text(service, "kind").is_some_and(|other| other != kind))
    };
    let services = facts.entries("services").filter_map(|(name, service)| Some((name, service.get("kind")?)));
    let others = services.filter(|(name, kind)| is_other(name, kind.to_value().as_str().unwrap_or_default()));
    let origins: Vec<_> = others.map(|(_, kind)| kind.origin().clone()).collect();
    let chooses = |variable: &Node| variable.get("value").is_some_and(|value| origins.contains(value.origin()));
    let engines: Vec<_> =
        facts.entries("environment").filter(|(_, variable)| chooses(variable)).map(|(name, _)| name.clone()).collect();
    for name in engines {
        facts.remove(&format!("environment.{name}"));
    }
}

/// Drops detected variables that another table names, and the detected values of those that must come from elsewhere.
fn drop_variables(facts: &mut Node, named: &Node, stronger: &Node) {
    // a description alone moves nothing
    let decides = |(table, name): &(String, String)| {
        table != "environment" || named.get(&format!("{table}.{name}")).is_some_and(has_other_value)
    };
    let known: Vec<_> = variables(named).into_iter().filter(decides).collect();
    for (table, name) in variables(facts) {
        let key = format!("{table}.{name}");
        let value = facts.get(&format!("{key}.value")).map(|value| value.origin().place.clone());
        if known.iter().any(|(other, known)| *known == name && *other != table) {
            facts.remove(&key);
        } else if stronger.get(&key).is_some_and(has_other_value) {
            facts.remove(&format!("{key}.value"));
        } else {
            continue;
        }
        if let Some(place) = value {
            drop_database(facts, &place);
        }
    }
}

/// Whether a layer decides where the value of a variable comes from.
fn has_other_value(variable: &Node) -> bool {
    let required = || variable.get("required").is_some_and(|node| node.to_value() == Value::Boolean(true));
    variable.is_off() || variable.get("value").is_some() || required() || is_marked(variable)
}

/// Whether someone says that a variable is no secret.
fn is_marked(variable: &Node) -> bool {
    variable.get("secret").is_some_and(|node| node.to_value() == Value::Boolean(false))
}

/// Every variable of a layer with the table that it is in.
fn variables(layer: &Node) -> Vec<(String, String)> {
    let of_services = layer.entries("services").map(|(name, _)| format!("services.{name}.environment"));
    let tables = ["environment", "secrets"].map(str::to_owned).into_iter().chain(of_services);
    tables.flat_map(|table| layer.entries(&table).map(|(name, _)| (table.clone(), name.clone())).collect::<Vec<_>>()).collect()
}

/// Drops the volume of an `SQLite` database, and the limit to one pod, that are detected for a variable which has another value.
fn drop_database(facts: &mut Node, place: &Place) {
    let is_for = |node: &Node| node.leaves().iter().any(|(_, _, origin)| origin.place == *place);
    for table in ["volumes", "kubernetes"] {
        let entries = facts.entries(table).filter(|(_, entry)| is_for(entry) && entry.get("files").is_none());
        let names: Vec<_> = entries.map(|(name, _)| name.clone()).collect();
        for name in names {
            facts.remove(&format!("{table}.{name}"));
        }
    }
}

/// Follows a volume to another path in the addresses of databases that lie in it; without the volume, they lie in `/tmp`.
fn move_databases(facts: &mut Node, stronger: &Node) {
    let moved = |(name, detected): (&String, &Node)| {
        let volume = stronger.get(&format!("volumes.{name}"))?;
        let path = if volume.is_off() { "/tmp" } else { text(volume, "path")? };
        Some((format!(":///{}/", text(detected, "path")?), format!(":///{path}/")))
    };
    let moves: Vec<_> = facts.entries("volumes").filter_map(moved).collect();
    let changed = |(name, variable): (&String, &Node)| {
        let value = variable.get("value")?;
        let address = text(variable, "value")?;
        let (from, to) = moves.iter().find(|(from, _)| address.contains(from))?;
        Some((format!("environment.{name}.value"), address.replace(from, to), value.origin().clone()))
    };
    let changes: Vec<_> = facts.entries("environment").filter_map(changed).collect();
    for (key, address, origin) in changes {
        facts.set(&key, Value::String(address), &origin);
    }
}
