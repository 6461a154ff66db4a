//! The Dockerfile: base image, folders, user, labels and build steps.

use std::collections::{BTreeMap, BTreeSet};

use super::choices::Choices;
use super::services::Connection;
use super::settings::{Settings, list, need};
use super::system::Additions;
use super::{HOME, team};
use crate::error::Result;
use crate::model::{Dockerfile, User, Volume};
use crate::paths;

impl Choices<'_> {
    pub(super) fn dockerfile(&self, volumes: &[Volume], services: &[Connection], additions: Additions) -> Result<Dockerfile> {
        let settings = &self.settings;
        let workdir = folder(settings.app.workdir.as_deref());
        let root = folder(settings.app.root.as_deref());
        let links = settings.links();
        let steps = settings.commands("build.steps", settings.build.steps.as_ref())?;
        Ok(Dockerfile {
            syntax: settings.mirrored("docker/dockerfile:1"),
            base: settings.base()?,
            uv_image: settings.mirrored(&format!("ghcr.io/astral-sh/uv:{}", self.installer_version())),
            python: self.python.clone(),
            debian: self.debian.clone(),
            install: self.model_install(&additions),
            build_packages: additions.build,
            step_packages: additions.step,
            run_packages: additions.run,
            step_values: if steps.is_empty() { BTreeMap::new() } else { settings.step_values(services) },
            steps,
            user: settings.user()?,
            link_folders: link_folders(&links),
            links,
            writable: volumes.iter().map(|volume| volume.path.clone()).collect(),
            labels: settings.labels()?,
            python_path: (root != workdir).then_some(root),
            workdir,
            command: additions.command,
        })
    }
}

impl Settings<'_> {
    /// Adds the registry mirror to an image name.
    pub(super) fn mirrored(&self, image: &str) -> String {
        self.image.registry.as_ref().map_or_else(|| image.to_owned(), |registry| format!("{registry}/{image}"))
    }

    /// The base image; the mirror isn't added if it already names a registry.
    fn base(&self) -> Result<String> {
        let base = need(self.image.base.as_ref(), "image.base")?;
        Ok(if team::names_registry(&base) { base } else { self.mirrored(&base) })
    }

    fn user(&self) -> Result<User> {
        let user = self.image.user.clone().unwrap_or_default();
        Ok(User {
            name: need(user.name.as_ref(), "image.user.name")?,
            group: need(user.group.as_ref(), "image.user.group")?,
            uid: need(user.uid.as_ref(), "image.user.uid")?,
            gid: need(user.gid.as_ref(), "image.user.gid")?,
        })
    }

    fn labels(&self) -> Result<BTreeMap<String, String>> {
        let project = &self.project;
        let title = Some(need(project.name.as_ref(), "project.name")?);
        let known = [
            ("title", title),
            ("description", project.description.clone()),
            ("source", project.source.clone()),
            ("licenses", project.licenses.clone()),
        ];
        let known = known.into_iter().filter_map(|(name, value)| Some((format!("org.opencontainers.image.{name}"), value?)));
        let labels = known.chain(self.image.labels.clone().unwrap_or_default()).collect();
        team::labels(&labels, list(self.image.required_labels.as_ref()), self.layers)?;
        Ok(labels)
    }
}

/// Path in the image of a project folder.
fn folder(relative: Option<&str>) -> String {
    let path = paths::normal(relative.unwrap_or("."));
    if path == "." { HOME.to_owned() } else { format!("{HOME}/{path}") }
}

/// Folders inside the project that contain links.
fn link_folders(links: &BTreeMap<String, String>) -> BTreeSet<String> {
    let folders = links.keys().map(|link| paths::parent(link));
    folders.filter(|folder| !folder.is_empty() && *folder != HOME).map(str::to_owned).collect()
}
