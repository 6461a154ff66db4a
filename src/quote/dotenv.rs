//! Values in `.env` files, which Compose and python-dotenv read by different rules.
//!
//! | | Compose (compose-go, `dotenv/parser.go`) | python-dotenv (`parser.py`, `variables.py`) |
//! |---|---|---|
//! | no quotes | blanks around and ` #…` are cut, `$NAME` and `$$` replaced | blanks around and ` #…` are cut |
//! | `'…'` | `\'` is `'`; every other backslash stays | `\'` and `\\` are one character |
//! | `"…"` | `\\` and `\"` are one character, `$NAME` and `$$` are replaced | `\\` and `\"` are one character |
//! | `${NAME}` | replaced without quotes and in `"…"` | replaced everywhere, without a way to escape it |
//!
//! Neither `docker run --env-file` nor systemd knows Compose's quotes: these files are not for them.

use super::is_plain;

/// Why a value cannot be written.
const VARIABLE: &str = "python-dotenv replaces `${…}` in every kind of quotes";
const DOLLAR: &str = "no kind of quotes keeps both its `$` and its backslashes";

/// A value as both readers read it back.
///
/// # Errors
/// Why there is none.
pub(crate) fn written(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || is_plain(text) {
        return Ok(text.to_owned());
    }
    if has_variable(text) {
        return Err(VARIABLE);
    }
    let in_single = !text.ends_with('\\') && !text.contains("\\\\") && !text.contains("\\'");
    let in_double = !has_dollar(text);
    // python-dotenv before 1.2.3 takes a backslash before the closing quote for one that escapes it
    let bare = in_double && text.ends_with('\\') && keeps_its_ends(text);
    match text {
        text if in_single && !text.contains('\'') => Ok(format!("'{text}'")),
        text if bare => Ok(text.to_owned()),
        text if in_double => Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
        text if in_single => Ok(format!("'{}'", text.replace('\'', "\\'"))),
        _ => Err(DOLLAR),
    }
}

/// Whether a text without quotes begins and ends as it is read.
fn keeps_its_ends(text: &str) -> bool {
    let comment = text.match_indices('#').any(|(at, _)| text[..at].ends_with(char::is_whitespace));
    text.trim() == text && !text.starts_with(['"', '\'', '#']) && !comment
}

/// Whether python-dotenv replaces something: `${NAME}` or `${NAME:-default}`, with any name.
fn has_variable(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let rest = text[at + 2..].trim_start_matches(|letter| letter != '}' && letter != ':');
        rest.starts_with('}') || rest.strip_prefix(":-").is_some_and(|default| default.contains('}'))
    })
}

/// Whether a `$` means something to Compose: before a name, a brace or another one. Its names are matched without regard to case, and
/// to Go's regular expressions two letters beyond ASCII are cases of `s` and `k`.
fn has_dollar(text: &str) -> bool {
    let means = |letter: char| letter.is_ascii_alphabetic() || ['_', '{', '$', '\u{17f}', '\u{212a}'].contains(&letter);
    text.match_indices('$').any(|(at, _)| text[at + 1..].starts_with(means))
}
