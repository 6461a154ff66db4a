//! What the Kubernetes manifest says.

use std::collections::BTreeMap;

use serde::Serialize;

/// The Kubernetes manifest.
#[derive(Debug, Clone, Serialize)]
pub struct Kubernetes {
    /// A base for kustomize: no object names its namespace.
    pub kustomize: bool,
    /// Namespace of every object.
    pub namespace: String,
    /// Image that the pods run.
    pub image: String,
    /// Name and tag of it, for kustomize.
    pub image_name: String,
    /// Its tag; empty where a digest says which image it is.
    pub image_tag: String,
    /// Its digest.
    pub image_digest: Option<String>,
    /// Name of the Secret.
    pub secret: String,
    /// Pods of the web process.
    pub replicas: u32,
    /// Settings that are no secret, in the ConfigMap.
    pub settings: BTreeMap<String, Setting>,
    /// Settings that must be there and that nobody has said.
    pub unknown: Vec<String>,
    /// Keys of the Secret: the variable, and whether nothing starts without it.
    pub secrets: BTreeMap<String, bool>,
    /// What a pod asks for.
    pub requests: BTreeMap<&'static str, String>,
    /// What it may use.
    pub limits: BTreeMap<&'static str, String>,
    /// Scaling of the web process.
    pub autoscaling: Option<Autoscaling>,
    /// How requests come in.
    pub ingress: Option<Ingress>,
    /// Ports that pods may connect to.
    pub egress_ports: Vec<u16>,
    /// Seconds that a stopping pod still serves.
    pub pre_stop: u32,
    /// Seconds from the first word to the last.
    pub stop_timeout: u32,
    /// Failures while starting that the startup probe forgives.
    pub start_failures: u32,
}

/// An entry of the ConfigMap.
#[derive(Debug, Clone, Serialize)]
pub struct Setting {
    /// Its value.
    pub value: String,
    /// It only shows the form.
    pub example: bool,
}

/// Scaling by CPU use.
#[derive(Debug, Clone, Serialize)]
pub struct Autoscaling {
    /// The most pods.
    pub max_replicas: u32,
    /// Percent of the request.
    pub cpu_percent: u32,
}

/// How requests come in.
#[derive(Debug, Clone, Serialize)]
pub struct Ingress {
    /// An HTTPRoute instead of an Ingress.
    pub http_route: bool,
    /// Host name.
    pub host: String,
    /// Class of the controller.
    pub class: Option<String>,
    /// Secret of the certificate.
    pub tls_secret: Option<String>,
    /// Name of the Gateway.
    pub gateway: Option<String>,
}
