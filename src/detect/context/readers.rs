//! Finds the code that names files which stay out of the image.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use super::SuspectFile;
use crate::error::Source;
use crate::layers::origin;
use crate::pattern;
use crate::python::codebase::Codebase;

/// How many bytes before a file's name to search for its opening quote.
const LONGEST_LITERAL: usize = 4096;

/// Adds the first place that names each file, in one pass over the code.
pub(super) fn add<'a>(codebase: &Codebase<'_>, files: impl Iterator<Item = &'a mut SuspectFile>) {
    let mut by_name: BTreeMap<String, Vec<&mut SuspectFile>> = BTreeMap::new();
    for file in files {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path).to_owned();
        by_name.entry(name).or_default().push(file);
    }
    let Ok(names) = AhoCorasick::new(by_name.keys()) else { return };
    let mut files: Vec<Vec<&mut SuspectFile>> = by_name.into_values().collect();
    for module in codebase.tree.python().filter(|module| !is_test(module)) {
        let Some(text) = codebase.text(module) else { continue };
        for found in names.find_overlapping_iter(&*text) {
            for file in files[found.pattern().as_usize()].iter_mut().filter(|file| file.reader.is_none()) {
                file.reader = literal(&text, found.range(), &file.path).map(|span| {
                    let source = Arc::new(Source::file(module, text.to_string()));
                    origin(&source, span, "").place.to_string()
                });
            }
        }
    }
}

/// Where a text in quotes names a file: `"certs/ca.pem"`, the end of `BASE / "certs" / "ca.pem"`, `"sqlite:///seed.db"`.
fn literal(text: &str, name: Range<usize>, path: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let window = name.start.saturating_sub(LONGEST_LITERAL);
    let line = bytes[window..name.start].iter().rposition(|byte| *byte == b'\n').map_or(window, |newline| window + newline + 1);
    let start = line + bytes[line..name.start].iter().rposition(|byte| b"\"'".contains(byte))? + 1;
    let comment = bytes[line..name.start].trim_ascii_start().starts_with(b"#");
    let ends = bytes.get(name.end).is_some_and(|byte| b"\"'?".contains(byte));
    (!comment && ends && pattern::names(&text[start..name.end], path)).then_some(start..name.end)
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("test_") || name == "conftest.py" || path.split('/').any(|part| part == "tests")
}
