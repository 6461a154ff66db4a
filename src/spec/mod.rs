//! The schema of `dockgen.toml` and of presets: every field is optional, unknown keys are rejected.
//!
//! `dockgen schema`, editors and docs/reference.md show the doc comments; `presets/default.toml` contains the default values.

mod choices;
mod forms;
mod installer;
mod mismatch;
#[cfg(test)]
mod schema;

use std::collections::BTreeMap;

#[cfg(test)]
use schemars::JsonSchema;
use serde::Deserialize;

pub use choices::{AccessMode, IngressKind, Interface, Layout, Part, Restart};
pub(crate) use forms::SHORT_FORMS;
pub use forms::{Answer, CommandLine, OutputPath, Toggle};
pub use installer::Installer;
pub(crate) use mismatch::{Comparison, Mismatch, Problem, Suggestion};

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

// it uses the macro above
mod kubernetes;

pub use kubernetes::{Amounts, Autoscaling, Ingress, Kubernetes, Resources};

/// Entries by name.
pub type Named<T> = BTreeMap<String, T>;

tables! {
    /// The container settings of a project: `dockgen.toml`.
    Spec {
        /// Presets to use, such as `["fastapi-uvicorn"]`; later ones override earlier ones. Built-in names, paths that start
        /// with `./`, or git addresses.
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
        /// Name of the image, the Compose project and the Kubernetes objects, such as `"shop"`.
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
        /// Release in the tag of the base image: `python.version`, or the only patch release that the project allows, such as
        /// `"3.12.10"`.
        release: String,
        /// Python versions that a team allows, such as `["3.13", "3.14"]`; empty allows any.
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
        /// Additional labels, by name, such as `{ "com.example.team" = "shop" }`.
        labels: Named<String>,
        /// Names of labels that the image must have, such as `["com.example.team"]`.
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
        /// User ID, such as `10001`; linters require 10000 or more to avoid the host's users.
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
        /// Files to install from, such as `["requirements.txt"]`, relative to the project; pip and wheels install the first
        /// file; it must reference the others with `-r`.
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
        /// Debian packages to compile dependencies, such as `["libpq-dev"]`; build stage only.
        build: Vec<String>,
        /// Debian packages of the final image, such as `["libpq5"]`.
        run: Vec<String>,
        /// Debian packages to leave out although a dependency needs them, such as `["git"]`.
        without: Vec<String>,
    }
    /// `[app]`
    App {
        /// Server interface of the application.
        interface: Interface,
        /// Import path of the application object, such as `"config.wsgi:application"`.
        entry: String,
        /// Folder on the import path, such as `"src"`, relative to the project.
        root: String,
        /// Working directory of commands, relative to the project.
        workdir: String,
        /// Port that the web process listens on, such as `8000`; `PORT` at run time.
        port: u16,
    }
    /// `[health]`
    Health {
        /// Path that returns 200 while the process is healthy, such as `"/health"`; if unset, the check is a TCP connect.
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
        /// Commands to run in order in `app.workdir`, without shell syntax, such as `["python manage.py collectstatic --noinput"]`.
        steps: Vec<CommandLine>,
    }
    /// `[release]`
    Release {
        /// Commands to run in order, such as `["python manage.py migrate"]`; a failure stops the release.
        steps: Vec<CommandLine>,
        /// Time limit of the whole release in Kubernetes, in seconds.
        timeout: u32,
    }
    /// `[processes.NAME]`
    Process {
        /// Command as a list of arguments or one string, such as `"celery -A config worker"`, without shell syntax.
        command: CommandLine,
        /// Number of pods in Kubernetes.
        replicas: u32,
        /// Never run two at the same time, for example a scheduler.
        singleton: bool,
        /// Seconds to finish when the process is stopped.
        stop_timeout: u32,
    }
    /// `[services.NAME]`
    Service {
        /// Kind of service, such as `"postgres"`: built in, or one of `[service-kinds]`.
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
        /// One sentence for `.env.example`, such as `"Address of the API"`.
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
        /// One sentence for `.env.example`, such as `"Address of the API"`.
        description: String,
        /// Whether the application needs it to start.
        required: bool,
    }
    /// `[volumes.NAME]`
    Volume {
        /// Absolute path in the container, such as `"/data"`.
        path: String,
        /// Kubernetes: size of the claim; if unset, the data is lost when the pod is replaced.
        size: String,
        /// Kubernetes: access mode of the claim.
        access: AccessMode,
        /// Files to store in the volume, such as an SQLite database; the image contains links to them.
        files: Vec<String>,
    }
    /// `[context]`
    Context {
        /// Additional `.dockerignore` patterns, such as `["docs"]`.
        ignore: Vec<String>,
        /// Files to include although a rule excludes them, such as `["tests/data.json"]`; credential files only by their exact path.
        keep: Vec<String>,
    }
    /// `[compose]`
    Compose {
        /// Networks of the application's services, such as `["default"]`; backing services use a separate network.
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
    /// `[output]`
    Output {
        /// The Dockerfile, such as `"Dockerfile"`.
        dockerfile: OutputPath,
        /// `.dockerignore`: `true` or `false`, as its path follows from the Dockerfile's.
        dockerignore: bool,
        /// The compose file, such as `"compose.yaml"`.
        compose: OutputPath,
        /// The Kubernetes manifest, such as `"k8s.yaml"`; the folder with `kubernetes.layout = "kustomize"`.
        kubernetes: OutputPath,
        /// gunicorn's configuration file, such as `"gunicorn.conf.py"`; the gunicorn presets turn it on.
        gunicorn: OutputPath,
        /// List of all variables and secrets, such as `".env.example"`, to copy to `.env`; a bare name is placed next to the compose file.
        env_example: OutputPath,
        /// Additional files, by name, each from a preset's template; `false` turns one off.
        extra: Named<Toggle<Extra>>,
    }
    /// `[output.extra.NAME]`
    Extra {
        /// Path of the file, such as `"deploy/app.nomad"`, relative to the project.
        path: String,
        /// Template: a file in the `templates` folder of a preset.
        template: String,
    }
}
