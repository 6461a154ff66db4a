//! What the Python sources, and the commands and compose files beside them, say as facts.

use std::ops::Range;
use std::sync::Arc;

use toml::Value;

use super::application::{self, Application};
use super::{Fact, Facts, Folder, Open, commands, django, environment, health, install, processes, services, volumes as storage};
use crate::error::Source;
use crate::hidden::printable;
use crate::layers::origin;
use crate::paths::within;
use crate::python::codebase::Sources;
use crate::python::mentions::Mentions;
use crate::secrets;

impl Facts {
    /// Adds a fact, unless its value is a secret: whatever read it, it is not copied.
    fn say(&mut self, key: &str, value: impl Into<Value>, source: &Arc<Source>, span: &Range<usize>, why: &str) {
        let value = value.into();
        let is_secret = |text: &str| !key.starts_with("app.") && secrets::what(text).is_some();
        let words = value.as_array().into_iter().flatten();
        if !words.chain([&value]).filter_map(Value::as_str).any(is_secret) {
            self.layer.set(key, value, &origin(source, span.clone(), why));
        }
    }
}

/// Whether a project may have processes besides the web's.
pub(super) fn may_have_processes(directory: &Folder, files: &[Arc<Source>]) -> bool {
    directory.has("Procfile") || Mentions::mention(files, &processes::RUNNERS)
}

/// Adds what the sources say.
pub(super) fn add(sources: &Sources<'_>, open: &Open, facts: &mut Facts) {
    if sources.tree.cut {
        facts.hints.push("there are more files than dockgen looks at: run it in the folder of one application".to_owned());
    }
    let manifests = Mentions::of(sources.directory);
    let application = add_application(sources, &manifests, open, facts);
    if open.services || open.settings || open.volumes {
        let mut settings = environment::settings(sources);
        let mut services = services::services(sources, &manifests, &settings);
        let writes =
            application.as_ref().map(|application| storage::written(sources, application, &open.kept)).unwrap_or_default();
        // Django's settings settle it: a database server that no setting leads to is not the application's
        if writes.iter().any(|written| written.settled) {
            services.retain(|service| service.kind.name != "db" || !service.settings.is_empty() || !service.engines.is_empty());
        }
        if open.volumes {
            add_volumes(writes, &services, &mut settings, open, facts);
        }
        if open.services {
            add_services(&services, facts);
            for service in &services {
                add_driver(&service.kind.id, (&service.source, &service.span), &manifests, facts);
            }
        }
        if open.settings {
            settings.retain(|name, _| !open.named.contains(name));
            add_settings(&settings, &services, facts);
        }
    }
    let empty = facts.layer.get("kubernetes.replicas").is_some();
    if open.processes {
        add_processes(sources, &manifests, application.as_ref(), facts);
    }
    let django = application.is_some_and(|application| application.framework.name == "django");
    if empty && !django && facts.layer.get("release.steps").is_none() {
        facts.hints.push(
            "the SQLite database starts empty: a command that makes its tables, where the application does not, goes into release.steps".to_owned(),
        );
    }
}

/// The application that was chosen, or the only one.
fn add_application(sources: &Sources<'_>, manifests: &Mentions, open: &Open, facts: &mut Facts) -> Option<Application> {
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
    chosen.cloned()
}

