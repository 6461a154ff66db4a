//! Templates become files. Escaping is by construction: what a template prints is quoted for the place it lands in, or refused.
//!
//! | file | a plain `{{ x }}` | filters |
//! |---|---|---|
//! | YAML | is a number, a list in JSON, or text in JSON's quotes unless it needs none | `key`, `comment`, `interpolate` |
//! | everything else | is a number or a word that needs no quotes | `word`, `words`, `exec`, `env`, `python`, `dotenv`, `comment` |
//!
//! In a compose file every `$` is doubled, in a Kubernetes command too: only `interpolate` writes one that means something.

use std::fmt::Write as _;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, ErrorKind, Output as Out, State, UndefinedBehavior};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::model::Model;
use crate::resolve::Output;

/// The built-in templates.
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The mark of templates that print YAML, and of what these include.
const YAML: AutoEscape = AutoEscape::Custom(std::borrow::Cow::Borrowed("yaml"));

/// Stands where the hash will be.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Comes before the hash, in the first lines of every file.
const HASH_MARK: &str = "# dockgen:sha256:";

/// A file as dockgen would write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its key in `[output]`.
    pub key: &'static str,
    /// Its path, relative to the project.
    pub path: String,
    /// Its text: LF, one final newline.
    pub text: String,
}

impl File {
    /// The fingerprint of its text, which most carry.
    pub(crate) fn hash(&self) -> String {
        carried(&self.text).map_or_else(|| hash(&self.text), |(hash, _)| hash.to_owned())
    }
}

/// The templates; each is compiled when it is needed.
pub struct Templates(Environment<'static>);

impl Templates {
    /// The built-in ones; they live as long as the program, for freeing them takes time too.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Templates> = LazyLock::new(|| Templates(environment()));
        &BUILT_IN
    }

    /// Renders the outputs.
    ///
    /// # Errors
    /// A template that asks for what the model does not have; for a built-in template, a bug of dockgen's.
    pub fn render(&self, model: &Model, outputs: &[Output]) -> Result<Vec<File>> {
        let context = Value::from(Serde(model));
        let render = |output: &Output| -> std::result::Result<File, minijinja::Error> {
            // no other output needs it: kept, as those that are included are, it would only take memory
            let source = embedded(&TEMPLATES, output.template)
                .ok_or_else(|| minijinja::Error::new(ErrorKind::TemplateNotFound, output.template))?;
            let text = self.0.template_from_named_str(output.template, source)?.render(context.clone())?;
            Ok(File { key: output.key, path: output.path.clone(), text: sealed(&text) })
        };
        outputs.iter().map(|output| render(output).map_err(|error| template_error(&error))).collect()
    }
}

fn template_error(error: &minijinja::Error) -> Error {
    // an error inside an included template is the cause of the one that includes it
    let mut cause = error;
    while let Some(inner) = std::error::Error::source(cause).and_then(|inner| inner.downcast_ref::<minijinja::Error>()) {
        cause = inner;
    }
    let place = format!("{}:{}", cause.name().unwrap_or("template"), cause.line().unwrap_or_default());
    let detail = cause.detail().map_or_else(|| cause.kind().to_string(), str::to_owned);
    Error::new(format!("{place}: {detail}")).hint("this is a mistake in the template")
}

/// The text of a file that is built in, by its path. Names are compared as text: as paths, that takes longer than rendering.
pub(crate) fn embedded(directory: &Dir<'static>, path: &str) -> Option<&'static str> {
    let folder = path.split_once('/').map(|(folder, _)| folder);
    let files = match folder {
        Some(folder) => directory.dirs().find(|found| found.path().as_os_str() == folder)?.files(),
        None => directory.files(),
    };
    files.into_iter().find(|file| file.path().as_os_str() == path)?.contents_utf8()
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment.set_loader(|name| Ok(embedded(&TEMPLATES, name).map(str::to_owned)));
    environment.set_auto_escape_callback(|name| if name.ends_with(".yaml.j2") { YAML } else { AutoEscape::None });
    environment.set_formatter(format);
    environment.add_filter("word", |text: &str| Value::from_safe_string(shell_word(text)));
    environment.add_filter("words", |words: Vec<String>| Value::from_safe_string(shell_line(&words)));
    environment.add_filter("exec", |words: Vec<String>| Value::from_safe_string(json(&words, false)));
    environment.add_filter("env", |text: &str| Value::from_safe_string(dockerfile_value(text)));
    environment.add_filter("python", |text: &str| Value::from_safe_string(json_text(text)));
    environment.add_filter("dotenv", |text: &str| Value::from_safe_string(dotenv_value(text)));
    environment.add_filter("comment", |text: &str| Value::from_safe_string(text.to_owned()));
    environment.add_filter("key", |text: &str| Value::from_safe_string(yaml_key(text)));
    environment.add_filter("interpolate", interpolate);
    environment
}

/// Prints `{{ x }}`.
fn format(out: &mut Out<'_>, state: &mut State<'_, '_>, value: &Value) -> std::result::Result<(), minijinja::Error> {
    let refuse = |what: &str| {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, format!("cannot write {what} here without a filter")))
    };
    if value.is_safe() {
        return Ok(out.write_str(value.as_str().unwrap_or_default())?);
    }
    if *state.auto_escape() == YAML {
        let compose = state.name().starts_with("compose");
        return match value.kind() {
            ValueKind::String => Ok(out.write_str(&yaml_text(value.as_str().unwrap_or_default(), compose))?),
            ValueKind::Seq | ValueKind::Iterable => {
                let words: Vec<String> = value.try_iter()?.map(|word| word.to_string()).collect();
                Ok(out.write_str(&json(&words, true))?)
            }
            ValueKind::Number => Ok(write!(out, "{value}")?),
            kind => refuse(&format!("a value of type {kind}")),
        };
    }
    match value.kind() {
        ValueKind::Number => Ok(write!(out, "{value}")?),
        ValueKind::String if value.as_str().is_some_and(is_plain) => Ok(out.write_str(value.as_str().unwrap_or_default())?),
        kind => refuse(&format!("{value:?} (a {kind})")),
    }
}

