//! Texts that look as if they were drawn by lot.

use std::collections::BTreeSet;

/// How many letters and digits that form no word make a text random.
const LEAST: usize = 16;

/// How many consonants may follow each other in a word.
const CONSONANTS: usize = 5;

/// Whether some part of a text looks random: a token, not words, numbers, a version or a UUID.
pub(crate) fn is_random(text: &str) -> bool {
    let ends = |letter: char| letter.is_whitespace() || ",;\"'()[]{}<>|&?#=:@/\\`".contains(letter);
    text.split(ends).any(is_random_part) || text.split_whitespace().any(is_mixed)
}

fn is_random_part(part: &str) -> bool {
    if part.len() < LEAST || is_uuid(part) {
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
    let mut consonants = 0;
    let mut most = 0;
    for letter in &letters {
        consonants = if b"aeiouyAEIOUY".contains(letter) { 0 } else { consonants + 1 };
        most = most.max(consonants);
    }
    most <= CONSONANTS && letters.len() >= humps * 4
}
