//! What a template prints is quoted for the place that it lands in, or refused.
//!
//! | file | a plain `{{ x }}` | filters |
//! |---|---|---|
//! | YAML | is a number, a truth, a list in JSON, or text in JSON's quotes unless it needs none | `key`, `comment`, `interpolate`, `kubelet` |
//! | JSON | is a value in JSON | |
//! | everything else | is a number or a word that needs no quotes | `word`, `words`, `exec`, `env`, `continued`, `python`, `dotenv`, `comment` |
//!
//! In a compose file every `$` is doubled: only `interpolate` writes one that means something. In a manifest, `kubelet` doubles it: for
//! `command`, `args` and the values of `env`, and nowhere else, for only there Kubernetes replaces `$(NAME)`.

use std::borrow::Cow;
use std::fmt::Write as _;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, ErrorKind, Output as Out, State, UndefinedBehavior};

use crate::quote::{dotenv, is_plain, json_text, shell_line, shell_word};

type Result<T> = std::result::Result<T, minijinja::Error>;

/// The marks of templates that print YAML or JSON, and of what these include.
const YAML: AutoEscape = AutoEscape::Custom(Cow::Borrowed("yaml"));
const JSON: AutoEscape = AutoEscape::Custom(Cow::Borrowed("json"));

/// What all templates have in common; whether they make a compose file is said by their name, where nobody else knows.
pub(super) fn environment(compose: Option<bool>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment.set_auto_escape_callback(kind);
    environment.set_formatter(move |out, state, value| format(out, state, value, compose));
    environment.add_filter("word", |text: &str| Value::from_safe_string(shell_word(text)));
    environment.add_filter("words", |words: Vec<String>| Value::from_safe_string(shell_line(&words)));
    environment.add_filter("exec", |words: Vec<String>| Value::from_safe_string(json(&words, false)));
    environment.add_filter("env", |text: &str| Value::from_safe_string(dockerfile_value(text)));
    environment.add_filter("python", |text: &str| Value::from_safe_string(json_text(text)));
    environment.add_filter("dotenv", dotenv_value);
    environment.add_filter("kubelet", kubelet);
    environment.add_filter("comment", |text: &str| Value::from_safe_string(text.to_owned()));
    environment.add_filter("key", |text: &str| Value::from_safe_string(yaml_key(text)));
    environment.add_filter("interpolate", interpolate);
    environment.add_filter("continued", |text: &str| Value::from_safe_string(continued(text)));
    environment
}

/// What kind of file a template makes, by its name.
fn kind(name: &str) -> AutoEscape {
    if name.ends_with(".yaml.j2") || name.ends_with(".yml.j2") {
        YAML
    } else if name.ends_with(".json.j2") {
        JSON
    } else {
        AutoEscape::None
    }
}

/// Whether a template makes a compose file, in which `$` means something.
pub(super) fn is_compose(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    ["compose", "docker-compose"].iter().any(|start| name.starts_with(start))
}

/// Prints `{{ x }}`.
fn format(out: &mut Out<'_>, state: &mut State<'_, '_>, value: &Value, compose: Option<bool>) -> Result<()> {
    if value.is_safe() {
        return Ok(out.write_str(value.as_str().unwrap_or_default())?);
    }
    if *state.auto_escape() == YAML {
        return yaml(out, value, compose.unwrap_or_else(|| state.name().starts_with("compose")));
    }
    if *state.auto_escape() == JSON {
        let text = serde_json::to_string(value).map_err(|_| refused("a value that JSON does not have"))?;
        return Ok(out.write_str(&text)?);
    }
    match value.kind() {
        ValueKind::Number => Ok(write!(out, "{value}")?),
        ValueKind::String if value.as_str().is_some_and(is_plain) => Ok(out.write_str(value.as_str().unwrap_or_default())?),
        kind => Err(refused(&format!("{value:?} (a {kind})"))),
    }
}

