//! Whether the project itself is installed, besides its dependencies.

use std::ops::Range;

use toml::{Spanned, Value};

use super::{Files, install};
use crate::knowledge::{InstallerRow, installers};
use crate::layers::{Origin, origin};
use crate::project::tables::lookup;
use crate::python::manifests::project_name;
use crate::python::names::{is_importable, normalized};

/// Folders beside the code that setuptools leaves out when it looks for packages; from its `discovery.py`.
const BESIDE_CODE: [&str; 29] = [
    "ci",
    "bin",
    "debian",
    "doc",
    "docs",
    "documentation",
    "manpages",
    "news",
    "newsfragments",
    "changelog",
    "test",
    "tests",
    "unit_test",
    "unit_tests",
    "example",
    "examples",
    "scripts",
    "tools",
    "util",
    "utils",
    "python",
    "build",
    "benchmark",
    "benchmarks",
    "exercise",
    "exercises",
    "htmlcov",
    "venv",
    "node_modules",
];

/// Where a manifest says what a package contains, so that a build backend doesn't have to look for it.
const CONTENTS: [&[&str]; 8] = [
    &["tool", "hatch", "build"],
    &["tool", "setuptools", "packages"],
    &["tool", "setuptools", "py-modules"],
    &["tool", "poetry", "packages"],
    &["tool", "uv", "build-backend"],
    &["tool", "flit", "module"],
    &["tool", "pdm", "build"],
    &["tool", "maturin"],
];

/// Whether the project is installed as a package: pyproject.toml says so, and its build backend finds the code. Otherwise only the
/// dependencies are installed, and the code runs from its folder.
pub(super) fn package(files: &Files<'_>) -> Option<(Value, Origin)> {
    let source = files.pyproject?;
    if let Some(span) = others(files) {
        return Some((Value::Boolean(true), origin(source, span, "other projects in the lockfile")));
    }
    let system = lookup(files.document, &["build-system"])?;
    let is_off = |row: &InstallerRow| {
        lookup(files.document, &row.package_switch).is_some_and(|value| value.get_ref().as_bool() == Some(false))
    };
    let name = project_name(files.document)?.get_ref().as_str().and_then(normalized)?;
    if installers().iter().any(is_off) {
        return None;
    }
    let folder = name.replace('-', "_");
    let there = ["src", "."].iter().any(|root| files.directory.join(root).join(&folder).is_dir());
    // with other installers, projects are often run without being installed
    let installs_itself =
        |row: &InstallerRow| row.installs_itself && row.lockfile.as_ref().is_some_and(|lock| files.directory.has(lock));
    let installed = (there || installers().iter().any(installs_itself)) && is_buildable(files, &folder, there);
    installed.then(|| (Value::Boolean(true), origin(source, system.span(), "build-system")))
}

/// Where pyproject.toml names the other projects that the lockfile lists: they are installed from their sources.
fn others(files: &Files<'_>) -> Option<Range<usize>> {
    if !files.directory.has(install::workspace_lock()) {
        return None;
    }
    let is_other = install::local_projects(files.directory).iter().any(|project| project.folder != ".");
    lookup(files.document, &["tool", "uv"]).filter(|_| is_other).map(Spanned::span)
}

/// Whether a build backend finds what to put into the package.
fn is_buildable(files: &Files<'_>, folder: &str, there: bool) -> bool {
    let declares = CONTENTS.iter().any(|key| lookup(files.document, key).is_some());
    let has_module = ["", "src/"].iter().any(|root| files.directory.has(&format!("{root}{folder}.py")));
    let backend = lookup(files.document, &["build-system", "build-backend"]).and_then(|value| value.get_ref().as_str());
    let by_setuptools = backend.is_none_or(|backend| backend.starts_with("setuptools"));
    declares || has_module || if by_setuptools { is_found_by_setuptools(files) } else { there }
}

/// setuptools refuses a folder with several packages side by side, unless a file says which of them it takes.
fn is_found_by_setuptools(files: &Files<'_>) -> bool {
    let declares = ["setup.py", "setup.cfg"].iter().any(|file| files.directory.has(file));
    if declares || files.directory.join("src").is_dir() {
        return true;
    }
    let entries = fs_err::read_dir(&**files.directory).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
    let is_package = |name: &String| is_importable(name) && !name.starts_with('_') && !BESIDE_CODE.contains(&name.as_str());
    names.filter(is_package).count() < 2
}