fn add_processes(sources: &Sources<'_>, manifests: &Mentions, application: Option<&Application>, facts: &mut Facts) {
    // a tool of the developers' is not there
    let installed = facts.installer.as_ref().map(|installer| installer.dependencies(sources.directory)).unwrap_or_default();
    let installs =
        |name: &str| manifests.has(name) && (installed.is_empty() || installed.iter().any(|dependency| dependency.name == name));
    for process in processes::processes(sources, &installs, application) {
        // what a Procfile says is copied only where no word of it could be a secret
        let is_told = &*process.source.name == "Procfile" && !secrets::is_plain_command(&process.command);
        let what = secrets::in_command(&process.command).or_else(|| is_told.then_some("what may be a secret"));
        if let Some(what) = what {
            let place = origin(&process.source, process.span.clone(), "").place;
            let key = if process.name == "release" {
                "release.steps".to_owned()
            } else {
                format!("processes.{}.command", process.name)
            };
            facts.hints.push(format!(
                "{place}: the command of `{}` contains {what}, and is left out: set {key}, and let the program read the secret from a variable under [secrets]",
                process.name
            ));
            continue;
        }
        let words = Value::Array(process.command.into_iter().map(Value::String).collect());
        if process.name == "release" {
            if let Some(application) = application.filter(|_| process.why == processes::FLASK) {
                // the option --app is there since Flask 2.2
                let key = "environment.FLASK_APP";
                facts.say(&format!("{key}.value"), application.entry.as_str(), &process.source, &process.span, process.why);
                let words = "Where the flask command finds the application";
                facts.say(&format!("{key}.description"), words, &process.source, &process.span, process.why);
            }
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
    // a member of a workspace is installed with what it asks for, and no other
    let lock = install::workspace_lock();
    let members = if sources.tree.has(lock) { install::member_folders(sources.directory) } else { Vec::new() };
    let inside = |folder: &str| within(&application.path, folder);
    if let Some((name, _)) = members.iter().find(|(_, folder)| folder != "." && inside(folder)) {
        let source = Arc::new(Source { name: lock.to_owned(), text: String::new() });
        facts.say("install.package", name.as_str(), &source, &(0..0), "the member that holds the application");
        facts.say("install.project", true, &source, &(0..0), "the member that holds the application");
    }
    facts.say("app.interface", application.framework.interface.as_str(), source, span, why);
    let mut urls = None;
    if application.framework.name == "django" {
        let django = django::django(sources, application);
        facts.hints.extend(django.hints.iter().cloned());
        let settings = django.settings.as_ref().filter(|(module, ..)| secrets::is_harmless("DJANGO_SETTINGS_MODULE", module));
        if let Some((module, source, span)) = settings {
            facts.say("environment.DJANGO_SETTINGS_MODULE.value", module.as_str(), source, span, "DJANGO_SETTINGS_MODULE");
        }
        if let Some((source, span)) = &django.geo {
            // docs.djangoproject.com/en/stable/ref/contrib/gis/install/geolibs/: gdal-bin brings GEOS and PROJ too, under one name on
            // every Debian; collectstatic loads them as well
            for key in ["system.build", "system.run"] {
                facts.say(key, Value::Array(vec!["gdal-bin".into()]), source, span, "GeoDjango loads GDAL, GEOS and PROJ");
            }
            facts.hints.push(
                "GeoDjango's database needs PostGIS: name an image that has it, as in service-kinds.postgres.image".to_owned(),
            );
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
        && let Some(route) = health::health(sources, application, urls.as_deref())
        && secrets::what(&route.path).is_none()
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
        for (name, value) in &service.engines {
            facts.say(&format!("environment.{name}.value"), value.as_str(), &service.source, &service.span, &service.why);
        }
        for (name, part) in &service.settings {
            facts.say(&format!("{key}.environment.{name}"), *part, &service.source, &service.span, &service.why);
        }
    }
}

/// Where the application writes: the image's root is read-only.
fn add_volumes(
    writes: Vec<storage::Written>,
    services: &[services::Service],
    settings: &mut environment::Settings,
    open: &Open,
    facts: &mut Facts,
) {
    let served = services.iter().any(|service| service.kind.name == "db");
    let mut volumes = Volumes { served, ..Volumes::default() };
    if open.settings && !served {
        volumes.add_database_by_url(settings, facts);
    }
    for written in writes {
        volumes.add(&written, facts);
    }
    volumes.finish(facts);
}

/// Volumes as they are found, and the places that ask for them.
#[derive(Default)]
struct Volumes {
    /// A database server holds the data.
    served: bool,
    /// A variable has the address of an `SQLite` database.
    has_url: bool,
    /// What needs the volume `data`.
    data: Option<(Arc<Source>, Range<usize>)>,
    /// What limits the application to one pod.
    one_pod: Option<(Arc<Source>, Range<usize>)>,
    /// Databases beside the code, which become links into `data`.
    files: Vec<Value>,
}

impl Volumes {
    /// A variable with the URL of an `SQLite` database gets one in a volume.
    fn add_database_by_url(&mut self, settings: &mut environment::Settings, facts: &mut Facts) {
        let is_url = |name: &str, setting: &environment::Setting| {
            services::is_database_url(name) && setting.source.text.contains("sqlite") && !name.contains("TEST")
        };
        let name = settings.iter().find(|(name, setting)| is_url(name, setting)).map(|(name, _)| name.clone());
        let Some((name, setting)) = name.and_then(|name| settings.remove_entry(&name)) else { return };
        let scheme = setting.example.as_deref().and_then(|example| example.split("://").next());
        let drivers = ["sqlite+aiosqlite", "sqlite+pysqlite", "sqlite3"];
        let scheme = scheme.filter(|scheme| drivers.contains(scheme)).unwrap_or("sqlite");
        let why = "an SQLite database, which must lie in a volume";
        facts.say(&format!("environment.{name}.value"), format!("{scheme}:////data/app.db"), &setting.source, &setting.span, why);
        self.has_url = true;
        self.data = Some((Arc::clone(&setting.source), setting.span));
    }

    fn add(&mut self, written: &storage::Written, facts: &mut Facts) {
        let path = &written.path;
        let place = || origin(&written.source, written.span.clone(), "").place;
        if let Some(what) = secrets::what(path) {
            let hint = format!("{} writes to a path that contains {what}: give it a volume under [volumes]", place());
            return facts.hints.push(hint);
        }
        match written.kind {
            storage::Kind::Beside => facts.hints.push(format!(
                "{} writes {path} beside the code, which is read-only: log to standard output, or into /tmp",
                place()
            )),
            storage::Kind::Databases if self.served || self.has_url => {}
            storage::Kind::Database => self.add_database(written),
            _ => self.add_folder(written, facts),
        }
    }

    /// Django's settings may ask something else before they read the address.
    fn add_database(&mut self, written: &storage::Written) {
        if !self.served && (!self.has_url || written.settled) {
            self.files.push(Value::String(written.path.clone()));
            self.data.get_or_insert_with(|| (Arc::clone(&written.source), written.span.clone()));
        }
    }

    fn add_folder(&mut self, written: &storage::Written, facts: &mut Facts) {
        let storage::Written { source, span, path, kind, .. } = written;
        let key = super::project_name::slug(path).map(|name| format!("volumes.{name}"));
        let Some(key) = key.filter(|key| facts.layer.get(key).is_none()) else {
            return facts.hints.push(format!("the application writes into {path}, which is read-only: give it a volume"));
        };
        facts.say(&format!("{key}.path"), format!("/app/{path}"), source, span, "the application writes there");
        if *kind == storage::Kind::Databases {
            self.one_pod.get_or_insert_with(|| (Arc::clone(source), span.clone()));
            facts.say(&format!("{key}.access"), "ReadWriteOnce", source, span, "an SQLite database");
        }
        if *kind != storage::Kind::Scratch {
            facts.say(&format!("{key}.size"), "1Gi", source, span, "its files must stay");
        }
    }

    /// The volume of databases, and what they mean for Kubernetes.
    fn finish(mut self, facts: &mut Facts) {
        if let Some((source, span)) = self.data.take() {
            let why = "an SQLite database";
            facts.say("volumes.data.path", "/data", &source, &span, why);
            facts.say("volumes.data.size", "1Gi", &source, &span, why);
            facts.say("volumes.data.access", "ReadWriteOnce", &source, &span, why);
            if !self.files.is_empty() {
                facts.say("volumes.data.files", Value::Array(self.files), &source, &span, why);
            }
            self.one_pod.get_or_insert((source, span));
        }
        if let Some((source, span)) = self.one_pod {
            facts.say("kubernetes.replicas", 1, &source, &span, "SQLite serves one pod");
            facts.say("kubernetes.autoscaling", false, &source, &span, "SQLite serves one pod");
        }
    }
}

/// The drivers of services that the spec names itself.
pub(super) fn add_drivers(directory: &Folder, open: &Open, files: &[Arc<Source>], facts: &mut Facts) {
    let known = ["postgres", "mysql", "mariadb"];
    let kinds: Vec<&String> = open.kinds.iter().filter(|kind| !open.services && known.contains(&kind.as_str())).collect();
    if kinds.is_empty() || !Mentions::mention(files, &["sqlalchemy", "SQLAlchemy", "sqlmodel", "alembic", "databases"]) {
        return;
    }
    let manifests = Mentions::of(directory);
    for kind in kinds {
        let driver = ["asyncpg", "psycopg", "psycopg2", "psycopg2-binary", "aiomysql", "asyncmy", "pymysql"]
            .iter()
            .find_map(|name| manifests.find(name));
        if let Some((_, source, span)) = driver {
            add_driver(kind, (&source, &span), &manifests, facts);
        }
    }
}

/// The scheme of a URL names the driver where SQLAlchemy reads it.
fn add_driver(kind: &str, place: (&Arc<Source>, &Range<usize>), manifests: &Mentions, facts: &mut Facts) {
    let reads = ["sqlalchemy", "sqlmodel", "flask-sqlalchemy", "alembic", "databases"].iter().any(|name| manifests.has(name));
    let url = match kind {
        _ if !reads || manifests.has("django") => return,
        // SQLAlchemy 2.1 takes psycopg where an address names no driver
        "postgres" if ["psycopg2", "psycopg2-binary"].iter().any(|name| manifests.has(name)) => "postgresql+psycopg2",
        "postgres" if manifests.has("asyncpg") => "postgresql+asyncpg",
        "postgres" if ["psycopg", "psycopg-binary"].iter().any(|name| manifests.has(name)) => "postgresql+psycopg",
        "mysql" | "mariadb" if ["mysqlclient", "mysql-python"].iter().any(|name| manifests.has(name)) => return,
        "mysql" | "mariadb" if manifests.has("aiomysql") => "mysql+aiomysql",
        "mysql" | "mariadb" if manifests.has("asyncmy") => "mysql+asyncmy",
        "mysql" | "mariadb" if manifests.has("pymysql") => "mysql+pymysql",
        _ => return,
    };
    let value = format!("{url}://{{user}}:{{password}}@{{host}}:{{port}}/{{database}}");
    facts.say(&format!("service-kinds.{kind}.url"), value, place.0, place.1, "the driver that SQLAlchemy is given");
}

fn add_settings(settings: &environment::Settings, services: &[services::Service], facts: &mut Facts) {
    let addressed = |name: &String| {
        services.iter().any(|service| {
            service.settings.iter().any(|(setting, _)| setting == name)
                || service.engines.iter().any(|(setting, _)| setting == name)
        })
    };
    // an address that is made of other settings is best left to them
    let made = |name: &str, setting: &environment::Setting| {
        setting.composed && ["_URL", "_URI", "_DSN"].iter().any(|end| name.ends_with(end))
    };
    for (name, setting) in settings.iter().filter(|(name, setting)| !addressed(name) && !made(name, setting)) {
        let (source, span) = (&setting.source, &setting.span);
        let secret = is_secret(name, setting);
        let key = if secret { format!("secrets.{name}") } else { format!("environment.{name}") };
        facts.say(&format!("{key}.required"), setting.required, source, span, setting.why);
        if setting.required {
            facts.say(&format!("{key}.description"), format!("Read in {}", printable(&source.name)), source, span, setting.why);
        }
        let example = setting.example.as_deref().filter(|example| !secret && secrets::is_harmless(name, example));
        if let Some(example) = example {
            facts.say(&format!("{key}.example"), example, source, span, setting.why);
        }
    }
}

/// Whether a setting is a secret: by its type, by its name, or by the value that the project's files give it.
fn is_secret(name: &str, setting: &environment::Setting) -> bool {
    let example = setting.example.as_deref();
    // without a value, only the name counts
    let named = match example {
        Some(example) => secrets::by_name(name) && !secrets::is_open(name, example),
        None => secrets::is_certain(name),
    };
    let valued = |example| {
        if secrets::is_identifier(name) { secrets::by_value(example).is_some() } else { secrets::what(example).is_some() }
    };
    setting.secret || named || example.is_some_and(valued)
}
