//! The error for a value that a schema refuses: its key, what was found, what was expected, and what to write.

use std::sync::Arc;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::places::hidden;
use crate::error::{Error, Place, Source};
use crate::secrets;
use crate::spec::{Comparison, Mismatch, Problem, SCHEMA, Suggestion};
use crate::suggest::closest;
use crate::validate;

/// The schema of the keys that only presets have.
const PRESET_SCHEMA: &str = include_str!("schema.json");

/// Keys that would give a secret a value.
const VALUES: [&str; 3] = ["value", "example", "default"];

/// How a secret is declared.
const DECLARE: &str = "write its name only: `NAME = { description = \"…\", required = true }`";

/// The error for a spec, or a part of one.
pub(super) fn spec(table: &DeTable<'_>, source: &Arc<Source>, error: &toml::de::Error) -> Error {
    refused(SCHEMA, source, error, |comparison| comparison.table(table, comparison.root, ""))
}

/// The error for a question.
pub(super) fn question(table: &DeTable<'_>, source: &Arc<Source>, error: &toml::de::Error) -> Error {
    refused(PRESET_SCHEMA, source, error, |comparison| {
        comparison.table(table, &comparison.root["properties"]["ask"]["items"], "ask")
    })
}

/// The error for a key that only presets have.
pub(super) fn preset_key(key: &str, value: &Spanned<DeValue<'_>>, source: &Arc<Source>, error: &toml::de::Error) -> Error {
    refused(PRESET_SCHEMA, source, error, |comparison| comparison.value(value, &comparison.root["properties"][key], key))
}

fn refused(
    schema: &str,
    source: &Arc<Source>,
    error: &toml::de::Error,
    find: impl FnOnce(&Comparison<'_>) -> Option<Mismatch>,
) -> Error {
    let root: Json = serde_json::from_str(schema).unwrap_or_default();
    match find(&Comparison { root: &root, text: &source.text }) {
        Some(mismatch) => in_words(mismatch, source),
        None => super::read::toml_error(error, source),
    }
}

fn in_words(Mismatch { key, span, problem }: Mismatch, source: &Arc<Source>) -> Error {
    let place = Place { source: Arc::clone(source), span };
    let name = key.rsplit('.').next().unwrap_or_default();
    let is_secret = key.starts_with("secrets.");
    if matches!(problem, Problem::UnknownKey { .. } | Problem::WrongType { .. }) && is_misplaced(&key, name) {
        return Error::new(format!("unknown key `{key}`"))
            .at(Some(place))
            .hint(format!("`{name}` is a top-level key: move it above the first [table]"));
    }
    match problem {
        Problem::UnknownKey { .. } if is_secret && VALUES.contains(&name) => {
            let place = hidden(&place);
            Error::new(format!("unknown key `{key}`"))
                .at(Some(place))
                .hint("remove it here, and set its value where the container runs")
        }
        Problem::UnknownKey { known } => {
            Error::new(format!("unknown key `{key}`")).at(Some(place)).hint(meant_key(&key, name, &known))
        }
        Problem::UnknownWord { found, known } => {
            let shown = if secrets::is_private(&key) { String::new() } else { format!("`{found}` ") };
            let message = format!("unknown value {shown}for `{key}`");
            Error::new(message).at(Some(place)).hint(meant(&found, &known, "known values"))
        }
        Problem::OutOfRange { found, least, most } => {
            let known = found.parse().ok().and_then(|number| validate::number_at(&key, number));
            let (least, most) = validate::range(&key).unwrap_or((least, most));
            known.unwrap_or_else(|| validate::out_of_range(&key, &found, least, most)).at(Some(place))
        }
        Problem::WrongType { found, .. } if is_secret && key.matches('.').count() == 1 => {
            let message = format!("`{key}`: expected a table or `false`, found {found}: a secret has a name, never a value");
            Error::new(message).at(Some(hidden(&place))).hint(DECLARE)
        }
        Problem::WrongType { found, expected, suggestion } => {
            // an item of a list has no name
            let before = match name {
                item if item.ends_with(']') => String::new(),
                name if is_bare(name) => format!("{name} = "),
                name => format!("{name:?} = "),
            };
            let suggestion = match suggestion {
                Suggestion::Fixed(value) => {
                    validate::example_instead(&key, &value).map_or(Suggestion::Fixed(value), Suggestion::Example)
                }
                example @ Suggestion::Example(_) => example,
            };
            let hint = match suggestion {
                Suggestion::Fixed(value) => format!("write `{before}{value}`"),
                Suggestion::Example(value) => format!("write, for example, `{before}{value}`"),
            };
            Error::new(format!("`{key}`: expected {expected}, found {found}")).at(Some(place)).hint(hint)
        }
    }
}

/// Whether a key in a table is one of those at the top that are no tables.
fn is_misplaced(key: &str, name: &str) -> bool {
    let root: Json = serde_json::from_str(SCHEMA).unwrap_or_default();
    let schema = &root["properties"][name];
    key.contains('.') && !key.starts_with("ask.") && (schema["type"] == "array" || schema["type"] == "string")
}

/// The key that was probably meant: a similar one of the table, or the only one of this name in another table.
fn meant_key(key: &str, name: &str, known: &[String]) -> String {
    let all: Vec<&str> = known.iter().map(String::as_str).collect();
    let elsewhere = || only_key(name).filter(|_| !key.starts_with("ask."));
    match closest(name, &all).map(str::to_owned).or_else(elsewhere) {
        Some(name) => format!("did you mean `{name}`?"),
        None => meant(name, known, "known keys"),
    }
}

/// The key of a table whose name no other table has.
fn only_key(name: &str) -> Option<String> {
    let root: Json = serde_json::from_str(SCHEMA).unwrap_or_default();
    let definition = |schema: &Json| match schema["$ref"].as_str() {
        Some(path) => root["$defs"][path.trim_start_matches("#/$defs/")].clone(),
        None => schema.clone(),
    };
    let has = |schema: &Json| {
        let table = definition(schema);
        let forms: Vec<Json> = table["anyOf"].as_array().into_iter().flatten().map(definition).collect();
        forms.iter().chain([&table]).any(|form| form["properties"].get(name).is_some())
    };
    let mut tables = root["properties"].as_object()?.iter().filter(|(_, schema)| has(schema));
    let (table, _) = tables.next()?;
    tables.next().is_none().then(|| format!("{table}.{name}"))
}

/// The word that was probably meant, or all of them.
fn meant(found: &str, known: &[String], words: &str) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    closest(found, &known).map_or_else(|| format!("{words}: {}", known.join(", ")), |name| format!("did you mean `{name}`?"))
}

