//! Values that may be written in several forms: a table or `false`, a command as text or words, a path or `false`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Autoscaling, Build, Extra, Health, Ingress, Process, Release, Secret, Service, Variable, Volume};

/// A table, or `false` to turn the thing off.
#[derive(Debug, Clone, PartialEq)]
pub enum Toggle<T> {
    /// `false`.
    Off,
    /// The table.
    On(T),
}

impl<T> Toggle<T> {
    /// The table, unless it is off.
    pub fn on(self) -> Option<T> {
        match self {
            Self::Off => None,
            Self::On(table) => Some(table),
        }
    }
}

/// A command: one string that is split at spaces and quotes, or a list of words.
#[derive(Debug, Clone, PartialEq)]
pub enum CommandLine {
    /// One string.
    Line(String),
    /// The words.
    Words(Vec<String>),
}

/// The path of an output, or `false`.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputPath {
    /// Not written.
    Off,
    /// Relative to the project.
    Path(String),
}

/// An answer to a preset's question.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Text, or the chosen one of several.
    Text(String),
    /// Yes or no.
    Truth(bool),
}

/// Reads a value that may have several forms, keeping the parser's own error messages and spans.
struct Forms<T>(&'static str, PhantomData<T>);

/// Reads each form that a type supports, and refuses all others.
trait FromForms<'de>: Sized {
    fn off() -> Option<Self> {
        None
    }
    fn truth(truth: bool) -> Option<Self> {
        if truth { None } else { Self::off() }
    }
    fn text(_text: &str) -> Option<Self> {
        None
    }
    fn words<A: SeqAccess<'de>>(_words: A) -> Option<Result<Self, A::Error>> {
        None
    }
    fn table<A: MapAccess<'de>>(_table: A) -> Option<Result<Self, A::Error>> {
        None
    }
}

impl<'de, T: FromForms<'de>> Visitor<'de> for Forms<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<T, E> {
        T::truth(truth).ok_or_else(|| E::invalid_type(de::Unexpected::Bool(truth), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::text(text).ok_or_else(|| E::invalid_type(de::Unexpected::Str(text), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, words: A) -> Result<T, A::Error> {
        T::words(words).unwrap_or_else(|| Err(de::Error::invalid_type(de::Unexpected::Seq, &self)))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<T, A::Error> {
        T::table(table).unwrap_or_else(|| Err(de::Error::invalid_type(de::Unexpected::Map, &self)))
    }
}

/// An entry of a table that may be written as one string; see [`SHORT_FORMS`].
trait Short: Sized {
    /// Accepted forms, for error messages.
    const FORMS: &'static str = "a table or false";

    fn short(_text: &str) -> Option<Self> {
        None
    }
}

macro_rules! no_short_form {
    ($($name:ident),*) => { $(impl Short for $name {})* };
}
no_short_form!(Health, Build, Release, Process, Secret, Service, Autoscaling, Ingress, Extra);

macro_rules! short_forms {
    ($($table:literal: $name:ident.$field:ident),*) => {
        /// Tables whose entries can be one string: the table, the type of its entries, and the key that the string sets.
        pub(crate) const SHORT_FORMS: &[(&str, &str, &str)] = &[$(($table, stringify!($name), stringify!($field))),*];

        $(impl Short for $name {
            const FORMS: &'static str = concat!("the ", stringify!($field), " as a string in quotes, a table or false");

            fn short(text: &str) -> Option<Self> {
                Some(Self { $field: Some(text.to_owned()), ..Self::default() })
            }
        })*
    };
}
short_forms!("environment": Variable.value, "volumes": Volume.path);

impl<'de, T: Deserialize<'de> + Short> FromForms<'de> for Toggle<T> {
    fn off() -> Option<Self> {
        Some(Self::Off)
    }
    fn text(text: &str) -> Option<Self> {
        T::short(text).map(Self::On)
    }
    fn table<A: MapAccess<'de>>(table: A) -> Option<Result<Self, A::Error>> {
        Some(T::deserialize(MapAccessDeserializer::new(table)).map(Self::On))
    }
}

impl<'de> FromForms<'de> for CommandLine {
    fn text(text: &str) -> Option<Self> {
        Some(Self::Line(text.to_owned()))
    }
    fn words<A: SeqAccess<'de>>(words: A) -> Option<Result<Self, A::Error>> {
        Some(Vec::deserialize(de::value::SeqAccessDeserializer::new(words)).map(Self::Words))
    }
}

impl FromForms<'_> for OutputPath {
    fn off() -> Option<Self> {
        Some(Self::Off)
    }
    fn text(text: &str) -> Option<Self> {
        Some(Self::Path(text.to_owned()))
    }
}

impl FromForms<'_> for Answer {
    fn truth(truth: bool) -> Option<Self> {
        Some(Self::Truth(truth))
    }
    fn text(text: &str) -> Option<Self> {
        Some(Self::Text(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Forms("a text in quotes, true or false", PhantomData))
    }
}

impl<'de, T: Deserialize<'de> + Short> Deserialize<'de> for Toggle<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Forms(T::FORMS, PhantomData))
    }
}

impl<'de> Deserialize<'de> for CommandLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Forms("a command as a string or a list of strings", PhantomData))
    }
}

impl<'de> Deserialize<'de> for OutputPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Forms("a path or false", PhantomData))
    }
}
