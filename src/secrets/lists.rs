//! The lists of words.txt: what names of secrets, settings that read like them, and harmless values are made of.

use std::sync::LazyLock;

type Words = LazyLock<Vec<&'static str>>;
type Phrases = LazyLock<Vec<Vec<&'static str>>>;

pub(super) static SECRETS: Words = LazyLock::new(|| words("secrets"));
pub(super) static LAST: Words = LazyLock::new(|| words("last"));
pub(super) static PHRASES: Phrases = LazyLock::new(|| phrases("phrases"));
pub(super) static SETTINGS: Words = LazyLock::new(|| words("settings"));
pub(super) static METHODS: Words = LazyLock::new(|| words("methods"));
pub(super) static EXACT: Words = LazyLock::new(|| words("exact"));
pub(super) static KEY_FOR: Words = LazyLock::new(|| words("key-for"));
pub(super) static HASHINGS: Words = LazyLock::new(|| words("hashings"));
pub(super) static ABOUT: Words = LazyLock::new(|| words("about"));
pub(super) static CHOICES: Words = LazyLock::new(|| words("choices"));
pub(super) static NOT_ABOUT: Words = LazyLock::new(|| words("not-about"));
pub(super) static ADDRESSES: Words = LazyLock::new(|| words("addresses"));
pub(super) static SWITCHES: Words = LazyLock::new(|| words("switches"));
pub(super) static AMOUNTS: Words = LazyLock::new(|| words("amounts"));
pub(super) static OPEN_KEYS: Words = LazyLock::new(|| words("open-keys"));
pub(super) static NUMBERED_KEYS: Phrases = LazyLock::new(|| phrases("numbered-keys"));
pub(super) static FIRST: Words = LazyLock::new(|| words("first"));
pub(super) static SECOND: Words = LazyLock::new(|| words("second"));
/// The longest first: `APIKEY` is more than a `KEY`.
pub(super) static SECOND_OF_ANY: Words = LazyLock::new(|| {
    let mut seconds = words("second-of-any");
    seconds.extend(SECRETS.iter().filter(|word| word.len() >= DISTINCT));
    seconds.sort_by_key(|word| usize::MAX - word.len());
    seconds
});
pub(super) static FIRST_OF_ANY: Words = LazyLock::new(|| words("first-of-any"));
pub(super) static WHOLE: Words = LazyLock::new(|| words("whole"));
pub(super) static WITH_DIGITS: Words = LazyLock::new(|| words("with-digits"));
pub(super) static ENCODED: Words = LazyLock::new(|| words("encoded"));
pub(super) static CONTAINERS: Words = LazyLock::new(|| words("containers"));
pub(super) static HARDWARE: Words = LazyLock::new(|| words("hardware"));
pub(super) static MODEL_TOKENS: Words = LazyLock::new(|| words("model-tokens"));
pub(super) static HOSTS: Words = LazyLock::new(|| words("hosts"));
pub(super) static KNOWN: Words = LazyLock::new(|| words("known"));
pub(super) static NAMING: Words = LazyLock::new(|| words("naming"));
pub(super) static IDENTIFIED: Words = LazyLock::new(|| words("identified"));
pub(super) static DIGESTED: Words = LazyLock::new(|| words("digested"));
pub(super) static IDENTIFIERS: Words = LazyLock::new(|| words("identifiers"));
pub(super) static LOGIN_LISTS: Words = LazyLock::new(|| words("login-lists"));
pub(super) static RESET: Words = LazyLock::new(|| words("reset"));
pub(super) static TITLES: Words = LazyLock::new(|| words("titles"));
pub(super) static STATES: Words = LazyLock::new(|| words("states"));
pub(super) static MEASURES: Words = LazyLock::new(|| words("measures"));
pub(super) static SEGMENTS: Words = LazyLock::new(|| words("segments"));
pub(super) static ENDINGS: Words = LazyLock::new(|| words("endings"));

/// The least letters of a secret's word that is one at the end of any other, too.
const DISTINCT: usize = 6;

/// The lines of a section.
///
/// # Panics
/// If there is none: a broken table must fail every test, not become an empty one.
fn section(name: &str) -> impl Iterator<Item = &'static str> {
    let text = include_str!("words.txt");
    let heading = format!("[{name}]");
    let at = text.lines().position(|line| line == heading);
    let at = at.unwrap_or_else(|| panic!("words.txt has no section {heading}"));
    let lines = text.lines().skip(at + 1).take_while(|line| !line.starts_with('['));
    lines.filter(|line| !line.starts_with('#'))
}

fn words(name: &str) -> Vec<&'static str> {
    section(name).flat_map(str::split_whitespace).collect()
}

fn phrases(name: &str) -> Vec<Vec<&'static str>> {
    let phrases = section(name).flat_map(|line| line.split(','));
    phrases.map(|phrase| phrase.split_whitespace().collect::<Vec<_>>()).filter(|words| !words.is_empty()).collect()
}
