//! Escapes the values that templates print for the kind of file, or rejects them.
//!
//! | file | a plain `{{ x }}` | filters |
//! |---|---|---|
//! | YAML | prints a number, a boolean, a JSON list, or a string: plain if that is safe, else in JSON quotes | `key`, `comment`, `interpolate`, `kubelet` |
//! | JSON | prints a JSON value | |
//! | everything else | prints a number, or a word that needs no quotes | `word`, `words`, `exec`, `env`, `continued`, `python`, `dotenv`, `comment` |
//!
//! In compose files every `$` is doubled, and only `interpolate` writes variables. In Kubernetes manifests only the filter `kubelet` doubles
//! `$`. Use it for `command`, `args` and the values of `env`, the only places where Kubernetes expands `$(NAME)`.

use std::borrow::Cow;
use std::fmt::Write as _;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, ErrorKind, Output as Out, State, UndefinedBehavior};

use crate::quote::{dotenv, is_plain, json_text, shell_line, shell_word};

type FilterResult<T> = std::result::Result<T, minijinja::Error>;

/// Escape modes of YAML and JSON templates; included templates inherit them.
const YAML: AutoEscape = AutoEscape::Custom(Cow::Borrowed("yaml"));
const JSON: AutoEscape = AutoEscape::Custom(Cow::Borrowed("json"));

/// Limit of one output of a preset's templates, in bytes; a manifest of forty processes has 200 KiB.
pub(super) const MAX_OUTPUT: usize = 1024 * 1024;

/// Creates an environment with the filters and escaping. If `compose` is `None`, the template's name decides whether it is a compose file.
pub(super) fn environment(compose: Option<bool>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment.set_auto_escape_callback(escape_mode);
    environment.set_formatter(move |out, state, value| print_value(out, state, value, compose));
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

fn escape_mode(name: &str) -> AutoEscape {
    if name.ends_with(".yaml.j2") || name.ends_with(".yml.j2") {
        YAML
    } else if name.ends_with(".json.j2") {
        JSON
    } else {
        AutoEscape::None
    }
}

/// Whether a template writes a compose file, where `$` starts a variable.
pub(super) fn is_compose(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    ["compose", "docker-compose"].iter().any(|start| name.starts_with(start))
}

/// Prints the value of `{{ x }}`, escaped.
fn print_value(out: &mut Out<'_>, state: &mut State<'_, '_>, value: &Value, compose: Option<bool>) -> FilterResult<()> {
    if value.is_safe() {
        return Ok(out.write_str(value.as_str().unwrap_or_default())?);
    }
    if *state.auto_escape() == YAML {
        return print_yaml(out, value, compose.unwrap_or_else(|| state.name().starts_with("compose")));
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

fn print_yaml(out: &mut Out<'_>, value: &Value, compose: bool) -> FilterResult<()> {
    // escaping 100 MB takes seconds of CPU time, and no output has room for them
    if value.as_str().is_some_and(|text| text.len() > MAX_OUTPUT) {
        return Err(ErrorKind::WriteFailure.into());
    }
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

/// Joins the lines of one Dockerfile instruction with backslashes.
fn continued(text: &str) -> String {
    text.trim_end().replace('\n', " \\\n") + "\n"
}

/// Quotes a value for ENV and LABEL, where `$`, `"` and `\` are special.
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

fn dotenv_value(text: &str) -> FilterResult<Value> {
    let error =
        |why| minijinja::Error::new(ErrorKind::InvalidOperation, format!("cannot write {text:?} into a .env file: {why}"));
    dotenv::quote(text).map(Value::from_safe_string).map_err(error)
}

/// Escapes a text or the words of a command where Kubernetes expands `$(NAME)` and `$$` (third_party/forked/golang/expansion).
///
/// Doubles every `$`: Kubernetes would split a multi-byte character after a single one.
#[allow(clippy::needless_pass_by_value, reason = "minijinja hands filters their arguments by value")]
fn kubelet(value: Value) -> FilterResult<Value> {
    if let Some(text) = value.as_str() {
        return Ok(Value::from_safe_string(yaml_text(text, true)));
    }
    let word = |word: Value| {
        word.as_str().map(str::to_owned).ok_or_else(|| refused(&format!("a list with a value of type {}", word.kind())))
    };
    let words = value.try_iter()?.map(word).collect::<FilterResult<Vec<_>>>()?;
    Ok(Value::from_safe_string(json(&words, true)))
}

fn yaml_key(text: &str) -> String {
    yaml_text(text, false)
}

/// Writes a YAML scalar: plain if YAML 1.1 and 1.2 both read it as this string, else a JSON string.
fn yaml_text(text: &str, dollars: bool) -> String {
    let plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-/".contains(letter));
    let special =
        || ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if plain && !special() { text.to_owned() } else { json_string(text, dollars) }
}

/// Writes a JSON string. `dollars` doubles each `$`, for readers that expand variables.
fn json_string(text: &str, dollars: bool) -> String {
    json_text(&if dollars { text.replace('$', "$$") } else { text.to_owned() })
}

fn json(words: &[String], dollars: bool) -> String {
    let words: Vec<_> = words.iter().map(|word| json_string(word, dollars)).collect();
    format!("[{}]", words.join(", "))
}

/// Joins literal text and variables that Compose replaces by the values in `.env`.
#[allow(clippy::needless_pass_by_value, reason = "minijinja hands filters their arguments by value")]
fn interpolate(pieces: Value) -> FilterResult<Value> {
    let mut text = String::new();
    for piece in pieces.try_iter()? {
        if let Some(literal) = piece.get_attr("literal")?.as_str() {
            text.push_str(&literal.replace('$', "$$"));
        } else {
            // default to empty: `docker compose config` then works without .env, and services reject empty passwords
            let _ = write!(text, "${{{}:-}}", piece.get_attr("variable")?);
        }
    }
    Ok(Value::from_safe_string(yaml_text(&text, false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_for_each_kind_of_file() {
        assert_eq!(dockerfile_value(r#"a"$b\"#), r#""a\"\$b\\""#);
        assert_eq!(yaml_key("NO"), "\"NO\"");
        assert_eq!(json_string("$x\u{7f}", true), "\"$$x\\u007f\"");
    }

    #[test]
    fn refuses_a_value_without_room_in_any_output_before_escaping_it() {
        let environment = environment(None);
        let print =
            |length: usize| environment.render_named_str("k8s.yaml.j2", "{{ x }}", minijinja::context!(x => "a".repeat(length)));
        assert!(print(MAX_OUTPUT).is_ok());
        assert!(print(MAX_OUTPUT + 1).is_err_and(|error| error.kind() == ErrorKind::WriteFailure));
    }
}
