//! Which values of a project's files may be copied: numbers, switches, known words, plain addresses and absolute paths; names and
//! long numbers only where the variable's name says that it is one.

use super::lists::{ENDINGS, HASHINGS, KNOWN, MEASURES, METHODS, NAMING, SEGMENTS};
use super::random::{is_legible, is_natural};
use super::{is_named, names, what};
use crate::url::Url;

/// The longest value that is copied.
const LONGEST: usize = 200;

/// Whether the value that a project's file gives a name may be shown and copied.
pub(crate) fn is_harmless(name: &str, value: &str) -> bool {
    if value.is_empty() || value.len() > LONGEST || is_named(name, value) || what(value).is_some() {
        return false;
    }
    let inner = value.trim_start_matches('[').trim_end_matches(']');
    let plain = |item: &str| is_plain(name, item.trim().trim_matches(['"', '\'']));
    plain(value) || inner.split([',', ' ']).filter(|item| !item.trim().is_empty()).all(plain)
}

fn is_plain(name: &str, item: &str) -> bool {
    let named = || is_naming(name) && (is_path(item) || is_host(item) || is_dotted(item) || is_name(item));
    let form = || is_absolute(item) || is_rate(item) || is_known_host(item) || is_file(item) || is_address(item) || named();
    is_number(item) && (!is_long(item) || is_measure(name)) || is_known(item) || is_legible(item) && form()
}

/// Whether the last word of a name says that its value names something.
pub(super) fn is_naming(name: &str) -> bool {
    names::words(name).last().is_some_and(|last| NAMING.contains(&last.as_str()))
}

fn is_measure(name: &str) -> bool {
    names::words(name).iter().any(|word| MEASURES.contains(&word.as_str()))
}

/// The most digits in a row of a number that any name may have: codes that open something have more.
const SHORT: usize = 5;

fn is_long(item: &str) -> bool {
    let joined = item.replace(['_', '-'], "");
    let is_date = item.len() == 10 && item.split('-').map(str::len).eq([4, 2, 2]);
    !is_date && joined.split(|letter: char| !letter.is_ascii_digit()).any(|digits| digits.len() > SHORT)
}

/// `8000`, `0.5`, `30s`, `512MB`, `1.2.3`, `*/5`, `2024-01-31`
fn is_number(item: &str) -> bool {
    let unit = item.trim_start_matches(|letter: char| letter.is_ascii_digit() || ".-+:*/_".contains(letter));
    item != unit && unit.len() <= 3 && unit.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '%') || item == "*"
}

fn is_known(item: &str) -> bool {
    let lower = item.to_lowercase();
    let locale =
        item.len() == 5 && item.is_ascii() && ["-", "_"].contains(&&item[2..3]) && is_word(&item[..2]) && is_word(&item[3..]);
    KNOWN.contains(&lower.as_str()) || locale
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphabetic())
}

/// `hunter2`: letters, then digits, as many passwords are; `alpine3` is a known word with its version.
pub(crate) fn is_word_with_digits(text: &str) -> bool {
    /// The least letters: `v2` and `rc1` are versions.
    const LETTERS: usize = 4;
    let letters = text.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let known = is_known(letters)
        || is_known(text)
        || [&HASHINGS, &METHODS].iter().any(|words| words.contains(&text.to_lowercase().as_str()));
    letters.len() >= LETTERS && letters.len() < text.len() && is_word(letters) && !known
}

/// `gold`, `Team Shop`, `shop-api/v2`: words with small numbers between marks, none of which looks like a password.
pub(super) fn is_plain_words(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " ._/-".contains(letter);
    let number = |piece: &str| piece.len() <= SHORT && piece.bytes().all(|digit| digit.is_ascii_digit());
    let version = |piece: &str| piece.strip_prefix('v').is_some_and(number);
    let pieces = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let spoken = |piece: &str| is_word(piece) && is_natural(piece) && !piece[1..].contains(char::is_uppercase);
    text.len() <= LONGEST
        && text.chars().all(plain)
        && pieces.clone().any(is_word)
        && what(text).is_none()
        && pieces.filter(|piece| !piece.is_empty()).all(|piece| spoken(piece) || number(piece) || version(piece))
}

