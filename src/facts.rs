//! Facts: what the project's files say, each with its place.

use std::ops::Range;
use std::sync::Arc;

use toml::Value;

use crate::error::{Error, Result, Source, SourceKind};
use crate::knowledge::InstallerRow;
use crate::layers::{Node, Origin, origin};
use crate::secrets;

/// What the project's files say.
#[derive(Clone)]
pub struct Facts {
    /// What they settle.
    pub layer: Node,
    /// Keys on which they contradict each other: an error, unless somebody else decides.
    pub doubts: Vec<(&'static str, Error)>,
    /// What they settle besides the keys of a spec: the framework.
    pub framework: Option<Fact>,
    /// `service-kinds.KIND.url` of kinds that no detected service has, for services of a spec or a preset.
    pub(crate) drivers: Vec<Fact>,
    /// Equal answers, of which somebody must choose one.
    pub candidates: Vec<Fact>,
    /// Keys that nothing says anything about.
    pub unknown: Vec<&'static str>,
    /// The requirements files, for a project that installs from them although it has a lock.
    pub(crate) requirements: Option<(Value, Origin)>,
    /// How dependencies are installed.
    pub(crate) installer: Option<FoundInstaller>,
    /// The built-in preset that runs the framework.
    pub preset: Option<&'static str>,
    /// What was not looked at.
    pub hints: Vec<String>,
    /// The Pythons that the project's files take, the likeliest first.
    pub(crate) pythons: Vec<&'static str>,
}

/// One thing that a file says.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The key of the spec.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Where it was read, and why it says so.
    pub origin: Origin,
}

/// How the project's dependencies are installed, and from which files.
#[derive(Clone)]
pub(crate) struct FoundInstaller {
    /// The installer, and what says so.
    pub(crate) with: (Value, Origin),
    /// The files.
    pub(crate) files: Vec<String>,
}

impl Facts {
    /// Nothing more than a layer of nothing.
    #[must_use]
    pub fn none() -> Self {
        let nowhere = Arc::new(Source::new(SourceKind::Folder, "the project", ""));
        Self {
            layer: Node::empty(&nowhere),
            doubts: Vec::new(),
            framework: None,
            drivers: Vec::new(),
            candidates: Vec::new(),
            unknown: Vec::new(),
            requirements: None,
            installer: None,
            preset: None,
            hints: Vec::new(),
            pythons: Vec::new(),
        }
    }

    /// Takes back the files of an installer that somebody stronger did not choose.
    pub(crate) fn install_with(&mut self, installer: &str) {
        let found = match self.layer.get("install.with") {
            Some(Node::Leaf(Value::String(found), _)) => found.clone(),
            _ => String::new(),
        };
        let reads_requirements = |installer: &str| InstallerRow::named(installer).is_some_and(|row| row.requirements);
        if found == installer || reads_requirements(&found) && reads_requirements(installer) {
            return;
        }
        self.layer.remove("install.files");
        if reads_requirements(installer)
            && let Some((files, origin)) = self.requirements.take()
        {
            self.layer.set("install.files", files, &origin);
        }
    }

    /// Adds a fact, unless its value is a secret: whatever read it, it is not copied.
    pub(crate) fn say(&mut self, key: &str, value: impl Into<Value>, source: &Arc<Source>, span: &Range<usize>, why: &str) {
        let value = value.into();
        let is_secret = |text: &str| !key.starts_with("app.") && secrets::what(text).is_some();
        let words = value.as_array().into_iter().flatten();
        if !words.chain([&value]).filter_map(Value::as_str).any(is_secret) {
            self.layer.set(key, value, &origin(source, span.clone(), why));
        }
    }

    /// Keeps what was found, or the doubt about a key.
    pub(crate) fn add(&mut self, key: &'static str, found: Result<Option<(Value, Origin)>>) {
        match found {
            Ok(Some((value, origin))) => self.layer.set(key, value, &origin),
            Ok(None) => {}
            Err(doubt) => self.doubts.push((key, doubt)),
        }
    }
}
