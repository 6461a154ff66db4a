//! Where dockgen looks when no folder is named: in the current one, and above it as far as its git work tree reaches. Anyone can write
//! into some folders above, such as `/tmp`, so what another user owns is not used.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::is_ours;
use crate::git::work_tree;

/// The nearest folder upwards with one of these files.
pub(crate) enum Nearest {
    /// The current one, or none.
    Here,
    /// One above, with the file; both are relative to the current one.
    Above(PathBuf, PathBuf),
    /// One with the file that is not used: it is not in the same work tree.
    Elsewhere(PathBuf, PathBuf),
}

/// The way up from a folder to one above it: `../..`.
fn folder_to(here: &Path, above: &Path) -> PathBuf {
    here.strip_prefix(above).map_or_else(|_| above.to_path_buf(), |inside| inside.components().map(|_| "..").collect())
}

/// Looks for one of these files.
///
/// # Errors
/// One above that another user owns.
pub(crate) fn nearest(names: &[&str]) -> Result<Nearest> {
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
        // as a user types it from here
        let up: PathBuf = folder_to(&here, folder);
        return Ok(Nearest::Above(up.clone(), up.join(file.file_name().unwrap_or_default())));
    }
    Err(Error::new(format!("`{}` belongs to another user, so dockgen doesn't use it from here", file.display()))
        .hint(format!("if you trust it, pass its folder: dockgen -C {} …", folder.display())))
}
