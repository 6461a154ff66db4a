//! Makes every decision: turns the spec and the facts into the [`Model`].
//!
//! [`check_layers`] checks the merged layers and fills in their references. [`choose`] decides Python, the Debian release and the
//! installer. Detection then finds what these choices need ([`Findings`]), and [`resolve`] decides the rest. Nothing changes the model
//! afterwards.

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
mod placeholders;
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

/// What detection finds for the choices.
#[derive(Default)]
pub struct Findings {
    /// System packages and additions; none if no Dockerfile is written.
    pub needs: Option<Needs>,
    /// Files that look like credentials or are hidden; none if no `.dockerignore` is written.
    pub context: Option<ContextFacts>,
    /// The project's own server settings, which dockgen keeps.
    pub server_file: Option<ServerFile>,
}

/// A configuration file of the project at the path of an output.
pub struct ServerFile {
    /// Path in the project.
    pub path: String,
    pub text: String,
}

/// The result of [`resolve`].
pub struct Resolved {
    /// The input of the templates.
    pub model: Model,
    pub outputs: Vec<OutputFile>,
    /// Messages about what dockgen couldn't determine.
    pub hints: Vec<String>,
}

/// Folder of the application in the image.
const HOME: &str = "/app";

/// Seconds to add to the server's own graceful timeout before it is killed.
const STOP_MARGIN: u32 = 5;

/// Makes all remaining decisions.
///
/// # Errors
/// A value is missing or contradicts another. The error names its key and place.
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
    /// Builds the model, with hints about the dependencies.
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

    /// What the dependencies add to the image, and the final web command.
    fn all_additions(&self, findings: &Findings, port: u16) -> Result<Additions> {
        let mut command = self.settings.web_command()?;
        if findings.server_file.is_some() {
            command = bound(command, OutputKind::Gunicorn.key(), port);
        }
        let has_steps = self.settings.build.steps.as_ref().is_some_and(|steps| !steps.is_empty());
        Ok(self.additions(findings.needs.as_ref(), command, has_steps))
    }
}

/// Adds `--bind` to the command: the project's own settings may use a port that the health check doesn't know.
fn bound(mut command: Vec<String>, server: &str, port: u16) -> Vec<String> {
    if command.first().is_some_and(|program| program == server) && !command.iter().any(|word| word == "--bind") {
        command.splice(1..1, ["--bind".to_owned(), format!("0.0.0.0:{port}")]);
    }
    command
}
