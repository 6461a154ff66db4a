//! Texts that look as if they were drawn by lot.

use std::collections::BTreeSet;

/// How many letters and digits that form no word make a text random.
const LEAST: usize = 16;

/// How many consonants may follow each other in a word.
const CONSONANTS: usize = 5;

/// Whether some part of a text looks random: a token, not words, numbers, a version or a UUID.
pub(crate) fn is_random(text: &str) -> bool {
    let ends = |letter: char| letter.is_whitespace() || ",;\"'()[]{}<>|&?#=:@/\\`".contains(letter);
    let looks = |word: &str| {
        let bare = word.trim_matches(['"', '\'', ';', ',']);
        !is_digest(bare) && (word.split(ends).any(is_random_part) || is_mixed(word))
    };
    text.split_whitespace().any(looks)
}

/// Whether a word looks random beyond doubt: no name has so many letters of all kinds, and no digest has capitals.
///
/// For words of commands and addresses, where names, commits and digests are common and nothing says which one a word is.
pub(crate) fn is_drawn(word: &str) -> bool {
    /// The shortest such word, in letters.
    const SHORTEST: usize = 20;
    /// How often it changes between letters and digits: `Release2024Candidate1` does so three times.
    const CHANGES: usize = 4;
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    let changes = word.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    word.len() >= SHORTEST
        && changes >= CHANGES
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

fn is_random_part(part: &str) -> bool {
    if part.len() < LEAST || is_uuid(part) || is_known(part) {
        return false;
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
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let resource =
        part.split_once('-').is_some_and(|(kind, id)| RESOURCES.contains(&kind) && [8, 17].contains(&id.len()) && hex(id));
    // the keys that open such an account have 64 digits
    let contract = part.strip_prefix("0x").is_some_and(|id| id.len() == 40 && hex(id));
    let steps = part.as_bytes().windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count();
    resource || contract || steps * 4 >= part.len() * 3
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

fn is_uuid(part: &str) -> bool {
    let lengths: Vec<usize> = part.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && part.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-')
}

/// Whether a piece is a word, words in camelCase, a number, or a word with a number.
fn is_natural(piece: &str) -> bool {
    let digits = piece.chars().filter(char::is_ascii_digit).count();
    let changes = piece.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    if digits == 0 {
        return is_spoken(piece);
    }
    // a number, a time, `postgres17`, `sha256sum`
    digits * 10 >= piece.len() * 7
        || changes == 1 && digits <= 8 && is_spoken(piece)
        || changes == 2 && digits <= 4 && is_spoken(piece)
}

/// Whether letters could be words: some vowels, few capitals between small letters.
fn is_spoken(piece: &str) -> bool {
    let letters: Vec<u8> = piece.bytes().filter(u8::is_ascii_alphabetic).collect();
    let humps = letters.windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    let small = String::from_utf8_lossy(&letters).to_lowercase();
    // letters that are one sound: `Rechtsschutz` has four consonants in a row
    let sounds = small.replace("sch", "x").replace("ch", "x").replace("ck", "x").replace("ph", "x").replace("th", "x");
    let most = sounds.split(['a', 'e', 'i', 'o', 'u', 'y']).map(str::len).max().unwrap_or(0);
    most <= CONSONANTS && letters.len() >= humps * 4
}