/// Whether TOML accepts a key without quotes.
fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::super::read::{against_schema, parse_toml};
    use super::*;

    /// Every key refuses a date, and accepts what the help suggests.
    #[test]
    fn every_key_says_what_it_accepts() {
        let root: Json = serde_json::from_str(SCHEMA).unwrap();
        let mut keys = Vec::new();
        collect(&root, &root, "", &mut keys);
        assert!(keys.len() > 150, "{keys:?}");
        for key in keys {
            let (table, name) = key.rsplit_once('.').unwrap_or(("", &key));
            let error = refusal(table, &format!("{name} = 1979-05-27")).unwrap();
            let hint = error.hint.unwrap();
            assert!(error.message.starts_with(&format!("`{key}`: expected ")), "{key}: {}", error.message);
            assert!(error.message.contains(", found a date or time") && error.place.is_some(), "{key}: {}", error.message);
            let suggested = hint.split('`').nth(1).unwrap();
            assert!(refusal(table, suggested).is_none(), "{key}: {hint}");
        }
    }

    /// The error for a line of a table.
    fn refusal(table: &str, line: &str) -> Option<Error> {
        let header = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
        let source = Arc::new(Source::file("dockgen.toml", format!("{header}{line}\n")));
        let table = parse_toml(&source).map_err(|error| error.message).unwrap();
        against_schema(&table, &source).err()
    }

    fn collect(schema: &Json, root: &Json, path: &str, keys: &mut Vec<String>) {
        if let Some(name) = schema["$ref"].as_str() {
            return collect(&root["$defs"][name.trim_start_matches("#/$defs/")], root, path, keys);
        }
        schema["anyOf"].as_array().into_iter().flatten().for_each(|form| collect(form, root, path, keys));
        let below = |name: &str| format!("{path}.{name}").trim_start_matches('.').to_owned();
        let named = Some(("NAME", &schema["additionalProperties"])).filter(|(_, schema)| schema.is_object());
        let properties = schema["properties"].as_object().into_iter().flatten().map(|(name, schema)| (name.as_str(), schema));
        for (name, schema) in properties.chain(named) {
            keys.push(below(name));
            collect(schema, root, &below(name), keys);
        }
    }
}
