//! Texts that look as if they were drawn by lot.

use std::collections::BTreeSet;

/// The length in bytes of the shortest text that may be random.
pub(super) const SHORTEST: usize = 12;

/// How many letters and digits that form no word make a text random.
const LEAST: usize = 16;

/// How many consonants may follow each other in a word.
const CONSONANTS: usize = 5;

/// How sure it is that a text was drawn by lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Randomness {
    /// It is words, numbers, a version, a UUID or a digest that says so.
    None,
    /// Some part is a short mix of capitals, small letters and digits, which only a name could excuse.
    Possible,
    /// Some part is no words: a token, or a digest or a commit, which only a name or a prefix such as `sha256:` tells apart.
    Likely,
    /// No name has so many letters of all kinds, and no digest has capitals.
    Certain,
}

/// How random the most random part of a text is.
pub(crate) fn randomness(text: &str) -> Randomness {
    text.split_whitespace().map(of_word).max().unwrap_or(Randomness::None)
}

/// Whether some part of a text looks random.
pub(crate) fn is_random(text: &str) -> bool {
    randomness(text) >= Randomness::Likely
}

fn of_word(word: &str) -> Randomness {
    let ends = |letter: char| letter.is_whitespace() || ",;\"'()[]{}<>|&?#=:@/\\`".contains(letter);
    let bare = word.trim_matches(['"', '\'', ';', ',']);
    if is_digest(bare) {
        return Randomness::None;
    }
    let told = without_digests(word);
    if told.split(ends).any(is_drawn) {
        return Randomness::Certain;
    }
    let likely = told.split(ends).any(is_random_part) || is_mixed(&told) || is_encoded(bare);
    match () {
        () if likely => Randomness::Likely,
        () if told.split(ends).any(is_short_mix) => Randomness::Possible,
        () => Randomness::None,
    }
}

/// `k8sJq2Zt7Xv1`: as long as generated passwords, and two of five characters differ in kind from the one before: small letter,
/// capital or digit.
fn is_short_mix(part: &str) -> bool {
    let has = |piece: &str, is: fn(&u8) -> bool| piece.as_bytes().iter().any(is);
    let mixed = |piece: &str| {
        piece.len() >= SHORTEST
            && has(piece, u8::is_ascii_uppercase)
            && has(piece, u8::is_ascii_lowercase)
            && has(piece, u8::is_ascii_digit)
            && 5 * humps(piece) >= 2 * piece.len()
            && !is_natural(piece)
    };
    !is_uuid(part) && !is_known(part) && part.split(|letter: char| !letter.is_ascii_alphanumeric()).any(mixed)
}

fn is_drawn(part: &str) -> bool {
    /// The shortest such part, in letters.
    const SHORTEST: usize = 20;
    /// How often it changes between letters and digits: `Release2024Candidate1` does so three times.
    const CHANGES: usize = 4;
    let has = |kind: fn(&u8) -> bool| part.as_bytes().iter().any(kind);
    part.len() >= SHORTEST
        && changes(part) >= CHANGES
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && !is_hex(part.trim_start_matches("0x"))
        && !is_known(part)
}

