//! A setting of the application, and how it is read.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::error::Source;

/// A variable that the application reads, and the first place that reads it.
#[allow(clippy::struct_excessive_bools, reason = "each says something else of a setting")]
pub(crate) struct ReadSetting {
    /// Whether the application does not start without it.
    pub(crate) required: bool,
    /// A value that shows the form.
    pub(crate) example: Option<String>,
    /// Without it, other settings say the same in parts.
    pub(crate) composed: bool,
    /// The code gives it no value of its own.
    pub(crate) bare: bool,
    /// Its type says that it is a secret.
    pub(crate) secret: bool,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
    pub(crate) evidence: SettingEvidence,
}

impl ReadSetting {
    /// A setting that is read at a place, which says no more about it.
    pub(super) fn at(source: &Arc<Source>, span: &Range<usize>, evidence: SettingEvidence) -> Self {
        Self {
            required: false,
            example: None,
            composed: false,
            bare: false,
            secret: false,
            source: Arc::clone(source),
            span: span.clone(),
            evidence,
        }
    }
}

/// How a setting is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettingEvidence {
    /// `os.environ["X"]`
    Item,
    /// `os.getenv("X")`, or another reader's call
    Call,
    /// A field of a class of settings.
    Field,
}

impl SettingEvidence {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Item => "os.environ[…]",
            Self::Call => "reads it",
            Self::Field => "a field of its settings",
        }
    }
}

/// The settings by name.
pub(crate) type ReadSettings = BTreeMap<String, ReadSetting>;
