//! Parses the text of a preset or spec into layers.

use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::address;
use super::ask::{self, Ask};
use super::refused;
use crate::error::{Error, Place, Result, Source};
use crate::layers::Node;
use crate::spec::Spec;
use crate::validate::{dockgen_version, no_secrets};

/// A parsed preset file.
pub(super) struct PresetText {
    pub(super) source: Arc<Source>,
    pub(super) description: String,
    pub(super) extends: Vec<String>,
    pub(super) spec: Node,
    pub(super) defaults: Node,
    pub(super) enforce: Node,
    pub(super) asks: Vec<Ask>,
}

/// Validates a layer before it is merged.
pub(super) type SchemaCheck = fn(&Table<'_>, &Arc<Source>) -> Result<()>;

pub(super) fn against_schema(table: &Table<'_>, source: &Arc<Source>) -> Result<()> {
    let spec = Spec::deserialize(Deserializer::from(table.clone())).and_then(|_| no_date(table.get_ref()));
    spec.map_err(|error| refused::spec(table.get_ref(), source, &error))
}

/// Refuses dates: serde sees them as a table with a special key, which is valid wherever any key is.
fn no_date(table: &DeTable<'_>) -> std::result::Result<(), toml::de::Error> {
    table.values().try_for_each(|value| match value.get_ref() {
        DeValue::Datetime(_) => Err(serde::de::Error::custom("no key accepts a date")),
        DeValue::Table(table) => no_date(table),
        _ => Ok(()),
    })
}

/// Parses a preset. Built-in ones aren't validated, as the tests do that.
pub(super) fn preset(source: Source, built_in: bool) -> Result<PresetText> {
    let check: SchemaCheck = if built_in { |_, _| Ok(()) } else { against_schema };
    let source = Arc::new(source);
    let mut table = parse_toml(&source)?;
    required_version(table.get_ref(), &source)?;
    let defaults = take_table(&mut table, "defaults", &source)?;
    let defaults = defaults.map_or_else(|| Ok(Node::empty(&source)), |table| layer(&table, &source, check))?;
    let enforce = enforced(&mut table, &source, check)?;
    let asks = take_value(&mut table, "ask").map_or_else(|| Ok(Vec::new()), |value| ask::read(value, &source))?;
    let description = take::<String>(&mut table, "description", &source)?.unwrap_or_default();
    let extends = take::<Vec<String>>(&mut table, "extends", &source)?.unwrap_or_default();
    extends.iter().try_for_each(|name| address::reject_credential(name, || place_of(name, &source)))?;
    let spec = layer(&table, &source, check)?;
    for node in [&spec, &defaults, &enforce] {
        if let Some(place) = node.get("presets").map(|node| node.origin().place.clone()) {
            return Err(Error::new("a preset can't contain `presets`").at(Some(place)).hint("write `extends = [\"…\"]` instead"));
        }
        // refuse secrets even in values that the project overrides: many people can read a preset's repository
        if !built_in {
            no_secrets::check(node)?;
        }
    }
    Ok(PresetText { source, description, extends, spec, defaults, enforce, asks })
}

/// The place where a preset contains the quoted name of another one.
pub(super) fn place_of(name: &str, source: &Arc<Source>) -> Option<Place> {
    let start = source.text.find(&format!("\"{name}\""))?;
    Some(Place { source: Arc::clone(source), span: start..start + name.len() + 2 })
}

/// Checks `required-version`. Call it before validation, as a newer dockgen may have keys that this one rejects.
pub(super) fn required_version(table: &DeTable<'_>, source: &Arc<Source>) -> Result<()> {
    for (key, value) in table {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("required-version", DeValue::String(wanted)) => {
                dockgen_version::check(wanted, Some(Place { source: Arc::clone(source), span: value.span() }))?;
            }
            ("defaults" | "enforce", DeValue::Table(inner)) => required_version(inner, source)?,
            _ => {}
        }
    }
    Ok(())
}

