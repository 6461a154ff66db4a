//! Commands: references to other values, and splitting a string into words. There is no shell anywhere.

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml::Value;

use crate::error::{Error, Result};
use crate::layers::Node;
use crate::quote::braces::{Braced, braced};
use crate::spec::Command;

/// The keys whose values may name others, as `{app.entry}`; `*` stands for any name.
const MAY_NAME: [&[&str]; 19] = [
    &["project", "description"],
    &["project", "source"],
    &["image", "base"],
    &["image", "registry"],
    &["image", "tag"],
    &["image", "labels", "*"],
    &["app", "workdir"],
    &["build", "steps"],
    &["release", "steps"],
    &["processes", "*", "command"],
    &["environment", "*", "value"],
    &["environment", "*", "example"],
    &["compose", "networks"],
    &["kubernetes", "namespace"],
    &["kubernetes", "image"],
    &["kubernetes", "secret"],
    &["kubernetes", "ingress", "*"],
    &["output", "*"],
    &["output", "extra", "*", "path"],
];

/// The table of answers: all of them may be named.
const ANSWERS: &str = "answers.";

/// The keys that may be named.
const NAMED: [&str; 14] = [
    "app.entry",
    "app.port",
    "app.root",
    "app.workdir",
    "health.path",
    "image.debian",
    "project.name",
    "python.version",
    "server.graceful-timeout",
    "server.keep-alive",
    "server.max-requests",
    "server.threads",
    "server.timeout",
    "server.workers",
];

/// How deep a named value may name another.
const DEPTH: usize = 4;

/// How long a value may become, in bytes: values that name values grow fast.
const LONGEST: usize = 64 * 1024;

/// The values that can be named, as they stand in the layers, and whether each is a fact.
type Named = BTreeMap<Cow<'static, str>, (Value, bool)>;

/// Replaces `{key}` by the value at that key, wherever a value that people wrote may name another: braces in a fact are text.
///
/// # Errors
/// A key that cannot be named, or that nobody has set.
pub(super) fn expand_references(layers: &mut Node) -> Result<()> {
    let named = NAMED.into_iter().filter_map(|key| match layers.get(key) {
        Some(Node::Leaf(value, origin)) => Some((Cow::Borrowed(key), (value.clone(), origin.fact))),
        _ => None,
    });
    let mut named: Named = named.collect();
    if let Some(answers) = layers.get("answers") {
        let answer = |(name, value, _): (String, &Value, _)| (Cow::Owned(format!("{ANSWERS}{name}")), (value.clone(), false));
        named.extend(answers.leaves().into_iter().map(answer));
    }
    expand_in(layers, &mut Vec::new(), &named)
}

fn expand_in(node: &mut Node, path: &mut Vec<String>, all: &Named) -> Result<()> {
    match node {
        Node::Table { off: Some(_), .. } => Ok(()),
        Node::Table { children, .. } => children.iter_mut().try_for_each(|(name, child)| {
            path.push(name.clone());
            let result = expand_in(child, path, all);
            path.pop();
            result
        }),
        Node::Leaf(value, origin) if may_name(path) && !origin.fact => {
            expand_value(value, all, &path.join(".")).map_err(|error| error.at(Some(origin.place.clone())))
        }
        Node::Leaf(..) => Ok(()),
    }
}

fn may_name(path: &[String]) -> bool {
    MAY_NAME
        .iter()
        .any(|pattern| pattern.len() == path.len() && pattern.iter().zip(path).all(|(part, name)| *part == "*" || part == name))
}

fn expand_value(value: &mut Value, all: &Named, key: &str) -> Result<()> {
    match value {
        Value::String(text) => {
            *text = expand(text, all, key, DEPTH)?;
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| expand_value(item, all, key)),
        _ => Ok(()),
    }
}

fn expand(text: &str, all: &Named, key: &str, depth: usize) -> Result<String> {
    let part = |part: Braced<'_>| match part {
        Braced::Literal(text) => Ok(text.to_owned()),
        Braced::Name(name) => named(name, all, key, depth),
    };
    let unescaped = |text: &str| braced(text, is_reference).into_iter().map(part).collect::<Result<String>>();
    // {{ is a brace: "{{app.entry}" stays as it is, less one
    let expanded = text.split("{{").map(unescaped).collect::<Result<Vec<_>>>()?.join("{");
    if expanded.len() > LONGEST {
        return Err(Error::new(format!("`{key}` exceeds {LONGEST} bytes after references are resolved"))
            .hint("shorten the values that it refers to"));
    }
    Ok(expanded)
}

/// Two or more lower-case names with dots between, or an answer's name: other braces are text.
fn is_reference(name: &str) -> bool {
    if let Some(name) = name.strip_prefix(ANSWERS) {
        return name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
    }
    let part = |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
    name.contains('.') && name.split('.').all(part)
}