/// How often a text changes between digits and others.
pub(super) fn changes(text: &str) -> usize {
    text.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The least digits of a key, a digest or a commit in hex.
const HEX: usize = 32;

/// `5f4dcc3b5aa765d61d8327deb882cf99`: a key, unless a name or a prefix says what it is of.
fn is_hex_key(part: &str) -> bool {
    let digits = part.trim_start_matches("0x");
    let has = |is: fn(u8) -> bool| digits.bytes().any(is);
    digits.len() >= HEX && is_hex(digits) && has(|byte| byte.is_ascii_digit()) && has(|byte| byte.is_ascii_alphabetic())
}

/// A word without the digests in it that say what they are: `sha256:9f86…`, `md5=5f4d…`, `/commit/4c91…`.
fn without_digests(word: &str) -> String {
    const NAMES: [&str; 12] =
        ["blake3", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "/blob", "/commit", "/commits", "/raw", "/tree"];
    let mut rest = word.to_owned();
    // `0.1.dev1+g9fceb02d`: a version between two releases
    if let Some(at) = rest.find("+g").filter(|at| rest[..*at].ends_with(|last: char| last.is_ascii_digit())) {
        let length = rest[at + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        rest.replace_range(at..at + 2 + length, "");
    }
    for name in NAMES {
        let Some(start) = rest.find(name).map(|at| at + name.len() + 1) else { continue };
        let said = rest.get(start - 1..start).is_some_and(|mark| [":", "=", "-", "/"].contains(&mark));
        let length = rest.get(start..).map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_hexdigit).count());
        if said {
            rest.replace_range(start..start + length, "");
        }
    }
    rest
}

/// `VK7JG-NPHTM-C97JM-9MPGT-3V66T`, `aB3dE-fG4hI-jK5lM-nO6pQ`, `9f86-d081-884c-7d65`: groups of one length, most of which are no words.
fn is_license(part: &str) -> bool {
    let groups: Vec<&str> = part.split('-').collect();
    let is_one = |group: &&str| group.len() == groups[0].len() && group.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let has = |group: &str, is: fn(&u8) -> bool| group.as_bytes().iter().any(is);
    let capitals = groups.iter().all(|group| !has(group, u8::is_ascii_lowercase));
    let hex = groups.iter().all(|group| is_hex(group));
    let mixed = |group: &&&str| {
        let digits = has(group, u8::is_ascii_digit) && has(group, u8::is_ascii_alphabetic);
        digits && (capitals || hex || !is_natural(group))
            || !digits && !is_spoken(group) && !group.contains(|l: char| l.is_ascii_digit())
    };
    groups.len() >= 4
        && (4..=8).contains(&groups[0].len())
        && groups.iter().all(is_one)
        && groups.iter().filter(mixed).count() >= 2
}

/// Bytes in base64, a `/` among them: 30 without an end mark, as AWS draws its keys, or some number with one.
fn is_encoded(word: &str) -> bool {
    /// The most letters and digits that two words of such a text have on average.
    const TWO_WORDS: usize = 7;
    let ended = word.ends_with('=') && word.len() >= 24 && word.len().is_multiple_of(4);
    let secret = word.len() == 40 && word.contains(['/', '+']);
    let base64 = word.trim_end_matches('=').bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte));
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    let all = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let letters = word.bytes().filter(u8::is_ascii_alphanumeric).count();
    (ended || secret) && base64 && all && 2 * letters <= TWO_WORDS * humps(word)
}

/// How many words in camelCase and numbers a text is made of.
fn humps(text: &str) -> usize {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let begins =
        |pair: &[u8]| kind(pair[0]) != kind(pair[1]) && kind(pair[1]) != 3 && !(kind(pair[0]) == 1 && kind(pair[1]) == 0);
    1 + text.as_bytes().windows(2).filter(|pair| begins(pair)).count()
}

fn is_random_part(part: &str) -> bool {
    if part.len() < LEAST || is_uuid(part) || is_known(part) {
        return false;
    }
    if is_hex_key(part) || is_license(part) {
        return true;
    }
    // a line of one letter is no token
    if part.chars().collect::<BTreeSet<char>>().len() < LEAST / 2 {
        return false;
    }
    let pieces = part.split(|letter: char| !letter.is_ascii_alphanumeric());
    let lengths: Vec<usize> = pieces.filter(|piece| !is_natural(piece)).map(str::len).collect();
    lengths.iter().sum::<usize>() >= LEAST && lengths.iter().any(|length| *length >= 6)
}

