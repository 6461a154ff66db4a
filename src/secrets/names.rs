//! Names of secrets: `DB_PASSWORD`, `PGPASSWORD`, `apiKey`, but neither `TOKEN_TTL` nor `COMPASS_URL`.

use super::harmless::{is_absolute, is_address, is_word_with_digits};
use super::lists::{
    ABOUT, ADDRESSES, AMOUNTS, CHOICES, CONTAINERS, ENCODED, ENDINGS, EXACT, FIRST, FIRST_OF_ANY, HARDWARE, HASHINGS, KEY_FOR,
    KNOWN, LAST, LOGIN_LISTS, METHODS, MODEL_TOKENS, NOT_ABOUT, NUMBERED_KEYS, OPEN_KEYS, PHRASES, RESET, SECOND, SECOND_OF_ANY,
    SECRETS, SETTINGS, SWITCHES, WHOLE, WITH_DIGITS,
};
use super::random::{is_random, is_uuid};

/// What a name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// It is a secret.
    Secret,
    /// It is a secret, unless the value is a switch or a short number: `ENABLE_PASSWORD`, `MAX_TOKENS`.
    UnlessNumber,
    /// It is a secret, unless the value is that or a known word: `PASSWORD_LOGIN`, `PASSWORD_ADMIN_MODE`.
    UnlessChoice,
    /// It is a secret, unless the value is that or made of several words: `TOKEN_REDIS_PREFIX`.
    UnlessName,
    /// It is none.
    Setting,
}

/// Whether a name says that its value is a secret, unless [`is_open`] says that this value is none.
pub(crate) fn by_name(name: &str) -> bool {
    says(name) != Says::Setting
}

/// Whether a name says that any value of it is a secret.
pub(crate) fn is_certain(name: &str) -> bool {
    says(name) == Says::Secret
}

/// Whether the words of a name are about a secret, even if its value is none: `KEY_FILE`, `SECRET_NAME`, `MAX_TOKENS`.
pub(super) fn mentions_secret(words: &[String]) -> bool {
    words.iter().any(|word| is_secret_word(word) || is_key(word) || LAST.contains(&word.as_str()))
}

/// What a name says of its value.
pub(super) fn says(name: &str) -> Says {
    says_by_words(&words(name))
}

/// What a name of these words says of its value.
pub(super) fn says_by_words(words: &[String]) -> Says {
    if SETTINGS.contains(&words.join("_").as_str()) {
        return Says::Setting;
    }
    if EXACT.contains(&words.join("_").as_str()) {
        return Says::UnlessChoice;
    }
    if let Some(end) = PHRASES.iter().find_map(|phrase| end_of(phrase, words)) {
        return about(words, end).unwrap_or(Says::Secret);
    }
    let Some(at) = words.iter().rposition(|word| is_secret_word(word) || is_key(word)) else {
        return match is_last(words) {
            true if has(words, &SWITCHES) => Says::UnlessNumber,
            true => Says::Secret,
            false => Says::Setting,
        };
    };
    if is_key(&words[at]) && !opens(words, at) || is_model_token(words, at) {
        return Says::Setting;
    }
    if let Some(says) = about(words, at) {
        return says;
    }
    if is_amount(words, at) || has(&words[..at], &SWITCHES) { Says::UnlessNumber } else { Says::Secret }
}

/// Whether a secret's name may have this value all the same: `REDIS_AUTH = "true"` turns something on.
pub(crate) fn is_open(name: &str, value: &str) -> bool {
    let words = words(name);
    is_open_by_words(&words, says_by_words(&words), value)
}

fn is_open_by_words(words: &[String], says: Says, value: &str) -> bool {
    let lower = value.to_lowercase();
    let switch = ["true", "false", "yes", "no", "on", "off", "none", "null"].contains(&lower.as_str());
    let last = words.last().map(String::as_str).unwrap_or_default();
    let method = match last {
        "AUTH" => METHODS.contains(&lower.as_str()),
        "HASH" | "ENCODER" => HASHINGS.contains(&lower.as_str()),
        "ADDRESS" | "CONTRACT" => is_contract(value),
        "TOKEN" | "TOKENS" | "LIST" if value.split(',').all(is_marker) || value.split(',').all(is_symbol) => true,
        // `DB_PASSWORD_NAME`, `REFRESH_TOKEN_COOKIE_NAME`
        "NAME" => value.len() >= 3 && value.chars().all(|letter| letter.is_ascii_lowercase()) && has(words, &["COOKIE", "FIELD"]),
        "KEY" | "KEYS" if is_file(value) => true,
        "KEYSTORE" => is_absolute(value),
        _ => has(words, &["WEBHOOK", "WEBHOOKS"]) && ADDRESSES.contains(&last) && lower.starts_with("http") && is_address(value),
    };
    // so many tokens, or the number of a key
    let counted = words.iter().any(|word| word == "TOKENS")
        || value.len() <= 3 && NUMBERED_KEYS.iter().any(|phrase| end_of(phrase, words).is_some());
    let known = || KNOWN.contains(&lower.as_str());
    // the uuid of a token may be the token
    let several = || value.contains(['/', '.', ':', '{', '_', '-']) && !is_uuid(value);
    let excused = match says {
        Says::Setting => false,
        Says::UnlessNumber => is_short_number(value),
        Says::UnlessChoice => is_short_number(value) || known(),
        Says::UnlessName => is_short_number(value) || known() || several(),
        Says::Secret => counted && is_short_number(value),
    };
    value.is_empty() || switch || method || excused
}

