//! Templates of presets over the built-in ones.
//!
//! Inside, a template is called `LEVEL/PATH`: level 0 is built in, 1 the weakest preset that brings templates. A template that
//! names its own path, as in `{% extends "Dockerfile.j2" %}` in `Dockerfile.j2`, means the next weaker one; any other name is
//! looked for in its own preset first, then in weaker ones. So a built-in template never meets what a preset brings.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::{Environment, ErrorKind};

use super::{TEMPLATES, blocks, escape};
use crate::error::{Error, Result};
use crate::knowledge::embedded;
use crate::output::OutputFile;
use crate::preset::TemplateSet;

/// The texts of one preset's templates, by path.
pub(super) type Texts = BTreeMap<String, String>;

/// The most steps that one output may take; the largest built-in one takes a few thousand.
const MOST_STEPS: u64 = 1_000_000;

/// How many templates may extend each other in a row.
const LONGEST_CHAIN: usize = 32;

/// A template's name inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) level: usize,
    pub(super) path: String,
}

impl Name {
    pub(super) fn is_built_in(&self) -> bool {
        self.level == 0
    }

    pub(super) fn parse(name: &str) -> Self {
        let (level, path) = name.split_once('/').unwrap_or_default();
        Self { level: level.parse().unwrap_or_default(), path: path.to_owned() }
    }

    /// The template that this one means by a name.
    fn means(&self, wanted: &str, has: impl Fn(usize, &str) -> bool) -> Self {
        let below = if wanted == self.path { self.level.saturating_sub(1) } else { self.level };
        let level = (1..=below).rev().find(|level| has(*level, wanted)).unwrap_or_default();
        Self { level, path: wanted.to_owned() }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.level, self.path)
    }
}

/// The template of an output: the strongest of its name.
///
/// # Errors
/// An output whose template no preset brings, or a template that overrides a block that is not there.
pub(super) fn root(output: &OutputFile, sets: &[TemplateSet]) -> Result<Name> {
    let strongest = Name { level: sets.len(), path: String::new() };
    let name = strongest.means(&output.template, |level, path| sets[level - 1].files.contains_key(path));
    if name.is_built_in() && output.kind.is_none() {
        return Err(missing(output, sets));
    }
    check_blocks(&name, sets)?;
    Ok(name)
}

fn missing(output: &OutputFile, sets: &[TemplateSet]) -> Error {
    let known: Vec<&str> = sets.iter().flat_map(|set| set.files.keys().map(String::as_str)).collect();
    let hint = if known.is_empty() {
        "put the preset into a folder: preset.toml, and templates/NAME.j2".to_owned()
    } else {
        format!("use one of {}, or add the file below templates/; its name must end in .j2", known.join(", "))
    };
    Error::new(format!("`output.{}` needs the template `{}`, which no preset contains", output.key, output.template))
        .at(output.place.clone())
        .hint(hint)
}

/// How people know a template.
pub(super) fn shown(name: &Name, sets: &[TemplateSet]) -> String {
    let preset = &sets[name.level - 1].preset;
    match preset.strip_suffix("preset.toml") {
        Some(folder) => format!("{folder}templates/{}", name.path),
        None => format!("{preset} templates/{}", name.path),
    }
}

/// The text of a template.
pub(super) fn text<'a>(name: &Name, sets: &'a [TemplateSet]) -> Option<&'a str> {
    match name.level.checked_sub(1) {
        None => embedded(&TEMPLATES, &name.path),
        Some(index) => sets.get(index)?.files.get(&name.path).map(String::as_str),
    }
}

