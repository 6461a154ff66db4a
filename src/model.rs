//! The resolved truth that templates see: no unknowns, no policy. These are the only words a template may use.

mod kubernetes;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use crate::knowledge::InstallerRow;
use crate::spec::Answer;

pub use kubernetes::{Autoscaling, Ingress, Kubernetes, Setting};

/// The complete input of the templates: every decision is made. `docs/presets.md` lists these fields for authors of templates.
#[derive(Debug, Clone, Serialize)]
pub struct Model {
    /// Name of the Compose project and the Kubernetes objects.
    pub name: String,
    /// Image that Compose builds, with its tag.
    pub image: String,
    /// Answers to the presets' questions, by name: strings or booleans.
    pub answers: BTreeMap<String, Answer>,
    /// Values for the Dockerfile.
    pub dockerfile: Dockerfile,
    /// Patterns for `.dockerignore`.
    pub context: Context,
    /// Port that the web process listens on.
    pub port: u16,
    /// Health check of the web process; none with `health = false`.
    pub health: Option<Health>,
    /// Settings of the web server.
    pub server: Server,
    /// Commands that run once before a new version serves requests; none if there are no steps.
    pub release: Option<Release>,
    /// Processes besides `web`.
    pub workers: Vec<Worker>,
    /// Folders that outlive a container.
    pub volumes: Vec<Volume>,
    /// Backing services that Compose starts.
    pub services: Vec<Service>,
    /// Environment variables stored in the image.
    pub environment: BTreeMap<String, String>,
    /// Variables and secrets that are set at run time, as listed in `.env.example`.
    pub variables: Vec<Variable>,
    /// Values for the compose file.
    pub compose: Compose,
    /// Values for the Kubernetes manifest.
    pub kubernetes: Kubernetes,
}

#[derive(Debug, Clone, Serialize)]
pub struct Dockerfile {
    /// Image of the Dockerfile frontend, for the line `# syntax=`.
    pub syntax: String,
    /// Base image of every stage.
    pub base: String,
    /// Minor version of Python, such as `3.14`.
    pub python: String,
    /// Debian release of the base image, such as `trixie`.
    pub debian: String,
    /// Image that uv is copied from.
    pub uv_image: String,
    /// How the virtual environment `/opt/venv` is filled.
    pub install: Install,
    /// Debian packages of the stage that compiles dependencies.
    pub build_packages: Packages,
    /// Debian packages that the build steps need, if no stage compiles.
    pub step_packages: Packages,
    /// Debian packages of the final image.
    pub run_packages: Packages,
    /// Build steps, each a list of arguments.
    pub steps: Vec<Vec<String>>,
    /// Environment of the build steps: the image's variables, and placeholders for required settings.
    pub step_values: BTreeMap<String, String>,
    /// User that the container runs as.
    pub user: User,
    /// Folders that this user owns.
    pub writable: Vec<String>,
    /// Symbolic links in the image: absolute path and target in a volume.
    pub links: BTreeMap<String, String>,
    /// Folders that contain these links.
    pub link_folders: BTreeSet<String>,
    /// Image labels by name.
    pub labels: BTreeMap<String, String>,
    /// Absolute path of the working directory.
    pub workdir: String,
    /// Absolute path to add to `PYTHONPATH`; none if it is `workdir`.
    pub python_path: Option<String>,
    /// Command of the web process, as a list of arguments.
    pub command: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct Packages {
    /// Package names, sorted.
    pub names: Vec<String>,
    /// Dependencies that need these packages; none for packages that the spec names.
    pub needs: Vec<PackageNeed>,
}

/// A dependency that needs Debian packages.
#[derive(Debug, Clone, Serialize)]
pub struct PackageNeed {
    /// Normalized name of the dependency, such as `psycopg2`.
    pub distribution: String,
    /// What it uses the packages for, as text for a comment.
    pub does: &'static str,
    /// Package names, sorted.
    pub packages: Vec<String>,
}

/// The chosen installer and its files, known before the dependencies are read.
#[derive(Debug, Clone, Serialize)]
pub struct InstallChoice {
    /// Name of the installer, and of its template.
    #[serde(serialize_with = "installer_name")]
    pub(crate) with: &'static InstallerRow,
    /// Files that it reads; the first one is installed.
    pub files: Vec<String>,
    /// Dependency groups besides the main dependencies.
    pub groups: Vec<String>,
    /// Extras of the project.
    pub extras: Vec<String>,
    /// Name of the uv workspace member to install.
    pub package: Option<String>,
}

impl InstallChoice {
    /// The main dependencies that an installer reads from these files.
    pub(crate) fn new(with: &'static InstallerRow, files: Vec<String>) -> Self {
        Self { with, files, groups: Vec::new(), extras: Vec::new(), package: None }
    }

