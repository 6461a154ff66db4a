//! What dockgen wrote last, where somebody has edited it since: from the cache, or from the project's own git repository.
//!
//! A text counts only where it has the hash that the lock or the file's header names: neither is trusted with more than that.

use std::path::Path;

use crate::cache;
use crate::remembered::{Late, remembered};
use crate::render::File;
use crate::seal::{carried, fingerprint};

/// The kind of cache that holds texts that dockgen wrote.
const CACHE: &str = "outputs";

/// Keeps a text for a later merge: nobody may have committed it.
pub(crate) fn keep(file: &File) {
    cache::keep(CACHE, &file.hash(), &file.text);
}

/// The text that dockgen wrote last at a path, from which an edited one came.
///
/// The edited text names its hash, or else the lock does. `rendered` are texts that may be it too, such as what the presets of
/// before an update give.
///
/// # Errors
/// The history takes too long to read.
pub(crate) fn last_written(
    directory: &Path,
    path: &str,
    locked: Option<&str>,
    edited: &str,
    rendered: &[&str],
) -> Result<Option<String>, Late> {
    let carried = carried(edited).map(|(hash, _)| hash);
    // the header of a merged file says which text it is an edit of; the lock may have moved on without it
    let hashes: Vec<&str> = carried.into_iter().chain(locked).collect();
    let found = hashes.iter().map(|hash| {
        let is_it = |text: &str| fingerprint(text) == **hash;
        let rendered = || rendered.iter().find(|text| is_it(text)).map(|text| (*text).to_owned());
        let kept = || cache::read(CACHE, hash).filter(|text| is_it(text));
        rendered().or_else(kept).map_or_else(|| remembered(directory, path, is_it), |text| Ok(Some(text)))
    });
    // a text that was found counts more than a history that could not be read for another
    let mut late = None;
    for found in found {
        match found {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            Err(error) => late = Some(error),
        }
    }
    late.map_or(Ok(None), Err)
}
