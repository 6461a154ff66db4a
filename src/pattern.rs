//! Patterns of `.dockerignore`, as Docker reads them (moby/patternmatcher, with Go's `path/filepath`).

/// Maximum path length of Linux, in bytes; Docker refuses lines of more than 64 KiB.
const LONGEST: usize = 4096;

/// Cleans a path like Go's `filepath.Clean` and `.dockerignore`: `./a//b/../c` and `/a/c` become `a/c`.
pub(crate) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match parts.last() {
            Some(last) if part == ".." && *last != ".." => drop(parts.pop()),
            // the root has no parent
            None if part == ".." && path.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Whether a pattern matches one path only, because it has no wildcards.
pub(crate) fn is_literal(pattern: &str) -> bool {
    !pattern.contains(['*', '?', '['])
}

/// Replaces classes of one character: `[.]env` becomes `.env`.
pub(crate) fn without_classes_of_one(pattern: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('[') {
        text.push_str(&rest[..at]);
        let mut inside = rest[at + 1..].chars();
        if let (Some(one), Some(']')) = (inside.next(), inside.next()) {
            text.push(one);
            rest = inside.as_str();
        } else {
            text.push('[');
            rest = &rest[at + 1..];
        }
    }
    text + rest
}

/// Whether a pattern matches a path or one of its folders; `**` is special only at the start of the pattern.
pub(crate) fn covers(pattern: &str, path: &str) -> bool {
    let pattern = clean(pattern);
    let (wanted, deep) = pattern.strip_prefix("**/").map_or((pattern.as_str(), false), |rest| (rest, true));
    let (parts, wanted): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), wanted.split('/').collect());
    let depths = if deep { parts.len() } else { 1 };
    let same = |parts: &[&str]| parts.iter().zip(&wanted).all(|(part, wanted)| fits(part.as_bytes(), wanted.as_bytes()));
    parts.windows(wanted.len()).take(depths).any(same)
}

/// Whether a text, as code or a command has it, is a path to a file from some folder of the project.
pub(crate) fn names(text: &str, path: &str) -> bool {
    let text = clean(text.split_once(":///").map_or(text, |(_, path)| path).trim_start_matches("file:"));
    path == text || path.strip_suffix(text.as_str()).is_some_and(|rest| rest.ends_with('/'))
}

/// Whether a name matches a pattern of letters, `*`, `?` and `[…]`. Ignores case: on some disks `.ENV` is `.env`.
pub(crate) fn fits(name: &[u8], pattern: &[u8]) -> bool {
    fits_by(name, pattern, u8::eq_ignore_ascii_case)
}

/// Whether a name fits a pattern in the case that the pattern has, as Docker compares them.
pub(crate) fn fits_exactly(name: &[u8], pattern: &[u8]) -> bool {
    fits_by(name, pattern, u8::eq)
}

fn fits_by(name: &[u8], pattern: &[u8], same: fn(&u8, &u8) -> bool) -> bool {
    let (mut name, mut pattern) = (name, pattern);
    // on a mismatch, let the last star match one more character: quadratic at worst, even for hostile patterns
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', rest @ ..] = pattern {
            star = Some((name, rest));
            pattern = rest;
        } else if let Some((rest, others)) =
            name.split_first().and_then(|(first, others)| Some((after_one(pattern, *first, same)?, others)))
        {
            (name, pattern) = (others, rest);
        } else if name.is_empty() && pattern.is_empty() {
            return true;
        } else {
            let Some(([_, others @ ..], rest)) = star else { return false };
            star = Some((others, rest));
            (name, pattern) = (others, rest);
        }
    }
}

/// The rest of a pattern after it matched one character; none if it doesn't match.
fn after_one(pattern: &[u8], letter: u8, same: fn(&u8, &u8) -> bool) -> Option<&[u8]> {
    match pattern {
        [b'[', rest @ ..] => {
            let (class, rest) = rest.split_at(rest.iter().position(|byte| *byte == b']')?);
            let (class, inside) = class.strip_prefix(b"^").map_or((class, true), |class| (class, false));
            let range = class.windows(3).any(|three| three[1] == b'-' && (three[0]..=three[2]).contains(&letter));
            (inside == (range || class.iter().any(|other| same(other, &letter)))).then_some(&rest[1..])
        }
        [b'?', rest @ ..] => Some(rest),
        [first, rest @ ..] => same(first, &letter).then_some(rest),
        [] => None,
    }
}

