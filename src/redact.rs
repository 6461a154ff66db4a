//! Credentials in addresses: one rule for what is refused and for what no message prints.
//!
//! An address may only name where a repository is. Anything else in it (user info, a query, a token as a reference or as a
//! part of a path) is a credential: presets are refused with it, and every message shows `***` in its place.

use std::ops::Range;

use crate::secrets;
use crate::url::Url;

/// What is printed in the place of a credential.
pub(crate) const HIDDEN: &str = "***";

/// Schemes that git has, or had, and that are typed by mistake.
const SCHEMES: [&str; 7] = ["https", "http", "ssh", "git", "file", "ftp", "ftps"];

/// Whether an address carries a credential.
pub(crate) fn has_credential(address: &str) -> bool {
    !credentials(address).is_empty()
}

/// An address without its credentials.
pub(crate) fn address(address: &str) -> String {
    replaced(address, &credentials(address))
}

/// Any text, with no credential of an address that is in it.
pub(crate) fn text(text: &str) -> String {
    replaced(text, &in_text(text))
}

/// A message as a log may show it: with no credential of an address and no secret.
pub(crate) fn message(text: &str) -> String {
    secrets::masked(&self::text(text))
}

/// A text and a stretch of it, without the credentials in it.
pub(crate) fn stretch(text: &str, span: &Range<usize>) -> (String, Range<usize>) {
    let hidden = in_text(text);
    // what begins or ends inside of a credential begins or ends with what is shown in its place
    let whole = |at: usize| hidden.iter().find(|range| range.start < at && at < range.end);
    let start = whole(span.start).map_or(span.start, |range| range.start);
    let end = whole(span.end).map_or(span.end, |range| range.end);
    let moved = |at: usize| {
        let before = hidden.iter().filter(|range| range.end <= at);
        before.fold(at, |moved, range| moved + HIDDEN.len() - range.len())
    };
    (replaced(text, &hidden), moved(start)..moved(end))
}

fn replaced(text: &str, hidden: &[Range<usize>]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for range in hidden {
        shown.push_str(&text[at..range.start]);
        shown.push_str(HIDDEN);
        at = range.end;
    }
    shown + &text[at..]
}

/// Where the name of a preset has credentials, sorted and apart from each other.
fn credentials(name: &str) -> Vec<Range<usize>> {
    // what is before `://` may also be a part of a password
    let known = Url::parse(name).is_some_and(|url| SCHEMES.contains(&url.base().as_str()));
    if known { of_url(name) } else { without_scheme(name) }
}

/// The same for an address of any scheme.
fn of_url(address: &str) -> Vec<Range<usize>> {
    let Some(url) = Url::parse(address) else { return Vec::new() };
    let Url { rest, location, .. } = url;
    let begin = address.len() - rest.len();
    let mut found: Vec<Range<usize>> = user(url).into_iter().collect();
    // a query chooses no repository
    found.extend(url.query_at().map(|at| at..location.len()));
    if let Some(reference) = url.fragment {
        let plain = !reference.contains(['=', '&', '?', ':', '%']) && !is_token(reference, true) && is_plain(reference);
        found.extend((!plain).then_some(location.len() + 1..rest.len()));
    }
    found.extend(tokens(location, url.base() != "file"));
    joined(found).into_iter().map(|range| begin + range.start..begin + range.end).collect()
}

/// The user info of what follows the scheme: all up to the last `@`, as a password may have any character.
fn user(url: Url<'_>) -> Option<Range<usize>> {
    let Url { rest, location, authority, .. } = url;
    let (scheme, login, below) = (url.base(), url.login().unwrap_or_default(), url.below());
    // a password with `/`, `?` or `#` in it ends the authority too early: what is there is no host and port
    let broken = url.has_no_port();
    let legal = |letter: char| letter.is_ascii_alphanumeric() || "/._-~+:@%[]?=&{}$".contains(letter);
    let host_in_reference = rest[location.len()..].rsplit_once('@').is_some_and(|(_, host)| host.contains('/'));
    let cut = broken || below.is_empty() || host_in_reference || !location.chars().all(legal);
    let hidden = match scheme.as_str() {
        _ if rest.contains("://") && rest.contains('@') => rest.rfind('@'),
        "ssh" if secrets::is_shell_user(&scheme, login) && !below.contains('@') && !(cut && login.is_empty()) => None,
        "file" => authority.rfind('@'),
        _ if cut && rest[location.len()..].contains('@') => rest.rfind('@'),
        _ => last_at(location).or_else(|| (broken || authority.contains('%')).then_some(authority.len())),
    };
    hidden.map(|end| 0..end)
}

