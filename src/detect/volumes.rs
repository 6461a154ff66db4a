//! Volumes for the folders that the application writes to, because the root file system is read-only.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Value;

use super::service_settings::is_database_url;
use super::services::FoundService;
use super::setting::{ReadSetting, ReadSettings};
use super::written::{WriteKind, Written};
use super::{Facts, Folder};
use crate::error::{Error, Result, Source};
use crate::layers::{Node, origin};
use crate::paths::has_extension;
use crate::secrets;

/// Adds a volume for each folder that the application writes to, and one for its databases.
pub(super) fn add(writes: Vec<Written>, services: &[FoundService], settings: &mut ReadSettings, facts: &mut Facts) {
    let served = services.iter().any(|service| service.kind.is_database());
    let mut volumes = Volumes { served, ..Volumes::default() };
    if !served {
        volumes.add_database_by_url(settings, facts);
    }
    for written in writes {
        volumes.add(&written, facts);
    }
    volumes.finish(facts);
}

/// Refuses a volume over a folder of the project's code, which it would hide.
pub(super) fn prove(directory: &Folder, layers: &Node) -> Result<()> {
    for (name, _) in layers.entries("volumes") {
        let keys = [format!("volumes.{name}.path"), format!("volumes.{name}")];
        let Some((key, path)) = keys.iter().find_map(|key| Some((key, layers.text(key)?))) else { continue };
        let Some(module) = path.strip_prefix("/app/").and_then(|folder| first_module(&directory.join(folder))) else { continue };
        let message = format!("the volume at `{path}` would hide `{path}/{module}`, which is part of the application");
        let hint = "choose a folder without code, such as path = \"/data\", and let the application write there";
        return Err(Error::new(message).at(layers.place(key)).hint(hint));
    }
    Ok(())
}

/// The first Python file in a folder, by name.
fn first_module(folder: &Path) -> Option<String> {
    let entries = fs_err::read_dir(folder).ok()?.flatten().filter(|entry| entry.path().is_file());
    entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| has_extension(name, &["py"])).min()
}

/// Collects volumes with their places.
#[derive(Default)]
struct Volumes {
    /// Whether a database server stores the data.
    served: bool,
    /// Whether a variable contains the URL of an `SQLite` database.
    has_url: bool,
    /// Evidence for the volume `data`.
    data: Option<(Arc<Source>, Range<usize>)>,
    /// Evidence that limits the application to one pod.
    one_pod: Option<(Arc<Source>, Range<usize>)>,
    /// Databases next to the code, which become links into `data`.
    files: Vec<Value>,
    /// Log files next to the code, which become links into `log-files`, and evidence for that volume.
    logs: Vec<Value>,
    log: Option<(Arc<Source>, Range<usize>)>,
}

impl Volumes {
    /// Points a variable with an `SQLite` URL to a database in a volume.
    fn add_database_by_url(&mut self, settings: &mut ReadSettings, facts: &mut Facts) {
        let is_url = |name: &str, setting: &ReadSetting| {
            is_database_url(name) && setting.source.text.contains("sqlite") && !name.contains("TEST")
        };
        let name = settings.iter().find(|(name, setting)| is_url(name, setting)).map(|(name, _)| name.clone());
        let Some((name, setting)) = name.and_then(|name| settings.remove_entry(&name)) else { return };
        let scheme = setting.example.as_deref().and_then(|example| example.split("://").next());
        let drivers = ["sqlite+aiosqlite", "sqlite+pysqlite", "sqlite3"];
        let scheme = scheme.filter(|scheme| drivers.contains(scheme)).unwrap_or("sqlite");
        let why = "an SQLite database, which must be in a volume";
        facts.say(&format!("environment.{name}.value"), format!("{scheme}:////data/app.db"), &setting.source, &setting.span, why);
        self.has_url = true;
        self.data = Some((Arc::clone(&setting.source), setting.span));
    }

    fn add(&mut self, written: &Written, facts: &mut Facts) {
        let path = &written.path;
        let place = || origin(&written.source, written.span.clone(), "").place;
        if let Some(what) = secrets::what(path) {
            let hint = format!("{} writes to a path that contains {what}: give it a volume under [volumes]", place());
            return facts.hints.push(hint);
        }
        match written.kind {
            WriteKind::Beside => {
                self.logs.push(Value::String(path.clone()));
                self.log.get_or_insert_with(|| (Arc::clone(&written.source), written.span.clone()));
                facts.hints.push(format!("{} logs to {path}, which is in a volume: log to stdout", place()));
            }
            WriteKind::Databases if self.served || self.has_url => {}
            WriteKind::Database => self.add_database(written),
            _ => self.add_folder(written, facts),
        }
    }

    /// Links the file into a volume, unless a URL variable or a server decides where the data is.
    fn add_database(&mut self, written: &Written) {
        if !self.served && (!self.has_url || written.settled) {
            self.files.push(Value::String(written.path.clone()));
            self.data.get_or_insert_with(|| (Arc::clone(&written.source), written.span.clone()));
        }
    }

    fn add_folder(&mut self, written: &Written, facts: &mut Facts) {
        let Written { source, span, path, kind, .. } = written;
        let key = super::project_name::slug(path).map(|name| format!("volumes.{name}"));
        let Some(key) = key.filter(|key| facts.layer.get(key).is_none()) else {
            return facts.hints.push(format!("the application writes into {path}, which is read-only: give it a volume"));
        };
        facts.say(&format!("{key}.path"), format!("/app/{path}"), source, span, "the application writes to it");
        if *kind == WriteKind::Databases {
            self.one_pod.get_or_insert_with(|| (Arc::clone(source), span.clone()));
            facts.say(&format!("{key}.access"), "ReadWriteOnce", source, span, "an SQLite database");
        }
        if *kind != WriteKind::Scratch {
            facts.say(&format!("{key}.size"), "1Gi", source, span, "its files must be kept");
        }
    }

    /// Adds the volume for databases, and limits the replicas in Kubernetes.
    fn finish(mut self, facts: &mut Facts) {
        if let Some((source, span)) = self.data.take() {
            let why = "an SQLite database";
            facts.say("volumes.data.path", "/data", &source, &span, why);
            facts.say("volumes.data.size", "1Gi", &source, &span, why);
            facts.say("volumes.data.access", "ReadWriteOnce", &source, &span, why);
            if !self.files.is_empty() {
                facts.say("volumes.data.files", Value::Array(self.files), &source, &span, why);
            }
            self.one_pod.get_or_insert((source, span));
        }
        if let Some((source, span)) = self.log {
            let why = "a log file next to the code";
            facts.say("volumes.log-files.path", "/log-files", &source, &span, why);
            facts.say("volumes.log-files.files", Value::Array(self.logs), &source, &span, why);
        }
        if let Some((source, span)) = self.one_pod {
            facts.say("kubernetes.replicas", 1, &source, &span, "SQLite serves one pod");
            facts.say("kubernetes.autoscaling", false, &source, &span, "SQLite serves one pod");
        }
    }
}
