//! The commands of the image: the web process with its server and health check, the release, and the workers.

use super::command_line;
use super::settings::{Settings, list, need};
use crate::error::{Error, Result};
use crate::layers::references::missing_setting;
use crate::model::{Health, Release, Server, Worker};
use crate::quote::shell_line;
use crate::spec::{self, CommandLine};

/// Name of the process that serves requests.
const WEB: &str = "web";

/// Help for an invalid command.
const COMMAND: &str = "write a program with its arguments, such as [\"python\", \"manage.py\", \"migrate\"]";

impl Settings<'_> {
    pub(super) fn commands(&self, key: &str, steps: Option<&Vec<CommandLine>>) -> Result<Vec<Vec<String>>> {
        list(steps).iter().map(|step| self.command(key, step)).collect()
    }

    fn command(&self, key: &str, command: &CommandLine) -> Result<Vec<String>> {
        command_line::words(command).map_err(|why| self.error(key, format!("invalid command in `{key}`: {why}")).hint(COMMAND))
    }

    pub(super) fn web_command(&self) -> Result<Vec<String>> {
        let web = self.processes.get(WEB).and_then(|web| web.command.as_ref());
        let command = web.ok_or_else(|| {
            Error::new("no framework preset, so `processes.web.command` is missing").hint(
                "add a framework preset such as fastapi-uvicorn (`dockgen presets` lists them), or set processes.web.command",
            )
        })?;
        self.command("processes.web.command", command)
    }

    pub(super) fn server(&self) -> Result<Server> {
        let server = &self.server;
        Ok(Server {
            workers: need(server.workers.as_ref(), "server.workers")?,
            threads: need(server.threads.as_ref(), "server.threads")?,
            timeout: need(server.timeout.as_ref(), "server.timeout")?,
            graceful_timeout: need(server.graceful_timeout.as_ref(), "server.graceful-timeout")?,
            keep_alive: need(server.keep_alive.as_ref(), "server.keep-alive")?,
            max_requests: need(server.max_requests.as_ref(), "server.max-requests")?,
            worker_class: server.worker_class.clone(),
        })
    }

    pub(super) fn health(&self) -> Result<Option<Health>> {
        let Some(health) = &self.health else { return Ok(None) };
        Ok(Some(Health {
            ready_path: health.ready_path.clone().or_else(|| health.path.clone()),
            path: health.path.clone(),
            host: need(health.host.as_ref(), "health.host")?,
            interval: need(health.interval.as_ref(), "health.interval")?,
            timeout: need(health.timeout.as_ref(), "health.timeout")?,
            start_period: need(health.start_period.as_ref(), "health.start-period")?,
            start_interval: need(health.start_interval.as_ref(), "health.start-interval")?,
            retries: need(health.retries.as_ref(), "health.retries")?,
        }))
    }

    /// One command for all steps: a single step unchanged, several joined by `&&` in `sh`.
    pub(super) fn release(&self) -> Result<Option<Release>> {
        let mut steps = self.commands("release.steps", self.release.steps.as_ref())?;
        let command = match steps.len() {
            0 => return Ok(None),
            1 => steps.remove(0),
            _ => {
                let lines: Vec<_> = steps.iter().map(|words| shell_line(words)).collect();
                vec!["sh".to_owned(), "-c".to_owned(), lines.join(" && ")]
            }
        };
        Ok(Some(Release { command, timeout: need(self.release.timeout.as_ref(), "release.timeout")? }))
    }

    pub(super) fn workers(&self, server: &Server) -> Result<Vec<Worker>> {
        let workers = self.processes.iter().filter(|(name, _)| *name != WEB);
        workers.map(|(name, process)| self.worker(name, process, server)).collect()
    }

    fn worker(&self, name: &str, process: &spec::Process, server: &Server) -> Result<Worker> {
        let key = |field: &str| format!("processes.{name}.{field}");
        let missing = || -> Error { missing_setting(&key("command")).at(self.place(&format!("processes.{name}"))) };
        let command = process.command.as_ref().ok_or_else(missing)?;
        let singleton = process.singleton.unwrap_or_default();
        let replicas = process.replicas.unwrap_or(1);
        if singleton && replicas > 1 {
            let message = format!("`processes.{name}` is a singleton, but has {replicas} replicas");
            return Err(self.error(&key("replicas"), message).hint("set replicas = 1, or singleton = false"));
        }
        Ok(Worker {
            command: self.command(&key("command"), command)?,
            name: name.to_owned(),
            replicas,
            singleton,
            stop_timeout: process.stop_timeout.unwrap_or(server.graceful_timeout),
        })
    }
}
