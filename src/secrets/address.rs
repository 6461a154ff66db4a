//! Addresses: where a login begins and ends in them, and which parts of them only some may know.

use super::assigned::is_told;
use super::lists::TITLES;
use super::names::by_name;
use super::random::{changes, is_legible, is_natural, is_random, is_uuid};
use super::reference::{is_placeholder, is_reference};
use super::tokens::{HOOKS, SHARED};
use super::values::{Secret, head, last, run};
use crate::url::Url;

/// The address of a webhook: who knows it may post.
pub(super) fn hook(text: &str) -> Option<Secret> {
    text.contains('/').then(|| known_hook(text).or_else(|| shared_path(text)))?
}

/// A webhook of a known service.
fn known_hook(text: &str) -> Option<Secret> {
    HOOKS.iter().find_map(|mark| {
        text.match_indices(mark).find_map(|(at, _)| {
            let end = at + mark.len();
            let length = run(head(&text[end..]), "_-./@:?=&%");
            let path = &text[end..end + length];
            (path.len() >= 6 && !is_reference(path)).then(|| Secret::new(end..end + length, "the address of a webhook"))
        })
    })
}

/// `/hooks/B02ABCD34/…`, on any host: a segment that is not a word, after one that names a hook.
fn shared_path(text: &str) -> Option<Secret> {
    /// How many parts of a path belong to its hook.
    const PARTS: usize = 3;
    SHARED.iter().find_map(|mark| {
        text.match_indices(mark).find_map(|(at, _)| {
            let rest = text[at + mark.len()..].strip_prefix('/').filter(|_| text[..at].ends_with('/'))?;
            let mut parts = head(rest).split('/').take(PARTS).map(|part| &part[..run(part, "_-")]);
            let part = parts.find(|part| is_opaque(part))?;
            let first = part.as_ptr() as usize - text.as_ptr() as usize;
            let length = run(head(&text[first..]), "_-/");
            Some(Secret::new(first..first + length, "the address of a webhook"))
        })
    })
}

fn is_opaque(part: &str) -> bool {
    /// The shortest key in a path, in bytes.
    const LEAST: usize = 8;
    let opaque = |piece: &str| {
        let has = |is: fn(char) -> bool| piece.contains(is);
        piece.len() >= LEAST && has(|letter| letter.is_ascii_digit()) && !is_natural(piece)
    };
    is_uuid(part) || part.split(['-', '_']).any(opaque)
}

/// `scheme://user:password@host/path?password=…#token=…`
pub(super) fn in_url(text: &str) -> Option<Secret> {
    // parameters up to here were examined with an earlier address that contains this one
    let mut examined: usize = 0;
    text.match_indices("://").find_map(|(at, mark)| {
        let start = at + mark.len();
        let scheme = last(&text[..at], |letter| letter.is_ascii_alphanumeric() || "+.-".contains(letter));
        let quote = text[..at - scheme.len()].chars().next_back().filter(|letter| "\"'`<".contains(*letter));
        let rest = head(&text[start..]);
        if !rest.contains(['@', '%', '=']) {
            return None;
        }
        let url = extent(rest, quote);
        let found = credential(Url::of(scheme, url)).or_else(|| {
            let (query, last) = (url.find(['?', '#', ';'])?, url.rfind(['&', ';', '#', '?'])?);
            let query = query.max(examined.saturating_sub(start));
            // the last one may go on behind what is looked at here
            examined = examined.max(start + last);
            in_query(url, query)
        })?;
        Some(Secret { span: found.span.start + start..found.span.end + start, ..found })
    })
}

/// What follows `://`, up to white space or a quote; a password with one of these in it goes on up to its `@`.
fn extent(rest: &str, quote: Option<char>) -> &str {
    let end = rest.find(|letter: char| letter.is_whitespace() || "\"'`<>".contains(letter)).unwrap_or(rest.len());
    let (url, more) = rest.split_at(end);
    let closes = more.chars().next() == quote && quote.is_some() || ends_a_string(more);
    if closes || url.contains(['@', '/', '?', '#']) {
        return url;
    }
    // without a colon, only a quote may be a part of the password
    let most = if Url::of("", url).has_no_port() { SPACES } else { 0 };
    let at = more.find('@').filter(|at| is_inside(&more[..*at], quote, most));
    at.map_or(url, |at| {
        let host = &more[at..];
        let host = host.find(|letter: char| letter.is_whitespace() || "\"'`<>".contains(letter)).unwrap_or(host.len());
        &rest[..end + at + host]
    })
}

/// The most spaces in a password: with more, it is a sentence.
const SPACES: usize = 2;

/// Whether a text could be a part of a password, with so many spaces at most.
fn is_inside(text: &str, quote: Option<char>, spaces: usize) -> bool {
    let closed = quote.is_some_and(|quote| text.contains(quote));
    let quoted = text.match_indices(['"', '\'', '`']).any(|(at, _)| ends_a_string(&text[at..]));
    !closed
        && !quoted
        && !text.contains(['\n', ','])
        && !text.contains("://")
        && text.matches(char::is_whitespace).count() <= spaces
}

