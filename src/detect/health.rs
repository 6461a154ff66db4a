//! The health check route, with the prefixes of all routers that include it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::application::Application;
use super::django;
use crate::error::Source;
use crate::layers::origin;
use crate::python::codebase::Codebase;
use crate::python::module::{Call, Expression, Module};

/// Last parts of health routes in order of preference.
const NAMES: [&str; 22] = [
    "healthz",
    "health",
    "livez",
    "healthcheck",
    "health-check",
    "health_check",
    "_health",
    "__health__",
    "__heartbeat__",
    "heartbeat",
    "__lbheartbeat__",
    "liveness",
    "live",
    "alive",
    "readyz",
    "ready",
    "readiness",
    "ping",
    "status",
    "_status",
    "up",
    "ht",
];

/// Distributions that take long to import, and whose models take long to load.
pub(crate) const SLOW: [&str; 9] = [
    "torch",
    "tensorflow",
    "tensorflow-cpu",
    "transformers",
    "sentence-transformers",
    "keras",
    "jax",
    "vllm",
    "llama-cpp-python",
];

/// Words around a route that demand a login.
const LOGINS: [&str; 11] = [
    "login_required",
    "jwt_required",
    "auth_required",
    "requires_auth",
    "permission_required",
    "admin_required",
    "token_required",
    "api_key_required",
    "current_user",
    "verify_token",
    "verify_api_key",
];

/// Maximum depth of nested routers.
const STEPS: usize = 6;

pub(crate) struct Route {
    pub(crate) path: String,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
}

impl Route {
    /// Whether only users that are logged in get an answer: by the lines from its decorator to the body of its function.
    fn demands_login(&self) -> bool {
        let text = &self.source.text;
        let start = text.get(..self.span.start).unwrap_or_default();
        // decorators above the route's own
        let above = start.lines().rev().skip(1).take_while(|line| line.trim_start().starts_with('@')).count();
        let skipped = start.lines().count().saturating_sub(above + 1);
        let head = text.lines().skip(skipped).take(40);
        let mut signature = String::new();
        for line in head {
            signature.push_str(line);
            let ends = line.trim_end().ends_with(':') && signature.contains("def ");
            if ends || line.trim().is_empty() {
                break;
            }
        }
        LOGINS.iter().any(|word| signature.contains(word))
    }
}

/// A host that the application accepts, if it refuses requests to localhost: Django's `ALLOWED_HOSTS`, Starlette's `allowed_hosts`.
pub(crate) fn host(codebase: &Codebase<'_>, application: &Application) -> Option<(String, Arc<Source>, Range<usize>)> {
    let django = django::settings_files(codebase, application);
    let found = |path: &str, value: &Expression, span: &Range<usize>| {
        let Expression::List(hosts) = value else { return None };
        let hosts: Option<Vec<&str>> = hosts.iter().map(Expression::text).collect();
        let hosts = hosts?;
        let local = |host: &&str| ["*", "localhost", ".localhost"].contains(host);
        let first =
            hosts.iter().map(|host| host.trim_start_matches(['.', '*'])).find(|host| is_plain(host) && host.contains('.'))?;
        let source = Arc::clone(&codebase.read(path)?.source);
        (!hosts.iter().any(local)).then(|| (first.to_owned(), source, span.clone()))
    };
    if let Some(path) = django.iter().find(|path| codebase.read(path).is_some_and(|parsed| parsed.module.makes("ALLOWED_HOSTS")))
    {
        let parsed = codebase.read(path)?;
        let mut set = parsed.module.bindings.iter().filter(|binding| binding.name == "ALLOWED_HOSTS");
        let (first, more) = (set.next()?, set.next().is_some() || parsed.source.text.contains("ALLOWED_HOSTS."));
        return found(path, &first.value, &first.span).filter(|_| !more && !parsed.source.text.contains("ALLOWED_HOSTS +="));
    }
    let parsed = codebase.read(&application.path)?;
    let hosts = parsed.module.calls.iter().find_map(|call| Some((call.named("allowed_hosts")?, &call.span)))?;
    found(&application.path, hosts.0, hosts.1)
}

