//! Compares the rendered files with those on disk and decides what to write. Writes nothing itself.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;

use crate::error::{Error, Exit, Result};
use crate::files;
use crate::merge::is_unresolved;
use crate::paths::is_reserved;
use crate::render::RenderedFile;
use crate::seal::{carried, fingerprint, is_intact};

/// State of a file on disk, compared with the text that dockgen would write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It has the text that dockgen would write.
    InStep,
    /// It doesn't exist, and dockgen never wrote it.
    Missing,
    /// It was deleted after dockgen wrote it.
    Deleted,
    /// It is unedited, but dockgen would now write another text.
    Outdated,
    /// It was edited by hand, and dockgen has no updates for it.
    Edited,
    /// It was edited by hand, and dockgen would now write another text.
    EditedAndOutdated,
    /// It has unresolved merge conflicts.
    #[serde(rename = "undecided")]
    Unresolved,
    /// dockgen did not write it.
    Foreign,
}

/// What a run does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is up to date.
    Unchanged,
    /// It stays edited or deleted.
    Kept,
    /// It didn't exist and is written.
    Created,
    /// It was unedited and is replaced.
    Updated,
    /// It is overwritten although it was edited, or not written by dockgen.
    Replaced,
    /// Updates are merged into the edited file.
    Merged,
    /// Updates are merged, and conflicts are marked.
    Conflicted,
    /// It isn't written, because that would lose an edit or a file that dockgen didn't write.
    Refused,
    /// It would be written, but this run writes nothing.
    Pending,
}

impl Action {
    /// Whether the run changes the file.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::Replaced | Self::Merged | Self::Conflicted)
    }
}

/// Which files a run may overwrite besides those that dockgen wrote and no one edited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OverwritePolicy {
    /// Overwrite edited files, and files that dockgen didn't write.
    pub force: bool,
    /// Merge updates into edited files.
    pub merge: bool,
    /// Write deleted files again.
    pub restore: bool,
}

/// One file of a plan.
#[derive(Debug, Clone)]
pub struct Step {
    /// State before the run.
    pub state: State,
    pub action: Action,
    pub file: RenderedFile,
    /// Content on disk; empty if there is no file.
    pub before: Vec<u8>,
    /// Absolute path, with symbolic links resolved.
    pub target: PathBuf,
    /// The merged text, if the file is merged.
    pub merged: Option<String>,
    /// Whether this is `dockgen.lock` or `dockgen.toml` rather than an output.
    pub own: bool,
}

impl Step {
    /// The text to write.
    #[must_use]
    pub fn text(&self) -> &str {
        self.merged.as_deref().unwrap_or(&self.file.text)
    }

    /// Text on disk with LF line endings: a checkout that converts them to CRLF is no edit.
    #[must_use]
    pub fn edited(&self) -> String {
        String::from_utf8_lossy(&self.before).replace("\r\n", "\n")
    }

    /// Chooses the action for this state.
    fn settle(&mut self, policy: OverwritePolicy) {
        self.action = match self.state {
            State::InStep => Action::Unchanged,
            State::Deleted if !policy.restore => Action::Kept,
            State::Missing | State::Deleted => Action::Created,
            State::Outdated => Action::Updated,
            State::Edited | State::EditedAndOutdated | State::Unresolved | State::Foreign if policy.force => Action::Replaced,
            State::Edited => Action::Kept,
            State::EditedAndOutdated if policy.merge => Action::Merged,
            State::EditedAndOutdated | State::Unresolved | State::Foreign => Action::Refused,
        };
    }
}

/// The changes that a run would make.
#[derive(Debug, Clone)]
pub struct Plan {
    /// One step per file.
    pub steps: Vec<Step>,
}

/// Content of a file when a run first reads it; none if dockgen can't have written the file.
pub(crate) fn seen(path: &Path) -> Option<Vec<u8>> {
    files::read(path, files::OUTPUT).ok()
}

/// A file in the lock that belongs to no output any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stale {
    /// Unedited.
    AsWritten,
    /// Edited, with dockgen's header.
    Edited,
    /// Without dockgen's header: only the lock says that dockgen wrote it, and anyone may have changed the lock.
    Taken,
}

/// Extensions of source files: these belong to the project unless they have dockgen's header.
const SOURCES: [&str; 6] = ["cfg", "lock", "md", "py", "toml", "txt"];

