//! Effects as people read them: the lines about them, and how they differ after an update.

use std::collections::BTreeMap;

use super::effects::{Concern, Effect};
use crate::hidden::is_hidden;

/// A line that tells of effects: how deep it is indented, and its text.
pub type EffectLine = (usize, String);

/// The most lines about one concern, the most items of one list or block, and the longest line, in letters.
const MOST_LINES: usize = 40;
const MOST_ITEMS: usize = 20;
const LONGEST_LINE: usize = 200;

/// Effects as lines, all of them or as many as people read.
#[must_use]
pub fn described(effects: &[Effect], all: bool) -> Vec<EffectLine> {
    let lines = effects.iter().map(|effect| (effect.concern, effect.what.clone(), effect.lines.clone()));
    grouped(lines, all)
}

fn grouped(effects: impl Iterator<Item = (Concern, String, Vec<String>)>, all: bool) -> Vec<EffectLine> {
    let mut groups: BTreeMap<Concern, Vec<EffectLine>> = BTreeMap::new();
    for (concern, what, items) in effects {
        let group = groups.entry(concern).or_default();
        group.push((1, shortened(&what, all)));
        let shown = if all { items.len() } else { MOST_ITEMS.min(items.len()) };
        group.extend(items[..shown].iter().map(|item| (2, shortened(item, all))));
        if shown < items.len() {
            group.push((2, format!("… and {} more lines", items.len() - shown)));
        }
    }
    let mut lines = Vec::new();
    for (concern, group) in groups {
        lines.push((0, concern.to_string()));
        let shown = if all { group.len() } else { MOST_LINES.min(group.len()) };
        let rest = group.len() - shown;
        lines.extend(group.into_iter().take(shown));
        if rest > 0 {
            lines.push((1, format!("… and {rest} more lines about {concern}")));
        }
    }
    lines
}

/// A text on one line: its beginning and its end, where it is long; spaces that could push something out of sight become one.
fn shortened(text: &str, all: bool) -> String {
    /// The letters that are shown of the end.
    const END: usize = 40;
    let indentation: String = text.chars().take_while(|letter| *letter == ' ').take(8).collect();
    let words = text.split([' ', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let escape = |letter: char| if is_hidden(letter) { letter.escape_default().to_string() } else { letter.to_string() };
    let line: String = indentation.chars().chain(words.chars()).map(escape).collect();
    let count = line.chars().count();
    if all || count <= LONGEST_LINE {
        return line;
    }
    let begin: String = line.chars().take(LONGEST_LINE - END).collect();
    let end: String = line.chars().skip(count - END).collect();
    format!("{begin} … {end} ({count} characters)")
}

/// An effect that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectChange {
    concern: Concern,
    key: String,
    what: String,
    lines: Vec<String>,
}

impl EffectChange {
    fn whole(sign: char, effect: &Effect) -> Self {
        let lines = effect.lines.iter().map(|line| format!("{sign} {line}")).collect();
        Self { concern: effect.concern, key: effect.key.clone(), what: format!("{sign} {}", effect.what), lines }
    }

    /// A list or a block whose lines changed.
    fn inside(before: &Effect, now: &Effect) -> Self {
        let (gone, come) = (without(&before.lines, &now.lines), without(&now.lines, &before.lines));
        let moved = gone.is_empty() && come.is_empty();
        let signed = |sign: char, lines: Vec<&String>| lines.into_iter().map(move |line| format!("{sign} {line}")).collect();
        let lines: [Vec<String>; 2] =
            if moved { [Vec::new(), now.lines.clone()] } else { [signed('-', gone), signed('+', come)] };
        let words = if moved { " (in another order)" } else { "" };
        Self { concern: now.concern, key: now.key.clone(), what: format!("  {}{words}", now.what), lines: lines.concat() }
    }

    /// Whether it has to be accepted: anything but an amount that is not enforced.
    #[must_use]
    pub fn needs_trust(&self) -> bool {
        self.concern != Concern::Amount
    }
}

/// The lines that are not among the others, as often as they are there.
fn without<'a>(lines: &'a [String], others: &[String]) -> Vec<&'a String> {
    let mut count: BTreeMap<&String, usize> = BTreeMap::new();
    others.iter().for_each(|line| *count.entry(line).or_default() += 1);
    let is_new = |line: &&String| match count.get_mut(*line) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    lines.iter().filter(is_new).collect()
}

/// How effects differ, in the order of their concerns.
#[must_use]
pub fn difference(before: &[Effect], now: &[Effect]) -> Vec<EffectChange> {
    let (gone, come) = (missing(before, now), missing(now, before));
    let (lists, mut values): (Vec<&Effect>, Vec<&Effect>) = gone.into_iter().partition(|effect| !effect.lines.is_empty());
    let mut lists: BTreeMap<&str, Vec<&Effect>> = lists.into_iter().fold(BTreeMap::new(), |mut lists, effect| {
        lists.entry(effect.what.as_str()).or_default().push(effect);
        lists
    });
    let mut changes = Vec::new();
    for effect in come {
        let old = lists.get_mut(effect.what.as_str()).filter(|_| !effect.lines.is_empty()).and_then(Vec::pop);
        changes.push(old.map_or_else(|| EffectChange::whole('+', effect), |old| EffectChange::inside(old, effect)));
    }
    values.extend(lists.into_values().flatten());
    changes.extend(values.into_iter().map(|effect| EffectChange::whole('-', effect)));
    // what was comes before what is: a minus sorts after a plus
    changes.sort_by(|one, other| {
        (one.concern, &one.key, other.what.as_bytes().first()).cmp(&(other.concern, &other.key, one.what.as_bytes().first()))
    });
    changes
}

/// Effects that are not among others.
fn missing<'a>(effects: &'a [Effect], others: &[Effect]) -> Vec<&'a Effect> {
    let mut known: BTreeMap<&str, Vec<&Effect>> = BTreeMap::new();
    others.iter().for_each(|effect| known.entry(&effect.what).or_default().push(effect));
    effects.iter().filter(|effect| known.get(effect.what.as_str()).is_none_or(|same| !same.contains(effect))).collect()
}

/// Changes as lines, all of them or as many as people read.
#[must_use]
pub fn described_changes(changes: &[EffectChange], all: bool) -> Vec<EffectLine> {
    grouped(changes.iter().map(|change| (change.concern, change.what.clone(), change.lines.clone())), all)
}