/// The health route of an application that needs no login.
pub(crate) fn health(
    codebase: &Codebase<'_>,
    application: &Application,
    urls: Option<&str>,
    hints: &mut Vec<String>,
) -> Option<Route> {
    let mut routes = match (application.framework.name.as_str(), urls) {
        ("django", Some(urls)) => {
            let file = codebase.module(&application.path, &django::import(urls))?;
            let mut routes = Vec::new();
            django_routes(codebase, &file, "/", STEPS, &mut routes);
            routes
        }
        ("django", None) => Vec::new(),
        _ => decorated(codebase),
    };
    routes.retain(|route| rank(&route.path).is_some() && is_plain(&route.path));
    routes.sort_by_key(|route| (rank(&route.path), route.path.matches('/').count(), route.path.clone()));
    let (closed, mut open): (Vec<Route>, Vec<Route>) = routes.into_iter().partition(Route::demands_login);
    if let Some(route) = closed.first().filter(|_| open.is_empty()) {
        let place = origin(&route.source, route.span.clone(), "").place;
        hints.push(format!("{place}: {} demands a login, so the health check only opens a TCP connection", route.path));
    }
    (!open.is_empty()).then(|| open.remove(0))
}

fn rank(path: &str) -> Option<usize> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let last = parts.last()?.trim_end_matches('$');
    let known = NAMES.iter().position(|name| *name == last)?;
    // /orders/status reports on orders
    let vague = ["status", "live", "up", "ready", "ping"].contains(&last) && parts.len() > 2;
    (!vague && parts.len() <= 4).then_some(known)
}

/// Whether a path has no parameters.
fn is_plain(path: &str) -> bool {
    path.chars().all(|letter| letter.is_ascii_alphanumeric() || "/-_.".contains(letter))
}

/// Routes from decorators and calls, as in FastAPI and Flask.
fn decorated(codebase: &Codebase<'_>) -> Vec<Route> {
    let mut routes = Vec::new();
    let files: Vec<String> = codebase.application().map(str::to_owned).collect();
    let ends = |rest: &str| rest.starts_with(['"', '\'', '/']);
    let names = |text: &str, name: &str| text.match_indices(name).any(|(at, _)| ends(&text[at + name.len()..]));
    let worth = |path: &String| {
        let text = codebase.text(path).unwrap_or_default();
        // Litestar's paths need no leading slash
        NAMES.iter().any(|name| names(&text, &format!("/{name}")) || text.contains("litestar") && names(&text, name))
    };
    for path in files.iter().filter(|path| worth(path)) {
        let Some(parsed) = codebase.read(path) else { continue };
        for call in &parsed.module.calls {
            let method = call.method();
            let routed = [
                "get",
                "route",
                "api_route",
                "head",
                "add_url_rule",
                "add_api_route",
                "add_route",
                "add_get",
                "Route",
                "Get",
                "get_route",
            ]
            .contains(&method);
            let Some(text) = call.first_text().filter(|text| routed && (text.starts_with('/') || method == "Get")) else {
                continue;
            };
            let posts = call.named("methods").is_some_and(
                |methods| !matches!(methods, Expression::List(list) if list.iter().any(|method| method.text() == Some("GET"))),
            );
            if posts || rank(text).is_none() {
                continue;
            }
            let owner = call.function.rsplit_once('.').map_or("", |(owner, _)| owner);
            for prefix in prefixes(codebase, path, &parsed.module, owner, STEPS) {
                let route = format!("{prefix}{text}").replace("//", "/");
                routes.push(Route { path: route, source: Arc::clone(&parsed.source), span: call.span.clone() });
            }
        }
    }
    routes
}

/// Prefixes of a router's routes.
fn prefixes(codebase: &Codebase<'_>, path: &str, module: &Module, owner: &str, steps: usize) -> Vec<String> {
    let Some(steps) = steps.checked_sub(1) else { return Vec::new() };
    let made = module.value(owner).and_then(|binding| binding.value.call());
    let Some(made) = made.filter(|call| ["APIRouter", "Blueprint", "Router", "APIBlueprint"].contains(&call.method())) else {
        return vec![String::new()];
    };
    let own = ["prefix", "url_prefix"].iter().find_map(|key| made.named(key));
    let own = own.map_or(Some(String::new()), |value| text_of(codebase, path, module, value));
    let Some(own) = own else { return Vec::new() };
    let mut found = Vec::new();
    let files: Vec<String> = codebase.application().map(str::to_owned).collect();
    let worth = |text: &str| text.contains("include_router") || text.contains("register_blueprint");
    for file in files.iter().filter(|file| codebase.text(file).is_some_and(|text| worth(&text))) {
        let Some(parsed) = codebase.read(file) else { continue };
        let included =
            parsed.module.calls.iter().filter(|call| ["include_router", "register_blueprint"].contains(&call.method()));
        for call in included.filter(|call| means(codebase, file, &parsed.module, call, path, owner)) {
            let more = ["prefix", "url_prefix"].iter().find_map(|key| call.named(key));
            let Some(before) = more.map_or(Some(String::new()), |value| text_of(codebase, file, &parsed.module, value)) else {
                continue;
            };
            let parent = call.function.rsplit_once('.').map_or("", |(owner, _)| owner);
            // the prefix of a registration overrides the blueprint's own
            let own = if call.method() == "register_blueprint" && more.is_some() { "" } else { own.as_str() };
            found.extend(
                prefixes(codebase, file, &parsed.module, parent, steps).into_iter().map(|outer| format!("{outer}{before}{own}")),
            );
        }
    }
    found
}

