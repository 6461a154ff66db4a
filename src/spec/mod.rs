//! The schema of `dockgen.toml` and of presets: every field optional, unknown keys refused.
//!
//! The doc comments are the reference that `dockgen schema` carries into editors; `presets/default.toml` holds the default values.

mod forms;
#[cfg(test)]
mod schema;

use std::collections::BTreeMap;

#[cfg(test)]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use forms::SECRET;
pub use forms::{Answer, Command, OutputPath, Toggle};

/// The JSON Schema of `dockgen.toml`, for editors; a test holds it against the types below.
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
    /// What people decided about a project's containers: `dockgen.toml`.
    Spec {
        /// Presets to build on, later ones stronger: built-in names, or paths that start with `./`.
        presets: Vec<String>,
        /// The versions of dockgen that may render this spec, such as `">=0.1"`.
        required_version: String,
        /// Answers to what the presets ask, by the question's name.
        answers: Named<Answer>,
        /// What the project is called; becomes names and OCI labels.
        project: Project,
        /// The Python interpreter.
        python: Python,
        /// The container image.
        image: Image,
        /// How dependencies get into the virtual environment.
        install: Install,
        /// Debian packages on top of the base image.
        system: System,
        /// The application.
        app: App,
        /// The health check of the web process; `false`: none.
        health: Toggle<Health>,
        /// The server of the web process.
        server: Server,
        /// Commands run once at image build.
        build: Toggle<Build>,
        /// Commands that must run once before a new version serves.
        release: Toggle<Release>,
        /// Long-running commands of the same image, by name.
        processes: Named<Toggle<Process>>,
        /// Backing services, by name.
        services: Named<Toggle<Service>>,
        /// What dockgen knows of each kind of backing service; a preset may add kinds.
        service_kinds: Named<ServiceKind>,
        /// Settings, by name; a plain string is the value.
        environment: Named<Toggle<Variable>>,
        /// Secrets, by name; dockgen never holds a value.
        secrets: Named<Toggle<Secret>>,
        /// Folders that outlive a container, by name; a plain string is the path.
        volumes: Named<Toggle<Volume>>,
        /// What of the project is sent to the build.
        context: Context,
        /// The compose file.
        compose: Compose,
        /// The Kubernetes manifest.
        kubernetes: Kubernetes,
        /// Each output's path relative to the project; `false`: not written.
        output: Output,
    }
    /// `[project]`
    Project {
        /// Names the image, the Compose project and the Kubernetes objects.
        name: String,
        /// One sentence; label `org.opencontainers.image.description`.
        description: String,
        /// Where the source code is; label `org.opencontainers.image.source`.
        source: String,
        /// SPDX expression; label `org.opencontainers.image.licenses`.
        licenses: String,
    }
    /// `[python]`
    Python {
        /// Minor version, such as `"3.14"`.
        version: String,
        /// The versions that may be used, as a team says; none: any.
        allowed: Vec<String>,
        /// Accept a Python that gets no security fixes any more.
        allow_end_of_life: bool,
    }
    /// `[image]`
    Image {
        /// The image below every stage, with a tag or a digest: Debian with this Python and pip. Where it names no registry,
        /// `image.registry` is put in front.
        base: String,
        /// Debian release of the base image.
        debian: String,
        /// A registry mirror put in front of every image name.
        registry: String,
        /// Tag of the image that Compose builds and Kubernetes runs.
        tag: String,
        /// More labels, by name.
        labels: Named<String>,
        /// Names of labels that the image must have, as a team says.
        required_labels: Vec<String>,
        /// The user that every container runs as.
        user: User,
    }
    /// `[image.user]`
    User {
        /// User name.
        name: String,
        /// Group name.
        group: String,
        /// User number; checkers want 10000 or more, away from the host's users.
        uid: u32,
        /// Group number.
        gid: u32,
    }
    /// `[install]`
    Install {
        /// The installer.
        with: Installer,
        /// Version of the installer's own tool (uv, Poetry, PDM, Pipenv), used only in the build.
        version: String,
        /// Files it reads, relative to the project; pip and wheels install the first, the others are what it includes.
        files: Vec<String>,
        /// Dependency groups (Pipenv: categories) on top of the main dependencies.
        groups: Vec<String>,
        /// Extras of the project.
        extras: Vec<String>,
        /// Also install the project itself, for `src/` layouts, entry points and metadata.
        project: bool,
        /// uv: the member of the workspace that is installed, by the name in its pyproject.toml.
        package: String,
    }
    /// `[system]`: Debian packages on top of what the dependencies need, which is known for many of them.
    System {
        /// Debian packages for compiling dependencies; build stage only.
        build: Vec<String>,
        /// Debian packages that the final image needs.
        run: Vec<String>,
        /// Debian packages that no stage gets, although a dependency asks for them.
        without: Vec<String>,
    }
    /// `[app]`
    App {
        /// What the server calls.
        interface: Interface,
        /// Import path of the application object, such as `"config.wsgi:application"`.
        entry: String,
        /// The folder on the import path, relative to the project.
        root: String,
        /// The folder that commands run in, relative to the project.
        workdir: String,
        /// The port that the web process listens on; `PORT` at run time.
        port: u16,
    }
    /// `[health]`
    Health {
        /// Path that answers 200 while the process works; unset: a TCP connect.
        path: String,
        /// Path that answers 200 while it can serve, for Kubernetes' readiness probe; unset: `path`.
        ready_path: String,
        /// The Host header that checks send; Django's ALLOWED_HOSTS must hold it.
        host: String,
        /// Seconds between checks.
        interval: u32,
        /// Seconds that one check may take.
        timeout: u32,
        /// Seconds in which failures while starting do not count.
        start_period: u32,
        /// Seconds between checks while starting.
        start_interval: u32,
        /// Failures in a row that make it unhealthy.
        retries: u32,
    }
    /// `[server]`
    Server {
        /// Worker processes; `WEB_CONCURRENCY` at run time.
        workers: u32,
        /// Threads of each worker.
        threads: u32,
        /// Seconds that a request may take.
        timeout: u32,
        /// Seconds that running requests get when the server stops.
        graceful_timeout: u32,
        /// Seconds that an idle connection is kept.
        keep_alive: u32,
        /// Requests after which a worker is replaced, 0: never.
        max_requests: u32,
        /// Class of gunicorn's workers; unset: its own choice.
        worker_class: String,
        /// The distribution that serves, as `name==version`: installed where no dependency brings it.
        package: String,
    }
    /// `[build]`
    Build {
        /// Commands, run in order in `app.workdir`; no shell.
        steps: Vec<Command>,
    }
    /// `[release]`
    Release {
        /// Commands, run in order; a failure stops the release.
        steps: Vec<Command>,
        /// Seconds that the whole release may take (Kubernetes).
        timeout: u32,
    }
    /// `[processes.NAME]`
    Process {
        /// The command, as a list of words or one string; no shell.
        command: Command,
        /// Pods of it in Kubernetes.
        replicas: u32,
        /// Never two at the same time, such as a scheduler.
        singleton: bool,
        /// Seconds that it gets to finish when it is stopped.
        stop_timeout: u32,
    }
    /// `[services.NAME]`
    Service {
        /// One of `[service-kinds]`.
        kind: String,
        /// Image tag.
        version: String,
        /// It runs elsewhere: Compose starts none, the address comes from the environment.
        external: bool,
        /// Variables that the app gets: name = `url`, `host`, `port`, `user`, `password` or `database`.
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
        /// The port it listens on.
        port: u16,
        /// The address as a URL.
        url: String,
        /// Default database name.
        database: String,
        /// Default user name.
        user: String,
        /// Settings of its container.
        environment: Named<String>,
        /// The container's command; empty: the image's own.
        command: Vec<String>,
        /// The check that tells that it serves.
        health: Vec<String>,
        /// Folder of its data, kept in a volume.
        data: String,
        /// Folders that it writes besides, in memory.
        scratch: Vec<String>,
        /// `uid:gid` of its container.
        run_as: String,
    }
    /// `[environment.NAME]`
    Variable {
        /// The value, part of the image; unset: it comes from outside.
        value: String,
        /// What it is for.
        description: String,
        /// Nothing starts without it.
        required: bool,
        /// A value that shows the form, for `.env.example` and the build.
        example: String,
        /// `false`: not a secret, although its name looks like one.
        secret: bool,
    }
    /// `[secrets.NAME]`
    Secret {
        /// What it is for.
        description: String,
        /// Nothing starts without it.
        required: bool,
    }
    /// `[volumes.NAME]`
    Volume {
        /// Absolute path in the container.
        path: String,
        /// Kubernetes: how much is claimed; unset: it lives as long as the pod.
        size: String,
        /// Kubernetes: access mode of the claim.
        access: AccessMode,
        /// Files of the application, such as an SQLite database, that lie in it: the image holds links to them.
        files: Vec<String>,
    }
    /// `[context]`
    Context {
        /// More patterns of files that stay out, as in `.dockerignore`.
        ignore: Vec<String>,
        /// Patterns of files that go in although a rule keeps them out; credential files only by their exact path.
        keep: Vec<String>,
    }
    /// `[compose]`
    Compose {
        /// Networks that the app's services join; a backing service is reached by a network of its own.
        networks: Vec<String>,
        /// Restart policy.
        restart: Restart,
        /// The most that each of the app's containers may use.
        limits: Limits,
        /// What each of the app's containers is granted.
        reservations: Reservations,
    }
    /// `[compose.reservations]`
    Reservations {
        /// Processors, such as `"0.5"`.
        cpus: String,
        /// Memory, such as `"128M"`.
        memory: String,
    }
    /// `[compose.limits]`
    Limits {
        /// Processors, such as `"1.0"`.
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
        /// Namespace of every object; unset: `project.name`.
        namespace: String,
        /// Image with its registry; unset: `project.name` and `image.tag`.
        image: String,
        /// Name of the Secret that holds the secrets; unset: `project.name`.
        secret: String,
        /// Pods of the web process; the least, where it scales by itself.
        replicas: u32,
        /// What each pod of the app asks for and may use.
        resources: Resources,
        /// Scales the web process by its CPU use; `false`: a fixed number.
        autoscaling: Toggle<Autoscaling>,
        /// How requests come in from outside the cluster; `false`: not by this file.
        ingress: Toggle<Ingress>,
        /// Ports that pods may open connections to, besides DNS and the backing services.
        egress_ports: Vec<u16>,
        /// Seconds that a stopping pod still serves while the cluster forgets its address.
        pre_stop: u32,
    }
    /// `[kubernetes.resources]`
    Resources {
        /// What is reserved.
        requests: Amounts,
        /// The most that it may use.
        limits: Amounts,
    }
    /// `[kubernetes.resources.requests]`, `[kubernetes.resources.limits]`
    Amounts {
        /// Processor time, such as `"500m"`.
        cpu: String,
        /// Memory, such as `"512Mi"`.
        memory: String,
        /// Disk for logs and scratch files, such as `"64Mi"`.
        ephemeral_storage: String,
    }
    /// `[kubernetes.autoscaling]`
    Autoscaling {
        /// The most pods.
        max_replicas: u32,
        /// CPU use, in percent of the request, that it aims at.
        cpu_percent: u32,
    }
    /// `[kubernetes.ingress]`
    Ingress {
        /// Which API object: `ingress` or `http-route`.
        kind: IngressKind,
        /// Host name that is served.
        host: String,
        /// Ingress: class of the controller.
        class: String,
        /// Ingress: Secret that holds the certificate; unset: no TLS here.
        tls_secret: String,
        /// HTTPRoute: name of the Gateway.
        gateway: String,
    }
    /// `[output]`
    Output {
        /// The Dockerfile.
        dockerfile: OutputPath,
        /// `.dockerignore`; its path follows from the Dockerfile's, so it is only `true` or `false`.
        dockerignore: bool,
        /// The compose file.
        compose: OutputPath,
        /// The Kubernetes manifest; with `kubernetes.layout = "kustomize"`, the folder.
        kubernetes: OutputPath,
        /// gunicorn's settings; the gunicorn presets turn it on.
        gunicorn: OutputPath,
        /// Every variable and secret by name, to copy to `.env`; a bare name lies beside the compose file.
        env_example: OutputPath,
        /// More files, by name, each from a template that a preset brings; `false`: not written.
        extra: Named<Toggle<Extra>>,
    }
    /// `[output.extra.NAME]`
    Extra {
        /// Where it is written.
        path: String,
        /// What it is made from: a file below the folder `templates` of a preset.
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
    /// What fills the virtual environment; each is a built-in preset of the same name.
    Installer {
        /// pip, from requirements.
        Pip = "pip",
        /// A stage of its own that builds wheels from requirements.
        Wheels = "wheels",
        /// uv.lock.
        Uv = "uv",
        /// poetry.lock.
        Poetry = "poetry",
        /// pdm.lock.
        Pdm = "pdm",
        /// Pipfile.lock.
        Pipenv = "pipenv",
    }
    /// What the server calls.
    Interface {
        /// PEP 3333.
        Wsgi = "wsgi",
        /// The asynchronous successor.
        Asgi = "asgi",
    }
    /// What a service's variable holds.
    Part {
        /// The whole address.
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
        /// Whatever happens.
        Always = "always",
        /// After a failure.
        OnFailure = "on-failure",
        /// Unless somebody stopped it.
        UnlessStopped = "unless-stopped",
    }
    /// How many nodes may mount a claim.
    AccessMode {
        /// One node.
        ReadWriteOnce = "ReadWriteOnce",
        /// Every node; needs a storage class that can.
        ReadWriteMany = "ReadWriteMany",
    }
    /// How the Kubernetes manifest is laid out.
    Layout {
        /// One file.
        Single = "single",
        /// A base and overlays.
        Kustomize = "kustomize",
    }
    /// Which API object brings requests in.
    IngressKind {
        /// `networking.k8s.io/v1` Ingress.
        Ingress = "ingress",
        /// Gateway API HTTPRoute.
        HttpRoute = "http-route",
    }
}
