//! Values that are secrets whatever their name: passwords in addresses, key blocks, tokens of known services, random texts.

use std::ops::Range;

use super::names::{by_name, is_open};
use super::option;
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
    let finders = [block, token, hash, hook, in_url, without_scheme, oracle, assigned, option::find, header];
    finders.iter().find_map(|find| find(text))
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
        let label = head(&text[*at..]).strip_prefix("-----BEGIN").map(|rest| rest.split("-----").next().unwrap_or(rest));
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
        text.match_indices(mark).find_map(|(start, _)| {
            let length = run(&text[start + mark.len()..], "$./+=,_-");
            (length >= 10).then(|| Secret::new(start..start + mark.len() + length, "the hash of a password"))
        })
    })
}

/// The address of a webhook: who knows it may post.
fn hook(text: &str) -> Option<Secret> {
    if !text.contains("://") {
        return None;
    }
    HOOKS.iter().find_map(|mark| {
        text.match_indices(mark).find_map(|(at, _)| {
            let end = at + mark.len();
            let length = run(&text[end..], "_-./@:?=&%");
            let path = &text[end..end + length];
            (path.len() >= 6 && !is_reference(path)).then(|| Secret::new(end..end + length, "the address of a webhook"))
        })
    })
}

/// `scheme://user:password@host/path?password=…#token=…`
fn in_url(text: &str) -> Option<Secret> {
    // parameters up to here were examined with an earlier address that contains this one
    let mut examined: usize = 0;
    text.match_indices("://").find_map(|(at, mark)| {
        let start = at + mark.len();
        let rest = head(&text[start..]);
        let url = rest.split(|letter: char| letter.is_whitespace() || "\"'`<>".contains(letter)).next().unwrap_or(rest);
        let scheme = last(&text[..at], |letter| letter.is_ascii_alphanumeric());
        let found = user_info(url, scheme).or_else(|| {
            let (query, last) = (url.find(['?', '#', ';'])?, url.rfind(['&', ';', '#', '?'])?);
            let query = query.max(examined.saturating_sub(start));
            // the last one may go on behind what is looked at here
            examined = examined.max(start + last);
            in_query(url, query)
        })?;
        Some(Secret { span: found.span.start + start..found.span.end + start, ..found })
    })
}

/// Schemes of services that take no user without a password: a word with a digit is more likely the password.
const BROKERS: [&str; 7] = ["amqp", "amqps", "mqtt", "redis", "rediss", "valkey", "valkeys"];

fn user_info(url: &str, scheme: &str) -> Option<Secret> {
    let authority = url.find(['/', '?', '#']).unwrap_or(url.len());
    // a password may contain a `/` that is not escaped, but a port is no password
    let end = url[..authority].rfind('@').or_else(|| {
        let (_, port) = url[..authority].split_once(':')?;
        // an `@` that is escaped by mistake
        let end = || url[..authority].find("%40").filter(|end| url[..*end].contains(':'));
        let end = url.rfind('@').or_else(end)?;
        (!port.chars().all(|digit| digit.is_ascii_digit())).then_some(end)
    })?;
    let (colon, mark) = match (url[..end].find(':'), url[..end].to_ascii_lowercase().find("%3a")) {
        (Some(colon), _) => (colon, ":"),
        (None, Some(colon)) => (colon, "%3A"),
        (None, None) => {
            let user = &url[..end];
            let number = user.ends_with(|last: char| last.is_ascii_digit());
            let open = is_login(user) && !(number && BROKERS.contains(&scheme)) || is_reference(user);
            return (!open).then(|| Secret::new(0..end, "a token in a URL"));
        }
    };
    let start = colon + mark.len();
    let password = &url[start..end];
    (!password.is_empty() && !is_reference(password)).then(|| Secret::new(start..end, "a password in a URL"))
}

/// Whether a user without a password is a plain name: `git`, `deploy-bot`, `shop1`, `me%40example.com`.
///
/// A word with digits between its letters, capitals between small letters, or more digits than one is no name but a password or a
/// token in the wrong place.
pub(crate) fn is_login(user: &str) -> bool {
    /// The longest name of a user, in bytes.
    const LONGEST: usize = 32;
    let user = user.replacen("%40", "@", 1);
    let name = user.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let first = name.strip_prefix(|first: char| first.is_ascii_uppercase()).unwrap_or(name);
    let marks = |letter: char| letter.is_ascii_lowercase() || "._-+~@".contains(letter);
    let hosted = user.contains('@');
    let digits = user.len() - name.len();
    user.len() <= LONGEST
        && (first.chars().all(marks) || hosted && user.chars().all(|letter| marks(letter) || letter.is_ascii_digit()))
        && digits <= 1
        && !is_random(&user)
}

/// Parameters of addresses whose names are only there a secret's.
const PARAMETERS: [&str; 4] = ["pwd", "sig", "signature", "x-amz-signature"];

/// Whether a parameter of an address or a connection string is a secret by its name.
pub(crate) fn is_parameter(name: &str) -> bool {
    by_name(name) || PARAMETERS.contains(&name.to_ascii_lowercase().as_str())
}

