//! Answers to what presets ask: each is there, is asked for, and is what the question wants.

use toml::Value;

use crate::error::{Error, Result};
use crate::layers::Node;
use crate::preset::Ask;
use crate::spec::Answer;
use crate::suggest::closest;

/// Holds the answers against the questions.
pub(super) fn check(layers: &Node, asks: &[Ask]) -> Result<()> {
    let unasked = layers.entries("answers").find(|(name, _)| asks.iter().all(|ask| ask.name != **name));
    if let Some((name, node)) = unasked {
        return Err(nobody_asks(name, asks).at(Some(node.origin().place.clone())));
    }
    asks.iter().try_for_each(|ask| answer(layers, ask))
}

fn answer(layers: &Node, ask: &Ask) -> Result<()> {
    let key = ask.key();
    let (answer, place) = match layers.get(&key) {
        Some(Node::Leaf(Value::String(text), origin)) => (Answer::Text(text.clone()), &origin.place),
        Some(Node::Leaf(Value::Boolean(truth), origin)) => (Answer::Truth(*truth), &origin.place),
        _ => return Err(missing(&key, ask)),
    };
    if ask.accepts(&answer) {
        return Ok(());
    }
    let example = ask.choices.first().map_or("VALUE", String::as_str);
    let error =
        Error::new(format!("`{key}`: expected {}", ask.expected())).hint(format!("change it, or pass --set {key}={example}"));
    Err(error.at(Some(place.clone())).note(ask.place(), "asked here"))
}

/// Nobody answered, and there is nobody to ask.
fn missing(key: &str, ask: &Ask) -> Error {
    let example = ask.choices.first().map_or("VALUE", String::as_str);
    Error::new(format!("missing answer `{key}`: {}", ask.question))
        .at(ask.place())
        .hint(format!("set it under [answers] in dockgen.toml, or pass --set {key}={example}; expected {}", ask.expected()))
}

fn nobody_asks(name: &str, asks: &[Ask]) -> Error {
    let names: Vec<&str> = asks.iter().map(|ask| ask.name.as_str()).collect();
    let hint = match closest(name, &names) {
        Some(meant) => format!("did you mean `answers.{meant}`?"),
        None if names.is_empty() => "remove it, or add the preset that asks for it to `presets`".to_owned(),
        None => format!("known answers: {}", names.join(", ")),
    };
    Error::new(format!("no preset asks for `answers.{name}`")).hint(hint)
}
