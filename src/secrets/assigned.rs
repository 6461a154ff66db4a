//! Secrets that are assigned to a name: in connection strings, files of settings, JSON, headers, commands.

use std::ops::Range;

use super::address::is_parameter;
use super::lists::STATES;
use super::names::{by_name, is_open};
use super::option::is_variable;
use super::random::is_natural;
use super::reference::{is_named_placeholder, is_path, is_reference};
use super::values::{NEAR, Secret, head, last, run, starts};

/// `Server=h;Password=p`, `host=h password=p`, `TOKEN=…`, `"password": "…"`, `x-api-key: …`
pub(super) fn assigned(text: &str) -> Option<Secret> {
    text.match_indices(['=', ':']).find_map(|(at, mark)| {
        let before = text[..at].trim_end();
        if text[at + 1..].starts_with('=') {
            return None;
        }
        let bare = before.trim_end_matches(['"', '\'']);
        let name = last(bare, |letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter));
        let quoted = bare.len() < before.len();
        if mark == ":" && !quoted && !is_field(text, bare.len() - name.len(), at) || !is_parameter(name) || is_bare_key(name) {
            return None;
        }
        let span = value(text, at + 1);
        let told = text.get(span.clone()).filter(|value| !is_path(value) && is_told(name, value))?;
        let more = if told.len() < NEAR { 0 } else { text[span.end..].find(is_end).unwrap_or(text.len() - span.end) };
        Some(Secret::new(span.start..span.end + more, "the value of a secret"))
    })
}

/// What stands between a secret's name and its value where that is neither `=` nor `:`.
const MARKS: [&str; 13] = [
    " -> ",
    "password>",
    "identified by '",
    "password '",
    "requirepass ",
    "masterauth ",
    "pass:",
    "pwd:",
    "password:",
    "passwd:",
    ":{clear}",
    ":{cleartext}",
    ":{plain}",
];

