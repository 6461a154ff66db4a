//! The resolved truth that templates see: no unknowns, no policy. These are the only words a template may use.

mod kubernetes;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use crate::knowledge::InstallerRow;
use crate::spec::Answer;

pub use kubernetes::{Autoscaling, Ingress, Kubernetes, Setting};

/// Everything that the outputs are written from.
#[derive(Debug, Clone, Serialize)]
pub struct Model {
    /// Names the Compose project and the Kubernetes objects.
    pub name: String,
    /// The image that Compose builds.
    pub image: String,
    /// What somebody answered to the presets' questions: texts, or true and false.
    pub answers: BTreeMap<String, Answer>,
    /// What the Dockerfile says.
    pub dockerfile: Dockerfile,
    /// Patterns of `.dockerignore`.
    pub context: Context,
    /// The port that the web process listens on.
    pub port: u16,
    /// The check of the web process.
    pub health: Option<Health>,
    /// What the web server is told.
    pub server: Server,
    /// Commands that run once before a new version serves: one command, where there are any.
    pub release: Option<Release>,
    /// The long-running commands besides `web`.
    pub workers: Vec<Worker>,
    /// Folders that outlive a container.
    pub volumes: Vec<Volume>,
    /// Backing services that Compose starts.
    pub services: Vec<Service>,
    /// Settings that the image holds.
    pub environment: BTreeMap<String, String>,
    /// Every variable and secret that comes from outside.
    pub variables: Vec<Variable>,
    /// The compose file.
    pub compose: Compose,
    /// The Kubernetes manifest.
    pub kubernetes: Kubernetes,
}

/// What the Dockerfile says.
#[derive(Debug, Clone, Serialize)]
pub struct Dockerfile {
    /// Image of the Dockerfile syntax.
    pub syntax: String,
    /// Base image of every stage.
    pub base: String,
    /// Minor version of Python.
    pub python: String,
    /// Debian release of the base image.
    pub debian: String,
    /// Image that uv comes from.
    pub uv_image: String,
    /// How the virtual environment is filled.
    pub install: Install,
    /// Debian packages of the stage that compiles.
    pub build_packages: Packages,
    /// Debian packages for the build steps, where they run in a stage that compiles nothing.
    pub step_packages: Packages,
    /// Debian packages of the final stage.
    pub run_packages: Packages,
    /// Commands run once at image build, each as words.
    pub steps: Vec<Vec<String>>,
    /// The settings that these commands see: those of the image, and any value for those that must not be empty.
    pub step_values: BTreeMap<String, String>,
    /// The user that runs it.
    pub user: User,
    /// Folders that this user owns.
    pub writable: Vec<String>,
    /// Absolute paths of links, and where in a volume each one leads.
    pub links: BTreeMap<String, String>,
    /// The folders below the code that these links lie in.
    pub link_folders: BTreeSet<String>,
    /// Labels by name.
    pub labels: BTreeMap<String, String>,
    /// Absolute folder that commands run in.
    pub workdir: String,
    /// Absolute folder on the import path, where it is not `workdir`.
    pub python_path: Option<String>,
    /// Words of the web process.
    pub command: Vec<String>,
}

/// Debian packages of a stage.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Packages {
    /// Their names, sorted.
    pub names: Vec<String>,
    /// Who asked for those that the spec does not name.
    pub needs: Vec<PackageNeed>,
}

/// A distribution that asks for Debian packages.
#[derive(Debug, Clone, Serialize)]
pub struct PackageNeed {
    /// Its name: letters, digits and hyphens.
    pub distribution: String,
    /// What it does with them, in words of dockgen's own.
    pub does: &'static str,
    /// Their names, sorted.
    pub packages: Vec<String>,
}

/// What the virtual environment is filled from, known before the dependencies are read.
#[derive(Debug, Clone, Serialize)]
pub struct InstallChoice {
    /// Name of the installer, and of its template.
    #[serde(serialize_with = "installer_name")]
    pub(crate) with: &'static InstallerRow,
    /// All files that it reads; it installs the first.
    pub files: Vec<String>,
    /// Groups on top of the main dependencies.
    pub groups: Vec<String>,
    /// Extras of the project.
    pub extras: Vec<String>,
    /// The member of uv's workspace that is installed.
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
    /// The program that installs into the virtual environment, `pip` or `uv`; empty: nothing is installed.
    pub tool: String,
    /// The stage that the installer has to itself: `wheels` or `requirements`.
    pub stage: Option<&'static str>,
    /// Version of its own program; empty for pip.
    pub version: String,
    /// The file that it installs.
    pub file: String,
    /// Whether the project itself is installed.
    pub project: bool,
    /// What `file` is: `requirements`, `pyproject`, `setup`, which says them only while it is installed, or `lock`.
    pub declared_by: &'static str,
    /// Whether the installer can tell that the lock file fits its manifest.
    pub verified: bool,
    /// The server, where no dependency brings it.
    pub server: Option<String>,
    /// What else is installed, and why.
    pub additions: Vec<Addition>,
}

/// A distribution that no dependency brings although one needs it.
#[derive(Debug, Clone, Serialize)]
pub struct Addition {
    /// A requirement, as pip reads it.
    pub requirement: &'static str,
    /// Why it is needed, as one sentence of dockgen's own.
    pub why: &'static str,
}

