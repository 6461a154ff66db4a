//! Collects facts from Python sources, commands and compose files.

use std::cell::OnceCell;
use std::sync::Arc;

use toml::Value;

use super::application::{self, Application, Applications, is_entry};
use super::processes::Process;
use super::static_root::StaticRoot;
use super::{
    DetectScope, Fact, Facts, commands, django, drivers, environment, fixed_addresses, health, install, processes, programs,
    services, sqlite, volumes, written,
};
use crate::error::Source;
use crate::layers::origin;
use crate::paths::{join, within};
use crate::python::codebase::Codebase;
use crate::python::imports::ImportGraph;
use crate::python::mentions::Mentions;
use crate::secrets;

/// Adds the facts of the sources.
pub(super) fn add(codebase: &Codebase<'_>, scope: &DetectScope, facts: &mut Facts) {
    if codebase.tree.cut {
        facts.hints.push("there are more files than dockgen looks at: run it in the folder of one application".to_owned());
    }
    let manifests = Mentions::of(codebase.directory);
    let application = add_application(codebase, &manifests, scope, facts);
    let web = if application.is_none() && scope.entry.is_none() { add_program(codebase, facts) } else { None };
    let graph = OnceCell::new();
    let followed = || graph.get_or_init(|| application.as_ref().map(|application| follow(codebase, application))).as_ref();
    let mut settings = environment::settings(codebase, &followed);
    let engines = application.as_ref().map(|application| django::engines(codebase, application)).unwrap_or_default();
    let mut services = services::services(codebase, &manifests, &settings, &engines);
    let writes = application.as_ref().map(|application| written::written(codebase, application, &scope.kept)).unwrap_or_default();
    // Django's settings decide: a database server that no setting refers to isn't the application's
    if writes.iter().any(|written| written.settled) {
        services.retain(|service| !service.kind.is_database() || !service.settings.is_empty() || !service.engines.is_empty());
    }
    fixed_addresses::apply(codebase, &mut services, &scope.services, facts);
    volumes::add(writes, &services, &mut settings, facts);
    services::add(&services, facts);
    for service in &services {
        drivers::add(service, &settings, &manifests, facts);
    }
    drivers::add_undetected(&manifests, facts);
    if let Some((name, source, span)) = health::SLOW.iter().find_map(|name| manifests.find(name)) {
        facts.say("health.start-period", 180, &source, &span, &format!("loads {name} before it serves"));
    }
    environment::add(&settings, &services, facts);
    processes::add(codebase, &manifests, application.as_ref(), web, facts);
    let empty = facts.layer.get("kubernetes.replicas").is_some();
    let django = application.as_ref().is_some_and(|application| application.framework.name == "django");
    if empty && !django && facts.layer.get("release.steps").is_none() {
        sqlite::add(codebase, application.as_ref(), facts);
    }
}

/// Follows the imports of an application, of Django's settings, of gunicorn's and of workers.
fn follow(codebase: &Codebase<'_>, application: &Application) -> ImportGraph {
    let settings = django::settings_files(codebase, application);
    let mut starts = vec![application.path.as_str()];
    starts.extend(settings.iter().map(String::as_str).chain(codebase.workers()));
    let root = if application.root == "." { "" } else { application.root.as_str() };
    // gunicorn reads this file in the working directory
    let server = join(if application.framework.name == "django" { root } else { "" }, "gunicorn.conf.py");
    starts.extend((application.framework.preset.ends_with("gunicorn") && codebase.tree.has(&server)).then_some(server.as_str()));
    let object = application.entry.rsplit(':').next().map(|object| object.trim_end_matches("()"));
    ImportGraph::follow(codebase, root, &starts, object)
}

/// The chosen application, or the only one.
fn add_application(codebase: &Codebase<'_>, manifests: &Mentions, scope: &DetectScope, facts: &mut Facts) -> Option<Application> {
    let asynchronous = ["channels", "daphne"].iter().any(|name| manifests.has(name));
    let fact = |application: &Application, key: &str, value: &str| Fact {
        key: key.to_owned(),
        value: Value::String(value.to_owned()),
        origin: origin(&application.source, application.span.clone(), &application.why),
    };
    let named = scope.entry.as_deref().and_then(|entry| application::find_named(codebase, entry));
    let found = if named.is_some() { Applications::default() } else { application::find(codebase, asynchronous) };
    let chosen = named.or_else(|| match &scope.entry {
        Some(entry) => found.applications.iter().find(|application| is_entry(&application.entry, entry)).cloned(),
        None => found.applications.first().filter(|_| found.settled).cloned(),
    });
    if let Some(application) = &chosen {
        facts.framework = Some(fact(application, "app.framework", &application.framework.name));
        facts.preset = Some(&application.framework.preset);
        about(codebase, application, scope, facts);
    } else if scope.entry.is_none() {
        facts.candidates.extend(found.applications.iter().map(|application| fact(application, "app.entry", &application.entry)));
        facts.unknown.push("app.entry");
    }
    if !scope.decided_health && facts.layer.get("health.path").is_none() {
        facts.unknown.push("health.path");
    }
    let port = commands::entries(codebase).into_iter().find(|command| command.port.is_some_and(|port| port >= 1024));
    if let Some(command) = port {
        facts.say("app.port", i64::from(command.port.unwrap_or_default()), &command.source, &command.span, command.program);
    }
    chosen
}

