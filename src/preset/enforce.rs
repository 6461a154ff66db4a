//! Checks that nothing contradicts the `[enforce]` of a preset.

use std::sync::Arc;

use crate::error::{Error, Place, Result, Source};
use crate::layers::references::with_references;
use crate::layers::{Node, Origin};

/// Refuses a value, of the project or of a later preset's `[enforce]`, that contradicts an enforced one.
///
/// Values with references are compared as they are in `merged`, which has all layers except `[enforce]`.
pub(super) fn enforce(presets: &[(Arc<Source>, Node)], project: &Node, merged: &Node) -> Result<()> {
    let mut earlier: Option<Node> = None;
    for (source, enforced) in presets {
        let leaves = enforced.leaves();
        if leaves.is_empty() {
            continue;
        }
        let earlier = earlier.get_or_insert_with(|| project.clone());
        for (key, value, origin) in leaves {
            find_contradiction(earlier, &key, value).map_or(Ok(()), |place| {
                let mut strictest = merged.clone();
                strictest.merge(enforced.clone());
                let wanted = resolved(strictest, &key).unwrap_or_else(|| value.clone());
                if resolved(merged.clone(), &key).as_ref() == Some(&wanted) {
                    return Ok(());
                }
                Err(Error::new(format!("`{key}` must be {wanted}, enforced by {}", source.name))
                    .at(Some(place))
                    .note(Some(origin.place.clone()), &because("enforced here", origin))
                    .hint(format!("remove `{key}`, or ask the owners of the preset")))
            })?;
        }
        earlier.merge(enforced.clone());
    }
    Ok(())
}

/// The value of a key with its references filled in.
fn resolved(layers: Node, key: &str) -> Option<toml::Value> {
    with_references(layers).get(key).map(Node::to_value)
}

/// Appends the reason that a preset gives for an enforced value, if any.
pub(crate) fn because(words: &str, origin: &Origin) -> String {
    if origin.note.is_empty() { words.to_owned() } else { format!("{words}: {}", origin.note) }
}

/// The place where the project sets a key to a different value.
fn find_contradiction(project: &Node, key: &str, value: &toml::Value) -> Option<Place> {
    let ends = key.match_indices('.').map(|(at, _)| at).chain([key.len()]);
    let set = ends.filter_map(|end| project.get(&key[..end])).find(|node| {
        !matches!(node, Node::Table { off: None, .. }) || project.get(key).is_some_and(|found| std::ptr::eq(found, *node))
    })?;
    let same = set.leaves().into_iter().all(|(_, found, _)| found == value);
    (!same).then(|| set.origin().place.clone())
}
