//! Presets from git and from user-wide folders are used only with consent: what they do is shown first, and nothing of them is
//! rendered before.

use std::ffi::OsString;

use crate::error::{Error, Result};
use crate::preset::Library;
use crate::preset::differences::{EffectChange, difference};
use crate::preset::effects::EffectsBySource;
use crate::quote::shell_line;
use crate::report::Report;
use crate::report::presets::hidden;
use crate::secrets::masked_lines;
use crate::{interrupt, prompt, redact};

/// Who may say that a preset is trusted.
pub(super) struct Consent<'a> {
    /// `--trust`
    pub(super) given: bool,
    /// Whether a person may be asked.
    pub(super) ask: bool,
    /// The command line as it was typed.
    pub(super) typed: &'a [OsString],
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
    let mut hidden = 0;
    for (name, locked) in library.first_uses() {
        hidden += report.new_preset(name, locked, effects.get(name).map_or(&[], Vec::as_slice));
        doubtful.push(name.as_str());
    }
    for (name, old, new) in library.moved() {
        // what can't be had any more can't be compared: then all of it is new
        let old_effects = before.get(name).map_or(&[][..], Vec::as_slice);
        let changes = difference(old_effects, effects.get(name).map_or(&[], Vec::as_slice));
        hidden += report.new_version(name, (old, new), &changes);
        if changes.iter().any(EffectChange::needs_trust) || !before.contains_key(name) {
            doubtful.push(name);
        }
    }
    if doubtful.is_empty() || consent.given {
        return Ok(());
    }
    if consent.ask && prompt::can_ask() {
        interrupt::keep_terminal();
        report.hidden(hidden);
        let question = if doubtful.len() == 1 { "Trust this preset?" } else { "Trust these presets?" };
        return if prompt::yes_or_no(question, Some(false))? {
            Ok(())
        } else {
            Err(Error::new("the preset is not trusted, so nothing was written")
                .hint(format!("to use it, {}", again(consent.typed))))
        };
    }
    Err(untrusted(&doubtful, hidden, consent.typed))
}

fn untrusted(names: &[&str], lines: usize, typed: &[OsString]) -> Error {
    let several = if names.len() == 1 { "preset" } else { "presets" };
    let shown: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let hidden = hidden(lines).map_or(String::new(), |words| format!("{words}; "));
    Error::new(format!("{several} {} must be trusted first; nothing was written", shown.join(", ")))
        .hint(format!("{hidden}review the effects above, then {}", again(typed)))
}

/// The same command with consent, for a POSIX shell.
fn again(typed: &[OsString]) -> String {
    // a secret ends with its word, and what follows it has to be seen
    let shown = |word: &OsString| masked_lines(&redact::text(&word.to_string_lossy()));
    let mut words: Vec<String> = typed.iter().skip(1).map(shown).collect();
    // what follows `--` is no flag
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    words.insert(end, "--trust".to_owned());
    format!("run the same command again with --trust: dockgen {}", shell_line(&words))
}
