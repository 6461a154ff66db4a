//! Passwords in commands: behind options, behind words such as `vault login`, and in what a program reads from `echo`.

use super::assigned::{is_bare_key, is_told};
use super::by_name;
use super::programs::{CONFIGURED, FOLLOWED, Follows, GROUPS, LAST_OPERANDS, LOGINS, PROGRAMS, STDIN, SUBCOMMANDS};
use super::reference::{is_path, is_reference};
use super::values::Secret;

/// Words behind which a program begins.
const BEFORE: [&str; 16] =
    ["&&", "||", ";", "|", "!", "--", "-c", "CMD", "CMD-SHELL", "do", "env", "exec", "nohup", "sudo", "then", "time"];

/// Last words of options that name where a secret is: `--api-key-env OPENAI_API_KEY`, `--secret-id prod/db`.
const NAMES: [&str; 8] = ["env", "envvar", "file", "id", "name", "path", "stdin", "var"];

/// `--password p`, `mysql -pp`, `--user name:p`, `vault login p`, `echo p | sudo -S true`
pub(super) fn find(text: &str) -> Option<Secret> {
    if !text.contains(' ') {
        return None;
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let place = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    let bare: Vec<&str> = words.iter().map(|word| word.trim_matches(['"', '\''])).collect();
    let told = behind_option(&words)
        .or_else(|| behind_word(&bare))
        .or_else(|| behind_subcommand(&bare))
        .or_else(|| last_operand(&bare))
        .or_else(|| piped(&bare))?;
    Some(Secret::new(place(told)..place(told) + told.len(), "a password in a command"))
}

/// Whether a text in the place of a password is one.
fn is_password(told: &str) -> bool {
    let bare = told.trim_matches(['"', '\'']);
    let elsewhere = ["env:", "fd:", "file:"].iter().any(|from| bare.starts_with(from));
    !(bare.is_empty() || is_reference(bare) || is_path(bare) || elsewhere)
}

/// A program that is named in a command, with the options behind which its passwords are.
#[derive(Clone, Copy)]
struct Program<'t> {
    name: &'t str,
    /// Whether it is surely run: what is behind another command may be its argument.
    begins: bool,
}

impl<'t> Program<'t> {
    /// The program that a word names, unless it is the value of an option.
    fn named(before: Option<&str>, word: &'t str) -> Option<Self> {
        let name = word.trim_matches(['"', '\'']).rsplit('/').next()?;
        // a long text has many words, and few that could be programs
        if !name.starts_with(|first: char| first.is_ascii_lowercase() || first == '7') {
            return None;
        }
        let begins = begins(before, word);
        let known = name == LOGIN || PROGRAMS.iter().any(|(names, ..)| names.split(' ').any(|known| known == name));
        let argument = !begins && before.is_some_and(|before| before.starts_with('-'));
        (known && !argument).then_some(Self { name, begins })
    }

    /// The password in a word or in the next one.
    fn password(self, word: &'t str, next: &'t str) -> Option<&'t str> {
        let rows = PROGRAMS.iter().filter(|(names, ..)| names.split(' ').any(|known| known == self.name));
        let rows = rows.map(|(_, option, follows)| (*option, *follows));
        let login = (self.name == LOGIN).then_some(("-p", Follows::AsWord));
        let number = |told: &str| told.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        let mut told = rows.chain(login).filter_map(|row| behind(row, word, next));
        told.find(|told| self.begins || !number(told))
    }
}

/// `docker login -p p`, `helm registry login -p p`
const LOGIN: &str = "login";

fn behind_option<'t>(words: &[&'t str]) -> Option<&'t str> {
    let mut program: Option<Program> = None;
    words.iter().enumerate().find_map(|(at, word)| {
        let before = at.checked_sub(1).and_then(|before| words.get(before)).copied();
        program = Program::named(before, word).or(program.filter(|_| !begins(before, word)));
        let next = words.get(at + 1).copied().filter(|next| !next.starts_with('-')).unwrap_or_default();
        let told = long(word, next)
            .or_else(|| login(word, next))
            .or_else(|| in_header(word, next))
            .or_else(|| program?.password(word, next));
        told.filter(|told| is_password(told))
    })
}