/// Whether a reference with an `@` is `NAME@VERSION`, as tags are called, and no password before a host: words of small letters, each
/// with a short number at its end, or numbers.
fn is_plain(reference: &str) -> bool {
    /// The longest number after letters, in digits: a year.
    const DIGITS: usize = 4;
    let word = |word: &str| {
        let digits = word.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
        let number = digits.bytes().all(|byte| byte.is_ascii_digit());
        number && (digits.len() <= DIGITS || digits.len() == word.len())
    };
    !reference.contains('@') || reference.split(['@', '/', '.', '-', '_', '+']).all(word)
}

/// The last `@`, however it is encoded.
fn last_at(text: &str) -> Option<usize> {
    ["@", "%40", "%2540"].iter().filter_map(|at| text.rfind(at)).max()
}

/// `user@host:path` as ssh takes it, and what was meant as an address.
fn without_scheme(name: &str) -> Vec<Range<usize>> {
    let begin = if name.starts_with("git+") { 4 } else { 0 };
    let end = name.rfind('@').filter(|end| *end > begin && &name[begin..*end] != "git");
    match end {
        Some(end) if name.starts_with("git+") || !name.starts_with(['.', '/']) => std::iter::once(begin..end).collect(),
        _ => tokens(name, false),
    }
}

/// Words that are tokens.
fn tokens(text: &str, any: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    let part = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    for word in text.split_inclusive(part) {
        let bare = word.trim_end_matches(part);
        if is_token(bare, any) {
            found.push(at..at + bare.len());
        }
        at += word.len();
    }
    found
}

/// Whether a word is a token: of a known service, or (`any`) because no name has so many letters of all kinds.
fn is_token(word: &str, any: bool) -> bool {
    secrets::is_token(word) || any && secrets::randomness(word) == secrets::Randomness::Certain
}

/// Sorted ranges; those that meet become one.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// Where the addresses in a text have credentials.
fn in_text(text: &str) -> Vec<Range<usize>> {
    let mut found = tokens(text, false);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        // a string of TOML or JSON ends at a quote, and a password may have anything else
        let mut start = at;
        for unit in line.split_inclusive('"') {
            let unit_text = unit.trim_end_matches(['"', '\n']);
            found.extend(in_unit(unit_text).into_iter().map(|range| start + range.start..start + range.end));
            start += unit.len();
        }
        at += line.len();
    }
    joined(found)
}

/// The same for a text without quotes.
fn in_unit(unit: &str) -> Vec<Range<usize>> {
    let end = |letter: char| letter.is_whitespace() || letter.is_control() || "'`<>(),".contains(letter);
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(colon) = unit[from..].find("://").map(|at| from + at) {
        let scheme = |letter: char| !(letter.is_ascii_alphanumeric() || "+.-".contains(letter));
        let start = unit[..colon].rfind(scheme).map_or(0, |at| at + unit[at..].chars().next().map_or(1, char::len_utf8));
        let after = colon + "://".len();
        let stop = unit[after..].find(end).map_or(unit.len(), |at| after + at);
        let word = &unit[start..stop];
        let broken = Url::of("", &unit[after..stop]).has_no_port();
        // in a sentence, an address ends before its punctuation
        let own = of_url(if word.starts_with("git+") { word.trim_end_matches([':', ';', '.']) } else { word });
        // a password with a space in it ends the word too early
        if let Some(last) = unit[after..].rfind('@').filter(|_| broken && (!own.is_empty() || !word.contains('@'))) {
            found.push(after..after + last);
            from = after + last;
        } else {
            let hidden = own.into_iter().filter(|range| !harmless(word, range));
            found.extend(hidden.map(|range| start + range.start..start + range.end));
            from = stop;
        }
    }
    found.extend(words(unit));
    found
}

