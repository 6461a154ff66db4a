//! The project's own layers: `dockgen.toml` and flags.

use std::sync::Arc;

use super::Request;
use super::read::{Table, against_schema, layer, parse_toml, required_version};
use crate::error::{Error, Place, Result, Source, SourceKind};
use crate::layers::Node;
use crate::validate::dockgen_version;

/// The key that is read before all others.
const VERSION_KEY: &str = "required-version";

/// Keys that only presets have.
const PRESET_KEYS: [&str; 5] = ["enforce", "defaults", "ask", "extends", "description"];

/// The spec, overridden by flags.
///
/// # Errors
/// A spec or a flag that the schema does not accept.
pub fn project(request: &Request) -> Result<Node> {
    let flags = Arc::new(Source::new(SourceKind::Flag, "flags", ""));
    let mut node = match &request.spec {
        Some(source) => {
            let table = parse_toml(source)?;
            // a flag overrides it
            if !request.sets.iter().any(|set| set.trim_start().starts_with(VERSION_KEY)) {
                required_version(table.get_ref(), source)?;
            }
            misplaced(&table, source)?;
            layer(&table, source, against_schema)?
        }
        None => Node::empty(&flags),
    };
    for set in &request.sets {
        node.merge(flag_layer(set)?);
    }
    if let Some(wanted) = node.text(VERSION_KEY) {
        dockgen_version::check(wanted, node.place(VERSION_KEY))?;
    }
    Ok(node)
}

/// Refuses keys that only presets have.
fn misplaced(table: &Table<'_>, source: &Arc<Source>) -> Result<()> {
    let Some(key) = table.get_ref().keys().find(|key| PRESET_KEYS.contains(&key.get_ref().as_ref())) else { return Ok(()) };
    Err(Error::new(format!("`{}` is only allowed in a preset", key.get_ref()))
        .at(Some(Place { source: Arc::clone(source), span: key.span() }))
        .hint("move it to a preset, and use that preset: presets = [\"./team.toml\"]"))
}

/// `--set KEY=VALUE`: the value is TOML, or else plain text.
fn flag_layer(set: &str) -> Result<Node> {
    let (key, value) = set.split_once('=').ok_or_else(|| {
        // the value may be a secret
        let plain = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
        let shown = match set.find(|letter| !plain(letter)) {
            Some(end) => format!("{}…", &set[..end]),
            None => set.to_owned(),
        };
        Error::new(format!("`--set {shown}` has no value")).hint("write --set KEY=VALUE, such as --set app.port=8080")
    })?;
    let (key, value) = (key.trim(), value.trim());
    let flag = Arc::new(Source::new(SourceKind::Set(key.to_owned()), format!("--set {key}={value}"), ""));
    let as_toml = Arc::new(flag.shown_as(&flag.name, format!("{key} = {value}")));
    // 3.14 is a number in TOML but a version here: if the schema refuses the TOML value, try it as text
    let as_text = Arc::new(flag.shown_as(&flag.name, format!("{key} = {}", toml::Value::String(value.to_owned()))));
    let read = match parse_toml(&as_toml) {
        Ok(table) => flag_table(key, &table, &as_toml).or_else(|error| flag_text(key, &as_text).map_err(|_| error)),
        // half a list is no text
        Err(error) if value.starts_with('[') => Err(error),
        Err(error) => flag_text(key, &as_text).map_err(|text| if is_bracketed(value) { error } else { text }),
    };
    // a flag has no lines to show
    let place = Place { source: Arc::clone(&flag), span: 0..0 };
    read.map(|node| node.renamed(&flag)).map_err(|error| Error { place: Some(place), ..error })
}

/// Whether a value was meant as TOML.
fn is_bracketed(value: &str) -> bool {
    value.starts_with(['[', '{', '"', '\''])
}

fn flag_text(key: &str, source: &Arc<Source>) -> Result<Node> {
    flag_table(key, &parse_toml(source)?, source)
}

fn flag_table(key: &str, table: &Table<'_>, source: &Arc<Source>) -> Result<Node> {
    if table.get_ref().len() != 1 || source.text.contains('\n') {
        return Err(Error::new(format!("`--set {key}` sets more than one key")).hint("repeat --set for each key"));
    }
    misplaced(table, source)?;
    layer(table, source, against_schema)
}
