//! `dockgen show`: what holds, and who said so.

use serde_json::{Map, Value, json};

use crate::cli::{Cli, Show};
use crate::error::{Error, Exit, Result};
use crate::layers::{Node, Origin};
use crate::preset::{Moving, closest};
use crate::report::{Report, printable};
use crate::resolve;

pub(super) fn run(cli: &Cli, arguments: &Show, report: &Report) -> Result<Exit> {
    let layers = resolve::with_references(
        super::read(cli.directory.as_deref(), &arguments.input, &Moving::Nothing, false, report)?.layers,
    );
    let leaves = leaves(&layers, arguments.key.as_deref())?;
    if arguments.json {
        let entries = leaves.into_iter().map(|(key, value, origin)| (key, json!({"value": value, "origin": origin.to_string()})));
        return report.data(&format!("{:#}\n", Value::Object(entries.collect::<Map<_, _>>())));
    }
    let line = |(key, value, origin): (String, &toml::Value, &Origin)| printable(&format!("{key} = {value}  # {origin}")) + "\n";
    report.data(&leaves.into_iter().map(line).collect::<String>())
}

/// Every value, or those at and under a key.
fn leaves<'a>(layers: &'a Node, wanted: Option<&str>) -> Result<Vec<(String, &'a toml::Value, &'a Origin)>> {
    let mut leaves = layers.leaves();
    let Some(wanted) = wanted else { return Ok(leaves) };
    let keys: Vec<String> = leaves.iter().map(|(key, ..)| key.clone()).collect();
    leaves.retain(|(key, ..)| key == wanted || key.starts_with(&format!("{wanted}.")));
    if leaves.is_empty() {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let hint = closest(wanted, &keys)
            .map_or_else(|| "`dockgen show` prints every key that is set".to_owned(), |key| format!("did you mean `{key}`?"));
        return Err(Error::new(format!("nothing is set at `{wanted}`")).hint(hint));
    }
    Ok(leaves)
}