/// `/certs/tls.key`, `/run/secrets/jwt.pem`, `uploads/data.csv`: a file, and not what is in it.
fn is_file(value: &str) -> bool {
    let plain = value.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
    let ending = value.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    let known = ENDINGS.contains(&ending) || ["crt", "der", "jks", "key", "p12", "p8", "pem", "pfx", "pub"].contains(&ending);
    plain && value.contains('/') && !value.contains("//") && !is_random(value) && (known || value.starts_with("/run/secrets/"))
}

/// `ETH`: the symbol of a coin.
fn is_symbol(value: &str) -> bool {
    (2..=5).contains(&value.len()) && value.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// `0x…`: the address of a contract, which everyone may see.
fn is_contract(value: &str) -> bool {
    value.strip_prefix("0x").is_some_and(|id| id.len() == 40 && id.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// `<s>`, `</s>`, `<image>`: a mark in the text of a language model.
fn is_marker(value: &str) -> bool {
    let name = value.trim().strip_prefix('<').and_then(|name| name.strip_suffix('>')).unwrap_or_default();
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_lowercase() || "/|_".contains(letter))
}

/// Whether a name and its value together say that the value is a secret: also a password under a name such as `SECRET_NAME`.
pub(crate) fn is_named(name: &str, value: &str) -> bool {
    let words = words(name);
    let is_password = || is_like_password(value) || is_word_with_digits(value);
    match says_by_words(&words) {
        Says::Setting => mentions_secret(&words) && is_password() || is_list_of_logins(&words, value),
        says => !is_open_by_words(&words, says, value),
    }
}

/// `TRAEFIK_USERS = "admin:hunter2"`, but not `USERS = "anna:editor,ben:viewer"`
fn is_list_of_logins(words: &[String], value: &str) -> bool {
    let word = |letter: char| letter.is_ascii_lowercase() || "-_".contains(letter);
    let user = |user: &str| !user.is_empty() && user.chars().all(|letter| letter.is_alphanumeric() || "._-@".contains(letter));
    let told =
        |password: &str| !password.contains(['/', ':', '@', ' ']) && !password.chars().all(word) && !is_short_number(password);
    let login = |item: &str| item.trim().split_once(':').is_some_and(|(name, password)| user(name) && told(password));
    words.last().is_some_and(|last| LOGIN_LISTS.contains(&last.as_str())) && value.split([',', ';']).any(login)
}

/// `Hunter2`, `Hunter2!`: a word with a capital, then digits, then marks; no algorithm and no name of a class.
fn is_like_password(value: &str) -> bool {
    let word = value.trim_end_matches(|mark: char| "!@#$%^&*?".contains(mark));
    let letters = word.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let small = letters.strip_prefix(|first: char| first.is_ascii_uppercase()).unwrap_or_default();
    let known = KNOWN.contains(&word.to_lowercase().as_str()) || HASHINGS.contains(&word.to_lowercase().as_str());
    small.len() >= 3 && small.bytes().all(|letter| letter.is_ascii_lowercase()) && letters.len() < word.len() && !known
}

/// The most digits of a number that is no password.
const DIGITS: usize = 7;

/// `512`, `1_000_000`, `0.002`, `128k`, `30s`, `-1`
fn is_short_number(value: &str) -> bool {
    let number = value.trim_start_matches('-').trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == '%');
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = whole.replace('_', "");
    let is_digits = |text: &str| !text.is_empty() && text.chars().all(|digit| digit.is_ascii_digit());
    let unit = value.trim_start_matches('-').len() - number.len();
    is_digits(&digits) && digits.len() <= DIGITS && is_digits(part) && part.len() <= 2 * DIGITS && unit <= 2
}

/// Whether the words before a secret's say how many there are, or which pin of a board it is.
fn is_amount(words: &[String], at: usize) -> bool {
    let before = &words[..at];
    let last = before.last().map(String::as_str).unwrap_or_default();
    match words[at].as_str() {
        "PIN" => has(before, &HARDWARE) || has(&words[at + 1..], &HARDWARE),
        "PASS" => ["HIGH", "LOW", "BAND"].contains(&last),
        "TOKEN" => last == "PER",
        several => several.ends_with('S') && has(before, &AMOUNTS),
    }
}

/// `EOS_TOKEN`: a mark in the text of a language model.
fn is_model_token(words: &[String], at: usize) -> bool {
    ["TOKEN", "TOKENS"].contains(&words[at].as_str())
        && at.checked_sub(1).is_some_and(|before| MODEL_TOKENS.contains(&words[before].as_str()))
}

/// Whether the last word makes a name a secret's, or what it is a text of: `KEYSTORE_B64`, `P12_DATA`.
fn is_last(words: &[String]) -> bool {
    let is = |word: Option<&String>, known: &[&str]| word.is_some_and(|word| known.contains(&word.as_str()));
    let before = words.len().checked_sub(2).and_then(|before| words.get(before));
    is(words.last(), &LAST) || is(words.last(), &ENCODED) && (is(before, &LAST) || is(before, &CONTAINERS))
}

/// The words of a name in capitals: split at marks, at the capitals of camelCase, and where compounds are known.
pub(super) fn words(name: &str) -> Vec<String> {
    let name = without_accents(name);
    let parts = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let parts = parts.flat_map(|part| if WITH_DIGITS.contains(&part) { vec![part.to_owned()] } else { split_camel_case(part) });
    let parts = parts.map(|part| part.to_ascii_uppercase()).map(without_number);
    parts.filter(|part| !part.is_empty()).flat_map(split_compound).collect()
}

/// `contraseña` is `contrasena`.
fn without_accents(name: &str) -> String {
    /// Letters of words for passwords, each with what is written for it.
    const PLAIN: &str = "àa ãa äae ąa çc ée èe łl ñn Ñn óo öoe şs Şs üue ßss";
    // most names have none
    if name.is_ascii() {
        return name.to_owned();
    }
    let plain = |letter: char| PLAIN.split(' ').find_map(|pair| pair.strip_prefix(letter));
    name.chars().map(|letter| plain(letter).map_or_else(|| letter.to_string(), str::to_owned)).collect()
}

/// `TOKEN2` is a `TOKEN`, but `P12` is a format.
fn without_number(part: String) -> String {
    if WITH_DIGITS.contains(&part.as_str()) {
        return part;
    }
    part.trim_end_matches(|letter: char| letter.is_ascii_digit()).to_owned()
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
    let known = is_secret_word(&word) || is_key(&word) || LAST.contains(&word.as_str());
    if known || WHOLE.iter().any(|whole| word.starts_with(whole)) {
        return vec![word];
    }
    let split = |second: &&str| Some((word.strip_suffix(second)?.to_owned(), (*second).to_owned()));
    let known = SECOND.iter().filter_map(split).find(|(first, _)| FIRST.contains(&first.as_str()));
    let begun = || FIRST_OF_ANY.iter().find_map(|first| Some(((*first).to_owned(), word.strip_prefix(first)?.to_owned())));
    match known.or_else(|| SECOND_OF_ANY.iter().find_map(split)).or_else(begun) {
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
    // `KEY_PROD`
    let alone = words.len() == 1 || words.len() == 2 && KEY_FOR.contains(&words[1].as_str());
    let public = has(words, &["PUBLIC", "PUB", "PUBLISHABLE", "ANON"]) && !has(words, &["PRIVATE"]);
    !public && before.map_or(alone, |before| !OPEN_KEYS.contains(&before.as_str()))
}

fn has(words: &[String], known: &[&str]) -> bool {
    words.iter().any(|word| known.contains(&word.as_str()))
}

/// What the last words, behind a secret's, say of it: its age, its form, the place it comes from.
fn about(words: &[String], at: usize) -> Option<Says> {
    let is_address = NOT_ABOUT.contains(&words[at].as_str());
    // `API_KEY_COOKIE` is a name, `TOKEN_COOKIE` may be what is in one
    let cookie = |word: &String| word == "COOKIE" && !is_key(&words[at]);
    let known =
        |word: &String| ABOUT.contains(&word.as_str()) && !cookie(word) && !(is_address && ADDRESSES.contains(&word.as_str()));
    let first = words.len().saturating_sub(2).max(at + 1);
    // `TOKENS_PER_PAGE`
    if words.get(at + 1).is_some_and(|word| word == "PER") {
        return Some(Says::UnlessNumber);
    }
    let reset = words.get(at + 1).is_some_and(|next| ["CHANGE", "RECOVERY", "RESET"].contains(&next.as_str()));
    if reset && words.len() > at + 2 && words.last().is_some_and(|last| RESET.contains(&last.as_str())) {
        return Some(Says::Setting);
    }
    let last = words.get(first..)?.iter().rfind(|word| known(word))?;
    // `TOKEN_ID` may be the secret itself, but not `GPG_KEY_ID`
    let is_id = ["ID", "IDS", "KEYID"].contains(&last.as_str()) && !has(words, &["GPG", "PGP"]);
    Some(match () {
        () if is_id => Says::UnlessName,
        () if CHOICES.contains(&last.as_str()) => Says::UnlessChoice,
        () if words.get(at + 1).is_some_and(|next| known(next) && words.len() == at + 2) => Says::Setting,
        () => Says::UnlessName,
    })
}
