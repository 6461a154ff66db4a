//! Presets from git repositories, by the user's own `git` with its own credentials. Nothing of a repository is ever run.

use std::fs::File;
use std::io::{IsTerminal as _, Write as _};
use std::process::{Command, Output};
use std::time::Instant;

use rlimit::Resource;

use super::address::Git;
use super::tree::{TEMPLATES, Tree, is_part};
use crate::error::{Error, Result};
use crate::git::{Scratch, no_git};
use crate::limits;
use crate::process::{RunEnd, RunLimits, run};

/// The largest file that git may write while it fetches, in bytes: one commit's worth of a repository of presets is far smaller.
const LARGEST_PACK: u64 = 64 * 1024 * 1024;

/// Bytes of what git prints at most: the names of some hundred thousand files, or presets and templates.
const LONGEST_LIST: u64 = 32 * 1024 * 1024;

/// What a repository holds at a reference, or at a revision that was locked.
pub(super) struct Fetched {
    /// The commit.
    pub(super) revision: String,
    /// Its presets and templates.
    pub(super) tree: Tree,
}

/// Fetches one commit: what the reference says now, or the one that was locked.
///
/// # Errors
/// No git, no such repository, reference or commit, or content that presets must not have.
pub(super) fn fetch(address: &Git, locked: Option<&str>, waiting: &dyn Fn(&str)) -> Result<Fetched> {
    let asks = std::io::stdin().is_terminal();
    let waiting = || waiting(address.host());
    let limit = limits::fetch(asks)?;
    let limits = RunLimits { until: Instant::now() + limit, output: LONGEST_LIST, asks, waiting: &waiting };
    let repository = Repository { scratch: Scratch::new(None, &limits)?, limits, seconds: limit.as_secs() };
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

/// A bare repository that lives as long as one fetch.
struct Repository<'a> {
    scratch: Scratch,
    /// Of all its commands together.
    limits: RunLimits<'a>,
    /// The time limit.
    seconds: u64,
}

