//! Prints errors as text and as JSON.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::json;

use super::{Report, printable};
use crate::error::places::without_secrets;
use crate::error::{Error, Exit, Place};
use crate::hidden::printable_lines;
use crate::redact;

impl Report {
    /// Prints an error as JSON to stdout.
    pub fn json_error(&self, error: &Error) {
        let error = &editable_place_first(error.clone());
        let place = error.place.as_ref().map(|place| self.place_from_here(&without_secrets(place)));
        let place = place.map(|place| redact::message(&place.to_string()));
        let hint = error.hint.as_deref().map(redact::message);
        let error = json!({"message": redact::message(&error.message), "place": place, "hint": hint});
        // the error was already printed to stderr
        let _ = self.json_data(&json!({"version": 1, "exit": Exit::CouldNotRun as u8, "error": error}));
    }

    /// Prints an error with its place and a hint.
    pub fn error(&self, error: &Error) {
        let error = &editable_place_first(error.clone());
        let words = |words: &str| printable(&redact::message(words));
        let message = words(&error.message);
        let at = |place: &Place| shown(&self.place_from_here(&without_secrets(place)));
        let place = error.place.as_ref().map(at);
        let notes: Vec<_> = error.notes.iter().map(|(place, note)| (at(place), words(note))).collect();
        let hint = error.hint.as_deref().map(words);
        let mut groups = vec![group(Level::ERROR.primary_title(&message), place.as_ref())];
        groups.extend(notes.iter().map(|(place, words)| group(Level::NOTE.secondary_title(words), Some(place))));
        groups.extend(hint.iter().map(|hint| Group::with_title(Level::HELP.secondary_title(hint))));
        // without a snippet, the renderer would print a stray ` |` line
        let has_text = place.as_ref().is_some_and(|place| !place.source.text.is_empty());
        let parts = if has_text { vec![&groups[..]] } else { vec![&groups[..1], &groups[1..]] };
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            self.say(&Renderer::styled().render(part));
        }
    }
}

/// The error at a place that a user can edit, if one of its places is.
fn editable_place_first(mut error: Error) -> Error {
    let is_built_in = |place: &Place| place.source.is_built_in();
    if error.place.as_ref().is_some_and(is_built_in)
        && let Some(at) = error.notes.iter().position(|(place, _)| !is_built_in(place))
    {
        error.place = Some(error.notes.remove(at).0);
    }
    error
}

/// A place with control characters escaped. Built-in presets can't be edited, so only the line number is shown.
fn shown(place: &Place) -> Place {
    if place.source.is_built_in() {
        return Place { source: Arc::new(place.source.shown_as(place.to_string(), "")), span: 0..0 };
    }
    let (text, span) = redact::stretch(&place.source.text, &place.span);
    let (text, span) = printable_lines(&text, &span);
    // `--preset ADDRESS` is a name, too
    Place { source: Arc::new(place.source.shown_as(printable(&redact::message(&place.source.name)), text)), span }
}

fn group<'a>(title: annotate_snippets::Title<'a>, place: Option<&'a Place>) -> Group<'a> {
    match place {
        Some(place) if !place.source.text.is_empty() => {
            let annotation = AnnotationKind::Primary.span(place.span.clone());
            title.element(Snippet::source(&place.source.text).path(&place.source.name).annotation(annotation))
        }
        Some(place) => title.element(Origin::path(&place.source.name)),
        None => Group::with_title(title),
    }
}
