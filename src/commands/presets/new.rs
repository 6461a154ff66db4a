//! `dockgen presets new`: the beginning of a preset.

use std::path::Path;

use include_dir::Dir;

use super::check;
use crate::error::{Error, Exit, Result};
use crate::preset::skeleton;
use crate::report::Report;
use crate::write;

pub(super) fn run(directory: &Path, report: &Report) -> Result<Exit> {
    if directory.symlink_metadata().is_ok() {
        return Err(Error::new(format!("`{}` already exists", directory.display())).hint("pass a folder that doesn't exist yet"));
    }
    let mut files = Vec::new();
    collect(skeleton(), &mut files);
    write::new_folder(directory, &files)?;
    // what its test gives is part of it
    check::update(directory)?;
    let shown = directory.display();
    report.note(&format!("   created {shown}"));
    report.note(&format!("      next dockgen presets check {shown}    # and read {shown}/README.md"));
    Ok(Exit::Done)
}

/// Every file below a built-in folder, by its path in it.
fn collect<'a>(folder: &Dir<'a>, files: &mut Vec<(&'a str, &'a [u8])>) {
    let path = |file: &include_dir::File<'a>| file.path().to_str().and_then(|path| path.split_once('/')).map(|(_, path)| path);
    files.extend(folder.files().filter_map(|file| Some((path(file)?, file.contents()))));
    folder.dirs().for_each(|inner| collect(inner, files));
}
