//! Requirements files, as pip reads them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::dependencies::{Dependency, Installation, line_origin};
use super::manifests;
use super::names::normalized;
use super::requirement::Requirement;
use super::wheels::is_wheel;
use crate::error::{Result, Source};
use crate::layers::Origin;
use crate::paths::{self, has_extension, normal};

/// Names of distributions that are never installed from a wheel, or all of them.
#[derive(Default)]
struct NoBinary {
    all: bool,
    names: HashSet<String>,
}

/// What a requirements file and the files that it includes install. Constraints install nothing.
pub(super) fn read(installation: &Installation<'_>, file: &str) -> Result<Vec<Dependency>> {
    let mut files = vec![file.to_owned()];
    let mut found = Vec::new();
    let mut no_binary = NoBinary::default();
    let mut known = HashSet::from([file.to_owned()]);
    let mut next = 0;
    while let Some(file) = files.get(next).cloned() {
        next += 1;
        let Some(source) = installation.read(&file)? else { continue };
        for (start, line) in logical_lines(&source.text) {
            let line = line.split(" #").next().unwrap_or_default().trim();
            match option(line) {
                _ if line.is_empty() || line.starts_with('#') => {}
                None => found.extend(requirement(installation, &source, line, start)?),
                Some(("-e" | "--editable", value)) => found.extend(requirement(installation, &source, value, start)?),
                Some(("-r" | "--requirement", value)) => {
                    let included = normal(&folder(&source).join(value).to_string_lossy());
                    if !value.contains("://") && known.insert(included.clone()) {
                        files.push(included);
                    }
                }
                Some(("--no-binary", value)) => no_binary.add(value),
                Some(_) => {}
            }
        }
    }
    found
        .iter_mut()
        .filter(|dependency| no_binary.holds(&dependency.name))
        .for_each(|dependency| dependency.wheels = Some(Vec::new()));
    Ok(found)
}

impl NoBinary {
    fn add(&mut self, value: &str) {
        match value.trim() {
            ":all:" => self.all = true,
            ":none:" => *self = Self::default(),
            names => self.names.extend(names.split(',').filter_map(|name| normalized(name.trim()))),
        }
    }

    fn holds(&self, name: &String) -> bool {
        self.all || self.names.contains(name)
    }
}

fn folder(source: &Source) -> &Path {
    Path::new(&source.name).parent().unwrap_or(Path::new(""))
}

/// The logical lines with their offsets. Skips continuation lines with hashes.
fn logical_lines(text: &str) -> impl Iterator<Item = (usize, Cow<'_, str>)> {
    let begin = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = text[begin..].split_inclusive('\n').scan(begin, |start, line| {
        let this = *start;
        *start += line.len();
        Some((this, line.trim_end()))
    });
    std::iter::from_fn(move || {
        let (start, first) = lines.next()?;
        let Some(first) = first.strip_suffix('\\') else { return Some((start, Cow::Borrowed(first))) };
        let mut whole = Cow::Borrowed(first);
        for (_, line) in lines.by_ref() {
            let (line, more) = line.strip_suffix('\\').map_or((line, false), |line| (line, true));
            if !line.trim_start().starts_with("--hash") {
                whole.to_mut().push_str(line);
            }
            if !more {
                break;
            }
        }
        Some((start, whole))
    })
}

/// An option of pip's with its value: `-r base.txt`, `-rbase.txt`, `--requirement=base.txt`.
fn option(line: &str) -> Option<(&str, &str)> {
    if !line.starts_with('-') {
        return None;
    }
    let (name, value) = line.split_once([' ', '=', '\t']).unwrap_or((line, ""));
    if !name.starts_with("--") && name.len() > 2 {
        return line.split_at_checked(2);
    }
    Some((name, value.trim()))
}