/// `vault login p`, `aws configure set aws_secret_access_key p`
fn behind_word<'t>(words: &[&'t str]) -> Option<&'t str> {
    /// How many words may be between a program and what it is told to set.
    const NEAR_WORDS: usize = 8;
    words.windows(3).enumerate().find_map(|(at, three)| {
        let &[before, word, next] = three else { return None };
        // the program is near, and a long text is not looked through again for each of its words
        let near = &words[at.saturating_sub(NEAR_WORDS)..=at];
        let known = |(program, subcommand): &(&str, &str)| *subcommand == word && near.contains(program);
        let configured = || near.iter().any(|word| CONFIGURED.contains(word));
        let sets = ["config", "set"].contains(&before) && configured() && by_name(word) && is_told(word, next);
        (!next.starts_with('-') && (sets || FOLLOWED.iter().any(known)) && is_password(next)).then_some(next)
    })
}

/// `airflow users create -p p`, `prefect cloud login --key p`
fn behind_subcommand<'t>(words: &[&'t str]) -> Option<&'t str> {
    SUBCOMMANDS.iter().find_map(|(program, subcommand, options)| {
        let start = words.iter().position(|word| word.rsplit('/').next() == Some(program))?;
        let at = start + words[start..].iter().position(|word| word == subcommand)?;
        words[at..].windows(2).find(|pair| options.contains(&pair[0]) && is_password(pair[1])).map(|pair| pair[1])
    })
}

/// `-H X-Auth-Token:p`
fn in_header<'t>(word: &'t str, next: &'t str) -> Option<&'t str> {
    let header = match word.strip_prefix("-H") {
        Some("") => next,
        Some(joined) => joined,
        None => Some(next).filter(|_| word == "--header")?,
    };
    let (name, value) = header.trim_matches(['"', '\'']).split_once(':')?;
    (by_name(name) && is_told(name, value)).then_some(value)
}

/// `htpasswd -nb user p`, `mc alias set store https://… user p`
fn last_operand<'t>(words: &[&'t str]) -> Option<&'t str> {
    let end = |word: &&str| ["&&", "||", ";", "|", ">", ">>"].contains(word);
    words.split(end).find_map(|words| {
        let flag = |word: &str, mark: &str| word == mark || mark == "-b" && word.starts_with('-') && word.contains('b');
        let known = |(program, mark): &(&str, &str)| {
            let at = words.iter().position(|word| word == program)?;
            words[at + 1..].iter().position(|word| flag(word, mark)).map(|mark| at + 1 + mark)
        };
        let at = LAST_OPERANDS.iter().find_map(known)?;
        words[at + 1..].get(1..)?.last().copied().filter(|last| !last.starts_with('-') && is_password(last))
    })
}

/// `echo p | docker login --password-stdin`, `echo user:p | chpasswd`
fn piped<'t>(words: &[&'t str]) -> Option<&'t str> {
    let pipe = words.iter().position(|word| *word == "|")?;
    let sudo = words[pipe..].windows(2).any(|pair| pair == ["sudo", "-S"]);
    let reads = sudo || words[pipe..].iter().any(|word| STDIN.contains(word));
    let start = words[..pipe].iter().rposition(|word| ["echo", "printf"].contains(word))?;
    let mut told = words[start + 1..pipe].iter().copied();
    // `printf '%s\n' "$PASSWORD"`
    let is_told = |word: &&str| !word.starts_with('-') && !word.contains('%') && is_password(word);
    reads.then(|| told.find(is_told))?
}

