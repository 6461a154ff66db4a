//! The text of a preset or spec becomes a layer.

use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::address;
use super::ask::{self, Ask};
use crate::error::{Error, Place, Result, Source};
use crate::layers::Node;
use crate::resolve::{check, no_secrets};
use crate::spec::{SECRET, Spec};
use crate::suggest::closest;

/// What the text of a preset says.
pub(super) struct Text {
    pub(super) source: Arc<Source>,
    pub(super) description: String,
    pub(super) extends: Vec<String>,
    pub(super) spec: Node,
    pub(super) defaults: Node,
    pub(super) enforce: Node,
    pub(super) asks: Vec<Ask>,
}

/// How a layer is checked before it is merged; what is built in was checked by the tests, and is not checked in every run.
pub(super) type Check = fn(Table<'_>, &Arc<Source>) -> Result<()>;

pub(super) fn against_schema(table: Table<'_>, source: &Arc<Source>) -> Result<()> {
    Spec::deserialize(Deserializer::from(table)).map(drop).map_err(|error| toml_error(&error, source))
}

pub(super) fn preset(source: Source, check: Check) -> Result<Text> {
    let source = Arc::new(source);
    let mut table = parse_toml(&source)?;
    required_version(table.get_ref(), &source)?;
    let defaults = take_table(&mut table, "defaults", &source)?;
    let defaults = defaults.map_or_else(|| Ok(Node::empty(&source)), |table| layer(table, &source, check))?;
    let enforce = enforced(&mut table, &source, check)?;
    let asks = take_value(&mut table, "ask").map_or_else(|| Ok(Vec::new()), |value| ask::read(value, &source))?;
    let description = take::<String>(&mut table, "description", &source)?.unwrap_or_default();
    let extends = take::<Vec<String>>(&mut table, "extends", &source)?.unwrap_or_default();
    extends.iter().try_for_each(|name| address::without_credential(name, || place_of(name, &source)))?;
    let spec = layer(table, &source, check)?;
    for node in [&spec, &defaults, &enforce] {
        if let Some(place) = node.get("presets").map(|node| node.origin().place.clone()) {
            return Err(Error::new("a preset names the presets it builds on in `extends`")
                .at(Some(place))
                .hint("write `extends = [\"…\"]`"));
        }
        // even one that a project would replace: a preset lies in a repository that many can read
        no_secrets::check(node)?;
    }
    Ok(Text { source, description, extends, spec, defaults, enforce, asks })
}

/// Where a preset names another one.
pub(super) fn place_of(name: &str, source: &Arc<Source>) -> Option<Place> {
    let start = source.text.find(&format!("\"{name}\""))?;
    Some(Place { source: Arc::clone(source), span: start..start + name.len() + 2 })
}

/// Whether this dockgen may read a text: asked before its keys are looked at, as newer versions may know more of them.
pub(super) fn required_version(table: &DeTable<'_>, source: &Arc<Source>) -> Result<()> {
    for (key, value) in table {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("required-version", DeValue::String(wanted)) => {
                check::required_version(wanted, Some(Place { source: Arc::clone(source), span: value.span() }))?;
            }
            ("defaults" | "enforce", DeValue::Table(inner)) => required_version(inner, source)?,
            _ => {}
        }
    }
    Ok(())
}

/// What no project may override, each value with the reason that the preset gives for it.
fn enforced(table: &mut Table<'_>, source: &Arc<Source>, check: Check) -> Result<Node> {
    let Some(mut inner) = take_table(table, "enforce", source)? else { return Ok(Node::empty(source)) };
    let reason = take::<String>(&mut inner, "reason", source)?;
    let node = layer(inner, source, check)?;
    Ok(match reason {
        Some(reason) => node.noted(reason.trim()),
        None => node,
    })
}

pub(super) type Table<'a> = Spanned<DeTable<'a>>;

pub(super) fn parse_toml(source: &Arc<Source>) -> Result<Table<'_>> {
    DeTable::parse(&source.text).map_err(|error| toml_error(&error, source))
}

