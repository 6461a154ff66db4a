//! The Kubernetes manifest.

use std::collections::BTreeMap;

use super::{MARGIN, Resolver, enabled, need, services, words};
use crate::error::{Error, Result};
use crate::model::{Autoscaling, Ingress, Kubernetes, Server, Setting, Variable};
use crate::spec::{self, IngressKind, Layout};

/// Seconds between two startup probes; the template says the same.
const STARTUP_PERIOD: u32 = 2;

impl Resolver<'_> {
    pub(super) fn kubernetes(
        &self,
        name: &str,
        image: &str,
        server: &Server,
        services: &[services::Resolved],
    ) -> Result<Kubernetes> {
        let kubernetes = self.spec.kubernetes.clone().unwrap_or_default();
        let resources = kubernetes.resources.unwrap_or_default();
        let image = kubernetes.image.unwrap_or_else(|| image.to_owned());
        let (image_name, image_digest) =
            image.split_once('@').map_or((image.as_str(), None), |(name, digest)| (name, Some(digest.to_owned())));
        let (image_name, image_tag) =
            image_name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((image_name, ""));
        let pre_stop = need(kubernetes.pre_stop.as_ref(), "kubernetes.pre-stop")?;
        let start_period = enabled(self.spec.health.as_ref()).and_then(|health| health.start_period).unwrap_or(STARTUP_PERIOD);
        let replicas = need(kubernetes.replicas.as_ref(), "kubernetes.replicas")?;
        let mut egress_ports: Vec<u16> = services.iter().map(|service| service.port).collect();
        egress_ports.extend(kubernetes.egress_ports.unwrap_or_default());
        egress_ports.sort_unstable();
        egress_ports.dedup();
        Ok(Kubernetes {
            kustomize: kubernetes.layout == Some(Layout::Kustomize),
            namespace: kubernetes.namespace.unwrap_or_else(|| name.to_owned()),
            image_name: image_name.to_owned(),
            image_tag: image_tag.to_owned(),
            image_digest,
            secret: kubernetes.secret.unwrap_or_else(|| name.to_owned()),
            settings: self.settings(services),
            unknown: self.unknown_settings(),
            secrets: self.secrets(services),
            requests: amounts(resources.requests),
            limits: amounts(resources.limits),
            autoscaling: self.autoscaling(replicas)?,
            ingress: self.ingress()?,
            egress_ports,
            pre_stop,
            stop_timeout: pre_stop + server.graceful_timeout + MARGIN,
            start_failures: (start_period / STARTUP_PERIOD).max(1) + 5,
            image,
            replicas,
        })
    }

    /// What the ConfigMap holds: values, and examples of what must be said.
    fn settings(&self, services: &[services::Resolved]) -> BTreeMap<String, Setting> {
        let baked = self.baked_environment();
        let known = |variable: &Variable| baked.contains_key(&variable.name) || variable.required && !variable.value.is_empty();
        let own = self.variables(&[]).into_iter().filter(|variable| !variable.secret && known(variable));
        let own = own.map(|variable| (variable.name, Setting { value: variable.value, example: variable.required }));
        let address = services.iter().flat_map(|service| {
            let example = service.container.is_none();
            service.settings_and_secrets().0.into_iter().map(move |(name, value)| (name, Setting { value, example }))
        });
        own.chain(address).collect()
    }

    /// Settings that must be there, and for which there is not even an example.
    fn unknown_settings(&self) -> Vec<String> {
        let variables = self.variables(&[]).into_iter();
        variables
            .filter(|variable| variable.required && !variable.secret && variable.value.is_empty())
            .map(|variable| variable.name)
            .collect()
    }

    fn secrets(&self, services: &[services::Resolved]) -> BTreeMap<String, bool> {
        let own = self.variables(&[]).into_iter().filter(|variable| variable.secret);
        let own = own.map(|variable| (variable.name, variable.required));
        let of_services = services.iter().flat_map(|service| service.settings_and_secrets().1);
        own.chain(of_services.map(|name| (name, true))).collect()
    }

    fn autoscaling(&self, replicas: u32) -> Result<Option<Autoscaling>> {
        let scaling = self.spec.kubernetes.as_ref().and_then(|kubernetes| kubernetes.autoscaling.as_ref());
        let Some(scaling) = enabled(scaling) else { return Ok(None) };
        let max_replicas = need(scaling.max_replicas.as_ref(), "kubernetes.autoscaling.max-replicas")?;
        if max_replicas < replicas {
            let message =
                format!("`kubernetes.autoscaling.max-replicas` is {max_replicas}, but `kubernetes.replicas` is {replicas}");
            let error = Error::new(message).at(self.place("kubernetes.replicas"));
            return Err(error.hint("raise kubernetes.autoscaling.max-replicas, or set kubernetes.autoscaling = false"));
        }
        let cpu_percent = need(scaling.cpu_percent.as_ref(), "kubernetes.autoscaling.cpu-percent")?;
        Ok(Some(Autoscaling { max_replicas, cpu_percent }))
    }

    fn ingress(&self) -> Result<Option<Ingress>> {
        let ingress = self.spec.kubernetes.as_ref().and_then(|kubernetes| kubernetes.ingress.as_ref());
        let Some(ingress) = enabled(ingress) else { return Ok(None) };
        let missing =
            |key: &str| -> Error { words::unknown(&format!("kubernetes.ingress.{key}")).at(self.place("kubernetes.ingress")) };
        let http_route = ingress.kind == Some(IngressKind::HttpRoute);
        if http_route && ingress.gateway.is_none() {
            return Err(missing("gateway"));
        }
        let foreign = [("gateway", !http_route && ingress.gateway.is_some()), ("class", http_route && ingress.class.is_some())];
        let tls = [("tls-secret", http_route && ingress.tls_secret.is_some())];
        if let Some((key, _)) = foreign.iter().chain(&tls).find(|(_, foreign)| *foreign) {
            let key = format!("kubernetes.ingress.{key}");
            return self.fail(&key, format!("`{key}` has no effect for this kind of ingress"), "remove it, or change `kind`");
        }
        let host = ingress.host.ok_or_else(|| missing("host"))?;
        Ok(Some(Ingress { http_route, host, class: ingress.class, tls_secret: ingress.tls_secret, gateway: ingress.gateway }))
    }
}

fn amounts(amounts: Option<spec::Amounts>) -> BTreeMap<&'static str, String> {
    let spec::Amounts { cpu, memory, ephemeral_storage } = amounts.unwrap_or_default();
    let all = [("cpu", cpu), ("memory", memory), ("ephemeral-storage", ephemeral_storage)];
    all.into_iter().filter_map(|(name, amount)| Some((name, amount?))).collect()
}
