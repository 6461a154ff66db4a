//! Unified diffs. Values of files that dockgen didn't write are masked if they may be secrets.

use std::collections::HashSet;

use diffy::{DiffOptions, Line};

use super::masking::masked_file;
use crate::seal::is_intact;

/// The lines of a unified diff. Rendered text is shown unchanged: it contains no secrets.
pub(super) fn lines((old, new): (String, String), before: &str, after: &str, rendered: &str) -> Vec<String> {
    let mut options = DiffOptions::new();
    options.set_original_filename(old).set_modified_filename(new);
    let patch = options.create_patch(before, after);
    let rendered: HashSet<&str> = rendered.lines().collect();
    // text that dockgen wrote contains no secrets either, and the patch must apply
    let is_own = is_intact(before) == Some(true);
    let before = if is_own { before.lines().map(str::to_owned).collect() } else { masked_file(before, &rendered) };
    let after = masked_file(after, &rendered);
    let (mut hunks, mut rest) = (patch.hunks().iter(), [].iter());
    let (mut old, mut new) = (before.iter(), after.iter());
    let mut lines = Vec::new();
    for line in patch.to_string().lines() {
        // use the hunk's line count: a line of the file may look like a header
        if rest.len() == 0 && line.starts_with("@@") {
            if let Some(hunk) = hunks.next() {
                rest = hunk.lines().iter();
                let skipped = |all: &[String], start: usize| start.saturating_sub(1).min(all.len());
                old = before[skipped(&before, hunk.old_range().start())..].iter();
                new = after[skipped(&after, hunk.new_range().start())..].iter();
            }
            // the text after the numbers is a line of the file
            lines.push(line.match_indices("@@").nth(1).map_or(line, |(at, mark)| &line[..at + mark.len()]).to_owned());
        } else if line.starts_with('\\') || rest.len() == 0 {
            lines.push(line.to_owned());
        } else {
            let text = match rest.next() {
                Some(Line::Insert(_)) => new.next(),
                Some(Line::Delete(_)) => old.next(),
                _ => new.next().and(old.next()),
            };
            let sign = line.chars().next().unwrap_or(' ');
            lines.push(format!("{sign}{}", text.map_or("", String::as_str)));
        }
    }
    lines
}