impl Repository<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.scratch.command();
        command.env("GIT_ALLOW_PROTOCOL", "https:ssh:file");
        if !self.limits.asks {
            command.env("GIT_TERMINAL_PROMPT", "0");
        }
        let settings = [
            "core.hooksPath=/dev/null",
            "fetch.recurseSubmodules=false",
            // one file, which the limit below is for
            "fetch.unpackLimit=1",
            "transfer.unpackLimit=1",
            "gc.auto=0",
            "maintenance.auto=false",
            // half a minute of next to nothing is the end
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
            RunEnd::Itself(output) => Ok(output),
            RunEnd::Late => Err(Error::new("git did not finish in time")),
            RunEnd::Endless => {
                Err(Error::new("the repository has too many files").hint("move the presets to a repository of their own"))
            }
        }
    }

    /// Fetches what a reference or a commit's name leads to, and says which commit that is.
    fn fetch(&self, address: &Git, what: &str, shallow: bool) -> Result<String> {
        let mut arguments = vec!["fetch", "--quiet", "--no-tags", "--no-write-commit-graph"];
        arguments.extend(shallow.then_some("--depth=1"));
        // git must be able to write no more than this
        let limit = Limit::new(LARGEST_PACK);
        let output = run(&mut self.command(&[arguments, vec!["--", &address.url, what]].concat()), &self.limits);
        drop(limit);
        let RunEnd::Itself(output) = output.map_err(|error| no_git(&error))? else { return Err(late(address, self.seconds)) };
        if !output.status.success() {
            let all = String::from_utf8_lossy(&output.stderr).into_owned();
            let said = said(&output);
            // SIGXFSZ has this number on Linux and macOS, or the write fails with EFBIG; git tells of its helper's end in many ways
            let ends = ["signal 25", "File too large", "invalid index-pack output"];
            let too_large = output.status.code().is_none() || ends.iter().any(|end| all.contains(end));
            let reason = if too_large { format!("it is larger than {} MiB", LARGEST_PACK >> 20) } else { said };
            return Err(Error::new(format!("cannot fetch {}: {reason}", address.repository()))
                .hint(format!("check that `git ls-remote {}` works here", address.url)));
        }
        let head = self.git(&["rev-parse", "--verify", "--quiet", "FETCH_HEAD^{commit}"])?;
        let revision = String::from_utf8_lossy(&head.stdout).trim().to_owned();
        if head.status.success() && !revision.is_empty() {
            return Ok(revision);
        }
        Err(Error::new(format!("{what} is not a commit of {}", address.repository())))
    }

    /// The commit that was locked; a server that gives none by name gives the history of the reference.
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

    /// Every file of a commit, as git lists them; a few objects can make more of them than there is memory.
    fn list(&self, revision: &str) -> Result<String> {
        let output = self.git(&["ls-tree", "-r", "-z", "-l", "--full-tree", revision])?;
        if !output.status.success() {
            return Err(Error::new(format!("git cannot list the files of {revision}: {}", said(&output))));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The presets and templates of a commit.
    fn tree(&self, revision: &str) -> Result<Tree> {
        let listing = self.list(revision)?;
        let mut tree = Tree::default();
        let mut wanted = Vec::new();
        for entry in listing.split('\0').filter(|entry| !entry.is_empty()) {
            let Some((about, path)) = entry.split_once('\t') else { continue };
            let words: Vec<&str> = about.split_whitespace().collect();
            let [mode, _, object, size] = words[..] else { continue };
            may_be_there(mode, path)?;
            if mode.starts_with("100") && is_part(path) {
                // all sizes are known before anything is read
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

    /// The content of objects.
    fn blobs(&self, wanted: &[(String, String)]) -> Result<Vec<Vec<u8>>> {
        let list = self.scratch.path().join("wanted");
        let mut file = File::create(&list)?;
        wanted.iter().try_for_each(|(object, _)| writeln!(file, "{object}"))?;
        let output = self.run(self.command(&["cat-file", "--batch"]).stdin(File::open(&list)?))?;
        let mut rest = output.stdout.as_slice();
        let mut blobs = Vec::new();
        // each is a line with its size at the end, the content, and a newline
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let size = String::from_utf8_lossy(&rest[..end]).rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
            let blob = size.and_then(|size| rest.get(end + 1..end + 1 + size));
            let blob = blob.ok_or_else(|| Error::new("unexpected output of git"))?;
            blobs.push(blob.to_vec());
            rest = rest.get(end + 2 + blob.len()..).unwrap_or_default();
        }
        if blobs.len() == wanted.len() {
            Ok(blobs)
        } else {
            Err(Error::new(format!("git did not read every file: {}", said(&output))))
        }
    }
}

/// Symbolic links and submodules stand for something else: no preset may hide behind one.
fn may_be_there(mode: &str, path: &str) -> Result<()> {
    let preset = is_part(path) || path.split('/').any(|part| part == TEMPLATES);
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

fn late(address: &Git, seconds: u64) -> Error {
    Error::new(format!("cannot fetch {}: {} did not finish in {seconds} s", address.repository(), address.host())).hint(format!(
        "check that `git ls-remote {}` works here; for a slow network, set {}={}",
        address.url,
        limits::VARIABLE,
        seconds.saturating_mul(5)
    ))
}

/// What git complained about, in one line.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line =
        text.lines().find(|line| line.starts_with("fatal: ") || line.starts_with("error: ")).or_else(|| text.lines().last());
    line.unwrap_or("git said nothing").trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned()
}

/// Keeps this process, and what it starts, from writing larger files, until it is dropped.
struct Limit(Option<(u64, u64)>);

impl Limit {
    fn new(bytes: u64) -> Self {
        let before = rlimit::getrlimit(Resource::FSIZE).ok();
        let set = before.filter(|(_, hard)| rlimit::setrlimit(Resource::FSIZE, bytes.min(*hard), *hard).is_ok());
        Self(set)
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        if let Some((soft, hard)) = self.0 {
            // it was so before, so it may be so again
            let _ = rlimit::setrlimit(Resource::FSIZE, soft, hard);
        }
    }
}
