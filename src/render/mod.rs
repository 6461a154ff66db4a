//! Renders templates. `escape.rs` escapes every value for the kind of file.
//!
//! Built-in templates are rendered in this process. As soon as a preset has a template for one of the outputs, all outputs are rendered in
//! a separate, restricted process: see `sandbox.rs`.

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

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// A file as dockgen would write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Key in `[output]`.
    pub key: Cow<'static, str>,
    /// Relative to the project.
    pub path: String,
    /// With LF line endings and one final newline.
    pub text: String,
}

impl RenderedFile {
    /// The hash in the header, or the hash of the whole text if it has no header.
    pub(crate) fn hash(&self) -> String {
        carried(&self.text).map_or_else(|| hash(&self.text), |(hash, _)| hash.to_owned())
    }
}

/// Renders the outputs. Templates of presets override the built-in ones.
///
/// # Errors
/// A template is missing, uses an undefined variable, or exceeds a limit.
pub fn render(model: &Model, outputs: &[OutputFile], sets: &[TemplateSet]) -> Result<Vec<RenderedFile>> {
    let names = outputs.iter().map(|output| overlay::find_template(output, sets)).collect::<Result<Vec<_>>>()?;
    let texts = if names.iter().all(overlay::TemplateName::is_built_in) {
        render_built_in(model, outputs)?
    } else {
        sandbox::render(model, &names, sets)?
    };
    let file = |(output, text): (&OutputFile, String)| {
        let text = if ignore::is_ignore_file(&output.path) {
            format!("{}\n{}", text.trim_end(), ignore::credentials(&model.context))
        } else {
            text
        };
        RenderedFile { key: output.key.clone(), path: output.path.clone(), text: sealed(&text) }
    };
    Ok(outputs.iter().zip(texts).map(file).collect())
}

fn render_built_in(model: &Model, outputs: &[OutputFile]) -> Result<Vec<String>> {
    let environment = built_in_environment();
    let context = Value::from(Serde(model));
    let render = |output: &OutputFile| environment.get_template(&output.template)?.render(context.clone());
    outputs.iter().map(|output| render(output).map_err(|error| template_error(&error))).collect()
}

/// Built-in templates only; each is compiled on first use.
fn built_in_environment() -> Environment<'static> {
    let mut environment = escape::environment(None);
    environment.set_loader(|path| Ok(embedded(&TEMPLATES, path).map(blocks::with_whole_lines)));
    environment
}

fn template_error(error: &minijinja::Error) -> Error {
    let overlay::TemplateFailure { frames, message } = overlay::describe_failure(error);
    let place = frames.last().map(|(path, line)| format!("{path}:{line}: ")).unwrap_or_default();
    Error::new(format!("{place}{message}")).hint("this is a bug in dockgen: please report it")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `include_dir` doesn't notice added or removed files, but this test does.
    #[test]
    fn every_template_on_disk_is_built_in_and_parses() {
        let plain = built_in_environment();
        let with_blocks = overlay::environment(std::sync::Arc::default(), false);
        for path in blocks::tests::template_paths() {
            plain.get_template(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            with_blocks.get_template(&format!("0/{path}")).unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }
}
