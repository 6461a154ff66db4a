//! `.gitignore`: the `.env` file, which has the values of secrets, must not be committed.

use std::path::Path;

use ignore::Match;
use ignore::gitignore::Gitignore;

use super::draft::{Session, undecided};
use crate::error::Result;
use crate::files;
use crate::git::work_tree;
use crate::plan::{Plan, seen};
use crate::prompt;
use crate::render::RenderedFile;

const FILE: &str = ".gitignore";

/// The file that docker compose reads values from.
const ENV: &str = ".env";

/// A line to append to `.gitignore`.
pub(super) struct IgnoreLine {
    before: Option<Vec<u8>>,
    text: String,
}

impl Session<'_> {
    /// The line for `.env`, if the folder is in a git work tree where no pattern decides about it, and the user agrees.
    pub(super) fn ignore_line(&self) -> Result<Option<IgnoreLine>> {
        if !is_undecided(&self.directory) {
            return Ok(None);
        }
        let before = seen(&self.directory.join(FILE));
        let Some(text) = with_line(before.as_deref()) else { return Ok(None) };
        let agreed = !self.ask || prompt::yes_or_no("Add .env to .gitignore?", Some(true))?.ok_or_else(undecided)?;
        Ok(agreed.then_some(IgnoreLine { before, text }))
    }
}

impl IgnoreLine {
    pub(super) fn add_to(&self, plan: &mut Plan, directory: &Path) -> Result<()> {
        let file = RenderedFile { key: "gitignore".into(), path: FILE.to_owned(), text: self.text.clone() };
        plan.add_own(directory, file, self.before.as_deref())
    }
}

/// Whether the folder is in a git work tree, and no `.gitignore` has a pattern for `.env`, not even one with `!`.
fn is_undecided(directory: &Path) -> bool {
    let (Some(root), Ok(here)) = (work_tree(directory), directory.canonicalize()) else { return false };
    let inside = here.ancestors().take_while(|folder| folder.starts_with(&root));
    let env = here.join(ENV);
    inside.into_iter().all(|folder| {
        let is_plain = files::irregular_rules(folder).is_none();
        is_plain && matches!(Gitignore::new(folder.join(FILE)).0.matched_path_or_any_parents(&env, false), Match::None)
    })
}

/// The text with a line for `.env` at its end; none if it isn't UTF-8.
fn with_line(before: Option<&[u8]>) -> Option<String> {
    let before = std::str::from_utf8(before.unwrap_or_default()).ok()?;
    let ending = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { ending };
    Some(format!("{before}{gap}{ENV}{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("api")).unwrap();
        for (path, text) in files {
            std::fs::write(folder.path().join(path), text).unwrap();
        }
        folder
    }

    #[test]
    fn only_a_work_tree_without_a_pattern_for_env_is_undecided() {
        let git = (".git", "gitdir: elsewhere\n");
        assert!(is_undecided(tree(&[git]).path()));
        assert!(is_undecided(tree(&[git, (".gitignore", "*.log\nenv\n.env.local\n")]).path()));
        assert!(!is_undecided(tree(&[]).path()), "no git");
        for pattern in [".env", ".env*", "*.env", "/.env", "**/.env", ".*", "!.env"] {
            let tree = tree(&[git, (".gitignore", &format!("a\n{pattern}\n"))]);
            assert!(!is_undecided(tree.path()), "{pattern}");
            assert_eq!(is_undecided(&tree.path().join("api")), pattern == "/.env", "{pattern}");
        }
    }

    #[test]
    fn the_line_is_appended_with_the_line_endings_of_the_file() {
        assert_eq!(with_line(None).unwrap(), ".env\n");
        assert_eq!(with_line(Some(b"a\r\nb")).unwrap(), "a\r\nb\r\n.env\r\n");
        assert_eq!(with_line(Some(b"a\n")).unwrap(), "a\n.env\n");
        assert!(with_line(Some(b"\xff\n")).is_none());
    }
}
