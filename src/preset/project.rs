//! What a project says itself: `dockgen.toml`, and the flags over it.

use std::sync::Arc;

use super::Request;
use super::read::{against_schema, layer, parse_toml, required_version};
use crate::error::{Error, Result, Source};
use crate::layers::Node;
use crate::resolve::check;

/// The key that is read before all others.
const VERSION_KEY: &str = "required-version";

/// What the project says: its spec, with the flags over it.
///
/// # Errors
/// A spec or a flag that the schema does not accept.
pub fn project(request: &Request) -> Result<Node> {
    let flags = Arc::new(Source { name: "flags".to_owned(), text: String::new() });
    let mut node = match &request.spec {
        Some(source) => {
            let table = parse_toml(source)?;
            // a flag that says another one is stronger
            if !request.sets.iter().any(|set| set.trim_start().starts_with(VERSION_KEY)) {
                required_version(table.get_ref(), source)?;
            }
            layer(table, source, against_schema).map_err(misplaced)?
        }
        None => Node::empty(&flags),
    };
    for set in &request.sets {
        node.merge(flag_layer(set)?);
    }
    if let Some(Node::Leaf(toml::Value::String(wanted), origin)) = node.get(VERSION_KEY) {
        check::required_version(wanted, Some(origin.place.clone()))?;
    }
    Ok(node)
}

/// `[enforce]`, `[defaults]`, `[[ask]]`, `extends` and `description` belong in presets.
fn misplaced(error: Error) -> Error {
    let found = ["enforce", "defaults", "ask", "extends", "description"]
        .into_iter()
        .find(|key| error.message == format!("unknown key `{key}`"));
    let hint = found.map(|key| format!("`{key}` belongs in a preset; a project names presets in `presets = [\"…\"]`"));
    Error { hint: hint.or(error.hint), ..error }
}

/// `--set KEY=VALUE`: the value is TOML, or else plain text.
fn flag_layer(set: &str) -> Result<Node> {
    let (key, value) = set.split_once('=').ok_or_else(|| {
        Error::new(format!("`--set {set}` has no value")).hint("write --set KEY=VALUE, such as --set app.port=8080")
    })?;
    let (key, value) = (key.trim(), value.trim());
    let name = format!("--set {key}={value}");
    let read = |text: String| {
        let source = Arc::new(Source { name: name.clone(), text });
        let table = parse_toml(&source)?;
        if table.get_ref().len() != 1 || source.text.contains('\n') {
            return Err(Error::new(format!("`--set {key}` sets more than one key")).hint("repeat --set for each key"));
        }
        let node = layer(table, &source, against_schema)?;
        Ok(node.renamed(&Arc::new(Source { name: name.clone(), text: String::new() })))
    };
    let text = format!("{key} = {}", toml::Value::String(value.to_owned()));
    // 3.14 is a number in TOML and a version here: what the schema does not take as TOML, it may take as text
    read(format!("{key} = {value}")).or_else(|error| {
        read(text).map_err(|text_error| {
            let error = if value.starts_with(['[', '{', '"', '\'']) || text_error.message.contains("unknown key") {
                error
            } else {
                text_error
            };
            Error { message: format!("--set {key}: {}", error.message), place: None, ..error }
        })
    })
}
