//! How two texts differ, as people read it: with `*` for what may be a secret of a file that dockgen did not write.

use std::collections::HashSet;

use diffy::{DiffOptions, Line};

use crate::seal::{HASH_MARK, is_intact};
use crate::secrets::{by_name, masked_lines};

/// A unified diff in lines. What is rendered is shown as it is: it contains no secrets.
pub(super) fn lines((old, new): (String, String), before: &str, after: &str, rendered: &str) -> Vec<String> {
    let mut options = DiffOptions::new();
    options.set_original_filename(old).set_modified_filename(new);
    let patch = options.create_patch(before, after);
    let rendered: HashSet<&str> = rendered.lines().collect();
    // what dockgen wrote contains no secrets either, and the patch has to apply
    let is_own = is_intact(before) == Some(true);
    let before = if is_own { before.lines().map(str::to_owned).collect() } else { shown(before, &rendered) };
    let after = shown(after, &rendered);
    let (mut hunks, mut rest) = (patch.hunks().iter(), [].iter());
    let (mut old, mut new) = (before.iter(), after.iter());
    let mut lines = Vec::new();
    for line in patch.to_string().lines() {
        // a hunk is as long as it says, whatever its lines look like
        if rest.len() == 0 && line.starts_with("@@") {
            if let Some(hunk) = hunks.next() {
                rest = hunk.lines().iter();
                let skipped = |all: &[String], start: usize| start.saturating_sub(1).min(all.len());
                old = before[skipped(&before, hunk.old_range().start())..].iter();
                new = after[skipped(&after, hunk.new_range().start())..].iter();
            }
            // what follows the numbers is a line of the file
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

/// The lines of a text without secrets.
fn shown(text: &str, rendered: &HashSet<&str>) -> Vec<String> {
    let masked = masked_lines(text);
    let mut hidden = masked.lines();
    let mut before = "";
    let mut in_key = false;
    let mut shown = Vec::new();
    for line in text.lines() {
        let hidden = hidden.next().unwrap_or("***");
        let key = in_key || line.contains("-----BEGIN");
        in_key = key && !line.contains("-----END");
        shown.push(if key {
            "***".to_owned()
        } else if rendered.contains(line) || line.starts_with(HASH_MARK) {
            line.to_owned()
        } else if names_a_secret(before) || is_old_setting(line) {
            hidden_value(line)
        } else {
            hidden.to_owned()
        });
        before = line;
    }
    shown
}

/// Whether the next line is the value of a secret: `name: DB_PASSWORD`, `- --password`, `DB_PASSWORD: |`, `DB_PASSWORD=\`.
fn names_a_secret(line: &str) -> bool {
    let line = line.trim().trim_start_matches("- ");
    let word = line.trim_end_matches(['|', '>', '\\', '-', '+', ',', ' ']);
    let opens = word.len() < line.len() && word.ends_with([':', '=']);
    let word = word.trim_end_matches([':', '=']).trim_matches(['"', '\'']);
    let named = word.strip_prefix("name:").map(|name| name.trim().trim_matches(['"', '\'']));
    match named.or_else(|| word.strip_prefix("--")) {
        Some(name) => by_name(name),
        None => opens && by_name(word.rsplit(' ').next().unwrap_or_default()),
    }
}

/// `ENV DB_PASSWORD hunter2`, as Dockerfiles once had it.
fn is_old_setting(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let sets = words.next().is_some_and(|word| word.eq_ignore_ascii_case("ENV"));
    sets && words.next().is_some_and(|name| !name.contains('=') && by_name(name))
}

/// A line with `*` for its value.
fn hidden_value(line: &str) -> String {
    let start = line.len() - line.trim_start().len();
    let rest = &line[start..];
    let kept = ["value:", "- "].into_iter().find(|mark| rest.starts_with(mark)).map_or(0, str::len);
    let name = rest.split_whitespace().nth(1).filter(|_| is_old_setting(line));
    let kept = name.map_or(kept, |name| rest.find(name).unwrap_or_default() + name.len());
    format!("{} ***", line[..start + kept].trim_end_matches(' '))
}