/// Checks a pattern.
///
/// # Errors
/// What Docker cannot read, or reads as something else than a pattern.
pub(crate) fn check(pattern: &str) -> Result<(), &'static str> {
    let short = clean(&without_classes_of_one(pattern));
    let wrong = [
        (pattern.trim().is_empty(), "is empty"),
        (short == "." && !pattern.trim().is_empty(), "is the whole project: name files or folders in it"),
        (pattern.trim() != pattern, "begins or ends with a space, which Docker removes"),
        (
            [pattern, short.as_str()].iter().any(|text| text.starts_with('!')),
            "begins with !: add it to context.keep without the !",
        ),
        ([pattern, short.as_str()].iter().any(|text| text.starts_with('#')), "begins with #, which makes it a comment"),
        (pattern.contains('\\'), "has a backslash, which separates folders on Windows; write [x] for a literal x"),
        (pattern.len() > LONGEST, "is longer than any path"),
    ];
    if let Some((_, why)) = wrong.into_iter().find(|(wrong, _)| *wrong) {
        return Err(why);
    }
    classes(pattern)?;
    // Docker cleans the path first: `[a/../b]` becomes `b]`
    classes(&clean(pattern))
}

/// Checks that each `[…]` contains only characters and ranges that Docker's two parsers read alike.
fn classes(pattern: &str) -> Result<(), &'static str> {
    let mut rest = pattern;
    while let Some(start) = rest.find('[') {
        let class = &rest[start + 1..];
        let end = class.find(']').ok_or("has a [ without its ]")?;
        let mut letters = class[..end].strip_prefix('^').unwrap_or(&class[..end]).chars().peekable();
        if letters.peek().is_none() {
            return Err("has a [] with nothing in it");
        }
        while let Some(first) = letters.next() {
            let last = if letters.next_if_eq(&'-').is_some() { letters.next() } else { Some(first) };
            let last = last.ok_or("has a range in [] without its end")?;
            if [first, last].iter().any(|letter| "-[*?/^".contains(*letter)) {
                return Err("has one of -[*?/^ inside [], which Docker does not read as that character");
            }
            if first > last {
                return Err("has a range in [] that runs backwards");
            }
        }
        rest = &class[end + 1..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_as_short_as_docker_makes_them() {
        for (path, expected) in [
            ("./.env", ".env"),
            ("config/../.env", ".env"),
            ("/.env", ".env"),
            ("//a//b/", "a/b"),
            ("/../.env", ".env"),
            ("../x", "../x"),
            ("a/../../x", "../x"),
            ("a/..", "."),
            ("", "."),
            (".env/.", ".env"),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
    }

    #[test]
    fn a_pattern_covers_a_file_and_what_lies_below_a_folder() {
        for (pattern, path, expected) in [
            ("**/.env*", "a/b/.ENV.local", true),
            ("**/.aws", ".aws/config", true),
            ("**/.docker/config.json", "a/.docker/config.json", true),
            ("**/.docker/config.json", "a/.docker/x/config.json", false),
            ("docs", "docs/a/b.md", true),
            ("docs", "a/docs/b.md", false),
            ("*a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("[a-c]?[^x]", "bxy", true),
            ("[a-c]?[^x]", "bxx", false),
        ] {
            assert_eq!(covers(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_class_of_one_character_is_that_character() {
        for (pattern, expected) in
            [("[.]env", ".env"), ("[i]d_rs[a]", "id_rsa"), ("[ab]c", "[ab]c"), ("a[", "a["), ("[[]x", "[x")]
        {
            assert_eq!(without_classes_of_one(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn patterns_that_break_a_build_or_mean_something_else_are_refused() {
        let wrong = [
            "",
            " ",
            " a",
            "a ",
            "!a",
            "#a",
            "a\\b",
            "\\",
            "/!a",
            "./!a",
            "[!]a",
            "[#]a",
            "a[b",
            "[",
            "[]",
            "[]a]",
            "[^]",
            "[a-]",
            "[-a]",
            "[a-c-e]",
            "[z-a]",
            "[a-*]",
            "[*]",
            "[?]",
            "[[:alpha:]]",
            "[a/b]",
            "[x/../.env",
            "a/[b/../c]",
            "[a--]",
            "x[b-a]y",
            "[^-a]",
            "[a",
            "/",
            ".",
            "./",
            "//",
            "a/..",
            "[.]",
        ];
        for pattern in wrong {
            assert!(check(pattern).is_err(), "{pattern:?}");
        }
        assert!(check(&"a".repeat(5000)).is_err());
        for pattern in [
            "a",
            "*",
            "**",
            "**/*.py[cod]",
            "[a-z]",
            "[^a-z]b",
            "a]",
            "été/日本 x.db",
            "a^b",
            "(x)+{y}|$",
            "../x",
            "/x",
            "a**b",
            "[é-ê]",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }
}
