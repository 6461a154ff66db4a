//! Secrets have names, never values: nothing that people write down, and nothing that is made of it, may be one.

use std::sync::Arc;

use toml::Value;

use crate::error::{Error, Place, Result, Source};
use crate::layers::{Node, Origin};
use crate::preset::is_default;
use crate::secrets;

/// Tables whose values other rules keep short and plain: digests, tags and paths may look random there.
const BOUND: [&str; 13] = [
    "app",
    "compose",
    "context",
    "health",
    "image",
    "install",
    "kubernetes",
    "output",
    "presets",
    "python",
    "server",
    "system",
    "volumes",
];

/// Checks every text of these layers.
///
/// # Errors
/// The first one that is a secret, by the name of its variable or by its value.
pub(crate) fn check(layers: &Node) -> Result<()> {
    let mut leaves = layers.leaves().into_iter().filter(|(_, _, origin)| !is_default(origin));
    leaves.try_for_each(|(key, value, origin)| leaf(layers, &key, value, origin))
}

/// Checks a table that is no part of the spec, as if it stood at a key.
///
/// # Errors
/// The first text that is a secret by its value.
pub(crate) fn check_below(table: &Node, key: &str) -> Result<()> {
    table.leaves().into_iter().try_for_each(|(name, value, origin)| by_value(&format!("{key}.{name}"), "", value, origin))
}

fn leaf(layers: &Node, key: &str, value: &Value, origin: &Origin) -> Result<()> {
    let (table, name) = variable(key);
    if key.starts_with("environment.") && key.ends_with(".secret") && value.as_bool() == Some(true) {
        let error = Error::new(format!("`{key}` is true, and a secret has no place in [environment]"));
        return Err(error.at(Some(hidden(origin.place.clone()))).hint(to_secrets(name)));
    }
    let no_secret =
        layers.get(&format!("environment.{name}.secret")).is_some_and(|node| node.to_value().as_bool() == Some(false));
    let named = value.as_str().is_some_and(|text| secrets::by_name(name) && !secrets::is_open(name, text));
    // a service's own settings are filled with its generated password
    let filled = value.as_str().is_some_and(|text| text.contains("{password}"));
    let taken = name.is_empty() || filled || table == "environment" && no_secret;
    if named && !taken {
        let error =
            Error::new(format!("`{key}` is set, and its name says that it is a secret")).at(Some(hidden(origin.place.clone())));
        return Err(error.hint(match table {
            "environment" => format!("{}; if it is none, write `secret = false` beside its value", to_secrets(name)),
            "service-kinds" => "write `{password}`, which stands for the service's generated password".to_owned(),
            _ => "take it out: everyone who has the image can read its labels".to_owned(),
        }));
    }
    by_value(key, name, value, origin)
}

fn by_value(key: &str, name: &str, value: &Value, origin: &Origin) -> Result<()> {
    let Some(what) = in_value(key, name, value) else { return Ok(()) };
    let hint = match key.split('.').next() {
        Some("environment") => to_secrets(name),
        Some("processes" | "release" | "build" | "service-kinds") => {
            "take it out: name a variable for it under [secrets], and let the program read that".to_owned()
        }
        _ => "take it out: a secret has a name under [secrets], and its value comes from where the container runs".to_owned(),
    };
    Err(Error::new(format!("`{key}` contains {what}")).at(Some(hidden(origin.place.clone()))).hint(hint))
}

fn in_value(key: &str, name: &str, value: &Value) -> Option<&'static str> {
    match value {
        Value::String(text) => found(key, name, text),
        Value::Array(items) => {
            // a command's words belong together: `--password`, and what follows it
            let words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.iter().find_map(|item| in_value(key, name, item)).or_else(|| found(key, name, &words.join(" ")))
        }
        _ => None,
    }
}

fn found(key: &str, name: &str, text: &str) -> Option<&'static str> {
    let bound = BOUND.iter().any(|table| key.split('.').next() == Some(table));
    if bound || secrets::is_identifier(name) { secrets::by_value(text).map(|secret| secret.what) } else { secrets::what(text) }
}

/// The table and the name of a variable or a label, where the key of its value has one.
fn variable(key: &str) -> (&str, &str) {
    let parts: Vec<&str> = key.split('.').collect();
    match parts.as_slice() {
        ["environment", name, "value" | "example" | "secret"] => ("environment", name),
        ["service-kinds", _, "environment", ..] => ("service-kinds", key.splitn(4, '.').nth(3).unwrap_or_default()),
        ["image", "labels", ..] => ("image", key.splitn(3, '.').nth(2).unwrap_or_default()),
        _ => ("", ""),
    }
}

fn to_secrets(name: &str) -> String {
    format!("secrets have names, never values: write `{name} = {{ description = \"…\", required = true }}` under [secrets]")
}

/// The place with `*` for the texts on its lines, one of which is a secret: logs are read by many.
pub(crate) fn hidden(place: Place) -> Place {
    let text = &place.source.text;
    let start = text.get(..place.span.start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let end = text.get(place.span.end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| place.span.end + at);
    let Some(lines) = text.get(start..end) else { return place };
    let text = [&text[..start], &secrets::masked_quotes(lines), &text[end..]].concat();
    Place { source: Arc::new(Source { name: place.source.name.clone(), text }), span: place.span }
}

/// The place as an error may show it, with `*` for what looks like a secret on its lines.
pub(crate) fn without_secrets(place: &Place) -> Place {
    let Source { name, text } = &*place.source;
    let line = |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let start = line(place.span.start);
    let end = text.get(place.span.end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| place.span.end + at);
    let text = match (text.get(..start), text.get(start..end), text.get(end..)) {
        (Some(before), Some(lines), Some(rest)) => [before, &secrets::masked_lines(lines), rest].concat(),
        _ => String::new(),
    };
    // what a flag sets may be a secret whatever its name
    let set = name.strip_prefix("--set environment.").and_then(|set| set.split('=').next());
    let name = set.map_or_else(|| secrets::masked(name), |key| format!("--set environment.{key}=…"));
    Place { source: Arc::new(Source { name, text }), span: place.span.clone() }
}
