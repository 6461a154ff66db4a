//! Fetches presets from git repositories with the user's own `git` and its credentials. Code in a repository never runs.

use std::io::{IsTerminal as _, Write as _};
use std::process::{Command, Output};
use std::time::Instant;

use fs_err::File;
use rlimit::Resource;

use super::address::Git;
use super::tree::{TEMPLATES, Tree, is_preset_file};
use crate::error::{Error, Result};
use crate::git::{ScratchRepository, no_git};
use crate::limits;
use crate::process::{Outcome, RunLimits, run};

/// The largest file that git may write during a fetch, in bytes. A commit of a preset repository is far smaller.
const LARGEST_PACK: u64 = 64 * 1024 * 1024;

/// The longest output of git, in bytes: the names of a few hundred thousand files, or all presets and templates.
const LONGEST_LIST: u64 = 32 * 1024 * 1024;

/// Help for a repository whose content git can't read.
const CHECK_REPOSITORY: &str = "clone the repository and run `git fsck` in it";

/// The presets and templates of one commit.
pub(super) struct Fetched {
    pub(super) revision: String,
    pub(super) tree: Tree,
}

/// Fetches the locked commit, or the current commit of the reference. Calls `on_wait` with the host name if git is slow.
///
/// # Errors
/// git is missing; the repository, reference or commit doesn't exist; or the content isn't allowed in presets.
pub(super) fn fetch(address: &Git, locked: Option<&str>, on_wait: &dyn Fn(&str)) -> Result<Fetched> {
    let may_prompt = std::io::stdin().is_terminal();
    let on_wait = || on_wait(address.host());
    let limit = limits::fetch_timeout(may_prompt)?;
    let limits = RunLimits { until: Instant::now() + limit, output: LONGEST_LIST, may_prompt, on_wait: &on_wait };
    let repository = Repository { scratch: ScratchRepository::new(None, &limits)?, limits, seconds: limit.as_secs() };
    let reference = address.reference.as_deref().unwrap_or("HEAD");
    let revision = match locked {
        None => repository.fetch(address, reference, true)?,
        Some(revision) => repository.fetch_locked(address, reference, revision)?,
    };
    let tree = repository
        .tree(&revision)
        .map_err(|error| Error { message: format!("{}: {}", address.repository(), error.message), ..error })?;
    Ok(Fetched { revision, tree })
}

/// A temporary bare repository for one fetch.
struct Repository<'a> {
    scratch: ScratchRepository,
    /// Shared by all its commands.
    limits: RunLimits<'a>,
    /// The time limit, for messages.
    seconds: u64,
}

