//! The compose file.

use super::services::Connection;
use super::settings::{Settings, need};
use super::{STOP_MARGIN, check};
use crate::error::Result;
use crate::model::{Compose, Limits, Server};
use crate::output::{OutputFile, OutputKind, path_of};
use crate::spec::{self, Restart};

impl Settings<'_> {
    pub(super) fn compose(
        &self,
        name: &str,
        outputs: &[OutputFile],
        server: &Server,
        services: &[Connection],
    ) -> Result<Compose> {
        let compose = &self.compose;
        let depth = path_of(outputs, OutputKind::Compose).map_or(0, |path| path.matches('/').count());
        let dockerfile = path_of(outputs, OutputKind::Dockerfile).filter(|path| *path != "Dockerfile");
        Ok(Compose {
            context: if depth == 0 { ".".to_owned() } else { vec![".."; depth].join("/") },
            dockerfile: dockerfile.map(str::to_owned),
            environment: services.iter().flat_map(|service| service.environment.clone()).collect(),
            port_variable: check::port_variable(self, name),
            networks: compose.networks.clone().unwrap_or_default(),
            restart: restart(need(compose.restart.as_ref(), "compose.restart")?),
            limits: limits(compose.limits.as_ref()),
            reservations: reservations(compose.reservations.as_ref()),
            stop_timeout: server.graceful_timeout + STOP_MARGIN,
        })
    }
}

fn restart(restart: Restart) -> &'static str {
    match restart {
        Restart::No => "no",
        Restart::Always => "always",
        Restart::OnFailure => "on-failure",
        Restart::UnlessStopped => "unless-stopped",
    }
}

fn limits(limits: Option<&spec::Limits>) -> Limits {
    let spec::Limits { cpus, memory, pids } = limits.cloned().unwrap_or_default();
    Limits { cpus, memory, pids }
}

fn reservations(reservations: Option<&spec::Reservations>) -> Limits {
    let spec::Reservations { cpus, memory } = reservations.cloned().unwrap_or_default();
    Limits { cpus, memory, pids: None }
}