/// Whether a quote is followed by what follows a string: nothing, white space, a comma or a bracket.
fn ends_a_string(text: &str) -> bool {
    let mut letters = text.chars();
    let quote = letters.next().is_some_and(|first| "\"'`>".contains(first));
    quote && letters.next().is_none_or(|next| next.is_whitespace() || ",;:)]}".contains(next))
}

/// Schemes of services that take no user without a password: a word with a digit is more likely the password.
const BROKERS: [&str; 7] = ["amqp", "amqps", "mqtt", "redis", "rediss", "valkey", "valkeys"];

/// What their addresses begin with where no path has an `@`: what is before one is a password.
const STORES: [&str; 13] = [
    "amqp",
    "clickhouse",
    "cockroach",
    "ftp",
    "ldap",
    "mariadb",
    "mongodb",
    "mqtt",
    "mysql",
    "postgres",
    "redis",
    "smtp",
    "valkey",
];

/// Schemes whose users are names, as keys prove who they are.
const SHELLS: [&str; 3] = ["ssh", "git", "sftp"];

/// Where the login of an address ends, of what follows `://`; its `@` follows.
fn end_of_login(url: Url<'_>) -> Option<usize> {
    if let Some(login) = url.login() {
        return Some(login.len());
    }
    // a password may contain what ends an authority, but a port is no password
    let end = url.rest.rfind('@');
    if url.has_no_port() {
        // an `@` that is escaped by mistake
        return end.or_else(|| url.authority.find("%40").filter(|end| url.authority[..*end].contains(':')));
    }
    let base = url.base();
    let store = STORES.iter().any(|store| base.starts_with(store));
    end.filter(|at| store && url.authority.contains(':') && !url.rest[..*at].contains('='))
}

/// The secret part of the login of an address.
fn credential(url: Url<'_>) -> Option<Secret> {
    let end = end_of_login(url)?;
    let login = &url.rest[..end];
    let (colon, mark) = match (login.find(':'), login.to_ascii_lowercase().find("%3a")) {
        (Some(colon), _) => (colon, ":"),
        (None, Some(colon)) => (colon, "%3A"),
        (None, None) => {
            return (!is_user(&url.base(), login)).then(|| Secret::new(0..end, "a token in a URL"));
        }
    };
    let start = colon + mark.len();
    let password = &url.rest[start..end];
    (!password.is_empty() && !is_reference(password)).then(|| Secret::new(start..end, "a password in a URL"))
}

/// Whether a login without a password is the name of a user: over HTTP it is a token, or one half of a credential.
fn is_user(scheme: &str, login: &str) -> bool {
    let web = ["http", "https"].contains(&scheme);
    let number = login.ends_with(|last: char| last.is_ascii_digit());
    login.is_empty() || is_reference(login) || !web && is_login(login) && !(number && BROKERS.contains(&scheme))
}

/// Whether a login of an address of a repository is one that keys prove: that of `ssh://git@host`.
pub(crate) fn is_shell_user(scheme: &str, login: &str) -> bool {
    SHELLS.contains(&scheme) && is_login(login)
}

