//! Quotes values for `.env` files so that Compose and python-dotenv, which parse them differently, read the same value.
//!
//! | | Compose (compose-go, `dotenv/parser.go`) | python-dotenv (`parser.py`, `variables.py`) |
//! |---|---|---|
//! | no quotes | trims the value and cuts ` #…`, expands `$NAME` and `$$` | trims the value and cuts ` #…` |
//! | `'…'` | `\'` is an escape, other backslashes are literal | `\'` and `\\` are escapes |
//! | `"…"` | `\\` and `\"` are escapes, expands `$NAME` and `$$` | `\\` and `\"` are escapes |
//! | `${NAME}` | expanded except in `'…'` | always expanded, can't be escaped |
//!
//! `docker run --env-file` and systemd don't support this quoting, so these files are not for them.

use super::is_plain;

const VARIABLE: &str = "python-dotenv replaces `${…}` in every kind of quotes";
const DOLLAR: &str = "no kind of quotes keeps both its `$` and its backslashes";

/// Quotes a value so that both parsers read it back unchanged.
///
/// # Errors
/// The reason why no form is safe for both.
pub(crate) fn quote(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || is_plain(text) {
        return Ok(text.to_owned());
    }
    if has_variable(text) {
        return Err(VARIABLE);
    }
    let in_single = !text.ends_with('\\') && !text.contains("\\\\") && !text.contains("\\'");
    let in_double = !has_dollar(text);
    // python-dotenv before 1.2.3 takes any backslash before the closing quote for an escape, so write such values without quotes
    let bare = in_double && text.ends_with('\\') && survives_unquoted(text);
    match text {
        text if in_single && !text.contains('\'') => Ok(format!("'{text}'")),
        text if bare => Ok(text.to_owned()),
        text if in_double => Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
        text if in_single => Ok(format!("'{}'", text.replace('\'', "\\'"))),
        _ => Err(DOLLAR),
    }
}

/// Whether parsers neither trim an unquoted text, nor take a part of it for quotes or a comment.
fn survives_unquoted(text: &str) -> bool {
    let comment = text.match_indices('#').any(|(at, _)| text[..at].ends_with(char::is_whitespace));
    text.trim() == text && !text.starts_with(['"', '\'', '#']) && !comment
}

/// Whether python-dotenv would expand something: `${NAME}` or `${NAME:-default}`, with any name.
fn has_variable(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let rest = text[at + 2..].trim_start_matches(|letter| letter != '}' && letter != ':');
        rest.starts_with('}') || rest.strip_prefix(":-").is_some_and(|default| default.contains('}'))
    })
}

/// Whether Compose would expand a `$`: before a name, a brace or another `$`. Compose matches names case-insensitively with Go's regular
/// expressions, for which `ſ` is a form of `s` and the Kelvin sign one of `k`.
fn has_dollar(text: &str) -> bool {
    let starts_expansion =
        |letter: char| letter.is_ascii_alphabetic() || ['_', '{', '$', '\u{17f}', '\u{212a}'].contains(&letter);
    text.match_indices('$').any(|(at, _)| text[at + 1..].starts_with(starts_expansion))
}
