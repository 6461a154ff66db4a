//! Texts in the place of a secret that stand for it: variables, placeholders, names of files.

use super::names::{mentions_secret, words};
use super::random::is_random;

/// Whether a value is the name of a file, as in `/run/secrets/key.pem`.
pub(super) fn is_path(value: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+~ ".contains(letter);
    (value.starts_with('/') || value.starts_with("./"))
        && value[1..].contains('/')
        && value.chars().all(plain)
        && !is_random(value)
}

/// What dockgen fills in: a service's own words, and the tables whose keys may be named.
const FILLED: [&str; 5] = ["user", "password", "database", "host", "port"];
const NAMED: [&str; 7] = ["answers.", "app.", "health.", "image.", "project.", "python.", "server."];

fn is_filled(name: &str) -> bool {
    FILLED.contains(&name) || NAMED.iter().any(|table| name.strip_prefix(table).is_some_and(|key| !key.is_empty()))
}

/// What templates, routers and documentation put around the name of a value.
///
/// `{{` in a spec is one brace, so that `{{token}}` is `{token}}`.
const WRAPPERS: [(&str, &str); 15] = [
    ("{{", "}}"),
    ("{", "}}"),
    ("${", "}"),
    ("#{", "}"),
    ("<%=", "%>"),
    ("{", "}"),
    ("%7B", "%7D"),
    ("%7b", "%7d"),
    ("[", "]"),
    ("<", ">"),
    ("__", "__"),
    ("%", "%"),
    ("$", ""),
    (":", ""),
    ("@", ""),
];

/// The name in a placeholder of any template language: `{token}`, `{{ token }}`, `$token`, `:token`. It has no digits.
fn name_in_placeholder(text: &str) -> Option<&str> {
    let is_name = |name: &&str| {
        name.starts_with(char::is_alphabetic) && name.chars().all(|letter| letter.is_alphabetic() || "_.- ".contains(letter))
    };
    WRAPPERS.iter().find_map(|(open, close)| Some(text.strip_prefix(open)?.strip_suffix(close)?.trim()).filter(is_name))
}

/// Whether a parameter of an address is filled in later.
pub(super) fn is_placeholder(text: &str) -> bool {
    name_in_placeholder(text).is_some()
}

/// Whether a text is a placeholder that is named like a secret: `{api_key}`, but not `{hunter}`, as drivers put passwords in braces.
pub(super) fn is_named_placeholder(text: &str) -> bool {
    name_in_placeholder(text).is_some_and(|name| mentions_secret(&words(name)))
}

/// Whether a text refers to another: `$NAME`, `${NAME}`, `{app.port}`, `%(name)s`, `<name>`, `***`, `…`.
pub(super) fn is_reference(text: &str) -> bool {
    let name = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || "_.- ".contains(letter));
    let inside = |open: &str, close: &str| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(name);
    // a placeholder has no digits: `<hunter2>` is a password in angle brackets
    let words = |open: &str, close: &str| inside(open, close) && !text.contains(|letter: char| letter.is_ascii_digit());
    let filled = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(is_filled);
    let same = |mark: char, least: usize| text.chars().all(|letter| letter == mark) && text.len() >= least;
    let variable = text.trim_start_matches('$');
    let variable = variable.len() < text.len()
        && variable.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && variable.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    // `${NAME:?it is missing}` tells no value, `${NAME:-hunter2}` does
    let braced = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    let required = braced.split_once(":?").is_some_and(|(before, _)| name(before));
    let default =
        braced.split_once(":-").is_some_and(|(before, value)| name(before) && (value.is_empty() || is_reference(value)));
    variable
        || required
        || default
        || text.starts_with("$(")
        || text.len() > 2 && text.starts_with('`') && text.ends_with('`')
        || inside("${", "}")
        || filled
        || words("{{", "}}")
        || words("%(", ")s")
        || words("<", ">")
        || ["…", "%s", "{}"].contains(&text)
        || same('*', 1)
        || same('x', 3)
        || same('.', 3)
}
