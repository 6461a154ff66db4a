//! Embedded TOML tables about frameworks, installers, services and packages. Each begins with its sources.

mod frameworks;
mod installers;
mod programs;
mod python;
mod self_serving;
mod services;
mod system_packages;
mod workers;

use std::collections::BTreeMap;

use include_dir::Dir;
use serde::de::DeserializeOwned;

pub(crate) use frameworks::{Framework, frameworks};
pub(crate) use installers::{InstallStage, InstallerRow, LockReader, Selection, installers};
pub(crate) use programs::programs;
pub(crate) use python::{ImpliedRow, first_running, first_wheel, implied, is_standard, python_releases};
pub(crate) use self_serving::{SelfServingRow, self_serving};
pub(crate) use services::{ServiceRow, service_kinds};
pub(crate) use system_packages::{PackageRow, Wheel, When, system_package};
pub(crate) use workers::{WorkerRow, workers};

/// Reads an embedded table.
///
/// # Panics
/// If the table doesn't have the form of `T`: a broken table must fail every test, not become an empty one.
fn table<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("an embedded table is broken: {error}"))
}

/// Reads an embedded table whose only key is `key`.
///
/// # Panics
/// As [`table`] does, or if there is another key.
fn rows<T: DeserializeOwned>(text: &str, key: &str) -> T {
    let mut keys: BTreeMap<String, T> = table(text);
    let rows = keys.remove(key).filter(|_| keys.is_empty());
    rows.unwrap_or_else(|| panic!("an embedded table is broken: its only key is `{key}`"))
}

/// Text of an embedded file, by its path. Compares names as text, because comparing paths takes longer than rendering.
pub(crate) fn embedded(directory: &Dir<'static>, path: &str) -> Option<&'static str> {
    let folder = path.split_once('/').map(|(folder, _)| folder);
    let files = match folder {
        Some(folder) => directory.dirs().find(|found| found.path().as_os_str() == folder)?.files(),
        None => directory.files(),
    };
    files.into_iter().find(|file| file.path().as_os_str() == path)?.contents_utf8()
}
