//! The words of an environment marker.

/// The operators between the two sides of a comparison; one that begins another comes after it.
const OPERATORS: [&str; 8] = ["===", "==", "!=", "~=", "<=", ">=", "<", ">"];

/// A word of a marker.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    Operator(&'static str),
    /// A quoted text, without its quotes.
    Text(&'a str),
    /// The name of a marker, or one of `and`, `or`, `in` and `not`.
    Name(&'a str),
}

/// The words of a marker; none if something in it is none.
pub(super) fn tokens(marker: &str) -> Option<Vec<Token<'_>>> {
    let mut found = Vec::new();
    let mut rest = marker.trim_start();
    while !rest.is_empty() {
        let (token, after) = token(rest)?;
        found.push(token);
        rest = after.trim_start();
    }
    Some(found)
}

/// The first word of a text that begins with one, and what is after it.
fn token(text: &str) -> Option<(Token<'_>, &str)> {
    if let Some(operator) = OPERATORS.iter().find(|operator| text.starts_with(**operator)) {
        return Some((Token::Operator(operator), &text[operator.len()..]));
    }
    let first = text.chars().next()?;
    let rest = &text[first.len_utf8()..];
    match first {
        '(' => Some((Token::Open, rest)),
        ')' => Some((Token::Close, rest)),
        '\'' | '"' => rest.split_once(first).map(|(quoted, rest)| (Token::Text(quoted), rest)),
        _ => {
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter);
            let (name, rest) = text.split_at(text.find(|letter| !is_name(letter)).unwrap_or(text.len()));
            (!name.is_empty()).then_some((Token::Name(name), rest))
        }
    }
}
