//! What a server calls of an application.

use crate::knowledge::{Framework, frameworks};
use crate::python::module::{Expression, Function, Module};

/// What a server calls of an application: for Dash, a name of `app.server`, or that attribute itself.
pub(super) fn callable(module: &Module, object: &str, framework: &Framework) -> String {
    let Some(attribute) = &framework.callable else { return object.to_owned() };
    let whole = format!("{object}.{attribute}");
    let named = module.bindings.iter().find(|binding| binding.value == Expression::Name(whole.clone()));
    named.map_or(whole, |binding| binding.name.clone())
}

/// How a command can use a function: called without arguments, which makes the application, or as the application itself.
pub(super) fn use_of(function: &Function, framework: &Framework) -> Option<&'static str> {
    match function.required {
        0 if framework.awaits && function.asynchronous => Some(""),
        0 => Some("()"),
        // (environ, start_response) of WSGI; (scope, receive, send) of ASGI
        2 | 3 => Some(""),
        _ => None,
    }
}

/// The framework whose application a function or a class makes.
pub(super) fn constructed(full: &str) -> Option<&'static Framework> {
    frameworks().iter().find(|framework| framework.constructors.iter().any(|constructor| constructor == full))
}

/// A class of another package that is called after the one it derives from, such as `CustomFlask`.
pub(super) fn called_like(full: &str) -> Option<&'static Framework> {
    let last = full.rsplit('.').next().unwrap_or_default();
    let name =
        ["Flask", "FastAPI", "Quart", "Starlette"].into_iter().find(|name| last.ends_with(name) && last.len() > name.len())?;
    frameworks().iter().find(|framework| framework.name == name.to_lowercase())
}

/// Whether an entry point passes on what another function makes; it may add tools for development.
pub(super) fn passes_on(entry: &str, maker: &str) -> bool {
    let object = entry.rsplit(':').next().unwrap_or_default();
    object.trim_end_matches("()") != maker.trim_end_matches("()")
}
