//! Python versions that a team allows.

use toml::Value;

use crate::layers::{Node, Origin};

/// Replaces a detected or default Python version that `python.allowed` excludes.
///
/// `fact` is the origin of the detected version. `fitting` are all versions that the project accepts, best first.
pub(super) fn choose(layers: &mut Node, fact: Option<&Origin>, fitting: &[&str]) {
    let (Some(Node::Leaf(Value::Array(allowed), rule)), Some(Node::Leaf(version, said))) =
        (layers.get("python.allowed"), layers.get("python.version"))
    else {
        return;
    };
    let allows = |version: &str| allowed.iter().any(|one| one.as_str() == Some(version));
    let open = said.is_default() || fact == Some(said);
    if !open || allowed.is_empty() || version.as_str().is_some_and(allows) {
        return;
    }
    let Some(chosen) = fitting.iter().find(|version| allows(version)) else { return };
    let origin = Origin::new(rule.place.clone(), "python.allowed");
    layers.set("python.version", Value::String((*chosen).to_owned()), &origin);
}
