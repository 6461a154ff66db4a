//! Size limits of BuildKit and Linux: a Dockerfile line, an instruction, an environment.

use toml::Value;

use crate::error::{Error, Result};
use crate::layers::Node;
use crate::model::Model;
use crate::quote::shell_word;

/// Maximum bytes of a written value or list: BuildKit reads lines of at most 65,535 bytes.
const LONGEST_VALUE: usize = 60_000;

/// Maximum bytes of one RUN: Linux limits an argument to 131,071 bytes.
const LONGEST_RUN: usize = 120_000;

/// Maximum bytes of all variables: Linux limits a program's environment to 2 MiB, and a ConfigMap has at most 1 MiB.
const LARGEST_ENVIRONMENT: usize = 1_000_000;

/// Refuses a value that is too long for a Dockerfile line.
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

/// Bytes of a value with the longest quoting, in which each word is quoted separately.
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

/// Refuses values whose total is too large.
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
