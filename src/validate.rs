//! Checks the form of every string, name and number in the merged layers, by one table of rules.
//!
//! This is the first of two defenses: it refuses text that could end a line, close a quote or be invisible. Accepted values
//! are also quoted when they are rendered (`render/`). Each string key of the schema needs a row, which a test checks.

pub(crate) mod dockgen_version;
mod forms;
mod keys;
pub(crate) mod no_secrets;

use toml::Value;

use self::keys::{NAMES, NUMBERS, STRINGS};
use crate::error::places;
use crate::error::{Error, Result};
use crate::hidden;
use crate::layers::Node;
use crate::secrets;

/// How many characters to show on both sides of an invisible one.
const AROUND: usize = 30;

/// Checks every value and every name of the merged layers.
///
/// # Errors
/// A value breaks its rule. The error names its key and place.
pub(crate) fn check(layers: &Node) -> Result<()> {
    walk(layers, &mut String::new())
}

/// Checks a table that is not part of the spec, by the rules for a key.
///
/// # Errors
/// A value breaks its rule.
pub(crate) fn check_below(table: &Node, key: &str) -> Result<()> {
    walk(table, &mut key.to_owned())
}

fn walk(node: &Node, path: &mut String) -> Result<()> {
    match node {
        // dockgen's own defaults name no other values, and the tests have checked them
        Node::Leaf(_, origin) if origin.is_default() => Ok(()),
        Node::Leaf(value, _) => leaf(node, path, value),
        Node::Table { children, .. } => {
            let rule = NAMES.iter().find(|(pattern, _)| matches(pattern, path)).map(|(_, rule)| rule);
            children.iter().try_for_each(|(name, child)| {
                if let Some(rule) = rule.filter(|rule| !(rule.accepts)(name)) {
                    let error = Error::new(format!("`{path}`: expected names of {}, found {}", rule.wants, shown(name)));
                    let hint = format!("rename it, for example to `{}`", rule.example);
                    return Err(error.at(Some(child.origin().place.clone())).hint(hint));
                }
                let above = path.len();
                path.extend([if path.is_empty() { "" } else { "." }, name]);
                walk(child, path)?;
                path.truncate(above);
                Ok(())
            })
        }
    }
}

fn leaf(node: &Node, path: &str, value: &Value) -> Result<()> {
    let broken = match value {
        Value::Array(items) => return items.iter().try_for_each(|item| leaf(node, path, item)),
        Value::String(text) => string(path, text, matches!(node, Node::Leaf(Value::Array(_), _))),
        Value::Integer(number) => number_at(path, *number),
        _ => None,
    };
    let place = node.origin().place.clone();
    let place = if secrets::is_private(path) { places::hidden(&place) } else { place };
    broken.map_or(Ok(()), |error| Err(error.at(Some(place))))
}

fn string(path: &str, text: &str, in_list: bool) -> Option<Error> {
    // descriptions may contain any text
    let prose = path.rsplit('.').next() == Some("description");
    if let Some(at) = if prose { hidden::find_in_prose(text) } else { hidden::find(text) } {
        return Some(invisible(path, text, at));
    }
    let (_, rule) = STRINGS.iter().find(|(pattern, _)| matches(pattern, path))?;
    if (rule.accepts)(text) {
        return None;
    }
    let found = if secrets::is_private(path) { String::new() } else { format!(", found {}", shown(text)) };
    let name = path.rsplit('.').next().unwrap_or_default();
    let example = if in_list { format!("[{:?}]", rule.example) } else { format!("{:?}", rule.example) };
    let hint = format!("write, for example, `{name} = {example}`");
    Some(Error::new(format!("`{path}`: expected {}{found}", rule.wants)).hint(hint))
}

/// Names the invisible character and shows the text around it.
fn invisible(path: &str, text: &str, at: usize) -> Error {
    let letter = text[at..].chars().next().map_or(0, u32::from);
    let start = text[..at].char_indices().rev().nth(AROUND).map_or(0, |(start, _)| start);
    let around: String = text[start..].chars().take(2 * AROUND).collect();
    let shown = if secrets::is_private(path) { String::new() } else { format!(": \"{}\"", hidden::printable(&around)) };
    let message = format!("`{path}` contains U+{letter:04X}, an invisible character{shown}");
    Error::new(message).hint("remove that character: values are one line without control or direction marks")
}

/// The error for an integer that is too small or too large for its key.
pub(crate) fn number_at(path: &str, number: i64) -> Option<Error> {
    let (_, least, most, why) = NUMBERS.iter().find(|(pattern, ..)| matches(pattern, item_of(path)))?;
    let error = out_of_range(path, &number.to_string(), *least, *most);
    if number < *least && !why.is_empty() {
        return Some(Error { message: format!("{}: {why}", error.message), ..error });
    }
    (number < *least || number > *most).then_some(error)
}