/// State of a file that dockgen last wrote with this fingerprint; none if it doesn't exist in the project, or if
/// dockgen never wrote it.
pub(crate) fn stale(directory: &Path, path: &str, last: &str) -> Option<Stale> {
    if path.split('/').any(is_reserved) {
        return None;
    }
    let root = fs_err::canonicalize(directory).ok()?;
    let file = fs_err::canonicalize(root.join(path)).ok().filter(|file| file.starts_with(&root))?;
    let text = String::from_utf8_lossy(&seen(&file)?).replace("\r\n", "\n");
    let is_source = || Path::new(path).extension().is_some_and(|end| SOURCES.iter().any(|source| end == *source));
    match is_intact(&text) {
        Some(is_whole) if is_whole || fingerprint(&text) == last => Some(Stale::AsWritten),
        Some(_) => Some(Stale::Edited),
        None => (!is_source()).then_some(Stale::Taken),
    }
}

impl Plan {
    /// Compares files with those in a folder, and with what dockgen last wrote there.
    ///
    /// # Errors
    /// A path is not a regular file, or leads out of the folder.
    pub fn new(
        directory: &Path,
        files: Vec<RenderedFile>,
        written: &BTreeMap<String, String>,
        policy: OverwritePolicy,
    ) -> Result<Self> {
        let root = fs_err::canonicalize(directory)?;
        let step = |file: RenderedFile| {
            let last = written.get(&file.path).map(String::as_str);
            step(&root, file, last)
        };
        let mut steps: Vec<Step> = files.into_iter().map(step).collect::<Result<_>>()?;
        for (index, step) in steps.iter().enumerate() {
            if let Some(other) = steps[..index].iter().find(|other| other.target == step.target) {
                let message = format!(
                    "`{}` and `{}` are the same file: one is a symbolic link to the other",
                    other.file.path, step.file.path
                );
                return Err(Error::new(message).hint("replace the link with a file"));
            }
        }
        steps.iter_mut().for_each(|step| step.settle(policy));
        Ok(Self { steps })
    }

    /// Applies a user's answer to the refused files.
    pub fn settle(&mut self, policy: OverwritePolicy) {
        self.steps.iter_mut().filter(|step| step.action == Action::Refused).for_each(|step| step.settle(policy));
    }

    /// Hashes of the last written outputs by path, after this plan; `last` has those from before.
    #[must_use]
    pub fn written(&self, last: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let stays = |step: &&Step| step.action == Action::Refused || (step.state == State::Deleted && !step.action.writes());
        let new = self.outputs().filter(|step| !stays(step)).map(|step| (step.file.path.clone(), step.file.hash()));
        last.clone().into_iter().chain(new).collect()
    }

    /// Cancels all writes because these files changed during the run.
    pub fn stop(&mut self, changed: &[String]) {
        self.hold();
        self.steps.iter_mut().filter(|step| changed.contains(&step.file.path)).for_each(|step| step.action = Action::Refused);
    }

    /// Cancels all writes.
    pub fn hold(&mut self) {
        self.steps.iter_mut().filter(|step| step.action.writes()).for_each(|step| step.action = Action::Pending);
    }

    /// Exit code of `--check`: outdated takes precedence over missing, and missing over edited.
    #[must_use]
    pub fn answer(&self) -> Exit {
        let any = |states: &[State]| self.outputs().any(|step| states.contains(&step.state));
        let none = any(&[State::Missing]);
        // if outputs are missing, a missing lock is no extra finding
        let own = self.steps.iter().any(|step| step.own && step.action.writes() && !(none && step.state == State::Missing));
        if own || any(&[State::Outdated, State::EditedAndOutdated, State::Unresolved, State::Foreign]) {
            Exit::No
        } else if any(&[State::Missing, State::Deleted]) {
            Exit::Missing
        } else if any(&[State::Edited]) {
            Exit::Edited
        } else {
            Exit::Done
        }
    }

    /// Exit code of `--diff`: whether any output would change.
    #[must_use]
    pub fn would_change(&self) -> Exit {
        let writes = |step: &Step| step.action.writes() || step.action == Action::Refused;
        if self.outputs().any(writes) { Exit::No } else { Exit::Done }
    }

    /// Adds `dockgen.lock` or `dockgen.toml`, which are replaced whenever they differ. `seen` is the content that the run first
    /// read: a later edit is found by comparing with it.
    ///
    /// # Errors
    /// As for [`Plan::new`].
    pub fn add_own(&mut self, directory: &Path, file: RenderedFile, seen: Option<&[u8]>) -> Result<()> {
        let target = fs_err::canonicalize(directory)?.join(&file.path);
        let there = target.symlink_metadata().ok();
        if there.as_ref().is_some_and(Metadata::is_symlink) {
            return Err(Error::new(format!("`{}` is a symbolic link", file.path)).hint("replace the link with a file"));
        }
        let state = match seen {
            None => State::Missing,
            Some(seen) if String::from_utf8_lossy(seen).replace("\r\n", "\n") == file.text => State::InStep,
            Some(_) => State::Outdated,
        };
        let before = seen.unwrap_or_default().to_vec();
        let mut step = Step { state, action: Action::Unchanged, file, before, target, merged: None, own: true };
        step.settle(OverwritePolicy::default());
        self.steps.push(step);
        Ok(())
    }

