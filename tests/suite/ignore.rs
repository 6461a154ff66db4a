//! An ignore file as Docker reads it (moby/patternmatcher and its ignorefile), and the credential files that one must leave out.
//!
//! The end-to-end tests hold this reader against a real build.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use regex::{RegexSet, RegexSetBuilder, SetMatches};

/// Names of credential files, each to be planted at several depths.
pub(crate) fn planted() -> Vec<&'static str> {
    include_str!("planted.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// An ignore file: each pattern, and whether it lets in what it matches.
pub(crate) struct Ignore {
    patterns: RegexSet,
    exceptions: Vec<bool>,
    /// What matches a folder: most paths share theirs.
    folders: RefCell<HashMap<String, SetMatches>>,
}

impl Ignore {
    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#')).map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<&str> = lines.collect();
        // Go reads no hyphen in a class but between two ends of a range
        assert!(!lines.iter().any(|line| line.contains("[-") || line.contains("-]")), "a build would end at {text}");
        let patterns = lines.iter().map(|line| regex(&short(line.trim_start_matches('!').trim())));
        // with less memory, the automaton of so many patterns is given up for one that is ten times slower
        let patterns = RegexSetBuilder::new(patterns).dfa_size_limit(256 << 20).build();
        Self {
            patterns: patterns.unwrap_or_else(|error| panic!("{error}")),
            exceptions: lines.iter().map(|line| line.starts_with('!')).collect(),
            folders: RefCell::default(),
        }
    }

    /// Whether a file stays out: the last pattern that matches it, or a folder above it, says so.
    pub(crate) fn leaves_out(&self, path: &str) -> bool {
        let mut folders = self.folders.borrow_mut();
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        let above = above.map(|path| folders.entry(path.to_owned()).or_insert_with(|| self.patterns.matches(path)).clone());
        let above: Vec<SetMatches> = above.chain([self.patterns.matches(path)]).collect();
        // a pattern that matches none of them changes nothing
        let matching: BTreeSet<usize> = above.iter().flat_map(SetMatches::iter).collect();
        let out = matching.last().is_some_and(|last| !self.exceptions[*last]);
        // the walk of a build knows a pattern of a folder only where it changed something for that folder: it must say the same
        let mut parents: BTreeSet<usize> = BTreeSet::new();
        let mut walked = false;
        for matches in above {
            walked = false;
            for index in &matching {
                let exception = self.exceptions[*index];
                if exception == walked && matches.matched(*index) {
                    parents.insert(*index);
                }
                if parents.contains(index) {
                    walked = !exception;
                }
            }
        }
        assert!(!walked || out, "Docker's two ways to read patterns differ on {path}");
        walked
    }
}

/// A path as Go's `filepath.Clean` has it.
fn short(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." && parts.last().is_some_and(|last| *last != "..") {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// The expression that Docker makes of a pattern.
fn regex(pattern: &str) -> String {
    let mut text = String::from("^");
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '*' if letters.next_if_eq(&'*').is_some() => {
                letters.next_if_eq(&'/');
                text.push_str(if letters.peek().is_none() { ".*" } else { "(.*/)?" });
            }
            '*' => text.push_str("[^/]*"),
            '?' => text.push_str("[^/]"),
            '.' | '+' | '(' | ')' | '|' | '{' | '}' | '$' => {
                let _ = write!(text, "\\{letter}");
            }
            letter => text.push(letter),
        }
    }
    text + "$"
}
