//! Secrets have names, never values: nothing that people write down, and nothing that is made of it, may be one.

use toml::Value;

use crate::error::places::hidden;
use crate::error::{Error, Result};
use crate::layers::{Node, Origin};
use crate::secrets;

/// Tables whose values other rules keep short and plain: digests, tags and paths may look random there.
const BOUND: [&str; 12] =
    ["app", "compose", "context", "image", "install", "kubernetes", "output", "presets", "python", "server", "system", "volumes"];

/// Checks every text of these layers.
///
/// # Errors
/// The first one that is a secret, by the name of its variable or by its value.
pub(crate) fn check(layers: &Node) -> Result<()> {
    let mut leaves = layers.leaves().into_iter().filter(|(_, _, origin)| !origin.is_default());
    leaves.try_for_each(|(key, value, origin)| leaf(layers, &key, value, origin))
}

/// Whether the name of an answer says that its value is a secret: no check refuses it, as no preset need ask for it.
fn is_secret_answer(key: &str, value: &Value) -> bool {
    let named = |name: &str| value.as_str().is_some_and(|text| secrets::is_named(name, text));
    key.strip_prefix("answers.").is_some_and(named)
}

/// Whether no command shows the value at this key: [`check`] refuses it, or it is an answer with a secret's name. All values of a variable with `secret = true` are refused.
pub(crate) fn refuses(layers: &Node, key: &str, value: &Value, origin: &Origin) -> bool {
    let (table, name) = variable(key);
    let said = || layers.get(&format!("environment.{name}.secret")).is_some_and(|node| node.to_value().as_bool() == Some(true));
    let refused = || leaf(layers, key, value, origin).is_err() || is_secret_answer(key, value);
    !origin.is_default() && !value.is_bool() && (table == "environment" && said() || refused())
}

/// Checks a table that is no part of the spec, as if it stood at a key.
///
/// # Errors
/// The first text that is a secret by its value.
pub(crate) fn check_below(table: &Node, key: &str) -> Result<()> {
    table.leaves().into_iter().try_for_each(|(name, value, origin)| by_value(&format!("{key}.{name}"), "", value, origin, false))
}

fn leaf(layers: &Node, key: &str, value: &Value, origin: &Origin) -> Result<()> {
    let (table, name) = variable(key);
    if key.starts_with("environment.") && key.ends_with(".secret") && value.as_bool() == Some(true) {
        let error = Error::new(format!("`{key}` is true, but secrets belong in [secrets]"));
        return Err(error.at(Some(hidden(&origin.place))).hint(to_secrets(name)));
    }
    let no_secret =
        layers.get(&format!("environment.{name}.secret")).is_some_and(|node| node.to_value().as_bool() == Some(false));
    let named = value.as_str().is_some_and(|text| secrets::is_named(name, text));
    let filled = table == "service-kinds" && value.as_str().is_some_and(is_filled);
    let taken = name.is_empty() || filled || table == "environment" && no_secret;
    if named && !taken {
        let shown = if table == "environment" { name } else { key };
        let error =
            Error::new(format!("`{shown}` has a value, but its name looks like a secret's")).at(Some(hidden(&origin.place)));
        let proven = value.as_str().is_some_and(|text| secrets::unmistakable(text).is_some());
        return Err(error.hint(match table {
            "environment" if proven => to_secrets(name),
            "environment" => format!("{}; {NO_SECRET}", to_secrets(name)),
            "service-kinds" => "write `{password}`, which dockgen replaces with the service's generated password".to_owned(),
            _ => "remove it: everyone who has the image can read its labels".to_owned(),
        }));
    }
    by_value(key, name, value, origin, no_secret)
}

/// Whether the secret part of a service's setting is its generated password, and nothing else: `{password}`, `neo4j/{password}`,
/// `redis://:{password}@h`.
fn is_filled(text: &str) -> bool {
    let user = |user: &str| user == "{user}" || user.chars().all(|letter| letter.is_ascii_lowercase());
    let login = text.strip_suffix("{password}").and_then(|before| before.strip_suffix([':', '/'])).is_some_and(user);
    text == "{password}" || login || text.contains("://") && text.contains(":{password}@")
}

fn by_value(key: &str, name: &str, value: &Value, origin: &Origin, no_secret: bool) -> Result<()> {
    // a person may say that what has the form of a secret is none
    let said = no_secret && variable(key).0 == "environment";
    let unmistakable = value.as_str().and_then(secrets::unmistakable).map(|secret| secret.what);
    let looks = || in_value(key, value, &|| may_be_random(key, name, no_secret), name);
    let Some(what) = (if said { unmistakable } else { looks() }) else { return Ok(()) };
    let proven = unmistakable.is_some();
    let hint = match key.split('.').next() {
        Some("environment") if !name.is_empty() && !proven => format!("{}; {NO_SECRET}", to_secrets(name)),
        Some("environment") if !name.is_empty() && no_secret => {
            format!("{}; `secret = false` doesn't apply to {what}", to_secrets(name))
        }
        Some("environment") if !name.is_empty() => to_secrets(name),
        Some("processes" | "release" | "build" | "service-kinds") => {
            "remove it: declare a variable under [secrets], and let the program read that".to_owned()
        }
        _ => "remove it: declare the secret under [secrets], and set its value where the container runs".to_owned(),
    };
    Err(Error::new(format!("`{key}` contains {what}")).at(Some(hidden(&origin.place))).hint(hint))
}

/// The way out for a value that is no secret.
const NO_SECRET: &str = "if it isn't a secret, write `{ value = …, secret = false }`";

/// Keys of texts for people, which may mention anything.
const PROSE: [&str; 3] = ["description", "question", "help"];

/// Whether the value of a key may look random: what other rules keep short, prose, identifiers, and what its author says is no secret.
fn may_be_random(key: &str, name: &str, no_secret: bool) -> bool {
    let (first, last) = (key.split('.').next().unwrap_or_default(), key.rsplit('.').next().unwrap_or_default());
    BOUND.contains(&first) || PROSE.contains(&last) || no_secret || secrets::is_identifier(name)
}

fn in_value(key: &str, value: &Value, lifted: &dyn Fn() -> bool, name: &str) -> Option<&'static str> {
    match value {
        Value::String(text) => found(key, text, lifted, name),
        Value::Array(items) => {
            // a command's words belong together: `--password`, and what follows it
            let words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            let joined = || secrets::by_value(&words.join(" ")).map(|secret| secret.what);
            items.iter().find_map(|item| in_value(key, item, lifted, name)).or_else(joined)
        }
        _ => None,
    }
}

fn found(key: &str, text: &str, lifted: &dyn Fn() -> bool, name: &str) -> Option<&'static str> {
    let proven = secrets::by_value(text).map(|secret| secret.what);
    // names, commits and digests are everyday words of commands, and nothing says what a word is: only what is random beyond doubt
    let command = ["command", "steps", "health"].contains(&key.rsplit('.').next().unwrap_or_default());
    let looks = || {
        if command { secrets::randomness(text) == secrets::Randomness::Certain } else { secrets::looks_random(name, text) }
    };
    proven.or_else(|| (looks() && !lifted()).then_some(secrets::RANDOM))
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
    format!(
        "declare `{name} = {{ description = \"…\", required = true }}` under [secrets], and set its value where the container runs"
    )
}
