//! What presets from elsewhere do: every value that they set, every line of their templates, grouped by what it means for safety.
//!
//! A preset is a spec, so everything that it sets is listed. A key that no row below names is shown among the other values: a new
//! key cannot be forgotten.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::Value;

use super::Preset;
use super::address::Address;
use crate::layers::Node;
use crate::quote::json_text;
use crate::rules::matches;

/// What an effect is about, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// Runs at build, before a release or in a container.
    Command,
    /// Chooses whose code the image and the services consist of.
    Code,
    /// Writes lines of its own into files.
    Template,
    /// Which files are written, sent to the build or mounted.
    File,
    /// Reaches the application.
    Setting,
    /// Any other value.
    Other,
    /// A small number or size.
    Amount,
}

/// What each key is about; `*` stands for one name. Any other key is [`Concern::Other`].
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

/// What a value means where its key does not say it.
const MEANINGS: [(&str, &str); 2] = [
    ("image.base", "the image below every stage"),
    ("image.registry", "where images come from, also the one that reads the Dockerfile (# syntax=)"),
];

/// What no one has to read whole: it only labels or describes. Amounts are harmless, too.
const HARMLESS: [&str; 2] = ["image.labels", "secrets.*.description"];

/// Variables that may choose what a program loads or runs: they are always shown.
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

/// Variables of interpreters, servers, shells and the dynamic linker begin like this.
const PROGRAMS: [&str; 16] = [
    "BASH", "DJANGO", "FLASK", "GIT", "GUNICORN", "JAVA", "LD_", "LUA", "NODE", "PERL", "PIP", "PYTHON", "RUBY", "SSL", "UV",
    "ZDOTDIR",
];

/// What follows an enforced value.
const ENFORCED: &str = " (enforced)";

/// The longest value that is still an amount, in letters.
const LONGEST_AMOUNT: usize = 16;

/// How long the references of values to other values are followed.
const MOST_REFERENCES: usize = 8;

impl fmt::Display for Concern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Command => "commands",
            Self::Code => "images, packages and Python",
            Self::Template => "templates",
            Self::File => "files, volumes and build context",
            Self::Setting => "settings, secrets and answers",
            Self::Other => "other values",
            Self::Amount => "amounts",
        })
    }
}

/// One thing that a preset does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What it is about.
    pub concern: Concern,
    /// The key of a value, or the path and block of a template.
    pub key: String,
    /// The key with its value, unless that is a long list.
    pub what: String,
    /// The items of a long list, or the lines of a template, as they are written.
    pub lines: Vec<String>,
    /// Whether some of many may be left out where effects are printed.
    pub harmless: bool,
}

/// The effects of presets from elsewhere, by what they are locked as.
pub type EffectsBySource = BTreeMap<String, Vec<Effect>>;

/// What the presets from elsewhere do, whichever presets they build on: each counts under its own source.
pub(super) fn of(presets: &[Preset]) -> EffectsBySource {
    let mut all = EffectsBySource::new();
    for preset in presets {
        if let Some(source) = &preset.locked {
            all.entry(source.clone()).or_default().extend(of_one(preset, source));
        }
    }
    for effects in all.values_mut() {
        promote(effects);
        effects.sort_by(|one, other| (one.concern, &one.key).cmp(&(other.concern, &other.key)));
    }
    all
}

fn of_one(preset: &Preset, source: &str) -> Vec<Effect> {
    let folder = folder(preset, source);
    let mut effects = Vec::new();
    for (layer, words) in [(&preset.spec, ""), (&preset.defaults, " (default)"), (&preset.enforce, ENFORCED)] {
        let mut values = Vec::new();
        collect("", layer, &mut values);
        effects.extend(values.into_iter().map(|(key, value)| of_value(key, &value, words)));
    }
    if !preset.extends.is_empty() {
        let names = Value::from(preset.extends.clone());
        let place = if folder.is_empty() { String::new() } else { format!(" (in {folder})") };
        effects.push(of_value("extends".to_owned(), &names, &place));
    }
    for ask in &preset.asks {
        effects.push(match &ask.default {
            Some(default) => of_value(ask.key(), &default.to_value(), &format!(" (unless answered: {})", ask.question)),
            None => Effect {
                concern: Concern::Setting,
                what: format!("{} (asked: {})", ask.key(), ask.question),
                lines: ask.choices.clone(),
                key: ask.key(),
                harmless: false,
            },
        });
    }
    effects.extend(preset.templates.iter().flat_map(|(path, text)| of_template(&format!("{folder}templates/{path}"), text)));
    effects
}

