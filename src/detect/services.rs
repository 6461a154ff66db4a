//! Backing services, from compose files, installed drivers, and settings.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::Facts;
use super::django::FoundEngine;
use super::service_settings::{engine, is_default_of, named_part, own_setting, part};
use super::setting::ReadSettings;
use crate::error::Source;
use crate::knowledge::{ServiceRow, service_kinds};
use crate::paths;
use crate::python::codebase::Codebase;
use crate::python::mentions::Mentions;

pub(crate) struct FoundService {
    pub(crate) kind: &'static ServiceRow,
    /// Its name in the spec, which is its host.
    pub(crate) name: String,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
    pub(crate) evidence: ServiceEvidence,
    /// Settings for its address, each with the part that it contains.
    pub(crate) settings: Vec<(String, &'static str)>,
    /// Settings that select this kind, each with its value.
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
    /// An engine in Django's settings.
    Engine(String),
}

impl fmt::Display for ServiceEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(image) => write!(formatter, "starts {image}"),
            Self::Client(distribution) => write!(formatter, "installs {distribution}"),
            Self::Setting(name) => write!(formatter, "reads {name}"),
            Self::Engine(engine) => write!(formatter, "uses {engine}"),
        }
    }
}

impl FoundService {
    fn new(kind: &'static ServiceRow, source: &Arc<Source>, span: &Range<usize>, evidence: ServiceEvidence) -> Self {
        let (source, span) = (Arc::clone(source), span.clone());
        Self { kind, name: kind.name.clone(), source, span, evidence, settings: Vec::new(), engines: Vec::new() }
    }
}

/// Adds services, with the variables that hold their addresses.
pub(super) fn add(services: &[FoundService], facts: &mut Facts) {
    for service in services {
        let key = format!("services.{}", service.name);
        let why = service.evidence.to_string();
        facts.say(&format!("{key}.kind"), service.kind.id.as_str(), &service.source, &service.span, &why);
        if service.kind.external {
            facts.say(&format!("{key}.external"), true, &service.source, &service.span, "Compose doesn't start it");
        }
        for (name, value) in &service.engines {
            facts.say(&format!("environment.{name}.value"), value.as_str(), &service.source, &service.span, &why);
        }
        for (name, part) in &service.settings {
            facts.say(&format!("{key}.environment.{name}"), *part, &service.source, &service.span, &why);
        }
    }
}

/// The services of a project. A driver alone counts only if nothing shows that another database is used.
pub(crate) fn services(
    codebase: &Codebase<'_>,
    manifests: &Mentions,
    settings: &ReadSettings,
    engines: &[FoundEngine],
) -> Vec<FoundService> {
    let mut found: Vec<(FoundService, u8)> = Vec::new();
    let composed = compose_images(codebase);
    for kind in service_kinds() {
        let Some((service, strength)) = service(kind, &composed, manifests, settings, engines) else { continue };
        // without other evidence, a driver may be one of several that the project supports
        let named = settings.iter().any(|(name, setting)| part(kind, name, setting).is_some());
        if (kind.external || kind.databases) && !matches!(service.evidence, ServiceEvidence::Image(_)) && !named {
            continue;
        }
        // if there is one database, the compose file decides which, then the default or engine in the code
        match found.iter_mut().find(|(other, _)| other.kind.name == kind.name) {
            Some(other) if strength > other.1 => *other = (service, strength),
            Some(_) => {}
            None => found.push((service, strength)),
        }
    }
    let mut found: Vec<FoundService> = found.into_iter().map(|(service, _)| service).collect();
    add_settings(&mut found, settings);
    found
}

/// A service of this kind, with the strength of its evidence.
fn service(
    kind: &'static ServiceRow,
    composed: &[(String, Arc<Source>, Range<usize>)],
    manifests: &Mentions,
    settings: &ReadSettings,
    engines: &[FoundEngine],
) -> Option<(FoundService, u8)> {
    let default = settings.iter().find(|(name, setting)| is_default_of(kind, name, setting));
    let engine = engines.iter().find(|found| is_engine_of(kind, &found.engine));
    let is_said = default.is_some() || engine.is_some();
    if let Some((image, source, span)) = composed.iter().find(|(image, ..)| kind.images.contains(image)) {
        return Some((FoundService::new(kind, source, span, ServiceEvidence::Image(image.clone())), 3));
    }
    if let Some((name, source, span)) = kind.distributions.iter().find_map(|name| manifests.find(name)) {
        let service = FoundService::new(kind, &source, &span, ServiceEvidence::Client(name.clone()));
        return Some((service, if is_said { 2 } else { 1 }));
    }
    if let Some(found) = engine {
        let evidence = ServiceEvidence::Engine(found.engine.clone());
        return Some((FoundService::new(kind, &found.source, &found.span, evidence), 1));
    }
    // a setting that only this service has
    let own = default.or_else(|| settings.iter().find(|(name, _)| own_setting(kind, name)));
    own.map(|(name, setting)| {
        (FoundService::new(kind, &setting.source, &setting.span, ServiceEvidence::Setting(name.clone())), 1)
    })
}

/// Adds the settings that contain the services' addresses.
fn add_settings(found: &mut [FoundService], settings: &ReadSettings) {
    let mut taken = BTreeSet::new();
    for service in found.iter_mut() {
        let broker = service.kind.id == "rabbitmq";
        let is_started = matches!(service.evidence, ServiceEvidence::Image(_));
        for (name, setting) in settings {
            // a broker that a compose file starts may replace the one of the default
            let part = part(service.kind, name, setting)
                .or_else(|| named_part(service.kind, name).filter(|_| broker && is_started && name.contains("BROKER")));
            if let Some(part) = part
                && (broker || !taken.contains(name))
            {
                taken.insert(name.clone());
                service.settings.push((name.clone(), part));
            }
        }
        // an address that is built from its parts needs no value
        if service.settings.iter().any(|(_, part)| *part == "host") {
            service.settings.retain(|(name, part)| *part != "url" || !settings.get(name).is_some_and(|setting| setting.composed));
        }
        service.engines = settings.iter().filter_map(|(name, setting)| engine(service.kind, name, setting)).collect();
    }
    // a broker setting belongs to the message broker, if there is one
    let brokers: BTreeSet<String> = found
        .iter()
        .filter(|service| service.kind.id == "rabbitmq")
        .flat_map(|service| service.settings.iter().map(|(name, _)| name.clone()))
        .collect();
    for service in found.iter_mut().filter(|service| service.kind.id == "redis") {
        service.settings.retain(|(name, _)| !brokers.contains(name));
    }
}

/// Whether Django's name of an engine refers to a kind: `django.contrib.gis.db.backends.postgis`.
fn is_engine_of(kind: &ServiceRow, engine: &str) -> bool {
    let backend = engine.rsplit('.').next().unwrap_or_default();
    kind.is_database() && kind.schemes.iter().any(|scheme| backend.starts_with(scheme.as_str()))
}

/// Images in the project's compose files, by the last part of their names.
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
