//! What the Kubernetes manifest says.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct Kubernetes {
    /// Whether the file is a base for kustomize, whose objects have no namespace.
    pub kustomize: bool,
    /// Namespace of every object.
    pub namespace: String,
    /// Image that the pods run.
    pub image: String,
    /// Image without its tag and digest, for kustomize.
    pub image_name: String,
    /// Tag of the image; empty if it has a digest.
    pub image_tag: String,
    /// Digest of the image.
    pub image_digest: Option<String>,
    /// Name of the Secret.
    pub secret: String,
    /// Number of web pods; the minimum with autoscaling.
    pub replicas: u32,
    /// Entries of the ConfigMap by name.
    pub settings: BTreeMap<String, Setting>,
    /// Required settings without a value or an example.
    pub unknown: Vec<String>,
    /// Keys of the Secret, and whether each one is required.
    pub secrets: BTreeMap<String, bool>,
    /// Resource requests of each pod.
    pub requests: BTreeMap<&'static str, String>,
    /// Resource limits of each pod.
    pub limits: BTreeMap<&'static str, String>,
    /// Autoscaling of the web process.
    pub autoscaling: Option<Autoscaling>,
    /// Route from outside the cluster.
    pub ingress: Option<Ingress>,
    /// Ports that pods can connect to, besides DNS and the backing services.
    pub egress_ports: Vec<u16>,
    /// Seconds that a stopping pod keeps serving.
    pub pre_stop: u32,
    /// Seconds from the stop request until the web pod is killed.
    pub stop_timeout: u32,
    /// Failed checks that the startup probe allows.
    pub start_failures: u32,
}

/// An entry of the ConfigMap.
#[derive(Debug, Clone, Serialize)]
pub struct Setting {
    /// Value of the entry.
    pub value: String,
    /// Whether the value is only an example to replace.
    pub example: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Autoscaling {
    /// Maximum number of pods.
    pub max_replicas: u32,
    /// Target CPU use, in percent of the request.
    pub cpu_percent: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct Ingress {
    /// Whether to write an HTTPRoute instead of an Ingress.
    pub http_route: bool,
    /// Host name of the application.
    pub host: String,
    /// Class of the ingress controller.
    pub class: Option<String>,
    /// Secret with the certificate; if none, the Ingress has no TLS.
    pub tls_secret: Option<String>,
    /// Name of the Gateway for an HTTPRoute.
    pub gateway: Option<String>,
}
