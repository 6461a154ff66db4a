//! Resolves templates of presets, which override the built-in ones.
//!
//! Internally a template is named `LEVEL/PATH`. Level 0 is built in, level 1 is the weakest preset with templates. A template that names its
//! own path, as with `{% extends "Dockerfile.j2" %}` in `Dockerfile.j2`, refers to the next weaker one. Other names are looked up in the same
//! preset, then in weaker ones. So a built-in template never includes a preset's.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::{Environment, ErrorKind};

use super::{TEMPLATES, blocks, escape};
use crate::error::{Error, Result};
use crate::knowledge::embedded;
use crate::output::OutputFile;
use crate::preset::TemplateSet;

/// One preset's templates: text by path.
pub(super) type TemplateTexts = BTreeMap<String, String>;

/// Limit of minijinja's fuel per output; the largest built-in template takes a few thousand.
const MAX_STEPS: u64 = 1_000_000;

/// Limit of templates that extend each other.
const MAX_CHAIN: usize = 32;

/// An internal template name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TemplateName {
    pub(super) level: usize,
    pub(super) path: String,
}

impl TemplateName {
    pub(super) fn is_built_in(&self) -> bool {
        self.level == 0
    }

    pub(super) fn parse(name: &str) -> Self {
        let (level, path) = name.split_once('/').unwrap_or_default();
        Self { level: level.parse().unwrap_or_default(), path: path.to_owned() }
    }

    /// Resolves a name used in this template.
    fn resolve(&self, wanted: &str, has: impl Fn(usize, &str) -> bool) -> Self {
        let below = if wanted == self.path { self.level.saturating_sub(1) } else { self.level };
        let level = (1..=below).rev().find(|level| has(*level, wanted)).unwrap_or_default();
        Self { level, path: wanted.to_owned() }
    }
}

impl std::fmt::Display for TemplateName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.level, self.path)
    }
}

/// Finds the strongest template of an output.
///
/// # Errors
/// No preset has the template, or it overrides a block that doesn't exist.
pub(super) fn find_template(output: &OutputFile, sets: &[TemplateSet]) -> Result<TemplateName> {
    let strongest = TemplateName { level: sets.len(), path: String::new() };
    let name = strongest.resolve(&output.template, |level, path| sets[level - 1].files.contains_key(path));
    if name.is_built_in() && output.kind.is_none() {
        return Err(missing_template(output, sets));
    }
    check_blocks(&name, sets)?;
    Ok(name)
}

fn missing_template(output: &OutputFile, sets: &[TemplateSet]) -> Error {
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

/// The name of a preset's template in messages.
pub(super) fn display_name(name: &TemplateName, sets: &[TemplateSet]) -> String {
    let preset = &sets[name.level - 1].preset;
    match preset.strip_suffix("preset.toml") {
        Some(folder) => format!("{folder}templates/{}", name.path),
        None => format!("{preset} templates/{}", name.path),
    }
}

pub(super) fn template_text<'a>(name: &TemplateName, sets: &'a [TemplateSet]) -> Option<&'a str> {
    match name.level.checked_sub(1) {
        None => embedded(&TEMPLATES, &name.path),
        Some(index) => sets.get(index)?.files.get(&name.path).map(String::as_str),
    }
}

/// Rejects blocks that override nothing, since their content would silently be lost.
fn check_blocks(root: &TemplateName, sets: &[TemplateSet]) -> Result<()> {
    let mut chain = vec![root.clone()];
    while let Some(name) = chain.last().filter(|name| !name.is_built_in() && chain.len() < MAX_CHAIN) {
        let Some(parent) = template_text(name, sets).and_then(blocks::parent_template) else { break };
        let parent = name.resolve(parent, |level, path| sets[level - 1].files.contains_key(path));
        // rendering reports a missing parent with the line of its `extends`
        if template_text(&parent, sets).is_none() {
            return Ok(());
        }
        if chain.contains(&parent) {
            let circle = chain.iter().map(|name| name.path.as_str()).chain([parent.path.as_str()]).collect::<Vec<_>>();
            return Err(Error::new(format!("templates extend each other in a circle: {}", circle.join(" → ")))
                .hint(format!("remove one `extends`, starting at {}", display_name(root, sets))));
        }
        chain.push(parent);
    }
    for (index, name) in chain[..chain.len() - 1].iter().enumerate() {
        let known: Vec<&str> =
            chain[index + 1..].iter().filter_map(|name| template_text(name, sets)).flat_map(blocks::block_names).collect();
        blocks::check_overrides(template_text(name, sets).unwrap_or_default(), &display_name(name, sets), &known)?;
    }
    Ok(())
}

