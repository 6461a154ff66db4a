//! Checks the syntax of rendered files: templates of presets may be broken, and other programs would notice only much later.

use std::path::Path;

use granit_parser::Parser;

use crate::error::{Error, Result};
use crate::output::OutputKind;
use crate::python::parser::syntax_error;
use crate::render::RenderedFile;

/// Parses a file by its output key or extension.
///
/// # Errors
/// The file doesn't parse; the error contains the parser's message.
pub(crate) fn check(file: &RenderedFile) -> Result<()> {
    let extension = Path::new(&file.path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let text = file.text.as_str();
    let wrong = match (OutputKind::of_key(&file.key), extension) {
        (Some(OutputKind::Dockerfile), _) => parse_dockerfile::parse(text).err().map(|error| error.to_string()),
        (_, "yaml" | "yml") => Parser::new_from_str(text).find_map(std::result::Result::err).map(|error| error.to_string()),
        (_, "json") => serde_json::from_str::<serde_json::Value>(text).err().map(|error| error.to_string()),
        (_, "toml") => toml::de::DeTable::parse(text).err().map(|error| error.message().to_owned()),
        (_, "py") => syntax_error(text).map(|line| format!("line {line} is not valid Python")),
        _ => None,
    };
    match wrong {
        None => Ok(()),
        Some(reason) => {
            Err(Error::new(format!("`{}` does not parse: {reason}", file.path)).hint("fix the template in the preset"))
        }
    }
}
