//! Settings that the application reads from its environment: which, whether it needs them, and which are secret.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::pydantic::{self, Variable};
use super::source::{Call, Expression, Module};
use super::sources::Sources;
use crate::error::Source;

/// The longest name of a setting.
const LONGEST: usize = 64;

/// Names that say nothing about the application: the platform, Python, the server or the shell sets them.
const NOT_OURS: [&str; 30] = [
    "BIND",
    "CI",
    "DEBUG_MODE",
    "DJANGO_SETTINGS_MODULE",
    "DYNO",
    "FLASK_APP",
    "FLASK_DEBUG",
    "FLASK_ENV",
    "GITHUB_ACTIONS",
    "HOME",
    "HOST",
    "HOSTNAME",
    "LANG",
    "LC_ALL",
    "NO_COLOR",
    "PATH",
    "PORT",
    "PWD",
    "PYTEST_CURRENT_TEST",
    "PYTHONPATH",
    "RUN_MAIN",
    "SHELL",
    "TERM",
    "TESTING",
    "TMPDIR",
    "TZ",
    "USER",
    "VIRTUAL_ENV",
    "WEB_CONCURRENCY",
    "WERKZEUG_RUN_MAIN",
];

/// A setting.
pub(crate) struct Setting {
    /// Whether the application does not start without it.
    pub(crate) required: bool,
    /// A value that shows the form.
    pub(crate) example: Option<String>,
    /// Without it, other settings say the same in parts.
    pub(crate) composed: bool,
    /// The code gives it no value of its own.
    pub(crate) bare: bool,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
    pub(crate) why: &'static str,
}

/// What one place says of a setting.
#[derive(Default)]
struct Found {
    required: bool,
    example: Option<String>,
    composed: bool,
    bare: bool,
}

/// The settings by name.
pub(crate) type Settings = BTreeMap<String, Setting>;

/// Words that a file holds which reads its environment.
const WORDS: [&str; 12] = [
    "environ",
    "getenv",
    "BaseSettings",
    "config(\"",
    "config('",
    "env(",
    "env.",
    "ENV(",
    "ENV.",
    "envs(",
    "envs.",
    "config.get",
];

/// Every setting that the application's own files read, and what `.env.example` says of it.
pub(crate) fn settings(sources: &Sources<'_>) -> Settings {
    let mut settings = Settings::new();
    let files: Vec<String> = sources.settings().map(str::to_owned).collect();
    for path in files {
        if !sources.text(&path).is_some_and(|text| WORDS.iter().any(|word| text.contains(word))) {
            continue;
        }
        let Some(parsed) = sources.read(&path) else { continue };
        let mut add = |name: &str, found: Found, source: &Arc<Source>, span: Range<usize>, why: &'static str| {
            if !is_setting(name) {
                return;
            }
            let Found { required, example, composed, bare } = found;
            let setting = Setting { required, example, composed, bare, source: Arc::clone(source), span, why };
            settings
                .entry(name.to_owned())
                .and_modify(|known| {
                    // a default anywhere shows that it may be missing there only
                    known.required |= setting.required;
                    known.composed &= setting.composed;
                    known.bare &= setting.bare;
                    known.example = known.example.take().or(setting.example.clone());
                })
                .or_insert(setting);
        };
        let module = &parsed.module;
        for (value, key, span) in &module.items {
            if ["os.environ", "environ"].contains(&module.full_name(value).as_str()) || value == "os.environ" {
                add(key, Found { required: true, ..Found::default() }, &parsed.source, span.clone(), "os.environ[…]");
            }
        }
        for call in &module.calls {
            if let Some((name, mut found)) = read(module, call) {
                found.required |= call.arguments.len() == 1 && call.named.is_empty() && is_used_at_once(module, call);
                add(&name, found, &parsed.source, call.span.clone(), "reads it");
            }
        }
        for variable in pydantic::variables(sources, &path, &parsed) {
            let Variable { name, required, example, composed, .. } = variable;
            let found = Found { required, example, composed, bare: false };
            add(&name, found, &variable.parsed.source, variable.span, "a field of its settings");
        }
    }
    examples(sources, &mut settings);
    settings
}

/// `os.getenv("X", …)`, `environ.get("X")`, `env("X")`, `env.str("X")`, `config("X")`.
fn read(module: &Module, call: &Call) -> Option<(String, Found)> {
    let name = call.first_text()?.to_owned();
    let full = module.full_name(&call.function);
    // a project's own module may hand it on: the name that it has here counts
    let (first, last) = (call.function.split('.').next().unwrap_or_default(), call.method());
    let given = call.named("default").or_else(|| call.arguments.get(1));
    let example = given.and_then(plain);
    let quiet = ["os.getenv", "os.environ.get", "os.environ.setdefault", "environ.get", "getenv", "os.environ.pop"]
        .contains(&full.as_str())
        || full.ends_with("environ.get");
    // django-environ, environs, decouple and Starlette's Config are all used by these names
    let reader =
        ["env", "environ", "config", "ENV", "envs", "_env"].contains(&first) && (last == first || READERS.contains(&last));
    // Django and Flask start without a key, and fail at the first request
    let key = name.ends_with("SECRET_KEY");
    let required = (reader && !quiet || key) && given.is_none();
    let example = example.or_else(|| name.ends_with("ALLOWED_HOSTS").then(|| "localhost".to_owned()));
    (quiet || reader).then_some((name, Found { required, example, composed: false, bare: given.is_none() }))
}

