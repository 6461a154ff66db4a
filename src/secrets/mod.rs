//! What a secret is: by its name, by its value. The one rule for everything that is detected or written down.

mod harmless;
mod names;
mod parts;
mod random;
#[cfg(test)]
mod tests;
mod tokens;
mod values;
mod words;

pub(crate) use harmless::is_harmless;
pub(crate) use names::{by_name, is_open};
pub(crate) use random::is_random;
pub(crate) use values::{by_value, is_parameter, is_token};

/// What a text is that must not be written down, by its value alone; none for an ordinary one.
pub(crate) fn what(text: &str) -> Option<&'static str> {
    let random = || is_random(text).then_some("a text that looks random, as tokens do");
    by_value(text).map(|secret| secret.what).or_else(random)
}

/// Whether the value of a name may look random: `GIT_COMMIT`, `GOOGLE_CLIENT_ID`, `VAPID_PUBLIC_KEY`.
pub(crate) fn is_identifier(name: &str) -> bool {
    let known = |word: &String| words::IDENTIFIERS.contains(&word.as_str());
    let words = names::words(name);
    !by_name(name) && (words.last().is_some_and(known) || words.iter().any(|word| word == "PUBLIC" || word == "PUBLISHABLE"))
}

/// What is secret in a command: an option's value, a setting before the program, a password in an address.
pub(crate) fn in_command(words: &[String]) -> Option<&'static str> {
    what(&words.join(" "))
}

/// The text with `*` for every byte of a secret in it.
pub(crate) fn masked(text: &str) -> String {
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
fn stars(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' || byte == b'\r' { char::from(byte) } else { '*' }).collect()
}

fn masked_line(line: &str) -> String {
    let mut masked = masked(line);
    let ends = |letter: char| letter.is_whitespace() || "\"',;()[]{}<>=".contains(letter);
    let mut start = 0;
    for word in line.split(ends) {
        if word.len() >= 8 && is_random(word) {
            masked.replace_range(start..start + word.len(), &stars(word));
        }
        start += word.len() + 1;
    }
    masked_values(masked)
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

/// Masks what stands in quotes.
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