/// The distribution of a line, or the dependencies of a local folder.
fn requirement(installation: &Installation<'_>, source: &Arc<Source>, line: &str, start: usize) -> Result<Vec<Dependency>> {
    // options of one requirement, such as --hash or --config-settings
    let line = unquoted(line.split(" --").next().unwrap_or_default().trim());
    let origin = || line_origin(source, start);
    let (target, marker) = line.split_once(" ;").or_else(|| line.split_once(';')).unwrap_or((line, ""));
    if is_address(target) {
        let named = if installation.environment.excludes(marker) { None } else { at_address(target.trim(), origin()) };
        return Ok(named.into_iter().collect());
    }
    if is_wheel(target.trim()) {
        return Ok(at_address(target.trim(), origin()).into_iter().collect());
    }
    if let Some(path) = local_target(target) {
        return if installation.environment.excludes(marker) { Ok(Vec::new()) } else { local(installation, path) };
    }
    let Some(requirement) = Requirement::parse(line) else { return Ok(Vec::new()) };
    let excluded = installation.environment.excludes(requirement.marker);
    Ok((!excluded).then(|| requirement.into_dependency(origin())).into_iter().collect())
}

/// A text without the quotes around all of it; a marker may end in a quote of its own.
fn unquoted(text: &str) -> &str {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}

/// Paths of the project that the lines of a requirements file install, each with the number of its line.
pub(crate) fn local_paths(text: &str) -> Vec<(String, usize)> {
    let path = |(index, line): (usize, &str)| {
        let line = line.split(" #").next().unwrap_or_default().trim();
        let value = match option(line) {
            Some(("-e" | "--editable", value)) => value,
            Some(_) => return None,
            None => line,
        };
        let line = unquoted(value.split(" --").next().unwrap_or_default().trim());
        let target = line.split(';').next().unwrap_or_default();
        let path = local_target(target).filter(|_| !is_address(target) && !target.starts_with('#'))?;
        Some((normal(path.split('[').next().unwrap_or_default().trim()), index + 1))
    };
    text.lines().enumerate().filter_map(path).collect()
}

/// The path that a requirement names, with its extras: `./core[extra]`, `file:./core`, `core @ file:./core`.
fn local_target(target: &str) -> Option<&str> {
    let path = target.split_once(" @ ").map_or(target, |(_, address)| address).trim();
    if let Some(path) = path.strip_prefix("file:") {
        return Some(path.strip_prefix("//").unwrap_or(path));
    }
    let is_path = path.starts_with(['.', '/']) || path.split('@').next().is_some_and(|path| path.contains('/'));
    (is_path && path == target.trim()).then_some(path)
}

/// Whether a line is an address by itself, not `name @ address`.
fn is_address(target: &str) -> bool {
    let scheme = target.split("://").next().unwrap_or_default();
    target.contains("://") && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
}

/// A distribution that is named by its address: by the `egg` of it, or by the name of its file or repository.
fn at_address(address: &str, origin: Origin) -> Option<Dependency> {
    let (path, fragment) = address.split_once('#').unwrap_or((address, ""));
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="));
    let file = paths::name(path);
    let name = if is_archive(file) {
        file.split('-').next().unwrap_or_default()
    } else {
        file.split('@').next().unwrap_or_default().trim_end_matches(".git")
    };
    let requirement = Requirement::parse(egg.unwrap_or(name))?;
    Some(Requirement { address: Some(address), ..requirement }.into_dependency(origin))
}

/// Whether a file is a wheel or a source archive, whose name ends in a version.
fn is_archive(file: &str) -> bool {
    has_extension(file, &["whl", "gz", "bz2", "zip"])
}

/// The dependencies of a local folder.
///
/// pip resolves the path from its working directory, which is the project, not from the file that names it.
fn local(installation: &Installation<'_>, target: &str) -> Result<Vec<Dependency>> {
    let path = target.split(['[', ';']).next().unwrap_or_default().trim();
    let extras = target.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(extras, _)| extras);
    let extras: Vec<_> = extras.split(',').map(|extra| extra.trim().to_owned()).filter(|extra| !extra.is_empty()).collect();
    if path.starts_with('/') || Path::new(path).components().any(|part| part == std::path::Component::ParentDir) {
        return Ok(Vec::new());
    }
    manifests::of_folder(installation, &normal(path), &extras, &[])
}
