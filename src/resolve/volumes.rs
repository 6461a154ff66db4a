//! Volumes, and links to the application's files in them.

use std::collections::BTreeMap;

use super::HOME;
use super::settings::{Settings, list};
use crate::model::Volume;
use crate::paths::normal;
use crate::spec::{self, AccessMode};

impl Settings<'_> {
    pub(super) fn volumes(&self) -> Vec<Volume> {
        self.volumes.iter().filter_map(|(name, table)| volume(name, table)).collect()
    }

    /// Links to the files in volumes: path and target.
    pub(super) fn links(&self) -> BTreeMap<String, String> {
        let files = self.volumes.values().filter_map(|volume| Some((volume.path.as_deref()?, list(volume.files.as_ref()))));
        files.flat_map(|(folder, files)| files.iter().map(move |file| link(folder, file))).collect()
    }
}

fn volume(name: &str, volume: &spec::Volume) -> Option<Volume> {
    let access = match volume.access.unwrap_or(AccessMode::ReadWriteMany) {
        AccessMode::ReadWriteMany => "ReadWriteMany",
        AccessMode::ReadWriteOnce => "ReadWriteOnce",
    };
    Some(Volume { name: name.to_owned(), path: volume.path.clone()?, size: volume.size.clone(), access })
}

fn link(folder: &str, file: &str) -> (String, String) {
    // two files may have the same name
    let file = normal(file);
    (format!("{HOME}/{file}"), format!("{folder}/{}", file.replace('/', "-")))
}
