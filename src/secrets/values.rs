//! Values that are secrets whatever their name: passwords in addresses, key blocks, tokens of known services, random texts.

use std::ops::Range;

use super::names::{by_name, is_open};
use super::random::is_random;
use super::tokens::{BLOCKS, HASHES, HOOKS, STRONG, WEAK};

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
    let finders = [block, token, hash, hook, in_url, without_scheme, assigned, option, header];
    finders.iter().find_map(|find| find(text))
}

impl Secret {
    fn new(span: Range<usize>, what: &'static str) -> Self {
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
        let line = text[*at..].lines().next().unwrap_or_default();
        !line.starts_with("-----BEGIN") || line.contains("PRIVATE KEY")
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
fn starts<'t>(text: &'t str, mark: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(mark).map(|(at, _)| at).filter(|at| !text[..*at].ends_with(is_word))
}

/// How many bytes of a text are letters, digits or these.
fn run(text: &str, marks: &str) -> usize {
    text.find(|letter: char| !letter.is_ascii_alphanumeric() && !marks.contains(letter)).unwrap_or(text.len())
}

/// The shortest token of a known service, in bytes.
const SHORTEST: usize = 14;

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
        let start = text.find(mark)?;
        let length = run(&text[start + mark.len()..], "$./+=,_-");
        if length >= 10 { Some(Secret::new(start..start + mark.len() + length, "the hash of a password")) } else { None }
    })
}

/// The address of a webhook: who knows it may post.
fn hook(text: &str) -> Option<Secret> {
    if !text.contains("://") {
        return None;
    }
    HOOKS.iter().find_map(|mark| {
        let end = text.find(mark)? + mark.len();
        let length = run(&text[end..], "_-./@:?=&%");
        let path = &text[end..end + length];
        if path.len() >= 6 && !is_reference(path) {
            Some(Secret::new(end..end + length, "the address of a webhook"))
        } else {
            None
        }
    })
}

/// `scheme://user:password@host/path?password=…#token=…`
fn in_url(text: &str) -> Option<Secret> {
    text.match_indices("://").find_map(|(at, mark)| {
        let start = at + mark.len();
        let rest = &text[start..];
        let inside = |letter: &char| !letter.is_whitespace() && !"\"'`<>".contains(*letter);
        let length: usize = rest.chars().take(NEAR).take_while(inside).map(char::len_utf8).sum();
        let url = &rest[..length];
        let scheme = last(&text[..at], |letter| letter.is_ascii_alphanumeric() || "+.-".contains(letter));
        user_info(url, scheme)
            .or_else(|| in_query(url))
            .map(|found| Secret { span: found.span.start + start..found.span.end + start, ..found })
    })
}

fn user_info(url: &str, scheme: &str) -> Option<Secret> {
    let authority = url.find(['/', '?', '#']).unwrap_or(url.len());
    // a password may hold a `/` that nobody escaped, but a port is no password
    let end = url[..authority].rfind('@').or_else(|| {
        let end = url.rfind('@').filter(|_| url[..authority].contains(':'))?;
        let (_, port) = url[..authority].split_once(':')?;
        (!port.chars().all(|digit| digit.is_ascii_digit())).then_some(end)
    })?;
    let Some(colon) = url[..end].find(':') else {
        let user = &url[..end];
        let http = scheme.ends_with("http") || scheme.ends_with("https");
        let digits = user.len() >= 8 && user.contains(|letter: char| letter.is_ascii_digit());
        let token = http && digits || is_random(user);
        return if token && !is_reference(user) { Some(Secret::new(0..end, "a token in a URL")) } else { None };
    };
    let password = &url[colon + 1..end];
    if password.is_empty() || is_reference(password) { None } else { Some(Secret::new(colon + 1..end, "a password in a URL")) }
}

/// Parameters of addresses whose names are only there a secret's.
const PARAMETERS: [&str; 4] = ["pwd", "sig", "signature", "x-amz-signature"];

/// Whether a parameter of an address or a connection string is a secret by its name.
pub(crate) fn is_parameter(name: &str) -> bool {
    by_name(name) || PARAMETERS.contains(&name.to_ascii_lowercase().as_str())
}

fn in_query(url: &str) -> Option<Secret> {
    let query = url.find(['?', '#', ';'])?;
    let mut start = query + 1;
    for part in url[query + 1..].split(['&', ';', '#', '?']) {
        if let Some((name, value)) = part.split_once('=')
            && is_parameter(name)
            && is_told(name, value)
        {
            return Some(Secret::new(start + name.len() + 1..start + part.len(), "a secret in the query of a URL"));
        }
        start += part.len() + 1;
    }
    None
}

