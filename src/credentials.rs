//! Credential files stay out of the build context: which ones, and whether a spec may let one in by its exact path.
//!
//! The lists are written as `.dockerignore` reads them, in lower case. They end every ignore file that dockgen writes, as the last
//! pattern that matches wins.

use std::sync::LazyLock;

use crate::pattern;

/// Dumps and migrations look alike: files of SQL go in one by one.
pub(crate) const SQL: &str = "**/*.sql\n";

/// Files that an application may read at run time, such as a CA bundle or a database with data to start from.
pub(crate) const BY_NAME: &str = include_str!("credentials/by-name.dockerignore");

/// Files that no image needs: a container gets their content when it starts.
pub(crate) const NEVER: &str = include_str!("credentials/never.dockerignore");

/// What editors and people append to the name of a file that they copy.
const COPIES: [&str; 8] = ["~", ".bak", ".old", ".orig", ".save", ".swn", ".swo", ".swp"];

/// How the names of private keys end without an extension.
const KEY_FILES: [&str; 4] = ["_dsa", "_ecdsa", "_ed25519", "_rsa"];

/// Whether a spec may let a credential file in; the stronger rule is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exception {
    /// By its exact path.
    ByName,
    /// Not at all.
    Never,
}

/// The rule for a path that is a credential file, or lies in a folder of credentials.
///
/// Case is ignored: on some disks `.ENV` is `.env`.
pub(crate) fn rule(path: &str) -> Option<Exception> {
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    above.chain([path]).map(rule_of_itself).max().flatten()
}

/// The rule for a path, whatever folders it lies in. A copy of a file, such as `id_rsa.old`, has the stronger rule of both.
pub(crate) fn rule_of_itself(path: &str) -> Option<Exception> {
    let listed = rule_of_name(path);
    match original(path) {
        Some(original) if listed == Some(Exception::ByName) => listed.max(rule_of_itself(&original)),
        _ => listed,
    }
}

fn rule_of_name(path: &str) -> Option<Exception> {
    static PATTERNS: LazyLock<Vec<(&str, Exception)>> = LazyLock::new(|| {
        let lists = [(NEVER, Exception::Never), (BY_NAME, Exception::ByName), (SQL, Exception::ByName)];
        lists.into_iter().flat_map(|(list, rule)| patterns(list).map(move |pattern| (pattern, rule))).collect()
    });
    PATTERNS.iter().find(|(pattern, _)| is_last(path, pattern)).map(|(_, rule)| *rule)
}

/// Whether a path is a credential file only because it is one of SQL.
pub(crate) fn is_only_sql(path: &str) -> bool {
    let listed = |list| patterns(list).any(|pattern| is_last(path, pattern));
    listed(SQL) && !listed(NEVER) && !listed(BY_NAME)
}

/// The path of the file that this one is a copy of, by its name: `a/.x.swp`, `a/x~` and `a/x.old` are copies of `a/x`.
fn original(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let lower = name.to_ascii_lowercase();
    let ending = COPIES.iter().find(|ending| lower.ends_with(**ending))?;
    let name = name.get(..name.len() - ending.len()).filter(|name| !name.is_empty())?;
    let name = if ending.starts_with(".sw") { name.strip_prefix('.').unwrap_or(name) } else { name };
    Some(if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
}

/// Whether a file is what an editor or a person left beside another one.
pub(crate) fn is_copy(path: &str) -> bool {
    original(path).is_some()
}

/// Whether a folder is one of credentials only by the end of its name, which Python packages may have too: `jwt_rsa`.
pub(crate) fn may_be_package(folder: &str) -> bool {
    let is_key = |name: &str| KEY_FILES.iter().any(|end| name.ends_with(end)) && !name.starts_with('.');
    folder.split('/').all(|name| rule_of_itself(name) != Some(Exception::Never) || is_key(name))
}

/// A list as Docker must read it: each letter in both cases.
pub(crate) fn in_any_case(list: &str) -> String {
    list.lines().map(|line| if line.starts_with('#') { format!("{line}\n") } else { both_cases(line) + "\n" }).collect()
}

/// A pattern that matches in upper case, lower case, and a mix of them.
pub(crate) fn both_cases(pattern: &str) -> String {
    let mut text = String::new();
    let mut in_class = false;
    for letter in pattern.chars() {
        in_class = letter == '[' || in_class && letter != ']';
        let (lower, upper) = (letter.to_ascii_lowercase(), letter.to_ascii_uppercase());
        match (lower == upper, in_class) {
            (true, _) => text.push(letter),
            (false, true) => text.extend([lower, upper]),
            (false, false) => text.extend(['[', lower, upper, ']']),
        }
    }
    text
}

/// The patterns of a list, which all fit at any depth.
fn patterns(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter_map(|line| line.strip_prefix("**/"))
}

/// Whether the last names of a path fit a pattern, which has as many.
fn is_last(path: &str, pattern: &str) -> bool {
    // most patterns end in a letter that the path does not end in
    let ends = |end: u8| path.as_bytes().last().is_some_and(|last| last.eq_ignore_ascii_case(&end));
    if !pattern.as_bytes().last().is_some_and(|end| b"*?]".contains(end) || ends(*end)) {
        return false;
    }
    let start = path.rmatch_indices('/').nth(pattern.matches('/').count()).map_or(0, |(at, _)| at + 1);
    pattern::fits(&path.as_bytes()[start..], pattern.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credential_files_are_told_from_others_whatever_their_case() {
        for (path, expected) in [
            (".env", Some(Exception::Never)),
            ("a/.ENV.production", Some(Exception::Never)),
            ("a/.aws/b/config", Some(Exception::Never)),
            ("a/.docker/config.json", Some(Exception::Never)),
            (".docker/nginx.conf", None),
            ("a/secrets/.ssh/x", Some(Exception::Never)),
            (".m2/settings-a.xml", Some(Exception::Never)),
            ("settings-a.xml", None),
            ("certs/CA.pem", Some(Exception::ByName)),
            ("db.sqlite3-wal", Some(Exception::ByName)),
            ("app.db-journal", Some(Exception::ByName)),
            ("a/client-secret_1.json", Some(Exception::ByName)),
            ("secrets/token", Some(Exception::ByName)),
            ("app/secrets.py", None),
            ("app/credentials.py", None),
            ("app/kubeconfig.py", None),
            ("models/tokenizer.json", None),
            ("sql/0001_initial.sql", Some(Exception::ByName)),
            ("id_rsa.old", Some(Exception::Never)),
            (".Server.KEY.swp", Some(Exception::Never)),
            ("server.keystore.old", Some(Exception::Never)),
            ("notes.txt~", Some(Exception::ByName)),
            ("~", Some(Exception::ByName)),
            ("ä.old", Some(Exception::ByName)),
            ("environment.py", None),
        ] {
            assert_eq!(rule(path), expected, "{path}");
        }
    }

    /// The matcher above knows no more than these: what it does not know would be a hole.
    #[test]
    fn every_line_is_a_comment_or_a_pattern_for_every_depth() {
        for line in
            [BY_NAME, NEVER, SQL].iter().flat_map(|list| list.lines()).filter(|line| !line.is_empty() && !line.starts_with("# "))
        {
            assert!(line.strip_prefix("**/").is_some_and(|rest| !rest.contains("**") && !rest.contains(['\\', '^'])), "{line}");
            assert!(!line.contains(|letter: char| letter.is_ascii_uppercase()), "{line}");
            assert!(crate::pattern::check(&both_cases(line)).is_ok(), "{line}");
            assert!(crate::pattern::check(line).is_ok(), "{line}");
        }
    }
}
