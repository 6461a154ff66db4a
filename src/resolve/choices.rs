//! What decides which packages an image needs: Python, the Debian release, the installer and its files.

use super::settings::{Settings, need};
use super::{amounts, answers, check, context, sizes, team};
use crate::error::Result;
use crate::layers::{Node, references};
use crate::model::InstallChoice;
use crate::output::{OutputFile, OutputKind, path_of};
use crate::preset::Ask;
use crate::validate::{self, no_secrets};

/// The merged layers with all references filled in, in which every single value follows its rule.
pub struct CheckedLayers {
    pub(super) layers: Node,
    /// Keys of `[server]` that no command names.
    idle_server_keys: Vec<String>,
}

/// A checked spec, as far as it can be decided before the dependencies are read.
pub struct Choices<'a> {
    pub(super) settings: Settings<'a>,
    /// The files that the spec asks for.
    pub outputs: Vec<OutputFile>,
    /// Minor version of Python.
    pub python: String,
    /// Debian release of the base image.
    pub debian: String,
    /// The installer, and what it installs from.
    pub install: InstallChoice,
    /// Keys of `[server]` that no command names.
    pub(super) idle_server_keys: &'a [String],
}

/// Checks each value of the merged layers, and the answers to what presets ask.
///
/// # Errors
/// A value that is missing or breaks its rule, with its key and its place.
pub fn check_layers(merged: &Node, asks: &[Ask]) -> Result<CheckedLayers> {
    answers::check(merged, asks)?;
    Ok(CheckedLayers { layers: check_values(merged)?, idle_server_keys: idle_server_keys(merged) })
}

/// The layers with all references filled in, checked before and after.
pub(super) fn check_values(layers: &Node) -> Result<Node> {
    sizes::check_values(layers)?;
    let expanded = references::expand_all(layers)?;
    validate::check(&expanded)?;
    sizes::check_values(&expanded)?;
    no_secrets::check(&expanded)?;
    Ok(expanded)
}

/// Decides what the dependencies depend on.
///
/// # Errors
/// A value that is missing or contradicts another, with its key and its place.
pub fn choose(checked: &CheckedLayers) -> Result<Choices<'_>> {
    let settings = Settings::new(&checked.layers)?;
    check_together(&settings)?;
    Ok(Choices {
        outputs: settings.outputs()?,
        python: need(settings.python.version.as_ref(), "python.version")?,
        debian: need(settings.image.debian.as_ref(), "image.debian")?,
        install: settings.install_choice()?,
        settings,
        idle_server_keys: &checked.idle_server_keys,
    })
}

/// What no single value can break.
fn check_together(settings: &Settings<'_>) -> Result<()> {
    check::python(settings)?;
    team::python(settings)?;
    team::base(settings)?;
    check::names(settings)?;
    check::meanings(settings)?;
    context::check(settings)?;
    amounts::check(settings)
}

impl<'a> Choices<'a> {
    /// The merged layers, with all references filled in.
    #[must_use]
    pub fn layers(&self) -> &'a Node {
        self.settings.layers
    }

    /// The path of an output; none if it is turned off.
    #[must_use]
    pub fn path_of(&self, kind: OutputKind) -> Option<&str> {
        path_of(&self.outputs, kind)
    }
}

/// What people set for a server that never learns it, as no command names the key.
fn idle_server_keys(layers: &Node) -> Vec<String> {
    let set = layers.entries("server").filter(|(_, node)| !node.origin().is_built_in()).map(|(key, _)| format!("server.{key}"));
    let set: Vec<String> = set.filter(|key| *key != "server.graceful-timeout").collect();
    if set.is_empty() {
        return set;
    }
    let naming = ["processes", "environment"].into_iter().filter_map(|table| layers.get(table));
    let written = naming.flat_map(Node::leaves).filter(|(.., origin)| !origin.fact);
    let values: Vec<String> = written.map(|(_, value, _)| value.to_string()).collect();
    let is_named = |key: &String| values.iter().any(|value| value.contains(&format!("{{{key}}}")));
    set.into_iter().filter(|key| !is_named(key)).collect()
}
