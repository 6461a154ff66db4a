//! Settings that the application reads from its environment: which, whether it needs them, and which are secret.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::source::{Call, Class, Expression, Field, Module};
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
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
    pub(crate) why: &'static str,
}

/// The settings by name.
pub(crate) type Settings = BTreeMap<String, Setting>;

/// Words that a file holds which reads its environment.
const WORDS: [&str; 6] = ["environ", "getenv", "BaseSettings", "config(", "env", "starlette.config"];

/// Every setting that the application's own files read, and what `.env.example` says of it.
pub(crate) fn settings(sources: &Sources<'_>) -> Settings {
    let mut settings = Settings::new();
    let files: Vec<String> = sources.settings().map(str::to_owned).collect();
    for path in files {
        if !sources.text(&path).is_some_and(|text| WORDS.iter().any(|word| text.contains(word))) {
            continue;
        }
        let Some(parsed) = sources.read(&path) else { continue };
        let mut add = |name: &str, required: bool, example: Option<String>, span: Range<usize>, why: &'static str| {
            if !is_setting(name) {
                return;
            }
            let setting = Setting { required, example, source: Arc::clone(&parsed.source), span, why };
            settings
                .entry(name.to_owned())
                .and_modify(|known| {
                    // a default anywhere shows that it may be missing there only
                    known.required |= setting.required;
                    known.example = known.example.take().or(setting.example.clone());
                })
                .or_insert(setting);
        };
        let module = &parsed.module;
        for (value, key, span) in &module.items {
            if ["os.environ", "environ"].contains(&module.full_name(value).as_str()) || value == "os.environ" {
                add(key, true, None, span.clone(), "os.environ[…]");
            }
        }
        for call in &module.calls {
            if let Some((name, required, example)) = read(module, call) {
                add(&name, required, example, call.span.clone(), "reads it");
            }
        }
        for class in &module.classes {
            if class.bases.iter().any(|base| base.ends_with("BaseSettings") || base.ends_with("Settings"))
                && !is_fixed(module, class)
            {
                let prefix = prefix(class);
                for field in &class.fields {
                    if let Some((name, required, example)) = field_setting(field, &prefix) {
                        add(&name, required, example, field.span.clone(), "a field of its settings");
                    }
                }
            }
        }
    }
    examples(sources, &mut settings);
    settings
}

/// A class that only looks like settings: it derives from none of pydantic's.
fn is_fixed(module: &Module, class: &Class) -> bool {
    !class.bases.iter().any(|base| base.ends_with("BaseSettings"))
        && !module
            .classes
            .iter()
            .any(|other| class.bases.contains(&other.name) && other.bases.iter().any(|base| base.ends_with("BaseSettings")))
}

/// `os.getenv("X", …)`, `environ.get("X")`, `env("X")`, `env.str("X")`, `config("X")`.
fn read(module: &Module, call: &Call) -> Option<(String, bool, Option<String>)> {
    let name = call.first_text()?.to_owned();
    let full = module.full_name(&call.function);
    let (first, last) = (full.split('.').next().unwrap_or_default(), call.method());
    let given = call.named("default").or_else(|| call.arguments.get(1));
    let example = given.and_then(plain);
    let quiet = ["os.getenv", "os.environ.get", "os.environ.setdefault", "environ.get", "getenv", "os.environ.pop"]
        .contains(&full.as_str())
        || full.ends_with("environ.get");
    // django-environ, environs, decouple and Starlette's Config are all used by these names
    let reader =
        ["env", "environ", "config", "ENV", "envs", "_env"].contains(&first) && (last == first || READERS.contains(&last));
    if quiet {
        Some((name, false, example))
    } else if reader {
        Some((name, given.is_none(), example))
    } else {
        None
    }
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
fn plain(value: &Expression) -> Option<String> {
    match value {
        Expression::Text(text) if !text.is_empty() && text.len() < 200 && !text.chars().any(char::is_control) => {
            Some(text.clone())
        }
        Expression::Number(number) => Some(number.to_string()),
        Expression::Constant(constant @ ("True" | "False")) => Some((*constant).to_owned()),
        _ => None,
    }
}

/// `env_prefix` of pydantic's settings.
fn prefix(class: &Class) -> String {
    let inner = class.inner.iter().flat_map(|inner| &inner.fields).find(|field| field.name == "env_prefix");
    let inner = inner.and_then(|field| field.value.as_ref()?.text());
    let config = class.fields.iter().find(|field| field.name == "model_config");
    let config = config.and_then(|field| field.value.as_ref()?.call()?.named("env_prefix")?.text());
    inner.or(config).unwrap_or_default().to_owned()
}

fn field_setting(field: &Field, prefix: &str) -> Option<(String, bool, Option<String>)> {
    if field.kind.is_empty() || field.kind.contains("ClassVar") || field.name == "model_config" || field.name.starts_with('_') {
        return None;
    }
    let call =
        field.value.as_ref().and_then(Expression::call).filter(|call| ["Field", "SettingsConfigDict"].contains(&call.method()));
    let named = call.and_then(|call| {
        ["validation_alias", "alias", "env"].iter().find_map(|key| match call.named(key)? {
            Expression::Text(text) => Some(text.clone()),
            Expression::Call(aliases) => aliases.first_text().map(str::to_owned),
            _ => None,
        })
    });
    let default = match call {
        Some(call) => call.named("default").or_else(|| call.named("default_factory")).or_else(|| call.arguments.first()),
        None => field.value.as_ref(),
    };
    let optional = field.kind.contains("None") || field.kind.starts_with("Optional");
    let required =
        default.is_none_or(|value| *value == Expression::Name("...".to_owned())) && !(optional && field.value.is_some());
    Some((named.unwrap_or_else(|| format!("{prefix}{}", field.name).to_uppercase()), required, default.and_then(plain)))
}

/// What `.env.example` and its like show of the settings that are read.
fn examples(sources: &Sources<'_>, settings: &mut Settings) {
    for file in [".env.example", ".env.sample", ".env.template", "env.example", ".env.dist", "example.env"] {
        let Some(text) = sources.text(file) else { continue };
        for line in text.lines() {
            let Some((name, value)) = line.trim().trim_start_matches("export ").split_once('=') else { continue };
            let value = value.trim().trim_matches(['"', '\'']);
            if let Some(setting) = settings.get_mut(name.trim())
                && setting.example.is_none()
            {
                setting.example = plain(&Expression::Text(value.to_owned()));
            }
        }
    }
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