/// The program that serves requests itself, if there is no application for a server to import.
fn add_program(codebase: &Codebase<'_>, facts: &mut Facts) -> Option<Process> {
    if !facts.candidates.is_empty() {
        return None;
    }
    match programs::find(codebase) {
        Ok(program) => {
            let program = program?;
            let (source, span) = program.source();
            let value = Value::String(program.library().to_owned());
            let key = "app.framework".to_owned();
            facts.framework = Some(Fact { key, value, origin: origin(source, span.clone(), "serves requests itself") });
            facts.unknown.retain(|key| *key != "app.entry");
            program.add(codebase, facts);
            if facts.layer.get("health.path").is_some() {
                facts.unknown.retain(|key| *key != "health.path");
            }
            Some(program.process())
        }
        Err(several) => {
            let list: Vec<String> = several.iter().map(|program| format!("`{}`", program.shown())).collect();
            facts.hints.push(format!("several programs serve requests: {}; set processes.web.command", list.join(", ")));
            None
        }
    }
}

/// Adds the facts that depend on the application.
fn about(codebase: &Codebase<'_>, application: &Application, scope: &DetectScope, facts: &mut Facts) {
    let (source, span, why) = (&application.source, &application.span, application.why.as_str());
    let entry = application.entry.as_str();
    let factory_by_setting = application.framework.interface == "asgi" && entry.ends_with("()");
    if factory_by_setting {
        // uvicorn needs a setting to call a factory
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
    // only this workspace member is installed, with its dependencies
    let lock = install::workspace_lock();
    let members = if codebase.tree.has(lock) { install::member_folders(codebase.directory) } else { Vec::new() };
    let inside = |folder: &str| within(&application.path, folder);
    if let Some((name, _)) = members.iter().find(|(_, folder)| folder != "." && inside(folder)) {
        let source = Arc::new(Source::file(lock, ""));
        facts.say("install.package", name.as_str(), &source, &(0..0), "the member that contains the application");
        facts.say("install.project", true, &source, &(0..0), "the member that contains the application");
    }
    facts.say("app.interface", application.framework.interface.as_str(), source, span, why);
    let urls = if application.framework.name == "django" { about_django(codebase, application, facts) } else { None };
    if let Some((host, source, span)) = health::host(codebase, application) {
        facts.say("health.host", host, &source, &span, "allows no request to localhost");
    }
    if !scope.decided_health
        && let Some(route) = health::health(codebase, application, urls.as_deref(), &mut facts.hints)
        && secrets::what(&route.path).is_none()
    {
        facts.say("health.path", route.path, &route.source, &route.span, "route");
    }
}

/// Adds the facts of Django's settings, and returns the module of its URLs.
fn about_django(codebase: &Codebase<'_>, application: &Application, facts: &mut Facts) -> Option<String> {
    let (source, span) = (&application.source, &application.span);
    let django = django::django(codebase, application);
    facts.hints.extend(django.hints.iter().cloned());
    let settings = django.settings.as_ref().filter(|(module, ..)| secrets::is_harmless("DJANGO_SETTINGS_MODULE", module));
    if let Some((module, source, span)) = settings {
        facts.say("environment.DJANGO_SETTINGS_MODULE.value", module.as_str(), source, span, "DJANGO_SETTINGS_MODULE");
    }
    if let Some((source, span)) = &django.geo {
        // docs.djangoproject.com/en/stable/ref/contrib/gis/install/geolibs/: gdal-bin depends on GEOS and PROJ, and has the same name in
        // every Debian release; collectstatic loads them as well
        for key in ["system.build", "system.run"] {
            facts.say(key, Value::Array(vec!["gdal-bin".into()]), source, span, "GeoDjango loads GDAL, GEOS and PROJ");
        }
        facts
            .hints
            .push("GeoDjango's database needs PostGIS: name an image that has it, as in service-kinds.postgres.image".to_owned());
    }
    let none = Value::Array(Vec::new());
    if let StaticRoot::With(switch) = &django.static_root {
        let (key, why) = (format!("environment.{}", switch.name), "sets STATIC_ROOT only without DEBUG");
        facts.say(&format!("{key}.value"), switch.value, &switch.source, &switch.span, why);
        facts.say(&format!("{key}.description"), "Turns DEBUG off", &switch.source, &switch.span, why);
    }
    let why = match django.static_root {
        StaticRoot::Missing => "its settings name no STATIC_ROOT",
        StaticRoot::Conditional => "its settings name STATIC_ROOT only under a condition",
        StaticRoot::Set | StaticRoot::With(_) => "there is no manage.py beside it",
    };
    if !django.manage || matches!(django.static_root, StaticRoot::Missing | StaticRoot::Conditional) {
        facts.say("build.steps", none.clone(), source, span, why);
    }
    if !django.manage {
        facts.say("release.steps", none, source, span, "there is no manage.py beside it");
    }
    django.urls
}
