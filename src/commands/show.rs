//! `dockgen show`: resolved values and their origins.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::cli::{Cli, Show};
use crate::error::{Error, Exit, Result, Source, SourceKind};

use crate::layers::{Node, Origin, references};
use crate::preset::Refresh;
use crate::redact::HIDDEN;
use crate::report::{Report, printable};
use crate::suggest::closest;
use crate::validate::no_secrets;

pub(super) fn run(cli: &Cli, arguments: &Show, report: &Report) -> Result<Exit> {
    let layers = references::with_references(super::open(cli, &arguments.input, &Refresh::None, false, report)?.merged.layers);
    let leaves = leaves(&layers, arguments.key.as_deref())?;
    let leaves = without_secrets(&layers, leaves);
    if arguments.json {
        let entries = leaves.into_iter().map(|(key, value, origin)| (key, json!({"value": value, "origin": origin})));
        return report.json_data(&Value::Object(entries.collect::<Map<_, _>>()));
    }
    let line = |(key, value, origin): (String, _, _)| printable(&format!("{} = {value}  # {origin}", quoted(&key))) + "\n";
    report.data(&leaves.into_iter().map(line).collect::<String>())
}

/// Prefix of keys whose last part may contain dots.
const LABELS: &str = "image.labels.";

/// The key in TOML form: the name of a label is quoted if it contains dots.
fn quoted(key: &str) -> String {
    match key.strip_prefix(LABELS).filter(|name| name.contains('.')) {
        Some(name) => format!("{LABELS}{name:?}"),
        None => key.to_owned(),
    }
}

/// All values with their origins; values that `generate` refuses as secrets are `***`.
fn without_secrets(layers: &Node, leaves: Vec<(String, &toml::Value, &Origin)>) -> Vec<(String, toml::Value, String)> {
    let all = layers.leaves().into_iter().filter(|(key, value, origin)| no_secrets::refuses(layers, key, value, origin));
    // the origin of a flag repeats its value, and a flag can set a whole table
    let (secrets, sources): (BTreeSet<String>, Vec<&Source>) = all.map(|(key, _, origin)| (key, &*origin.place.source)).unzip();
    let shown = |(key, value, origin): (String, &toml::Value, &Origin)| {
        let source = &*origin.place.source;
        let from = match &source.kind {
            SourceKind::Set(key) if sources.contains(&source) => format!("--set {key}={HIDDEN}"),
            _ => origin.to_string(),
        };
        if secrets.contains(&key) { (key, toml::Value::from(HIDDEN), from + ", a secret") } else { (key, value.clone(), from) }
    };
    leaves.into_iter().map(shown).collect()
}

/// All values, or those at and below a key.
fn leaves<'a>(layers: &'a Node, wanted: Option<&str>) -> Result<Vec<(String, &'a toml::Value, &'a Origin)>> {
    let mut leaves = layers.leaves();
    let Some(wanted) = wanted else { return Ok(leaves) };
    let wanted = wanted.replace('"', "");
    let keys: Vec<String> = leaves.iter().map(|(key, ..)| key.clone()).collect();
    leaves.retain(|(key, ..)| *key == wanted || key.starts_with(&format!("{wanted}.")));
    if leaves.is_empty() {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let hint = closest(&wanted, &keys)
            .map_or_else(|| "list all keys: dockgen show".to_owned(), |key| format!("did you mean `{key}`?"));
        return Err(Error::new(format!("no value for `{wanted}`")).hint(hint));
    }
    Ok(leaves)
}
