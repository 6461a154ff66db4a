//! `dockgen detect`: the facts, each with its file and line.

use serde_json::{Map, Value, json};

use super::locate;
use crate::cli::Cli;
use crate::detect::{DetectScope, Fact, Facts};
use crate::error::{Exit, Result};
use crate::layers::Origin;
use crate::pipeline::Survey;
use crate::report::{Report, printable};

pub(super) fn run(cli: &Cli, json: bool, report: &Report) -> Result<Exit> {
    let facts = Survey::new(&locate(cli, report)?.folder).facts(&DetectScope::default())?;
    if json {
        return report.json_data(&as_json(&facts));
    }
    report.hints(&facts.hints);
    let mut lines: Vec<String> = settled(&facts).iter().map(line).collect();
    lines.extend(facts.candidates.iter().map(|fact| format!("{}  (one of several)", line(fact))));
    lines.extend(facts.unknown.iter().map(|key| {
        let several = facts.candidates.iter().any(|fact| fact.key == *key);
        if several { format!("{key}: choose one of the above") } else { format!("{key} was not detected") }
    }));
    lines.extend(facts.doubts.iter().map(|(key, doubt)| format!("{key} is ambiguous: {doubt}")));
    report.data(&lines.iter().map(|line| printable(line) + "\n").collect::<String>())
}

/// Every fact, sorted by key.
fn settled(facts: &Facts) -> Vec<Fact> {
    let leaves = facts.layer.leaves().into_iter();
    let fact = |(key, value, origin): (String, &toml::Value, &Origin)| Fact { key, value: value.clone(), origin: origin.clone() };
    let mut settled: Vec<Fact> = leaves.map(fact).chain(facts.framework.clone()).collect();
    settled.sort_by(|one, other| one.key.cmp(&other.key));
    settled
}

fn line(fact: &Fact) -> String {
    format!("{} = {}  # {}", fact.key, fact.value, fact.origin)
}

fn as_json(facts: &Facts) -> Value {
    let mut unknown: Vec<&str> = facts.unknown.iter().copied().chain(facts.doubts.iter().map(|(key, _)| *key)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    json!({
        "facts": settled(facts).iter().map(entry).collect::<Vec<_>>(),
        "candidates": facts.candidates.iter().map(entry).collect::<Vec<_>>(),
        "unknown": unknown,
    })
}

fn entry(fact: &Fact) -> Value {
    let place = &fact.origin.place;
    let mut entry = Map::new();
    entry.insert("key".to_owned(), json!(fact.key));
    entry.insert("value".to_owned(), json!(fact.value));
    entry.insert("file".to_owned(), json!(place.source.name));
    entry.insert("line".to_owned(), json!(place.line()));
    entry.insert("why".to_owned(), json!(fact.origin.note));
    Value::Object(entry)
}
