//! Splits commands into arguments and refuses shell syntax.

use crate::spec::CommandLine;

/// The arguments of a command.
///
/// # Errors
/// An unclosed quote, or syntax that needs a shell.
pub(super) fn words(command: &CommandLine) -> std::result::Result<Vec<String>, String> {
    let words = match command {
        CommandLine::Words(words) => words.clone(),
        CommandLine::Line(line) => split(line)?,
    };
    match words.first().map(String::as_str) {
        None | Some("") => Err("it is empty".to_owned()),
        Some(first) if first.contains('=') => Err(format!("it starts with `{first}`: set variables under [environment]")),
        Some(first) if first.starts_with('-') => Err(format!("it starts with `{first}`, which is not a program")),
        Some(_) => Ok(words),
    }
}

/// Splits at spaces and quotes like a POSIX shell, and rejects everything else that needs one.
fn split(line: &str) -> std::result::Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' => words.extend(word.take()),
            '\'' | '"' => quoted(character, &mut characters, word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().push(characters.next().ok_or("it ends with a backslash")?),
            ';' | '&' | '|' | '<' | '>' | '`' | '$' | '(' | ')' | '*' | '?' | '~' => return Err(shell_only(character)),
            '#' if word.is_none() => return Err(shell_only(character)),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(quote: char, characters: &mut std::str::Chars<'_>, word: &mut String) -> std::result::Result<(), String> {
    loop {
        match characters.next() {
            None => return Err(format!("the quote {quote} is not closed")),
            Some(character) if character == quote => return Ok(()),
            Some('\\') if quote == '"' => match characters.next() {
                Some(character @ ('"' | '\\' | '$' | '`')) => word.push(character),
                Some(character) => word.extend(['\\', character]),
                None => return Err("the quote \" is not closed".to_owned()),
            },
            Some(character @ ('$' | '`')) if quote == '"' => return Err(shell_only(character)),
            Some(character) => word.push(character),
        }
    }
}

fn shell_only(character: char) -> String {
    format!("`{character}` needs a shell: quote it with '…', or write one command per step")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_a_shell_does() {
        let line = |text: &str| words(&CommandLine::Line(text.to_owned()));
        assert_eq!(
            line(r#"python  -c 'print("a b")' "c \" d" e\ f"#).unwrap(),
            ["python", "-c", "print(\"a b\")", "c \" d", "e f"]
        );
        assert_eq!(line("a '' b").unwrap(), ["a", "", "b"]);
        for shell in ["a && b", "a $HOME", "a \"$HOME\"", "a > b", "a 'b", "a \\", "# a", "", "--mount=x"] {
            assert!(line(shell).is_err(), "{shell}");
        }
    }
}
