//! How much BuildKit and Linux can read: a line of a Dockerfile, an instruction, an environment.

use toml::Value;

use crate::error::{Error, Result};
use crate::layers::Node;
use crate::model::Model;
use crate::quote::shell_word;

/// Bytes that a value may take as it is written, with all that is in its list: BuildKit reads lines of at most 65,535 bytes.
const LONGEST_VALUE: usize = 60_000;

/// Bytes that the words of one RUN may take: Linux hands a program no longer word than 131,071 bytes.
const LONGEST_RUN: usize = 120_000;

/// Bytes of all variables: Linux hands a program at most 2 MiB, and a ConfigMap takes 1 MiB.
const LARGEST_ENVIRONMENT: usize = 1_000_000;

/// Refuses a value that no line of a Dockerfile can take.
pub(super) fn check_values(layers: &Node) -> Result<()> {
    for (key, value, origin) in layers.leaves() {
        let size = written(value);
        if size > LONGEST_VALUE {
            let kind = if value.is_array() { "list" } else { "value" };
            return Err(Error::new(format!(
                "`{key}` takes {size} bytes in the Dockerfile; a {kind} can take at most {LONGEST_VALUE}"
            ))
            .at(Some(origin.place.clone()))
            .hint("move the text to a file of the project, and set the path of that file here"));
        }
    }
    Ok(())
}

/// The bytes of a value in the quotes that take the most, where each of its words may become a text of its own.
fn written(value: &Value) -> usize {
    match value {
        Value::String(text) => {
            let escaped = text.bytes().filter(|byte| matches!(byte, b'"' | b'\\' | b'$')).count();
            shell_word(text).len().max(text.len() + escaped) + 4 * (1 + text.split_whitespace().count())
        }
        Value::Array(items) => items.iter().map(written).sum(),
        _ => 0,
    }
}

/// Refuses values that are too much together.
pub(super) fn check_sums(model: &Model, layers: &Node) -> Result<()> {
    let bytes = |name: &String, value: &String| name.len() + written(&Value::String(value.clone()));
    let values: usize = model.environment.iter().map(|(name, value)| bytes(name, value)).sum();
    let seen: usize = model.dockerfile.step_values.iter().map(|(name, value)| bytes(name, value)).sum();
    let steps: usize = model.dockerfile.steps.iter().flatten().map(|word| written(&Value::String(word.clone()))).sum();
    let folders: usize = model.volumes.iter().map(|volume| volume.path.len() + 1).sum();
    let sums = [
        ("environment", values, LARGEST_ENVIRONMENT, "an environment"),
        ("environment", if steps > 0 { seen + steps } else { 0 }, LONGEST_RUN, "the RUN of build.steps with its variables"),
        ("volumes", folders, LONGEST_VALUE, "a line of a Dockerfile"),
    ];
    match sums.into_iter().find(|(_, size, most, _)| size > most) {
        Some((key, size, most, what)) => {
            Err(Error::new(format!("`{key}` takes {size} bytes in total; {what} can take at most {most}"))
                .at(layers.place(key))
                .hint("move long texts to files of the project, and set the paths of those files here"))
        }
        None => Ok(()),
    }
}
