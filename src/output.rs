//! The kinds of files that dockgen writes.
//!
//! A new kind is a variant here, a template, and a key of `[output]` with its default in `presets/default.toml`. No match on it has a
//! catch-all arm, so the compiler lists every decision that a new kind needs.

use std::borrow::Cow;

use crate::error::Place;

/// A kind of file that dockgen writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    Dockerfile,
    /// The ignore file of the Dockerfile.
    Dockerignore,
    /// The compose file.
    Compose,
    /// The Kubernetes manifest, or a folder for kustomize.
    Kubernetes,
    /// gunicorn's configuration file.
    Gunicorn,
    /// `.env.example`.
    EnvExample,
}

/// Whether the image contains an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InImage {
    /// The application reads it.
    Included,
    /// `dockerignore.j2` excludes files with such names.
    ExcludedByName,
    /// `.dockerignore` lists its path.
    ExcludedByPath,
}

impl OutputKind {
    /// All kinds, in the order in which they are written and reported.
    pub(crate) const ALL: [Self; 6] =
        [Self::Dockerfile, Self::Dockerignore, Self::Compose, Self::Kubernetes, Self::Gunicorn, Self::EnvExample];

    /// The key below `[output]`, for `--only` and `--stdout`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Dockerfile => "dockerfile",
            Self::Dockerignore => "dockerignore",
            Self::Compose => "compose",
            Self::Kubernetes => "kubernetes",
            Self::Gunicorn => "gunicorn",
            Self::EnvExample => "env-example",
        }
    }

    /// The kind with this key.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// The path of its template below `templates/`.
    pub(crate) fn template(self) -> &'static str {
        match self {
            Self::Dockerfile => "Dockerfile.j2",
            Self::Dockerignore => "dockerignore.j2",
            Self::Compose => "compose.yaml.j2",
            Self::Kubernetes => "k8s.yaml.j2",
            Self::Gunicorn => "gunicorn.conf.py.j2",
            Self::EnvExample => "env.example.j2",
        }
    }

    /// Whether the image contains it.
    pub(crate) fn in_image(self) -> InImage {
        match self {
            Self::Gunicorn => InImage::Included,
            Self::Dockerfile | Self::Dockerignore | Self::EnvExample => InImage::ExcludedByName,
            Self::Compose | Self::Kubernetes => InImage::ExcludedByPath,
        }
    }
}

/// How the keys of outputs begin that presets add.
pub(crate) const EXTRA: &str = "extra.";

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Its kind; none if it is made from a template that only a preset has.
    pub kind: Option<OutputKind>,
    /// Its key below `[output]`, for `--only` and `--stdout`.
    pub key: Cow<'static, str>,
    /// Its template.
    pub template: Cow<'static, str>,
    /// Its path, relative to the project.
    pub path: String,
    /// Where its template is named, for those of presets.
    pub place: Option<Place>,
}

impl OutputFile {
    pub(crate) fn built_in(kind: OutputKind, template: &'static str, path: String) -> Self {
        Self { kind: Some(kind), key: kind.key().into(), template: template.into(), path, place: None }
    }

    /// The key that sets its path.
    pub(crate) fn path_key(&self) -> String {
        format!("output.{}{}", self.key, if self.kind.is_none() { ".path" } else { "" })
    }
}

/// The path of the only file of a kind; none if it is turned off.
#[must_use]
pub fn path_of(outputs: &[OutputFile], kind: OutputKind) -> Option<&str> {
    outputs.iter().find(|output| output.kind == Some(kind)).map(|output| output.path.as_str())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_output_has_a_template_and_a_default() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let defaults: toml::Table = std::fs::read_to_string(root.join("presets/default.toml")).unwrap().parse().unwrap();
        let keys: Vec<&String> = defaults["output"].as_table().unwrap().keys().collect();
        assert_eq!(keys.len(), OutputKind::ALL.len(), "{keys:?}");
        for kind in OutputKind::ALL {
            assert!(keys.iter().any(|key| *key == kind.key()), "presets/default.toml has no output.{}", kind.key());
            assert!(root.join("templates").join(kind.template()).is_file(), "{}", kind.template());
            assert_eq!(OutputKind::of_key(kind.key()), Some(kind));
        }
    }
}