/// Checks a TOML table and keeps it with its origins.
pub(super) fn layer(table: Table<'_>, source: &Arc<Source>, check: Check) -> Result<Node> {
    let node = Node::from_table(&table, source);
    check(table, source)?;
    Ok(node)
}

fn take_value<'a>(table: &mut Table<'a>, key: &str) -> Option<Spanned<DeValue<'a>>> {
    let found = table.get_ref().keys().find(|found| found.get_ref() == key)?.clone();
    table.get_mut().remove(&found)
}

fn take_table<'a>(table: &mut Table<'a>, key: &str, source: &Arc<Source>) -> Result<Option<Table<'a>>> {
    let Some(value) = take_value(table, key) else { return Ok(None) };
    let span = value.span();
    let DeValue::Table(inner) = value.into_inner() else {
        return Err(Error::new(format!("`{key}` is not a table")).at(Some(Place { source: Arc::clone(source), span })));
    };
    Ok(Some(Spanned::new(span, inner)))
}

fn take<T: serde::de::DeserializeOwned>(table: &mut Table<'_>, key: &str, source: &Arc<Source>) -> Result<Option<T>> {
    let Some(value) = take_value(table, key) else { return Ok(None) };
    let span = value.span();
    let value = T::deserialize(crate::layers::plain(value.get_ref()));
    value
        .map(Some)
        .map_err(|error| Error::new(format!("`{key}`: {}", error.message())).at(Some(Place { source: Arc::clone(source), span })))
}

/// A TOML error in our words, with the key that was probably meant.
pub(super) fn toml_error(error: &toml::de::Error, source: &Arc<Source>) -> Error {
    let place = error.span().map(|span| Place { source: Arc::clone(source), span });
    let message = error.message().trim().trim_end_matches('.');
    let mut quoted = message.split('`').skip(1).step_by(2);
    let kind = ["unknown field", "unknown variant"].into_iter().find(|kind| message.starts_with(kind));
    let (Some(kind), Some(found)) = (kind, quoted.next()) else {
        let version = message.contains("floating point") && message.contains("expected a string");
        // Rust's names of types mean nothing to a reader of TOML
        let private = place.as_ref().is_some_and(|place| crate::secrets::is_private_at(&source.text, place.span.start));
        let message = if private { crate::secrets::masked_quotes(message) } else { message.to_owned() };
        let message = without_secret(&message).replace('\n', ", ").replace("expected u16", "expected a whole number up to 65535");
        let message =
            message.replace("type: map", "type: table").replace("a sequence", "a list").replace("type: sequence", "type: list");
        if message.contains(SECRET) {
            let hint = "write its name alone, as in `NAME = { description = \"…\", required = true }`";
            return Error::new(message).at(place.as_ref().map(no_secrets::hidden)).hint(hint);
        }
        let error = Error::new(message.replace("expected u32", "expected a whole number")).at(place);
        return if version { error.hint("put the version in quotes: 3.10 and 3.1 are one number") } else { error };
    };
    let known: Vec<_> = quoted.collect();
    // [secrets.NAME] is the only table of these two keys
    if known == ["description", "required"] && ["value", "example", "default"].contains(&found) {
        let hint = "remove it here, and set its value where the container runs";
        return Error::new(format!("unknown key `{found}`")).at(place.as_ref().map(no_secrets::hidden)).hint(hint);
    }
    let word = if kind == "unknown field" { "key" } else { "value" };
    let hint = closest(found, &known)
        .map_or_else(|| format!("known here: {}", known.join(", ")), |name| format!("did you mean `{name}`?"));
    Error::new(format!("unknown {word} `{found}`")).at(place).hint(hint)
}

/// The message without the text that stands where a secret's table belongs.
fn without_secret(message: &str) -> String {
    match message.split_once(", expected ").filter(|(_, expected)| expected.contains(SECRET)) {
        Some((_, expected)) => format!("invalid type: string, expected {expected}"),
        None => message.to_owned(),
    }
}
