//! Finds the generated text that an edited file is based on, in the cache or in the project's git history.
//!
//! Neither source is trusted: a text is used only if it has the hash recorded in the file's header or in `dockgen.lock`.

use std::path::Path;

use crate::cache;
use crate::remembered::{HistoryTimeout, find_text};
use crate::render::RenderedFile;
use crate::seal::{carried, fingerprint};

/// Cache folder of generated texts.
const CACHE: &str = "outputs";

/// Caches a generated text for a later merge, in case it is never committed to git.
pub(crate) fn keep(file: &RenderedFile) {
    cache::write(CACHE, &file.hash(), &file.text);
}

/// Finds the text that dockgen last wrote to a path, by the hash in the header of the edited text, or else by the one in the lock.
///
/// `rendered` are other candidates, such as the output of the presets before an update.
///
/// # Errors
/// Reading the git history takes too long.
pub(crate) fn last_written(
    directory: &Path,
    path: &str,
    locked: Option<&str>,
    edited: &str,
    rendered: &[&str],
) -> Result<Option<String>, HistoryTimeout> {
    let carried = carried(edited).map(|(hash, _)| hash);
    // prefer the header: after a merge, the lock may already name a newer text
    let hashes: Vec<&str> = carried.into_iter().chain(locked).collect();
    let found = hashes.iter().map(|hash| {
        let matches = |text: &str| fingerprint(text) == **hash;
        let rendered = || rendered.iter().find(|text| matches(text)).map(|text| (*text).to_owned());
        let kept = || cache::read(CACHE, hash).filter(|text| matches(text));
        rendered().or_else(kept).map_or_else(|| find_text(directory, path, matches), |text| Ok(Some(text)))
    });
    // report a timeout only if no hash leads to a text
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
