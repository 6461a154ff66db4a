//! Spec and facts become the [`Model`]: every decision of dockgen is made here.
//!
//! [`check_layers`] checks the merged layers and fills in their references. [`choose`] decides Python, the Debian release and the
//! installer. The project's files are searched for what these choices need ([`Findings`]), and [`resolve`] decides the rest. Nothing changes the model after that.

mod amounts;
mod answers;
mod check;
mod choices;
mod command_line;
mod compose;
mod context;
mod dotenv;
mod early;
mod hints;
mod image;
mod install;
mod kubernetes;
mod outputs;
mod processes;
mod services;
mod settings;
mod sizes;
mod system;
mod team;
mod variables;
mod volumes;

use crate::detect::context::ContextFacts;
use crate::detect::system_packages::Needs;
use crate::error::Result;
use crate::model::Model;
use crate::output::{OutputFile, OutputKind, path_of};

pub use choices::{CheckedLayers, Choices, check_layers, choose};
pub(crate) use early::check_known;
pub use outputs::asked_for;

use settings::need;
use system::Additions;

/// What the project's files say about the choices.
#[derive(Default)]
pub struct Findings {
    /// What the dependencies need; none if no Dockerfile is written.
    pub needs: Option<Needs>,
    /// Files that `.dockerignore` may have to leave out; none if it is not written.
    pub context: Option<ContextFacts>,
    /// The project's own settings of the server, which are kept.
    pub server_file: Option<ServerFile>,
}

/// A configuration file that the project has where dockgen would write one.
pub struct ServerFile {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A spec without open questions.
pub struct Resolved {
    /// What the templates see.
    pub model: Model,
    /// The files to write.
    pub outputs: Vec<OutputFile>,
    /// What dockgen could not know, and what it did instead.
    pub hints: Vec<String>,
}

/// Folder of the project in the image.
const HOME: &str = "/app";

/// Seconds on top of a server's own grace until it is killed.
const STOP_MARGIN: u32 = 5;

/// Decides everything that the choices leave open.
///
/// # Errors
/// A value that is missing, or that contradicts another, with its key and its place.
pub fn resolve(choices: Choices<'_>, findings: &Findings) -> Result<Resolved> {
    let (model, more_hints) = choices.model(findings)?;
    sizes::check_sums(&model, choices.settings.layers)?;
    let Choices { mut outputs, idle_server_keys, .. } = choices;
    if findings.server_file.is_some() {
        outputs.retain(|output| output.kind != Some(OutputKind::Gunicorn));
    }
    let mut hints = hints::of_model(&model, &outputs);
    hints.extend(findings.context.iter().flat_map(|facts| context::hints(facts, &model)));
    if path_of(&outputs, OutputKind::Gunicorn).is_none() && findings.server_file.is_none() {
        hints.extend(idle_server_keys.iter().map(|key| hints::idle(key)));
    }
    hints.extend(findings.server_file.as_ref().and_then(hints::daemon));
    hints.extend(more_hints);
    Ok(Resolved { model, outputs, hints })
}

impl Choices<'_> {
    /// The model, and what the dependencies leave to people.
    fn model(&self, findings: &Findings) -> Result<(Model, Vec<String>)> {
        let settings = &self.settings;
        let outputs = &self.outputs;
        let name = need(settings.project.name.as_ref(), "project.name")?;
        let image = format!("{name}:{}", need(settings.image.tag.as_ref(), "image.tag")?);
        let port = need(settings.app.port.as_ref(), "app.port")?;
        let server = settings.server()?;
        let volumes = settings.volumes();
        let services = settings.services()?;
        let mut additions = self.all_additions(findings, port)?;
        let hints = std::mem::take(&mut additions.hints);
        let model = Model {
            dockerfile: self.dockerfile(&volumes, &services, additions)?,
            context: context::context(settings, outputs, &volumes, &settings.links(), findings.context.as_ref())?,
            compose: settings.compose(&name, outputs, &server, &services)?,
            kubernetes: settings.kubernetes(&name, &image, &server, &services)?,
            health: settings.health()?,
            release: settings.release()?,
            workers: settings.workers(&server)?,
            environment: settings.baked_environment(),
            variables: settings.writable(settings.all_variables(&services), outputs)?,
            services: services.iter().filter_map(|service| service.container.clone()).collect(),
            answers: settings.answers.clone(),
            name,
            image,
            port,
            server,
            volumes,
        };
        Ok((model, hints))
    }

    /// What the dependencies add to the image, for the command that runs in it.
    fn all_additions(&self, findings: &Findings, port: u16) -> Result<Additions> {
        let mut command = self.settings.web_command()?;
        if findings.server_file.is_some() {
            command = bound(command, OutputKind::Gunicorn.key(), port);
        }
        let has_steps = self.settings.build.steps.as_ref().is_some_and(|steps| !steps.is_empty());
        Ok(self.additions(findings.needs.as_ref(), command, has_steps))
    }
}

/// A server's command with the port: the project's own settings may say another one, and the health check doesn't know it.
fn bound(mut command: Vec<String>, server: &str, port: u16) -> Vec<String> {
    if command.first().is_some_and(|program| program == server) && !command.iter().any(|word| word == "--bind") {
        command.splice(1..1, ["--bind".to_owned(), format!("0.0.0.0:{port}")]);
    }
    command
}
