//! Spec and facts become the [`Model`]: every decision of dockgen is made here.

mod amounts;
mod answers;
pub(crate) mod check;
mod context;
mod dotenv;
mod early;
mod kubernetes;
pub(crate) mod no_secrets;
mod outputs;
mod services;
mod sizes;
mod system;
pub(crate) mod team;
mod words;

use std::collections::BTreeMap;

use crate::detect::context::ContextFacts;
use crate::error::{Error, Place, Result};
use crate::layers::Node;
use crate::model::{
    Compose, Dockerfile, Health, Install, Limits, Model, Packages, Release, Server, User, Variable, Volume, Worker,
};
use crate::preset::Ask;
use crate::spec::{AccessMode, Command, Installer, Restart, Spec, Toggle};
use crate::{paths, quote, rules, spec};

pub(crate) use early::check_known;
pub use outputs::{Output, asked_for, known as known_outputs};

/// A spec without open questions.
pub struct Resolved {
    /// What the templates see.
    pub model: Model,
    /// The files to write.
    pub outputs: Vec<Output>,
    /// What dockgen could not know, and what it did instead.
    pub hints: Vec<String>,
    /// Debian packages that no stage gets.
    without: Vec<String>,
}

/// Folder of the project in the image.
const HOME: &str = "/app";

/// What a command looks like.
const COMMAND: &str = "write a program with its arguments, such as [\"python\", \"manage.py\", \"migrate\"]";

/// Seconds on top of a server's own grace until it is killed.
const MARGIN: u32 = 5;

/// Decides everything that is open, with the answers to what presets ask and what the project has for its ignore file.
///
/// # Errors
/// A value that is missing, breaks its rule or contradicts another, with its key and its place.
pub fn resolve(layers: &mut Node, asks: &[Ask], facts: &ContextFacts) -> Result<Resolved> {
    answers::check(layers, asks)?;
    let idle = idle_server_keys(layers);
    sizes::check_values(layers)?;
    words::expand_references(layers)?;
    rules::check(layers)?;
    sizes::check_values(layers)?;
    no_secrets::check(layers)?;
    let spec = layers.to_spec()?;
    check::python(&spec, layers)?;
    team::python(&spec, layers)?;
    team::base(&spec, layers)?;
    check::names(&spec, layers)?;
    check::meanings(&spec, layers)?;
    context::check(&spec, layers)?;
    amounts::check(&spec, layers)?;
    let outputs = outputs::outputs(&spec, layers)?;
    let without = spec.system.clone().unwrap_or_default().without.unwrap_or_default();
    let model = Resolver { layers, spec }.model(&outputs, facts)?;
    sizes::check_sums(&model, layers)?;
    let mut hints = hints(&model, &outputs);
    if outputs.iter().any(|output| output.key == "dockerignore") {
        hints.extend(context::hints(facts, &model));
    }
    let settings = outputs.iter().any(|output| output.key == "gunicorn");
    hints.extend(idle.into_iter().filter(|_| !settings));
    Ok(Resolved { model, outputs, hints, without })
}

/// What the project sets for a server that is never told: no command names it, and there are no settings of gunicorn's.
fn idle_server_keys(layers: &Node) -> Vec<String> {
    let by_people = |origin: &crate::layers::Origin| !origin.place.source.name.starts_with("preset ");
    let Some(Node::Table { children: server, .. }) = layers.get("server") else { return Vec::new() };
    let set: Vec<String> =
        server.iter().filter(|(_, node)| by_people(node.origin())).map(|(key, _)| format!("server.{key}")).collect();
    if set.is_empty() {
        return Vec::new();
    }
    let naming = ["processes", "environment"].into_iter().filter_map(|table| layers.get(table));
    let written = naming.flat_map(Node::leaves).filter(|(.., origin)| !origin.fact);
    let values: Vec<String> = written.map(|(_, value, _)| value.to_string()).collect();
    let named = |key: &String| values.iter().any(|value| value.contains(&format!("{{{key}}}")));
    let idle = set.iter().filter(|key| *key != "server.graceful-timeout" && !named(key));
    idle.map(|key| format!("{key} has no effect: the web command doesn't contain it")).collect()
}

/// The layers with every reference filled in that can be, for people to look at.
#[must_use]
pub fn with_references(layers: Node) -> Node {
    let mut filled = layers.clone();
    if words::expand_references(&mut filled).is_ok() { filled } else { layers }
}

