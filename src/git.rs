//! The user's own `git`, as far as more than one place runs it.

use std::path::Path;
use std::process::{Command, Stdio};

/// What git keeps in the environment about the repository that a hook runs in (`git rev-parse --local-env-vars`).
const LOCAL_VARIABLES: [&str; 10] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
];

/// git, without what a hook that runs dockgen has told about its own repository.
pub(crate) fn git() -> Command {
    let mut command = Command::new("git");
    for name in LOCAL_VARIABLES {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// The newest text of a project's file that a test accepts, among those that its own repository remembers.
///
/// None where there is no git, no repository, or no such text.
pub(crate) fn remembered(directory: &Path, path: &str, is_it: impl Fn(&str) -> bool) -> Option<String> {
    /// How many versions are looked at.
    const MOST: &str = "--max-count=500";
    let run = |arguments: &[&str]| {
        let output = git().arg("-C").arg(directory).args(arguments).output().ok()?;
        output.status.success().then_some(output.stdout)
    };
    let commits = run(&["log", MOST, "--format=%H", "--", path])?;
    let commits = String::from_utf8(commits).ok()?;
    commits.lines().find_map(|commit| {
        let text = run(&["cat-file", "blob", &format!("{commit}:./{path}")])?;
        let text = String::from_utf8(text).ok()?.replace("\r\n", "\n");
        is_it(&text).then_some(text)
    })
}
