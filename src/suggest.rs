//! "Did you mean" suggestions for misspelled words.

/// The known word that the user probably meant: at most three edits away, and at most a third of the word's length.
pub(crate) fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |other: &&str| strsim::damerau_levenshtein(word, other);
    let best = known.iter().copied().min_by_key(|other| distance(other))?;
    (distance(&best) <= (word.len() / 3).clamp(1, 3)).then_some(best)
}
