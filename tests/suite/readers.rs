//! How the tools that generated files are for read a value: their rules, written down from their sources.

use std::collections::BTreeMap;

/// A `.env` file as compose-go reads it (dotenv/parser.go of version 2.9).
pub(crate) fn compose_dotenv(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
            continue;
        }
        let (name, value) = rest.split_once('=').ok_or("a name without a value")?;
        if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            return Err(format!("unexpected character in the name {name:?}"));
        }
        let value = value.trim_start_matches([' ', '\t', '\u{b}', '\u{c}', '\r', '\u{85}', '\u{a0}']);
        let (read, left) = if let Some(quote @ ('\'' | '"')) = value.chars().next() {
            compose_quoted(&value[1..], quote)?
        } else {
            let (line, left) = value.split_once('\n').unwrap_or((value, ""));
            let line = line.split_once(" #").map_or(line, |(line, _)| line).trim_end();
            (compose_variables(line)?, left)
        };
        found.insert(name.to_owned(), read);
        rest = left.trim_start();
    }
    Ok(found)
}

fn compose_quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut raw = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, next)) if next == quote => raw.push(quote),
                Some((_, next)) => raw.extend(['\\', next]),
                None => raw.push('\\'),
            },
            letter if letter == quote => {
                let value = if quote == '"' { compose_variables(&compose_escapes(&raw))? } else { raw };
                return Ok((value, &text[at + 1..]));
            }
            letter => raw.push(letter),
        }
    }
    Err("a quote that is not closed".to_owned())
}

fn compose_escapes(text: &str) -> String {
    let mut read = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        match (letter, next) {
            ('\\', '$') => read.push_str("$$"),
            ('\\', '\\' | '"') => read.push(next),
            // what becomes a control character is none of our values
            ('\\', 'a' | 'b' | 'c' | 'f' | 'n' | 'r' | 't' | 'v' | '0') => read.push('\n'),
            _ => {
                read.push(letter);
                continue;
            }
        }
        letters.next();
    }
    read
}

/// Variables are empty here; `$` is one where neither a name nor a brace follows (template/template.go).
fn compose_variables(text: &str) -> Result<String, String> {
    let mut read = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        read.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || ['_', '\u{17f}', '\u{212a}'].contains(&letter);
        rest = match after.chars().next() {
            Some('$') => {
                read.push('$');
                &after[1..]
            }
            Some('{') => return Err("a variable in braces".to_owned()),
            Some(letter) if is_name(letter) && !letter.is_ascii_digit() => after.trim_start_matches(is_name),
            _ => {
                read.push('$');
                after
            }
        };
    }
    Ok(read + rest)
}

/// A `.env` file as python-dotenv reads it (`parser.py` and `variables.py` of version 1.2).
pub(crate) fn python_dotenv(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
            continue;
        }
        let (name, value) = rest.split_once('=').ok_or("a name without a value")?;
        let value = value.trim_start_matches([' ', '\t']);
        let (read, left) = if let Some(quote @ ('\'' | '"')) = value.chars().next() {
            let (read, left) = python_quoted(&value[1..], quote)?;
            let (end, left) = left.split_once('\n').unwrap_or((left, ""));
            if !end.trim().is_empty() && !end.trim_start().starts_with('#') {
                return Err(format!("{end:?} behind a quote"));
            }
            (read, left)
        } else {
            let (line, left) = value.split_once('\n').unwrap_or((value, ""));
            let comment = line.match_indices('#').find(|(at, _)| line[..*at].ends_with(char::is_whitespace));
            (comment.map_or(line, |(at, _)| &line[..at]).trim_end().to_owned(), left)
        };
        found.insert(name.to_owned(), python_variables(&read));
        rest = left.trim_start();
    }
    Ok(found)
}

fn python_quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut read = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, next @ ('\\' | '\''))) => read.push(next),
                Some((_, '"')) if quote == '"' => read.push('"'),
                Some((_, 'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v')) if quote == '"' => read.push('\n'),
                Some((_, next)) => read.extend(['\\', next]),
                None => break,
            },
            letter if letter == quote => return Ok((read, &text[at + 1..])),
            letter => read.push(letter),
        }
    }
    Err("a quote that is not closed".to_owned())
}

/// `${NAME}` and `${NAME:-default}`, in every kind of quotes; no variable is set here.
fn python_variables(text: &str) -> String {
    let mut read = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        read.push_str(&rest[..at]);
        let after = &rest[at + 2..];
        let name = after.split(['}', ':']).next().unwrap_or_default();
        let tail = &after[name.len()..];
        let default = tail.strip_prefix(":-").and_then(|default| default.split_once('}'));
        rest = match (tail.strip_prefix('}'), default) {
            (Some(tail), _) => tail,
            (None, Some((default, tail))) => {
                read.push_str(default);
                tail
            }
            _ => {
                read.push_str("${");
                after
            }
        };
    }
    read + rest
}

/// What the kubelet makes of a word of a command (third_party/forked/golang/expansion): `$$` is `$`, and `$(NAME)` a variable's value.
pub(crate) fn kubelet(text: &str) -> String {
    let mut read = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        read.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        rest = match (after.chars().next(), after.find(')')) {
            (Some('$'), _) => {
                read.push('$');
                &after[1..]
            }
            (Some('('), Some(end)) => {
                read.push_str("EXPANDED");
                &after[end + 1..]
            }
            // it takes one byte after the sign for a letter
            (Some(letter), _) if !letter.is_ascii() => {
                read.push_str("BROKEN");
                after
            }
            _ => {
                read.push('$');
                after
            }
        };
    }
    read + rest
}

/// What Compose makes of a value of its file.
pub(crate) fn interpolated(text: &str) -> String {
    let mut read = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '$' && letters.next() != Some('$') {
            return format!("{text} with a variable");
        }
        read.push(letter);
    }
    read
}

/// The instructions, each on one line, without comments.
pub(crate) fn instructions(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        lines.last_mut().unwrap().push_str(line.strip_suffix('\\').unwrap_or(line));
        if !line.ends_with('\\') {
            lines.push(String::new());
        }
    }
    lines
}

/// `NAME="value"` pairs as BuildKit reads them (frontend/dockerfile/shell).
pub(crate) fn dockerfile_pairs(line: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = line.trim();
    while let Some((name, value)) = rest.split_once('=') {
        let Some(value) = value.strip_prefix('"') else {
            let (value, left) = value.split_once(' ').unwrap_or((value, ""));
            found.insert(name.to_owned(), value.to_owned());
            rest = left.trim_start();
            continue;
        };
        let mut read = String::new();
        let mut letters = value.char_indices();
        let end = loop {
            match letters.next().unwrap() {
                (end, '"') => break end,
                (_, '\\') => match letters.next().unwrap().1 {
                    letter @ ('"' | '\\' | '$') => read.push(letter),
                    letter => read.extend(['\\', letter]),
                },
                (_, '$') => read.push_str("EXPANDED"),
                (_, letter) => read.push(letter),
            }
        };
        found.insert(name.to_owned(), read);
        rest = value[end + 1..].trim_start();
    }
    found
}

/// The words of a POSIX shell; what it would expand becomes a word that no value is.
pub(crate) fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => words.extend(word.take()),
            '\'' => word.get_or_insert_default().extend(letters.by_ref().take_while(|letter| *letter != '\'')),
            '\\' => word.get_or_insert_default().extend(letters.next()),
            '$' | '`' | '*' | '?' | '~' | '"' | ';' => word.get_or_insert_default().push_str("EXPANDED"),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