/// `k8$wq!2p@Zr9…`: many marks between letters and digits.
fn is_mixed(part: &str) -> bool {
    let kind = |letter: char| match letter {
        'a'..='z' => 0,
        'A'..='Z' => 1,
        '0'..='9' => 2,
        _ => 3,
    };
    let kinds: Vec<i32> = part.chars().map(kind).collect();
    let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let marks: BTreeSet<char> = part.chars().filter(|letter| "!@#$%^&*+~".contains(*letter)).collect();
    let has = |kind: i32| kinds.iter().filter(|found| **found == kind).count() >= 2;
    kinds.len() >= LEAST && marks.len() >= 3 && has(2) && (has(0) || has(1)) && changes * 3 >= kinds.len()
}

/// Whether all pieces of a text are words or numbers, however short it is.
pub(super) fn is_legible(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).all(|piece| piece.len() <= 4 || is_natural(piece))
}

/// What the ids of resources of AWS begin with.
const RESOURCES: [&str; 14] =
    ["acl", "ami", "eipalloc", "eni", "i", "igw", "lt", "nat", "rtb", "sg", "snap", "subnet", "vol", "vpc"];

/// What looks random and opens nothing: the id of a resource, a contract's address, an alphabet, the digest of a script.
fn is_known(part: &str) -> bool {
    let resource =
        part.split_once('-').is_some_and(|(kind, id)| RESOURCES.contains(&kind) && [8, 17].contains(&id.len()) && is_hex(id));
    // the keys that open such an account have 64 digits
    let contract = part.strip_prefix("0x").is_some_and(|id| id.len() == 40 && is_hex(id));
    let steps = part.as_bytes().windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count();
    // so many digits in hex are a key, in order or not
    let alphabet = steps * 4 >= part.len() * 3 && !(part.len() >= HEX && is_hex(part));
    resource || contract || alphabet
}

/// `sha256-RFWP…=`: what a Content-Security-Policy allows.
fn is_digest(word: &str) -> bool {
    let base64 = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
    let known = [("sha256-", 44), ("sha384-", 64), ("sha512-", 88)];
    let digest = |(name, length): &(&str, usize)| {
        word.strip_prefix(name).is_some_and(|rest| rest.len() == *length && rest.chars().all(base64))
    };
    known.iter().any(digest)
}

pub(super) fn is_uuid(part: &str) -> bool {
    let lengths: Vec<usize> = part.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && part.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-')
}

/// Whether a piece is a word, words in camelCase, a number, or a word with a number.
pub(super) fn is_natural(piece: &str) -> bool {
    let digits = piece.chars().filter(char::is_ascii_digit).count();
    let changes = changes(piece);
    if digits == 0 {
        return is_spoken(piece);
    }
    // a number, a time, `postgres17`, `sha256sum`
    digits * 10 >= piece.len() * 7
        || changes == 1 && digits <= 8 && is_spoken(piece)
        || changes == 2 && digits <= 4 && is_spoken(piece)
}

/// `XMLHTTPRequestFactory` without its first capitals, where words of twice their length follow.
fn without_acronym(piece: &str) -> &str {
    let capitals = piece.bytes().take_while(u8::is_ascii_uppercase).count().saturating_sub(1);
    let rest = &piece[capitals..];
    if capitals >= 2 && rest.len() >= 2 * capitals { rest } else { piece }
}

/// Whether letters could be words: some vowels, few capitals between small letters.
fn is_spoken(piece: &str) -> bool {
    let letters: Vec<u8> = without_acronym(piece).bytes().filter(u8::is_ascii_alphabetic).collect();
    let humps = letters.windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    let small = String::from_utf8_lossy(&letters).to_lowercase();
    // letters that are one sound: `Rechtsschutz` has four consonants in a row
    let sounds = small.replace("sch", "x").replace("ch", "x").replace("ck", "x").replace("ph", "x").replace("th", "x");
    let most = sounds.split(['a', 'e', 'i', 'o', 'u', 'y']).map(str::len).max().unwrap_or(0);
    most <= CONSONANTS && letters.len() >= humps * 4
}
