//! Texts with `*` for the secrets in them: what messages, differences and errors show.

use super::random::{Randomness, randomness};
use super::{by_name, by_value};

/// The text with `*` for every byte of a secret in it.
pub(crate) fn masked(text: &str) -> String {
    if text.len() > LONGEST && by_value(text).is_some() {
        return stars(text);
    }
    let mut masked = text.to_owned();
    for _ in 0..MOST {
        let Some(secret) = by_value(&masked) else { return masked };
        let stars = stars(&masked[secret.span.clone()]);
        masked.replace_range(secret.span, &stars);
    }
    stars(text)
}

/// A file's text as an error may show it: with `*` for every byte of a secret, so that places stay where they are.
pub(crate) fn masked_lines(text: &str) -> String {
    let lines = text.split_inclusive('\n').map(|line| if line.len() > LONGEST { stars(line) } else { masked_line(line) });
    let lines: String = lines.collect();
    let private = by_value(&lines).filter(|secret| lines[secret.span.clone()].starts_with("-----BEGIN"));
    match private {
        Some(block) => [&lines[..block.span.start], &stars(&lines[block.span.clone()]), &lines[block.span.end..]].concat(),
        None => lines,
    }
}

/// How many secrets of a text are masked one by one.
const MOST: usize = 100;

/// The longest line that is looked through for an error, in bytes.
const LONGEST: usize = 16 * 1024;

/// `*` for every byte, lines kept.
pub(super) fn stars(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' || byte == b'\r' { char::from(byte) } else { '*' }).collect()
}

fn masked_line(line: &str) -> String {
    let mut masked = masked(line);
    let ends = |letter: char| letter.is_whitespace() || "\"',;()[]{}<>=".contains(letter);
    for word in line.split(ends).filter(|word| word.len() >= 8 && randomness(word) > Randomness::None) {
        let start = word.as_ptr() as usize - line.as_ptr() as usize;
        masked.replace_range(start..start + word.len(), &stars(word));
    }
    masked_values(masked)
}

/// Lines of TOML with `*` for what the lines before them say is a secret: `"--password",` above `"hunter2"`.
pub(crate) fn masked_below(before: &str, lines: &str) -> String {
    let before = if assigns(lines) { "" } else { &before[start_of_value(before)..] };
    if before.is_empty() && !lines.trim_end().contains('\n') {
        return lines.to_owned();
    }
    if before.len() + lines.len() > LONGEST {
        return stars(lines);
    }
    let text = [before, lines].concat();
    let flat: String = text.chars().map(|letter| if "\"',[]\\\r\n".contains(letter) { ' ' } else { letter }).collect();
    let hidden = masked(&flat);
    let is_hidden = |at: usize| hidden.as_bytes()[at] != flat.as_bytes()[at];
    let mut shown = text.clone();
    for part in text.split(['"', '\'']) {
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        // of a text in quotes, all is secret: it may have several words
        if (start..start + part.len()).any(is_hidden) {
            shown.replace_range(start..start + part.len(), &stars(part));
        }
    }
    shown.split_off(before.len())
}

/// Where the value begins that may go on behind a text: the last line that assigns one, or that is a header.
fn start_of_value(text: &str) -> usize {
    let mut start = text.len();
    for line in text.split_inclusive('\n').rev() {
        if header(line).is_some_and(|_| !line.contains(['"', '\''])) {
            break;
        }
        start -= line.len();
        if assigns(line) {
            break;
        }
    }
    start
}

/// Whether a line begins with a key and its `=`.
fn assigns(line: &str) -> bool {
    let key = line.split_once('=').map_or("", |(key, _)| key.trim());
    !key.is_empty() && key.chars().all(|letter| letter.is_alphanumeric() || "_-.".contains(letter))
}

/// Masks what stands in quotes behind a secret's name, and what is assigned to one without.
fn masked_values(line: String) -> String {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    let mut start = 0;
    for word in line.split(|letter: char| !is_name(letter)) {
        let end = start + word.len();
        let rest = &line[end..];
        let masked = if word.len() >= 2 && by_name(word) { masked_rest(rest) } else { rest.to_owned() };
        if masked != rest {
            return [&line[..end], &masked].concat();
        }
        start = end + line[end..].chars().next().map_or(0, char::len_utf8);
    }
    line
}

/// What follows a secret's name: `", "hunter2")`, ` = "hunter2"`, `: hunter2`.
fn masked_rest(rest: &str) -> String {
    // the first quote may be the end of the name's own
    let own = usize::from(rest.starts_with(['"', '\'']));
    let (name, values) = rest.split_at(own);
    let mark = values.len() - values.trim_start().len();
    // only a name in quotes is followed by a value behind a comma
    let assigns = values[mark..].starts_with(['=', ':']) || own > 0 && values[mark..].starts_with(',');
    if !assigns {
        return rest.to_owned();
    }
    if values.contains(['"', '\'']) {
        return name.to_owned() + &masked_quotes(values);
    }
    let told = &values[mark + 1..];
    if own > 0 || told.trim_start().starts_with(['{', '[']) {
        return rest.to_owned();
    }
    name.to_owned() + &values[..=mark] + &stars(told)
}

/// Lines of TOML with `*` for what their keys have as values.
pub(crate) fn masked_assignments(lines: &str) -> String {
    let masked = |line: &str| match line.split_once('=') {
        Some((key, value)) => {
            let (marks, value) = value.split_at(value.len() - value.trim_start().len());
            format!("{key}={marks}{}", masked_inline(value).unwrap_or_else(|| stars(value)))
        }
        None if header(line).is_some() => line.to_owned(),
        None => stars(line),
    };
    lines.split_inclusive('\n').map(masked).collect()
}

/// Masks quoted text.
pub(crate) fn masked_quotes(text: &str) -> String {
    let mut inside = None;
    let letters = text.chars().map(|letter| match inside {
        Some(quote) if quote == letter => {
            inside = None;
            letter.to_string()
        }
        Some(_) => "*".repeat(letter.len_utf8()),
        None => {
            inside = Some(letter).filter(|letter| "\"'".contains(*letter));
            letter.to_string()
        }
    });
    letters.collect()
}

/// The name in `[name]`.
pub(super) fn header(line: &str) -> Option<&str> {
    let line = line.split('#').next().unwrap_or(line).trim();
    let name = line.strip_prefix('[')?.strip_suffix(']')?.trim_matches(['[', ']']);
    let letter = |letter: char| letter.is_alphanumeric() || "_-. \"'".contains(letter);
    name.chars().all(letter).then_some(name)
}

/// An inline table on one line with `*` for its values: its keys stay visible.
fn masked_inline(value: &str) -> Option<String> {
    let table = value.trim_end();
    if !table.starts_with('{')
        || !table.ends_with('}')
        || table.contains(['\\', '#'])
        || table.contains("\"\"\"")
        || table.contains("'''")
    {
        return None;
    }
    let (mut quote, mut key, mut shown) = (None, true, String::new());
    for letter in value.chars() {
        match quote {
            Some(open) => quote = Some(open).filter(|open| *open != letter),
            None if "\"'".contains(letter) => quote = Some(letter),
            None if "{,".contains(letter) => key = true,
            _ => {}
        }
        let mark = quote.is_none() && "{},= \n\r".contains(letter);
        let plain = letter.is_ascii_alphanumeric() || "_-.".contains(letter);
        shown += &if mark || key && plain { letter.to_string() } else { "*".repeat(letter.len_utf8()) };
        key &= letter != '=' || quote.is_some();
    }
    quote.is_none().then_some(shown)
}
