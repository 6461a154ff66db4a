//! The spec for all decisions: tables without the entries that are turned off, and places for errors.

use std::collections::BTreeMap;

use crate::error::{Error, Place, Result};
use crate::layers::Node;
use crate::layers::references::missing_setting;
use crate::spec::{self, Answer, Spec, Toggle};

/// A spec with the layers that it was merged from.
pub(super) struct Settings<'a> {
    pub(super) layers: &'a Node,
    pub(super) answers: BTreeMap<String, Answer>,
    pub(super) project: spec::Project,
    pub(super) python: spec::Python,
    pub(super) image: spec::Image,
    pub(super) install: spec::Install,
    pub(super) system: spec::System,
    pub(super) app: spec::App,
    pub(super) health: Option<spec::Health>,
    pub(super) server: spec::Server,
    pub(super) build: spec::Build,
    pub(super) release: spec::Release,
    pub(super) processes: BTreeMap<String, spec::Process>,
    pub(super) services: BTreeMap<String, spec::Service>,
    pub(super) service_kinds: BTreeMap<String, spec::ServiceKind>,
    pub(super) environment: BTreeMap<String, spec::Variable>,
    pub(super) secrets: BTreeMap<String, spec::Secret>,
    pub(super) volumes: BTreeMap<String, spec::Volume>,
    pub(super) context: spec::Context,
    pub(super) compose: spec::Compose,
    pub(super) kubernetes: spec::Kubernetes,
    pub(super) output: spec::Output,
}

impl<'a> Settings<'a> {
    pub(super) fn new(layers: &'a Node) -> Result<Self> {
        let spec: Spec = layers.to_spec()?;
        Ok(Self {
            layers,
            answers: spec.answers.unwrap_or_default(),
            project: spec.project.unwrap_or_default(),
            python: spec.python.unwrap_or_default(),
            image: spec.image.unwrap_or_default(),
            install: spec.install.unwrap_or_default(),
            system: spec.system.unwrap_or_default(),
            app: spec.app.unwrap_or_default(),
            health: spec.health.and_then(Toggle::on),
            server: spec.server.unwrap_or_default(),
            build: spec.build.and_then(Toggle::on).unwrap_or_default(),
            release: spec.release.and_then(Toggle::on).unwrap_or_default(),
            processes: entries(spec.processes),
            services: entries(spec.services),
            service_kinds: spec.service_kinds.unwrap_or_default(),
            environment: entries(spec.environment),
            secrets: entries(spec.secrets),
            volumes: entries(spec.volumes),
            context: spec.context.unwrap_or_default(),
            compose: spec.compose.unwrap_or_default(),
            kubernetes: spec.kubernetes.unwrap_or_default(),
            output: spec.output.unwrap_or_default(),
        })
    }

    /// Place of the value at a key, or of the nearest table above it.
    pub(super) fn place(&self, key: &str) -> Option<Place> {
        self.layers.place(key)
    }

    /// An error about the value at a key.
    pub(super) fn error(&self, key: &str, message: impl Into<String>) -> Error {
        Error::new(message).at(self.place(key))
    }
}

/// A required value, or an error that names its key.
pub(super) fn need<T: Clone>(value: Option<&T>, key: &str) -> Result<T> {
    value.cloned().ok_or_else(|| missing_setting(key))
}

/// Entries by name, without those that are turned off.
pub(super) fn entries<T>(named: Option<spec::Named<Toggle<T>>>) -> BTreeMap<String, T> {
    named.into_iter().flatten().filter_map(|(name, entry)| Some((name, entry.on()?))).collect()
}

/// The items of an optional list.
pub(super) fn list<T>(list: Option<&Vec<T>>) -> &[T] {
    list.map_or(&[], Vec::as_slice)
}
