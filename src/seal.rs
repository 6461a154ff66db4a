//! The hash in the header of generated files, and hashes in general.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// Stands where the hash will be.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Comes before the hash, in the header of every generated file.
pub(crate) const HASH_MARK: &str = "# dockgen:sha256:";

/// LF, one final newline, and the hash of everything but itself, even if a template wrote another one.
pub(crate) fn sealed(text: &str) -> String {
    let text = unsealed(&format!("{}\n", text.trim_end()));
    resealed(&text, &hash(&text))
}

/// The SHA-256 of a text.
pub(crate) fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The SHA-256 of texts, each with its length before it.
pub(crate) fn hash_of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// The hash of a text without the hash in its header: for a file that dockgen wrote, the one in the header.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    carried(text).map_or_else(|| hash(text), |(_, unsealed)| hash(&unsealed))
}

/// A text with no hash in its header.
pub(crate) fn unsealed(text: &str) -> String {
    resealed(text, NO_HASH)
}

/// A text with this hash in its header, if it has one.
pub(crate) fn resealed(text: &str, hash: &str) -> String {
    place(text).map_or_else(|| text.to_owned(), |place| format!("{}{hash}{}", &text[..place.start], &text[place.end..]))
}

/// The hash in the header of a text, and the text without it.
pub(crate) fn carried(text: &str) -> Option<(&str, String)> {
    Some((&text[place(text)?], unsealed(text)))
}

/// Where the hash is: on a line of its own, wherever a user moved that line. A damaged hash is none.
fn place(text: &str) -> Option<Range<usize>> {
    let is_line = |at: usize| at == 0 || text.as_bytes()[at - 1] == b'\n';
    let marks = text.match_indices(HASH_MARK).filter(|(at, _)| is_line(*at)).map(|(at, _)| at + HASH_MARK.len());
    let mut hashes = marks.filter(|start| text[*start..].split('\n').next().is_some_and(is_hash));
    hashes.next().map(|start| start..start + NO_HASH.len())
}

/// Whether a text is a SHA-256 as dockgen writes it.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == NO_HASH.len() && is_hex(text)
}

/// Whether a text has only lower-case hexadecimal digits.
pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Whether the body of a generated file still has the hash in its header; none for other files.
#[must_use]
pub fn is_intact(text: &str) -> Option<bool> {
    let (found, unsealed) = carried(text)?;
    Some(hash(&unsealed) == found)
}

/// Whether dockgen wrote a text, edited or not.
pub(crate) fn is_generated(text: &str) -> bool {
    carried(&text.replace("\r\n", "\n")).is_some()
}