    /// The file that is installed.
    #[must_use]
    pub fn file(&self) -> &str {
        self.files.first().map(String::as_str).unwrap_or_default()
    }
}

fn installer_name<S: Serializer>(row: &InstallerRow, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&row.name)
}

/// How the virtual environment is filled.
#[derive(Debug, Clone, Serialize)]
pub struct Install {
    #[serde(flatten)]
    pub choice: InstallChoice,
    /// Program that installs into the virtual environment: `pip` or `uv`; empty if nothing is installed.
    pub tool: String,
    /// Separate stage of this installer: `wheels` or `requirements`.
    pub stage: Option<&'static str>,
    /// Version of the installer; empty for pip.
    pub version: String,
    /// File that is installed, such as `requirements.txt`.
    pub file: String,
    /// Whether to install the project itself.
    pub project: bool,
    /// Kind of `file`: `requirements`, `pyproject`, `lock`, or `setup` for a `setup.py`, which lists its dependencies only during installation.
    pub declared_by: &'static str,
    /// Whether the lockfile contains a hash of its manifest, so that the installer can detect an outdated one.
    pub verified: bool,
    /// Whether the build writes the lockfile first: there is none, or PDM can't export it.
    pub resolved: bool,
    /// Folders and files of the project that `file` names, such as `libs/core`; `.` is the whole project.
    pub local: Vec<String>,
    /// Requirement of the web server, such as `gunicorn==27.0.1`; none if a dependency includes it.
    pub server: Option<String>,
    /// Requirements that dockgen adds because a dependency needs them and none includes them.
    pub additions: Vec<Addition>,
}

