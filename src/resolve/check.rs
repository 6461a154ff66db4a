//! Checks across several values: Python versions, and names that conflict.

use super::settings::{Settings, list};
use crate::error::{Error, Result};
use crate::knowledge::python_releases;
use crate::layers::Node;
use crate::paths::{self, normal};
use crate::spec::Interface;
use crate::validate::dockgen_version::VERSION;

/// Files that name one Python without a range: another version can be tried.
const PINS: [&str; 7] = [".python-version", ".tool-versions", "runtime.txt", "mise.toml", ".mise.toml", "Pipfile", "Dockerfile"];

/// Variables that the image sets, each with what to do instead.
const RESERVED: [(&str, &str); 6] = [
    ("HOME", "remove it: HOME is /tmp, which is always writable"),
    ("PATH", "remove it, and run other programs by their path, such as /opt/tool/bin/tool"),
    ("PORT", "set app.port instead"),
    ("PYTHONDONTWRITEBYTECODE", "remove it: bytecode is compiled during the build"),
    ("PYTHONPATH", "set app.root instead"),
    ("VIRTUAL_ENV", "remove it: the virtual environment is /opt/venv"),
];

pub(super) fn python(settings: &Settings<'_>) -> Result<()> {
    let python = &settings.python;
    let Some(version) = &python.version else { return Ok(()) };
    let place = settings.place("python.version");
    let releases = python_releases();
    let supported = releases.supported.join(", ");
    if releases.supported.contains(version) || python.allow_end_of_life.unwrap_or_default() {
        return Ok(());
    }
    let message = releases.end_of_life.iter().find(|(old, _)| old == version).map_or_else(
        || format!("Python {version} is not supported by dockgen {VERSION}"),
        |(_, date)| format!("Python {version} reached its end of life on {date}: it gets no security fixes and no new images"),
    );
    let origin = settings.layers.get("python.version").map(Node::origin).filter(|origin| origin.fact);
    let hint = origin.map_or_else(
        || format!("use one of {supported}; or set `python.allow-end-of-life = true`"),
        |origin| detected_end_of_life(version, &origin.place.source.name),
    );
    Err(Error::new(message).at(place).hint(hint))
}

/// What to type if a file of the project names an end-of-life version: a newer one if the file only names a preference, and the
/// version itself if it has images.
fn detected_end_of_life(version: &str, file: &str) -> String {
    let releases = python_releases();
    let newer = releases.supported.last().map(String::as_str).unwrap_or_default();
    let is_pin = PINS.contains(&paths::name(file));
    let first = if is_pin {
        format!("pass --set python.version={newer}, which overrides {file}")
    } else {
        format!("allow a newer Python in {file}, such as {newer}, and lock again")
    };
    // the newest patch release
    let keep = "--set python.allow-end-of-life=true";
    match releases.debian_of(version, u32::MAX) {
        Some("trixie") => format!("{first}; or keep {version}: {keep}"),
        Some(debian) => format!("{first}; or keep {version}: {keep} --set image.debian={debian}"),
        None => first,
    }
}

/// Refuses names that conflict in one of the outputs.
pub(super) fn names(settings: &Settings<'_>) -> Result<()> {
    let fail = |key: String, message: String, hint: &str| Err(Error::new(message).at(settings.place(&key)).hint(hint));
    let (processes, services) = (&settings.processes, &settings.services);
    if processes.contains_key("release") {
        return fail(
            "processes.release".into(),
            "the process name `release` is reserved".into(),
            "use [release] for commands that run once, or rename the process",
        );
    }
    for name in services.keys() {
        if processes.contains_key(name) || ["web", "release"].contains(&name.as_str()) {
            let message = format!("`{name}` is both a process and a service");
            let kind = settings.layers.get(&format!("services.{name}.kind")).filter(|kind| kind.origin().fact);
            let hint = kind.map_or_else(
                || "rename one of them, as both become Compose services".to_owned(),
                |kind| {
                    let kind = kind.to_value();
                    format!("rename the process, or the detected service: add `NAME = {{ kind = {kind} }}` under [services]")
                },
            );
            return fail(format!("services.{name}"), message, &hint);
        }
    }
    for name in settings.volumes.keys() {
        let service = name.strip_suffix("-data").unwrap_or_default();
        if services.contains_key(service) || ["tmp", "secrets"].contains(&name.as_str()) {
            let message = format!("the volume name `{name}` is taken");
            return fail(format!("volumes.{name}"), message, "rename the volume");
        }
    }
    let networks = list(settings.compose.networks.as_ref());
    let twice = networks.iter().enumerate().any(|(index, name)| networks[..index].contains(name));
    let wrong = [
        (networks.iter().any(|name| name == "backend"), "the network name `backend` is reserved for backing services"),
        (networks.is_empty(), "`compose.networks` is empty, so nothing could reach the application"),
        (twice, "`compose.networks` contains a network twice"),
    ];
    if let Some((_, message)) = wrong.iter().find(|(wrong, _)| *wrong) {
        return fail("compose.networks".into(), (*message).into(), "write, for example, networks = [\"default\"]");
    }
    environment(settings)
}