/// Whether a value that may be missing is used as if it were there: `os.getenv("X").split(",")`, `int(os.getenv("X"))`.
fn is_used_at_once(module: &Module, call: &Call) -> bool {
    let method = format!("{}().", call.function);
    module.calls.iter().any(|other| {
        let asked = other.span.start == call.span.start && other.function.starts_with(&method);
        let converted = ["int", "float", "json.loads", "ast.literal_eval"].contains(&other.function.as_str())
            && matches!(other.arguments.first(), Some(Expression::Call(inner)) if inner.span == call.span);
        asked || converted
    })
}

/// The methods of django-environ and environs.
const READERS: [&str; 18] = [
    "bool",
    "cache",
    "cache_url",
    "db",
    "db_url",
    "email_url",
    "float",
    "get_value",
    "int",
    "json",
    "list",
    "path",
    "search_url",
    "str",
    "tuple",
    "url",
    "dj_db_url",
    "decimal",
];

/// A value as somebody would write it into `.env`.
pub(super) fn plain(value: &Expression) -> Option<String> {
    match value {
        Expression::Text(text) if !text.is_empty() && text.len() < 200 && !text.chars().any(char::is_control) => {
            Some(text.clone())
        }
        Expression::Number(number) => Some(number.to_string()),
        Expression::Constant(constant @ ("True" | "False")) => Some((*constant).to_owned()),
        _ => None,
    }
}

/// What `.env.example` and its like show of the settings that are read. One that has no default in the code, and a value there, is
/// one that somebody had to set.
fn examples(sources: &Sources<'_>, settings: &mut Settings) {
    for file in [".env.example", ".env.sample", ".env.template", "env.example", ".env.dist", "example.env"] {
        let Some(text) = sources.evidence(file) else { continue };
        for line in text.lines() {
            let Some((name, value)) = line.trim().trim_start_matches("export ").split_once('=') else { continue };
            let value = value.trim().trim_matches(['"', '\'']);
            let Some(setting) = settings.get_mut(name.trim()).filter(|setting| setting.example.is_none()) else { continue };
            setting.example = for_production(value, setting).or_else(|| plain(&Expression::Text(value.to_owned())));
            setting.required |= setting.bare && setting.example.is_some() && !name.contains("DEBUG");
        }
    }
    // whatever the code or an example says: not in production
    for (_, setting) in settings.iter_mut().filter(|(name, _)| name.contains("DEBUG")) {
        let on =
            setting.example.as_deref().is_some_and(|example| ["true", "on", "yes"].contains(&example.to_lowercase().as_str()));
        setting.example = if on { Some("False".to_owned()) } else { setting.example.take() };
    }
}

/// The name of production where an example names a development machine: whichever the file knows.
fn for_production(value: &str, setting: &Setting) -> Option<String> {
    let development = ["dev", "development", "local", "test"].contains(&value.to_lowercase().as_str());
    let mut names = ["production", "prod", "Production", "PRODUCTION", "PROD"].into_iter().filter(|_| development);
    let text = &setting.source.text;
    let known = |name: &&str| ['"', '\''].iter().any(|quote| text.contains(&format!("{quote}{name}{quote}")));
    names.find(known).map(str::to_owned)
}

fn is_setting(name: &str) -> bool {
    let letters = name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    letters
        && name.len() > 1
        && name.len() <= LONGEST
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && !NOT_OURS.contains(&name)
        && !["GUNICORN_", "UVICORN_", "KUBERNETES_", "PYTHON", "PYTEST"].iter().any(|start| name.starts_with(start))
}

/// Whether a name says that its value must not be seen.
pub(crate) fn is_secret(name: &str) -> bool {
    let parts: Vec<&str> = name.split('_').collect();
    let words = ["SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASS", "PWD", "TOKEN", "APIKEY", "CREDENTIALS", "SALT", "DSN"];
    let public = [
        "PUBLIC",
        "EXPIRE",
        "EXPIRES",
        "MINUTES",
        "SECONDS",
        "DAYS",
        "TTL",
        "URL",
        "URI",
        "ALGORITHM",
        "LENGTH",
        "NAME",
        "PREFIX",
        "TYPE",
        "LIFETIME",
        "FILE",
        "PATH",
        "ENABLED",
        "TIME",
        "EXPIRY",
        "EXPIRATION",
        "HEADER",
        "HOURS",
        "THREADS",
        "ROUNDS",
        "FACTOR",
        "TIMEOUT",
        "MAX",
        "MIN",
        "SIZE",
        "LIMIT",
        "ITERATIONS",
    ];
    let key = parts.last() == Some(&"KEY") && parts.len() > 1;
    (key || parts.iter().any(|part| words.contains(part))) && !parts.iter().any(|part| public.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_secret_by_its_name() {
        for name in ["SECRET_KEY", "DB_PASSWORD", "OPENAI_API_KEY", "SENTRY_DSN", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["DEBUG", "ACCESS_TOKEN_EXPIRE_MINUTES", "PUBLIC_KEY", "KEYCLOAK_HOST", "JWT_ALGORITHM", "TOKEN_URL"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
