//! Compares the effects of presets before and after an update.

use std::collections::BTreeMap;

use diffy::{DiffOptions, Line};

use super::effects::{Concern, Effect};
use super::listing::{EffectListing, EffectText, list_by_concern, visible};

/// The largest cost of all diffs together, in pairs of lines. Longer texts are shown in full, before and after.
const MOST_PAIRS: usize = 20_000_000;

/// An added, removed or changed effect, as lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectChange {
    concern: Concern,
    key: String,
    what: String,
    lines: Vec<String>,
    harmless: bool,
}

impl EffectChange {
    fn whole(sign: char, effect: &Effect) -> Self {
        let lines = effect.lines.iter().map(|line| with_sign(sign, line)).collect();
        Self::new(effect, with_sign(sign, &effect.what), lines)
    }

    /// A list or template block with changed lines.
    fn modified(before: &Effect, now: &Effect, pairs: &mut usize) -> Self {
        Self::new(now, with_sign(' ', &now.what), unified(&before.lines, &now.lines, pairs))
    }

    fn new(effect: &Effect, what: String, lines: Vec<String>) -> Self {
        Self { concern: effect.concern, key: effect.key.clone(), what, lines, harmless: effect.harmless }
    }

    /// Whether a user must accept it: true unless it is an amount that isn't enforced.
    #[must_use]
    pub fn needs_trust(&self) -> bool {
        self.concern != Concern::Amount
    }
}

/// Marks a line as added (`+`), removed (`-`) or unchanged (space).
fn with_sign(sign: char, line: &str) -> String {
    format!("{sign} {}", visible(line))
}

/// A unified diff. If it would cost more than `pairs`, all old lines and then all new ones.
fn unified(before: &[String], now: &[String], pairs: &mut usize) -> Vec<String> {
    let whole = |sign: char, lines: &[String]| lines.iter().map(|line| with_sign(sign, line)).collect::<Vec<_>>();
    let same = |one: &[String], other: &[String]| {
        let begin = one.iter().zip(other).take_while(|(one, other)| one == other).count();
        let rest = (&one[begin..], &other[begin..]);
        begin + rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(one, other)| one == other).count()
    };
    let cost = (before.len() + now.len() - 2 * same(before, now)).saturating_pow(2);
    if cost > *pairs {
        return [whole('-', before), whole('+', now)].concat();
    }
    *pairs -= cost;
    let text = |lines: &[String]| lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>();
    let (before, now) = (text(before), text(now));
    let patch = DiffOptions::new().create_patch(&before, &now);
    let line = |line: &Line<'_, str>| {
        let (sign, line) = match line {
            Line::Context(line) => (' ', line),
            Line::Delete(line) => ('-', line),
            Line::Insert(line) => ('+', line),
        };
        with_sign(sign, line.strip_suffix('\n').unwrap_or(line))
    };
    let hunks = patch.hunks().iter().map(|hunk| {
        let header = format!("@@ -{} +{} @@", hunk.old_range(), hunk.new_range());
        std::iter::once(header).chain(hunk.lines().iter().map(line)).collect::<Vec<_>>()
    });
    hunks.flatten().collect()
}

/// The changes between two lists of effects, sorted by concern.
#[must_use]
pub fn compare_effects(before: &[Effect], now: &[Effect]) -> Vec<EffectChange> {
    let (gone, come) = (missing(before, now), missing(now, before));
    let (lists, mut values): (Vec<&Effect>, Vec<&Effect>) = gone.into_iter().partition(|effect| !effect.lines.is_empty());
    let mut lists: BTreeMap<&str, Vec<&Effect>> = lists.into_iter().fold(BTreeMap::new(), |mut lists, effect| {
        lists.entry(effect.what.as_str()).or_default().push(effect);
        lists
    });
    let mut changes = Vec::new();
    let mut pairs = MOST_PAIRS;
    for effect in come {
        let old = lists.get_mut(effect.what.as_str()).filter(|_| !effect.lines.is_empty()).and_then(Vec::pop);
        changes.push(old.map_or_else(|| EffectChange::whole('+', effect), |old| EffectChange::modified(old, effect, &mut pairs)));
    }
    values.extend(lists.into_values().flatten());
    changes.extend(values.into_iter().map(|effect| EffectChange::whole('-', effect)));
    // removals first: in ASCII, a minus sorts after a plus
    changes.sort_by(|one, other| {
        (one.concern, &one.key, other.what.as_bytes().first()).cmp(&(other.concern, &other.key, one.what.as_bytes().first()))
    });
    changes
}

/// The effects that `others` doesn't contain.
fn missing<'a>(effects: &'a [Effect], others: &[Effect]) -> Vec<&'a Effect> {
    let mut known: BTreeMap<&str, Vec<&Effect>> = BTreeMap::new();
    others.iter().for_each(|effect| known.entry(&effect.what).or_default().push(effect));
    effects.iter().filter(|effect| known.get(effect.what.as_str()).is_none_or(|same| !same.contains(effect))).collect()
}

/// Formats changes. Unless `all` is set, the middle of a long list of harmless changes is left out.
#[must_use]
pub fn describe_changes(changes: &[EffectChange], all: bool) -> EffectListing {
    let to_text = |change: &EffectChange| EffectText {
        concern: change.concern,
        what: change.what.clone(),
        lines: change.lines.clone(),
        harmless: change.harmless,
    };
    list_by_concern(changes.iter().map(to_text), all)
}
