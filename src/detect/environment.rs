//! Environment variables that the application reads, whether they are required, and which are secret.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::rc::Rc;

use super::Facts;
use super::demanded;
use super::pydantic;
use super::secret_types::SecretTypes;
use super::services::FoundService;
use super::setting::{ReadSetting, ReadSettings, SettingEvidence};
use crate::hidden::{self, printable};
use crate::paths::name;
use crate::python::codebase::{Codebase, Parsed};
use crate::python::imports::ImportGraph;
use crate::python::module::{Call, Expression};
use crate::secrets;

/// Maximum number of settings; no one fills in more.
const MOST: usize = 1000;

/// Maximum length of a name.
const LONGEST: usize = 64;

/// Names that the platform, Python, the server or the shell sets.
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

/// Words in files that read the environment.
const WORDS: [&str; 15] = [
    "environ",
    "getenv",
    "BaseSettings",
    // a class of another file may be derived from it
    "Settings)",
    "_env",
    "env_",
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

/// Every setting that the application's own files read, and what `.env.example` says of it. Only what the application reads before it
/// serves can be required.
pub(crate) fn settings<'g>(codebase: &Codebase<'_>, graph: &dyn Fn() -> Option<&'g ImportGraph>) -> ReadSettings {
    let mut reader = SettingsReader { graph, settings: ReadSettings::new(), asked: BTreeSet::new(), checked: BTreeSet::new() };
    let files: Vec<String> = codebase.settings().map(str::to_owned).collect();
    for path in files {
        if !codebase.text(&path).is_some_and(|text| WORDS.iter().any(|word| text.contains(word))) {
            continue;
        }
        // a file of gunicorn counts only if gunicorn finds it by itself
        if name(&path).contains("gunicorn") && graph().is_some_and(|graph| !graph.has(&path)) {
            continue;
        }
        let Some(parsed) = codebase.read(&path) else { continue };
        reader.add_items(&parsed);
        reader.add_calls(&parsed, &SecretTypes::new(codebase, &path, &parsed));
        reader.add_fields(codebase, &path, &parsed);
    }
    let mut settings = reader.finish();
    examples(codebase, &mut settings);
    settings
}

/// The settings that were read so far.
struct SettingsReader<'r, 'g> {
    /// Follows the application's imports when it is asked first.
    graph: &'r dyn Fn() -> Option<&'g ImportGraph>,
    settings: ReadSettings,
    /// Names that some place reads as optional.
    asked: BTreeSet<String>,
    /// Names without which a check stops the application.
    checked: BTreeSet<String>,
}

impl SettingsReader<'_, '_> {
    /// `os.environ["X"]`.
    fn add_items(&mut self, parsed: &Parsed) {
        let module = &parsed.module;
        for (value, key, span) in &module.items {
            if module.full_name(value) == "os.environ" {
                // a file that asks first can do without
                let asks =
                    ['"', '\''].iter().any(|quote| parsed.source.text.contains(&format!("{quote}{key}{quote} in os.environ")));
                let setting = ReadSetting::at(&parsed.source, span, SettingEvidence::Item);
                self.add(key, ReadSetting { required: !asks && self.is_needed(parsed, span.start), ..setting });
            }
        }
    }

    /// Adds calls that read a variable.
    fn add_calls(&mut self, parsed: &Parsed, types: &SecretTypes<'_, '_>) {
        let module = &parsed.module;
        for call in &module.calls {
            let Some((name, mut found)) = read(parsed, call, types) else { continue };
            let mut is_checked = false;
            // `… or "a default"`
            let rest = parsed.source.text.get(call.span.end..).unwrap_or_default();
            if rest.trim_start_matches([' ', '\t', '\n']).starts_with("or ") {
                (found.required, found.bare) = (false, false);
            } else if found.bare && call.named.is_empty() {
                is_checked = demanded::add(parsed, call, &mut found);
                self.asked.extend((!found.required).then(|| name.clone()));
            }
            let at_request = is_key(&name) || name.ends_with("ALLOWED_HOSTS");
            found.required =
                found.required && (self.is_needed(parsed, call.span.start) || at_request && self.is_imported(parsed));
            self.checked.extend((is_checked && found.required).then(|| name.clone()));
            self.add(&name, found);
        }
    }

    /// Whether code runs before the application serves.
    fn is_needed(&self, parsed: &Parsed, at: usize) -> bool {
        let starts = |graph: &ImportGraph| graph.starts(&parsed.source.name, &parsed.module, at);
        (self.graph)().is_none_or(|graph| starts(graph) || !graph.complete && !graph.has(&parsed.source.name))
    }