/// Whether a user without a password is a plain name: `git`, `deploy-bot`, `shop1`, `me%40example.com`.
///
/// A word with digits between its letters, capitals between small letters, or more digits than one is no name but a password or a
/// token in the wrong place.
fn is_login(user: &str) -> bool {
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

/// `?code=…`, `?sid=…`: a secret only where it was drawn by lot.
fn is_session(name: &str, value: &str) -> bool {
    /// The shortest such value, in bytes.
    const LEAST: usize = 12;
    let known = ["code", "session", "sess", "sid", "ticket"].contains(&name.to_ascii_lowercase().as_str());
    let has = |is: fn(char) -> bool| value.contains(is);
    known
        && value.len() >= LEAST
        && has(|letter| letter.is_ascii_digit())
        && has(|letter| letter.is_ascii_alphabetic())
        && (is_random(value) || !is_legible(value) || changes(value) >= 4)
}

fn in_query(url: &str, query: usize) -> Option<Secret> {
    let mut start = query + 1;
    for part in url.get(query + 1..).unwrap_or_default().split(['&', ';', '#', '?']) {
        if let Some((name, value)) = part.split_once('=')
            && (is_parameter(name) || is_session(name, value))
            && is_told(name, value)
            && !is_placeholder(value)
        {
            return Some(Secret::new(start + name.len() + 1..start + part.len(), "a secret in the query of a URL"));
        }
        start += part.len() + 1;
    }
    None
}

/// `user:password@host:5432/shop`, `user:password@tcp(host)`
pub(super) fn without_scheme(text: &str) -> Option<Secret> {
    text.match_indices('@').find_map(|(at, _)| {
        let login = login_before(&text[..at]);
        let (user, password) = login.split_once(':')?;
        let host = &text[at + 1..];
        let name = &host[..run(host, "._-")];
        let number = name.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
        let followed = host[name.len()..].starts_with(['/', ':', '(', '@']);
        let address = followed || !name.contains('.') || number;
        let address = address || !is_mail(user, password);
        let titled = !followed && is_titled(user, password);
        let other = ["sha256", "sha512"].contains(&name) || titled || is_no_login(user, password) || is_release(name);
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

/// `Jane:jane@example.com`, but not `shop:hunter2@proxy.example.com`
fn is_mail(title: &str, name: &str) -> bool {
    (title.starts_with(char::is_uppercase) || title == name) && is_plain_name(name)
}

/// `email:shop@example.com`, `smtp:admin@example.com`, `queue:orders@eu-west`: a word that says what is behind its colon.
fn is_titled(title: &str, name: &str) -> bool {
    TITLES.contains(&title.to_ascii_lowercase().as_str()) && is_plain_name(name)
}

fn is_plain_name(name: &str) -> bool {
    name.chars().all(|letter| letter.is_ascii_lowercase() || "._-+".contains(letter))
}

/// `09:00@Europe/Berlin`, `(?:[a-z]+)@example`, `llama3:8b@ollama`: a time, a pattern, the size or the tag of a model.
fn is_no_login(user: &str, password: &str) -> bool {
    let two = |text: &str| text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_digit());
    let time = two(user) && password.split(':').all(two);
    let pattern = !user.contains(char::is_alphanumeric) || user.contains(['[', ']', '*', '^', '|', '\\']);
    let digits = password.trim_start_matches(|digit: char| digit.is_ascii_digit() || digit == '.');
    let size = digits.len() < password.len() && ["b", "B", "m", "M"].contains(&digits);
    time || !user.is_empty() && pattern || size || ["latest", "stable", "next"].contains(&password)
}

/// `18.2.0`, `400`, but not `10.0.0.1`: a version or a number behind an `@` is no host.
fn is_release(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    parts.len() < 4 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()))
}

/// `proxy.example.com:8080:user:password`
pub(super) fn behind_port(text: &str) -> Option<Secret> {
    let letters = |text: &str, marks: &str| !text.is_empty() && run(text, marks) == text.len();
    text.split(|letter: char| letter.is_whitespace() || "\"'`=,".contains(letter)).find_map(|word| {
        let parts: Vec<&str> = head(word).splitn(4, ':').collect();
        let &[host, port, user, password] = parts.as_slice() else { return None };
        let number = (2..=5).contains(&port.len()) && port.bytes().all(|digit| digit.is_ascii_digit());
        let login = letters(user, "_-.") && user.contains(|letter: char| letter.is_ascii_alphabetic());
        let told = password.contains(char::is_alphanumeric) && !is_reference(password);
        let start = word.as_ptr() as usize - text.as_ptr() as usize + host.len() + port.len() + user.len() + 3;
        let found = letters(host, ".-") && number && login && told;
        found.then(|| Secret::new(start..start + password.len(), "a password in an address"))
    })
}

/// What is before an `@`, up to a space, a quote that opens a string, or another mark that no login has.
fn login_before(text: &str) -> &str {
    let word = last(text, |letter| !letter.is_whitespace() && !"/=(,@".contains(letter));
    let opened = ["\":", "':", ":\"", ":'", "\"'", "'\""].iter().any(|mark| word.contains(mark));
    if opened { last(word, |letter| !"\"'".contains(letter)) } else { word.trim_start_matches(['"', '\'']) }
}

/// References of a repository: what is before their `@` is a name, as in `team/shop@main`.
const REVISIONS: [&str; 13] =
    ["canary", "dev", "develop", "edge", "head", "latest", "main", "master", "next", "release", "sha256", "sha512", "stable"];

/// `scott/tiger@orcl`, `shop/password@host:1521/ORCL`, `shop/password@//host`
pub(super) fn easy_connect(text: &str) -> Option<Secret> {
    text.split(|letter: char| letter.is_whitespace() || "\"'`=".contains(letter)).find_map(|word| {
        let word = head(word);
        let (login, host) = word.split_once('@')?;
        let (user, password) = login.split_once('/')?;
        let bare = host.trim_start_matches("//");
        let name = &bare[..run(bare, "._-")];
        let is_revision = REVISIONS.contains(&name.to_ascii_lowercase().as_str())
            || name.trim_start_matches('v').starts_with(|first: char| first.is_ascii_digit()) && !name.contains('.')
            || name.strip_prefix('v').is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit()))
            || is_random(name);
        let rest = &bare[name.len()..];
        let ends = rest.is_empty() || rest.starts_with([':', '/']);
        let users = !user.is_empty() && run(user, "_-$#") == user.len();
        let told = !password.is_empty() && !password.contains(['/', ':', '{']) && !is_reference(password);
        let start = word.as_ptr() as usize - text.as_ptr() as usize + user.len() + 1;
        let found = users && told && !name.is_empty() && ends && !is_revision;
        found.then(|| Secret::new(start..start + password.len(), "a password in an address"))
    })
}

/// `jdbc:oracle:thin:user/password@host`
pub(super) fn oracle(text: &str) -> Option<Secret> {
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
