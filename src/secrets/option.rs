//! Passwords that options of commands have.

use super::by_name;
use super::values::{Secret, is_bare_key, is_path, is_reference, is_told};

/// Programs with the short option that is followed by a password.
const SHORT: [(&str, &str, Follows); 7] = [
    ("mysql", "-p", Follows::AtOnce),
    ("mysqladmin", "-p", Follows::AtOnce),
    ("mysqldump", "-p", Follows::AtOnce),
    ("mariadb", "-p", Follows::AtOnce),
    ("redis-cli", "-a", Follows::AsWord),
    ("valkey-cli", "-a", Follows::AsWord),
    ("sshpass", "-p", Follows::AsWord),
];

/// Whether a password follows its option at once only (`mysql -p` asks for it), or as the next word too.
#[derive(Clone, Copy, PartialEq)]
enum Follows {
    AtOnce,
    AsWord,
}

/// Words behind which a program begins.
const BEFORE: [&str; 16] =
    ["&&", "||", ";", "|", "!", "--", "-c", "CMD", "CMD-SHELL", "do", "env", "exec", "nohup", "sudo", "then", "time"];

/// Last words of options that name where a secret is: `--api-key-env OPENAI_API_KEY`, `--secret-id prod/db`.
const NAMES: [&str; 7] = ["env", "envvar", "file", "id", "name", "path", "var"];

/// `--password p`, `mysql -pp`, `--user name:p`
pub(super) fn find(text: &str) -> Option<Secret> {
    if !text.contains('-') || !text.contains(' ') {
        return None;
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let place = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let mut short = None;
    words.iter().enumerate().find_map(|(at, word)| {
        let before = at.checked_sub(1).and_then(|before| words.get(before)).copied();
        if begins(before, word) {
            short = program(word);
        }
        let next = words.get(at + 1).copied().filter(|next| !next.starts_with('-')).unwrap_or_default();
        let told = long(word, next).or_else(|| login(word, next)).or_else(|| behind(short?, word, next))?;
        let bare = told.trim_matches(['"', '\'']);
        let open = bare.is_empty() || is_reference(bare) || is_path(bare);
        (!open).then(|| Secret::new(place(told)..place(told) + told.len(), "a password in a command"))
    })
}

/// Whether a word is where a program is named, and no argument.
fn begins(before: Option<&str>, word: &str) -> bool {
    let assignment = |before: &str| before.contains('=') && !before.starts_with('-');
    word.starts_with(['"', '\''])
        || before.is_none_or(|before| BEFORE.contains(&before) || before.ends_with([';', '&', '|']) || assignment(before))
}

fn program(word: &str) -> Option<(&'static str, Follows)> {
    let name = word.trim_matches(['"', '\'']).rsplit('/').next()?;
    SHORT.iter().find(|(program, ..)| *program == name).map(|(_, option, follows)| (*option, *follows))
}

/// `--password p`
fn long<'t>(word: &str, next: &'t str) -> Option<&'t str> {
    let name = word.strip_prefix("--").filter(|name| !name.contains('='))?;
    let last = name.rsplit(['-', '_']).next().unwrap_or(name);
    let secret = by_name(name) && !is_bare_key(name) && !NAMES.contains(&last) && is_told(name, next);
    (secret && !is_amount(name, next) && !is_variable(next)).then_some(next)
}

/// `--tokens 512`, but a password may be a number.
fn is_amount(name: &str, value: &str) -> bool {
    value.chars().all(|digit| digit.is_ascii_digit() || digit == '.') && !name.to_ascii_lowercase().contains("pass")
}

/// `OPENAI_API_KEY`: the name of a variable.
fn is_variable(value: &str) -> bool {
    let capital = |letter: char| letter.is_ascii_uppercase() || letter == '_' || letter.is_ascii_digit();
    value.contains('_') && value.chars().all(capital) && by_name(value)
}

/// `-u name:p`, but `--user 1000:1000` is a user and a group.
fn login<'t>(word: &str, next: &'t str) -> Option<&'t str> {
    let (user, password) = next.split_once(':').filter(|_| ["-u", "--user", "--basic-auth"].contains(&word))?;
    let number = |text: &str| text.chars().all(|digit| digit.is_ascii_digit());
    (!(password.is_empty() || number(user) && number(password))).then_some(next)
}

/// `mysql -pp`, `sshpass -p p`
fn behind<'t>((option, follows): (&str, Follows), word: &'t str, next: &'t str) -> Option<&'t str> {
    match word.strip_prefix(option)? {
        "" if follows == Follows::AsWord => Some(next),
        "" => None,
        rest => Some(rest),
    }
}