fn in_query(url: &str, query: usize) -> Option<Secret> {
    let mut start = query + 1;
    for part in url.get(query + 1..).unwrap_or_default().split(['&', ';', '#', '?']) {
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
pub(super) fn is_bare_key(name: &str) -> bool {
    ["key", "keys"].contains(&name.to_ascii_lowercase().as_str())
}

/// Whether a secret's value stands there, and not a reference to it, a brace, or code that reads it.
pub(super) fn is_told(name: &str, value: &str) -> bool {
    value.contains(char::is_alphanumeric) && !value.ends_with(['(', '[']) && !is_reference(value) && !is_open(name, value)
}

/// `user:password@host:5432/shop`, `user:password@tcp(host)`
fn without_scheme(text: &str) -> Option<Secret> {
    text.match_indices('@').find_map(|(at, _)| {
        let login = last(&text[..at], |letter| !letter.is_whitespace() && !"/\"'=(,@".contains(letter));
        let (user, password) = login.split_once(':')?;
        let host = &text[at + 1..];
        let name = &host[..run(host, "._-")];
        let number = name.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
        let address = host[name.len()..].starts_with(['/', ':', '(', '@']) || !name.contains('.') || number;
        let other = ["sha256", "sha512"].contains(&name) || ["mailto", "acct", "sip", "sips", "xmpp"].contains(&user);
        // the name of a worker of Celery
        let before = text[..at - login.len()].trim_end_matches([' ', '=']);
        let worker = before.ends_with("--hostname") || before.ends_with(" -n");
        if user.is_empty() || password.is_empty() || name.is_empty() || !address || other || worker || is_reference(password) {
            return None;
        }
        let more = head(host).find(char::is_whitespace).unwrap_or(head(host).len());
        let end = host[..more].rfind('@').map_or(at, |more| at + 1 + more);
        Some(Secret::new(at - password.len()..end, "a password in an address"))
    })
}

/// `jdbc:oracle:thin:user/password@host`
fn oracle(text: &str) -> Option<Secret> {
    text.match_indices("oracle:").find_map(|(at, mark)| {
        let start = at + mark.len();
        let rest = head(&text[start..]);
        let login = rest.split(|letter: char| letter.is_whitespace() || "\"'".contains(letter)).next()?.rsplit_once('@')?.0;
        let (user, password) =
            login.split_once('/').filter(|(_, password)| !password.is_empty() && !password.starts_with('/'))?;
        let start = start + user.len() + 1;
        (!is_reference(password)).then(|| Secret::new(start..start + password.len(), "a password in an address"))
    })
}

/// `Server=h;Password=p`, `host=h password=p`, `TOKEN=…`, `"password": "…"`, `x-api-key: …`
fn assigned(text: &str) -> Option<Secret> {
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

/// Whether a name and its colon are all that comes before one word, as in a header or a line of YAML, and no sentence.
fn is_field(text: &str, start: usize, colon: usize) -> bool {
    let begins = text[..start].trim_end_matches([' ', '-']).chars().next_back().is_none_or(|before| "\n\"'{,".contains(before));
    let Some(rest) = head(&text[colon + 1..]).strip_prefix([' ', '\t']) else { return false };
    let field = rest.split(['\n', '"', '\'', '}', ',']).find(|field| !field.trim().is_empty()).unwrap_or_default();
    begins && !field.trim().contains(char::is_whitespace)
}

/// The longest part of a text that is looked at behind and before a mark, in bytes: without it, a long line takes forever.
const NEAR: usize = 512;

/// The beginning of a text, as far as it is looked at.
fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(NEAR)]
}

/// The end of a text that is made of such letters.
fn last(text: &str, is: impl Fn(char) -> bool) -> &str {
    let length: usize = text.chars().rev().take(NEAR).take_while(|letter| is(*letter)).map(char::len_utf8).sum();
    &text[text.len() - length..]
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
        _ => None,
    };
    start..start + end.or_else(|| rest.find(is_end)).unwrap_or(rest.len())
}

/// `Authorization: Bearer …`, `Basic dXNlcjpwYXNz`
fn header(text: &str) -> Option<Secret> {
    if !text.contains(' ') {
        return None;
    }
    ["Bearer ", "bearer ", "Basic ", "basic ", "Token ", "token "].iter().find_map(|mark| {
        starts(text, mark).find_map(|at| {
            let start = at + mark.len();
            let length = run(&text[start..], "_-.=+/~");
            let token = &text[start..start + length];
            let letters = !mark.eq_ignore_ascii_case("token ") || token.contains(|letter: char| letter.is_ascii_alphabetic());
            let told = token.contains(|letter: char| letter.is_ascii_digit()) && letters || token.ends_with('=');
            (length >= 8 && told).then(|| Secret::new(start..start + length, "a token in a header"))
        })
    })
}

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

/// Whether a text stands for another: `$NAME`, `${NAME}`, `{app.port}`, `%(name)s`, `<name>`, `***`, `…`.
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