fn hints(model: &Model, outputs: &[Output]) -> Vec<String> {
    let mut hints = Vec::new();
    let is_ignore_file = |output: &Output| [".dockerignore", ".containerignore"].iter().any(|end| output.path.ends_with(end));
    if outputs.iter().any(|output| output.key == "dockerfile") && !outputs.iter().any(is_ignore_file) {
        hints.push(
            "output.dockerignore = false: make sure that the project's own ignore file excludes credential files".to_owned(),
        );
    }
    if model.health.as_ref().is_some_and(|health| health.path.is_none()) {
        hints.push(
            "no health check path found, so the check is only a TCP connect; set health.path, such as \"/health\"".to_owned(),
        );
    }
    let Dockerfile { base, python, .. } = &model.dockerfile;
    if !base.contains(python.as_str()) {
        hints.push(format!("image.base is {base}: make sure that it contains Python {python}"));
    }
    let manifest = outputs.iter().any(|output| output.key == "kubernetes");
    if manifest && !model.kubernetes.image.contains('/') {
        let image = &model.kubernetes.image;
        hints.push(format!("the Kubernetes image {image} has no registry; set kubernetes.image to where you push it"));
    }
    hints
}

/// A spec with the layers that it was merged from, for the places of errors.
struct Resolver<'a> {
    layers: &'a Node,
    spec: Spec,
}

/// A value that a layer always gives; if none does, its key is the error.
fn need<T: Clone>(value: Option<&T>, key: &str) -> Result<T> {
    value.cloned().ok_or_else(|| words::unknown(key))
}

/// A table that may be off or missing.
fn enabled<T: Clone>(table: Option<&Toggle<T>>) -> Option<T> {
    table.cloned().and_then(Toggle::on)
}

/// Entries by name, without those that are off.
fn entries<T: Clone>(named: Option<&spec::Named<Toggle<T>>>) -> Vec<(String, T)> {
    let all = named.cloned().unwrap_or_default().into_iter();
    all.filter_map(|(name, entry)| Some((name, entry.on()?))).collect()
}

