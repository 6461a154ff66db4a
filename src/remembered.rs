//! Texts that a project's git repository remembers. Its objects and references are read as data: its configuration, which may name
//! programs, is not read at all.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::files;
use crate::git::{Scratch, work_tree};
use crate::limits;
use crate::process::{RunEnd, RunLimits, run};
use crate::seal::is_hex;

/// How many versions are looked at.
const MOST: &str = "--max-count=500";

/// Bytes of what git lists, and of its small files.
const LIST: u64 = 64 * 1024;

/// Bytes of the file with all references of a repository.
const REFERENCES: u64 = 64 << 20;

/// How long this run has read history, in milliseconds: all its files share one limit, in which questions do not count.
static SPENT: AtomicU64 = AtomicU64::new(0);

/// The history could not be read in time.
#[derive(Debug)]
pub(crate) struct Late;

/// The newest text of a project's file that a test accepts, among those that its own repository remembers.
///
/// None where there is no git, no repository, or no such text.
///
/// # Errors
/// It takes too long, such as where a pipe lies among the objects.
pub(crate) fn remembered(directory: &Path, path: &str, is_it: impl Fn(&str) -> bool) -> Result<Option<String>, Late> {
    let begin = Instant::now();
    let Ok(limit) = limits::history() else { return Ok(None) };
    let until = begin + limit.saturating_sub(Duration::from_millis(SPENT.load(Relaxed)));
    let limits = RunLimits { until, output: files::OUTPUT, asks: false, waiting: &|| {} };
    let found = search(directory, path, is_it, &limits);
    SPENT.fetch_add(u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX), Relaxed);
    if found.is_none() && Instant::now() >= until { Err(Late) } else { Ok(found) }
}

fn search(directory: &Path, path: &str, is_it: impl Fn(&str) -> bool, limits: &RunLimits<'_>) -> Option<String> {
    let tree = work_tree(directory)?;
    let path = directory.canonicalize().ok()?.strip_prefix(&tree).ok()?.join(path).to_str()?.to_owned();
    let history = History::of(&tree, limits)?;
    let commits = history.git(&["rev-list", MOST, &history.head, "--", &path], limits)?;
    commits.lines().find_map(|commit| {
        let text = history.git(&["cat-file", "blob", &format!("{commit}:{path}")], limits)?.replace("\r\n", "\n");
        is_it(&text).then_some(text)
    })
}

/// The commits of a repository, seen from one of dockgen's own.
struct History {
    scratch: Scratch,
    objects: PathBuf,
    /// The commit that is checked out.
    head: String,
}

impl History {
    fn of(tree: &Path, limits: &RunLimits<'_>) -> Option<Self> {
        let own = git_folder(&tree.join(".git"))?;
        let common = small(&own.join("commondir")).map_or_else(|| own.clone(), |folder| own.join(folder));
        let head = commit(&own, &common)?;
        let scratch = Scratch::new((head.len() == 64).then_some("sha256"), limits).ok()?;
        // where a shallow clone ends
        if let Ok(shallow) = files::read(&common.join("shallow"), LIST) {
            std::fs::write(scratch.path().join("shallow"), shallow).ok()?;
        }
        Some(Self { scratch, objects: common.join("objects").canonicalize().ok()?, head })
    }

    fn git(&self, arguments: &[&str], limits: &RunLimits<'_>) -> Option<String> {
        let mut command = self.scratch.command();
        // nothing of the user's is needed either: neither configuration nor network
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
            command.env_remove(name);
        }
        command.envs([
            ("GIT_DIR", self.scratch.path().as_os_str()),
            ("GIT_OBJECT_DIRECTORY", self.objects.as_os_str()),
            ("GIT_CONFIG_GLOBAL", "/dev/null".as_ref()),
            ("GIT_CONFIG_NOSYSTEM", "1".as_ref()),
            ("GIT_NO_LAZY_FETCH", "1".as_ref()),
            ("GIT_ALLOW_PROTOCOL", "none".as_ref()),
            ("GIT_LITERAL_PATHSPECS", "1".as_ref()),
        ]);
        match run(command.arg("--no-pager").args(arguments), limits).ok()? {
            RunEnd::Itself(output) if output.status.success() => String::from_utf8(output.stdout).ok(),
            _ => None,
        }
    }
}

/// The folder that `.git` is, or that the file `.git` names.
fn git_folder(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_path_buf());
    }
    Some(git.parent()?.join(small(git)?.strip_prefix("gitdir: ")?))
}

/// The commit that `HEAD` leads to.
fn commit(own: &Path, common: &Path) -> Option<String> {
    let head = small(&own.join("HEAD"))?;
    let Some(name) = head.strip_prefix("ref: ").map(str::trim) else { return is_commit(&head).then_some(head) };
    if !name.starts_with("refs/") || name.split('/').any(|part| part.starts_with('.')) {
        return None;
    }
    let packed = || {
        let packed = String::from_utf8(files::read(&common.join("packed-refs"), REFERENCES).ok()?).ok()?;
        let found = packed.lines().find_map(|line| line.split_once(' ').filter(|(_, found)| *found == name))?;
        Some(found.0.to_owned())
    };
    small(&common.join(name)).filter(|text| is_commit(text)).or_else(packed).filter(|text| is_commit(text))
}

/// Whether a text is the name of an object: SHA-1 or SHA-256.
fn is_commit(text: &str) -> bool {
    [40, 64].contains(&text.len()) && is_hex(text)
}

/// The one line of a small file.
fn small(path: &Path) -> Option<String> {
    let text = String::from_utf8(files::read(path, LIST).ok()?).ok()?;
    Some(text.trim_end().to_owned())
}