/// The example of a key's rule, as TOML, if the rule refuses this TOML value.
pub(crate) fn example_instead(path: &str, value: &str) -> Option<String> {
    let (_, rule) = STRINGS.iter().find(|(pattern, _)| matches(pattern, item_of(path)))?;
    let refused = |value: &Value| value.as_str().is_some_and(|text| !(rule.accepts)(text));
    match format!("x = {value}").parse::<toml::Table>().ok()?.get("x")? {
        Value::Array(items) => items.iter().any(refused).then(|| format!("[{:?}]", rule.example)),
        value => refused(value).then(|| format!("{:?}", rule.example)),
    }
}

/// The range of the integer at a key.
pub(crate) fn range(path: &str) -> Option<(i64, i64)> {
    NUMBERS.iter().find(|(pattern, ..)| matches(pattern, item_of(path))).map(|(_, least, most, _)| (*least, *most))
}

/// The key of a list, for one of its items.
fn item_of(path: &str) -> &str {
    path.split('[').next().unwrap_or(path)
}

/// The error for an integer that its key doesn't accept.
pub(crate) fn out_of_range(path: &str, found: &str, least: i64, most: i64) -> Error {
    let name = item_of(path.rsplit('.').next().unwrap_or_default());
    let nearest = found.parse().map_or(most, |number: i64| number.clamp(least, most));
    Error::new(format!("`{path}`: expected an integer from {least} to {most}, found {found}"))
        .hint(format!("write a number in that range, such as `{name} = {nearest}`"))
}

/// The text in quotes, shortened, with control characters escaped.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{dots}")
}

/// Whether a dotted key matches a pattern, in which `*` matches one name.
///
/// Compares bytes, because it is called thousands of times and most comparisons end at the first one. Names that users choose
/// may contain dots, so a `*` at the end matches the rest.
#[inline]
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    pattern.as_bytes().first() == path.as_bytes().first() && goes_on_like(pattern, path)
}

fn goes_on_like(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.as_bytes(), path.as_bytes());
    loop {
        match (pattern, path) {
            ([], []) => return true,
            ([b'*'], rest) => return !rest.is_empty(),
            ([b'*', pattern_rest @ ..], _) => {
                let end = path.iter().position(|byte| *byte == b'.').unwrap_or(path.len());
                (pattern, path) = (pattern_rest, &path[end..]);
            }
            ([one, pattern_rest @ ..], [other, path_rest @ ..]) if one == other => (pattern, path) = (pattern_rest, path_rest),
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::SHORT_FORMS;

    #[test]
    fn a_star_stands_for_one_name() {
        for (pattern, path, expected) in [
            ("app.port", "app.port", true),
            ("app.port", "app.por", false),
            ("app.por", "app.port", false),
            ("processes.*.command", "processes.web.command", true),
            ("processes.*.command", "processes.web.replicas", false),
            ("image.labels.*", "image.labels.com.example.team", true),
            ("kubernetes.resources.*.*", "kubernetes.resources.limits.cpu", true),
            ("output.*", "output", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    /// Every string and every restricted number has a row, so no new key can be forgotten.
    #[test]
    fn every_key_of_the_schema_has_a_rule() {
        let schema = serde_json::to_value(schemars::schema_for!(crate::spec::Spec)).unwrap_or_default();
        let mut missing = Vec::new();
        visit(&schema, &schema, "", &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }

    fn visit(schema: &serde_json::Value, root: &serde_json::Value, path: &str, missing: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            return visit(&root["$defs"][reference.trim_start_matches("#/$defs/")], root, path, missing);
        }
        for form in schema["anyOf"].as_array().into_iter().flatten() {
            visit(form, root, path, missing);
        }
        if !schema["items"].is_null() {
            visit(&schema["items"], root, path, missing);
        }
        for (name, child) in schema["properties"].as_object().into_iter().flatten() {
            visit(child, root, format!("{path}.{name}").trim_start_matches('.'), missing);
        }
        if schema["additionalProperties"].is_object() {
            if !NAMES.iter().any(|(pattern, _)| matches(pattern, path)) {
                missing.push(format!("a name in {path}"));
            }
            visit(&schema["additionalProperties"], root, &format!("{path}.x"), missing);
        }
        let kinds = schema["type"].to_string();
        // short forms are tables by the time that rules are checked
        let is_short = SHORT_FORMS.iter().any(|(table, ..)| path.split('.').next() == Some(table));
        let text = kinds.contains("\"string\"") && !is_short;
        if (text || path.matches('.').count() > 1 && kinds.contains("\"string\""))
            && !STRINGS.iter().any(|(pattern, _)| matches(pattern, path))
        {
            missing.push(path.to_owned());
        }
        if kinds.contains("\"integer\"") && !NUMBERS.iter().any(|(pattern, ..)| matches(pattern, path)) {
            missing.push(path.to_owned());
        }
    }
}
