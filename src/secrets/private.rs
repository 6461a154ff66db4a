//! Tables whose values may be secrets, even if they do not look like one: what errors show of their lines.

use toml::Value;
use toml::de::{DeTable, DeValue};

use super::harmless::{is_harmless, is_plain_words};
use super::is_named;
use super::mask::{header, masked_assignments, stars};
use super::reference::is_reference;

/// Tables whose values messages show only where they are harmless.
const PRIVATE: [&str; 4] = ["environment", "secrets", "answers", "labels"];

/// Those whose values everyone may read who has the files: words are harmless there.
const PUBLIC: [&str; 2] = ["answers", "labels"];

/// Whether a key is one of such a table.
pub(crate) fn is_private(key: &str) -> bool {
    key.split('.').any(|part| PRIVATE.contains(&part.trim().trim_matches(['"', '\''])))
}

/// Whether a place in a TOML text, which need not be valid, lies in such a table.
pub(crate) fn is_private_at(text: &str, at: usize) -> bool {
    table_at(text, at).is_some()
}

/// Lines of a TOML text with `*` for what is not harmless, where they lie in such a table; `at` is the place of the first.
pub(crate) fn masked_private(text: &str, at: usize, lines: &str) -> Option<String> {
    let table = table_at(text, at)?;
    // a part of a longer text says nothing on its own
    if table.is_open || lines.contains("\"\"\"") || lines.contains("'''") {
        return Some(masked_assignments(lines));
    }
    let mut path: Vec<String> = table.header.map(path_of).unwrap_or_default();
    let masked = lines.split_inclusive('\n').map(|line| match header(line) {
        Some(header) => {
            path = path_of(header);
            line.to_owned()
        }
        None => masked_entry(line, &path).unwrap_or_else(|| masked_assignments(line)),
    });
    Some(masked.collect())
}

fn path_of(key: &str) -> Vec<String> {
    let table: Option<Value> = toml::from_str(&format!("[{key}]")).ok();
    let mut path = Vec::new();
    let mut rest = table.as_ref();
    while let Some((key, inner)) = rest.and_then(Value::as_table).and_then(|table| table.iter().next()) {
        path.push(key.clone());
        rest = Some(inner);
    }
    path
}

/// One line, if it is valid TOML on its own: its values with `*` where they are not harmless, and all of its comment.
fn masked_entry(line: &str, path: &[String]) -> Option<String> {
    let table = DeTable::parse(line).ok()?;
    let mut masked = line.to_owned();
    let mut end = 0;
    for (key, value) in table.get_ref() {
        let path = [path, &[key.get_ref().to_string()]].concat();
        mask_value(&mut masked, value.get_ref(), value.span(), &path);
        end = end.max(value.span().end);
    }
    // dotted keys have no span of their own
    let comment = line.get(end..)?.find('#').map_or(line.len(), |at| end + at);
    masked.replace_range(comment.., &stars(line.get(comment..)?));
    Some(masked)
}

fn mask_value(masked: &mut String, value: &DeValue<'_>, span: std::ops::Range<usize>, path: &[String]) {
    let text = match value {
        DeValue::Table(table) => {
            return table.iter().for_each(|(key, value)| {
                let path = [path, &[key.get_ref().to_string()]].concat();
                mask_value(masked, value.get_ref(), value.span(), &path);
            });
        }
        DeValue::Array(items) => {
            return items.iter().for_each(|item| mask_value(masked, item.get_ref(), item.span(), path));
        }
        DeValue::Boolean(_) => return,
        DeValue::String(text) => text.to_string(),
        _ => masked.get(span.clone()).unwrap_or_default().to_owned(),
    };
    if !is_shown(path, &text)
        && let Some(told) = masked.get(span.clone())
    {
        let stars = stars(told);
        masked.replace_range(span, &stars);
    }
}

/// Whether an error may show the value of a key.
fn is_shown(path: &[String], value: &str) -> bool {
    let Some(at) = path.iter().position(|part| PRIVATE.contains(&part.as_str())) else { return false };
    let (table, mut names) = (path[at].as_str(), &path[at + 1..]);
    if let [before @ .., "value" | "example"] = names.iter().map(String::as_str).collect::<Vec<&str>>().as_slice() {
        names = &names[..before.len()];
    }
    let name = names.join("_");
    let is_public = PUBLIC.contains(&table) && !is_named(&name, value) && (is_plain_words(value) || is_reference(value));
    table != "secrets" && (is_public || is_harmless(&name, value))
}

/// The table that a place lies in.
struct PrivateTable<'t> {
    /// The last header above; none at the top of the text.
    header: Option<&'t str>,
    /// Whether a text of several lines may have begun there.
    is_open: bool,
}

fn table_at(text: &str, at: usize) -> Option<PrivateTable<'_>> {
    let line = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end);
    let (mut private, mut table) = (false, PrivateTable { header: None, is_open: false });
    for line in text.get(..line).unwrap_or_default().lines() {
        private = match header(line) {
            Some(header) if !table.is_open => {
                table.header = Some(header);
                is_private(header)
            }
            _ => private || line.split_once('=').is_some_and(|(key, _)| is_private(key)),
        };
        // what looks like a header may be a line of the text that begins here
        table.is_open |= private && (line.contains("\"\"\"") || line.contains("'''"));
    }
    private.then_some(table)
}