/// Refuses blocks that override nothing: what they hold would be lost without a word.
fn check_blocks(root: &Name, sets: &[TemplateSet]) -> Result<()> {
    let mut chain = vec![root.clone()];
    while let Some(name) = chain.last().filter(|name| !name.is_built_in() && chain.len() < LONGEST_CHAIN) {
        let Some(parent) = text(name, sets).and_then(blocks::extended) else { break };
        let parent = name.means(parent, |level, path| sets[level - 1].files.contains_key(path));
        // what is not there is told with the line that names it
        if text(&parent, sets).is_none() {
            return Ok(());
        }
        if chain.contains(&parent) {
            let circle = chain.iter().map(|name| name.path.as_str()).chain([parent.path.as_str()]).collect::<Vec<_>>();
            return Err(Error::new(format!("templates extend each other in a circle: {}", circle.join(" → ")))
                .hint(format!("remove one `extends`, starting at {}", shown(root, sets))));
        }
        chain.push(parent);
    }
    for (index, name) in chain[..chain.len() - 1].iter().enumerate() {
        let known: Vec<&str> = chain[index + 1..].iter().filter_map(|name| text(name, sets)).flat_map(blocks::names).collect();
        blocks::check(text(name, sets).unwrap_or_default(), &shown(name, sets), &known)?;
    }
    Ok(())
}

/// The templates of presets and the built-in ones, with nothing else within their reach.
pub(super) fn environment(sets: Arc<Vec<Texts>>, compose: bool) -> Environment<'static> {
    let mut environment = escape::environment(Some(compose));
    let known = Arc::clone(&sets);
    environment.set_path_join_callback(move |wanted, parent| {
        let has = |level: usize, path: &str| known.get(level - 1).is_some_and(|set| set.contains_key(path));
        Name::parse(parent).means(wanted, has).to_string().into()
    });
    environment.set_loader(move |name| {
        let Name { level, path } = Name::parse(name);
        Ok(match level.checked_sub(1) {
            None => embedded(&TEMPLATES, &path).map(blocks::with_whole_lines),
            Some(index) => sets.get(index).and_then(|set| set.get(&path)).map(|text| blocks::with_whole_lines(text)),
        })
    });
    // it prints the engine's own state, which no file is made of
    environment.remove_global("debug");
    environment.set_fuel(Some(MOST_STEPS));
    environment
}

/// Why a template could not be rendered.
#[derive(Debug)]
pub(super) struct Failure {
    /// The templates and lines that led there, the outermost first.
    pub(super) frames: Vec<(String, usize)>,
    /// What is wrong.
    pub(super) message: String,
}

/// An error inside an included template is the cause of the one that includes it.
pub(super) fn failure(error: &minijinja::Error) -> Failure {
    let mut frames = Vec::new();
    let mut cause = error;
    loop {
        frames.extend(cause.name().map(|name| (name.to_owned(), cause.line().unwrap_or_default())));
        match std::error::Error::source(cause).and_then(|inner| inner.downcast_ref::<minijinja::Error>()) {
            Some(inner) => cause = inner,
            None => break,
        }
    }
    Failure { frames, message: message(cause) }
}

fn message(error: &minijinja::Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => format!("the template takes more than {MOST_STEPS} steps"),
        (ErrorKind::UndefinedError, None) => "undefined variable or attribute".to_owned(),
        // the level is nobody's business
        (ErrorKind::TemplateNotFound, Some(detail)) => detail.replace("\"0/", "\""),
        (ErrorKind::InvalidOperation, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_means_its_own_preset_then_weaker_ones_and_by_its_own_name_the_next_weaker_one() {
        let has = |level: usize, path: &str| matches!((level, path), (1 | 3, "Dockerfile.j2") | (2 | 3, "part.j2"));
        let name = |level, path: &str| Name { level, path: path.to_owned() };
        assert_eq!(name(3, "Dockerfile.j2").means("Dockerfile.j2", has), name(1, "Dockerfile.j2"));
        assert_eq!(name(1, "Dockerfile.j2").means("Dockerfile.j2", has), name(0, "Dockerfile.j2"));
        assert_eq!(name(3, "Dockerfile.j2").means("part.j2", has), name(3, "part.j2"));
        assert_eq!(name(3, "part.j2").means("part.j2", has), name(2, "part.j2"));
        assert_eq!(name(1, "Dockerfile.j2").means("part.j2", has), name(0, "part.j2"));
        assert_eq!(name(0, "Dockerfile.j2").means("part.j2", has), name(0, "part.j2"));
        assert_eq!(Name::parse("0/3/../../etc/passwd"), name(0, "3/../../etc/passwd"));
    }
}
