//! Creates, replaces or removes one file without losing an edit that another program makes at the same time.
//!
//! No system call compares a file and replaces it atomically. So the new and the old file are exchanged atomically, and the old file is
//! compared afterwards. If it differs from what the plan read, the two are exchanged back.
//!
//! One race remains: a program opened the old file before the exchange, doesn't truncate it, and writes to it after the last comparison,
//! such as an append that takes longer than the rest of the write. On file systems that can't exchange files (FAT, some network file
//! systems), so do the microseconds between comparison and rename.

use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::exchange::{exchange, rename_new};
use super::leftovers::{UNFINISHED, has_no_links};

/// How often to exchange files again while another program keeps writing the same file.
const ROUNDS: u32 = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Nothing,
    File(Vec<u8>),
    /// A folder, a symbolic link, or an unreadable file.
    Other,
}

impl Content {
    fn read(path: &Path) -> Self {
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_file() => std::fs::read(path).map_or(Self::Other, Self::File),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::Nothing,
            _ => Self::Other,
        }
    }
}

pub(super) struct Change {
    /// Path to show in messages.
    pub(super) name: String,
    target: PathBuf,
    /// What the plan read there.
    before: Content,
    after: Content,
    /// A temporary file in the target's folder: the new content before `commit`, the old content after it.
    aside: Option<TempPath>,
    /// Backup of an edit that could not be kept in place.
    pub(super) saved: Option<PathBuf>,
}

impl Change {
    pub(super) fn new(name: String, target: PathBuf, before: Content, after: Content) -> Self {
        Self { name, target, before, after, aside: None, saved: None }
    }

    pub(super) fn folder(&self) -> &Path {
        self.target.parent().unwrap_or(Path::new("."))
    }

    fn aside(&self) -> &Path {
        self.aside.as_deref().unwrap_or(Path::new(""))
    }

    /// Writes the new content to the temporary file, and adds the folders that it creates to `created`.
    pub(super) fn stage(&mut self, created: &mut Vec<PathBuf>) -> std::io::Result<()> {
        let mut file = self.create_temporary(created)?;
        if let Content::File(text) = &self.after {
            std::io::Write::write_all(&mut file, text)?;
        }
        // an existing file keeps its exact mode, regardless of the umask
        if self.before != Content::Nothing
            && let Ok(metadata) = self.target.symlink_metadata()
            && metadata.is_file()
        {
            file.as_file().set_permissions(metadata.permissions())?;
        }
        self.aside = Some(file.into_temp_path());
        Ok(())
    }

    fn create_temporary(&self, created: &mut Vec<PathBuf>) -> std::io::Result<NamedTempFile> {
        let folder = self.folder();
        let mut builder = tempfile::Builder::new();
        builder.prefix(UNFINISHED);
        // tempfile's default is 0600; new files get the usual mode, limited by the umask
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // the folder nearly always exists, so check only after a failure
        match builder.tempfile_in(folder) {
            Err(_) if !folder.is_dir() => {
                let missing = folder.ancestors().take_while(|folder| folder.symlink_metadata().is_err());
                let missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
                std::fs::create_dir_all(folder)?;
                created.extend(missing.into_iter().rev());
                builder.tempfile_in(folder)
            }
            result => result,
        }
    }

    /// Whether the file still has the planned content, and no symbolic link has replaced one of its folders.
    pub(super) fn is_as_planned(&self) -> bool {
        Content::read(&self.target) == self.before && has_no_links(self.folder())
    }

    /// Moves the new file into place. Returns false, and leaves the file as it is, if another program changed it.
    pub(super) fn commit(&mut self) -> std::io::Result<bool> {
        if Content::read(&self.target) != self.before {
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
        if self.is_backup_unchanged() {
            return Ok(true);
        }
        self.undo();
        Ok(false)
    }

    /// Whether the replaced file still has the content that the plan read.
    pub(super) fn is_backup_unchanged(&self) -> bool {
        self.before == Content::Nothing || Content::read(self.aside()) == self.before
    }

    /// Undoes the change, unless another program has edited the new file. That edit is kept.
    pub(super) fn undo(&mut self) {
        // ignore errors: the one that caused the undo is reported, and a second one would hide it
        let _ = match (&self.before, &self.after) {
            _ if Content::read(&self.target) != self.after => Ok(()),
            (Content::Nothing, _) => self.undo_creation(),
            (_, Content::Nothing) => rename_new(self.aside(), &self.target),
            _ => self.undo_replacement(),
        };
        self.save_foreign_edit();
    }

    fn undo_creation(&self) -> std::io::Result<()> {
        std::fs::rename(&self.target, self.aside())?;
        if Content::read(self.aside()) == self.after { Ok(()) } else { rename_new(self.aside(), &self.target) }
    }

    /// Restores the replaced file. Repeats the exchange while another program edits the target, so that the latest edit is kept.
    fn undo_replacement(&self) -> std::io::Result<()> {
        let mut expected = self.after.clone();
        for _ in 0..ROUNDS {
            let next = Content::read(self.aside());
            match exchange(self.aside(), &self.target) {
                // the target was deleted meanwhile: restore an edit, but not the content that the plan read
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && next != self.before => {
                    return rename_new(self.aside(), &self.target);
                }
                exchanged => exchanged?,
            }
            if Content::read(self.aside()) == expected {
                break;
            }
            expected = next;
        }
        Ok(())
    }

    /// Saves the temporary file as `NAME.origN` if it has neither the old nor the new content.
    fn save_foreign_edit(&mut self) {
        let left = Content::read(self.aside());
        if left == Content::Nothing || left == self.before || left == self.after {
            return;
        }
        let name = self.target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let names = (1..ROUNDS).map(|number| self.target.with_file_name(format!("{name}.orig{number}")));
        let found = names.into_iter().find(|saved| rename_new(self.aside(), saved).is_ok());
        if found.is_none() {
            // a stray file is better than a lost edit
            let _ = self.aside.take().map(TempPath::keep);
        }
        self.saved = found;
    }
}