/// The user of the containers.
#[derive(Debug, Clone, Serialize)]
pub struct User {
    /// User name.
    pub name: String,
    /// Group name.
    pub group: String,
    /// User number.
    pub uid: u32,
    /// Group number.
    pub gid: u32,
}

/// Patterns of `.dockerignore`.
#[derive(Debug, Clone, Serialize)]
pub struct Context {
    /// What dockgen writes: no image needs it.
    pub outputs: Vec<String>,
    /// Volumes inside the project.
    pub volumes: Vec<String>,
    /// What the spec adds.
    pub ignore: Vec<String>,
    /// What goes in all the same.
    pub keep: Vec<String>,
    /// Credential files and hidden files that the spec lets in by their exact path, and those that are installed from.
    pub named: Vec<String>,
    /// Credential files of the project that no fixed pattern matches in the case of their names, such as `iD_rSa`.
    pub other_case: Vec<String>,
    /// Files of the project that only look like credentials, or are hidden: they go in by their exact path.
    pub files: Vec<String>,
    /// Python packages with the name of credentials, such as `secrets`: their modules go in.
    pub modules: Vec<String>,
    /// Packages named `tests` that the application imports.
    pub packages: Vec<String>,
}

/// The check of the web process; times in seconds.
#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// Path of the check; none: a TCP connect.
    pub path: Option<String>,
    /// Path of the readiness probe.
    pub ready_path: Option<String>,
    /// Host header.
    pub host: String,
    /// Between checks.
    pub interval: u32,
    /// Of one check.
    pub timeout: u32,
    /// In which failures do not count.
    pub start_period: u32,
    /// Between checks while starting.
    pub start_interval: u32,
    /// Failures in a row.
    pub retries: u32,
}

/// What the web server is told; times in seconds.
#[derive(Debug, Clone, Serialize)]
pub struct Server {
    /// Worker processes.
    pub workers: u32,
    /// Threads of each.
    pub threads: u32,
    /// Of a request.
    pub timeout: u32,
    /// Of running requests when it stops.
    pub graceful_timeout: u32,
    /// Of an idle connection.
    pub keep_alive: u32,
    /// Requests until a worker is replaced; 0: never.
    pub max_requests: u32,
    /// gunicorn's worker class.
    pub worker_class: Option<String>,
}

/// The release.
#[derive(Debug, Clone, Serialize)]
pub struct Release {
    /// Words of the one command that runs all steps.
    pub command: Vec<String>,
    /// Seconds that it may take.
    pub timeout: u32,
}

/// A long-running command.
#[derive(Debug, Clone, Serialize)]
pub struct Worker {
    /// Its name.
    pub name: String,
    /// Its words.
    pub command: Vec<String>,
    /// Pods of it.
    pub replicas: u32,
    /// Never two at the same time.
    pub singleton: bool,
    /// Seconds to finish when stopped.
    pub stop_timeout: u32,
}

/// A folder that outlives a container.
#[derive(Debug, Clone, Serialize)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Its path in the container.
    pub path: String,
    /// Kubernetes: size of the claim; none: it lives as long as the pod.
    pub size: Option<String>,
    /// Kubernetes: access mode of the claim.
    pub access: &'static str,
}

/// A backing service that Compose starts.
#[derive(Debug, Clone, Serialize)]
pub struct Service {
    /// Its name, and its host name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// The port that it listens on.
    pub port: u16,
    /// Settings of its container.
    pub environment: BTreeMap<String, Interpolated>,
    /// Its command; empty: the image's own.
    pub command: Vec<String>,
    /// Words of its check.
    pub health: Vec<String>,
    /// Folder of its data.
    pub data: Option<String>,
    /// Folders in memory.
    pub scratch: Vec<String>,
    /// The user that it runs as.
    pub uid: String,
    /// Its group.
    pub gid: String,
}

/// A text with variables that Compose fills in.
pub type Interpolated = Vec<Segment>;

/// A part of an [`Interpolated`] text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Segment {
    /// As it stands.
    Literal(String),
    /// The value of a variable of `.env`.
    Variable(String),
}

/// A variable or secret that comes from outside.
#[derive(Debug, Clone, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Nothing starts without it.
    pub required: bool,
    /// Its value is nobody's business.
    pub secret: bool,
    /// What it is, or may look like.
    pub value: String,
}

/// The compose file.
#[derive(Debug, Clone, Serialize)]
pub struct Compose {
    /// The project, seen from the file.
    pub context: String,
    /// The Dockerfile, seen from the project, where its name is not the usual one.
    pub dockerfile: Option<String>,
    /// Variables that Compose sets.
    pub environment: BTreeMap<String, Interpolated>,
    /// Variable that changes the published port.
    pub port_variable: String,
    /// Networks of the app's services.
    pub networks: Vec<String>,
    /// Restart policy.
    pub restart: &'static str,
    /// The most that a container may use.
    pub limits: Limits,
    /// What a container is granted.
    pub reservations: Limits,
    /// Seconds that the web process gets to finish.
    pub stop_timeout: u32,
}

/// Amounts for Compose.
#[derive(Debug, Clone, Serialize)]
pub struct Limits {
    /// Processors.
    pub cpus: Option<String>,
    /// Memory.
    pub memory: Option<String>,
    /// Processes and threads.
    pub pids: Option<u32>,
}
