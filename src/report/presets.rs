//! What presets from elsewhere do, as it is printed.

use anstyle::Style;

use super::{GREEN, Report, YELLOW, printable};
use crate::lock::Locked;
use crate::preset::differences::{EffectChange, EffectLine, described, described_changes};
use crate::preset::effects::Effect;

impl Report {
    /// Says what a preset does that is used for the first time, however quiet the run is.
    pub fn new_preset(&self, name: &str, locked: &Locked, effects: &[Effect]) {
        self.preset(YELLOW, "new preset", &format!("{name} at {}", version(locked)));
        self.effects(&described(effects, self.verbose), "nothing but a description");
    }

    /// Says what a preset does differently, however quiet the run is.
    pub fn updated_preset(&self, name: &str, (before, now): (&Locked, &Locked), changes: &[EffectChange]) {
        self.preset(GREEN, "updated", &format!("{name} from {} to {}", version(before), version(now)));
        self.effects(&described_changes(changes, self.verbose), "nothing that it does has changed");
    }

    fn preset(&self, style: Style, word: &str, words: &str) {
        self.say(&format!("{style}{word:>10}{style:#} {}", printable(words)));
    }

    fn effects(&self, lines: &[EffectLine], none: &str) {
        for (depth, text) in lines {
            self.say_all(&format!("{:>11}{}{}", "", "  ".repeat(*depth), printable(text)));
        }
        if lines.is_empty() {
            self.say(&format!("{:>11}{none}", ""));
        }
    }

    /// Says that no preset from elsewhere is another one than before.
    pub fn presets_unchanged(&self) {
        if !self.quiet {
            self.say(&format!("{GREEN}{:>10}{GREEN:#} every preset is what it was", "unchanged"));
        }
    }
}

/// The first letters of what tells contents apart.
fn version(locked: &Locked) -> &str {
    let whole = locked.revision.as_ref().unwrap_or(&locked.sha256);
    whole.get(..12).unwrap_or(whole)
}