/// Whether a call includes this file's router.
fn means(codebase: &Codebase<'_>, file: &str, module: &Module, call: &Call, path: &str, owner: &str) -> bool {
    let Some(Expression::Name(name)) = call.arguments.first().or_else(|| call.named("router")) else { return false };
    if file == path && name == owner {
        return true;
    }
    let (first, rest) = name.split_once('.').map_or((name.as_str(), None), |(first, rest)| (first, Some(rest)));
    module.imports.iter().filter(|import| import.name == first).any(|import| {
        let item = rest.or(import.item.as_deref());
        codebase.module(file, import).is_some_and(|found| {
            // a package may re-export an object of its module
            let direct = found == path && item.is_some_and(|item| item.rsplit('.').next() == Some(owner));
            direct
                || found.ends_with("__init__.py")
                    && codebase.read(&found).is_some_and(|parsed| {
                        parsed.module.imports.iter().any(|inner| {
                            Some(inner.name.as_str()) == item
                                && inner.item.as_deref() == Some(owner)
                                && codebase.module(&found, inner).as_deref() == Some(path)
                        })
                    })
        })
    })
}

/// The text of a value or of a constant of the project, such as `settings.API_V1_STR`.
fn text_of(codebase: &Codebase<'_>, path: &str, module: &Module, value: &Expression) -> Option<String> {
    match value {
        Expression::Text(text) => Some(text.clone()),
        Expression::Name(name) => {
            let last = name.rsplit('.').next()?;
            if let Some(text) = module.value(last).and_then(|binding| binding.value.text()) {
                return Some(text.to_owned());
            }
            constants(codebase, path, last)
        }
        _ => None,
    }
}

/// The text of a name, if it is the same in all files.
fn constants(codebase: &Codebase<'_>, _path: &str, name: &str) -> Option<String> {
    let mut found = BTreeSet::new();
    let files: Vec<String> = codebase.application().map(str::to_owned).collect();
    for file in files.iter().filter(|file| codebase.text(file).is_some_and(|text| text.contains(name))) {
        let Some(parsed) = codebase.read(file) else { continue };
        let fields = parsed.module.classes.iter().flat_map(|class| &class.fields).filter(|field| field.name == name);
        let texts =
            fields.filter_map(|field| field.value.as_ref()).chain(parsed.module.value(name).map(|binding| &binding.value));
        for text in texts.filter_map(Expression::text) {
            found.insert(text.to_owned());
        }
    }
    if found.len() == 1 { found.pop_first() } else { None }
}

/// Routes of a Django URL configuration and its includes.
fn django_routes(codebase: &Codebase<'_>, file: &str, before: &str, steps: usize, routes: &mut Vec<Route>) {
    let (Some(steps), Some(parsed)) = (steps.checked_sub(1), codebase.read(file)) else { return };
    for call in parsed.module.calls.iter().filter(|call| ["path", "re_path", "url"].contains(&call.method())) {
        let Some(text) = call.first_text() else { continue };
        let text =
            if call.method() == "path" { text } else { text.trim_start_matches('^').trim_end_matches('$').trim_end_matches('?') };
        let full = format!("{before}{text}");
        match call.arguments.get(1).and_then(Expression::call).filter(|inner| inner.method() == "include") {
            Some(inner) => {
                let target = inner.first_text().or_else(|| match inner.arguments.first() {
                    Some(Expression::List(list)) => list.first().and_then(Expression::text),
                    _ => None,
                });
                if target.is_some_and(|target| target.starts_with("health_check")) {
                    routes.push(Route { path: full, source: Arc::clone(&parsed.source), span: call.span.clone() });
                } else if let Some(next) = target.and_then(|target| codebase.module(file, &django::import(target))) {
                    django_routes(codebase, &next, &full, steps, routes);
                }
            }
            None => routes.push(Route { path: full, source: Arc::clone(&parsed.source), span: call.span.clone() }),
        }
    }
}
