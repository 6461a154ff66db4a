//! What dockgen knows about other people's software, as tables: one TOML file each, embedded, with its sources at its head.

use include_dir::Dir;
use serde::de::DeserializeOwned;

pub(crate) const FRAMEWORKS: &str = include_str!("frameworks.toml");
pub(crate) const PYTHON_SUPPORT: &str = include_str!("python-support.toml");
pub(crate) const SERVICES: &str = include_str!("services.toml");
pub(crate) const SYSTEM_PACKAGES: &str = include_str!("system-packages.toml");

/// The modules of Python's standard library, one per line.
pub(crate) const STANDARD_LIBRARY: &str = include_str!("stdlib.txt");

/// Reads an embedded table.
///
/// # Panics
/// If the table doesn't have the form of `T`: a broken table must fail every test, not become an empty one.
pub(crate) fn table<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("an embedded table is broken: {error}"))
}

/// The text of a file that is built in, by its path. Names are compared as text: as paths, that takes longer than rendering.
pub(crate) fn embedded(directory: &Dir<'static>, path: &str) -> Option<&'static str> {
    let folder = path.split_once('/').map(|(folder, _)| folder);
    let files = match folder {
        Some(folder) => directory.dirs().find(|found| found.path().as_os_str() == folder)?.files(),
        None => directory.files(),
    };
    files.into_iter().find(|file| file.path().as_os_str() == path)?.contents_utf8()
}