/// The folder of a preset in its source, with a slash at the end.
fn folder(preset: &Preset, source: &str) -> String {
    let path = match Address::parse(&preset.source.name) {
        Ok(Address::Git(git)) => git.path,
        _ => preset.source.name.strip_prefix(source).unwrap_or_default().trim_matches('/').to_owned(),
    };
    let is_file = Path::new(&path).extension().is_some_and(|extension| extension == "toml");
    let folder = if is_file { path.rsplit_once('/').map_or("", |(folder, _)| folder) } else { &path };
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

/// Every value; an empty table is one too, as it may turn on what is off.
fn collect(path: &str, node: &Node, values: &mut Vec<(String, Value)>) {
    match node {
        Node::Table { children, off: None, .. } if !children.is_empty() || path.is_empty() => {
            for (name, child) in children {
                collect(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, child, values);
            }
        }
        node => values.push((path.to_owned(), node.to_value())),
    }
}

fn of_value(key: String, value: &Value, words: &str) -> Effect {
    let concern = concern(&key, value, words);
    let labels = concern == Concern::Amount || HARMLESS.iter().any(|pattern| is_below(&key, pattern));
    let harmless = (labels || is_plain_variable(&key, value)) && words != ENFORCED;
    let meaning = MEANINGS.iter().find(|(known, _)| *known == key).map_or(String::new(), |(_, words)| format!(": {words}"));
    let text = on_one_line(value);
    match value {
        Value::Array(items) if items.len() > 1 && text.len() > 80 => {
            let lines = items.iter().map(on_one_line).collect();
            Effect { concern, what: format!("{key}{words}{meaning}"), lines, key, harmless }
        }
        _ => Effect { concern, what: format!("{key} = {text}{words}{meaning}"), lines: Vec::new(), key, harmless },
    }
}

/// Whether a variable only carries a number, a switch or a word: neither its name nor its value can make a program load or run
/// something.
fn is_plain_variable(key: &str, value: &Value) -> bool {
    let Some((name, part)) = key.strip_prefix("environment.").map(|rest| rest.split_once('.').unwrap_or((rest, ""))) else {
        return false;
    };
    let name = name.to_uppercase();
    let loads = PROGRAMS.iter().any(|start| name.starts_with(start)) || LOADING.iter().any(|word| name.contains(word));
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

/// A value as TOML without a line break, so that each of its characters can be seen.
fn on_one_line(value: &Value) -> String {
    match value {
        // what JSON escapes, TOML escapes in the same way
        Value::String(text) if text.contains(char::is_control) => json_text(text),
        Value::Array(items) => format!("[{}]", items.iter().map(on_one_line).collect::<Vec<_>>().join(", ")),
        Value::Table(table) if !table.is_empty() => {
            let entry = |(name, value): (&String, &Value)| format!("{} = {}", json_text(name), on_one_line(value));
            format!("{{ {} }}", table.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}

/// Whether a pattern names a key, or a table that the key is in.
fn is_below(key: &str, pattern: &str) -> bool {
    let dots = key.match_indices('.').map(|(at, _)| at).chain([key.len()]);
    dots.into_iter().any(|end| matches(pattern, &key[..end]))
}

fn concern(key: &str, value: &Value, words: &str) -> Concern {
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

/// The lines of a template, block by block. Every line is shown as it is written, but for the tags of blocks.
fn of_template(path: &str, text: &str) -> Vec<Effect> {
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

/// What a command or an image refers to is as important as that.
fn promote(effects: &mut [Effect]) {
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

/// The keys that a text may name: dotted words after a brace, or an answer as templates name it.
fn references(text: &str) -> impl Iterator<Item = &str> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let end = move |rest: &str| rest.find(|found| !letter(found)).unwrap_or(rest.len());
    let after_brace = text.split('{').skip(1).map(move |rest| &rest[..end(rest)]);
    let answers = text.match_indices("answers.").map(move |(at, _)| &text[at..at + end(&text[at..])]);
    after_brace.chain(answers)
}