/// Whether a text means itself in a shell, a Dockerfile and a pattern.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/:@+-=,%".contains(letter))
}

/// A word for a POSIX shell, in quotes where it needs them.
pub(crate) fn shell_word(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// A command line for a POSIX shell: words, and nothing that it would interpret.
pub(crate) fn shell_line(words: &[String]) -> String {
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
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

/// A value in a `.env` file that Compose reads as it is: in single quotes, or in double quotes where it holds a single one.
fn dotenv_value(text: &str) -> String {
    match text {
        "" => String::new(),
        text if is_plain(text) => text.to_owned(),
        text if !text.contains('\'') => format!("'{text}'"),
        text => dockerfile_value(text),
    }
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

/// A JSON string; what JSON leaves alone and YAML does not print is escaped too.
pub(crate) fn json_text(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
        return format!("\"{text}\"");
    }
    let mut escaped = String::new();
    for letter in serde_json::Value::from(text).to_string().chars() {
        if letter == '\u{7f}'
            || ('\u{80}'..='\u{9f}').contains(&letter)
            || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        {
            let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    escaped
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
fn interpolate(pieces: Value) -> std::result::Result<Value, minijinja::Error> {
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

/// LF, one final newline, and the hash of everything but itself.
fn sealed(text: &str) -> String {
    let text = format!("{}\n", text.trim_end());
    resealed(&text, &hash(&text))
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The hash of a text without the hash that it may carry itself: of a file that dockgen wrote, that is the one that it carries.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    carried(text).map_or_else(|| hash(text), |(_, unsealed)| hash(&unsealed))
}

/// A text with no hash in its header.
pub(crate) fn unsealed(text: &str) -> String {
    carried(text).map_or_else(|| text.to_owned(), |(_, unsealed)| unsealed)
}

/// A text with this hash in its header, where it has a place for one.
pub(crate) fn resealed(text: &str, hash: &str) -> String {
    text.replacen(&format!("{HASH_MARK}{NO_HASH}"), &format!("{HASH_MARK}{hash}"), 1)
}

/// The hash that a text carries, and the text without it.
pub(crate) fn carried(text: &str) -> Option<(&str, String)> {
    let header_end = text.match_indices('\n').nth(5).map_or(text.len(), |(at, _)| at);
    let start = text[..header_end].find(HASH_MARK)? + HASH_MARK.len();
    let found = text.get(start..start + NO_HASH.len())?;
    Some((found, format!("{}{NO_HASH}{}", &text[..start], &text[start + NO_HASH.len()..])))
}

/// The hash that a generated file carries, and whether the rest of it still has that hash; none for other files.
#[must_use]
pub fn seal(text: &str) -> Option<bool> {
    let (found, unsealed) = carried(text)?;
    Some(hash(&unsealed) == found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `include_dir` does not notice files that come or go: this does. A template that does not parse is found here too.
    #[test]
    fn every_template_on_disk_is_built_in_and_parses() {
        let environment = environment();
        let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("templates")];
        let root = folders[0].clone();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                environment.get_template(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }

    #[test]
    fn quotes_for_the_place_where_a_value_lands() {
        assert_eq!(shell_word("it's $(x)"), r"'it'\''s $(x)'");
        assert_eq!(dockerfile_value(r#"a"$b\"#), r#""a\"\$b\\""#);
        assert_eq!(yaml_key("NO"), "\"NO\"");
        assert_eq!(json_string("$x\u{7f}", true), "\"$$x\\u007f\"");
    }
}
