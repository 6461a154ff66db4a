//! Backing services: what compose files start, drivers that the project installs, engines that its settings name.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::Facts;
use super::setting::{ReadSetting, ReadSettings};
use crate::error::Source;
use crate::knowledge::{ServiceRow, service_kinds};
use crate::paths;
use crate::python::codebase::Codebase;
use crate::python::mentions::Mentions;

/// A service that the project uses.
pub(crate) struct FoundService {
    pub(crate) kind: &'static ServiceRow,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
    pub(crate) evidence: ServiceEvidence,
    /// The settings that hold its address, and which part of it each one holds.
    pub(crate) settings: Vec<(String, &'static str)>,
    /// The settings that choose this kind among several, each with the value that does.
    pub(crate) engines: Vec<(String, String)>,
}

/// What shows that a project uses a service.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum ServiceEvidence {
    /// An image that a compose file starts.
    Image(String),
    /// A client that is installed.
    Client(String),
    /// A setting that is read.
    Setting(String),
}

impl fmt::Display for ServiceEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(image) => write!(formatter, "starts {image}"),
            Self::Client(distribution) => write!(formatter, "installs {distribution}"),
            Self::Setting(name) => write!(formatter, "reads {name}"),
        }
    }
}

impl FoundService {
    fn new(kind: &'static ServiceRow, source: &Arc<Source>, span: &Range<usize>, evidence: ServiceEvidence) -> Self {
        let (source, span) = (Arc::clone(source), span.clone());
        Self { kind, source, span, evidence, settings: Vec::new(), engines: Vec::new() }
    }
}

/// Adds services, with the variables that hold their addresses.
pub(super) fn add(services: &[FoundService], facts: &mut Facts) {
    for service in services {
        let key = format!("services.{}", service.kind.name);
        let why = service.evidence.to_string();
        facts.say(&format!("{key}.kind"), service.kind.id.as_str(), &service.source, &service.span, &why);
        if service.kind.external {
            facts.say(&format!("{key}.external"), true, &service.source, &service.span, "dockgen starts none");
        }
        for (name, value) in &service.engines {
            facts.say(&format!("environment.{name}.value"), value.as_str(), &service.source, &service.span, &why);
        }
        for (name, part) in &service.settings {
            facts.say(&format!("{key}.environment.{name}"), *part, &service.source, &service.span, &why);
        }
    }
}

/// The services of a project. A driver alone is a sign only where nothing says that another database is used.
pub(crate) fn services(codebase: &Codebase<'_>, manifests: &Mentions, settings: &ReadSettings) -> Vec<FoundService> {
    let mut found: Vec<FoundService> = Vec::new();
    let composed = compose_images(codebase);
    for kind in service_kinds() {
        let image = composed.iter().find(|(image, ..)| kind.images.contains(image));
        let installed = kind.distributions.iter().find_map(|name| manifests.find(name));
        let service = match (image, installed) {
            (Some((image, source, span)), _) => FoundService::new(kind, source, span, ServiceEvidence::Image(image.clone())),
            (None, Some((name, source, span))) => FoundService::new(kind, &source, &span, ServiceEvidence::Client(name.clone())),
            // a setting that can only be this service's
            (None, None) => match settings.iter().find(|(name, _)| own_setting(kind, name)) {
                Some((name, setting)) => {
                    FoundService::new(kind, &setting.source, &setting.span, ServiceEvidence::Setting(name.clone()))
                }
                None => continue,
            },
        };
        // a driver for something that nothing names is one of many that a project could use
        let named = settings.keys().any(|name| part(kind, name).is_some());
        if kind.external && image.is_none() && !named {
            continue;
        }
        // one database is one database: what compose starts says which
        if let Some(other) = found.iter_mut().find(|other| other.kind.name == kind.name) {
            if image.is_some() && !matches!(other.evidence, ServiceEvidence::Image(_)) {
                *other = service;
            }
            continue;
        }
        found.push(service);
    }
    let mut taken = BTreeSet::new();
    for service in &mut found {
        let broker = service.kind.id == "rabbitmq";
        for name in settings.keys() {
            if let Some(part) = part(service.kind, name)
                && (broker || !taken.contains(name))
            {
                taken.insert(name.clone());
                service.settings.push((name.clone(), part));
            }
        }
        // an address that its parts make up, makes itself
        if service.settings.iter().any(|(_, part)| *part == "host") {
            service.settings.retain(|(name, part)| *part != "url" || !settings.get(name).is_some_and(|setting| setting.composed));
        }
        service.engines = settings.iter().filter_map(|(name, setting)| engine(service.kind, name, setting)).collect();
    }
    // a broker's address goes to the broker, where there is one
    if found.iter().any(|service| service.kind.id == "rabbitmq") {
        for service in found.iter_mut().filter(|service| service.kind.id == "redis") {
            service.settings.retain(|(name, _)| !name.contains("BROKER"));
        }
    }
    found
}

/// Whether a setting holds the address of this kind of service, and of no other.
fn own_setting(kind: &ServiceRow, name: &str) -> bool {
    let stem = kind.id.to_uppercase();
    name.starts_with(&stem) && matches!(part(kind, name), Some("url" | "host")) && !kind.is_database()
}

