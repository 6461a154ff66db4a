//! Values that are one of several words.

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares a choice between words.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
        #[cfg_attr(test, derive(JsonSchema))]
        pub enum $name {
            $($(#[$word_doc])* #[serde(rename = $text)] $word,)*
        }
    )*};
}

choices! {
    /// Server interface of the application.
    Interface {
        /// PEP 3333.
        Wsgi = "wsgi",
        /// Asynchronous Server Gateway Interface.
        Asgi = "asgi",
    }
    /// Part of a service's address.
    Part {
        /// The whole URL.
        Url = "url",
        /// Host name.
        Host = "host",
        /// Port number.
        Port = "port",
        /// User name.
        User = "user",
        /// Password.
        Password = "password",
        /// Database name.
        Database = "database",
    }
    /// Compose's restart policy.
    Restart {
        /// Never.
        No = "no",
        /// After every exit.
        Always = "always",
        /// After a failure.
        OnFailure = "on-failure",
        /// Unless it was stopped.
        UnlessStopped = "unless-stopped",
    }
    /// How many nodes can mount a claim.
    AccessMode {
        /// One node.
        ReadWriteOnce = "ReadWriteOnce",
        /// Every node; requires a storage class that supports it.
        ReadWriteMany = "ReadWriteMany",
    }
    /// Layout of the Kubernetes manifest.
    Layout {
        /// One file.
        Single = "single",
        /// A base and overlays.
        Kustomize = "kustomize",
    }
    /// API object that routes requests to the application.
    IngressKind {
        /// `networking.k8s.io/v1` Ingress.
        Ingress = "ingress",
        /// Gateway API HTTPRoute.
        HttpRoute = "http-route",
    }
}
