//! One file that is created, replaced or removed. An edit that someone makes at the same time is never lost.
//!
//! Nothing can compare a file and replace it in one go. So the new file and the old one change places in one go, and what came out is
//! compared: if it is not what the plan saw, they change places again. What remains is a program that opened the old file before it
//! was replaced, and writes to it after the last comparison, without having emptied it: an append that takes longer than the
//! rest of the write. On a disk where two files cannot change places (FAT, some network disks), the microseconds between the
//! comparison and the rename remain as well.

use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::exchange::{exchange, rename_new};
use super::leftovers::{UNFINISHED, has_no_links};

/// How often files change places again while someone else writes the same file without a pause.
const ROUNDS: u32 = 100;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Nothing,
    File(Vec<u8>),
    /// A folder, a link, or what cannot be read.
    Other,
}

impl Content {
    fn at(path: &Path) -> Self {
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => std::fs::read(path).map_or(Self::Other, Self::File),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::Nothing,
            _ => Self::Other,
        }
    }
}

/// A change of one file.
pub(super) struct Change {
    /// How people know the file.
    pub(super) name: String,
    target: PathBuf,
    /// What the plan saw there.
    before: Content,
    /// What will be there.
    after: Content,
    /// Beside the target: what will be there, and once it is, what was.
    aside: Option<TempPath>,
    /// Where an edit was saved that could not stay in its place.
    pub(super) saved: Option<PathBuf>,
}

impl Change {
    pub(super) fn new(name: String, target: PathBuf, before: Content, after: Content) -> Self {
        Self { name, target, before, after, aside: None, saved: None }
    }

    /// The folder of the file.
    pub(super) fn folder(&self) -> &Path {
        self.target.parent().unwrap_or(Path::new("."))
    }

    fn aside(&self) -> &Path {
        self.aside.as_deref().unwrap_or(Path::new(""))
    }

    /// Writes the new text beside its place. Folders that had to be made for it are added to a list.
    pub(super) fn stage(&mut self, made: &mut Vec<PathBuf>) -> std::io::Result<()> {
        let mut file = self.temporary(made)?;
        if let Content::File(text) = &self.after {
            std::io::Write::write_all(&mut file, text)?;
        }
        // the mode of a file that is there is kept to the letter, whatever the umask says
        if self.before != Content::Nothing
            && let Ok(metadata) = self.target.symlink_metadata()
            && metadata.is_file()
        {
            file.as_file().set_permissions(metadata.permissions())?;
        }
        self.aside = Some(file.into_temp_path());
        Ok(())
    }

    fn temporary(&self, made: &mut Vec<PathBuf>) -> std::io::Result<NamedTempFile> {
        let folder = self.folder();
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED);
        // a new file may be read by everybody, as far as the umask allows
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // nearly always the folder is there: it is looked at only where it seems not to be
        match builder.tempfile_in(folder) {
            Err(_) if !folder.is_dir() => {
                let missing = folder.ancestors().take_while(|folder| folder.symlink_metadata().is_err());
                let missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
                std::fs::create_dir_all(folder)?;
                made.extend(missing.into_iter().rev());
                builder.tempfile_in(folder)
            }
            made => made,
        }
    }

    /// Whether the file, and the folder that it is in, are what the plan saw.
    pub(super) fn is_as_compared(&self) -> bool {
        Content::at(&self.target) == self.before && has_no_links(self.folder())
    }

    /// Puts the new file in its place. False: someone changed what is there, and it stays.
    pub(super) fn put(&mut self) -> std::io::Result<bool> {
        if Content::at(&self.target) != self.before {
            return Ok(false);
        }
        let moved = match (&self.before, &self.after) {
            (Content::Nothing, _) => rename_new(self.aside(), &self.target),
            (_, Content::Nothing) => std::fs::rename(&self.target, self.aside()),
            _ => exchange(self.aside(), &self.target),
        };
        match moved {
            Err(error) if matches!(error.kind(), std::io::ErrorKind::AlreadyExists | std::io::ErrorKind::NotFound) => {
                return Ok(false);
            }
            moved => moved?,
        }
        if self.is_untouched() {
            return Ok(true);
        }
        self.undo();
        Ok(false)
    }

    /// Whether what was replaced is still what the plan saw.
    pub(super) fn is_untouched(&self) -> bool {
        self.before == Content::Nothing || Content::at(self.aside()) == self.before
    }

    /// Undoes the change, unless someone has edited the new file: then that edit stays.
    pub(super) fn undo(&mut self) {
        // the error or the conflict that led here is told; a second one would hide it
        let _ = match (&self.before, &self.after) {
            _ if Content::at(&self.target) != self.after => Ok(()),
            (Content::Nothing, _) => self.take_back(),
            (_, Content::Nothing) => rename_new(self.aside(), &self.target),
            _ => self.change_back(),
        };
        self.save();
    }

    /// Removes a file that was created.
    fn take_back(&self) -> std::io::Result<()> {
        std::fs::rename(&self.target, self.aside())?;
        if Content::at(self.aside()) == self.after { Ok(()) } else { rename_new(self.aside(), &self.target) }
    }

    /// Puts what was replaced back, as often as someone edits what is in its place meanwhile: the newest edit stays.
    fn change_back(&self) -> std::io::Result<()> {
        let mut there = self.after.clone();
        for _ in 0..ROUNDS {
            let next = Content::at(self.aside());
            match exchange(self.aside(), &self.target) {
                // someone has deleted it: an edit from before that comes back, what the plan saw does not
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && next != self.before => {
                    return rename_new(self.aside(), &self.target);
                }
                exchanged => exchanged?,
            }
            if Content::at(self.aside()) == there {
                break;
            }
            there = next;
        }
        Ok(())
    }

    /// Keeps what is left aside where it is neither what the plan saw nor dockgen's own.
    fn save(&mut self) {
        let left = Content::at(self.aside());
        if left == Content::Nothing || left == self.before || left == self.after {
            return;
        }
        let name = self.target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let names = (1..ROUNDS).map(|number| self.target.with_file_name(format!("{name}.orig{number}")));
        let found = names.into_iter().find(|saved| rename_new(self.aside(), saved).is_ok());
        if found.is_none() {
            // better a stray file than a lost edit
            let _ = self.aside.take().map(TempPath::keep);
        }
        self.saved = found;
    }
}