/// An environment that can load the given and the built-in templates, and nothing else.
pub(super) fn environment(sets: Arc<Vec<TemplateTexts>>, compose: bool) -> Environment<'static> {
    let mut environment = escape::environment(Some(compose));
    let known = Arc::clone(&sets);
    environment.set_path_join_callback(move |wanted, parent| {
        let has = |level: usize, path: &str| known.get(level - 1).is_some_and(|set| set.contains_key(path));
        TemplateName::parse(parent).resolve(wanted, has).to_string().into()
    });
    environment.set_loader(move |name| {
        let TemplateName { level, path } = TemplateName::parse(name);
        Ok(match level.checked_sub(1) {
            None => embedded(&TEMPLATES, &path).map(blocks::with_whole_lines),
            Some(index) => sets.get(index).and_then(|set| set.get(&path)).map(|text| blocks::with_whole_lines(text)),
        })
    });
    // `debug` prints the state of the template engine, which no file needs
    environment.remove_global("debug");
    environment.set_fuel(Some(MAX_STEPS));
    environment
}

/// Why a template could not be rendered.
#[derive(Debug)]
pub(super) struct TemplateFailure {
    /// Templates and lines that led to the failure, outermost first.
    pub(super) frames: Vec<(String, usize)>,
    pub(super) message: String,
}

/// Follows the causes of an error to the innermost included template.
pub(super) fn describe_failure(error: &minijinja::Error) -> TemplateFailure {
    let mut frames = Vec::new();
    let mut cause = error;
    loop {
        frames.extend(cause.name().map(|name| (name.to_owned(), cause.line().unwrap_or_default())));
        match std::error::Error::source(cause).and_then(|inner| inner.downcast_ref::<minijinja::Error>()) {
            Some(inner) => cause = inner,
            None => break,
        }
    }
    TemplateFailure { frames, message: failure_message(cause) }
}

fn failure_message(error: &minijinja::Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => format!("the template takes more than {MAX_STEPS} steps"),
        (ErrorKind::UndefinedError, None) => "undefined variable or attribute".to_owned(),
        // leave out the level of a built-in template
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
    fn resolves_own_name_to_the_next_weaker_preset_and_others_to_the_same_preset_first() {
        let has = |level: usize, path: &str| matches!((level, path), (1 | 3, "Dockerfile.j2") | (2 | 3, "part.j2"));
        let name = |level, path: &str| TemplateName { level, path: path.to_owned() };
        assert_eq!(name(3, "Dockerfile.j2").resolve("Dockerfile.j2", has), name(1, "Dockerfile.j2"));
        assert_eq!(name(1, "Dockerfile.j2").resolve("Dockerfile.j2", has), name(0, "Dockerfile.j2"));
        assert_eq!(name(3, "Dockerfile.j2").resolve("part.j2", has), name(3, "part.j2"));
        assert_eq!(name(3, "part.j2").resolve("part.j2", has), name(2, "part.j2"));
        assert_eq!(name(1, "Dockerfile.j2").resolve("part.j2", has), name(0, "part.j2"));
        assert_eq!(name(0, "Dockerfile.j2").resolve("part.j2", has), name(0, "part.j2"));
        assert_eq!(TemplateName::parse("0/3/../../etc/passwd"), name(0, "3/../../etc/passwd"));
    }
}