impl Resolver<'_> {
    fn place(&self, key: &str) -> Option<Place> {
        self.layers.place(key)
    }

    fn fail<T>(&self, key: &str, message: String, hint: &str) -> Result<T> {
        Err(Error::new(message).at(self.place(key)).hint(hint))
    }

    fn model(&self, outputs: &[Output], facts: &ContextFacts) -> Result<Model> {
        let name = need(self.project().name.as_ref(), "project.name")?;
        let image = format!("{name}:{}", need(self.image().tag.as_ref(), "image.tag")?);
        let port = need(self.app().port.as_ref(), "app.port")?;
        let server = self.server()?;
        let volumes = self.volumes();
        let services = self.services()?;
        Ok(Model {
            dockerfile: self.dockerfile(&volumes, &services)?,
            context: context::context((&self.spec, self.layers), outputs, &volumes, &self.links(), facts)?,
            compose: self.compose(&name, outputs, &server, &services)?,
            kubernetes: self.kubernetes(&name, &image, &server, &services)?,
            health: self.health()?,
            release: self.release()?,
            workers: self.workers(&server)?,
            environment: self.baked_environment(),
            variables: self.writable(self.variables(&services), outputs)?,
            services: services.iter().filter_map(|service| service.container.clone()).collect(),
            answers: self.spec.answers.clone().unwrap_or_default(),
            name,
            image,
            port,
            server,
            volumes,
        })
    }

    fn project(&self) -> spec::Project {
        self.spec.project.clone().unwrap_or_default()
    }

    fn image(&self) -> spec::Image {
        self.spec.image.clone().unwrap_or_default()
    }

    fn app(&self) -> spec::App {
        self.spec.app.clone().unwrap_or_default()
    }

    /// A name behind the registry mirror.
    fn mirrored(&self, image: &str) -> String {
        self.image().registry.map_or_else(|| image.to_owned(), |registry| format!("{registry}/{image}"))
    }

    /// The image below every stage; one that names a registry is left where it is.
    fn base(&self) -> Result<String> {
        let base = need(self.image().base.as_ref(), "image.base")?;
        Ok(if team::names_registry(&base) { base } else { self.mirrored(&base) })
    }

    fn dockerfile(&self, volumes: &[Volume], services: &[services::Resolved]) -> Result<Dockerfile> {
        let python = need(self.spec.python.clone().unwrap_or_default().version.as_ref(), "python.version")?;
        let debian = need(self.image().debian.as_ref(), "image.debian")?;
        let install = self.install()?;
        let system = self.spec.system.clone().unwrap_or_default();
        let without = system.without.unwrap_or_default();
        let steps = enabled(self.spec.build.as_ref()).and_then(|build| build.steps).unwrap_or_default();
        let workdir = folder(self.app().workdir.as_deref());
        let root = folder(self.app().root.as_deref());
        Ok(Dockerfile {
            syntax: self.mirrored("docker/dockerfile:1"),
            base: self.base()?,
            uv_image: self.mirrored(&format!("ghcr.io/astral-sh/uv:{}", install.version)),
            python,
            debian,
            install,
            build_packages: system::packages(system.build, &without),
            step_packages: Packages::default(),
            run_packages: system::packages(system.run, &without),
            step_values: if steps.is_empty() { BTreeMap::new() } else { self.step_values(services) },
            steps: self.commands("build.steps", &steps)?,
            user: self.user()?,
            link_folders: self
                .links()
                .keys()
                .filter_map(|link| link.rsplit_once('/'))
                .map(|(folder, _)| folder.to_owned())
                .filter(|folder| folder != HOME)
                .collect(),
            links: self.links(),
            writable: volumes.iter().map(|volume| volume.path.clone()).collect(),
            labels: self.labels()?,
            python_path: (root != workdir).then_some(root),
            workdir,
            command: self.web_command()?,
        })
    }

    fn install(&self) -> Result<Install> {
        let install = self.spec.install.clone().unwrap_or_default();
        let with = need(install.with.as_ref(), "install.with").map_err(|error| {
            error.hint("add an installer preset (pip, wheels, uv, poetry, pdm, pipenv), or commit a lockfile or requirements.txt")
        })?;
        self.chosen(with, &install)?;
        let files: Vec<_> = install.files.unwrap_or_default().iter().map(|file| paths::normal(file)).collect();
        let Some(file) = files.first().cloned() else {
            return self.fail(
                "install.files",
                "`install.files` is empty".to_owned(),
                "write, for example, files = [\"requirements.txt\"]",
            );
        };
        let declared_by = match (with, paths::name(&file)) {
            (Installer::Pip, "pyproject.toml") => "pyproject",
            (Installer::Pip, "setup.py" | "setup.cfg") => "setup",
            (Installer::Wheels, "pyproject.toml" | "setup.py" | "setup.cfg") => {
                let error = Error::new(format!("`wheels` needs a requirements file, but `{file}` isn't one"));
                return Err(error
                    .at(self.layers.place("install.with"))
                    .hint("set install.with = \"pip\", or export your dependencies to requirements.txt"));
            }
            (Installer::Pip | Installer::Wheels, _) => "requirements",
            _ => "lock",
        };
        Ok(Install {
            with: serde_json::to_value(with).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default(),
            version: install.version.unwrap_or_default(),
            declared_by,
            verified: true,
            additions: Vec::new(),
            file,
            files,
            groups: install.groups.unwrap_or_default(),
            extras: install.extras.unwrap_or_default(),
            package: install.package,
            project: install.project.unwrap_or_default() || declared_by == "setup",
            server: self.spec.server.clone().and_then(|server| server.package),
        })
    }

    /// Groups and extras are chosen from a lock file: requirements hold none, and Pipfiles no extras.
    fn chosen(&self, with: Installer, install: &spec::Install) -> Result<()> {
        let some = |names: &Option<Vec<String>>| names.as_ref().is_some_and(|names| !names.is_empty());
        let requirements = matches!(with, Installer::Pip | Installer::Wheels);
        let key = match (requirements, with) {
            (true, _) if some(&install.groups) => "install.groups",
            (true, _) | (_, Installer::Pipenv) if some(&install.extras) => "install.extras",
            (_, with) if install.package.is_some() && !matches!(with, Installer::Uv) => "install.package",
            _ => return Ok(()),
        };
        self.fail(
            key,
            format!("`{key}` has no effect with this installer"),
            "remove it, and change the files that the installer reads",
        )
    }

    fn user(&self) -> Result<User> {
        let user = self.image().user.unwrap_or_default();
        Ok(User {
            name: need(user.name.as_ref(), "image.user.name")?,
            group: need(user.group.as_ref(), "image.user.group")?,
            uid: need(user.uid.as_ref(), "image.user.uid")?,
            gid: need(user.gid.as_ref(), "image.user.gid")?,
        })
    }

    fn labels(&self) -> Result<BTreeMap<String, String>> {
        let project = self.project();
        let title = Some(need(project.name.as_ref(), "project.name")?);
        let oci =
            [("title", title), ("description", project.description), ("source", project.source), ("licenses", project.licenses)];
        let oci = oci.into_iter().filter_map(|(name, value)| Some((format!("org.opencontainers.image.{name}"), value?)));
        let image = self.image();
        let labels = oci.chain(image.labels.unwrap_or_default()).collect();
        team::labels(&labels, &image.required_labels.unwrap_or_default(), self.layers)?;
        Ok(labels)
    }

    fn commands(&self, key: &str, steps: &[Command]) -> Result<Vec<Vec<String>>> {
        steps.iter().map(|step| self.command(key, step)).collect()
    }

    fn command(&self, key: &str, command: &Command) -> Result<Vec<String>> {
        words::words(command).or_else(|why| self.fail(key, format!("invalid command in `{key}`: {why}"), COMMAND))
    }

    fn web_command(&self) -> Result<Vec<String>> {
        let web = entries(self.spec.processes.as_ref()).into_iter().find(|(name, _)| name == "web");
        let Some(command) = web.and_then(|(_, web)| web.command) else {
            return Err(words::unknown("processes.web.command").hint(
                "add a framework preset such as fastapi-uvicorn (`dockgen presets` lists them), or set processes.web.command",
            ));
        };
        self.command("processes.web.command", &command)
    }

    fn server(&self) -> Result<Server> {
        let server = self.spec.server.clone().unwrap_or_default();
        Ok(Server {
            workers: need(server.workers.as_ref(), "server.workers")?,
            threads: need(server.threads.as_ref(), "server.threads")?,
            timeout: need(server.timeout.as_ref(), "server.timeout")?,
            graceful_timeout: need(server.graceful_timeout.as_ref(), "server.graceful-timeout")?,
            keep_alive: need(server.keep_alive.as_ref(), "server.keep-alive")?,
            max_requests: need(server.max_requests.as_ref(), "server.max-requests")?,
            worker_class: server.worker_class,
        })
    }

    fn health(&self) -> Result<Option<Health>> {
        let Some(health) = enabled(self.spec.health.as_ref()) else { return Ok(None) };
        Ok(Some(Health {
            ready_path: health.ready_path.or_else(|| health.path.clone()),
            path: health.path,
            host: need(health.host.as_ref(), "health.host")?,
            interval: need(health.interval.as_ref(), "health.interval")?,
            timeout: need(health.timeout.as_ref(), "health.timeout")?,
            start_period: need(health.start_period.as_ref(), "health.start-period")?,
            start_interval: need(health.start_interval.as_ref(), "health.start-interval")?,
            retries: need(health.retries.as_ref(), "health.retries")?,
        }))
    }

    /// One command for all steps: a single one as it is, several by a shell that stops at the first failure.
    fn release(&self) -> Result<Option<Release>> {
        let Some(release) = enabled(self.spec.release.as_ref()) else { return Ok(None) };
        let mut steps = self.commands("release.steps", &release.steps.unwrap_or_default())?;
        let command = match steps.len() {
            0 => return Ok(None),
            1 => steps.remove(0),
            _ => {
                let lines: Vec<_> = steps.iter().map(|words| quote::shell_line(words)).collect();
                vec!["sh".to_owned(), "-c".to_owned(), lines.join(" && ")]
            }
        };
        Ok(Some(Release { command, timeout: need(release.timeout.as_ref(), "release.timeout")? }))
    }

    fn workers(&self, server: &Server) -> Result<Vec<Worker>> {
        let processes = entries(self.spec.processes.as_ref()).into_iter().filter(|(name, _)| name != "web");
        let worker = |(name, process): (String, spec::Process)| {
            let key = format!("processes.{name}.command");
            let command = process.command.ok_or_else(|| words::unknown(&key).at(self.place(&format!("processes.{name}"))))?;
            let singleton = process.singleton.unwrap_or_default();
            let replicas = process.replicas.unwrap_or(1);
            if singleton && replicas > 1 {
                return self.fail(
                    &format!("processes.{name}.replicas"),
                    format!("`processes.{name}` is a singleton, but has {replicas} replicas"),
                    "set replicas = 1, or remove `singleton`",
                );
            }
            let stop_timeout = process.stop_timeout.unwrap_or(server.graceful_timeout);
            Ok(Worker { command: self.command(&key, &command)?, name, replicas, singleton, stop_timeout })
        };
        processes.map(worker).collect()
    }

    fn volumes(&self) -> Vec<Volume> {
        let volume = |(name, volume): (String, spec::Volume)| {
            let access = match volume.access.unwrap_or(AccessMode::ReadWriteMany) {
                AccessMode::ReadWriteMany => "ReadWriteMany",
                AccessMode::ReadWriteOnce => "ReadWriteOnce",
            };
            Some(Volume { name, path: volume.path?, size: volume.size, access })
        };
        entries(self.spec.volumes.as_ref()).into_iter().filter_map(volume).collect()
    }

    /// Files of the application that lie in volumes.
    fn links(&self) -> BTreeMap<String, String> {
        let volumes =
            entries(self.spec.volumes.as_ref()).into_iter().filter_map(|(_, volume)| Some((volume.path?, volume.files?)));
        let link = |folder: &str, file: &str| {
            // two files may have one name
            let file = paths::normal(file);
            (format!("{HOME}/{file}"), format!("{folder}/{}", file.replace('/', "-")))
        };
        volumes.flat_map(|(folder, files)| files.into_iter().map(move |file| link(&folder, &file))).collect()
    }

    /// The settings that have a value: part of the image.
    fn baked_environment(&self) -> BTreeMap<String, String> {
        entries(self.spec.environment.as_ref()).into_iter().filter_map(|(name, variable)| Some((name, variable.value?))).collect()
    }

    /// Every variable and secret that somebody outside may set.
    fn variables(&self, services: &[services::Resolved]) -> Vec<Variable> {
        let settings = entries(self.spec.environment.as_ref()).into_iter().map(|(name, variable)| Variable {
            name,
            description: variable.description.unwrap_or_default().trim().to_owned(),
            required: variable.value.is_none() && variable.required.unwrap_or_default(),
            secret: false,
            value: variable.value.or(variable.example).unwrap_or_default(),
        });
        let secrets = entries(self.spec.secrets.as_ref()).into_iter().map(|(name, secret)| Variable {
            name,
            description: secret.description.unwrap_or_default().trim().to_owned(),
            required: secret.required.unwrap_or_default(),
            secret: true,
            value: String::new(),
        });
        let mut variables: Vec<Variable> = settings.chain(secrets).collect();
        for variable in services.iter().flat_map(|service| service.variables.clone()) {
            if !variables.iter().any(|other| other.name == variable.name) {
                variables.push(variable);
            }
        }
        variables.sort_by(|one, other| (!one.required, &one.name).cmp(&(!other.required, &other.name)));
        variables
    }

    /// What settings need to load while the image is built; the values mean nothing and stay in no layer.
    fn step_values(&self, services: &[services::Resolved]) -> BTreeMap<String, String> {
        let placeholder =
            |variable: &Variable| if variable.value.is_empty() { "build-only".to_owned() } else { variable.value.clone() };
        let required = self.variables(&[]).into_iter().filter(|variable| variable.required);
        let own = required.map(|variable| (variable.name.clone(), placeholder(&variable)));
        // manage.py would take the settings of development where nobody names others
        let baked = self.baked_environment();
        own.chain(services.iter().flat_map(|service| service.plain("build-only"))).chain(baked).collect()
    }

    fn compose(&self, name: &str, outputs: &[Output], server: &Server, services: &[services::Resolved]) -> Result<Compose> {
        let compose = self.spec.compose.clone().unwrap_or_default();
        let path_of = |key: &str| outputs.iter().find(|output| output.key == key).map(|output| output.path.as_str());
        let depth = path_of("compose").map_or(0, |path| path.matches('/').count());
        let restart = match need(compose.restart.as_ref(), "compose.restart")? {
            Restart::No => "no",
            Restart::Always => "always",
            Restart::OnFailure => "on-failure",
            Restart::UnlessStopped => "unless-stopped",
        };
        Ok(Compose {
            context: if depth == 0 { ".".to_owned() } else { vec![".."; depth].join("/") },
            dockerfile: path_of("dockerfile").filter(|path| *path != "Dockerfile").map(str::to_owned),
            environment: services.iter().flat_map(|service| service.environment.clone()).collect(),
            port_variable: check::port_variable(name),
            networks: compose.networks.unwrap_or_default(),
            restart,
            limits: limits(compose.limits),
            reservations: reservations(compose.reservations),
            stop_timeout: server.graceful_timeout + MARGIN,
        })
    }
}

/// A folder of the project as a path in the image.
fn folder(relative: Option<&str>) -> String {
    let path = paths::normal(relative.unwrap_or("."));
    if path == "." { HOME.to_owned() } else { format!("{HOME}/{path}") }
}

fn limits(limits: Option<spec::Limits>) -> Limits {
    let spec::Limits { cpus, memory, pids } = limits.unwrap_or_default();
    Limits { cpus, memory, pids }
}

fn reservations(reservations: Option<spec::Reservations>) -> Limits {
    let spec::Reservations { cpus, memory } = reservations.unwrap_or_default();
    Limits { cpus, memory, pids: None }
}
