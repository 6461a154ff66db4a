//! What the Python sources, and the commands and compose files beside them, say as facts.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Value;

use super::application::{self, Application};
use super::manifest::Manifests;
use super::sources::Sources;
use super::{Fact, Facts, Open, commands, django, environment, origin, processes, routes, services};
use crate::error::Source;
use crate::resolve::check::{holds_password, looks_secret};

impl Facts {
    fn say(&mut self, key: &str, value: impl Into<Value>, source: &Arc<Source>, span: &Range<usize>, why: &str) {
        self.layer.set(key, value.into(), &origin(source, span.clone(), why));
    }
}

/// Whether a project may have processes besides the web's.
pub(super) fn may_have_processes(directory: &Path) -> bool {
    directory.join("Procfile").is_file() || Manifests::of(directory).has("celery")
}

/// Adds what the sources say.
pub(super) fn add(sources: &Sources<'_>, open: &Open, facts: &mut Facts) {
    if sources.tree.cut {
        facts.hints.push("there are more files than dockgen looks at: run it in the folder of one application".to_owned());
    }
    let manifests = Manifests::of(sources.directory);
    add_application(sources, &manifests, open, facts);
    if open.services || open.settings {
        let settings = environment::settings(sources);
        let services = services::services(sources, &manifests, &settings);
        if open.services {
            add_services(&services, facts);
            services.iter().for_each(|service| add_driver(service, &manifests, facts));
        }
        if open.settings {
            add_settings(&settings, &services, facts);
        }
    }
    if open.processes {
        add_processes(sources, &manifests, facts);
    }
}

fn add_application(sources: &Sources<'_>, manifests: &Manifests, open: &Open, facts: &mut Facts) {
    let asynchronous = ["channels", "daphne"].iter().any(|name| manifests.has(name));
    let found = application::find(sources, asynchronous);
    let fact = |application: &Application, key: &str, value: &str| Fact {
        key: key.to_owned(),
        value: Value::String(value.to_owned()),
        origin: origin(&application.source, application.span.clone(), &application.why),
    };
    let same = |one: &str, other: &str| one.trim_end_matches("()") == other.trim_end_matches("()");
    let chosen = match &open.entry {
        Some(entry) => found.applications.iter().find(|application| same(&application.entry, entry)),
        None => found.applications.first().filter(|_| found.settled),
    };
    if let Some(application) = chosen {
        facts.framework = Some(fact(application, "app.framework", &application.framework.name));
        facts.preset = Some(&application.framework.preset);
        about(sources, application, open, facts);
    } else if open.entry.is_none() {
        facts.candidates.extend(found.applications.iter().map(|application| fact(application, "app.entry", &application.entry)));
        facts.unknown.push("app.entry");
    }
    if open.health && facts.layer.get("health.path").is_none() {
        facts.unknown.push("health.path");
    }
    let port = commands::entries(sources).into_iter().find(|command| command.port.is_some_and(|port| port >= 1024));
    if let Some(command) = port.filter(|_| open.application) {
        facts.say("app.port", i64::from(command.port.unwrap_or_default()), &command.source, &command.span, command.program);
    }
}

fn add_processes(sources: &Sources<'_>, manifests: &Manifests, facts: &mut Facts) {
    for process in processes::processes(sources, manifests) {
        let words = Value::Array(process.command.into_iter().map(Value::String).collect());
        if process.name == "release" {
            facts.say("release.steps", Value::Array(vec![words]), &process.source, &process.span, process.why);
            continue;
        }
        let key = format!("processes.{}", process.name);
        facts.say(&format!("{key}.command"), words, &process.source, &process.span, process.why);
        if process.singleton {
            facts.say(&format!("{key}.singleton"), true, &process.source, &process.span, process.why);
        }
    }
}

