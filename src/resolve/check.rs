//! What no single value can break: versions, and names that must not meet.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::entries;
use crate::detect::python;
use crate::error::{Error, Result};
use crate::layers::Node;
use crate::spec::Spec;

/// The version of this dockgen.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Variables that the image sets itself, with what to do instead.
const RESERVED: [(&str, &str); 6] = [
    ("HOME", "the container's home is /tmp, the only folder that it may always write to"),
    ("PATH", "the virtual environment is in front; call other programs by their path"),
    ("PORT", "set app.port"),
    ("PYTHONDONTWRITEBYTECODE", "everything is compiled in the image"),
    ("PYTHONPATH", "set app.root"),
    ("VIRTUAL_ENV", "the virtual environment is /opt/venv"),
];

/// Parts of a name that say secret, from BuildKit's check SecretsUsedInArgOrEnv
/// (moby/buildkit, frontend/dockerfile/linter); `public`, `file` and `version` say that it is none.
const SECRET_WORDS: [&str; 10] =
    ["apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token"];
const PUBLIC_WORDS: [&str; 3] = ["public", "file", "version"];

/// Whether a variable's name says that its value is a secret.
pub(super) fn looks_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let says = |words: &[&str]| name.split('_').any(|part| words.contains(&part));
    says(&SECRET_WORDS) && !says(&PUBLIC_WORDS)
}

pub(super) fn required_version(spec: &Spec, layers: &Node) -> Result<()> {
    let Some(wanted) = &spec.required_version else { return Ok(()) };
    let place = layers.place("required-version");
    let range = VersionSpecifiers::from_str(wanted).map_err(|error| {
        let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
        Error::new(format!("`required-version` is not a range of versions: {reason}"))
            .at(place.clone())
            .hint("write it as \">=0.1\"")
    })?;
    let fits = Version::from_str(VERSION).is_ok_and(|version| range.contains(&version));
    if fits {
        return Ok(());
    }
    Err(Error::new(format!("this is dockgen {VERSION}, and the spec wants {wanted}"))
        .at(place)
        .hint("install that version of dockgen"))
}

pub(super) fn python(spec: &Spec, layers: &Node) -> Result<()> {
    let python = spec.python.clone().unwrap_or_default();
    let Some(version) = python.version else { return Ok(()) };
    let place = layers.place("python.version");
    let supported = python::SUPPORTED.join(", ");
    if python::SUPPORTED.contains(&version.as_str()) || python.allow_end_of_life.unwrap_or_default() {
        return Ok(());
    }
    let message = python::END_OF_LIFE.iter().find(|(old, _)| *old == version).map_or_else(
        || format!("Python {version} is not known to dockgen {VERSION}"),
        |(_, date)| format!("Python {version} reached its end of life on {date}: no security fixes, and no new images of it"),
    );
    Err(Error::new(message)
        .at(place)
        .hint(format!("use one of {supported}; `python.allow-end-of-life = true` takes it all the same")))
}

/// Names that would meet in one file.
pub(super) fn names(spec: &Spec, layers: &Node) -> Result<()> {
    let fail = |key: String, message: String, hint: &str| Err(Error::new(message).at(layers.place(&key)).hint(hint));
    let processes: Vec<_> = entries(spec.processes.as_ref()).into_iter().map(|(name, _)| name).collect();
    let services: Vec<_> = entries(spec.services.as_ref()).into_iter().map(|(name, _)| name).collect();
    if processes.iter().any(|name| name == "release") {
        return fail(
            "processes.release".into(),
            "`release` is the one-shot service, not a process".into(),
            "use [release], or another name",
        );
    }
    for name in &services {
        if processes.contains(name) || ["web", "release"].contains(&name.as_str()) {
            let message = format!("`{name}` is a process and a service");
            return fail(format!("services.{name}"), message, "give one of them another name: both are services of Compose");
        }
    }
    for (name, _) in entries(spec.volumes.as_ref()) {
        let service = name.strip_suffix("-data").unwrap_or_default();
        if services.iter().any(|other| other == service) || ["tmp", "secrets"].contains(&name.as_str()) {
            let message = format!("the volume name `{name}` is taken");
            return fail(format!("volumes.{name}"), message, "give it another name");
        }
    }
    let networks = spec.compose.clone().unwrap_or_default().networks.unwrap_or_default();
    if networks.iter().any(|name| name == "backend") {
        let message = "the network name `backend` is taken by the backing services".into();
        return fail("compose.networks".into(), message, "give it another name");
    }
    environment(spec, layers)
}

fn environment(spec: &Spec, layers: &Node) -> Result<()> {
    let settings = entries(spec.environment.as_ref());
    let secrets = entries(spec.secrets.as_ref());
    let names = settings.iter().map(|(name, _)| ("environment", name)).chain(secrets.iter().map(|(name, _)| ("secrets", name)));
    for (table, name) in names {
        if let Some((_, instead)) = RESERVED.iter().find(|(reserved, _)| reserved == name) {
            let error = Error::new(format!("`{table}.{name}` is set by dockgen")).at(layers.place(&format!("{table}.{name}")));
            return Err(error.hint(*instead));
        }
    }
    for (name, variable) in settings {
        let place = layers.place(&format!("environment.{name}"));
        if secrets.iter().any(|(secret, _)| *secret == name) {
            let error = Error::new(format!("`{name}` is in [environment] and in [secrets]")).at(place);
            return Err(error
                .note(layers.place(&format!("secrets.{name}")), "the secret")
                .hint("a secret has no value here: take it out of [environment]"));
        }
        if variable.value.is_some() && looks_secret(&name) {
            let error =
                Error::new(format!("`environment.{name}` holds a value, and its name says that it is a secret")).at(place);
            return Err(error.hint(format!(
                "an image is no place for it: write `{name} = {{ description = \"…\", required = true }}` under [secrets]"
            )));
        }
    }
    Ok(())
}
