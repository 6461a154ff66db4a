//! The requirements files of a project: which one production installs, and what it includes.

use std::collections::BTreeSet;
use std::path::Path;

use super::install::{chosen, declared, requirements_installer};
use super::{Files, Folder};
use crate::facts::FoundInstaller;
use crate::model::InstallChoice;
use crate::paths::{has_extension, normal};
use crate::python::requirements::local_paths;

/// Folders that contain requirements files.
const FOLDERS: [&str; 6] = ["", "requirements", "reqs", "deploy", "config", "docker"];

/// Words for a requirements file.
const NAMES: [&str; 4] = ["requirements", "requirement", "reqs", "req"];

/// Words beside it that production needs, the best first; the empty one is `requirements.txt` without another word.
const PURPOSES: [&str; 15] = [
    "production",
    "prod",
    "deploy",
    "server",
    "main",
    "",
    "base",
    "common",
    "core",
    "default",
    "app",
    "project",
    "web",
    "backend",
    "pinned",
];

/// Requirements that an image is installed from, with the files that they include. A file without any counts only if nothing else
/// declares dependencies.
pub(super) fn requirements(files: &Files<'_>) -> Option<FoundInstaller> {
    let there = candidates(files.directory);
    let has_lines = |file: &&String| files.directory.read(file).ok().flatten().is_none_or(|source| !is_blank(&source.text));
    let blank = || there.first().filter(|_| declared(files).is_none());
    let file = there.iter().find(has_lines).or_else(blank)?;
    let found = with_included(files.directory, file);
    let (with, mut origin) = chosen(file, requirements_installer());
    if found.len() > 1 {
        "and what it includes".clone_into(&mut origin.note);
    }
    Some(FoundInstaller { with: (with, origin), files: found })
}

/// A requirements file of the project.
pub(super) fn present(directory: &Folder) -> Option<String> {
    candidates(directory).into_iter().next()
}

/// The project's requirements files for production, the best first. pip reads a pylock.toml (PEP 751) as requirements.
fn candidates(directory: &Folder) -> Vec<String> {
    const USUAL: &str = "requirements.txt";
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for (order, folder) in FOLDERS.iter().enumerate() {
        let entries = fs_err::read_dir(directory.join(folder)).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        found.extend(names.filter_map(|name| {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            Some((purpose(folder, &name)?, order, path)).filter(|(.., path)| directory.has(path))
        }));
    }
    found.sort();
    let mut paths: Vec<String> = found.into_iter().map(|(.., path)| path).collect();
    // requirements.txt is the usual one, unless another one adds to it
    if let Some(at) = paths.iter().position(|path| path == USUAL) {
        let adds = |path: &String| with_included(directory, path).iter().skip(1).any(|included| included == USUAL);
        let best = paths[..at].iter().position(adds).unwrap_or(at);
        paths[..=at].sort_by_key(|path| path != USUAL);
        let best = if best == at { 0 } else { best + 1 };
        paths[..=best].rotate_right(1);
    }
    let lock = Some("pylock.toml".to_owned()).filter(|lock| directory.has(lock));
    lock.into_iter().chain(paths).collect()
}

/// How well a file's name says that production installs it, from 0; `None` if it doesn't.
fn purpose(folder: &str, name: &str) -> Option<usize> {
    let stem = name.rsplit_once('.').filter(|_| has_extension(name, &["txt", "pip", "lock"]))?.0;
    let words: Vec<&str> = stem.split(['-', '_', '.']).collect();
    let others: Vec<&str> = words.iter().copied().filter(|word| !NAMES.contains(word)).collect();
    if others.len() == words.len() && !NAMES.contains(&folder) {
        return None;
    }
    let position = |word: &str| PURPOSES.iter().position(|purpose| *purpose == word);
    match others.as_slice() {
        [] => position(""),
        [word] => position(word),
        _ => None,
    }
}

/// Folders and files of the project that its requirements install, and hints about those that the build can't see.
pub(super) fn local(directory: &Folder, install: &InstallChoice) -> (Vec<String>, Vec<String>) {
    let (mut found, mut hints) = (BTreeSet::new(), Vec::new());
    let files = install.files.iter().filter(|file| install.with.requirements && has_extension(file, &["txt", "pip", "in"]));
    for (file, source) in files.filter_map(|file| Some((file, directory.read(file).ok().flatten()?))) {
        for (path, line) in local_paths(&source.text) {
            let is_plain = |part: char| part.is_ascii_alphanumeric() || "._-/+".contains(part);
            let outside = path.starts_with(['.', '/']) && path != "." || !path.chars().all(is_plain);
            if outside || !directory.join(&path).exists() {
                hints.push(format!(
                    "{file}:{line} installs `{path}`, which isn't in the project, so the build fails: move it into the project"
                ));
            } else {
                found.insert(path);
            }
        }
    }
    // the whole project contains the others
    let found = if found.contains(".") { vec![".".to_owned()] } else { found.into_iter().collect() };
    (found, hints)
}

/// Whether a requirements file has only comments.
fn is_blank(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// A requirements file and the files that it includes: the build mounts each of them.
fn with_included(directory: &Folder, name: &str) -> Vec<String> {
    let mut found = vec![name.to_owned()];
    let mut next = 0;
    while let Some(file) = found.get(next).cloned() {
        next += 1;
        let included = included(directory, &file).into_iter().map(|(file, _)| file);
        let new: Vec<_> = included.filter(|file| directory.has(file) && !found.contains(file)).collect();
        found.extend(new);
    }
    found
}

/// The files that a requirements file names in `-r` and `-c` lines, relative to the project, each with its line.
pub(super) fn included(directory: &Folder, file: &str) -> Vec<(String, usize)> {
    let text = directory.read(file).ok().flatten().map(|source| source.text.clone()).unwrap_or_default();
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let line = |(index, line): (usize, &str)| {
        let (flag, name) =
            line.trim().split_once([' ', '=']).unwrap_or_else(|| line.trim().split_at_checked(2).unwrap_or_default());
        let includes = ["-r", "-c", "--requirement", "--constraint"].contains(&flag);
        let name = name.split('#').next().unwrap_or_default().trim();
        (includes && !name.contains("://")).then(|| (normal(&folder.join(name).to_string_lossy()), index + 1))
    };
    // most lines are packages and their hashes
    let may_include = |line: &str| ["-r", "-c", "--r", "--c"].iter().any(|start| line.trim_start().starts_with(start));
    text.lines().enumerate().filter(|(_, line)| may_include(line)).filter_map(line).collect()
}
