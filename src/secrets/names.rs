//! Names of secrets: `DB_PASSWORD`, `PGPASSWORD`, `apiKey`, but neither `TOKEN_TTL` nor `COMPASS_URL`.

use super::parts::{
    ABOUT, AMOUNTS, FIRST, LAST, METHODS, NOT_ABOUT, OPEN_KEYS, PHRASES, SECOND, SECOND_OF_ANY, SECRETS, SETTINGS, SWITCHES,
};

/// Whether a name says that its value is a secret.
pub(crate) fn by_name(name: &str) -> bool {
    let words = words(name);
    if SETTINGS.contains(&words.join("_").as_str()) {
        return false;
    }
    if let Some(end) = PHRASES.iter().find_map(|phrase| end_of(phrase, &words)) {
        return !about(&words, end);
    }
    let Some(at) = words.iter().rposition(|word| is_secret_word(word) || is_key(word)) else {
        return words.last().is_some_and(|last| LAST.contains(&last.as_str())) && !has(&words, SWITCHES);
    };
    let amount = words[at].ends_with('S') && has(&words[..at], AMOUNTS);
    let setting = amount || has(&words[..at], SWITCHES) || about(&words, at);
    !setting && (!is_key(&words[at]) || opens(&words, at))
}

/// Whether a secret's name may have this value all the same: `REDIS_AUTH = "true"` turns something on.
pub(crate) fn is_open(name: &str, value: &str) -> bool {
    let switch = ["true", "false", "yes", "no", "on", "off", "none", "null"].contains(&value.to_lowercase().as_str());
    let method = METHODS.contains(&value.to_lowercase().as_str()) && words(name).last().is_some_and(|last| last == "AUTH");
    value.is_empty() || switch || method
}

/// The words of a name in capitals: split at marks, at the capitals of camelCase, and where compounds are known.
pub(super) fn words(name: &str) -> Vec<String> {
    let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric()).flat_map(split_camel_case);
    let parts = parts.map(|part| part.trim_end_matches(|letter: char| letter.is_ascii_digit()).to_ascii_uppercase());
    parts.filter(|part| !part.is_empty()).flat_map(split_compound).collect()
}

/// `apiKey` is `api` and `Key`; `APIKey` is `API` and `Key`.
fn split_camel_case(part: &str) -> Vec<String> {
    let letters: Vec<char> = part.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(at + 1);
        let starts = letter.is_ascii_uppercase()
            && before.is_some_and(|before| before.is_ascii_lowercase() || after.is_some_and(char::is_ascii_lowercase));
        if starts {
            words.push(std::mem::take(&mut word));
        }
        word.push(*letter);
    }
    words.push(word);
    words
}

fn split_compound(word: String) -> Vec<String> {
    if is_secret_word(&word) || is_key(&word) || LAST.contains(&word.as_str()) {
        return vec![word];
    }
    let split = |second: &&str| Some((word.strip_suffix(second)?.to_owned(), (*second).to_owned()));
    let known = SECOND.iter().filter_map(split).find(|(first, _)| FIRST.contains(&first.as_str()));
    match known.or_else(|| SECOND_OF_ANY.iter().find_map(split)) {
        Some((first, second)) => vec![first, second],
        None => vec![word],
    }
}

fn is_secret_word(word: &str) -> bool {
    SECRETS.contains(&word) || SECOND_OF_ANY.contains(&word)
}

fn is_key(word: &str) -> bool {
    word == "KEY" || word == "KEYS"
}

/// Where the last word of a phrase is.
fn end_of(phrase: &[&str], words: &[String]) -> Option<usize> {
    let start = words.windows(phrase.len()).position(|part| part == phrase)?;
    Some(start + phrase.len() - 1)
}

/// Whether a `KEY` opens something: it is of something, and of nothing that is public.
fn opens(words: &[String], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| words.get(before));
    let alone = words.len() == 1;
    !has(words, &["PUBLIC", "PUBLISHABLE", "ANON"]) && before.map_or(alone, |before| !OPEN_KEYS.contains(&before.as_str()))
}

fn has(words: &[String], known: &[&str]) -> bool {
    words.iter().any(|word| known.contains(&word.as_str()))
}

/// Whether the last words, behind a secret's, say that the value is something about it.
fn about(words: &[String], at: usize) -> bool {
    let except = NOT_ABOUT.iter().find(|(word, _)| *word == words[at]).map_or(&[][..], |(_, except)| except);
    let last = words.len().saturating_sub(2).max(at + 1);
    words[last..].iter().any(|word| ABOUT.contains(&word.as_str()) && !except.contains(&word.as_str()))
}
