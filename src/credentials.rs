//! Credential files stay out of the build context: which ones, and whether a spec may let one in by its exact path.
//!
//! The lists are written as `.dockerignore` reads them. They end every ignore file that dockgen writes, as the last pattern that
//! matches wins.

use crate::pattern;

/// Files that an application may read at run time, such as a CA bundle or a database with data to start from.
pub(crate) const BY_NAME: &str = include_str!("credentials/by-name.dockerignore");

/// Files that no image needs: a container gets their content when it starts.
pub(crate) const NEVER: &str = include_str!("credentials/never.dockerignore");

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

/// The rule for a path, whatever folders it lies in.
pub(crate) fn rule_of_itself(path: &str) -> Option<Exception> {
    let lists = [(NEVER, Exception::Never), (BY_NAME, Exception::ByName)];
    lists.into_iter().find(|(list, _)| patterns(list).any(|pattern| is_last(path, pattern))).map(|(_, rule)| rule)
}

/// The patterns of a list, which all fit at any depth.
fn patterns(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter_map(|line| line.strip_prefix("**/"))
}

/// Whether the last names of a path fit a pattern, which has as many.
fn is_last(path: &str, pattern: &str) -> bool {
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
            ("sql/0001_initial.sql", None),
            ("environment.py", None),
        ] {
            assert_eq!(rule(path), expected, "{path}");
        }
    }

    /// The matcher above knows no more than these: what it does not know would be a hole.
    #[test]
    fn every_line_is_a_comment_or_a_pattern_for_every_depth() {
        for line in
            [BY_NAME, NEVER].iter().flat_map(|list| list.lines()).filter(|line| !line.is_empty() && !line.starts_with("# "))
        {
            assert!(line.strip_prefix("**/").is_some_and(|rest| !rest.contains("**") && !rest.contains(['\\', '^'])), "{line}");
            assert!(crate::pattern::check(line).is_ok(), "{line}");
        }
    }
}
