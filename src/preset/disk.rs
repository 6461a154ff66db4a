//! Presets at a path. Some folders, such as `/tmp`, are writable by everyone, so a preset outside the project is used only if it belongs
//! to the user or to root.

use std::collections::BTreeMap;
use std::path::Path;

use super::address::PRESET_FILE;
use super::library::{BaseDir, FoundPreset};
use super::tree::{LARGEST_FILE, TEMPLATES, Tree};
use crate::error::{Error, Result, Source};
use crate::files::{self, ReadError, has_owner_of, is_ours, is_ours_or_roots};
use crate::git::work_tree;

/// Finds a preset: a TOML file, or a folder with a `preset.toml` and templates.
///
/// # Errors
/// There is no preset, a symbolic link leads out of the repository, or another user owns a preset outside the project.
pub(super) fn find(name: &str, folder: &Path, outside: bool) -> Result<FoundPreset> {
    let path = folder.join(name);
    let whole = path.is_dir() && path.join(PRESET_FILE).is_file();
    // errors quote the line they are about, so never parse a file that may not be a preset
    if !whole && path.extension().is_none_or(|extension| extension != "toml") {
        return Err(Error::new(format!("preset {name:?} is not a TOML file"))
            .hint(format!("use a file that ends in .toml, such as ./presets/team.toml, or a folder with a {PRESET_FILE}")));
    }
    let (file, shown) = if whole {
        (path.join(PRESET_FILE), format!("{}/{PRESET_FILE}", name.trim_end_matches('/')))
    } else {
        (path.clone(), name.to_owned())
    };
    if links_out(folder, Path::new(&shown)) {
        return Err(ReadError::Outside.error(&shown));
    }
    let outside = outside || !is_in_project(folder, &file);
    if outside {
        check_owner(&file)?;
    }
    let text = read(&file, name)?;
    let templates = if whole { Tree::templates_on_disk(&path)? } else { BTreeMap::new() };
    let identity = fs_err::canonicalize(&file).unwrap_or_else(|_| file.clone()).to_string_lossy().into_owned();
    let base = BaseDir::Disk { folder: file.parent().map(Path::to_path_buf).unwrap_or_default(), outside };
    Ok(FoundPreset { identity, source: Source::file(shown, text), base, templates, built_in: false, lock_key: None })
}

fn read(path: &Path, name: &str) -> Result<String> {
    let bytes = files::read(path, LARGEST_FILE).map_err(|reason| match reason {
        ReadError::Missing => reason.error(name).hint("check the path: it is relative to the file that contains it"),
        reason => reason.error(name),
    })?;
    files::utf8(name, bytes)
}

/// Whether a symbolic link in a relative path leads out of the repository, or out of the folder if there is no repository.
///
/// Paths that contain `..` or are absolute are allowed: their author could read the target.
fn links_out(folder: &Path, path: &Path) -> bool {
    // the parent of a bare file name is an empty path
    let Ok(mut at) = Path::new(".").join(folder).canonicalize() else { return false };
    let inside = work_tree(&at).unwrap_or_else(|| at.clone());
    path.is_relative()
        && path.components().any(|part| {
            at.push(part);
            at.is_symlink() && at.canonicalize().is_ok_and(|real| !real.starts_with(&inside))
        })
}

/// Whether a file is in the same git work tree as a folder, or below the folder if there is no work tree. True if the file is missing.
///
/// A work tree counts only if it belongs to the user or to the owner of the folder: anyone can create `/tmp/.git`.
fn is_in_project(folder: &Path, file: &Path) -> bool {
    let (Ok(folder), Ok(file)) = (Path::new(".").join(folder).canonicalize(), file.canonicalize()) else { return true };
    let is_trusted = |path: &Path| is_ours(path) || has_owner_of(path, &folder);
    let tree = work_tree(&folder).filter(|tree| is_trusted(tree) && is_trusted(&tree.join(".git")));
    file.starts_with(tree.as_ref().unwrap_or(&folder))
}

/// Checks that a preset outside the project, its folder and its templates belong to the user or to root.
fn check_owner(file: &Path) -> Result<()> {
    let real = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    let folders = [file, &real].into_iter().filter_map(|file| Path::new(".").join(file).parent().map(Path::to_path_buf));
    let templates = real.with_file_name(TEMPLATES);
    let all = [file.to_path_buf()].into_iter().chain(folders).chain(templates.symlink_metadata().is_ok().then_some(templates));
    let Some(path) = all.into_iter().find(|path| !is_ours_or_roots(path)) else { return Ok(()) };
    let path = path.canonicalize().unwrap_or(path);
    let path = path.display();
    Err(Error::new(format!("`{path}` belongs to another user, but a preset outside the project must belong to you or root"))
        .hint(format!("copy the preset into the project, or change its owner: chown $(id -u) {path}")))
}