/// Parses `[enforce]` and attaches its `reason` to each value.
fn enforced(table: &mut Table<'_>, source: &Arc<Source>, check: SchemaCheck) -> Result<Node> {
    let Some(mut inner) = take_table(table, "enforce", source)? else { return Ok(Node::empty(source)) };
    let reason = take::<String>(&mut inner, "reason", source)?;
    let node = layer(&inner, source, check)?;
    Ok(match reason {
        Some(reason) => node.noted(reason.trim()),
        None => node,
    })
}

pub(super) type Table<'a> = Spanned<DeTable<'a>>;

pub(super) fn parse_toml(source: &Arc<Source>) -> Result<Table<'_>> {
    DeTable::parse(&source.text).map_err(|error| toml_error(&error, source))
}

/// Validates a TOML table and converts it to a layer in which each value knows its origin.
pub(super) fn layer(table: &Table<'_>, source: &Arc<Source>, check: SchemaCheck) -> Result<Node> {
    check(table, source)?;
    Ok(Node::from_table(table, source))
}

fn take_value<'a>(table: &mut Table<'a>, key: &str) -> Option<Spanned<DeValue<'a>>> {
    let found = table.get_ref().keys().find(|found| found.get_ref() == key)?.clone();
    table.get_mut().remove(&found)
}

fn take_table<'a>(table: &mut Table<'a>, key: &str, source: &Arc<Source>) -> Result<Option<Table<'a>>> {
    let Some(value) = take_value(table, key) else { return Ok(None) };
    let span = value.span();
    if let DeValue::Table(inner) = value.get_ref() {
        return Ok(Some(Spanned::new(span, inner.clone())));
    }
    Err(refused::preset_key(key, &value, source, &serde::de::Error::custom(format!("`{key}` must be a table"))))
}

fn take<T: serde::de::DeserializeOwned>(table: &mut Table<'_>, key: &str, source: &Arc<Source>) -> Result<Option<T>> {
    let Some(value) = take_value(table, key) else { return Ok(None) };
    let read = T::deserialize(crate::layers::plain(value.get_ref()));
    read.map(Some).map_err(|error| refused::preset_key(key, &value, source, &error))
}

/// A TOML syntax error; serde's own words, if the schema doesn't explain what they mean.
pub(super) fn toml_error(error: &toml::de::Error, source: &Arc<Source>) -> Error {
    let place = error.span().map(|span| Place { source: Arc::clone(source), span });
    let message = error.message().trim().trim_end_matches('.');
    // the parser doesn't report the place of a key with too many parts
    if message == "recursion limit" {
        return Error::new("a key has too many parts").at(longest_key(source)).hint("write at most five, such as `a.b.c.d.e`");
    }
    if message.contains("recurse") {
        return Error::new("brackets are nested too deeply")
            .at(place)
            .hint("write at most five inside each other, such as `[[1], [2]]`");
    }
    let private = place.as_ref().is_some_and(|place| crate::secrets::is_private_at(&source.text, place.span.start));
    let message = if private { crate::secrets::masked_quotes(message) } else { message.to_owned() };
    let hint = match message.as_str() {
        "duplicate key" => "remove one of the two",
        table if table.starts_with("unclosed table") => "close the name of the table: `[app]`",
        _ => "write each setting as `key = value`, and text in quotes: `name = \"shop\"`",
    };
    Error::new(message.replace('\n', ", ")).at(place).hint(hint)
}

/// The line with the most dots before its value.
fn longest_key(source: &Arc<Source>) -> Option<Place> {
    let lines = source.text.split_inclusive('\n').scan(0, |start, line| {
        let span = *start..*start + line.trim_end().len();
        *start += line.len();
        Some((line.split('=').next().unwrap_or_default().matches('.').count(), span))
    });
    let (_, span) = lines.max_by_key(|(dots, _)| *dots)?;
    Some(Place { source: Arc::clone(source), span })
}
