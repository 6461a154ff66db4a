//! The build context: what `.dockerignore` leaves out, and what a spec lets in all the same.

use std::collections::BTreeMap;

use super::outputs::{OutputFile, path_of};
use super::settings::{Settings, list};
use super::{HOME, Resolved};
use crate::credentials::{self, Exception};
use crate::detect::context::Found;
use crate::error::{Error, Result};
use crate::model::{Context, Volume};
use crate::output::{InImage, OutputKind};
use crate::pattern;

/// Refuses patterns that Docker cannot read, and those that would let credentials in.
pub(super) fn check(settings: &Settings<'_>) -> Result<()> {
    let keep = list(settings.context.keep.as_ref());
    for (key, patterns) in [("context.ignore", list(settings.context.ignore.as_ref())), ("context.keep", keep)] {
        for pattern in patterns {
            pattern::check(pattern).map_err(|why| {
                let error = Error::new(format!("`{key}` has the pattern {pattern:?}, which {why}"));
                error.at(settings.place(key)).hint("write it as in .dockerignore: \"docs\", \"**/*.pdf\", \"data/[0-9]*\"")
            })?;
        }
    }
    keep.iter().try_for_each(|pattern| may_keep(pattern).map_err(|error| error.at(settings.place("context.keep"))))
}

/// A credential file goes in by its exact path, if at all.
fn may_keep(keep: &str) -> Result<()> {
    let path = exact(keep);
    match credentials::rule(&path) {
        Some(Exception::Never) => Err(Error::new(format!("`context.keep` would put `{keep}` into the image")).hint(
            "take it out of context.keep: secrets reach a container when it starts, as a variable of [secrets] or a mounted file",
        )),
        Some(Exception::ByName) if !pattern::is_literal(&path) => {
            Err(Error::new(format!("`context.keep` would put credential files into the image by the pattern `{keep}`"))
                .hint("name each file that the application needs by its exact path, such as keep = [\"certs/ca.pem\"]"))
        }
        _ => Ok(()),
    }
}

/// What a pattern of the spec comes down to: a path, where it has no wildcards.
fn exact(pattern: &str) -> String {
    pattern::clean(&pattern::without_classes_of_one(&pattern::clean(pattern)))
}

/// The patterns of every kind. Files in volumes are links: what lies there in the project would be in their way.
pub(super) fn context(
    settings: &Settings<'_>,
    outputs: &[OutputFile],
    volumes: &[Volume],
    links: &BTreeMap<String, String>,
) -> Result<Context> {
    let context = settings.context.clone();
    let in_home = |path: &str| path.strip_prefix(&format!("{HOME}/")).map(str::to_owned);
    let links: Vec<String> = links.keys().filter_map(|path| in_home(path)).collect();
    let unused =
        outputs.iter().filter(|output| output.kind.map(OutputKind::in_image).is_none_or(|kind| kind == InImage::ExcludedByPath));
    let (named, keep): (Vec<String>, Vec<String>) =
        context.keep.unwrap_or_default().into_iter().partition(|pattern| credentials::rule(&exact(pattern)).is_some());
    let mut named: Vec<String> = named.iter().map(|pattern| exact(pattern)).collect();
    if let Some(path) = named.iter().find(|path| links.contains(path)) {
        return Err(settings
            .error("context.keep", format!("`context.keep` names `{path}`, and a volume has a file of that name too"))
            .hint("remove it from one of them: the file of the image, or the one in the volume"));
    }
    let installed = installed(settings)?.into_iter().filter(|path| !named.contains(path)).collect::<Vec<_>>();
    named.extend(installed);
    Ok(Context {
        outputs: unused.map(|output| output.path.clone()).collect(),
        volumes: volumes.iter().filter_map(|volume| in_home(&volume.path)).chain(links).collect(),
        ignore: context.ignore.unwrap_or_default(),
        keep,
        named,
        modules: Vec::new(),
        key_modules: Vec::new(),
        queries: Vec::new(),
    })
}

/// Files that dockgen installs from and that have a name of credentials: a build needs them.
fn installed(settings: &Settings<'_>) -> Result<Vec<String>> {
    let files = list(settings.install.files.as_ref());
    let files: Vec<String> = files.iter().map(|file| pattern::clean(file)).collect();
    if let Some(file) = files.iter().find(|file| credentials::rule(file) == Some(Exception::Never)) {
        return Err(settings
            .error("install.files", format!("`install.files` names `{file}`, which stays out of the image by its name"))
            .hint(format!("rename the file: git mv {file} requirements.txt")));
    }
    Ok(files.into_iter().filter(|file| credentials::rule(file).is_some() && pattern::is_literal(file)).collect())
}

impl Resolved {
    /// The Dockerfile that an ignore file is written for.
    pub(crate) fn ignored_dockerfile(&self) -> Option<&str> {
        let path = |kind| path_of(&self.outputs, kind);
        path(OutputKind::Dockerignore).and_then(|_| path(OutputKind::Dockerfile))
    }

    /// Adds what the project's own files say about its ignore file.
    pub(crate) fn add_context(&mut self, found: Found) {
        self.model.context.modules.extend(found.modules);
        self.model.context.key_modules.extend(found.key_modules);
        self.model.context.queries.extend(found.queries);
        self.hints.extend(found.hints);
    }
}
