//! Folders of numbered SQL files, such as migrations, that one pattern can include.
//!
//! A dump that git ignores may be in the same folder, so a pattern is used only if no ignore rule can match a name that it
//! matches.

use std::collections::{BTreeMap, BTreeSet};

use super::{FileKind, SuspectFile};
use crate::detect::Folder;
use crate::files;
use crate::paths::parent;

/// Maximum bytes of an ignore file; the walk skips folders with a larger one.
const LARGEST: u64 = 1 << 20;

/// Whether this is an SQL file whose name starts with a digit.
pub(crate) fn is_numbered(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with(|first: char| first.is_ascii_digit()) && name.strip_suffix(".sql").is_some() && path.contains('/')
}

/// Folders with several of them, without a dump, and without an ignore rule that can match one.
pub(super) fn folders(directory: &Folder, files: &[SuspectFile]) -> BTreeSet<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files.iter().filter(|file| file.kind == FileKind::Query && is_numbered(&file.path)) {
        *counts.entry(parent(&file.path)).or_default() += 1;
    }
    let dumps = files.iter().filter(|file| file.kind != FileKind::Query && is_numbered(&file.path));
    let with_dumps: BTreeSet<&str> = dumps.map(|file| parent(&file.path)).collect();
    let several =
        counts.into_iter().filter(|(folder, count)| *count > 1 && !with_dumps.contains(folder)).map(|(folder, _)| folder);
    several.filter(|folder| !has_rule_for_numbered(directory, folder)).map(str::to_owned).collect()
}

/// Whether an ignore rule for a folder or a parent can match a numbered SQL file.
fn has_rule_for_numbered(directory: &Folder, folder: &str) -> bool {
    let Ok(real) = directory.join(folder).canonicalize() else { return true };
    let rules = real.ancestors().flat_map(|folder| [".gitignore", ".ignore"].map(|name| folder.join(name)));
    rules.filter(|path| path.is_file()).any(|path| match files::read(&path, LARGEST) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).lines().any(can_match),
        Err(_) => true,
    })
}

/// Whether a line of an ignore file can match a file like `0001_users.sql`, by its last part. In doubt, it can.
fn can_match(line: &str) -> bool {
    let line = line.trim_end();
    // the folders exist, so no rule for folders matched them
    if line.is_empty() || line.starts_with(['#', '!']) || line.ends_with('/') {
        return false;
    }
    let name = line.rsplit('/').next().unwrap_or(line).to_ascii_lowercase();
    let tail = name.rsplit(['*', '?', ']', '\\']).next().unwrap_or(&name);
    // the last character is a class without an l, as in *.py[cod]
    let class = name.strip_suffix(']').and_then(|name| name.rsplit_once('[')).map_or("l", |(_, class)| class);
    let ends = (tail.strip_suffix(".sql").is_some() || ".sql".ends_with(tail)) && class.contains(['l', '-', '!', '^']);
    let starts = name.starts_with(|first: char| first.is_ascii_digit() || "*?[\\".contains(first));
    ends && starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_can_match_a_numbered_file_are_known() {
        for line in [
            "*.sql",
            "2024*.sql",
            "/migrations/2024*",
            "*",
            "**/[0-9]*",
            "1.sql",
            "?_x.sql",
            "*.SQL",
            "*ql",
            "\\2.sql",
            "2024*.sq?",
        ] {
            assert!(can_match(line), "{line}");
        }
        for line in ["", "# *.sql", "!*.sql", "prod.sql", "dump*.sql", "*.log", "*.py[cod]", "__pycache__/", ".env", "local_data"]
        {
            assert!(!can_match(line), "{line}");
        }
    }
}
