//! Variables that code can't do without although it reads them with a getter that allows it.

use std::ops::Range;

use super::setting::ReadSetting;
use crate::python::codebase::Parsed;
use crate::python::module::{Call, Expression, Module};
use crate::python::regions::RegionKind;

/// Functions that run before the application serves requests.
const STARTERS: [&str; 8] =
    ["create_app", "create_application", "make_app", "get_app", "get_application", "init_app", "lifespan", "startup"];

/// Values for production, in order of preference.
const PRODUCTION: [&str; 3] = ["production", "prod", "live"];

/// Adds what the code around a call demands of the value: `os.getenv("X").split()`, `if not x: raise …`.
///
/// Returns whether the code checks it and stops.
pub(super) fn add(parsed: &Parsed, call: &Call, setting: &mut ReadSetting) -> bool {
    let module = &parsed.module;
    setting.required |= is_used_at_once(parsed, call);
    let subjects = names(module, call);
    let is_subject = |text: &str| subjects.contains(&text);
    let text = |span: &Range<usize>| parsed.source.text.get(span.clone()).unwrap_or_default();
    if is_only_host(module, call, &subjects) {
        setting.required = true;
        setting.example.get_or_insert_with(|| "localhost".to_owned());
    }
    let mut is_checked = false;
    for guard in &module.guards {
        let checked = guard.subjects.iter().find(|span| **span == call.span || is_subject(text(span)));
        if checked.is_some_and(|span| runs_at_start(module, span.start)) {
            (setting.required, is_checked) = (true, true);
            let known = || guard.choices.iter().map(String::as_str);
            let choice = PRODUCTION.iter().copied().find(|name| known().any(|choice| choice == *name)).or_else(|| known().next());
            setting.example = setting.example.take().or_else(|| choice.map(str::to_owned));
        }
    }
    is_checked
}

/// The names that a call's result is assigned to.
fn names<'a>(module: &'a Module, call: &Call) -> Vec<&'a str> {
    let local = module.functions.iter().flat_map(|function| &function.bindings);
    let holds = |value: &Expression| value.call().is_some_and(|inner| inner.span == call.span);
    let bindings = module.bindings.iter().chain(local).filter(|binding| holds(&binding.value));
    bindings.map(|binding| binding.name.as_str()).collect()
}

/// Whether Django's `ALLOWED_HOSTS` contains nothing but a call's result, so that it refuses every request without it.
fn is_only_host(module: &Module, call: &Call, names: &[&str]) -> bool {
    let is_result = |value: &Expression| match value {
        Expression::Call(inner) => inner.span == call.span,
        Expression::Name(name) => names.contains(&name.as_str()),
        _ => false,
    };
    let Some(Expression::List(hosts)) = module.value("ALLOWED_HOSTS").map(|binding| &binding.value) else { return false };
    let mut appends = module.calls.iter().filter(|call| call.function == "ALLOWED_HOSTS.append");
    let is_added = hosts.iter().any(is_result) || appends.any(|call| call.arguments.iter().any(is_result));
    is_added && hosts.iter().all(|host| host.text().is_none())
}

/// Whether a place is in no function, or in one that runs before the first request.
fn runs_at_start(module: &Module, at: usize) -> bool {
    let around = module.regions.iter().filter(|region| region.kind == RegionKind::Function && region.span.contains(&at));
    around.into_iter().all(|region| {
        let name = region.name.strip_suffix(".__init__").unwrap_or(&region.name);
        STARTERS.contains(&name) || module.calls.iter().any(|call| call.function == name)
    })
}

/// Whether a value is used without a check for None: `os.getenv("X").split(",")`, `os.getenv("X")[0]`, `int(os.getenv("X"))`,
/// `os.getenv("X") + "/"`.
fn is_used_at_once(parsed: &Parsed, call: &Call) -> bool {
    let text = &parsed.source.text;
    let after = text.get(call.span.end..).unwrap_or_default();
    let before = text.get(..call.span.start).unwrap_or_default().trim_end_matches(' ');
    let joined = after.starts_with(['.', '[']) || after.trim_start_matches(' ').starts_with("+ ") || before.ends_with(" +");
    joined
        || parsed.module.calls.iter().any(|other| {
            ["int", "float", "json.loads", "ast.literal_eval"].contains(&other.function.as_str())
                && matches!(other.arguments.first(), Some(Expression::Call(inner)) if inner.span == call.span)
        })
}
