//! What is to be written, held against what is there. Nothing is written here.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::render::{File, seal};

/// Names that no output may have, at any depth: what dockgen reads, what holds secrets, and what git runs.
pub(crate) const RESERVED: [&str; 4] = ["dockgen.toml", "dockgen.lock", ".env", ".git"];

/// What would happen to one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// There is none yet.
    Create,
    /// It is as dockgen wrote it, and dockgen would now write something else.
    Update,
    /// It is as dockgen would write it.
    Same,
    /// dockgen wrote it, and somebody edited it since.
    Edited,
    /// dockgen did not write it.
    Foreign,
}

impl Action {
    /// Whether writing would lose somebody's work.
    #[must_use]
    pub fn is_conflict(self) -> bool {
        matches!(self, Self::Edited | Self::Foreign)
    }
}

/// One file of a plan.
#[derive(Debug, Clone)]
pub struct Step {
    /// What would happen.
    pub action: Action,
    /// The file.
    pub file: File,
    /// What is there now; empty where there is nothing.
    pub before: Vec<u8>,
    /// Where it really is, symbolic links followed.
    pub target: PathBuf,
}

/// Everything that would happen, before any of it does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// One step a file.
    pub steps: Vec<Step>,
}

/// Whether dockgen wrote a text, edited or not.
pub(crate) fn is_generated(text: &str) -> bool {
    seal(&text.replace("\r\n", "\n")).is_some()
}

impl Plan {
    /// Compares files with a folder.
    ///
    /// # Errors
    /// Something at a file's place that is no file, or lies outside the folder.
    pub fn new(directory: &Path, files: Vec<File>) -> Result<Self> {
        let root = fs_err::canonicalize(directory)?;
        let steps: Vec<Step> = files.into_iter().map(|file| step(&root, file)).collect::<Result<_>>()?;
        for (index, step) in steps.iter().enumerate() {
            if let Some(other) = steps[..index].iter().find(|other| other.target == step.target) {
                let message = format!(
                    "`{}` and `{}` are one file: a symbolic link leads from one to the other",
                    other.file.path, step.file.path
                );
                return Err(Error::new(message).hint("replace the link by a file"));
            }
        }
        Ok(Self { steps })
    }

    /// The steps that would change something.
    pub fn changes(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.action != Action::Same)
    }

    /// The steps that would lose somebody's work.
    pub fn conflicts(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.action.is_conflict())
    }
}

fn step(root: &Path, file: File) -> Result<Step> {
    let target = target(root, &file.path)?;
    let Ok(metadata) = fs_err::metadata(&target) else {
        return Ok(Step { action: Action::Create, file, before: Vec::new(), target });
    };
    if !metadata.is_file() {
        let kind = if metadata.is_dir() { "a directory" } else { "not a regular file" };
        return Err(Error::new(format!("`{}` is {kind}, and dockgen would write a file there", file.path))
            .hint(format!("move it away, or set output.{} to another path", file.key)));
    }
    let before = fs_err::read(&target)?;
    // a checkout may have turned LF into CRLF: that is no edit
    let text = String::from_utf8_lossy(&before).replace("\r\n", "\n");
    let action = match seal(&text) {
        _ if text == file.text => Action::Same,
        Some(true) => Action::Update,
        Some(false) => Action::Edited,
        None => Action::Foreign,
    };
    Ok(Step { action, file, before, target })
}

/// The real place of a file: symbolic links are followed as long as they stay inside the project.
fn target(root: &Path, relative: &str) -> Result<PathBuf> {
    let mut target = root.to_path_buf();
    for part in Path::new(relative).components() {
        target.push(part);
        if fs_err::symlink_metadata(&target).is_ok_and(|metadata| metadata.is_symlink()) {
            target = fs_err::canonicalize(&target)
                .map_err(|_| Error::new(format!("`{relative}` goes through a symbolic link to nowhere")))?;
        }
        if !target.starts_with(root) {
            return Err(Error::new(format!("`{relative}` is a symbolic link out of the project"))
                .hint("replace the link by a file; dockgen writes only inside the project"));
        }
    }
    let reserved = |part: Component<'_>| RESERVED.iter().any(|name| part.as_os_str().eq_ignore_ascii_case(name));
    if target.strip_prefix(root).is_ok_and(|path| path.components().any(reserved)) {
        return Err(Error::new(format!("`{relative}` is a symbolic link to what dockgen must not write"))
            .hint("replace the link by a file"));
    }
    Ok(target)
}
