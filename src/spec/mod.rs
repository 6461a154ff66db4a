//! The schema of `dockgen.toml` and of presets: every field is optional, unknown keys are rejected.
//!
//! `dockgen schema`, editors and docs/reference.md show the doc comments; `presets/default.toml` contains the default values.

mod forms;
mod installer;
#[cfg(test)]
mod schema;

use std::collections::BTreeMap;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use forms::{Answer, Command, OutputPath, Toggle};
pub(crate) use forms::{SECRET, SHORT_FORMS};
pub use installer::Installer;

/// The JSON Schema of `dockgen.toml`, for editors; a test compares it with the types below.
pub const SCHEMA: &str = include_str!("schema.json");

/// Declares tables of the spec: each field optional, kebab-case, unknown keys refused.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Deserialize)]
        #[cfg_attr(test, derive(JsonSchema))]
        #[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$kind>,)*
        }
    )*};
}

/// Entries by name.
pub type Named<T> = BTreeMap<String, T>;

tables! {
    /// The container settings of a project: `dockgen.toml`.
    Spec {
        /// Presets to use; later ones override earlier ones. Built-in names, paths that start with `./`, or git addresses.
        presets: Vec<String>,
        /// Versions of dockgen that can use this spec, such as `">=0.1"`.
        required_version: String,
        /// Answers to the presets' questions, by the question's name.
        answers: Named<Answer>,
        /// Project metadata for names and OCI labels.
        project: Project,
        /// The Python interpreter.
        python: Python,
        /// The container image.
        image: Image,
        /// How dependencies are installed into the virtual environment.
        install: Install,
        /// Debian packages to install on top of the base image.
        system: System,
        /// The application.
        app: App,
        /// Health check of the web process; `false` disables it.
        health: Toggle<Health>,
        /// The server of the web process.
        server: Server,
        /// Commands to run once during the image build.
        build: Toggle<Build>,
        /// Commands to run once before a new version starts.
        release: Toggle<Release>,
        /// Long-running commands that use the same image, by name.
        processes: Named<Toggle<Process>>,
        /// Backing services, by name.
        services: Named<Toggle<Service>>,
        /// Kinds of backing services; a preset can add kinds.
        service_kinds: Named<ServiceKind>,
        /// Environment variables, by name; a plain string sets the value.
        environment: Named<Toggle<Variable>>,
        /// Secrets, by name; dockgen never stores a value.
        secrets: Named<Toggle<Secret>>,
        /// Persistent folders, by name; a plain string sets the path.
        volumes: Named<Toggle<Volume>>,
        /// Which project files are sent to the build.
        context: Context,
        /// The compose file.
        compose: Compose,
        /// The Kubernetes manifest.
        kubernetes: Kubernetes,
        /// Path of each output, relative to the project; `false` turns it off.
        output: Output,
    }
    /// `[project]`
    Project {
        /// Name of the image, the Compose project and the Kubernetes objects.
        name: String,
        /// One sentence about the project; label `org.opencontainers.image.description`.
        description: String,
        /// URL of the source code; label `org.opencontainers.image.source`.
        source: String,
        /// License as an SPDX expression; label `org.opencontainers.image.licenses`.
        licenses: String,
    }
    /// `[python]`
    Python {
        /// Minor version, such as `"3.14"`.
        version: String,
        /// Python versions that a team allows; empty allows any.
        allowed: Vec<String>,
        /// Allow a Python version that no longer gets security fixes.
        allow_end_of_life: bool,
    }
    /// `[image]`
    Image {
        /// Base image of every stage, with a tag or a digest: Debian with this Python and pip. `image.registry` is added if
        /// it names no registry.
        base: String,
        /// Debian release of the base image.
        debian: String,
        /// Registry mirror to add in front of every image name.
        registry: String,
        /// Tag of the image that Compose builds and Kubernetes runs.
        tag: String,
        /// Additional labels, by name.
        labels: Named<String>,
        /// Names of labels that the image must have.
        required_labels: Vec<String>,
        /// User that every container runs as.
        user: User,
    }
    /// `[image.user]`
    User {
        /// User name.
        name: String,
        /// Group name.
        group: String,
        /// User ID; linters require 10000 or more to avoid the host's users.
        uid: u32,
        /// Group ID.
        gid: u32,
    }
    /// `[install]`
    Install {
        /// The installer.
        with: Installer,
        /// Version of the installer itself (uv, Poetry, PDM, Pipenv); used only during the build.
        version: String,
        /// Files to install from, relative to the project; pip and wheels install the first, which includes the others.
        files: Vec<String>,
        /// Dependency groups (Pipenv: categories) to install besides the main dependencies.
        groups: Vec<String>,
        /// Extras of the project to install.
        extras: Vec<String>,
        /// Also install the project itself, for `src/` layouts, entry points and metadata.
        project: bool,
        /// uv: workspace member to install, by the name in its pyproject.toml.
        package: String,
    }
    /// `[system]`: Debian packages besides those that dockgen adds for known dependencies.
    System {
        /// Debian packages to compile dependencies; build stage only.
        build: Vec<String>,
        /// Debian packages of the final image.
        run: Vec<String>,
        /// Debian packages to leave out although a dependency needs them.
        without: Vec<String>,
    }
    /// `[app]`
    App {
        /// Server interface of the application.
        interface: Interface,
        /// Import path of the application object, such as `"config.wsgi:application"`.
        entry: String,
        /// Folder on the import path, relative to the project.
        root: String,
        /// Working directory of commands, relative to the project.
        workdir: String,
        /// Port that the web process listens on; `PORT` at run time.
        port: u16,
    }
    /// `[health]`
    Health {
        /// Path that returns 200 while the process is healthy; if unset, the check is a TCP connect.
        path: String,
        /// Path that returns 200 while the process can serve requests, for Kubernetes' readiness probe; defaults to `path`.
        ready_path: String,
        /// Host header of health checks; Django's ALLOWED_HOSTS must include it.
        host: String,
        /// Seconds between checks.
        interval: u32,
        /// Time limit of one check, in seconds.
        timeout: u32,
        /// Seconds after the start during which failures don't count.
        start_period: u32,
        /// Seconds between checks during the start period.
        start_interval: u32,
        /// Consecutive failures after which the container is unhealthy.
        retries: u32,
    }
    /// `[server]`
    Server {
        /// Worker processes; `WEB_CONCURRENCY` at run time.
        workers: u32,
        /// Threads per worker.
        threads: u32,
        /// Time limit of a request, in seconds.
        timeout: u32,
        /// Seconds to finish running requests when the server stops.
        graceful_timeout: u32,
        /// Seconds to keep an idle connection open.
        keep_alive: u32,
        /// Number of requests after which a worker is replaced; 0 means never.
        max_requests: u32,
        /// gunicorn's worker class; if unset, gunicorn decides.
        worker_class: String,
        /// Server distribution as `name==version`; installed if no dependency includes it.
        package: String,
    }
    /// `[build]`
    Build {
        /// Commands to run in order in `app.workdir`, without a shell.
        steps: Vec<Command>,
    }
    /// `[release]`
    Release {
        /// Commands to run in order; a failure stops the release.
        steps: Vec<Command>,
        /// Time limit of the whole release in Kubernetes, in seconds.
        timeout: u32,
    }
    /// `[processes.NAME]`
    Process {
        /// Command as a list of arguments or one string, without a shell.
        command: Command,
        /// Number of pods in Kubernetes.
        replicas: u32,
        /// Never run two at the same time, for example a scheduler.
        singleton: bool,
        /// Seconds to finish when the process is stopped.
        stop_timeout: u32,
    }
    /// `[services.NAME]`
    Service {
        /// Kind of service: built in, or one of `[service-kinds]`.
        kind: String,
        /// Image tag.
        version: String,
        /// The service runs elsewhere: Compose doesn't start it and the address comes from the environment.
        external: bool,
        /// Variables that the application gets: name = `url`, `host`, `port`, `user`, `password` or `database`.
        environment: Named<Part>,
        /// Database name.
        database: String,
        /// User name.
        user: String,
    }
    /// `[service-kinds.NAME]`: in its strings, `{user}`, `{password}`, `{database}`, `{host}` and `{port}` are the service's own.
    ServiceKind {
        /// Image name.
        image: String,
        /// Image tag.
        version: String,
        /// Port that the service listens on.
        port: u16,
        /// URL of the service.
        url: String,
        /// Default database name.
        database: String,
        /// Default user name.
        user: String,
        /// Environment variables of the service's container.
        environment: Named<String>,
        /// Command of the container; empty runs the image's own.
        command: Vec<String>,
        /// Command of the health check.
        health: Vec<String>,
        /// Data folder, stored in a volume.
        data: String,
        /// Other folders that the service writes to, in memory.
        scratch: Vec<String>,
        /// `uid:gid` of the container.
        run_as: String,
    }
    /// `[environment.NAME]`
    Variable {
        /// Value to store in the image; if unset, the value comes from outside.
        value: String,
        /// One sentence for `.env.example`.
        description: String,
        /// Whether the application needs it to start.
        required: bool,
        /// Example value for `.env.example` and the build.
        example: String,
        /// `false` if this isn't a secret although its name looks like one.
        secret: bool,
    }
    /// `[secrets.NAME]`
    Secret {
        /// One sentence for `.env.example`.
        description: String,
        /// Whether the application needs it to start.
        required: bool,
    }
    /// `[volumes.NAME]`
    Volume {
        /// Absolute path in the container.
        path: String,
        /// Kubernetes: size of the claim; if unset, the volume lives as long as the pod.
        size: String,
        /// Kubernetes: access mode of the claim.
        access: AccessMode,
        /// Files to store in the volume, such as an SQLite database; the image contains links to them.
        files: Vec<String>,
    }
    /// `[context]`
    Context {
        /// Additional `.dockerignore` patterns.
        ignore: Vec<String>,
        /// Files to include although a rule excludes them; credential files only by their exact path.
        keep: Vec<String>,
    }
    /// `[compose]`
    Compose {
        /// Networks of the application's services; backing services use a separate network.
        networks: Vec<String>,
        /// Restart policy.
        restart: Restart,
        /// Limits of each application container.
        limits: Limits,
        /// Reservations of each application container.
        reservations: Reservations,
    }
    /// `[compose.reservations]`
    Reservations {
        /// CPUs, such as `"0.5"`.
        cpus: String,
        /// Memory, such as `"128M"`.
        memory: String,
    }
    /// `[compose.limits]`
    Limits {
        /// CPUs, such as `"1.0"`.
        cpus: String,
        /// Memory, such as `"512M"`.
        memory: String,
        /// Processes and threads.
        pids: u32,
    }
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
        /// Ports that pods can connect to, besides DNS and the backing services.
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
    /// `[output]`
    Output {
        /// The Dockerfile.
        dockerfile: OutputPath,
        /// `.dockerignore`: `true` or `false`, as its path follows from the Dockerfile's.
        dockerignore: bool,
        /// The compose file.
        compose: OutputPath,
        /// The Kubernetes manifest; the folder with `kubernetes.layout = "kustomize"`.
        kubernetes: OutputPath,
        /// gunicorn's configuration file; the gunicorn presets turn it on.
        gunicorn: OutputPath,
        /// List of all variables and secrets, to copy to `.env`; a bare name is placed next to the compose file.
        env_example: OutputPath,
        /// Additional files, by name, each from a preset's template; `false` turns one off.
        extra: Named<Toggle<Extra>>,
    }
    /// `[output.extra.NAME]`
    Extra {
        /// Path of the file, relative to the project.
        path: String,
        /// Template: a file in the `templates` folder of a preset.
        template: String,
    }
}

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
