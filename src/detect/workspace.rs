//! The uv workspace that contains a project.

use std::path::{Path, PathBuf};

use super::install;
use crate::error::{Error, Result};
use crate::files::is_ours;
use crate::git::work_tree;
use crate::project::Folder;

/// Maximum depth of workspace members.
const DEEPEST_MEMBER: usize = 4;

/// The workspace root above a member's folder, and the member's path in it.
///
/// # Errors
/// Another user owns the root folder or its lockfile.
pub fn workspace_above(directory: &Path) -> Result<Option<(PathBuf, String)>> {
    let Some((up, root, inside)) = workspace_root(directory) else { return Ok(None) };
    if let Some(path) = [root.clone(), root.join(install::workspace_lock())].into_iter().find(|path| !is_ours(path)) {
        let path = path.display();
        return Err(Error::new(format!("`{path}` belongs to another user, so dockgen does not use the workspace it is part of"))
            .hint(format!(
                "run dockgen as its owner, or change the owner: chown $(id -u) {path}; if it is not part of your project: git init"
            )));
    }
    let way = vec![".."; up + 1].join("/");
    Ok(Some((if directory == Path::new(".") { PathBuf::from(way) } else { directory.join(way) }, inside)))
}

/// Levels up to the workspace root, the root, and the member's path in it.
fn workspace_root(directory: &Path) -> Option<(usize, PathBuf, String)> {
    let full = fs_err::canonicalize(directory).ok()?;
    let locked = install::is_locked(directory);
    // a lockfile in another repository doesn't belong to the project
    let tree = work_tree(&full);
    let above = full.ancestors().skip(1).filter(|root| !locked && tree.as_ref().is_none_or(|tree| root.starts_with(tree)));
    above.enumerate().take(DEEPEST_MEMBER).find_map(|(up, root)| {
        let inside = full.strip_prefix(root).ok()?.to_str()?;
        let member = install::member_folders(&Folder::new(root)).into_iter().any(|(_, folder)| folder == inside);
        member.then(|| (up, root.to_path_buf(), inside.to_owned()))
    })
}
