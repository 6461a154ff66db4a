//! Which credential files stay out of the build context, and which of them a spec can include by their exact path.
//!
//! [`BY_NAME`], [`CAPITALS`] and [`NEVER`] end every ignore file that dockgen writes, as the last pattern that matches wins. Docker
//! distinguishes upper and lower case, and its only way to match any case is `[pP][eE][mM]`, which no one can maintain. So the lists
//! are in lower case, `[Cc]` marks words that people capitalize, and [`CAPITALS`] lists the names that occur in capitals. dockgen
//! itself ignores case: a file of the project that no pattern matches as it is spelled, such as `iD_rSa`, is listed by its path.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::pattern;

/// Files that an application may read at run time, such as a CA bundle or a database with data to start from.
pub(crate) const BY_NAME: &str = include_str!("credentials/by-name.dockerignore");

/// The names of both lists that occur in capitals; unlike the others, these patterns match no other case.
pub(crate) const CAPITALS: &str = include_str!("credentials/capitals.dockerignore");

/// Files that no image needs: a container gets their content when it starts.
pub(crate) const NEVER: &str = include_str!("credentials/never.dockerignore");

/// Files that no spec may name, and that broader patterns of the other lists leave out: no ignore file has these.
const REFUSED: &str = include_str!("credentials/refused.dockerignore");

/// Hidden files that are no credentials, and that no application reads.
const TOOLS: &str = include_str!("credentials/tools.dockerignore");

/// Hidden files that servers and libraries read although no code of the project names them.
const OF_LIBRARIES: &str = include_str!("credentials/libraries.dockerignore");

/// All hidden files.
const HIDDEN: &str = ".*";

/// All files of SQL, and those that are dumps by their name.
const SQL: &str = "*.sql";
const DUMPS: [&str; 4] = ["*backup.sql", "*dump.sql", "backup?*.sql", "dump*.sql"];

/// Suffixes of backup copies.
const COPIES: [&str; 8] = ["~", ".bak", ".old", ".orig", ".save", ".swn", ".swo", ".swp"];

/// How the names of folders of credentials end that applications use for their own code, too.
const FEATURES: [&str; 6] = ["keys", "passwd", "password", "passwords", "token", "tokens"];

/// How the names of private keys end without an extension.
const KEY_FILES: [&str; 4] = ["_dsa", "_ecdsa", "_ed25519", "_rsa"];

/// Whether a spec may let a credential file in; the stronger rule is the greater one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exception {
    /// By its exact path.
    ByName,
    /// Never.
    Never,
}

/// The rule for a path that is a credential file or is inside a folder of credentials.
///
/// Case is ignored: on some disks `.ENV` is `.env`.
pub(crate) fn rule(path: &str) -> Option<Exception> {
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    above.chain([path]).map(rule_of_itself).max().flatten()
}

/// The rule for a path at any depth. A copy such as `id_rsa.old` gets the stronger rule of both names.
pub(crate) fn rule_of_itself(path: &str) -> Option<Exception> {
    let listed = rule_of_name(path);
    match original(path) {
        Some(original) if listed == Some(Exception::ByName) => listed.max(rule_of_itself(&original)),
        _ => listed,
    }
}

/// Whether a pattern of the ignore file matches a path, or a folder that it lies in, in this spelling.
pub(crate) fn is_written(path: &str) -> bool {
    let mut above = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path]);
    above.any(|path| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut written = [BY_NAME, CAPITALS, NEVER].into_iter().flat_map(patterns);
        written.any(|pattern| pattern::fits_exactly(name.as_bytes(), pattern.as_bytes()))
    })
}

/// Whether a folder of credentials may also be a feature of the application: `templates/password/`, the package `tokens`.
///
/// Such a name alone doesn't keep out the pages and scripts in it; everything else stays out.
pub(crate) fn may_be_feature(folder: &str) -> bool {
    folder.match_indices('/').map(|(at, _)| &folder[..at]).chain([folder]).all(|folder| {
        let name = folder.rsplit('/').next().unwrap_or(folder).to_ascii_lowercase();
        rule_of_itself(folder).is_none() || FEATURES.iter().any(|word| name.ends_with(word))
    })
}

fn rule_of_name(path: &str) -> Option<Exception> {
    let end = path.bytes().last().map(|end| end.to_ascii_lowercase());
    let listed = |end| {
        let patterns = RULES.get(&end).into_iter().flatten();
        patterns.filter(|(pattern, _)| is_last(path, pattern)).map(|(_, rule)| *rule).max()
    };
    listed(end).max(listed(None)).or_else(|| is_in_capitals(path).then_some(Exception::ByName))
}

