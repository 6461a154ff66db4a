//! What a secret is: by its name, by its value. The one rule for everything that is detected or written down.

mod address;
mod assigned;
mod commands;
mod harmless;
mod lists;
mod mask;
mod names;
mod option;
mod private;
mod programs;
mod random;
mod reference;
#[cfg(test)]
mod tests;
mod tokens;
mod values;

pub(crate) use address::{is_parameter, is_shell_user};
pub(crate) use commands::is_plain_command;
pub(crate) use harmless::{is_harmless, is_word_with_digits};
pub(crate) use mask::{masked, masked_assignments, masked_below, masked_lines, masked_quotes};
pub(crate) use names::{by_name, is_certain, is_named};
pub(crate) use private::{is_private, is_private_at, masked_private};
pub(crate) use random::{Randomness, is_random, randomness};
pub(crate) use values::{by_value, is_token, unmistakable};

use self::names::Says;
use crate::url::Url;

/// What a text is that only looks like a secret.
pub(crate) const RANDOM: &str = "what looks like a random token";

/// What a text is that must not be written down, by its value alone; none for an ordinary one.
pub(crate) fn what(text: &str) -> Option<&'static str> {
    let random = || is_random(text).then_some(RANDOM);
    by_value(text).map(|secret| secret.what).or_else(random)
}

/// Whether the value of a name may look random: `GIT_COMMIT`, `GOOGLE_CLIENT_ID`, `VAPID_PUBLIC_KEY`.
pub(crate) fn is_identifier(name: &str) -> bool {
    let words = names::words(name);
    let before = words.len().checked_sub(2).map_or("", |before| words[before].as_str());
    let known = |last: &String| match last.as_str() {
        "ID" | "IDS" => lists::IDENTIFIED.contains(&before),
        "DIGEST" | "HASH" => words.iter().any(|word| lists::DIGESTED.contains(&word.as_str())),
        last => lists::IDENTIFIERS.contains(&last),
    };
    // `SECRET_VERSION` and `TOKEN_HASH` may have the secret itself as their value
    let digest = words.last().is_some_and(|last| ["HASH", "REF", "REV", "REVISION", "VERSION"].contains(&last.as_str()));
    let site = ["SITE_KEY", "SITE_VERIFICATION"].iter().any(|end| words.join("_").ends_with(end))
        || words.last().is_some_and(|last| last == "SITEKEY");
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let public = site || has(&["PUBLIC", "PUBLISHABLE"]) && !has(&["PRIVATE"]);
    let setting = || names::says_by_words(&words) == Says::Setting;
    (words.last().is_some_and(known) && !(digest && names::mentions_secret(&words)) || public) && setting()
}

/// Whether the value of a name looks random, a short one too unless the name says that it names something: `S3_BUCKET`, `MODEL`.
pub(crate) fn looks_random(name: &str, text: &str) -> bool {
    // most values are short, and to split their names takes longer
    if text.len() < random::SHORTEST {
        return false;
    }
    let least = if harmless::is_naming(name) { Randomness::Likely } else { Randomness::Possible };
    randomness(&without_hosts(name, text)) >= least
}

/// The value of a name without its hosts, which providers make from random letters.
fn without_hosts(name: &str, text: &str) -> String {
    if !names::words(name).last().is_some_and(|last| lists::HOSTS.contains(&last.as_str())) {
        return text.to_owned();
    }
    let rest = |item: &str| {
        let name = Url::parse(item).unwrap_or_else(|| Url::of("", item)).host();
        let label =
            |label: &str| !label.is_empty() && label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
        let last = name.rsplit('.').next().unwrap_or_default();
        let known = name.contains('.') && name.split('.').all(label) && last.chars().all(|letter| letter.is_ascii_alphabetic());
        if known { item.replacen(name, "", 1) } else { item.to_owned() }
    };
    text.split([' ', ',', ';']).map(rest).collect::<Vec<String>>().join(" ")
}

/// What is secret in a command: an option's value, a setting before the program, a password in an address.
pub(crate) fn in_command(words: &[String]) -> Option<&'static str> {
    what(&words.join(" "))
}