    /// Whether the application imports a file at any time.
    fn is_imported(&self, parsed: &Parsed) -> bool {
        (self.graph)().is_none_or(|graph| !graph.complete || graph.has(&parsed.source.name))
    }

    /// Fields of pydantic's settings.
    fn add_fields(&mut self, codebase: &Codebase<'_>, path: &str, parsed: &Rc<Parsed>) {
        for (name, setting) in pydantic::variables(codebase, path, parsed) {
            let required = setting.required && self.is_imported(parsed);
            self.add(&name, ReadSetting { required, ..setting });
        }
    }

    /// Merges the evidence of one place with that of others.
    fn add(&mut self, name: &str, setting: ReadSetting) {
        if !is_setting(name) || self.settings.len() >= MOST && !self.settings.contains_key(name) {
            return;
        }
        self.settings
            .entry(name.to_owned())
            .and_modify(|known| {
                // a default makes it optional in that place only
                known.required |= setting.required;
                known.composed &= setting.composed;
                known.bare &= setting.bare;
                known.secret |= setting.secret;
                known.example = known.example.take().or(setting.example.clone());
            })
            .or_insert(setting);
    }

    fn finish(mut self) -> ReadSettings {
        for name in self.asked.difference(&self.checked) {
            if let Some(setting) = self.settings.get_mut(name).filter(|setting| setting.evidence == SettingEvidence::Call) {
                setting.required = false;
            }
        }
        self.settings
    }
}

/// `os.getenv("X", …)`, `environ.get("X")`, `env("X")`, `env.str("X")`, `config("X")`.
fn read(parsed: &Parsed, call: &Call, types: &SecretTypes<'_, '_>) -> Option<(String, ReadSetting)> {
    let full = parsed.module.full_name(&call.function);
    let name = call.first_text().or_else(|| named_by_itself(&full, call))?.to_owned();
    // the project's own module may re-export it: use the name in this file
    let (first, last) = (call.function.split('.').next().unwrap_or_default(), call.method());
    let given = call.named("default").or_else(|| call.arguments.get(1));
    let example = given.and_then(plain);
    let quiet = ["os.getenv", "os.environ.get", "os.environ.setdefault", "getenv", "os.environ.pop"].contains(&full.as_str());
    // django-environ, environs, decouple and Starlette's Config are all used by these names
    let reader =
        ["env", "environ", "config", "ENV", "envs", "_env"].contains(&first) && (last == first || READERS.contains(&last));
    let own = own_reader(last).filter(|_| !quiet && !reader && is_setting(&name));
    let quiet = quiet || full == "dj_database_url.config";
    // Django and Flask start without a key, and fail at the first request
    let key = is_key(&name);
    // without a host, Django answers nobody
    let hosts = name.ends_with("ALLOWED_HOSTS") && given.and_then(Expression::text).is_some_and(str::is_empty);
    let required = (reader && !quiet || key || own == Some(true)) && given.is_none() || hosts;
    let example = example.or_else(|| name.ends_with("ALLOWED_HOSTS").then(|| "localhost".to_owned()));
    // Starlette's Secret and similar types
    let mut secret = [call.named("cast"), call.named("type"), call.arguments.get(1)].into_iter().flatten();
    let secret = secret.any(|value| types.is_one(value)) || types.are_targets(call, example.as_deref());
    let setting = ReadSetting::at(&parsed.source, &call.span, SettingEvidence::Call);
    (quiet || reader || own.is_some())
        .then_some((name, ReadSetting { required, example, bare: given.is_none(), secret, ..setting }))
}

/// Whether the name of a function says that it reads a variable, and if so, whether it requires one: `get_env`,
/// `require_env_variable`.
fn own_reader(function: &str) -> Option<bool> {
    let lower = function.to_lowercase();
    let has = |wanted: &[&str]| lower.split('_').any(|word| wanted.contains(&word));
    let reads = ["get", "getenv", "read", "load", "from", "require", "required", "must", "var", "variable", "or"];
    let others = ["set", "unset", "has", "is", "del", "delete", "patch", "mock", "path", "file"];
    let is_reader = has(&["env", "environ", "environment", "getenv"]) && has(&reads) && !has(&others);
    is_reader.then(|| has(&["require", "required", "must"]))
}

/// Whether a variable is the key that Django or Flask signs with.
fn is_key(name: &str) -> bool {
    ["SECRET_KEY", "DJANGO_SECRET_KEY", "FLASK_SECRET_KEY"].contains(&name)
}

