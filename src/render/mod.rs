//! Templates become files. Escaping is by construction: see `escape.rs`.
//!
//! Where no preset brings a template for what is written, the built-in ones are rendered here.
//! Else all of it happens in a process of its own that can do nothing but that: see `sandbox.rs`.

mod blocks;
pub(crate) mod dotenv;
mod escape;
mod ignore;
mod overlay;
pub(crate) mod sandbox;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use include_dir::{Dir, include_dir};
use minijinja::Environment;
use minijinja::value::{Serde, Value};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::model::Model;
use crate::preset::TemplateSet;
use crate::resolve::Output;

pub(crate) use escape::{json_text, shell_line, shell_word};

/// The built-in templates.
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Stands where the hash will be.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Comes before the hash, in the header of every file.
pub(crate) const HASH_MARK: &str = "# dockgen:sha256:";

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
pub fn render(model: &Model, outputs: &[Output], sets: &[TemplateSet]) -> Result<Vec<File>> {
    let names = outputs.iter().map(|output| overlay::root(output, sets)).collect::<Result<Vec<_>>>()?;
    let texts = if names.iter().all(overlay::Name::is_built_in) {
        built_in(model, outputs)?
    } else {
        sandbox::render(model, &names, sets)?
    };
    let file = |(output, text): (&Output, String)| {
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
fn built_in(model: &Model, outputs: &[Output]) -> Result<Vec<String>> {
    let environment = plain_environment();
    let context = Value::from(Serde(model));
    let render = |output: &Output| environment.get_template(&output.template)?.render(context.clone());
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
    Error::new(format!("{place}{message}")).hint("this is a mistake in dockgen's own template: report it")
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

/// LF, one final newline, and the hash of everything but itself, whatever a template says that it is.
fn sealed(text: &str) -> String {
    let text = unsealed(&format!("{}\n", text.trim_end()));
    resealed(&text, &hash(&text))
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The hash of a text without the hash that it may carry itself: of a file that dockgen wrote, that is the one that it carries.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    carried(text).map_or_else(|| hash(text), |(_, unsealed)| hash(&unsealed))
}

/// A text with no hash in its header.
pub(crate) fn unsealed(text: &str) -> String {
    resealed(text, NO_HASH)
}

/// A text with this hash in its header, where it has one.
pub(crate) fn resealed(text: &str, hash: &str) -> String {
    place(text).map_or_else(|| text.to_owned(), |place| format!("{}{hash}{}", &text[..place.start], &text[place.end..]))
}

/// The hash that a text carries, and the text without it.
pub(crate) fn carried(text: &str) -> Option<(&str, String)> {
    Some((&text[place(text)?], unsealed(text)))
}

/// Where the hash is: on a line of its own, wherever people moved that line. What they made of it otherwise is no hash.
fn place(text: &str) -> Option<Range<usize>> {
    let is_line = |at: usize| at == 0 || text.as_bytes()[at - 1] == b'\n';
    let marks = text.match_indices(HASH_MARK).filter(|(at, _)| is_line(*at)).map(|(at, _)| at + HASH_MARK.len());
    let mut hashes = marks.filter(|start| text[*start..].split('\n').next().is_some_and(is_hash));
    hashes.next().map(|start| start..start + NO_HASH.len())
}

/// Whether a text is a SHA-256 as dockgen writes it.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == NO_HASH.len() && is_hex(text)
}

/// Whether a text holds only the digits of a hash.
pub(crate) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The hash that a generated file carries, and whether the rest of it still has that hash; none for other files.
#[must_use]
pub fn seal(text: &str) -> Option<bool> {
    let (found, unsealed) = carried(text)?;
    Some(hash(&unsealed) == found)
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