/// Refuses values without effect, and those that a server doesn't support.
pub(super) fn meanings(settings: &Settings<'_>) -> Result<()> {
    let fail = |key: &str, message: String, hint: &str| Err(Error::new(message).at(settings.place(key)).hint(hint));
    let app = &settings.app;
    if app.interface == Some(Interface::Asgi) && app.entry.as_ref().is_some_and(|entry| entry.ends_with("()")) {
        let message = "`app.entry` can't call a factory: ASGI servers need a flag for it".into();
        return fail("app.entry", message, "remove the (), and add \"--factory\" to processes.web.command");
    }
    for (name, service) in &settings.services {
        if service.version.as_ref().is_some_and(|version| version.contains("alpine")) {
            let message = format!("`services.{name}.version` is an Alpine variant, which dockgen doesn't support");
            return fail(&format!("services.{name}.version"), message, "use the Debian variant: the version without -alpine");
        }
    }
    for (name, volume) in &settings.volumes {
        if volume.access.is_some() && volume.size.is_none() {
            let key = format!("volumes.{name}.access");
            return fail(
                &key,
                format!("`{key}` has no effect without a size"),
                "set the size of the volume, such as size = \"1Gi\"",
            );
        }
    }
    let web = settings.processes.get("web").cloned().unwrap_or_default();
    let instead = [
        ("replicas", web.replicas.is_some(), "set kubernetes.replicas instead"),
        ("singleton", web.singleton.is_some(), "set kubernetes.replicas = 1 and kubernetes.autoscaling = false instead"),
        ("stop-timeout", web.stop_timeout.is_some(), "set server.graceful-timeout instead"),
    ];
    match instead.iter().find(|(_, set, _)| *set) {
        Some((key, _, hint)) => fail(
            &format!("processes.web.{key}"),
            format!("`processes.web.{key}` has no effect: the web process uses another key"),
            hint,
        ),
        None => volumes(settings),
    }
}

/// Refuses two volumes at one path, and one that hides the application.
fn volumes(settings: &Settings<'_>) -> Result<()> {
    let app = &settings.app;
    let module = app.entry.as_deref().and_then(|entry| entry.split([':', '.']).next()).unwrap_or_default();
    let root = normal(&format!("{}/{module}", app.root.as_deref().unwrap_or(".")));
    let workdir = normal(app.workdir.as_deref().unwrap_or("."));
    let files = list(settings.install.files.as_ref());
    let code = [format!("/app/{root}"), format!("/app/{root}.py"), format!("/app/{workdir}")];
    let code: Vec<_> = code.into_iter().chain(files.iter().map(|file| format!("/app/{}", normal(file)))).collect();
    let mut seen: Vec<(&String, String)> = Vec::new();
    for (name, volume) in &settings.volumes {
        let key = format!("volumes.{name}.path");
        let path = volume.path.clone().unwrap_or_default();
        let error = |message: String| {
            Err(Error::new(message).at(settings.place(&key)).hint("choose another path, such as path = \"/data\""))
        };
        if let Some(hidden) = code.iter().find(|file| **file == path || file.starts_with(&format!("{path}/"))) {
            return error(format!("the volume at `{path}` would hide `{hidden}`, which is part of the application"));
        }
        if let Some((other, _)) = seen.iter().find(|(_, other)| *other == path) {
            return error(format!("the volumes `{other}` and `{name}` are both at `{path}`"));
        }
        seen.push((name, path));
    }
    Ok(())
}

/// All variables of the spec by name, each with its key.
fn variables(settings: &Settings<'_>) -> Vec<(String, String)> {
    let key = |table: &str, name: &String| (name.clone(), format!("{table}.{name}"));
    let services = settings.services.iter().flat_map(|(service, table)| {
        let names = table.environment.iter().flatten();
        names.map(move |(name, _)| (name.clone(), format!("services.{service}.environment.{name}")))
    });
    let own = settings.environment.keys().map(|name| key("environment", name));
    own.chain(settings.secrets.keys().map(|name| key("secrets", name))).chain(services).collect()
}

fn environment(settings: &Settings<'_>) -> Result<()> {
    let variables = variables(settings);
    for (index, (name, key)) in variables.iter().enumerate() {
        if let Some((_, instead)) = RESERVED.iter().find(|(reserved, _)| reserved == name) {
            return Err(Error::new(format!("`{key}` is set by dockgen")).at(settings.place(key)).hint(*instead));
        }
        if let Some((_, other)) = variables[..index].iter().find(|(other, _)| other == name) {
            let error = Error::new(format!("`{name}` is defined twice: `{other}` and `{key}`")).at(settings.place(other));
            let secret = other.starts_with("environment.") && key.starts_with("secrets.");
            let hint = if secret { "remove one of them: a secret has a name, never a value" } else { "remove one of them" };
            return Err(error.note(settings.place(key), "also here").hint(hint));
        }
    }
    Ok(())
}

/// The variable of `.env` that changes the published port: `SHOP_PORT`, or another name if the application reads that one.
pub(super) fn port_variable(settings: &Settings<'_>, project: &str) -> String {
    let stem = project.to_uppercase().replace('-', "_");
    let taken = variables(settings);
    let is_free = |name: &String| taken.iter().all(|(other, _)| other != name);
    let names = ["PORT", "PUBLISHED_PORT"].map(|end| format!("{stem}_{end}"));
    let numbered = (2..).map(|number| format!("{stem}_PUBLISHED_PORT_{number}"));
    names.into_iter().chain(numbered).find(is_free).unwrap_or_default()
}
