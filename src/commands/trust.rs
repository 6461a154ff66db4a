//! Presets from git and from user-wide folders are used only with consent: what they do is shown first, and nothing of them is
//! rendered before.

use crate::error::{Error, Result};
use crate::preset::Library;
use crate::preset::differences::{EffectChange, difference};
use crate::preset::effects::EffectsBySource;
use crate::report::Report;
use crate::{interrupt, prompt};

/// Who may say that a preset is trusted.
pub(super) struct Consent<'a> {
    /// `--trust`
    pub(super) given: bool,
    /// Whether a person may be asked.
    pub(super) ask: bool,
    /// The command that was typed.
    pub(super) command: &'a str,
}

/// Shows what the new presets do and what the updated ones do differently, and asks where `dockgen.lock` does not know them yet.
///
/// # Errors
/// A preset without consent: nothing of it may be rendered.
pub(super) fn settle(
    library: &Library,
    effects: &EffectsBySource,
    before: &EffectsBySource,
    consent: &Consent<'_>,
    report: &Report,
) -> Result<()> {
    let mut doubtful = Vec::new();
    for (name, locked) in library.first_uses() {
        report.new_preset(name, locked, effects.get(name).map_or(&[], Vec::as_slice));
        doubtful.push(name.as_str());
    }
    for (name, old, new) in library.moved() {
        // what can't be had any more can't be compared: then all of it is new
        let old_effects = before.get(name).map_or(&[][..], Vec::as_slice);
        let changes = difference(old_effects, effects.get(name).map_or(&[], Vec::as_slice));
        report.updated_preset(name, (old, new), &changes);
        if changes.iter().any(EffectChange::needs_trust) || !before.contains_key(name) {
            doubtful.push(name);
        }
    }
    if doubtful.is_empty() || consent.given {
        return Ok(());
    }
    if consent.ask && prompt::can_ask() {
        interrupt::keep_terminal();
        let question = if doubtful.len() == 1 { "Trust this preset?" } else { "Trust these presets?" };
        return if prompt::yes_or_no(question, Some(false))? {
            Ok(())
        } else {
            Err(Error::new("nothing was written, as the preset is not trusted"))
        };
    }
    Err(untrusted(&doubtful, consent.command))
}

fn untrusted(names: &[&str], command: &str) -> Error {
    let several = if names.len() == 1 { "preset" } else { "presets" };
    let shown: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    Error::new(format!("{several} {} must be trusted first, and nothing was written", shown.join(", "))).hint(format!(
        "read above what this allows (--verbose prints all of it), then type `dockgen {command} --trust`; dockgen.lock remembers it"
    ))
}