/// The default variable of a call without arguments.
fn named_by_itself<'a>(full: &str, call: &'a Call) -> Option<&'a str> {
    let names = [("dj_database_url.config", "DATABASE_URL"), ("env.db", "DATABASE_URL"), ("env.cache", "CACHE_URL")];
    let (_, name) = names.iter().find(|(function, _)| *function == full || *function == call.function)?;
    Some(call.named("env").and_then(Expression::text).unwrap_or(name))
}

/// Methods of django-environ and environs.
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

/// A default as text for `.env`.
pub(super) fn plain(value: &Expression) -> Option<String> {
    match value {
        Expression::Text(text) if !text.is_empty() && text.len() < 200 && hidden::find(text).is_none() => Some(text.clone()),
        Expression::Number(number) => Some(number.to_string()),
        Expression::Constant(constant @ ("True" | "False")) => Some((*constant).to_owned()),
        _ => None,
    }
}

/// Adds the values of `.env.example` and similar files. A setting without a default in the code and with a value there is
/// required.
fn examples(codebase: &Codebase<'_>, settings: &mut ReadSettings) {
    for file in [".env.example", ".env.sample", ".env.template", "env.example", ".env.dist", "example.env"] {
        if !is_example(codebase, file) {
            continue;
        }
        let Some(text) = codebase.evidence(file) else { continue };
        for line in text.lines() {
            let Some((name, value)) = line.trim().trim_start_matches("export ").split_once('=') else { continue };
            let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
            let Some(setting) = settings.get_mut(name.trim()).filter(|setting| setting.example.is_none()) else { continue };
            setting.example = for_production(value, setting).or_else(|| plain(&Expression::Text(value.to_owned())));
            setting.required |= setting.bare && setting.example.is_some() && !name.contains("DEBUG");
        }
    }
    // never in production, even if the code or an example sets it
    for (_, setting) in settings.iter_mut().filter(|(name, _)| name.contains("DEBUG")) {
        let on = setting
            .example
            .as_deref()
            .is_some_and(|example| ["true", "on", "yes", "1", "t", "y"].contains(&example.to_lowercase().as_str()));
        setting.example = if on { Some("False".to_owned()) } else { setting.example.take() };
    }
}

/// Whether an example file is safe to read: `.env.sample` may be a link to a developer's `.env`, or out of the project.
fn is_example(codebase: &Codebase<'_>, file: &str) -> bool {
    let (Ok(folder), Ok(real)) =
        (fs_err::canonicalize(&**codebase.directory), fs_err::canonicalize(codebase.directory.join(file)))
    else {
        return false;
    };
    let name = real.file_name().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
    real.starts_with(folder) && ["example", "sample", "template", "dist"].iter().any(|word| name.contains(word))
}

/// The production value in place of a development one, if the file contains it.
fn for_production(value: &str, setting: &ReadSetting) -> Option<String> {
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

/// Adds the settings that aren't part of a service's address.
pub(super) fn add(settings: &ReadSettings, services: &[FoundService], facts: &mut Facts) {
    let addressed = |name: &String| {
        services.iter().any(|service| {
            service.settings.iter().any(|(setting, _)| setting == name)
                || service.engines.iter().any(|(setting, _)| setting == name)
        })
    };
    // an address that is built from other settings is left to those
    let made =
        |name: &str, setting: &ReadSetting| setting.composed && ["_URL", "_URI", "_DSN"].iter().any(|end| name.ends_with(end));
    for (name, setting) in settings.iter().filter(|(name, setting)| !addressed(name) && !made(name, setting)) {
        let (source, span, why) = (&setting.source, &setting.span, setting.evidence.words());
        let secret = is_secret(name, setting);
        let key = if secret { format!("secrets.{name}") } else { format!("environment.{name}") };
        facts.say(&format!("{key}.required"), setting.required, source, span, why);
        if setting.required {
            facts.say(&format!("{key}.description"), format!("Read in {}", printable(&source.name)), source, span, why);
        }
        let example = setting.example.as_deref().filter(|example| !secret && secrets::is_harmless(name, example));
        if let Some(example) = example {
            facts.say(&format!("{key}.example"), example, source, span, why);
        }
    }
}

/// Whether a setting is a secret by its type, its name, or its value in the project's files.
fn is_secret(name: &str, setting: &ReadSetting) -> bool {
    let example = setting.example.as_deref();
    // without a value, only the name counts
    let named = match example {
        Some(example) => secrets::is_named(name, example),
        None => secrets::is_certain(name),
    };
    let random = |example| !secrets::is_identifier(name) && (secrets::is_random(example) || secrets::looks_random(name, example));
    let valued = |example| secrets::by_value(example).is_some() || random(example);
    setting.secret || named || example.is_some_and(valued)
}
