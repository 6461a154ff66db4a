//! How effects differ after an update.

use std::collections::BTreeMap;

use diffy::{DiffOptions, Line};

use super::effects::{Concern, Effect};
use super::shown::{Described, Told, grouped, visible};

/// How much comparing is worth, in pairs of lines: what is longer is shown whole, before and after.
const MOST_PAIRS: usize = 20_000_000;

/// An effect that came or went.
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
        let lines = effect.lines.iter().map(|line| signed(sign, line)).collect();
        Self::of(effect, signed(sign, &effect.what), lines)
    }

    /// A list or a block whose lines changed.
    fn inside(before: &Effect, now: &Effect, pairs: &mut usize) -> Self {
        Self::of(now, signed(' ', &now.what), unified(&before.lines, &now.lines, pairs))
    }

    fn of(effect: &Effect, what: String, lines: Vec<String>) -> Self {
        Self { concern: effect.concern, key: effect.key.clone(), what, lines, harmless: effect.harmless }
    }

    /// Whether it has to be accepted: anything but an amount that is not enforced.
    #[must_use]
    pub fn needs_trust(&self) -> bool {
        self.concern != Concern::Amount
    }
}

/// A line that came (`+`), went (`-`) or is what it was.
fn signed(sign: char, line: &str) -> String {
    format!("{sign} {}", visible(line))
}

/// A unified diff, line by line.
fn unified(before: &[String], now: &[String], pairs: &mut usize) -> Vec<String> {
    let whole = |sign: char, lines: &[String]| lines.iter().map(|line| signed(sign, line)).collect::<Vec<_>>();
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
        signed(sign, line.strip_suffix('\n').unwrap_or(line))
    };
    let hunks = patch.hunks().iter().map(|hunk| {
        let header = format!("@@ -{} +{} @@", hunk.old_range(), hunk.new_range());
        std::iter::once(header).chain(hunk.lines().iter().map(line)).collect::<Vec<_>>()
    });
    hunks.flatten().collect()
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
    let mut pairs = MOST_PAIRS;
    for effect in come {
        let old = lists.get_mut(effect.what.as_str()).filter(|_| !effect.lines.is_empty()).and_then(Vec::pop);
        changes.push(old.map_or_else(|| EffectChange::whole('+', effect), |old| EffectChange::inside(old, effect, &mut pairs)));
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

/// Changes as lines: all of them, or without the middle of many harmless ones.
#[must_use]
pub fn described_changes(changes: &[EffectChange], all: bool) -> Described {
    let told = |change: &EffectChange| Told {
        concern: change.concern,
        what: change.what.clone(),
        lines: change.lines.clone(),
        harmless: change.harmless,
    };
    grouped(changes.iter().map(told), all)
}
