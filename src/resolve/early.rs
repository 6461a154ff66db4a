//! Checks of the values that are known while `dockgen init` still asks for others.

use toml::Value;

use super::choices::check_values;
use super::settings::Settings;
use super::{check, team};
use crate::error::Result;
use crate::layers::Node;

/// Checks every value that names no missing answer.
///
/// # Errors
/// The first value that breaks its rule, or a Python version that can't be used.
pub(crate) fn check_known(mut layers: Node) -> Result<()> {
    let answered: Vec<String> = layers.entries("answers").map(|(name, _)| name.clone()).collect();
    drop_unanswered(&mut layers, &answered);
    let layers = check_values(&layers)?;
    let settings = Settings::new(&layers)?;
    check::python(&settings)?;
    team::python(&settings)
}

/// Drops the values that name an answer which no one has given yet.
fn drop_unanswered(node: &mut Node, answered: &[String]) {
    let Node::Table { children, .. } = node else { return };
    children.retain(|_, child| !matches!(child, Node::Leaf(value, _) if names_another(value, answered)));
    children.values_mut().for_each(|child| drop_unanswered(child, answered));
}

/// Whether a value names an answer that is not among these.
fn names_another(value: &Value, answered: &[String]) -> bool {
    match value {
        Value::String(text) => text.split("{answers.").skip(1).any(|rest| {
            let name = rest.split('}').next().unwrap_or_default();
            answered.iter().all(|answered| answered != name)
        }),
        Value::Array(items) => items.iter().any(|item| names_another(item, answered)),
        _ => false,
    }
}
