//! Templates become files. Escaping is by construction: see `escape.rs`.
//!
//! Where no preset brings a template for what is written, the built-in ones are rendered here.
//! Else all of it happens in a process of its own that can do nothing but that: see `sandbox.rs`.

mod blocks;
mod escape;
mod ignore;
mod overlay;
pub(crate) mod sandbox;

use std::borrow::Cow;

use include_dir::{Dir, include_dir};
use minijinja::Environment;
use minijinja::value::{Serde, Value};

use crate::error::{Error, Result};
use crate::knowledge::embedded;
use crate::model::Model;
use crate::output::OutputFile;
use crate::preset::TemplateSet;
use crate::seal::{carried, hash, sealed};

/// The built-in templates.
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// A file as dockgen would write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its key in `[output]`.
    pub key: Cow<'static, str>,
    /// Its path, relative to the project.
    pub path: String,
    /// Its text: LF, one final newline.
    pub text: String,
}

impl File {
    /// The fingerprint of its text, which most carry.
    pub(crate) fn hash(&self) -> String {
        carried(&self.text).map_or_else(|| hash(&self.text), |(hash, _)| hash.to_owned())
    }
}

/// Renders the outputs, with the templates of presets over the built-in ones.
///
/// # Errors
/// A template that is not there, asks for what the model does not have, or takes more than it may.
pub fn render(model: &Model, outputs: &[OutputFile], sets: &[TemplateSet]) -> Result<Vec<File>> {
    let names = outputs.iter().map(|output| overlay::root(output, sets)).collect::<Result<Vec<_>>>()?;
    let texts = if names.iter().all(overlay::Name::is_built_in) {
        built_in(model, outputs)?
    } else {
        sandbox::render(model, &names, sets)?
    };
    let file = |(output, text): (&OutputFile, String)| {
        let text = if ignore::is_ignore_file(&output.path) {
            format!("{}\n{}", text.trim_end(), ignore::credentials(&model.context))
        } else {
            text
        };
        File { key: output.key.clone(), path: output.path.clone(), text: sealed(&text) }
    };
    Ok(outputs.iter().zip(texts).map(file).collect())
}

/// The texts of outputs that no preset has a say in.
fn built_in(model: &Model, outputs: &[OutputFile]) -> Result<Vec<String>> {
    let environment = plain_environment();
    let context = Value::from(Serde(model));
    let render = |output: &OutputFile| environment.get_template(&output.template)?.render(context.clone());
    outputs.iter().map(|output| render(output).map_err(|error| template_error(&error))).collect()
}

/// The built-in templates; each is compiled when it is first needed.
fn plain_environment() -> Environment<'static> {
    let mut environment = escape::environment(None);
    environment.set_loader(|path| Ok(embedded(&TEMPLATES, path).map(blocks::with_whole_lines)));
    environment
}

fn template_error(error: &minijinja::Error) -> Error {
    let overlay::Failure { frames, message } = overlay::failure(error);
    let place = frames.last().map(|(path, line)| format!("{path}:{line}: ")).unwrap_or_default();
    Error::new(format!("{place}{message}")).hint("this is a bug in dockgen: please report it")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `include_dir` does not notice files that come or go: this does. A template that does not parse is found here too.
    #[test]
    fn every_template_on_disk_is_built_in_and_parses() {
        let plain = plain_environment();
        let with_blocks = overlay::environment(std::sync::Arc::default(), false);
        for path in blocks::tests::paths() {
            plain.get_template(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            with_blocks.get_template(&format!("0/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }
}