fn yaml(out: &mut Out<'_>, value: &Value, compose: bool) -> Result<()> {
    match value.kind() {
        ValueKind::String => Ok(out.write_str(&yaml_text(value.as_str().unwrap_or_default(), compose))?),
        ValueKind::Seq | ValueKind::Iterable => {
            out.write_str("[")?;
            for (index, item) in value.try_iter()?.enumerate() {
                let comma = if index > 0 { ", " } else { "" };
                match item.as_str() {
                    Some(text) => write!(out, "{comma}{}", json_string(text, compose))?,
                    None if item.kind() == ValueKind::Number => write!(out, "{comma}{item}")?,
                    None => return Err(refused(&format!("a list with a value of type {}", item.kind()))),
                }
            }
            Ok(out.write_str("]")?)
        }
        ValueKind::Number | ValueKind::Bool => Ok(write!(out, "{value}")?),
        kind => Err(refused(&format!("a value of type {kind}"))),
    }
}

fn refused(what: &str) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::InvalidOperation, format!("cannot write {what} here without a filter"))
}

/// Lines of one Dockerfile instruction: each but the last ends in a backslash.
fn continued(text: &str) -> String {
    text.trim_end().replace('\n', " \\\n") + "\n"
}

/// A value for ENV and LABEL, where `$`, `"` and `\` mean something.
fn dockerfile_value(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        if matches!(letter, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted + "\""
}

/// A value in a `.env` file.
fn dotenv_value(text: &str) -> Result<Value> {
    let error =
        |why| minijinja::Error::new(ErrorKind::InvalidOperation, format!("cannot write {text:?} into a .env file: {why}"));
    dotenv::written(text).map(Value::from_safe_string).map_err(error)
}

/// A text, or the words of a command, in which Kubernetes replaces `$(NAME)` and `$$` (third_party/forked/golang/expansion). It also
/// takes the byte after any other `$` for a letter, so every one is doubled.
#[allow(clippy::needless_pass_by_value, reason = "minijinja hands filters their arguments by value")]
fn kubelet(value: Value) -> Result<Value> {
    if let Some(text) = value.as_str() {
        return Ok(Value::from_safe_string(yaml_text(text, true)));
    }
    let word = |word: Value| {
        word.as_str().map(str::to_owned).ok_or_else(|| refused(&format!("a list with a value of type {}", word.kind())))
    };
    let words = value.try_iter()?.map(word).collect::<Result<Vec<_>>>()?;
    Ok(Value::from_safe_string(json(&words, true)))
}

/// A key in YAML.
fn yaml_key(text: &str) -> String {
    yaml_text(text, false)
}

/// A scalar in YAML: plain where YAML 1.1 and 1.2 both read it as the text that it is, else a JSON string, which is YAML too.
fn yaml_text(text: &str, dollars: bool) -> String {
    let plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-/".contains(letter));
    let special =
        || ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if plain && !special() { text.to_owned() } else { json_string(text, dollars) }
}

/// A JSON string in which no `$` means anything, where the reader knows `$`.
fn json_string(text: &str, dollars: bool) -> String {
    json_text(&if dollars { text.replace('$', "$$") } else { text.to_owned() })
}

fn json(words: &[String], dollars: bool) -> String {
    let words: Vec<_> = words.iter().map(|word| json_string(word, dollars)).collect();
    format!("[{}]", words.join(", "))
}

/// A text with variables that Compose fills in from `.env`.
#[allow(clippy::needless_pass_by_value, reason = "minijinja hands filters their arguments by value")]
fn interpolate(pieces: Value) -> Result<Value> {
    let mut text = String::new();
    for piece in pieces.try_iter()? {
        if let Some(literal) = piece.get_attr("literal")?.as_str() {
            text.push_str(&literal.replace('$', "$$"));
        } else {
            // empty where .env does not say: `docker compose config` works without one, and services refuse an empty password
            let _ = write!(text, "${{{}:-}}", piece.get_attr("variable")?);
        }
    }
    Ok(Value::from_safe_string(yaml_text(&text, false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_for_the_place_where_a_value_lands() {
        assert_eq!(dockerfile_value(r#"a"$b\"#), r#""a\"\$b\\""#);
        assert_eq!(yaml_key("NO"), "\"NO\"");
        assert_eq!(json_string("$x\u{7f}", true), "\"$$x\\u007f\"");
    }
}
