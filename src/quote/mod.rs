//! Quotes for shells, JSON and `.env` files, and names in braces.

pub(crate) mod braces;
pub(crate) mod dotenv;

use std::fmt::Write as _;

/// Whether a text needs no quotes in a shell, a Dockerfile or a pattern.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/:@+-=,%".contains(letter))
}

/// A word for a POSIX shell, in quotes if it needs them.
pub(crate) fn shell_word(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// A command line for a POSIX shell that passes exactly these words.
pub(crate) fn shell_line(words: &[String]) -> String {
    words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
}

/// A JSON string that is also a YAML scalar: characters that YAML does not print are escaped too.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_only_what_a_shell_would_read_as_syntax() {
        assert_eq!(shell_word("it's $(x)"), r"'it'\''s $(x)'");
        assert_eq!(shell_line(&["a=b".to_owned(), "c d".to_owned()]), "a=b 'c d'");
        assert_eq!(json_text("x\u{7f}\""), "\"x\\u007f\\\"\"");
    }
}
