//! References such as `{app.entry}` from one value to another.

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml::Value;

use super::Node;
use crate::error::{Error, Result};
use crate::quote::braces::{Braced, braced};
use crate::suggest::closest;

/// The keys whose values may contain references; `*` is any name.
const REFERRING: [&[&str]; 20] = [
    &["python", "release"],
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

/// The table of answers, all of which can be referenced.
const ANSWERS: &str = "answers.";

/// The keys that can be referenced.
const REFERABLE: [&str; 15] = [
    "app.entry",
    "app.port",
    "app.root",
    "app.workdir",
    "health.path",
    "image.debian",
    "project.name",
    "python.release",
    "python.version",
    "server.graceful-timeout",
    "server.keep-alive",
    "server.max-requests",
    "server.threads",
    "server.timeout",
    "server.workers",
];

/// The maximum depth of references in referenced values.
const DEPTH: usize = 4;

/// The maximum length of a value in bytes: nested references grow fast.
const LONGEST: usize = 64 * 1024;

/// The values that can be referenced, before expansion, and whether each is a fact.
type ReferenceValues = BTreeMap<Cow<'static, str>, (Value, bool)>;

/// The layers with `{key}` replaced by the value of that key in all values that may contain references. Braces in a fact are literal
/// text.
///
/// # Errors
/// A reference to an unknown key, or to one without a value.
pub(crate) fn expand_all(layers: &Node) -> Result<Node> {
    let named = REFERABLE.into_iter().filter_map(|key| match layers.get(key) {
        Some(Node::Leaf(value, origin)) => Some((Cow::Borrowed(key), (value.clone(), origin.fact))),
        _ => None,
    });
    let mut named: ReferenceValues = named.collect();
    if let Some(answers) = layers.get("answers") {
        let answer = |(name, value, _): (String, &Value, _)| (Cow::Owned(format!("{ANSWERS}{name}")), (value.clone(), false));
        named.extend(answers.leaves().into_iter().map(answer));
    }
    let mut expanded = layers.clone();
    expand_in(&mut expanded, &mut Vec::new(), &named)?;
    Ok(expanded)
}

fn expand_in(node: &mut Node, path: &mut Vec<String>, all: &ReferenceValues) -> Result<()> {
    match node {
        Node::Table { off: Some(_), .. } => Ok(()),
        Node::Table { children, .. } => children.iter_mut().try_for_each(|(name, child)| {
            path.push(name.clone());
            let result = expand_in(child, path, all);
            path.pop();
            result
        }),
        Node::Leaf(value, origin) if may_refer(path) && !origin.fact => {
            expand_value(value, all, &path.join(".")).map_err(|error| error.at(Some(origin.place.clone())))
        }
        Node::Leaf(..) => Ok(()),
    }
}

fn may_refer(path: &[String]) -> bool {
    REFERRING
        .iter()
        .any(|pattern| pattern.len() == path.len() && pattern.iter().zip(path).all(|(part, name)| *part == "*" || part == name))
}

fn expand_value(value: &mut Value, all: &ReferenceValues, key: &str) -> Result<()> {
    match value {
        Value::String(text) => {
            *text = expand(text, all, key, DEPTH)?;
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| expand_value(item, all, key)),
        _ => Ok(()),
    }
}

fn expand(text: &str, all: &ReferenceValues, key: &str, depth: usize) -> Result<String> {
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

fn named(name: &str, all: &ReferenceValues, key: &str, depth: usize) -> Result<String> {
    if let Some(answer) = name.strip_prefix(ANSWERS) {
        return answered(name, answer, all, key);
    }
    if !REFERABLE.contains(&name) {
        let hint = closest(name, &REFERABLE).map_or_else(
            || format!("known references: {}; for a literal brace, write {{{{", REFERABLE.join(", ")),
            |name| format!("did you mean `{{{name}}}`?"),
        );
        return Err(Error::new(format!("unknown reference `{{{name}}}` in `{key}`")).hint(hint));
    }
    match all.get(name) {
        Some((Value::String(text), true)) => Ok(text.clone()),
        Some((Value::String(text), false)) if depth > 0 => expand(text, all, name, depth - 1),
        Some((Value::Integer(number), _)) => Ok(number.to_string()),
        Some(_) => Err(Error::new(format!("`{name}` refers to itself")).hint("replace the reference with a value")),
        None => Err(missing_setting(name)),
    }
}

/// An answer as it is: answers contain no references.
fn answered(name: &str, answer: &str, all: &ReferenceValues, key: &str) -> Result<String> {
    match all.get(name) {
        Some((Value::String(text), _)) => Ok(text.clone()),
        Some((value, _)) => Ok(value.to_string()),
        None => {
            let known: Vec<&str> = all.keys().filter_map(|key| key.strip_prefix(ANSWERS)).collect();
            let hint = closest(answer, &known).map_or_else(
                || "add a question to a preset with [[ask]]; for a literal brace, write {{".to_owned(),
                |meant| format!("did you mean `{{{ANSWERS}{meant}}}`?"),
            );
            Err(Error::new(format!("unknown reference `{{{name}}}` in `{key}`: no preset asks for it")).hint(hint))
        }
    }
}

/// The layers with every reference filled in that can be, for people to look at.
#[must_use]
pub fn with_references(layers: Node) -> Node {
    expand_all(&layers).unwrap_or(layers)
}

/// The error for a required setting without a value.
pub(crate) fn missing_setting(key: &str) -> Error {
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