/// What is known once the application is.
fn about(sources: &Sources<'_>, application: &Application, open: &Open, facts: &mut Facts) {
    let (source, span, why) = (&application.source, &application.span, application.why.as_str());
    let entry = application.entry.as_str();
    let factory_by_setting = application.framework.interface == "asgi" && entry.ends_with("()");
    if factory_by_setting {
        // uvicorn is told by a setting that the object is a function to call
        facts.say("environment.UVICORN_FACTORY.value", "true", source, span, why);
        facts.say(
            "environment.UVICORN_FACTORY.description",
            "The entry is a function that makes the application",
            source,
            span,
            why,
        );
    }
    facts.say("app.entry", if factory_by_setting { entry.trim_end_matches("()") } else { entry }, source, span, why);
    facts.say("app.root", application.root.as_str(), source, span, why);
    facts.say("app.interface", application.framework.interface.as_str(), source, span, why);
    let mut urls = None;
    if application.framework.name == "django" {
        let django = django::django(sources, application);
        if let Some((module, source, span)) = &django.settings {
            facts.say("environment.DJANGO_SETTINGS_MODULE.value", module.as_str(), source, span, "DJANGO_SETTINGS_MODULE");
        }
        let none = Value::Array(Vec::new());
        if !django.static_root || !django.manage {
            facts.say("build.steps", none.clone(), source, span, "its settings name no STATIC_ROOT");
        }
        if !django.manage {
            facts.say("release.steps", none, source, span, "there is no manage.py beside it");
        }
        urls = django.urls;
    }
    if open.health
        && let Some(route) = routes::health(sources, application, urls.as_deref())
    {
        facts.say("health.path", route.path, &route.source, &route.span, "route");
    }
}

fn add_services(services: &[services::Service], facts: &mut Facts) {
    for service in services {
        let key = format!("services.{}", service.kind.name);
        facts.say(&format!("{key}.kind"), service.kind.id.as_str(), &service.source, &service.span, &service.why);
        if service.kind.external {
            facts.say(&format!("{key}.external"), true, &service.source, &service.span, "dockgen starts none");
        }
        for (name, part) in &service.settings {
            facts.say(&format!("{key}.environment.{name}"), *part, &service.source, &service.span, &service.why);
        }
    }
}

/// The scheme of a URL names the driver where SQLAlchemy reads it.
fn add_driver(service: &services::Service, manifests: &Manifests, facts: &mut Facts) {
    let reads = ["sqlalchemy", "sqlmodel", "flask-sqlalchemy", "alembic", "databases"].iter().any(|name| manifests.has(name));
    let url = match service.kind.id.as_str() {
        _ if !reads || manifests.has("django") => return,
        "postgres" if ["psycopg2", "psycopg2-binary"].iter().any(|name| manifests.has(name)) => return,
        "postgres" if manifests.has("asyncpg") => "postgresql+asyncpg",
        "postgres" if ["psycopg", "psycopg-binary"].iter().any(|name| manifests.has(name)) => "postgresql+psycopg",
        "mysql" | "mariadb" if ["mysqlclient", "mysql-python"].iter().any(|name| manifests.has(name)) => return,
        "mysql" | "mariadb" if manifests.has("aiomysql") => "mysql+aiomysql",
        "mysql" | "mariadb" if manifests.has("asyncmy") => "mysql+asyncmy",
        "mysql" | "mariadb" if manifests.has("pymysql") => "mysql+pymysql",
        _ => return,
    };
    let value = format!("{url}://{{user}}:{{password}}@{{host}}:{{port}}/{{database}}");
    let key = format!("service-kinds.{}.url", service.kind.id);
    facts.say(&key, value, &service.source, &service.span, "the driver that SQLAlchemy is given");
}

fn add_settings(settings: &environment::Settings, services: &[services::Service], facts: &mut Facts) {
    let addressed = |name: &String| services.iter().any(|service| service.settings.iter().any(|(setting, _)| setting == name));
    for (name, setting) in settings.iter().filter(|(name, _)| !addressed(name)) {
        let (source, span) = (&setting.source, &setting.span);
        let key = if environment::is_secret(name) { format!("secrets.{name}") } else { format!("environment.{name}") };
        facts.say(&format!("{key}.required"), setting.required, source, span, setting.why);
        let shown = |example: &&String| !looks_secret(name) && !holds_password(example);
        if let Some(example) = setting.example.as_ref().filter(|_| key.starts_with("environment.")).filter(shown) {
            facts.say(&format!("{key}.example"), example.as_str(), source, span, setting.why);
        }
    }
}
