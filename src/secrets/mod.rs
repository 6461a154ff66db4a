//! What a secret is: by its name, by its value. The one rule for everything that is detected or written down.

mod commands;
mod harmless;
mod names;
mod option;
mod parts;
mod random;
#[cfg(test)]
mod tests;
mod tokens;
mod values;
mod words;

pub(crate) use commands::is_plain_command;
pub(crate) use harmless::is_harmless;
pub(crate) use names::{by_name, is_certain, is_open};
pub(crate) use random::{is_drawn, is_random};
pub(crate) use values::{by_value, is_login, is_parameter, is_token};

/// What a text is that only looks like a secret.
pub(crate) const RANDOM: &str = "what looks like a random token";

/// What a text is that must not be written down, by its value alone; none for an ordinary one.
pub(crate) fn what(text: &str) -> Option<&'static str> {
    let random = || is_random(text).then_some(RANDOM);
    by_value(text).map(|secret| secret.what).or_else(random)
}

/// Whether the value of a name may look random: `GIT_COMMIT`, `GOOGLE_CLIENT_ID`, `VAPID_PUBLIC_KEY`.
pub(crate) fn is_identifier(name: &str) -> bool {
    let known = |word: &String| words::IDENTIFIERS.contains(&word.as_str());
    let words = names::words(name);
    !by_name(name) && (words.last().is_some_and(known) || words.iter().any(|word| word == "PUBLIC" || word == "PUBLISHABLE"))
}

/// Last words of names whose values are hosts.
const HOSTS: [&str; 18] = [
    "ADDR",
    "ADDRESS",
    "BROKERS",
    "CNAME",
    "DOMAIN",
    "DOMAINS",
    "ENDPOINT",
    "ENDPOINTS",
    "HOST",
    "HOSTNAME",
    "HOSTS",
    "NODES",
    "ORIGIN",
    "ORIGINS",
    "SERVER",
    "SERVERS",
    "URI",
    "URL",
];

/// The value of a name without its hosts, which providers make from random letters.
pub(crate) fn without_hosts(name: &str, text: &str) -> String {
    if !names::words(name).last().is_some_and(|last| HOSTS.contains(&last.as_str())) {
        return text.to_owned();
    }
    let rest = |item: &str| {
        let address = item.split_once("://").map_or(item, |(_, address)| address);
        let host = address.split(['/', '?', '#']).next().unwrap_or(address);
        let name = host.rsplit('@').next().unwrap_or(host).split(':').next().unwrap_or(host);
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
fn stars(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' || byte == b'\r' { char::from(byte) } else { '*' }).collect()
}

fn masked_line(line: &str) -> String {
    let mut masked = masked(line);
    let ends = |letter: char| letter.is_whitespace() || "\"',;()[]{}<>=".contains(letter);
    for word in line.split(ends).filter(|word| word.len() >= 8 && is_random(word)) {
        let start = word.as_ptr() as usize - line.as_ptr() as usize;
        masked.replace_range(start..start + word.len(), &stars(word));
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

/// Tables whose values no message shows, whatever they are.
const PRIVATE: [&str; 4] = ["environment", "secrets", "answers", "labels"];

/// Whether a key is one of a value that no message shows.
pub(crate) fn is_private(key: &str) -> bool {
    key.split('.').any(|part| PRIVATE.contains(&part.trim().trim_matches(['"', '\''])))
}

/// Whether a place in a TOML text, which need not be valid, lies in a table whose values no message shows.
pub(crate) fn is_private_at(text: &str, at: usize) -> bool {
    let line = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end);
    let (mut private, mut open) = (false, false);
    for line in text.get(..line).unwrap_or_default().lines() {
        private = match header(line) {
            Some(header) if !open => is_private(header),
            _ => private || line.split_once('=').is_some_and(|(key, _)| is_private(key)),
        };
        // what looks like a header may be a line of the text that begins here
        open |= private && (line.contains("\"\"\"") || line.contains("'''"));
    }
    private
}

/// The name in `[name]`.
fn header(line: &str) -> Option<&str> {
    let line = line.split('#').next().unwrap_or(line).trim();
    let name = line.strip_prefix('[')?.strip_suffix(']')?.trim_matches(['[', ']']);
    let letter = |letter: char| letter.is_alphanumeric() || "_-. \"'".contains(letter);
    name.chars().all(letter).then_some(name)
}

/// Lines of TOML with `*` for what their keys have as values.
pub(crate) fn masked_assignments(lines: &str) -> String {
    let masked = |line: &str| match line.split_once('=') {
        Some((key, value)) => {
            let (marks, value) = value.split_at(value.len() - value.trim_start().len());
            format!("{key}={marks}{}", stars(value))
        }
        None if header(line).is_some() => line.to_owned(),
        None => stars(line),
    };
    lines.split_inclusive('\n').map(masked).collect()
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
