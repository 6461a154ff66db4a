//! Values that are secrets under any name: passwords in addresses, key blocks, tokens of known services, random texts.

use std::ops::Range;

use super::address::{behind_port, easy_connect, hook, in_url, oracle, without_scheme};
use super::assigned::{assigned, header, pair, private_jwk, told};
use super::option;
use super::random::is_uuid;
use super::tokens::{BLOCKS, HASHES, STRONG, WEAK};

/// A secret in a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    /// Its bytes.
    pub(crate) span: Range<usize>,
    /// What it is, with its article.
    pub(crate) what: &'static str,
}

/// The first secret of a text that its form proves; a text that only looks random is none here.
pub(crate) fn by_value(text: &str) -> Option<Secret> {
    // nothing shorter has the form of a secret: `a:b@c/`
    if text.len() < 6 {
        return None;
    }
    let addresses = [hook, in_url, without_scheme, oracle, easy_connect, behind_port];
    let finders = [block, private_jwk, token, stream_key, marked_uuid, hash].into_iter().chain(addresses).chain([
        assigned,
        pair,
        told,
        option::find,
        header,
    ]);
    finders.into_iter().find_map(|find: fn(&str) -> Option<Secret>| find(text))
}

/// A key block or a token of a known service in a text: nothing that a person says makes an ordinary value of it.
pub(crate) fn unmistakable(text: &str) -> Option<Secret> {
    let finders: [fn(&str) -> Option<Secret>; 5] = [block, private_jwk, token, stream_key, marked_uuid];
    finders.into_iter().find_map(|find| find(text))
}

impl Secret {
    pub(super) fn new(span: Range<usize>, what: &'static str) -> Self {
        Self { span, what }
    }
}

/// `-----BEGIN PRIVATE KEY-----`
fn block(text: &str) -> Option<Secret> {
    if !text.contains("---") && !text.contains("PuTTY") {
        return None;
    }
    let marks = BLOCKS.iter().flat_map(|mark| text.match_indices(mark)).map(|(at, _)| at);
    let private = |at: &usize| {
        let label = head(&text[*at..]).to_ascii_uppercase();
        let label = label.trim_start_matches('-').trim_start().strip_prefix("BEGIN");
        let label = label.map(|rest| rest.split("----").next().unwrap_or(rest));
        label.is_none_or(|label| label.lines().next().is_some_and(|label| label.contains("PRIVATE KEY")))
    };
    let start = marks.filter(private).min()?;
    let rest = &text[start..];
    let end = rest.find("-----END").map_or(rest.len(), |end| end + rest[end..].find('\n').unwrap_or(rest.len() - end));
    Some(Secret::new(start..start + end, "a private key"))
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_-".contains(letter)
}

/// The places where a mark begins a word.
pub(super) fn starts<'t>(text: &'t str, mark: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(mark).map(|(at, _)| at).filter(|at| !text[..*at].ends_with(is_word))
}

/// How many bytes of a text are letters, digits or these.
pub(super) fn run(text: &str, marks: &str) -> usize {
    text.find(|letter: char| !letter.is_ascii_alphanumeric() && !marks.contains(letter)).unwrap_or(text.len())
}

/// The shortest token of a known service, in bytes.
const SHORTEST: usize = 14;

/// `3f2504e0-4f89-11d3-9a0c-0305e82c3301:fx`
fn marked_uuid(text: &str) -> Option<Secret> {
    text.match_indices(":fx").find_map(|(end, mark)| {
        let start = end - last(&text[..end], |letter| letter.is_ascii_hexdigit() || letter == '-').len();
        is_uuid(&text[start..end]).then(|| Secret::new(start..end + mark.len(), "a DeepL key"))
    })
}

/// `ghp_…`, `AKIA…`, `eyJ….eyJ….…`, `123456789:AA…`
fn token(text: &str) -> Option<Secret> {
    let unlike_words = |letter: char| letter.is_ascii_digit() || letter.is_ascii_uppercase();
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && !"_-.=+/".contains(letter));
    if !words.any(|word| word.len() >= SHORTEST && word.contains(unlike_words)) {
        return bot(text);
    }
    for (mark, least, what) in STRONG {
        for start in starts(text, mark) {
            let length = run(&text[start + mark.len()..], "_-.=+/");
            if length >= *least {
                return Some(Secret::new(start..start + mark.len() + length, what));
            }
        }
    }
    for (mark, least, what) in WEAK {
        for start in starts(text, mark) {
            let rest = &text[start + mark.len()..];
            let length = run(rest, "");
            let has = |is: fn(&char) -> bool| rest[..length].chars().any(|letter| is(&letter));
            if length >= *least && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic) {
                return Some(Secret::new(start..start + mark.len() + length, what));
            }
        }
    }
    bot(text)
}

/// `live_123456789_…`: the key of a stream.
fn stream_key(text: &str) -> Option<Secret> {
    /// The shortest such key, in letters and digits.
    const LEAST: usize = 16;
    starts(text, "live_").find_map(|start| {
        let number = start + "live_".len();
        let digits = text[number..].bytes().take_while(u8::is_ascii_digit).count();
        let key = text[number + digits..].strip_prefix('_').map_or(0, |key| run(key, ""));
        (digits >= 4 && key >= LEAST).then(|| Secret::new(start..number + digits + 1 + key, "the key of a stream"))
    })
}

/// Whether a word has the form of a known service's token.
pub(crate) fn is_token(word: &str) -> bool {
    token(word).is_some()
}

/// A Telegram bot's token: its number, a colon, 35 characters.
fn bot(text: &str) -> Option<Secret> {
    text.match_indices(':').find_map(|(at, _)| {
        let number = text[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        let length = run(&text[at + 1..], "_-");
        let known = (8..=10).contains(&number) && (30..=40).contains(&length);
        if known { Some(Secret::new(at - number..at + 1 + length, "a Telegram token")) } else { None }
    })
}

/// `$2b$12$…`, `pbkdf2_sha256$…`
fn hash(text: &str) -> Option<Secret> {
    if !text.contains(['$', ':', '}']) {
        return None;
    }
    HASHES.iter().find_map(|mark| {
        text.match_indices(mark).find_map(|(start, _)| {
            let length = run(&text[start + mark.len()..], "$./+=,_-");
            (length >= 10).then(|| Secret::new(start..start + mark.len() + length, "the hash of a password"))
        })
    })
}

/// The longest part of a text that is looked at behind and before a mark, in bytes: without it, a long line takes forever.
pub(super) const NEAR: usize = 512;

/// The beginning of a text, as far as it is looked at.
pub(super) fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(NEAR)]
}

/// The end of a text that is made of such letters.
pub(super) fn last(text: &str, is: impl Fn(char) -> bool) -> &str {
    let length: usize = text.chars().rev().take(NEAR).take_while(|letter| is(*letter)).map(char::len_utf8).sum();
    &text[text.len() - length..]
}