/// `/data/media`, `./media`
pub(super) fn is_absolute(item: &str) -> bool {
    ["/", "./", "../", "~/"].iter().any(|start| item.starts_with(start)) && is_path(item)
}

/// `media/uploads`, `Europe/Berlin`
fn is_path(item: &str) -> bool {
    let part = |part: &str| part.chars().all(|letter| letter.is_ascii_alphanumeric() || "._+@-".contains(letter));
    item.contains('/') && !item.contains("//") && !item.contains('@') && item.trim_start_matches('~').split('/').all(part)
}

/// `100/minute`
fn is_rate(item: &str) -> bool {
    let known = ["s", "sec", "second", "m", "min", "minute", "h", "hour", "d", "day", "week", "month", "year"];
    item.split_once('/').is_some_and(|(number, unit)| is_number(number) && !is_long(number) && known.contains(&unit))
}

/// `db.sqlite3`: a file, by its ending.
fn is_file(item: &str) -> bool {
    item.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending)) && is_dotted(item)
}

/// `redis:6379`
fn is_known_host(item: &str) -> bool {
    KNOWN.contains(&item.split(':').next().unwrap_or_default()) && is_host(item)
}

/// `localhost:8000`, `smtp.example.com`
fn is_host(item: &str) -> bool {
    let (host, port) = item.rsplit_once(':').unwrap_or((item, "80"));
    let label =
        |label: &str| !label.is_empty() && label.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    let dotted = host.trim_start_matches('.').contains('.') || host.starts_with('.');
    let known = KNOWN.contains(&host) || dotted;
    known
        && host.trim_start_matches('.').split('.').all(label)
        && !port.is_empty()
        && port.chars().all(|digit| digit.is_ascii_digit())
}

/// `package.module.Name`
fn is_dotted(item: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
    item.contains('.') && item.split('.').all(part)
}

/// `https://example.com/api/v1`, without a user, a query, a fragment, or a part of its path that could be a key.
pub(super) fn is_address(item: &str) -> bool {
    let Some(url) = Url::parse(item).filter(|url| url.login().is_none() && !url.rest.contains(['?', '#', '\\'])) else {
        return false;
    };
    let is_scheme =
        url.scheme.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "+-".contains(letter));
    let (host, port, path) = (url.host(), url.port().unwrap_or("80"), url.below().strip_prefix('/').unwrap_or_default());
    let letters = |text: &str, marks: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || marks.contains(letter));
    let place = letters(host, ".-_*") && letters(path, "/._+:*-") && port.chars().all(|digit| digit.is_ascii_digit());
    is_scheme && place && (!url.scheme.starts_with("http") && is_store(url.scheme, path) || path.split('/').all(is_segment))
}

/// Whether the path behind another scheme is a file, or one name: that of a database or a bucket.
fn is_store(scheme: &str, path: &str) -> bool {
    let file = ["sqlite", "file", "duckdb"].iter().any(|known| scheme.starts_with(known));
    file || !path.contains('/') && !is_long(path)
}

/// A part of an address's path that everyone may know: `api`, `v1`, `7`.
fn is_segment(part: &str) -> bool {
    let version = part.strip_prefix('v').unwrap_or(part);
    let numbered = version.split('.').all(|part| part.chars().all(|digit| digit.is_ascii_digit()));
    numbered && !is_long(part) || is_known(part) || SEGMENTS.contains(&part.to_lowercase().as_str())
}

/// One word, or a few with marks between: `S3_BUCKET`, `AWS_REGION`.
fn is_name(item: &str) -> bool {
    item.len() <= 40 && item.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-:".contains(letter))
}
