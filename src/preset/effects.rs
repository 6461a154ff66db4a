//! The effects of remote presets: every value they set and every line of their templates, classified by security concern.
//!
//! Nothing is left out: a key without a row in `CONCERNS` is listed as [`Concern::Other`].

use std::collections::BTreeMap;
use std::fmt;

use toml::Value;

use super::Preset;
use crate::knowledge::programs;
use crate::layers::Node;
use crate::quote::json_text;
use crate::validate::matches;

/// The security concern of an effect, from most to least critical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// Runs during the build, during a release or in a container.
    Command,
    /// Chooses whose code is in the image and the services.
    Code,
    /// Adds arbitrary lines to generated files.
    Template,
    /// Selects files to write, send to the build or mount.
    File,
    /// Is passed to the application.
    Setting,
    Other,
    /// A short number, size or duration.
    Amount,
}

/// Patterns of keys; `*` matches one segment, and a pattern also matches all keys below it. The first match wins.
const CONCERNS: &[(&str, Concern)] = &[
    ("build.steps", Concern::Command),
    ("release.steps", Concern::Command),
    ("processes.*.command", Concern::Command),
    ("service-kinds.*.command", Concern::Command),
    ("service-kinds.*.health", Concern::Command),
    ("image.base", Concern::Code),
    ("image.debian", Concern::Code),
    ("image.registry", Concern::Code),
    ("install", Concern::Code),
    ("kubernetes.image", Concern::Code),
    ("python", Concern::Code),
    ("server.package", Concern::Code),
    ("server.worker-class", Concern::Code),
    ("service-kinds.*.image", Concern::Code),
    ("service-kinds.*.version", Concern::Code),
    ("services.*.kind", Concern::Code),
    ("services.*.version", Concern::Code),
    ("system", Concern::Code),
    ("context", Concern::File),
    ("output", Concern::File),
    ("volumes.*.size", Concern::Amount),
    ("volumes", Concern::File),
    ("answers", Concern::Setting),
    ("environment", Concern::Setting),
    ("secrets", Concern::Setting),
    ("service-kinds.*.environment", Concern::Setting),
    ("services.*.environment", Concern::Setting),
    ("compose.limits.*", Concern::Amount),
    ("compose.reservations.*", Concern::Amount),
    ("health.interval", Concern::Amount),
    ("health.retries", Concern::Amount),
    ("health.start-interval", Concern::Amount),
    ("health.start-period", Concern::Amount),
    ("health.timeout", Concern::Amount),
    ("kubernetes.autoscaling.*", Concern::Amount),
    ("kubernetes.pre-stop", Concern::Amount),
    ("kubernetes.replicas", Concern::Amount),
    ("kubernetes.resources.*.*", Concern::Amount),
    ("processes.*.replicas", Concern::Amount),
    ("processes.*.stop-timeout", Concern::Amount),
    ("release.timeout", Concern::Amount),
    ("server.graceful-timeout", Concern::Amount),
    ("server.keep-alive", Concern::Amount),
    ("server.max-requests", Concern::Amount),
    ("server.threads", Concern::Amount),
    ("server.timeout", Concern::Amount),
    ("server.workers", Concern::Amount),
];

/// Explains keys whose names alone are unclear.
const MEANINGS: [(&str, &str); 2] = [
    ("image.base", "base image of every stage"),
    ("image.registry", "registry of all images, also of the Dockerfile frontend (# syntax=)"),
];

/// Patterns of keys that only label or describe, so a listing may be shortened. Amounts are harmless, too.
const HARMLESS: [&str; 2] = ["image.labels", "secrets.*.description"];

/// Words in names of variables that may choose what a program loads or runs. Such variables are always shown.
const LOADING: [&str; 20] = [
    "APP",
    "ARGS",
    "BACKEND",
    "CLASS",
    "CMD",
    "COMMAND",
    "ENTRYPOINT",
    "ENV",
    "EXEC",
    "HANDLER",
    "HOME",
    "HOOK",
    "LIB",
    "LOAD",
    "MODULE",
    "OPT",
    "PATH",
    "PLUGIN",
    "PRELOAD",
    "SCRIPT",
];

/// The suffix of an enforced value.
const ENFORCED: &str = " (enforced)";

/// The longest amount, in characters.
const LONGEST_AMOUNT: usize = 16;

/// How many levels of references between values are followed.
const MOST_REFERENCES: usize = 8;