/// Whether a word is where a program is named, and no argument.
fn begins(before: Option<&str>, word: &str) -> bool {
    let assignment = |before: &str| before.contains('=') && !before.starts_with('-');
    let follows = |before: &str| BEFORE.contains(&before) || before.ends_with([';', '&', '|']) || assignment(before);
    word.starts_with(['"', '\'']) || !word.starts_with('-') && before.is_none_or(follows)
}

/// `--password p`, `-password p`, `-pw p`, `-passin pass:p`
fn long<'t>(word: &str, next: &'t str) -> Option<&'t str> {
    /// The shortest name behind one `-`: shorter ones are options in a row, but for the `-pw` of PuTTY.
    const SHORTEST: usize = 4;
    let letters = |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    // `openssl req -newkey rsa:2048`
    let short = |name: &&str| (name.len() >= SHORTEST || *name == "pw") && letters(name) && !name.ends_with("key");
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-').filter(short)).filter(|name| !name.contains('='))?;
    if name.starts_with("pass") && next.starts_with("pass:") {
        return Some(&next["pass:".len()..]);
    }
    let last = name.rsplit(['-', '_']).next().unwrap_or(name);
    let secret = by_name(name) && !is_bare_key(name) && !NAMES.contains(&last) && is_told(name, next);
    (secret && !is_amount(name, next) && !is_variable(next)).then_some(next)
}

/// `--tokens 512`, but a password may be a number.
fn is_amount(name: &str, value: &str) -> bool {
    value.chars().all(|digit| digit.is_ascii_digit() || digit == '.') && !name.to_ascii_lowercase().contains("pass")
}

/// `OPENAI_API_KEY`: the name of a variable.
pub(super) fn is_variable(value: &str) -> bool {
    let capital = |letter: char| letter.is_ascii_uppercase() || letter == '_' || letter.is_ascii_digit();
    value.contains('_') && value.chars().all(capital) && by_name(value)
}

/// `-u name:p`, but `--user 1000:1000` is a user and a group.
fn login<'t>(word: &str, next: &'t str) -> Option<&'t str> {
    let group = ["-u", "--user"].contains(&word) && is_user_and_group(next);
    has_password(next, ':').then_some(next).filter(|_| LOGINS.contains(&word) && !group)
}

/// `app:app`, `www-data:nogroup`, `1000:app`
fn is_user_and_group(words: &str) -> bool {
    words.trim_matches(['"', '\'']).split_once(':').is_some_and(|(user, group)| {
        let letters = |text: &str| text.chars().all(|letter| letter.is_ascii_lowercase() || "-_".contains(letter));
        let uid = !user.is_empty() && user.bytes().all(|digit| digit.is_ascii_digit());
        letters(group) && (user == group || GROUPS.contains(&group) || uid)
    })
}

/// `name:p`, but no numbers of a user and a group, and no password in the place of one.
fn has_password(login: &str, mark: char) -> bool {
    let number = |text: &str| text.chars().all(|digit| digit.is_ascii_digit());
    let bare = login.trim_matches(['"', '\'']);
    bare.split_once(mark).is_some_and(|(user, password)| {
        !(password.is_empty() || is_reference(password) || password.starts_with("//") || number(user) && number(password))
    })
}

/// `mysql -pp`, `sshpass -p p`, `curl -uname:p`
fn behind<'t>((option, follows): (&str, Follows), word: &'t str, next: &'t str) -> Option<&'t str> {
    let rest = if option.is_empty() { word } else { word.strip_prefix(option)? };
    let either = if rest.is_empty() { next } else { rest };
    match follows {
        Follows::AtOnce => Some(rest),
        Follows::AsWord => rest.is_empty().then_some(next),
        Follows::Either => Some(either),
        Follows::InLogin(mark) => Some(either).filter(|told| has_password(told, mark)),
        Follows::AsCookie => Some(next).filter(|told| rest.is_empty() && told.contains('=')),
        Follows::AsOperand => Some(word).filter(|word| !word.starts_with(['-', '/', '@']) && has_password(word, '/')),
    }
    .filter(|told| !told.is_empty())
}