impl Repository<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.scratch.command();
        command.env("GIT_ALLOW_PROTOCOL", "https:ssh:file");
        if !self.limits.may_prompt {
            command.env("GIT_TERMINAL_PROMPT", "0");
        }
        let settings = [
            "core.hooksPath=/dev/null",
            "fetch.recurseSubmodules=false",
            // always keep a single pack file, so that the limit on file size works
            "fetch.unpackLimit=1",
            "transfer.unpackLimit=1",
            "gc.auto=0",
            "maintenance.auto=false",
            // give up after 30 s below 100 bytes per second
            "http.lowSpeedLimit=100",
            "http.lowSpeedTime=30",
        ];
        command.args(settings.iter().flat_map(|setting| ["-c", setting])).args(arguments);
        command
    }

    fn git(&self, arguments: &[&str]) -> Result<Output> {
        self.run(&mut self.command(arguments))
    }

    fn run(&self, command: &mut Command) -> Result<Output> {
        match run(command, &self.limits).map_err(|error| no_git(&error))? {
            Outcome::Exited(output) => Ok(output),
            Outcome::TimedOut => Err(Error::new(format!("git did not finish in {} s", self.seconds)).hint(format!(
                "for a slow disk, set {}={}",
                limits::VARIABLE,
                self.seconds.saturating_mul(5)
            ))),
            Outcome::TooMuchOutput => {
                Err(Error::new("the repository has too many files").hint("move the presets to a repository of their own"))
            }
        }
    }

    /// Fetches a reference or commit and returns the name of its commit.
    fn fetch(&self, address: &Git, what: &str, shallow: bool) -> Result<String> {
        let mut arguments = vec!["fetch", "--quiet", "--no-tags", "--no-write-commit-graph"];
        arguments.extend(shallow.then_some("--depth=1"));
        // applies to git, too
        let limit = FileSizeLimit::new(LARGEST_PACK);
        let output = run(&mut self.command(&[arguments, vec!["--", &address.url, what]].concat()), &self.limits);
        drop(limit);
        let Outcome::Exited(output) = output.map_err(|error| no_git(&error))? else {
            return Err(timeout_error(address, self.seconds));
        };
        if !output.status.success() {
            let all = String::from_utf8_lossy(&output.stderr).into_owned();
            let message = git_error(&output);
            // git gets SIGXFSZ (25 on Linux and macOS) or EFBIG; it reports a helper that dies of them in several ways
            let ends = ["signal 25", "File too large", "invalid index-pack output"];
            let too_large = output.status.code().is_none() || ends.iter().any(|end| all.contains(end));
            if message.contains("find remote ref") {
                return Err(Error::new(format!("cannot fetch {}: it has no branch or tag `{what}`", address.repository()))
                    .hint(format!("list them: git ls-remote --heads --tags {}", address.url)));
            }
            let reason = if too_large { format!("it is larger than {} MiB", LARGEST_PACK >> 20) } else { message };
            return Err(Error::new(format!("cannot fetch {}: {reason}", address.repository()))
                .hint(format!("check that `git ls-remote {}` works here", address.url)));
        }
        let head = self.git(&["rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}"])?;
        let revision = String::from_utf8_lossy(&head.stdout).trim().to_owned();
        if head.status.success() && !revision.is_empty() {
            return Ok(revision);
        }
        Err(Error::new(format!("{what} is not a commit of {}", address.repository()))
            .hint(format!("use a branch, a tag or a commit: git ls-remote --heads --tags {}", address.url)))
    }

    /// Fetches a locked commit. If the server doesn't serve commits by name, looks for it in the history of the reference.
    fn fetch_locked(&self, address: &Git, reference: &str, revision: &str) -> Result<String> {
        if self.fetch(address, revision, true).is_ok() {
            return Ok(revision.to_owned());
        }
        let now = self.fetch(address, reference, false)?;
        let known = self.git(&["cat-file", "-e", &format!("{revision}^{{commit}}")])?.status.success();
        if known && self.git(&["merge-base", "--is-ancestor", revision, &now])?.status.success() {
            return Ok(revision.to_owned());
        }
        let repository = address.repository();
        Err(Error::new(format!("commit {revision} in dockgen.lock no longer exists in {repository}: {reference} is now {now}"))
            .hint(format!("review and accept the new commit: dockgen presets update {repository}")))
    }

    /// Runs `git ls-tree` on a commit. A few small objects can expand to more files than fit in memory, so its output is limited.
    fn list(&self, revision: &str) -> Result<String> {
        let output = self.git(&["ls-tree", "-r", "-z", "-l", "--full-tree", revision])?;
        if !output.status.success() {
            return Err(
                Error::new(format!("git cannot list the files of {revision}: {}", git_error(&output))).hint(CHECK_REPOSITORY)
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn tree(&self, revision: &str) -> Result<Tree> {
        let listing = self.list(revision)?;
        let mut tree = Tree::default();
        let mut wanted = Vec::new();
        for entry in listing.split('\0').filter(|entry| !entry.is_empty()) {
            let Some((about, path)) = entry.split_once('\t') else { continue };
            let words: Vec<&str> = about.split_whitespace().collect();
            let [mode, _, object, size] = words[..] else { continue };
            check_mode(mode, path)?;
            if mode.starts_with("100") && is_preset_file(path) {
                // check all sizes before reading any content
                tree.reserve(path, size.parse().unwrap_or(u64::MAX))?;
                wanted.push((object.to_owned(), path.to_owned()));
            }
        }
        let mut tree = Tree::default();
        for ((_, path), text) in wanted.iter().zip(self.blobs(&wanted)?) {
            tree.add(path, text)?;
        }
        Ok(tree)
    }

    /// Reads objects in the given order. `wanted` contains object names and paths.
    fn blobs(&self, wanted: &[(String, String)]) -> Result<Vec<Vec<u8>>> {
        let list = self.scratch.path().join("wanted");
        let mut file = File::create(&list)?;
        wanted.iter().try_for_each(|(object, _)| writeln!(file, "{object}"))?;
        let output = self.run(self.command(&["cat-file", "--batch"]).stdin(File::open(&list)?.into_parts().0))?;
        let mut rest = output.stdout.as_slice();
        let mut blobs = Vec::new();
        // for each object: a line that ends with its size, the content, and a newline
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let size = String::from_utf8_lossy(&rest[..end]).rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
            let blob = size.and_then(|size| rest.get(end + 1..end + 1 + size));
            let blob = blob.ok_or_else(|| Error::new("unexpected output of git cat-file").hint(CHECK_REPOSITORY))?;
            blobs.push(blob.to_vec());
            rest = rest.get(end + 2 + blob.len()..).unwrap_or_default();
        }
        if blobs.len() == wanted.len() {
            Ok(blobs)
        } else {
            Err(Error::new(format!("git did not read every file: {}", git_error(&output))).hint(CHECK_REPOSITORY))
        }
    }
}

/// Refuses presets that are symbolic links or submodules: their content isn't part of the commit.
fn check_mode(mode: &str, path: &str) -> Result<()> {
    let preset = is_preset_file(path) || path.split('/').any(|part| part == TEMPLATES);
    match mode {
        "120000" if preset => Err(Error::new(format!("`{path}` is a symbolic link, which a preset can't contain"))
            .hint("replace it with the file or folder that it links to")),
        "160000" if preset => {
            Err(Error::new(format!("`{path}` is a submodule, which a preset can't contain"))
                .hint("add that repository to `extends`"))
        }
        _ => Ok(()),
    }
}

fn timeout_error(address: &Git, seconds: u64) -> Error {
    Error::new(format!("cannot fetch {}: {} did not finish in {seconds} s", address.repository(), address.host())).hint(format!(
        "check that `git ls-remote {}` works here; for a slow network, set {}={}",
        address.url,
        limits::VARIABLE,
        seconds.saturating_mul(5)
    ))
}

/// The first error message of git, or else its last line.
fn git_error(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line =
        text.lines().find(|line| line.starts_with("fatal: ") || line.starts_with("error: ")).or_else(|| text.lines().last());
    line.unwrap_or("git said nothing").trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned()
}

/// Limits the size of files that this process and its children write, until dropped. Contains the previous limit.
struct FileSizeLimit(Option<(u64, u64)>);

impl FileSizeLimit {
    fn new(bytes: u64) -> Self {
        let before = rlimit::getrlimit(Resource::FSIZE).ok();
        let set = before.filter(|(_, hard)| rlimit::setrlimit(Resource::FSIZE, bytes.min(*hard), *hard).is_ok());
        Self(set)
    }
}

impl Drop for FileSizeLimit {
    fn drop(&mut self) {
        if let Some((soft, hard)) = self.0 {
            // can't fail: the limit was valid before
            let _ = rlimit::setrlimit(Resource::FSIZE, soft, hard);
        }
    }
}