impl fmt::Display for Concern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Command => "commands",
            Self::Code => "images, packages and Python",
            Self::Template => "template lines",
            Self::File => "files, volumes and build context",
            Self::Setting => "environment variables, secrets and answers",
            Self::Other => "other values",
            Self::Amount => "sizes, counts and time limits",
        })
    }
}

/// A value that a preset sets, a question it asks, or a template block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    pub concern: Concern,
    /// The key of a value, or a template's path and block.
    pub key: String,
    /// The first line of the listing: the key, with its value unless that is a long list.
    pub what: String,
    /// The items of a long list, or the verbatim lines of a template.
    pub lines: Vec<String>,
    /// Whether a listing may be shortened here.
    pub harmless: bool,
}

/// The effects of remote presets, by their keys in `dockgen.lock`.
pub type EffectsBySource = BTreeMap<String, Vec<Effect>>;

/// Collects the effects of all remote presets. Each preset counts for its own source only, not for presets that extend it.
pub(super) fn collect(presets: &[Preset]) -> EffectsBySource {
    let mut all = EffectsBySource::new();
    for preset in presets {
        if let Some(source) = &preset.lock_key {
            all.entry(source.clone()).or_default().extend(collect_preset(preset));
        }
    }
    for effects in all.values_mut() {
        raise_referenced(effects);
        effects.sort_by(|one, other| (one.concern, &one.key).cmp(&(other.concern, &other.key)));
    }
    all
}

fn collect_preset(preset: &Preset) -> Vec<Effect> {
    let folder = if preset.folder.is_empty() { String::new() } else { format!("{}/", preset.folder) };
    let mut effects = Vec::new();
    for (layer, words) in [(&preset.spec, ""), (&preset.defaults, " (default)"), (&preset.enforce, ENFORCED)] {
        let mut values = Vec::new();
        collect_values("", layer, &mut values);
        effects.extend(values.into_iter().map(|(key, value)| value_effect(key, &value, words)));
    }
    if !preset.extends.is_empty() {
        let names = Value::from(preset.extends.clone());
        let place = if folder.is_empty() { String::new() } else { format!(" (in {folder})") };
        effects.push(value_effect("extends".to_owned(), &names, &place));
    }
    for ask in &preset.asks {
        effects.push(match &ask.default {
            Some(default) => value_effect(ask.key(), &default.to_value(), &format!(" (unless answered: {})", ask.question)),
            None => Effect {
                concern: Concern::Setting,
                what: format!("{} (asked: {})", ask.key(), ask.question),
                lines: ask.choices.clone(),
                key: ask.key(),
                harmless: false,
            },
        });
    }
    effects.extend(preset.templates.iter().flat_map(|(path, text)| template_effects(&format!("{folder}templates/{path}"), text)));
    effects
}

/// Collects every value. An empty table counts as a value, as it may turn on something that is off.
fn collect_values(path: &str, node: &Node, values: &mut Vec<(String, Value)>) {
    match node {
        Node::Table { children, off: None, .. } if !children.is_empty() || path.is_empty() => {
            for (name, child) in children {
                collect_values(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, child, values);
            }
        }
        node => values.push((path.to_owned(), node.to_value())),
    }
}

fn value_effect(key: String, value: &Value, words: &str) -> Effect {
    let concern = classify(&key, value, words);
    let labels = concern == Concern::Amount || HARMLESS.iter().any(|pattern| is_below(&key, pattern));
    let harmless = (labels || is_plain_variable(&key, value)) && words != ENFORCED;
    let meaning = MEANINGS.iter().find(|(known, _)| *known == key).map_or(String::new(), |(_, words)| format!(": {words}"));
    let text = single_line(value);
    match value {
        Value::Array(items) if items.len() > 1 && text.len() > 80 => {
            let lines = items.iter().map(single_line).collect();
            Effect { concern, what: format!("{key}{words}{meaning}"), lines, key, harmless }
        }
        _ => Effect { concern, what: format!("{key} = {text}{words}{meaning}"), lines: Vec::new(), key, harmless },
    }
}

