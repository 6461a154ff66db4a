//! The Kubernetes manifest.

use std::collections::{BTreeMap, BTreeSet};

use super::STOP_MARGIN;
use super::services::Connection;
use super::settings::{Settings, list, need};
use crate::error::{Error, Result};
use crate::layers::references::missing_setting;
use crate::model::{Autoscaling, Ingress, Kubernetes, Server, Setting, Variable};
use crate::spec::{self, IngressKind, Layout, Toggle};

/// Seconds between startup probes; the template must use the same value.
const STARTUP_PERIOD: u32 = 2;

impl Settings<'_> {
    pub(super) fn kubernetes(&self, name: &str, image: &str, server: &Server, services: &[Connection]) -> Result<Kubernetes> {
        let kubernetes = &self.kubernetes;
        let resources = kubernetes.resources.as_ref();
        let image = kubernetes.image.as_deref().unwrap_or(image);
        let parts = ImageName::of(image);
        let named = |value: Option<&String>| value.map_or_else(|| name.to_owned(), String::clone);
        let pre_stop = need(kubernetes.pre_stop.as_ref(), "kubernetes.pre-stop")?;
        let start_period = self.health.as_ref().and_then(|health| health.start_period).unwrap_or(STARTUP_PERIOD);
        let replicas = need(kubernetes.replicas.as_ref(), "kubernetes.replicas")?;
        Ok(Kubernetes {
            kustomize: kubernetes.layout == Some(Layout::Kustomize),
            namespace: named(kubernetes.namespace.as_ref()),
            image_name: parts.name.to_owned(),
            image_tag: parts.tag.to_owned(),
            image_digest: parts.digest.map(str::to_owned),
            secret: named(kubernetes.secret.as_ref()),
            settings: self.config_map(services),
            unknown: self.unknown_settings(),
            secrets: self.secret_keys(services),
            requests: amounts(resources.and_then(|resources| resources.requests.as_ref())),
            limits: amounts(resources.and_then(|resources| resources.limits.as_ref())),
            autoscaling: self.autoscaling(replicas)?,
            ingress: self.ingress()?,
            egress_ports: self.egress_ports(services),
            pre_stop,
            stop_timeout: pre_stop + server.graceful_timeout + STOP_MARGIN,
            start_failures: (start_period / STARTUP_PERIOD).max(1) + 5,
            image: image.to_owned(),
            replicas,
        })
    }

    /// Ports of the services and of `kubernetes.egress-ports`, sorted.
    fn egress_ports(&self, services: &[Connection]) -> Vec<u16> {
        let own = list(self.kubernetes.egress_ports.as_ref()).iter().copied();
        let ports: BTreeSet<u16> = services.iter().map(|service| service.port).chain(own).collect();
        ports.into_iter().collect()
    }

    /// Entries of the ConfigMap: values, and examples for required settings.
    fn config_map(&self, services: &[Connection]) -> BTreeMap<String, Setting> {
        let baked = self.baked_environment();
        let known = |variable: &Variable| baked.contains_key(&variable.name) || variable.required && !variable.value.is_empty();
        let own = self.own_variables().into_iter().filter(|variable| !variable.secret && known(variable));
        let own = own.map(|variable| (variable.name, Setting { value: variable.value, example: variable.required }));
        let address = services.iter().flat_map(|service| {
            let example = service.container.is_none();
            service.settings_and_secrets().0.into_iter().map(move |(name, value)| (name, Setting { value, example }))
        });
        own.chain(address).collect()
    }

    /// Required settings without a value or an example.
    fn unknown_settings(&self) -> Vec<String> {
        let variables = self.own_variables().into_iter();
        variables
            .filter(|variable| variable.required && !variable.secret && variable.value.is_empty())
            .map(|variable| variable.name)
            .collect()
    }

    fn secret_keys(&self, services: &[Connection]) -> BTreeMap<String, bool> {
        let own = self.own_variables().into_iter().filter(|variable| variable.secret);
        let own = own.map(|variable| (variable.name, variable.required));
        let of_services = services.iter().flat_map(|service| service.settings_and_secrets().1);
        own.chain(of_services.map(|name| (name, true))).collect()
    }

    fn autoscaling(&self, replicas: u32) -> Result<Option<Autoscaling>> {
        let Some(Toggle::On(scaling)) = &self.kubernetes.autoscaling else { return Ok(None) };
        let max_replicas = need(scaling.max_replicas.as_ref(), "kubernetes.autoscaling.max-replicas")?;
        if max_replicas < replicas {
            let message =
                format!("`kubernetes.autoscaling.max-replicas` is {max_replicas}, but `kubernetes.replicas` is {replicas}");
            let error = self.error("kubernetes.replicas", message);
            return Err(error.hint("raise kubernetes.autoscaling.max-replicas, or set kubernetes.autoscaling = false"));
        }
        let cpu_percent = need(scaling.cpu_percent.as_ref(), "kubernetes.autoscaling.cpu-percent")?;
        Ok(Some(Autoscaling { max_replicas, cpu_percent }))
    }

    fn ingress(&self) -> Result<Option<Ingress>> {
        let Some(Toggle::On(ingress)) = self.kubernetes.ingress.clone() else { return Ok(None) };
        let missing =
            |key: &str| -> Error { missing_setting(&format!("kubernetes.ingress.{key}")).at(self.place("kubernetes.ingress")) };
        let http_route = ingress.kind == Some(IngressKind::HttpRoute);
        if http_route && ingress.gateway.is_none() {
            return Err(missing("gateway"));
        }
        let foreign = [("gateway", !http_route && ingress.gateway.is_some()), ("class", http_route && ingress.class.is_some())];
        let tls = [("tls-secret", http_route && ingress.tls_secret.is_some())];
        if let Some((key, _)) = foreign.iter().chain(&tls).find(|(_, foreign)| *foreign) {
            let key = format!("kubernetes.ingress.{key}");
            let error = self.error(&key, format!("`{key}` has no effect for this kind of ingress"));
            return Err(error.hint("remove it, or change `kind`"));
        }
        let host = ingress.host.ok_or_else(|| missing("host"))?;
        Ok(Some(Ingress { http_route, host, class: ingress.class, tls_secret: ingress.tls_secret, gateway: ingress.gateway }))
    }
}

/// The parts of an image's name: `registry.example.com:5000/shop:1.0@sha256:…`.
struct ImageName<'a> {
    name: &'a str,
    tag: &'a str,
    digest: Option<&'a str>,
}

impl<'a> ImageName<'a> {
    fn of(image: &'a str) -> Self {
        let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
        // a colon before a slash is followed by a port
        let (name, tag) = name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((name, ""));
        Self { name, tag, digest }
    }
}

fn amounts(amounts: Option<&spec::Amounts>) -> BTreeMap<&'static str, String> {
    let spec::Amounts { cpu, memory, ephemeral_storage } = amounts.cloned().unwrap_or_default();
    let all = [("cpu", cpu), ("memory", memory), ("ephemeral-storage", ephemeral_storage)];
    all.into_iter().filter_map(|(name, amount)| Some((name, amount?))).collect()
}