fn named(name: &str, all: &Named, key: &str, depth: usize) -> Result<String> {
    if let Some(answer) = name.strip_prefix(ANSWERS) {
        return answered(name, answer, all, key);
    }
    if !NAMED.contains(&name) {
        let hint = crate::suggest::closest(name, &NAMED).map_or_else(
            || format!("known references: {}; for a literal brace, write {{{{", NAMED.join(", ")),
            |name| format!("did you mean `{{{name}}}`?"),
        );
        return Err(Error::new(format!("unknown reference `{{{name}}}` in `{key}`")).hint(hint));
    }
    match all.get(name) {
        Some((Value::String(text), true)) => Ok(text.clone()),
        Some((Value::String(text), false)) if depth > 0 => expand(text, all, name, depth - 1),
        Some((Value::Integer(number), _)) => Ok(number.to_string()),
        Some(_) => Err(Error::new(format!("`{name}` refers to itself")).hint("replace the reference with a value")),
        None => Err(unknown(name)),
    }
}

/// What somebody answered, as it is: an answer names nothing else.
fn answered(name: &str, answer: &str, all: &Named, key: &str) -> Result<String> {
    match all.get(name) {
        Some((Value::String(text), _)) => Ok(text.clone()),
        Some((value, _)) => Ok(value.to_string()),
        None => {
            let known: Vec<&str> = all.keys().filter_map(|key| key.strip_prefix(ANSWERS)).collect();
            let hint = crate::suggest::closest(answer, &known).map_or_else(
                || "add a question to a preset with [[ask]]; for a literal brace, write {{".to_owned(),
                |meant| format!("did you mean `{{{ANSWERS}{meant}}}`?"),
            );
            Err(Error::new(format!("unknown reference `{{{name}}}` in `{key}`: no preset asks for it")).hint(hint))
        }
    }
}

/// Nobody said what this value is: the key, and the ways to say it.
pub(super) fn unknown(key: &str) -> Error {
    let example = match key {
        "app.entry" => "package.module:application",
        "health.path" => "/health",
        "install.with" => "uv",
        "processes.web.command" => "[\"gunicorn\", \"{app.entry}\"]",
        _ => "VALUE",
    };
    Error::new(format!("missing required setting `{key}`"))
        .hint(format!("set it in dockgen.toml, or pass --set '{key}={example}'"))
}

/// The words of a command.
///
/// # Errors
/// Quotes that do not end, or what only a shell would understand.
pub(super) fn words(command: &Command) -> std::result::Result<Vec<String>, String> {
    let words = match command {
        Command::Words(words) => words.clone(),
        Command::Line(line) => split(line)?,
    };
    match words.first().map(String::as_str) {
        None | Some("") => Err("it is empty".to_owned()),
        Some(first) if first.contains('=') => Err(format!("it starts with `{first}`: set variables under [environment]")),
        Some(first) if first.starts_with('-') => Err(format!("it starts with `{first}`, which is not a program")),
        Some(_) => Ok(words),
    }
}

/// Splits at spaces as a POSIX shell does, and refuses what a shell would do beyond that.
fn split(line: &str) -> std::result::Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' => words.extend(word.take()),
            '\'' | '"' => quoted(character, &mut characters, word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().push(characters.next().ok_or("it ends with a backslash")?),
            ';' | '&' | '|' | '<' | '>' | '`' | '$' | '(' | ')' | '*' | '?' | '~' => return Err(shell_only(character)),
            '#' if word.is_none() => return Err(shell_only(character)),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(quote: char, characters: &mut std::str::Chars<'_>, word: &mut String) -> std::result::Result<(), String> {
    loop {
        match characters.next() {
            None => return Err(format!("the quote {quote} is not closed")),
            Some(character) if character == quote => return Ok(()),
            Some('\\') if quote == '"' => match characters.next() {
                Some(character @ ('"' | '\\' | '$' | '`')) => word.push(character),
                Some(character) => word.extend(['\\', character]),
                None => return Err("the quote \" is not closed".to_owned()),
            },
            Some(character @ ('$' | '`')) if quote == '"' => return Err(shell_only(character)),
            Some(character) => word.push(character),
        }
    }
}

fn shell_only(character: char) -> String {
    format!("`{character}` needs a shell, which dockgen doesn't use: quote it with '…', or write one command per step")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_a_shell_does() {
        let line = |text: &str| words(&Command::Line(text.to_owned()));
        assert_eq!(
            line(r#"python  -c 'print("a b")' "c \" d" e\ f"#).unwrap(),
            ["python", "-c", "print(\"a b\")", "c \" d", "e f"]
        );
        assert_eq!(line("a '' b").unwrap(), ["a", "", "b"]);
        for shell in ["a && b", "a $HOME", "a \"$HOME\"", "a > b", "a 'b", "a \\", "# a", "", "--mount=x"] {
            assert!(line(shell).is_err(), "{shell}");
        }
    }
}