/// What a setting such as `DB_ENGINE` must be, so that this kind is used: a word that its file compares it with, or one like its
/// default.
fn engine(kind: &ServiceRow, name: &str, setting: &ReadSetting) -> Option<(String, String)> {
    const CHOOSE: [&str; 8] = ["ENGINE", "TYPE", "BACKEND", "KIND", "DRIVER", "VENDOR", "DIALECT", "ADAPTER"];
    let rest = kind.prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_str()))?;
    if !rest.is_empty() && !CHOOSE.contains(&rest.trim_start_matches('_')) {
        return None;
    }
    let default = setting.example.as_deref().unwrap_or_default();
    if kind.engines.iter().any(|engine| engine == default) {
        return None;
    }
    let like_default = |engine: &&String| {
        let package = |name: &str| name.rsplit_once('.').map_or(String::new(), |(package, _)| package.to_owned());
        !default.is_empty() && package(engine) == package(default)
    };
    let compared = |engine: &&String| {
        let text = &setting.source.text;
        !engine.contains('.') && ['"', '\''].iter().any(|quote| text.contains(&format!("{quote}{engine}{quote}")))
    };
    let found = kind.engines.iter().find(|engine| if default.contains('.') { like_default(engine) } else { compared(engine) })?;
    Some((name.to_owned(), found.clone()))
}

/// What of a service's address a setting holds.
fn part(kind: &ServiceRow, name: &str) -> Option<&'static str> {
    // the project's own prefix may come first: SHOP_DATABASE_URL
    let words: Vec<&str> = name.split('_').collect();
    let other = ["TEST", "TESTS", "TESTING", "REPLICA", "READONLY", "LEGACY", "EXTERNAL", "SOURCE", "REMOTE"];
    (0..words.len().min(3)).filter(|start| !words[..*start].iter().any(|word| other.contains(word) || word.is_empty())).find_map(
        |start| {
            let rest = words[start..].join("_");
            let found = exact_part(kind, &rest)?;
            // DB_HOST after another word is often another thing's: only what names a database or a service in full counts
            (start == 0 || found == "url" || rest.matches('_').count() == 1).then_some(found)
        },
    )
}

/// What of a service's address a setting without a prefix of the project's holds.
fn exact_part(kind: &ServiceRow, name: &str) -> Option<&'static str> {
    if kind.urls.iter().any(|url| url == name) {
        return Some("url");
    }
    let name = name.replace("__", "_");
    let rest = kind.prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_str())?.strip_prefix('_'))?;
    // REDIS_CACHE_HOST and REDIS_QUEUE_HOST are both the one Redis
    if let Some((use_for, last)) = rest.rsplit_once('_')
        && !use_for.split('_').any(|word| ["TEST", "TESTS", "TESTING", "EXTERNAL", "PUBLIC", "ADMIN", "REPLICA"].contains(&word))
    {
        match last {
            "HOST" => return Some("host"),
            "PORT" => return Some("port"),
            "URL" | "URI" | "DSN" => return Some("url"),
            _ => {}
        }
    }
    Some(match rest {
        "URL" | "URI" | "DSN" => "url",
        "HOST" | "SERVER" | "HOSTNAME" | "ADDRESS" => "host",
        "PORT" => "port",
        "USER" | "USERNAME" => "user",
        "PASSWORD" | "PASS" | "PASSWD" | "PWD" => "password",
        "DB" | "NAME" | "DATABASE" | "DATABASE_NAME" | "DB_NAME" if kind.is_database() => "database",
        _ => return None,
    })
}

/// Whether a setting holds the URL of a database.
pub(crate) fn is_database_url(name: &str) -> bool {
    service_kinds().iter().any(|kind| kind.is_database() && part(kind, name) == Some("url"))
}

/// The images of the project's compose files, by the last part of their names.
fn compose_images(codebase: &Codebase<'_>) -> Vec<(String, Arc<Source>, Range<usize>)> {
    let mut images = Vec::new();
    let is_compose = |path: &&String| {
        let name = paths::name(path).to_ascii_lowercase();
        name.contains("compose")
            && path.matches('/').count() <= 2
            && !["test", "example", "docs"].iter().any(|word| path.contains(word))
    };
    for path in codebase.tree.paths.iter().filter(is_compose) {
        let Some(text) = codebase.evidence(path) else { continue };
        let source = Arc::new(Source::file(path.clone(), text));
        let mut start = 0;
        for line in source.text.split_inclusive('\n') {
            if let Some(image) = line.trim().trim_start_matches("- ").strip_prefix("image:") {
                let image = image.trim().trim_matches(['"', '\'']);
                let image = image.split("${").next().filter(|image| !image.is_empty()).unwrap_or(image);
                let name = image.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
                let name = name.split(':').next().unwrap_or_default().to_ascii_lowercase();
                images.push((name, Arc::clone(&source), start..start + line.trim_end().len()));
            }
            start += line.len();
        }
    }
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_parts_of_an_address() {
        let kind = |name: &str| service_kinds().iter().find(|kind| kind.id == name).unwrap();
        assert_eq!(part(kind("postgres"), "DB_HOST"), Some("host"));
        assert_eq!(part(kind("postgres"), "POSTGRES_DB"), Some("database"));
        assert_eq!(part(kind("postgres"), "DATABASE_URL"), Some("url"));
        assert_eq!(part(kind("redis"), "DATABASE_URL"), None);
    }
}
