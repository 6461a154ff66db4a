//! What presets from elsewhere do, as it is printed.

use anstyle::Style;

use super::{GREEN, Report, YELLOW, printable};
use crate::lock::Locked;
use crate::preset::differences::{EffectChange, described_changes};
use crate::preset::effects::Effect;
use crate::preset::shown::{Described, described};

impl Report {
    /// Says what a preset does that is used for the first time, however quiet the run is; returns how many lines are hidden.
    pub fn new_preset(&self, name: &str, locked: &Locked, effects: &[Effect]) -> usize {
        self.preset(YELLOW, "new preset", &format!("{name} at {}", version(locked)));
        self.effects(&described(effects, self.verbose), "only a description")
    }

    /// Says what another version of a preset does differently, in the same way.
    pub fn new_version(&self, name: &str, (before, now): (&Locked, &Locked), changes: &[EffectChange]) -> usize {
        self.preset(YELLOW, "new version", &format!("{name} {} -> {}", version(before), version(now)));
        self.effects(&described_changes(changes, self.verbose), "its effects are unchanged")
    }

    /// Says which presets the project uses in another version than before, once that is written.
    pub fn updated_presets<'a>(&self, moved: impl Iterator<Item = (&'a String, &'a Locked, &'a Locked)>) {
        for (name, before, now) in moved.filter(|_| !self.quiet) {
            self.preset(GREEN, "updated", &format!("{name} from {} to {}", version(before), version(now)));
        }
    }

    /// Says that there is more to read before a decision.
    pub fn hidden(&self, lines: usize) {
        if let Some(words) = hidden(lines) {
            self.hint(&words);
        }
    }

    fn preset(&self, style: Style, word: &str, words: &str) {
        self.say(&format!("{style}{word:>10}{style:#} {}", printable(words)));
    }

    fn effects(&self, described: &Described, none: &str) -> usize {
        let mut text = String::new();
        for (depth, line) in &described.lines {
            let line = format!("{:>11}{}{}", "", "  ".repeat(*depth), printable(line));
            text.extend([line.trim_end(), "\n"]);
        }
        if text.is_empty() {
            self.say(&format!("{:>11}{none}", ""));
        } else {
            self.say_all(text.trim_end());
        }
        described.hidden
    }

    /// Says that no preset from elsewhere is another one than before.
    pub fn presets_unchanged(&self) {
        if !self.quiet {
            self.say(&format!("{GREEN}{:>10}{GREEN:#} all presets are up to date", "unchanged"));
        }
    }
}

/// The first letters of what tells contents apart.
fn version(locked: &Locked) -> &str {
    let whole = locked.revision.as_ref().unwrap_or(&locked.sha256);
    whole.get(..12).unwrap_or(whole)
}

/// How many lines are hidden, and what prints them.
pub(crate) fn hidden(lines: usize) -> Option<String> {
    let are = if lines == 1 { "line is" } else { "lines are" };
    (lines > 0).then(|| format!("{lines} {are} hidden or shortened above; print all with -v"))
}
