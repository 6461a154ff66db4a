//! Finds earlier versions of files in the history of a project's git repository. Its objects and references are read as data. Its
//! configuration, which may name programs to run, is never read.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::files;
use crate::git::{ScratchRepository, work_tree};
use crate::limits;
use crate::process::{Outcome, RunLimits, run};
use crate::seal::is_hex;

/// How many versions of a file are checked.
const MAX_COUNT: &str = "--max-count=500";

/// The largest of git's small files, in bytes.
const SMALL_FILE: u64 = 64 * 1024;

/// The largest `packed-refs`, in bytes.
const REFERENCES: u64 = 64 << 20;

/// How long this run has spent reading history, in milliseconds. All files share one limit; time in prompts doesn't count.
static SPENT: AtomicU64 = AtomicU64::new(0);

/// Reading the history exceeded the time limit.
#[derive(Debug)]
pub(crate) struct HistoryTimeout;

/// Finds the newest committed version of a file that `accepts` returns true for.
///
/// `None` if there is no git, no repository or no such version.
///
/// # Errors
/// The time limit is exceeded, for example because one of git's object files is a pipe.
pub(crate) fn find_text(directory: &Path, path: &str, accepts: impl Fn(&str) -> bool) -> Result<Option<String>, HistoryTimeout> {
    let begin = Instant::now();
    let Ok(limit) = limits::history_timeout() else { return Ok(None) };
    let until = begin + limit.saturating_sub(Duration::from_millis(SPENT.load(Relaxed)));
    let limits = RunLimits { until, output: files::OUTPUT, may_prompt: false, on_wait: &|| {} };
    let found = find_version(directory, path, accepts, &limits);
    SPENT.fetch_add(u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX), Relaxed);
    if found.is_none() && Instant::now() >= until { Err(HistoryTimeout) } else { Ok(found) }
}

fn find_version(directory: &Path, path: &str, accepts: impl Fn(&str) -> bool, limits: &RunLimits<'_>) -> Option<String> {
    let tree = work_tree(directory)?;
    let path = directory.canonicalize().ok()?.strip_prefix(&tree).ok()?.join(path).to_str()?.to_owned();
    let history = History::open(&tree, limits)?;
    let commits = history.git(&["rev-list", MAX_COUNT, &history.head, "--", &path], limits)?;
    commits.lines().find_map(|commit| {
        let text = history.git(&["cat-file", "blob", &format!("{commit}:{path}")], limits)?.replace("\r\n", "\n");
        accepts(&text).then_some(text)
    })
}

/// The commits of a repository, read through a temporary repository that uses its objects.
struct History {
    scratch: ScratchRepository,
    objects: PathBuf,
    /// The name of the commit that is checked out.
    head: String,
}

impl History {
    fn open(tree: &Path, limits: &RunLimits<'_>) -> Option<Self> {
        let own = git_folder(&tree.join(".git"))?;
        let common = read_line(&own.join("commondir")).map_or_else(|| own.clone(), |folder| own.join(folder));
        let head = head_commit(&own, &common)?;
        let scratch = ScratchRepository::new((head.len() == 64).then_some("sha256"), limits).ok()?;
        // the boundary of a shallow clone
        if let Ok(shallow) = files::read(&common.join("shallow"), SMALL_FILE) {
            fs_err::write(scratch.path().join("shallow"), shallow).ok()?;
        }
        Some(Self { scratch, objects: common.join("objects").canonicalize().ok()?, head })
    }

    fn git(&self, arguments: &[&str], limits: &RunLimits<'_>) -> Option<String> {
        let mut command = self.scratch.command();
        // the user's configuration and the network aren't needed, either
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
            Outcome::Exited(output) if output.status.success() => String::from_utf8(output.stdout).ok(),
            _ => None,
        }
    }
}

/// The git folder: `.git` itself, or the folder that the file `.git` names.
fn git_folder(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_path_buf());
    }
    Some(git.parent()?.join(read_line(git)?.strip_prefix("gitdir: ")?))
}

/// The commit of `HEAD`. `own` is the git folder of the work tree, `common` the one that linked work trees share.
fn head_commit(own: &Path, common: &Path) -> Option<String> {
    let head = read_line(&own.join("HEAD"))?;
    let Some(name) = head.strip_prefix("ref: ").map(str::trim) else { return is_commit(&head).then_some(head) };
    if !name.starts_with("refs/") || name.split('/').any(|part| part.starts_with('.')) {
        return None;
    }
    let packed = || {
        let packed = String::from_utf8(files::read(&common.join("packed-refs"), REFERENCES).ok()?).ok()?;
        let found = packed.lines().find_map(|line| line.split_once(' ').filter(|(_, found)| *found == name))?;
        Some(found.0.to_owned())
    };
    read_line(&common.join(name)).filter(|text| is_commit(text)).or_else(packed).filter(|text| is_commit(text))
}

/// Whether a text is a SHA-1 or SHA-256 object name.
fn is_commit(text: &str) -> bool {
    [40, 64].contains(&text.len()) && is_hex(text)
}

/// Reads a small file, without trailing whitespace.
fn read_line(path: &Path) -> Option<String> {
    let text = String::from_utf8(files::read(path, SMALL_FILE).ok()?).ok()?;
    Some(text.trim_end().to_owned())
}
