//! SHA-256 hashes, and the one in the header of generated files (`# dockgen:sha256:…`), which covers the rest of the file.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// Replaces the hash in the header while a file is hashed or merged.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Precedes the hash in the header of every generated file.
pub(crate) const HASH_MARK: &str = "# dockgen:sha256:";

/// Ends the text with one newline and sets the hash in its header, even if the template wrote one.
pub(crate) fn sealed(text: &str) -> String {
    let text = unsealed(&format!("{}\n", text.trim_end()));
    resealed(&text, &hash(&text))
}

/// SHA-256 of a text, in hexadecimal.
pub(crate) fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// SHA-256 of several texts, each prefixed with its length so that moving text between parts changes the hash.
pub(crate) fn hash_of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// Hash of a text without the hash in its header. For an unedited generated file, the two are equal.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    carried(text).map_or_else(|| hash(text), |(_, unsealed)| hash(&unsealed))
}

/// Replaces the hash in the header with zeros.
pub(crate) fn unsealed(text: &str) -> String {
    resealed(text, NO_HASH)
}

/// Replaces the hash in the header, if there is one.
pub(crate) fn resealed(text: &str, hash: &str) -> String {
    hash_range(text).map_or_else(|| text.to_owned(), |range| format!("{}{hash}{}", &text[..range.start], &text[range.end..]))
}

/// The hash in the header, and the text without it.
pub(crate) fn carried(text: &str) -> Option<(&str, String)> {
    Some((&text[hash_range(text)?], unsealed(text)))
}

/// Finds the hash: on a line of its own anywhere in the file, in case a user moved it. Ignores damaged hashes.
fn hash_range(text: &str) -> Option<Range<usize>> {
    let is_line = |at: usize| at == 0 || text.as_bytes()[at - 1] == b'\n';
    let marks = text.match_indices(HASH_MARK).filter(|(at, _)| is_line(*at)).map(|(at, _)| at + HASH_MARK.len());
    let mut hashes = marks.filter(|start| text[*start..].split('\n').next().is_some_and(is_hash));
    hashes.next().map(|start| start..start + NO_HASH.len())
}

/// Whether a text is a SHA-256 in lower-case hexadecimal.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == NO_HASH.len() && is_hex(text)
}

/// Whether a text consists of lower-case hexadecimal digits.
pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Whether a generated file still matches the hash in its header. `None` for files that dockgen didn't generate.
#[must_use]
pub fn is_intact(text: &str) -> Option<bool> {
    let (found, unsealed) = carried(text)?;
    Some(hash(&unsealed) == found)
}

/// Whether dockgen generated a file, even if it was edited since. Accepts CRLF line endings.
pub(crate) fn is_generated(text: &str) -> bool {
    carried(&text.replace("\r\n", "\n")).is_some()
}
