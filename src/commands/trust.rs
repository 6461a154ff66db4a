//! Asks for consent before presets from git or user-wide folders are used. Shows what they do first; until then, nothing of them is
//! rendered.

use std::ffi::OsString;

use super::command_line;
use crate::error::{Error, Result};
use crate::preset::differences::{EffectChange, compare_effects};
use crate::preset::effects::EffectsBySource;
use crate::preset::{Ask, Library, MergedPresets};
use crate::report::Report;
use crate::report::presets::hidden;
use crate::{interrupt, prompt};

/// How a user can agree to use a preset.
pub(super) struct Consent<'a> {
    /// `--trust`
    pub(super) given: bool,
    /// Whether the command may prompt.
    pub(super) ask: bool,
    /// The command line as typed.
    pub(super) typed: &'a [OsString],
    /// Keys of questions that no one has answered yet.
    pub(super) unanswered: Vec<String>,
}

/// The keys of a project's questions that have no answer.
pub(super) fn unanswered(merged: &MergedPresets) -> Vec<String> {
    merged.asks.iter().map(Ask::key).filter(|key| merged.layers.get(key).is_none()).collect()
}

/// Shows the effects of new presets and the changed effects of updated ones, and asks whether to trust those that need it.
///
/// # Errors
/// A preset isn't trusted, so nothing of it may be rendered.
pub(super) fn require_consent(
    library: &Library,
    effects: &EffectsBySource,
    before: &EffectsBySource,
    consent: &Consent<'_>,
    report: &Report,
) -> Result<()> {
    let mut doubtful = Vec::new();
    let mut hidden = 0;
    for (name, locked) in library.new_sources() {
        hidden += report.new_preset(name, locked, effects.get(name).map_or(&[], Vec::as_slice));
        doubtful.push(name.as_str());
    }
    for (name, old, new) in library.changed_sources() {
        // if the old version is no longer available, treat all effects as new
        let old_effects = before.get(name).map_or(&[][..], Vec::as_slice);
        let changes = compare_effects(old_effects, effects.get(name).map_or(&[], Vec::as_slice));
        hidden += report.new_version(name, (old, new), &changes);
        if changes.iter().any(EffectChange::needs_trust) || !before.contains_key(name) {
            doubtful.push(name);
        }
    }
    if doubtful.is_empty() || consent.given {
        return Ok(());
    }
    if consent.ask && prompt::can_ask() {
        interrupt::restore_cursor();
        report.hidden(hidden);
        let question = if doubtful.len() == 1 { "Trust this preset?" } else { "Trust these presets?" };
        return if prompt::yes_or_no(question, Some(false))? == Some(true) {
            Ok(())
        } else {
            Err(Error::new("the preset is not trusted, so nothing was written").hint(format!("to use it, {}", again(consent))))
        };
    }
    Err(untrusted(&doubtful, hidden, consent))
}

fn untrusted(names: &[&str], lines: usize, consent: &Consent<'_>) -> Error {
    let several = if names.len() == 1 { "preset" } else { "presets" };
    let shown: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let hidden = hidden(lines).map_or(String::new(), |words| format!("{words}; "));
    Error::new(format!("{several} {} must be trusted first; nothing was written", shown.join(", ")))
        .hint(format!("{hidden}review the effects above, then {}", again(consent)))
}

/// Tells the user to run the same command with `--trust`, quoted for a POSIX shell.
fn again(consent: &Consent<'_>) -> String {
    let answers = consent.unanswered.iter().flat_map(|key| ["--set".to_owned(), format!("{key}=VALUE")]);
    let added: Vec<String> = ["--trust".to_owned()].into_iter().chain(answers).collect();
    if consent.typed.iter().any(|word| word == "--check") {
        let command = command_line(consent.typed, &["--check", "--json"], &added);
        return format!("write the files and commit dockgen.lock: {command}");
    }
    format!("run the same command again with --trust: {}", command_line(consent.typed, &[], &added))
}