    /// Steps of outputs, without the lock and the spec.
    pub fn outputs(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| !step.own)
    }

    pub fn changes(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.action.writes())
    }

    /// Steps that need `--force`, `--merge` or a user's decision.
    pub fn refused(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.action == Action::Refused)
    }
}

fn step(root: &Path, file: RenderedFile, last: Option<&str>) -> Result<Step> {
    let (target, there) = target(root, &file.path)?;
    compare(target, there.as_ref(), file, last)
}

fn compare(target: PathBuf, there: Option<&Metadata>, file: RenderedFile, last: Option<&str>) -> Result<Step> {
    let made = |state, file, before, target| {
        Ok(Step { state, action: Action::Unchanged, file, before, target, merged: None, own: false })
    };
    let Some(metadata) = there else {
        let state = if last.is_some() { State::Deleted } else { State::Missing };
        return made(state, file, Vec::new(), target);
    };
    if !metadata.is_file() {
        let kind = if metadata.is_dir() { "a directory" } else { "not a regular file" };
        return Err(Error::new(format!("cannot write `{}`: it is {kind}", file.path))
            .hint(format!("move it away, or set output.{} to another path", path_key(&file.key))));
    }
    let before = files::read(&target, files::OUTPUT).map_err(|reason| reason.error(&file.path))?;
    let text = String::from_utf8_lossy(&before).replace("\r\n", "\n");
    let state = if text == file.text { State::InStep } else { state(&text, &file.text, last) };
    made(state, file, before, target)
}

/// Whether two paths that differ only in case are one file, as on disks that ignore case: then no folder lists both.
pub(crate) fn is_one_file(directory: &Path, one: &str, other: &str) -> bool {
    let listed = |path: &str| {
        let path = directory.join(path);
        let entries = path.parent().and_then(|folder| fs_err::read_dir(folder).ok()).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| Some(&*entry.file_name()) == path.file_name())
    };
    one.to_lowercase() == other.to_lowercase() && !(listed(one) && listed(other))
}

/// The key below `output` that sets a path.
pub(crate) fn path_key(output: &str) -> String {
    if output.starts_with("extra.") { format!("{output}.path") } else { output.to_owned() }
}

/// State of a text compared with the one that dockgen would write; `last` is the fingerprint of the last written one.
fn state(text: &str, now: &str, last: Option<&str>) -> State {
    let carried = carried(text).map(|(hash, _)| hash);
    let found = fingerprint(text);
    // the header identifies the text that was edited: the lock of another branch may be newer or older than the file
    match carried.or(last) {
        _ if carried == Some(&found) || last == Some(&found) => State::Outdated,
        None => State::Foreign,
        Some(_) if is_unresolved(text) && !is_unresolved(now) => State::Unresolved,
        Some(base) if base == fingerprint(now) => State::Edited,
        Some(_) => State::EditedAndOutdated,
    }
}

/// Resolves symbolic links, which must stay inside the project, and reads the metadata.
fn target(root: &Path, relative: &str) -> Result<(PathBuf, Option<Metadata>)> {
    let mut target = root.to_path_buf();
    let mut there = None;
    for part in Path::new(relative).components() {
        target.push(part);
        there = target.symlink_metadata().ok();
        if there.as_ref().is_some_and(Metadata::is_symlink) {
            target = fs_err::canonicalize(&target).map_err(|_| {
                Error::new(format!("`{relative}` goes through a broken symbolic link"))
                    .hint("replace the link with a file or folder")
            })?;
            there = target.metadata().ok();
        }
        if !target.starts_with(root) {
            return Err(Error::new(format!("`{relative}` is a symbolic link that leaves the project"))
                .hint("replace the link with a file: dockgen writes only inside the project"));
        }
    }
    let reserved = |part: Component<'_>| is_reserved(&part.as_os_str().to_string_lossy());
    if target.strip_prefix(root).is_ok_and(|path| path.components().any(reserved)) {
        return Err(Error::new(format!("`{relative}` is a symbolic link to a file that dockgen must not write"))
            .hint("replace the link with a file"));
    }
    Ok((target, there))
}