/// `--key=2` sorts, and opens nothing.
fn is_bare_key(name: &str) -> bool {
    ["key", "keys"].contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a secret's value stands there, and not a reference to it, a brace, or code that reads it.
fn is_told(name: &str, value: &str) -> bool {
    value.contains(char::is_alphanumeric) && !value.ends_with(['(', '[']) && !is_reference(value) && !is_open(name, value)
}

/// `user:password@host:5432/shop`, `user:password@tcp(host)`
fn without_scheme(text: &str) -> Option<Secret> {
    text.match_indices('@').find_map(|(at, _)| {
        let (user, password) =
            last(&text[..at], |letter| !letter.is_whitespace() && !"/\"'=(,".contains(letter)).split_once(':')?;
        let host = &text[at + 1..];
        let name = &host[..run(host, "._-")];
        let address = host[name.len()..].starts_with(['/', ':', '(']) || !name.contains('.');
        let other = ["sha256", "sha512"].contains(&name) || ["mailto", "acct", "sip", "sips", "xmpp"].contains(&user);
        if user.is_empty() || password.is_empty() || name.is_empty() || !address || other || is_reference(password) {
            return None;
        }
        Some(Secret::new(at - password.len()..at, "a password in an address"))
    })
}

/// `Server=h;Password=p`, `host=h password=p`, `TOKEN=…`, `"password": "…"`
fn assigned(text: &str) -> Option<Secret> {
    text.match_indices(['=', ':']).find_map(|(at, mark)| {
        let before = text[..at].trim_end();
        let quoted = before.ends_with(['"', '\'']);
        if mark == ":" && !quoted || text[at + 1..].starts_with('=') {
            return None;
        }
        let name = last(before.trim_end_matches(['"', '\'']), |letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter));
        if !is_parameter(name) || is_bare_key(name) {
            return None;
        }
        let span = value(text, at + 1);
        let told = text.get(span.clone()).filter(|value| !is_path(value) && is_told(name, value));
        told.map(|_| Secret::new(span, "the value of a secret"))
    })
}

/// The longest part of a text that is looked at around a mark, in bytes.
const NEAR: usize = 256;

/// The end of a text that is made of such letters.
fn last(text: &str, is: impl Fn(char) -> bool) -> &str {
    let length: usize = text.chars().rev().take_while(|letter| is(*letter)).map(char::len_utf8).take(NEAR).sum();
    &text[text.len() - length..]
}

/// The value that begins at a place: what is in quotes, or all up to a space or a `;`.
fn value(text: &str, at: usize) -> Range<usize> {
    let rest = &text[at..];
    let start = at + rest.len() - rest.trim_start().len();
    let rest = &text[start..];
    if let Some(quote) = rest.chars().next().filter(|first| "\"'".contains(*first)) {
        let length = rest[1..].find(quote).unwrap_or(rest.len() - 1);
        return start + 1..start + 1 + length;
    }
    let length = rest.find(|letter: char| letter.is_whitespace() || ";&\"'`".contains(letter)).unwrap_or(rest.len());
    start..start + length
}

/// Programs with the short option that is followed by a password, at once or as the next word.
const SHORT: [(&str, &str); 8] = [
    ("mysql", "-p"),
    ("mysqladmin", "-p"),
    ("mysqldump", "-p"),
    ("mariadb", "-p"),
    ("redis-cli", "-a"),
    ("valkey-cli", "-a"),
    ("sshpass", "-p"),
    ("curl", "-u"),
];

/// `--password p`, `mysql -pp`, `--user name:p`
fn option(text: &str) -> Option<Secret> {
    if !text.contains('-') || !text.contains(' ') {
        return None;
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let place = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let program = words
        .iter()
        .find_map(|word| SHORT.iter().find(|(name, _)| word.trim_start_matches(['"', '\'']).rsplit('/').next() == Some(name)));
    words.iter().enumerate().find_map(|(at, word)| {
        let next = words.get(at + 1).copied().filter(|next| !next.starts_with('-')).unwrap_or_default();
        let name = word.strip_prefix("--").filter(|name| !name.contains('='));
        let user =
            ["-u", "--user", "--basic-auth"].contains(word) && next.split_once(':').is_some_and(|(_, told)| !told.is_empty());
        let told = match (name, program.and_then(|(_, option)| word.strip_prefix(option))) {
            _ if user => next,
            (Some(name), _) if by_name(name) && !is_bare_key(name) && is_told(name, next) => next,
            (None, Some("")) if program.is_some_and(|(name, _)| *name != "curl") => next,
            (None, Some(rest)) => rest,
            _ => "",
        };
        let bare = told.trim_matches(['"', '\'']);
        if bare.is_empty() || is_reference(bare) || is_path(bare) {
            None
        } else {
            Some(Secret::new(place(told)..place(told) + told.len(), "a password in a command"))
        }
    })
}

/// `Authorization: Bearer …`, `Basic dXNlcjpwYXNz`
fn header(text: &str) -> Option<Secret> {
    if !text.contains(' ') {
        return None;
    }
    ["Bearer ", "bearer ", "Basic "].iter().find_map(|mark| {
        let start = starts(text, mark).next()? + mark.len();
        let length = run(&text[start..], "_-.=+/~");
        let token = &text[start..start + length];
        let told = length >= 8 && (token.contains(|letter: char| letter.is_ascii_digit()) || token.ends_with('='));
        if told { Some(Secret::new(start..start + length, "a token in a header")) } else { None }
    })
}

/// Whether a value is the name of a file, as in `/run/secrets/key.pem`.
fn is_path(value: &str) -> bool {
    (value.starts_with('/') || value.starts_with("./")) && value[1..].contains('/') && !is_random(value)
}

/// Whether a text stands for another: `$NAME`, `${NAME}`, `{name}`, `%(name)s`, `<name>`, `***`, `…`.
pub(super) fn is_reference(text: &str) -> bool {
    let name = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || "_.- ".contains(letter));
    let inside = |open: &str, close: &str| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(name);
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
        || text.starts_with('`')
        || inside("${", "}")
        || inside("{", "}")
        || inside("{{", "}}")
        || inside("%(", ")s")
        || inside("<", ">")
        || ["…", "%s", "{}"].contains(&text)
        || same('*', 1)
        || same('x', 3)
        || same('.', 3)
}
