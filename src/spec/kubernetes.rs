//! `[kubernetes]`

#[cfg(test)]
use schemars::JsonSchema;
use serde::Deserialize;

use super::{IngressKind, Layout, Toggle};

tables! {
    /// `[kubernetes]`
    Kubernetes {
        /// One file, or a kustomize base with overlays.
        layout: Layout,
        /// Namespace of every object; defaults to `project.name`.
        namespace: String,
        /// Image with its registry; defaults to `project.name` and `image.tag`.
        image: String,
        /// Name of the Secret with the secrets; defaults to `project.name`.
        secret: String,
        /// Number of web pods; the minimum with autoscaling.
        replicas: u32,
        /// Requests and limits of each application pod.
        resources: Resources,
        /// Scale the web process by CPU use; `false` keeps the number fixed.
        autoscaling: Toggle<Autoscaling>,
        /// How requests reach the application from outside the cluster; `false` leaves it out.
        ingress: Toggle<Ingress>,
        /// Ports that pods can connect to, such as `[443]`, besides DNS and the backing services.
        egress_ports: Vec<u16>,
        /// Seconds that a stopping pod keeps serving while the cluster removes its address.
        pre_stop: u32,
    }
    /// `[kubernetes.resources]`
    Resources {
        /// Reserved resources.
        requests: Amounts,
        /// Resource limits.
        limits: Amounts,
    }
    /// `[kubernetes.resources.requests]`, `[kubernetes.resources.limits]`
    Amounts {
        /// CPU, such as `"500m"`.
        cpu: String,
        /// Memory, such as `"512Mi"`.
        memory: String,
        /// Disk space for logs and temporary files, such as `"64Mi"`.
        ephemeral_storage: String,
    }
    /// `[kubernetes.autoscaling]`
    Autoscaling {
        /// Maximum number of pods.
        max_replicas: u32,
        /// Target CPU use, in percent of the request.
        cpu_percent: u32,
    }
    /// `[kubernetes.ingress]`
    Ingress {
        /// API object: `ingress` or `http-route`.
        kind: IngressKind,
        /// Host name of the application.
        host: String,
        /// Ingress: class of the controller.
        class: String,
        /// Ingress: Secret with the certificate; if unset, the Ingress has no TLS.
        tls_secret: String,
        /// HTTPRoute: name of the Gateway.
        gateway: String,
    }
}
