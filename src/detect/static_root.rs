//! Whether Django's settings give collectstatic a folder, which may depend on a variable.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::environment::plain;
use crate::error::Source;
use crate::python::codebase::Parsed;
use crate::python::module::{Binding, Expression};

/// Where collectstatic writes.
pub(crate) enum StaticRoot {
    Missing,
    Set,
    /// Only if a variable has a value.
    With(Switch),
    /// Only under a condition that isn't true without more settings.
    Conditional,
}

/// A variable that turns the settings for production on.
pub(crate) struct Switch {
    pub(crate) name: String,
    pub(crate) value: &'static str,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
}

/// Values that turn `DEBUG` on.
const ON: [&str; 6] = ["true", "on", "yes", "1", "t", "y"];

/// Reads the settings, nearest file first.
pub(crate) fn static_root(files: &[Rc<Parsed>]) -> StaticRoot {
    let bindings = |name: &'static str| {
        files.iter().flat_map(move |parsed| {
            let bindings = parsed.module.bindings.iter().filter(move |binding| binding.name == name);
            bindings.map(move |binding| (parsed, binding))
        })
    };
    let roots: Vec<_> = bindings("STATIC_ROOT").collect();
    let [(parsed, root)] = roots.as_slice() else {
        return if roots.is_empty() { StaticRoot::Missing } else { StaticRoot::Set };
    };
    let debug = bindings("DEBUG").next();
    match condition(&parsed.source.text, root.span.start).as_deref() {
        Some("not DEBUG") => debug.map_or(StaticRoot::Set, |(parsed, debug)| without_debug(parsed, debug)),
        Some(other) if other.contains(" in os.environ") && !other.contains(" not in ") => StaticRoot::Conditional,
        _ => StaticRoot::Set,
    }
}

/// The condition of the `if` or `else` around a statement.
fn condition(text: &str, at: usize) -> Option<String> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let before = text.get(..at)?;
    let mut lines = before.lines().rev();
    let own = lines.next().filter(|line| !before.ends_with('\n') && line.trim().is_empty())?.len();
    let mut outer = lines.filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let header = outer.by_ref().find(|line| depth(line) < own)?;
    let of_if = |line: &str| Some(line.trim().strip_prefix("if ")?.split(':').next()?.trim().to_owned());
    if header.trim() == "else:" {
        let opening = outer.find(|line| depth(line) <= depth(header))?;
        return of_if(opening).map(|condition| format!("not {condition}"));
    }
    of_if(header)
}

/// What gives `STATIC_ROOT` a value where settings for development give it none.
fn without_debug(parsed: &Parsed, debug: &Binding) -> StaticRoot {
    let switch = |name: &str, value| {
        StaticRoot::With(Switch { name: name.to_owned(), value, source: Arc::clone(&parsed.source), span: debug.span.clone() })
    };
    let text = parsed.source.text.get(debug.span.clone()).unwrap_or_default();
    if debug.value == Expression::Constant("True") {
        return StaticRoot::Conditional;
    }
    // DEBUG = "RENDER" not in os.environ
    if let Some(name) = text.split(" not in os.environ").next().filter(|start| start.len() < text.len()) {
        let name = name.rsplit(['"', '\'']).nth(1).unwrap_or_default();
        return switch(name, "true");
    }
    let mut calls = parsed.module.calls.iter().filter(|call| debug.span.contains(&call.span.start));
    let read = calls.find_map(|call| Some((call.first_text()?, call.named("default").or_else(|| call.arguments.get(1))?)));
    let default = read.and_then(|(name, default)| Some((name, plain(default)?.to_lowercase())));
    match default {
        Some((name, default)) if ON.contains(&default.as_str()) => switch(name, if default == "1" { "0" } else { "False" }),
        _ => StaticRoot::Set,
    }
}
