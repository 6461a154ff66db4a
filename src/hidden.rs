//! Invisible characters: rejected in specs and presets, and escaped in everything that dockgen prints.

use std::fmt::Write as _;
use std::ops::Range;

use serde_json::Value as Json;

/// Inclusive ranges of characters that are invisible or change the display order of text (Trojan Source, CVE-2021-42574).
///
/// Contains all of Default_Ignorable_Code_Point (Unicode 17, DerivedCoreProperties.txt), which includes most of Bidi_Control
/// (PropList.txt), the line and paragraph separators, and the interlinear annotation characters. `is_hidden` adds control characters and
/// noncharacters.
const HIDDEN: [(char, char); 20] = [
    ('\u{ad}', '\u{ad}'),       // soft hyphen
    ('\u{34f}', '\u{34f}'),     // combining grapheme joiner
    ('\u{61c}', '\u{61c}'),     // Arabic letter mark
    ('\u{115f}', '\u{1160}'),   // Hangul fillers
    ('\u{17b4}', '\u{17b5}'),   // Khmer inherent vowels
    ('\u{180b}', '\u{180f}'),   // Mongolian variation selectors, vowel separator
    ('\u{200b}', '\u{200f}'),   // zero-width space and joiners, direction marks
    ('\u{2028}', '\u{2029}'),   // line and paragraph separators
    ('\u{202a}', '\u{202e}'),   // directional embeddings and overrides
    ('\u{2060}', '\u{206f}'),   // word joiner, invisible operators, isolates
    ('\u{3164}', '\u{3164}'),   // Hangul filler
    ('\u{fe00}', '\u{fe0f}'),   // variation selectors
    ('\u{feff}', '\u{feff}'),   // byte order mark
    ('\u{ffa0}', '\u{ffa0}'),   // half-width Hangul filler
    ('\u{fff0}', '\u{fffb}'),   // unassigned, interlinear annotation
    ('\u{1bca0}', '\u{1bca3}'), // shorthand format controls
    ('\u{1d173}', '\u{1d17a}'), // musical beams and slurs
    ('\u{e0000}', '\u{e007f}'), // tags
    ('\u{e0080}', '\u{e01ef}'), // variation selectors
    ('\u{e01f0}', '\u{e0fff}'), // unassigned
];

/// Whether a character is invisible.
pub(crate) fn is_hidden(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_control();
    }
    let noncharacter = u32::from(letter) & 0xfffe == 0xfffe || ('\u{fdd0}'..='\u{fdef}').contains(&letter);
    letter.is_control() || noncharacter || HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&letter))
}

/// The byte offset of the first invisible character.
pub(crate) fn find(text: &str) -> Option<usize> {
    text.char_indices().find(|(_, letter)| is_hidden(*letter)).map(|(at, _)| at)
}

/// Like `find`, for descriptions and other prose: allows joiners and variation selectors after non-ASCII letters and emoji.
pub(crate) fn find_in_prose(text: &str) -> Option<usize> {
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        let joins = match letter {
            '\u{200c}' | '\u{200d}' => !is_hidden(before) || before == '\u{fe0f}',
            '\u{fe0e}' | '\u{fe0f}' => !is_hidden(before),
            _ => false,
        };
        if is_hidden(letter) && (!joins || before.is_ascii()) {
            return Some(at);
        }
        before = letter;
    }
    None
}

/// Escapes invisible characters except tabs, so that the text can't control a terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|letter| push(&mut shown, letter, letter == '\t'));
    shown
}

/// Escapes invisible characters except tabs and line endings, and converts a byte range of the text to one of the result.
pub(crate) fn printable_lines(text: &str, span: &Range<usize>) -> (String, Range<usize>) {
    let mut shown = String::with_capacity(text.len());
    let (mut start, mut end) = (None, None);
    for (at, letter) in text.char_indices() {
        start = start.or_else(|| (at >= span.start).then_some(shown.len()));
        end = end.or_else(|| (at >= span.end).then_some(shown.len()));
        let ends_line = letter == '\n' || letter == '\r' && text[at..].starts_with("\r\n");
        push(&mut shown, letter, letter == '\t' || ends_line);
    }
    let start = start.unwrap_or(shown.len());
    let end = end.unwrap_or(shown.len()).max(start);
    (shown, start..end)
}

/// Pretty-prints JSON with invisible characters as `\uXXXX`, which parses to the same value.
pub(crate) fn json(value: &Json) -> String {
    let text = format!("{value:#}\n");
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '\n' || !is_hidden(letter) {
            shown.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

fn push(shown: &mut String, letter: char, keep: bool) {
    if keep || !is_hidden(letter) {
        shown.push(letter);
    } else {
        shown.extend(letter.escape_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_sorted_and_disjoint() {
        assert!(HIDDEN.windows(2).all(|pair| pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0));
    }

    #[test]
    fn converts_ranges_after_escaping() {
        for (text, span, expected) in [
            ("ab", 0..1, "a"),
            ("\u{200b}ab\r\nc", 3..5, "ab"),
            ("a\u{200b}b", 1..4, "\\u{200b}"),
            ("\u{1b}\rb", 2..3, "b"),
            ("a\r\nb\u{85}", 3..6, "b\\u{85}"),
            ("a", 1..1, ""),
            ("a", 5..9, ""),
        ] {
            let (shown, span) = printable_lines(text, &span);
            assert_eq!(&shown[span], expected, "{text:?}");
        }
        assert_eq!(printable_lines("a\tb\r\nc\rd\n", &(0..0)).0, "a\tb\r\nc\\rd\n");
    }
}
