//! What is to be written, held against what is there. Nothing is written here.

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

/// How a file stands to what dockgen would write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is what dockgen would write.
    InStep,
    /// There is none, and there never was.
    Missing,
    /// There is none any more: somebody deleted it since dockgen wrote it.
    Deleted,
    /// It is as dockgen wrote it, and dockgen would now write something else.
    Outdated,
    /// Somebody edited it, and dockgen would write what it wrote then.
    Edited,
    /// Somebody edited it, and dockgen would now write something else.
    EditedAndOutdated,
    /// It has unresolved merge conflicts.
    #[serde(rename = "undecided")]
    Unresolved,
    /// dockgen did not write it.
    Foreign,
}

/// What a run does about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is as it should be.
    Unchanged,
    /// It stays edited or deleted: dockgen has nothing new for it.
    Kept,
    /// It is written for the first time, or again.
    Created,
    /// It is as dockgen wrote it, and replaced.
    Updated,
    /// It is replaced although somebody else wrote it.
    Replaced,
    /// What is new is brought into what somebody edited.
    Merged,
    /// The same, with conflicts in it that somebody has to decide.
    Conflicted,
    /// Writing would lose somebody's work.
    Refused,
    /// It would be written, and this run writes nothing.
    Pending,
}

impl Action {
    /// Whether the file gets another text.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::Replaced | Self::Merged | Self::Conflicted)
    }
}

/// Which files of others a run may overwrite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OverwritePolicy {
    /// Replace what others wrote.
    pub force: bool,
    /// Merge into what was edited.
    pub merge: bool,
    /// Write again what was deleted.
    pub restore: bool,
}

/// One file of a plan.
#[derive(Debug, Clone)]
pub struct Step {
    /// How it stands.
    pub state: State,
    /// What happens to it.
    pub action: Action,
    /// The file as dockgen would write it.
    pub file: RenderedFile,
    /// What is there now; empty where there is nothing.
    pub before: Vec<u8>,
    /// Where it really is, symbolic links followed.
    pub target: PathBuf,
    /// The edited text with what is new, where they are merged.
    pub merged: Option<String>,
    /// dockgen's own bookkeeping, or the spec: no output.
    pub own: bool,
}

impl Step {
    /// What is written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.merged.as_deref().unwrap_or(&self.file.text)
    }

    /// What is there now as text; a checkout may have turned LF into CRLF, and that is no edit.
    #[must_use]
    pub fn edited(&self) -> String {
        String::from_utf8_lossy(&self.before).replace("\r\n", "\n")
    }

    /// What happens to a file in this state.
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

/// Everything that would happen, before any of it does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// One step a file.
    pub steps: Vec<Step>,
}

/// What a file contains when a run first sees it; none where there is no file that dockgen may have written.
pub(crate) fn seen(path: &Path) -> Option<Vec<u8>> {
    files::read(path, files::OUTPUT).ok()
}

/// A file that the lock names, and that no output writes any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stale {
    /// It is as dockgen wrote it.
    AsWritten,
    /// It was edited, and still says that dockgen wrote it.
    Edited,
    /// Only the lock says that dockgen wrote it, and anyone may have changed the lock.
    Taken,
}

/// What a project is made of: files of these kinds are its own, unless their header says otherwise.
const SOURCES: [&str; 6] = ["cfg", "lock", "md", "py", "toml", "txt"];

/// What became of a file that dockgen last wrote with this fingerprint; none where there is no file in the project, or only one that
/// dockgen never wrote.
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
    /// Compares files with a folder, and with what dockgen wrote there last.
    ///
    /// # Errors
    /// Something at a file's place that is no file, or lies outside the folder.
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

    /// Decides anew about the files that somebody was asked about.
    pub fn settle(&mut self, policy: OverwritePolicy) {
        self.steps.iter_mut().filter(|step| step.action == Action::Refused).for_each(|step| step.settle(policy));
    }

    /// What dockgen will have written last at each path when the plan is carried out, where this is what it was before.
    #[must_use]
    pub fn written(&self, last: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let stays = |step: &&Step| step.action == Action::Refused || (step.state == State::Deleted && !step.action.writes());
        let new = self.outputs().filter(|step| !stays(step)).map(|step| (step.file.path.clone(), step.file.hash()));
        last.clone().into_iter().chain(new).collect()
    }

    /// Nothing of it is carried out, because these files changed meanwhile.
    pub fn stop(&mut self, changed: &[String]) {
        self.hold();
        self.steps.iter_mut().filter(|step| changed.contains(&step.file.path)).for_each(|step| step.action = Action::Refused);
    }

    /// Nothing of it is carried out.
    pub fn hold(&mut self) {
        self.steps.iter_mut().filter(|step| step.action.writes()).for_each(|step| step.action = Action::Pending);
    }

    /// The answer of `--check`: what has to be done first decides.
    #[must_use]
    pub fn answer(&self) -> Exit {
        let any = |states: &[State]| self.outputs().any(|step| states.contains(&step.state));
        let none = any(&[State::Missing]);
        // a lock that is not there says no more than the files that are not there either
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

    /// The answer of `--diff`: whether any output would be written.
    #[must_use]
    pub fn would_change(&self) -> Exit {
        let writes = |step: &Step| step.action.writes() || step.action == Action::Refused;
        if self.outputs().any(writes) { Exit::No } else { Exit::Done }
    }

    /// Adds a file of dockgen's own bookkeeping, or the spec, which is replaced whenever it differs. `seen` is its content as the
    /// run first saw it: what someone makes of it later is compared with that.
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

    /// The steps of outputs.
    pub fn outputs(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| !step.own)
    }

    /// The steps that write something.
    pub fn changes(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.action.writes())
    }

    /// The steps that would lose somebody's work.
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

/// Whether two paths that differ only in case are one file, as some disks have it: then no folder lists both.
pub(crate) fn is_one_file(directory: &Path, one: &str, other: &str) -> bool {
    let listed = |path: &str| {
        let path = directory.join(path);
        let entries = path.parent().and_then(|folder| fs_err::read_dir(folder).ok()).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| Some(&*entry.file_name()) == path.file_name())
    };
    one.to_lowercase() == other.to_lowercase() && !(listed(one) && listed(other))
}

/// The key below `output` that holds a path.
pub(crate) fn path_key(output: &str) -> String {
    if output.starts_with("extra.") { format!("{output}.path") } else { output.to_owned() }
}

/// How a text stands to another one that dockgen would write, where dockgen last wrote a text of this fingerprint.
fn state(text: &str, now: &str, last: Option<&str>) -> State {
    let carried = carried(text).map(|(hash, _)| hash);
    let found = fingerprint(text);
    // the header says which text a file is an edit of: the lock of another branch may be newer than the file, or older
    match carried.or(last) {
        _ if carried == Some(&found) || last == Some(&found) => State::Outdated,
        None => State::Foreign,
        Some(_) if is_unresolved(text) && !is_unresolved(now) => State::Unresolved,
        Some(base) if base == fingerprint(now) => State::Edited,
        Some(_) => State::EditedAndOutdated,
    }
}

/// The real place of a file, and what is there: symbolic links are followed as long as they stay inside the project.
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
