//! Formats effects for review: grouped by concern, with every character visible, and shortened only where harmless.

use std::collections::BTreeMap;

use super::effects::{Concern, Effect};
use crate::hidden::is_hidden;

/// The indentation level and text of a line.
pub type EffectLine = (usize, String);

/// Effects formatted as lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectListing {
    pub lines: Vec<EffectLine>,
    /// How many lines are left out or cut; `--verbose` prints them in full.
    pub hidden: usize,
}

/// The text of an effect or of a change, with every character visible.
pub(super) struct EffectText {
    pub(super) concern: Concern,
    pub(super) what: String,
    pub(super) lines: Vec<String>,
    pub(super) harmless: bool,
}

/// How many harmless lines of one concern are shown at the start, and again at the end.
const MOST_LINES: usize = 20;

/// The longest harmless line, and the length of the end that a cut line keeps, in characters.
const LONGEST_LINE: usize = 200;
const END: usize = 40;

/// The longest run of spaces shown verbatim. A longer run is shown as its length.
const MOST_SPACES: usize = 40;

/// Formats effects. Unless `all` is set, the middle of a long list of harmless effects is left out.
#[must_use]
pub fn describe(effects: &[Effect], all: bool) -> EffectListing {
    let to_text = |effect: &Effect| EffectText {
        concern: effect.concern,
        what: visible(&effect.what),
        lines: effect.lines.iter().map(|line| visible(line)).collect(),
        harmless: effect.harmless,
    };
    list_by_concern(effects.iter().map(to_text), all)
}

pub(super) fn list_by_concern(effects: impl Iterator<Item = EffectText>, all: bool) -> EffectListing {
    let mut groups: BTreeMap<Concern, Vec<(bool, EffectLine)>> = BTreeMap::new();
    for effect in effects {
        let group = groups.entry(effect.concern).or_default();
        let harmless = effect.harmless && !all;
        group.push((harmless, (1, effect.what)));
        group.extend(effect.lines.into_iter().map(|line| (harmless, (2, line))));
    }
    let mut described = EffectListing::default();
    for (concern, group) in groups {
        described.lines.push((0, concern.to_string()));
        described.add(group, concern);
    }
    described
}

impl EffectListing {
    /// Adds the lines of one concern, without the middle of a long list of harmless lines.
    fn add(&mut self, group: Vec<(bool, EffectLine)>, concern: Concern) {
        let harmless = group.iter().filter(|(harmless, _)| *harmless).count();
        let left_out = MOST_LINES..harmless.saturating_sub(MOST_LINES);
        let mut at = 0;
        for (harmless, (depth, line)) in group {
            let number = at;
            at += usize::from(harmless);
            if harmless && left_out.contains(&number) {
                if number == left_out.start {
                    self.lines.push((1, format!("… {} lines about {concern} are hidden", left_out.len())));
                }
                self.hidden += 1;
                continue;
            }
            let cut = if harmless { cut(&line) } else { None };
            self.hidden += usize::from(cut.is_some());
            self.lines.push((depth, cut.unwrap_or(line)));
        }
    }
}

/// Shortens a line longer than [`LONGEST_LINE`] to its start and end.
fn cut(line: &str) -> Option<String> {
    let count = line.chars().count();
    let begin = || line.chars().take(LONGEST_LINE - END).collect::<String>();
    let end = || line.chars().skip(count - END).collect::<String>();
    (count > LONGEST_LINE).then(|| format!("{} … {} ({count} characters)", begin(), end()))
}

/// Makes every character visible, so that different texts always look different.
///
/// Tabs become `→`, trailing spaces `·`, and a long run of spaces its length between two `·`. Invisible characters and other whitespace
/// are escaped as `\u{…}`, and so are `→`, `·` and the start of such an escape if the text itself contains them.
pub(super) fn visible(text: &str) -> String {
    let trimmed = text.trim_end_matches(' ');
    let mut shown = String::with_capacity(text.len());
    let mut spaces = 0;
    for (at, letter) in trimmed.char_indices() {
        if letter == ' ' {
            spaces += 1;
            continue;
        }
        push_spaces(&mut shown, std::mem::take(&mut spaces), " ");
        match letter {
            '\t' => shown.push('→'),
            '\\' if trimmed[at..].starts_with("\\u{") => shown.extend(letter.escape_unicode()),
            '→' | '·' => shown.extend(letter.escape_unicode()),
            letter if is_hidden(letter) || letter.is_whitespace() => shown.extend(letter.escape_unicode()),
            letter => shown.push(letter),
        }
    }
    push_spaces(&mut shown, text.len() - trimmed.len(), "·");
    shown
}

fn push_spaces(shown: &mut String, count: usize, mark: &str) {
    if count > MOST_SPACES {
        shown.extend(["·(", &count.to_string(), ")·"]);
    } else {
        shown.push_str(&mark.repeat(count));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::visible;

    #[test]
    fn different_texts_look_different() {
        for (text, expected) in [
            ("  a  b", "  a  b"),
            ("\ta\t", "→a→"),
            ("a  ", "a··"),
            ("a\r", "a\\u{d}"),
            ("a\u{a0}b\u{2003}", "a\\u{a0}b\\u{2003}"),
            ("RUN a \\", "RUN a \\"),
        ] {
            assert_eq!(visible(text), expected);
        }
        let long = [" ".repeat(41) + "a", " ".repeat(42) + "a", "a".to_owned() + &" ".repeat(41), "·(41)·a".to_owned()];
        let others = ["→", "\t", "·", " ", "  ", "\\t", "\\u{9}", "\\u{5c}u{9}", "\u{b}", "\\u{b}", "\u{202e}", "\\u{202e}"];
        let all: Vec<&str> = long.iter().map(String::as_str).chain(others).collect();
        assert_eq!(all.iter().map(|text| visible(text)).collect::<BTreeSet<_>>().len(), all.len());
    }
}
