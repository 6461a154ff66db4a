//! Masks secrets in the lines of an error's place.

use std::sync::Arc;

use super::{Place, Source, SourceKind};
use crate::secrets;

/// The place with `*` for the values on its lines, one of which is a secret: logs are read by many.
pub(crate) fn hidden(place: &Place) -> Place {
    masked(place, |_, lines| secrets::masked_assignments(lines))
}

/// The place as an error may show it, with `*` for what looks like a secret on its lines, and for every value of a secret; those of a
/// variable, an answer and a label are shown where they are harmless.
pub(crate) fn without_secrets(place: &Place) -> Place {
    let (text, at) = (&place.source.text, place.span.start);
    let shown = masked(place, |before, lines| {
        let lines = &secrets::masked_below(before, lines);
        let private = secrets::masked_private(text, at, lines);
        private.map_or_else(|| secrets::masked_lines(lines), |lines| secrets::masked(&lines))
    });
    // the value of a flag may be a secret in any form
    let name = match &shown.source.kind {
        SourceKind::Set(key) if secrets::is_private(key) => format!("--set {key}=…"),
        _ => secrets::masked(&shown.source.name),
    };
    Place { source: Arc::new(shown.source.shown_as(name, shown.source.text.as_str())), span: shown.span }
}

/// The place with its lines masked, each byte by one; the mask is also given what is before them.
fn masked(place: &Place, mask: impl Fn(&str, &str) -> String) -> Place {
    let Source { name, text, .. } = &*place.source;
    // the end of a text is shown with its last line
    let first = place.span.start.min(text.trim_end().len());
    let start = text.get(..first).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let end = text.get(place.span.end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| place.span.end + at);
    let text = match (text.get(..start), text.get(start..end), text.get(end..)) {
        (Some(before), Some(lines), Some(rest)) => [before, &mask(before, lines), rest].concat(),
        _ => String::new(),
    };
    Place { source: Arc::new(place.source.shown_as(name, text)), span: place.span.clone() }
}