/// Whether a variable is only a number, a switch or a word: neither its name nor its value can make a program load or run something.
fn is_plain_variable(key: &str, value: &Value) -> bool {
    let Some((name, part)) = key.strip_prefix("environment.").map(|rest| rest.split_once('.').unwrap_or((rest, ""))) else {
        return false;
    };
    let name = name.to_uppercase();
    let loads =
        programs().variables.iter().any(|start| name.starts_with(start)) || LOADING.iter().any(|word| name.contains(word));
    let plain = match value {
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => true,
        Value::String(_) if part == "description" => true,
        Value::String(text) => {
            text.chars().count() <= LONGEST_AMOUNT && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        }
        _ => false,
    };
    plain && !loads
}

/// Formats a value as TOML on a single line, with control characters escaped.
fn single_line(value: &Value) -> String {
    match value {
        // JSON escapes are valid in TOML
        Value::String(text) if text.contains(char::is_control) => json_text(text),
        Value::Array(items) => format!("[{}]", items.iter().map(single_line).collect::<Vec<_>>().join(", ")),
        Value::Table(table) if !table.is_empty() => {
            let entry = |(name, value): (&String, &Value)| format!("{} = {}", json_text(name), single_line(value));
            format!("{{ {} }}", table.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}

/// Whether a pattern matches a key or one of the tables that contain it.
fn is_below(key: &str, pattern: &str) -> bool {
    let dots = key.match_indices('.').map(|(at, _)| at).chain([key.len()]);
    dots.into_iter().any(|end| matches(pattern, &key[..end]))
}

fn classify(key: &str, value: &Value, words: &str) -> Concern {
    let found = CONCERNS.iter().find(|(pattern, _)| is_below(key, pattern)).map_or(Concern::Other, |(_, concern)| *concern);
    let small = match value {
        Value::Integer(_) => true,
        Value::String(text) => {
            text.chars().count() <= LONGEST_AMOUNT && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '.')
        }
        _ => false,
    };
    if found == Concern::Amount && (!small || words == ENFORCED) { Concern::Other } else { found }
}

/// One effect per block of a template. Contains all lines verbatim, except for the tags of top-level blocks.
fn template_effects(path: &str, text: &str) -> Vec<Effect> {
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut block = String::new();
    let mut depth = 0_usize;
    for line in text.split_terminator('\n') {
        let tag = line.trim().strip_prefix("{%").and_then(|tag| tag.strip_suffix("%}")).filter(|tag| !tag.contains("%}"));
        let words: Vec<&str> = tag.unwrap_or_default().trim_matches(['-', '+']).split_whitespace().collect();
        match words[..] {
            ["block", name] if depth == 0 => {
                (block, depth) = (format!(", block {name}"), 1);
                continue;
            }
            ["block", ..] => depth += 1,
            ["endblock", ..] if depth <= 1 => {
                (block, depth) = (String::new(), 0);
                continue;
            }
            ["endblock", ..] => depth -= 1,
            _ => {}
        }
        lines.entry(format!("{path}{block}")).or_default().push(line.to_owned());
    }
    lines.retain(|_, lines| lines.iter().any(|line| !line.trim().is_empty()));
    let effect = |(what, lines): (String, Vec<String>)| Effect {
        concern: Concern::Template,
        key: what.clone(),
        what,
        lines,
        harmless: false,
    };
    lines.into_iter().map(effect).collect()
}

/// Raises the concern of each value to the highest concern among the values that refer to it.
fn raise_referenced(effects: &mut [Effect]) {
    for _ in 0..MOST_REFERENCES {
        let mut wanted: BTreeMap<String, Concern> = BTreeMap::new();
        for effect in effects.iter() {
            for name in std::iter::once(&effect.what).chain(&effect.lines).flat_map(|text| references(text)) {
                let concern = wanted.entry(name.to_owned()).or_insert(effect.concern);
                *concern = effect.concern.min(*concern);
            }
        }
        let mut changed = false;
        for effect in effects.iter_mut() {
            if let Some(concern) = wanted.get(&effect.key).filter(|concern| **concern < effect.concern) {
                (effect.concern, effect.harmless, changed) = (*concern, false, true);
            }
        }
        if !changed {
            return;
        }
    }
}

/// The keys that a text may refer to: dotted words after `{`, and `answers.NAME` in templates.
fn references(text: &str) -> impl Iterator<Item = &str> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let end = move |rest: &str| rest.find(|found| !letter(found)).unwrap_or(rest.len());
    let after_brace = text.split('{').skip(1).map(move |rest| &rest[..end(rest)]);
    let answers = text.match_indices("answers.").map(move |(at, _)| &text[at..at + end(&text[at..])]);
    after_brace.chain(answers)
}
