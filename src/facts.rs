//! Facts: values detected in the project's files, each with file and line.

use std::ops::Range;
use std::sync::Arc;

use toml::Value;

use crate::error::{Error, Result, Source, SourceKind};
use crate::knowledge::InstallerRow;
use crate::layers::{Node, Origin, origin};
use crate::secrets;

/// Everything that was detected in the project.
#[derive(Clone)]
pub struct Facts {
    /// Detected values, as a layer of the spec.
    pub layer: Node,
    /// Keys with contradictory evidence; an error unless a stronger layer sets the key.
    pub doubts: Vec<(&'static str, Error)>,
    /// The framework, which is not a key of the spec.
    pub framework: Option<Fact>,
    /// `service-kinds.KIND.url` of kinds that no detected service has, for services of a spec or a preset.
    pub(crate) drivers: Vec<Fact>,
    /// Entry points to choose from, if there are several equal ones.
    pub candidates: Vec<Fact>,
    /// Keys without any evidence.
    pub unknown: Vec<&'static str>,
    /// The requirements files, in case another layer chooses pip although there is a lockfile.
    pub(crate) requirements: Option<(Value, Origin)>,
    /// The detected installer, even if it is not part of `layer`.
    pub(crate) installer: Option<FoundInstaller>,
    /// Name of the built-in preset for the framework.
    pub preset: Option<&'static str>,
    /// Messages for the user, such as files that were skipped.
    pub hints: Vec<String>,
    /// Python versions that the project supports, the preferred one first.
    pub(crate) pythons: Vec<&'static str>,
}

/// A detected value.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Dotted key of the spec, such as `app.entry`.
    pub key: String,
    pub value: Value,
    /// Place of the evidence, and a note that describes it.
    pub origin: Origin,
}

/// A detected installer and its files.
#[derive(Clone)]
pub(crate) struct FoundInstaller {
    /// Name of the installer, and the evidence.
    pub(crate) with: (Value, Origin),
    pub(crate) files: Vec<String>,
}

impl Facts {
    /// No facts, for specs without a project.
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

    /// Removes the detected files if a stronger layer chose another installer.
    pub(crate) fn install_with(&mut self, installer: &str) {
        let found = self.layer.text("install.with").unwrap_or_default().to_owned();
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

    /// Adds a fact, unless its value is a secret.
    pub(crate) fn say(&mut self, key: &str, value: impl Into<Value>, source: &Arc<Source>, span: &Range<usize>, why: &str) {
        let value = value.into();
        let is_secret = |text: &str| !key.starts_with("app.") && secrets::what(text).is_some();
        let words = value.as_array().into_iter().flatten();
        if !words.chain([&value]).filter_map(Value::as_str).any(is_secret) {
            self.layer.set(key, value, &origin(source, span.clone(), why));
        }
    }

    /// Adds a result: a value, or an error for `doubts`.
    pub(crate) fn add(&mut self, key: &'static str, found: Result<Option<(Value, Origin)>>) {
        match found {
            Ok(Some((value, origin))) => self.layer.set(key, value, &origin),
            Ok(None) => {}
            Err(doubt) => self.doubts.push((key, doubt)),
        }
    }
}