/// Patterns and their rules by the letter that they end in, in lower case; none for those that end in a wildcard.
type RulesByEnd = BTreeMap<Option<u8>, Vec<(&'static str, Exception)>>;

static RULES: LazyLock<RulesByEnd> = LazyLock::new(|| {
    let lists = [(NEVER, Exception::Never), (REFUSED, Exception::Never), (BY_NAME, Exception::ByName)];
    let mut rules = RulesByEnd::new();
    for (list, rule) in lists {
        for pattern in patterns(list).filter(|pattern| *pattern != HIDDEN) {
            let end = pattern.bytes().last().filter(|end| !b"*?]".contains(end));
            rules.entry(end.map(|end| end.to_ascii_lowercase())).or_default().push((pattern, rule));
        }
    }
    rules
});

fn is_in_capitals(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_match = |pattern: &str| pattern::fits_exactly(name.as_bytes(), pattern.as_bytes());
    name.contains(|letter: char| letter.is_ascii_uppercase()) && patterns(CAPITALS).any(is_match)
}

/// Whether a file or one of its folders is hidden, so that it is only included by its exact path.
pub(crate) fn is_hidden(path: &str) -> bool {
    path.split('/').any(|name| name.starts_with('.') && name != "." && name != "..")
}

/// Whether a hidden file belongs to a tool of developers.
pub(crate) fn is_of_tool(path: &str) -> bool {
    is_in(path, TOOLS)
}

/// Whether a server or a library reads a hidden file by its own name for it.
pub(crate) fn is_read_by_library(path: &str) -> bool {
    is_in(path, OF_LIBRARIES)
}

/// Whether a list has a path, or a folder that it lies in.
fn is_in(path: &str, list: &'static str) -> bool {
    let mut above = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path]);
    above.any(|path| patterns(list).any(|pattern| is_last(path, pattern)))
}

/// Whether a path is one of SQL, whose content tells whether it is a dump: `add_secrets.sql` may be a migration.
pub(crate) fn may_be_query(path: &str) -> bool {
    let listed = |list| patterns(list).any(|pattern| pattern != SQL && is_last(path, pattern));
    let is_dump = || DUMPS.iter().any(|pattern| is_last(path, pattern));
    is_last(path, SQL) && !is_dump() && ![NEVER, REFUSED].into_iter().any(listed)
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

/// Whether a file is a backup copy of another one.
pub(crate) fn is_copy(path: &str) -> bool {
    original(path).is_some()
}

/// Whether a folder is one of credentials only by the end of its name, which Python packages may have too: `jwt_rsa`.
pub(crate) fn may_be_package(folder: &str) -> bool {
    let is_key = |name: &str| KEY_FILES.iter().any(|end| name.ends_with(end)) && !name.starts_with('.');
    folder.split('/').all(|name| rule_of_itself(name) != Some(Exception::Never) || is_key(name))
}

/// The patterns of a list, which all fit at any depth.
fn patterns(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter_map(|line| line.strip_prefix("**/"))
}

/// Whether the last names of a path fit a pattern, which has as many.
fn is_last(path: &str, pattern: &str) -> bool {
    let folders = pattern.bytes().filter(|byte| *byte == b'/').count();
    let mut slashes = path.bytes().enumerate().rev().filter(|(_, byte)| *byte == b'/');
    let start = slashes.nth(folders).map_or(0, |(at, _)| at + 1);
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
            ("config/Server.PEM", Some(Exception::ByName)),
            ("Server.Pem", Some(Exception::ByName)),
            ("db.Sqlite3", Some(Exception::ByName)),
            ("LOCAL_SETTINGS.py", Some(Exception::ByName)),
            ("heroku.netrc", Some(Exception::ByName)),
            ("tokens.yml", Some(Exception::ByName)),
            ("db_backup.tar.gz", Some(Exception::ByName)),
            ("app/token.py", None),
            ("app/auth.py", None),
            ("users.htpasswd", Some(Exception::ByName)),
            ("deploykey", Some(Exception::ByName)),
            ("my_secret", Some(Exception::ByName)),
            ("app/core.py", None),
            ("static/cookies.js", None),
            ("static/token.css", None),
            ("config/config.json", None),
            ("docs/API_KEY.md", Some(Exception::ByName)),
            ("static/keyboard.js", None),
            ("shop/local_settings.py", Some(Exception::ByName)),
        ] {
            assert_eq!(rule(path), expected, "{path}");
        }
    }

    /// The matcher above knows no more than these: what it does not know would be a hole.
    #[test]
    fn every_line_is_a_comment_or_a_pattern_for_every_depth() {
        let lists = [BY_NAME, CAPITALS, NEVER, REFUSED, TOOLS];
        for line in lists.iter().flat_map(|list| list.lines()).filter(|line| !line.is_empty() && !line.starts_with("# ")) {
            assert!(line.strip_prefix("**/").is_some_and(|rest| !rest.contains("**") && !rest.contains(['\\', '^'])), "{line}");
            assert!(crate::pattern::check(line).is_ok(), "{line}");
        }
        // a name without capitals isn't compared with these
        assert!(patterns(CAPITALS).all(|pattern| pattern.contains(|letter: char| letter.is_ascii_uppercase())));
    }

    /// What only dockgen itself knows, a pattern of the ignore file must leave out too.
    #[test]
    fn every_refused_name_is_in_the_ignore_file() {
        for pattern in patterns(REFUSED) {
            for (star, question) in [("", "-"), ("x", "_"), ("-prod.1", ".")] {
                let path = pattern.replace('*', star).replace('?', question);
                assert!(is_written(&path), "{path}");
            }
        }
    }
}