/// A requirement that a dependency needs and none includes.
#[derive(Debug, Clone, Serialize)]
pub struct Addition {
    /// Requirement in pip's form.
    pub requirement: &'static str,
    /// Reason, as one sentence for a comment.
    pub why: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct User {
    /// User name.
    pub name: String,
    /// Group name.
    pub group: String,
    /// User ID.
    pub uid: u32,
    /// Group ID.
    pub gid: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct Context {
    /// Files that dockgen writes and the image doesn't need.
    pub outputs: Vec<String>,
    /// Volumes inside the project folder.
    pub volumes: Vec<String>,
    /// Patterns of the spec's `context.ignore`.
    pub ignore: Vec<String>,
    /// Patterns of `context.keep`, except for those in `named`.
    pub keep: Vec<String>,
    /// Exact paths from `context.keep` and `install.files` that the rules for credentials and hidden files would exclude.
    pub named: Vec<String>,
    /// Credential files of the project that no fixed pattern matches in the case of their names, such as `iD_rSa`.
    pub other_case: Vec<String>,
    /// Files of the project that only look like credentials, or are hidden: they go in by their exact path.
    pub files: Vec<String>,
    /// Python packages named like credentials, such as `secrets`; their modules are included.
    pub modules: Vec<String>,
    /// Packages named `tests` that the application imports.
    pub packages: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// Path of the check; if none, the check opens a TCP connection.
    pub path: Option<String>,
    /// Path of the Kubernetes readiness probe.
    pub ready_path: Option<String>,
    /// Host header of the requests.
    pub host: String,
    /// Seconds between checks.
    pub interval: u32,
    /// Time limit of one check, in seconds.
    pub timeout: u32,
    /// Seconds after the start during which failures don't count.
    pub start_period: u32,
    /// Seconds between checks during the start period.
    pub start_interval: u32,
    /// Consecutive failures after which the container is unhealthy.
    pub retries: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct Server {
    /// Worker processes.
    pub workers: u32,
    /// Threads per worker.
    pub threads: u32,
    /// Time limit of a request, in seconds.
    pub timeout: u32,
    /// Seconds to finish running requests when the server stops.
    pub graceful_timeout: u32,
    /// Seconds to keep an idle connection open.
    pub keep_alive: u32,
    /// Number of requests after which a worker is replaced; 0 means never.
    pub max_requests: u32,
    /// gunicorn's worker class; if none, gunicorn decides.
    pub worker_class: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Release {
    /// One command that runs all steps, as a list of arguments.
    pub command: Vec<String>,
    /// Time limit in Kubernetes, in seconds.
    pub timeout: u32,
}

/// A process besides `web`.
#[derive(Debug, Clone, Serialize)]
pub struct Worker {
    /// Name of the process.
    pub name: String,
    /// Command as a list of arguments.
    pub command: Vec<String>,
    /// Number of pods.
    pub replicas: u32,
    /// Whether two must never run at the same time.
    pub singleton: bool,
    /// Seconds to finish when the process is stopped.
    pub stop_timeout: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct Volume {
    /// Name of the volume.
    pub name: String,
    /// Absolute path in the container.
    pub path: String,
    /// Size of the Kubernetes claim; if none, the data is lost when the pod is replaced.
    pub size: Option<String>,
    /// Access mode of the Kubernetes claim.
    pub access: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct Service {
    /// Name and host name of the service.
    pub name: String,
    /// Image with its tag.
    pub image: String,
    /// Port that the service listens on.
    pub port: u16,
    /// Environment variables of the container; print them with `interpolate`.
    pub environment: BTreeMap<String, Interpolated>,
    /// Command of the container; empty runs the image's own.
    pub command: Vec<String>,
    /// Command of the health check.
    pub health: Vec<String>,
    /// Data folder, stored in a volume.
    pub data: Option<String>,
    /// Other writable folders, in memory.
    pub scratch: Vec<String>,
    /// User ID of the container.
    pub uid: String,
    /// Group ID of the container.
    pub gid: String,
}

/// A text with variables that Compose fills in.
pub type Interpolated = Vec<Segment>;

/// A part of an [`Interpolated`] text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Segment {
    /// Text to print as it is, escaped for the compose file.
    Literal(String),
    /// Name of a variable of `.env`.
    Variable(String),
}

/// A variable or secret that is set at run time.
#[derive(Debug, Clone, Serialize)]
pub struct Variable {
    /// Name of the variable.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether the application needs it to start.
    pub required: bool,
    /// Whether it is a secret: its value is never written.
    pub secret: bool,
    /// Default or example value; empty for a secret.
    pub value: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Compose {
    /// Path from the compose file's folder to the build context.
    pub context: String,
    /// Path from the build context to the Dockerfile; none if it is named `Dockerfile`.
    pub dockerfile: Option<String>,
    /// Environment variables of the application's containers; print them with `interpolate`.
    pub environment: BTreeMap<String, Interpolated>,
    /// Variable of `.env` that changes the published port.
    pub port_variable: String,
    /// Networks of the application's services.
    pub networks: Vec<String>,
    /// Restart policy.
    pub restart: &'static str,
    /// Resource limits of each container.
    pub limits: Limits,
    /// Reserved resources of each container.
    pub reservations: Limits,
    /// Seconds that the web process has to stop.
    pub stop_timeout: u32,
}

#[derive(Debug, Clone, Serialize)]
pub struct Limits {
    /// CPUs, such as `1.0`.
    pub cpus: Option<String>,
    /// Memory, such as `512M`.
    pub memory: Option<String>,
    /// Number of processes and threads.
    pub pids: Option<u32>,
}
