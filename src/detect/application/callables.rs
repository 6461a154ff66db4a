//! What a server calls of an application.

use crate::knowledge::Framework;
use crate::python::module::{Expression, Function, Module};

/// What a server calls of an application: for Dash, a name of `app.server`, or that attribute itself.
pub(super) fn callable(module: &Module, object: &str, framework: &Framework) -> String {
    let Some(attribute) = &framework.callable else { return object.to_owned() };
    let whole = format!("{object}.{attribute}");
    let named = module.bindings.iter().find(|binding| binding.value == Expression::Name(whole.clone()));
    named.map_or(whole, |binding| binding.name.clone())
}

/// How a command can use a function: called without arguments, which makes the application, or as the application itself.
pub(super) fn use_of(function: &Function) -> Option<&'static str> {
    match function.required {
        0 => Some("()"),
        // (environ, start_response) of WSGI; (scope, receive, send) of ASGI
        2 | 3 => Some(""),
        _ => None,
    }
}
