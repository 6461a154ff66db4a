//! Which values of a project's files may be copied: numbers, switches, known words, paths, host names and plain addresses.

use super::random::is_legible;
use super::words::{KNOWN, NAMING};
use super::{by_name, is_open, names, what};

/// The longest value that is copied.
const LONGEST: usize = 200;

/// Whether the value that a project's file gives a name may be shown and copied.
pub(crate) fn is_harmless(name: &str, value: &str) -> bool {
    if value.is_empty() || value.len() > LONGEST || by_name(name) && !is_open(name, value) || what(value).is_some() {
        return false;
    }
    let inner = value.trim_start_matches('[').trim_end_matches(']');
    let plain = |item: &str| is_plain(name, item.trim().trim_matches(['"', '\'']));
    plain(value) || inner.split([',', ' ']).filter(|item| !item.trim().is_empty()).all(plain)
}

fn is_plain(name: &str, item: &str) -> bool {
    let form = || is_path(item) || is_host(item) || is_address(item) || is_dotted(item) || is_named(name, item);
    is_number(item) || is_known(item) || is_legible(item) && form()
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

/// `/data/media`, `./media`, `media/uploads`, `Europe/Berlin`, `100/minute`
fn is_path(item: &str) -> bool {
    let part = |part: &str| part.chars().all(|letter| letter.is_ascii_alphanumeric() || "._+@-".contains(letter));
    item.contains('/') && !item.contains("//") && !item.contains('@') && item.trim_start_matches('~').split('/').all(part)
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

/// `package.module.Name`, `db.sqlite3`
fn is_dotted(item: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
    item.contains('.') && item.split('.').all(part)
}

/// `https://example.com/path`, without a user, a query or a fragment.
fn is_address(item: &str) -> bool {
    let Some((scheme, rest)) = item.split_once("://") else { return false };
    let scheme = scheme.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "+-".contains(letter));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    let letters = |text: &str, marks: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || marks.contains(letter));
    scheme && letters(host, ".-_*") && letters(path, "/._+:*-") && port.chars().all(|digit| digit.is_ascii_digit())
}

/// One word, or a few with marks between, for a name that says that it names something: `S3_BUCKET`, `AWS_REGION`.
fn is_named(name: &str, item: &str) -> bool {
    let names = names::words(name).last().is_some_and(|last| NAMING.contains(&last.as_str()));
    names && item.len() <= 40 && item.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-:".contains(letter))
}