/// The links of other texts have queries and references of all kinds.
fn harmless(word: &str, range: &Range<usize>) -> bool {
    // the addresses of presets have no such links
    if word.starts_with("git+") {
        return false;
    }
    let (hidden, before) = (&word[range.clone()], word[..range.start].chars().next_back());
    let names = hidden.split(['?', '&', '#', ';']).map(|part| part.split('=').next().unwrap_or_default());
    let named = names.into_iter().any(secrets::is_parameter);
    (hidden.starts_with('?') || before == Some('#')) && !named && !is_token(hidden, true)
}

/// Words of a text that name a user and a password without a scheme, or mean an address of git.
fn words(unit: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in unit.match_indices('@') {
        let end = |letter: char| letter.is_whitespace() || letter.is_control() || "'`<>(),[]=".contains(letter);
        let start = unit[..at].rfind(end).map_or(0, |at| at + unit[at..].chars().next().map_or(1, char::len_utf8));
        let (user, host) = (&unit[start..at], &unit[at + 1..]);
        let digest = ["sha256:", "sha512:"].iter().any(|name| host.starts_with(name));
        let (start, user, address) = user.strip_prefix("git+").map_or((start, user, false), |user| (start + 4, user, true));
        let secret = (address && user != "git") || user.contains(':');
        if secret && !user.contains("://") && !digest && !user.is_empty() {
            found.push(start..at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_credential_is_shown() {
        for address in [
            "git+https://git.example.com/platform/presets.git//python/web#v1.2",
            "git+https://git.example.com:8443/a/b",
            "git+https://[::1]:8443/a/b",
            "git+https://example.com/My%20Project/_git/presets#refs/heads/main",
            "git+https://example.com/a#package@1.2.0",
            "git+https://example.com/a#@scope/web-utils@v2.0.0-rc.1",
            "git+https://example.com/a#refs/tags/python3-web@2026.11",
            "git+https://example.com/a#0123456789abcdef0123456789abcdef01234567",
            "git+https://example.com/a#Release2024Candidate1",
            "git+ssh://git@example.com:22/a/b#main",
            "git+ssh://deploy-bot@example.com/a//team",
            "git+ssh://example.com/a/b",
            "git+file:///srv/a@b/presets.git//web.toml",
            "git+file:///tmp/.tmpAb12CdefGh34IjklMn56/presets.git",
            "git@github.com:platform/presets.git",
            "./presets/team@2.toml",
            "fastapi-uvicorn",
        ] {
            assert_eq!(super::address(address), address);
            assert_eq!(text(&format!("preset {address:?} is 'not' there")), format!("preset {address:?} is 'not' there"));
        }
        for message in [
            "python:3.14-slim@sha256:0123 and registry.example.com:5000/a@sha256:0123",
            "see https://wiki.example.com/images?page=2#at:top and user@example.com",
            "git@git.example.com: Permission denied (publickey).",
            "DATABASE_URL = \"postgres://{host}:{port}/shop\"",
            "docker compose up    # then http://localhost:8000",
        ] {
            assert_eq!(text(message), message);
        }
    }

    #[test]
    fn a_stretch_moves_with_its_text() {
        let line = "presets = [\"git+https://user:pass@host/a\"] # é";
        let at = |word: &str| line.find(word).unwrap()..line.find(word).unwrap() + word.len();
        let (shown, span) = stretch(line, &at("\"git+https://user:pass@host/a\""));
        assert_eq!(&shown[span], "\"git+https://***@host/a\"");
        let (shown, span) = stretch(line, &at("# é"));
        assert_eq!(&shown[span], "# é");
        let (shown, span) = stretch(line, &at("er:pa"));
        assert_eq!(&shown[span], "***");
    }
}
