//! The error type: what is wrong, where, and how to fix it.

pub(crate) mod places;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Exit code of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or up to date.
    Done = 0,
    /// A check failed: files are outdated, or there is a conflict.
    No = 1,
    /// dockgen could not run: usage, spec, missing setting, or input and output.
    CouldNotRun = 2,
    /// `--check` only: a file was edited by hand.
    Edited = 3,
    /// `--check` only: a file is missing.
    Missing = 4,
}

/// What a [`Source`] is. Decisions read this, never the name, which is only shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A file of the project or of a preset.
    File,
    /// The project's spec, also from stdin.
    Spec,
    /// `presets/default.toml`.
    Default,
    /// Any other built-in preset.
    BuiltInPreset,
    /// `--set`, with its key.
    Set(String),
    /// Another flag.
    Flag,
    /// The project's folder itself: no file says it.
    Folder,
}

/// A text that values are read from: a file, standard input, or a flag.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    pub kind: SourceKind,
    /// The name to show: a path as typed, `standard input`, `--set app.port=80`.
    pub name: String,
    /// The whole text; empty where there is none to show.
    pub text: String,
}

impl Source {
    #[must_use]
    pub fn new(kind: SourceKind, name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, name: name.into(), text: text.into() }
    }

    #[must_use]
    pub fn file(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(SourceKind::File, name, text)
    }

    /// The same source with another name and text to show.
    #[must_use]
    pub fn shown_as(&self, name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(self.kind.clone(), name, text)
    }

    /// Whether it is compiled into dockgen, so that no user can edit it.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        matches!(self.kind, SourceKind::Default | SourceKind::BuiltInPreset)
    }
}

/// A stretch of a [`Source`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub source: Arc<Source>,
    /// Byte range.
    pub span: Range<usize>,
}

impl Place {
    /// The line, counted from 1, on which the place begins; none for a source without text.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        let before = self.source.text.get(..self.span.start)?;
        (!self.source.text.is_empty()).then(|| before.matches('\n').count() + 1)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line() {
            Some(line) => write!(formatter, "{}:{line}", self.source.name),
            None => write!(formatter, "{}", self.source.name),
        }
    }
}

/// Why dockgen could not run. Always exit code 2.
#[derive(Debug, Clone)]
pub struct Error {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where it is wrong.
    pub place: Option<Place>,
    /// Related places, each with a note.
    pub notes: Vec<(Place, String)>,
    /// How to fix it: something that the user can type.
    pub hint: Option<String>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, notes: Vec::new(), hint: None }
    }

    /// Adds the place.
    #[must_use]
    pub fn at(mut self, place: Option<Place>) -> Self {
        self.place = self.place.or(place);
        self
    }

    /// Adds another place with a note.
    #[must_use]
    pub fn note(mut self, place: Option<Place>, words: &str) -> Self {
        self.notes.extend(place.map(|place| (place, words.to_owned())));
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

// fs-err's messages already name the operation and the path.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}
