//! Finds the project without `--directory`: in the current folder, or in a parent folder within the same git work tree.
//!
//! Files that belong to another user are not used: anyone can write to some parent folders, such as `/tmp`.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::is_ours;
use crate::git::work_tree;

/// Where the nearest file is: in the current folder or a parent.
pub(crate) enum Nearest {
    /// The current folder has the file, or no parent has.
    Here,
    /// A parent folder, and the file in it, both relative to the current folder.
    Above(PathBuf, PathBuf),
    /// A parent folder outside of the git work tree, and the file in it, which is not used.
    Elsewhere(PathBuf, PathBuf),
}

/// The relative path from a folder to one of its parents, such as `../..`.
fn path_to_parent(here: &Path, above: &Path) -> PathBuf {
    here.strip_prefix(above).map_or_else(|_| above.to_path_buf(), |inside| inside.components().map(|_| "..").collect())
}

/// Finds the nearest folder, from the current one upwards, with one of these files.
///
/// # Errors
/// The file or its folder belongs to another user.
pub(crate) fn nearest<Name: AsRef<Path>>(names: &[Name]) -> Result<Nearest> {
    let here = std::env::current_dir()?;
    let file = |folder: &Path| names.iter().map(|name| folder.join(name)).find(|file| file.symlink_metadata().is_ok());
    let Some((folder, file)) = here.ancestors().find_map(|folder| Some((folder, file(folder)?))) else {
        return Ok(Nearest::Here);
    };
    if folder == here {
        return Ok(Nearest::Here);
    }
    if !work_tree(&here).is_some_and(|tree| folder.starts_with(tree)) {
        return Ok(Nearest::Elsewhere(folder.to_path_buf(), file));
    }
    if is_ours(folder) && is_ours(&file) {
        let up: PathBuf = path_to_parent(&here, folder);
        return Ok(Nearest::Above(up.clone(), up.join(file.file_name().unwrap_or_default())));
    }
    Err(Error::new(format!("`{}` belongs to another user, so dockgen doesn't use it from here", file.display()))
        .hint(format!("if you trust it, pass its folder: dockgen -C {} …", folder.display())))
}
