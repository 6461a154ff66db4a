//! Messages about remote and user-wide presets.

use anstyle::Style;

use super::{GREEN, Report, YELLOW, printable};
use crate::lock::Locked;
use crate::preset::differences::{EffectChange, describe_changes};
use crate::preset::effects::Effect;
use crate::preset::listing::{EffectListing, describe};

impl Report {
    /// Prints the effects of a new preset, even with `--quiet`; returns the number of hidden lines.
    pub fn new_preset(&self, name: &str, locked: &Locked, effects: &[Effect]) -> usize {
        self.preset(YELLOW, "new preset", &format!("{name} at {}", version(locked)));
        self.effects(&describe(effects, self.verbose), "only a description")
    }

    /// Prints how the effects of a new version differ, in the same way.
    pub fn new_version(&self, name: &str, (before, now): (&Locked, &Locked), changes: &[EffectChange]) -> usize {
        self.preset(YELLOW, "new version", &format!("{name} {} -> {}", version(before), version(now)));
        self.effects(&describe_changes(changes, self.verbose), "its effects are unchanged")
    }

    /// Names the presets whose version in `dockgen.lock` changed.
    pub fn updated_presets<'a>(&self, moved: impl Iterator<Item = (&'a String, &'a Locked, &'a Locked)>) {
        for (name, before, now) in moved.filter(|_| !self.quiet) {
            self.preset(GREEN, "updated", &format!("{name} from {} to {}", version(before), version(now)));
        }
    }

    /// Says that lines are hidden, before the user decides.
    pub fn hidden(&self, lines: usize) {
        if let Some(words) = hidden(lines) {
            self.hint(&words);
        }
    }

    fn preset(&self, style: Style, word: &str, words: &str) {
        self.say(&format!("{style}{word:>10}{style:#} {}", printable(words)));
    }

    fn effects(&self, described: &EffectListing, none: &str) -> usize {
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

    /// Says that all presets are up to date.
    pub fn presets_unchanged(&self) {
        if !self.quiet {
            self.say(&format!("{GREEN}{:>10}{GREEN:#} all presets are up to date", "unchanged"));
        }
    }
}

/// Shortened commit or content hash.
fn version(locked: &Locked) -> &str {
    let whole = locked.revision.as_ref().unwrap_or(&locked.sha256);
    whole.get(..12).unwrap_or(whole)
}

/// The number of hidden lines and how to print them; none if there are none.
pub(crate) fn hidden(lines: usize) -> Option<String> {
    let are = if lines == 1 { "line is" } else { "lines are" };
    (lines > 0).then(|| format!("{lines} {are} hidden or shortened above; print all with -v"))
}
