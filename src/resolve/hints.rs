//! Hints about what dockgen can't determine, and what it did instead.

use super::ServerFile;
use crate::model::{Dockerfile, Model};
use crate::output::{OutputFile, OutputKind, path_of};

pub(super) fn of_model(model: &Model, outputs: &[OutputFile]) -> Vec<String> {
    let all = [ignore_file(outputs), health(model), base(&model.dockerfile), registry(model, outputs)];
    all.into_iter().flatten().collect()
}

fn ignore_file(outputs: &[OutputFile]) -> Option<String> {
    let is_ignore_file = |output: &OutputFile| [".dockerignore", ".containerignore"].iter().any(|end| output.path.ends_with(end));
    let open = path_of(outputs, OutputKind::Dockerfile).is_some() && !outputs.iter().any(is_ignore_file);
    open.then(|| "output.dockerignore = false: make sure that the project's own ignore file excludes credential files".to_owned())
}

fn health(model: &Model) -> Option<String> {
    let open = model.health.as_ref().is_some_and(|health| health.path.is_none());
    open.then(|| {
        "no health check path found, so the check is only a TCP connect; set health.path, such as \"/health\"".to_owned()
    })
}

fn base(Dockerfile { base, python, install, .. }: &Dockerfile) -> Option<String> {
    (!install.tool.is_empty() && !base.contains(python.as_str()))
        .then(|| format!("image.base is {base}: make sure that it contains Python {python}"))
}

fn registry(model: &Model, outputs: &[OutputFile]) -> Option<String> {
    let image = &model.kubernetes.image;
    let open = path_of(outputs, OutputKind::Kubernetes).is_some() && !image.contains('/');
    open.then(|| format!("the Kubernetes image {image} has no registry; set kubernetes.image to its full name, such as registry.example.com/team/{image}"))
}

/// A key of `[server]` without effect.
pub(super) fn idle(key: &str) -> String {
    format!("{key} has no effect: the web command doesn't contain it")
}

/// The project's own gunicorn settings end the container.
pub(super) fn daemon(file: &ServerFile) -> Option<String> {
    let value = |line: &str| Some(line.strip_prefix("daemon")?.trim().strip_prefix('=')?.split('#').next()?.trim() == "True");
    let path = &file.path;
    let on = file.text.lines().filter_map(value).any(|on| on);
    on.then(|| format!("{path} sets `daemon`: the server would leave the foreground, and the container would exit; remove it"))
}