/// `password -> p`, `<password>p</password>`, `IDENTIFIED BY 'p'`, `requirepass p`, `pwd:p`, `machine h login u password p`
pub(super) fn told(text: &str) -> Option<Secret> {
    let lower = text.to_ascii_lowercase();
    let netrc = (lower.contains("machine ") && lower.contains(" login ")).then_some(" password ");
    MARKS.into_iter().chain(netrc).find_map(|mark| {
        lower.match_indices(mark).find_map(|(at, _)| {
            let start = at + mark.len();
            let before = last(&text[..at], |letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
            let named = match mark {
                " -> " => by_name(before),
                _ if mark.ends_with(':') => text[..at].trim().is_empty() || text[..at].ends_with(['"', '\'']),
                _ if mark.ends_with('>') => text[..at].ends_with('<'),
                _ => true,
            };
            let rest = head(&text[start..]);
            let length = rest.find(|letter: char| is_end(letter) || letter == '<').unwrap_or(rest.len());
            let value = &rest[..length];
            // `requirepass` in a sentence is followed by more words
            let ends =
                !mark.starts_with(['r', 'm']) || !rest[length..].trim_start_matches(' ').starts_with(char::is_alphanumeric);
            let secret = named && ends && value.contains(char::is_alphanumeric) && !is_reference(value) && !is_path(value);
            secret.then(|| Secret::new(start..start + length, "the value of a secret"))
        })
    })
}

/// `{"name": "password", "value": "p"}`
pub(super) fn pair(text: &str) -> Option<Secret> {
    let member = |object: &str, name: &str| {
        let at = object.find(&format!("\"{name}\""))? + name.len() + 2;
        let colon = at + object[at..].find(':')? + 1;
        Some(value(object, colon))
    };
    text.match_indices("\"value\"").find_map(|(at, _)| {
        let start = at - last(&text[..at], |letter| letter != '{').len();
        let object = head(&text[start..]);
        let object = object.split('}').next().unwrap_or(object);
        let span = member(object, "value").filter(|span| object.get(span.clone()).is_some())?;
        let name = ["name", "key", "Name", "Key"].iter().find_map(|name| member(object, name))?;
        let name = object.get(name).filter(|name| is_parameter(name) && is_told(name, &object[span.clone()]))?;
        (!name.is_empty()).then(|| Secret::new(start + span.start..start + span.end, "the value of a secret"))
    })
}

/// Whether a name and its colon are all that comes before one word, as in a header or a line of YAML, and no sentence.
fn is_field(text: &str, start: usize, colon: usize) -> bool {
    let begins = text[..start].trim_end_matches([' ', '-']).chars().next_back().is_none_or(|before| "\n\"'{,".contains(before));
    let Some(rest) = head(&text[colon + 1..]).strip_prefix([' ', '\t']) else { return false };
    let field = rest.split(['\n', '"', '\'', '}', ',']).find(|field| !field.trim().is_empty()).unwrap_or_default();
    begins && !field.trim().contains(char::is_whitespace)
}

/// What ends a value without quotes.
fn is_end(letter: char) -> bool {
    letter.is_whitespace() || ";&\"'`".contains(letter)
}

/// The value that begins at a place: what is in quotes or braces, or all up to a space or a `;`.
fn value(text: &str, at: usize) -> Range<usize> {
    let near = head(&text[at..]);
    let rest = near.trim_start();
    let start = at + near.len() - rest.len();
    let first = rest.chars().next().unwrap_or(' ');
    let end = match first {
        '"' | '\'' => return start + 1..start + 1 + rest[1..].find(first).unwrap_or(rest.len() - 1),
        // a command in backquotes, whose output is the value
        '`' if rest[1..].contains('`') => rest[1..].find('`').map(|end| end + 2),
        '`' => return start + 1..start + 1 + rest[1..].find(is_end).unwrap_or(rest.len() - 1),
        '{' if !rest[1..].starts_with([' ', '"', '\'', '\n']) => {
            rest.find('}').map(|end| if rest[end..].starts_with("}}") { end + 2 } else { end + 1 })
        }
        '<' => rest.find('>').filter(|end| is_reference(&rest[..=*end])).map(|end| end + 1),
        _ => None,
    };
    start..start + end.or_else(|| rest.find(is_end)).unwrap_or(rest.len())
}

/// `--key=2` sorts, and opens nothing.
pub(super) fn is_bare_key(name: &str) -> bool {
    ["key", "keys"].contains(&name.to_ascii_lowercase().as_str())
}

/// Whether the text is a secret's value, not a reference to it, a brace, or code that reads it.
pub(super) fn is_told(name: &str, value: &str) -> bool {
    let stands_for = is_reference(value) || is_named_placeholder(value) || STATES.contains(&value);
    value.contains(char::is_alphanumeric) && !value.ends_with(['(', '[']) && !stands_for && !is_open(name, value)
}

/// `Authorization: Bearer …`, `Basic dXNlcjpwYXNz`
pub(super) fn header(text: &str) -> Option<Secret> {
    text.contains(' ').then(|| named_header(text).or_else(|| token(text)))?
}

/// Headers whose values are secrets as they are: words, and pairs of a name and a value.
const HEADERS: [&str; 4] = ["authorization:", "cookie:", "set-cookie:", "proxy-authorization:"];

/// Words that say in which form the secret of a header is.
const FORMS: [&str; 7] = ["apikey", "basic", "bearer", "digest", "key", "negotiate", "token"];

/// `Authorization: Bearer p`, `Cookie: theme=dark; session=p`
fn named_header(text: &str) -> Option<Secret> {
    /// The longest name of a cookie, in bytes.
    const PAIR: usize = 64;
    let lower = text.to_ascii_lowercase();
    HEADERS.iter().find_map(|name| {
        lower.match_indices(name).find_map(|(at, _)| {
            let rest = head(&text[at + name.len()..]).trim_start();
            let form = rest.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
            let formed = FORMS.contains(&form.to_ascii_lowercase().as_str()) && rest[form.len()..].starts_with([' ', ':']);
            let pair = rest.as_bytes().iter().take(PAIR).any(|byte| *byte == b'=');
            if !(formed || pair && name.contains("cookie")) {
                return None;
            }
            let value = rest.split(['\n', '"', '\'', '`']).next().unwrap_or(rest);
            let told = if formed { &value[form.len()..] } else { value }.trim();
            let secret = !told.is_empty()
                && !is_reference(told)
                && !told.starts_with(['$', '{', '<'])
                && !is_variable(told)
                && (formed || told.contains('='));
            let first = told.as_ptr() as usize - text.as_ptr() as usize;
            secret.then(|| Secret::new(first..first + told.len(), "a secret in a header"))
        })
    })
}

/// `Bearer abc123def456`, `Basic dXNlcjpwYXNz`
fn token(text: &str) -> Option<Secret> {
    /// The shortest token behind `Basic` and `Token`, which sentences have too, and behind `Bearer`.
    const LEAST: usize = 8;
    const SHORT: usize = 5;
    ["Bearer ", "bearer ", "Basic ", "basic ", "Token ", "token "].iter().find_map(|mark| {
        starts(text, mark).find_map(|at| {
            let start = at + mark.len();
            let length = run(&text[start..], "_-.=+/~");
            let token = &text[start..start + length];
            let has = |is: fn(char) -> bool| token.contains(is);
            let letters = !mark.eq_ignore_ascii_case("token ") || has(|letter| letter.is_ascii_alphabetic());
            let bearer = mark.eq_ignore_ascii_case("bearer ");
            // `Basic Plan2024`, `Token Sale2024`
            let title = !bearer && token.starts_with(|first: char| first.is_ascii_uppercase()) && is_natural(token);
            let told = has(|letter| letter.is_ascii_digit()) && letters && !title || token.ends_with('=');
            let least = if bearer { SHORT } else { LEAST };
            let login = mark.eq_ignore_ascii_case("basic ") && is_login_in_base64(token);
            (length >= least && told || login).then(|| Secret::new(start..start + length, "a token in a header"))
        })
    })
}

/// Whether a token has the form of `user:password` in base64: whole groups of letters of both cases, with a capital inside a word.
fn is_login_in_base64(token: &str) -> bool {
    let humps = token.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    token.len() >= 8 && token.len().is_multiple_of(4) && humps >= 2
}

/// `{"kty": "EC", …, "d": "…"}`: a key with its private part.
pub(super) fn private_jwk(text: &str) -> Option<Secret> {
    let member = |name: &str| text.find(&format!("\"{name}\"")).map(|at| at + name.len() + 2);
    member("kty")?;
    let at = member("d").or_else(|| member("k"))?;
    let colon = at + text[at..].find(':')? + 1;
    let span = value(text, colon);
    (span.len() >= 16).then(|| Secret::new(span, "a private key"))
}
