//! Merging specs, and remembering where each value came from.
//!
//! A layer is a tree of plain TOML values, each with its [`Origin`]. Layers are merged from the weakest to the strongest:
//! tables merge by key, everything else replaces, and `false` turns a table off without forgetting it, so that a
//! stronger layer can turn it on again. Only the merged tree becomes a [`Spec`].

pub mod references;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::value::MapDeserializer;
use serde::de::{IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer};
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

use crate::error::{Error, Place, Result, Source, SourceKind};
use crate::spec::{SHORT_FORMS, Spec};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The text and the stretch of it that says so.
    pub place: Place,
    /// A few words more: the key that a fact was read from, or why a preset enforces it.
    pub note: String,
    /// Whether it was detected: then it is literal text, even if it looks like a reference.
    pub fact: bool,
}

impl Origin {
    /// What people say, with a few words about it.
    #[must_use]
    pub fn new(place: Place, note: &str) -> Self {
        Self { place, note: note.to_owned(), fact: false }
    }

    /// Whether a value is from `presets/default.toml`.
    pub(crate) fn is_default(&self) -> bool {
        self.place.source.kind == SourceKind::Default
    }

    /// Whether a built-in preset says it, so that its place is no file of the user.
    pub(crate) fn is_built_in(&self) -> bool {
        self.place.source.is_built_in()
    }
}

/// Where a file of the project says something.
pub(crate) fn origin(source: &Arc<Source>, span: std::ops::Range<usize>, note: &str) -> Origin {
    Origin::new(Place { source: Arc::clone(source), span }, note)
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.place)?;
        if self.note.is_empty() { Ok(()) } else { write!(formatter, " {}", self.note) }
    }
}

/// A value of a layer, or a table of them.
#[derive(Debug, Clone)]
pub enum Node {
    /// A value that is not a table; lists are values.
    Leaf(Value, Origin),
    /// A table; `off` is where it was turned off by `false`.
    Table {
        /// Entries by key.
        children: BTreeMap<String, Node>,
        origin: Origin,
        /// Where a layer said `false`.
        off: Option<Box<Origin>>,
    },
}

impl Node {
    /// An empty table of this source.
    #[must_use]
    pub fn empty(source: &Arc<Source>) -> Self {
        let place = Place { source: Arc::clone(source), span: 0..0 };
        Self::Table { children: BTreeMap::new(), origin: Origin::new(place, ""), off: None }
    }

    /// Reads a TOML text that the schema has already accepted.
    #[must_use]
    pub fn from_table(table: &Spanned<DeTable<'_>>, source: &Arc<Source>) -> Self {
        from_table(table.get_ref(), table.span(), source, &mut Vec::new())
    }

    /// Sets the value at a dotted key, making the tables on the way.
    pub fn set(&mut self, key: &str, value: Value, origin: &Origin) {
        let node = key.rsplit('.').fold(Self::from_value(value, origin), |node, name| Self::Table {
            children: BTreeMap::from([(name.to_owned(), node)]),
            origin: origin.clone(),
            off: None,
        });
        self.merge(node);
    }

    /// Takes out the node at a dotted key without dots in its names.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Self> {
        let Self::Table { children, .. } = self else { return None };
        match key.split_once('.') {
            Some((table, rest)) => children.get_mut(table)?.remove(rest),
            None => children.remove(key),
        }
    }

    /// Lays a stronger node over the one at a key of two names.
    pub(crate) fn merge_at(&mut self, table: &str, name: &str, stronger: Self) {
        let origin = stronger.origin().clone();
        let children = BTreeMap::from([(name.to_owned(), stronger)]);
        let table = BTreeMap::from([(table.to_owned(), Self::Table { children, origin: origin.clone(), off: None })]);
        self.merge(Self::Table { children: table, origin, off: None });
    }

    fn from_value(value: Value, origin: &Origin) -> Self {
        match value {
            Value::Table(table) => Self::Table {
                children: table.into_iter().map(|(key, value)| (key, Self::from_value(value, origin))).collect(),
                origin: origin.clone(),
                off: None,
            },
            value => Self::Leaf(value, origin.clone()),
        }
    }

    /// The same values with an origin that shows no text: a flag has no lines.
    #[must_use]
    pub fn renamed(self, source: &Arc<Source>) -> Self {
        let origin = Origin::new(Place { source: Arc::clone(source), span: 0..0 }, "");
        match self {
            Self::Leaf(value, _) => Self::Leaf(value, origin),
            Self::Table { children, off, .. } => Self::Table {
                children: children.into_iter().map(|(key, child)| (key, child.renamed(source))).collect(),
                off: off.map(|_| Box::new(origin.clone())),
                origin,
            },
        }
    }

    /// The same values, each with these words more about where it came from.
    #[must_use]
    pub fn noted(mut self, note: &str) -> Self {
        self.each_origin(&|origin| note.clone_into(&mut origin.note));
        self
    }

    /// The same values as facts.
    #[must_use]
    pub fn as_facts(mut self) -> Self {
        self.each_origin(&|origin| origin.fact = true);
        self
    }

    fn each_origin(&mut self, change: &impl Fn(&mut Origin)) {
        match self {
            Self::Leaf(_, origin) => change(origin),
            Self::Table { children, off, .. } => {
                off.iter_mut().for_each(|origin| change(origin));
                children.values_mut().for_each(|child| child.each_origin(change));
            }
        }
    }

    /// Lays a stronger layer over this one.
    pub fn merge(&mut self, stronger: Self) {
        match (&mut *self, stronger) {
            (Self::Table { children, origin, off }, Self::Table { children: over, origin: over_origin, off: over_off }) => {
                *origin = over_origin;
                *off = over_off;
                for (key, node) in over {
                    match children.get_mut(&key) {
                        Some(child) => child.merge(node),
                        None => drop(children.insert(key, node)),
                    }
                }
            }
            (Self::Table { off, .. }, Self::Leaf(Value::Boolean(false), origin)) => *off = Some(Box::new(origin)),
            (_, stronger) => *self = stronger,
        }
    }

    /// The node at a dotted key; names that people give may hold dots themselves.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Table { children, .. } = self else { return None };
        let mut dots = key.match_indices('.').map(|(at, _)| at);
        let deeper = |at: usize| children.get(&key[..at])?.get(&key[at + 1..]);
        children.get(key).or_else(|| dots.find_map(deeper))
    }

    /// The value at a dotted key, if it isn't a table.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Value> {
        match self.get(key)? {
            Self::Leaf(value, _) => Some(value),
            Self::Table { .. } => None,
        }
    }

    /// The string at a dotted key.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.value(key)?.as_str()
    }

    /// The entries of the table at a dotted key; none if there is no table.
    pub fn entries(&self, key: &str) -> impl Iterator<Item = (&String, &Self)> {
        let children = match self.get(key) {
            Some(Self::Table { children, .. }) => Some(children),
            _ => None,
        };
        children.into_iter().flatten()
    }

    /// Whether a layer says `false`.
    pub(crate) fn is_off(&self) -> bool {
        matches!(self, Self::Leaf(Value::Boolean(false), _) | Self::Table { off: Some(_), .. })
    }

    /// The value without its origins.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Leaf(value, _) => value.clone(),
            Self::Table { off: Some(_), .. } => Value::Boolean(false),
            Self::Table { children, .. } => {
                Value::Table(children.iter().map(|(key, child)| (key.clone(), child.to_value())).collect())
            }
        }
    }

    /// Where the value came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        match self {
            Self::Table { off: Some(off), .. } => off,
            Self::Leaf(_, origin) | Self::Table { origin, .. } => origin,
        }
    }

    /// Where the value at a dotted key, or the nearest table above it, was written.
    #[must_use]
    pub fn place(&self, key: &str) -> Option<Place> {
        let mut key = key;
        loop {
            if let Some(node) = self.get(key) {
                return Some(node.origin().place.clone());
            }
            key = key.rsplit_once('.')?.0;
        }
    }

    /// Every value that is not a table, with its dotted key, sorted by key.
    #[must_use]
    pub fn leaves(&self) -> Vec<(String, &Value, &Origin)> {
        let mut leaves = Vec::new();
        self.collect_leaves("", &mut leaves);
        leaves
    }

    fn collect_leaves<'a>(&'a self, path: &str, leaves: &mut Vec<(String, &'a Value, &'a Origin)>) {
        static OFF: Value = Value::Boolean(false);
        match self {
            Self::Leaf(value, origin) => leaves.push((path.to_owned(), value, origin)),
            Self::Table { off: Some(origin), .. } => leaves.push((path.to_owned(), &OFF, origin)),
            Self::Table { children, .. } => {
                for (key, child) in children {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    child.collect_leaves(&path, leaves);
                }
            }
        }
    }

    /// The merged tree as a typed spec.
    ///
    /// # Errors
    /// None for layers that the schema has accepted one by one; kept for safety.
    pub fn to_spec(&self) -> Result<Spec> {
        Spec::deserialize(self).map_err(|error: toml::de::Error| Error::new(error.to_string()))
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = toml::de::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Self::Error> {
        match self {
            Node::Leaf(value, _) => value.clone().deserialize_any(visitor),
            Node::Table { off: Some(_), .. } => visitor.visit_bool(false),
            Node::Table { children, .. } => {
                let entries = children.iter().map(|(key, child)| (key.as_str(), child));
                visitor.visit_map(MapDeserializer::new(entries))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Self::Error> {
        match self {
            Node::Leaf(value, _) => value.clone().deserialize_enum(name, variants, visitor),
            Node::Table { .. } => self.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, toml::de::Error> for &'de Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn from_table(table: &DeTable<'_>, span: std::ops::Range<usize>, source: &Arc<Source>, path: &mut Vec<String>) -> Node {
    let mut children = BTreeMap::new();
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        children.insert(key.get_ref().to_string(), from_value(value, key.span(), source, path));
        path.pop();
    }
    let place = Place { source: Arc::clone(source), span };
    Node::Table { children, origin: Origin::new(place, ""), off: None }
}

fn from_value(value: &Spanned<DeValue<'_>>, key: std::ops::Range<usize>, source: &Arc<Source>, path: &mut Vec<String>) -> Node {
    if let DeValue::Table(table) = value.get_ref() {
        return from_table(table, key, source, path);
    }
    let origin = Origin::new(Place { source: Arc::clone(source), span: value.span() }, "");
    let leaf = Node::Leaf(plain(value.get_ref()), origin.clone());
    let short = SHORT_FORMS.iter().find(|(table, ..)| path.len() == 2 && path[0] == *table);
    match (short, &leaf) {
        (Some((.., key)), Node::Leaf(Value::String(_), _)) => {
            Node::Table { children: BTreeMap::from([((*key).to_owned(), leaf)]), origin, off: None }
        }
        _ => leaf,
    }
}

/// The value without its spans.
pub(crate) fn plain(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or_else(|_| Value::String(number.to_string()), Value::Integer)
        }
        DeValue::Float(number) => number.as_str().parse().map_or_else(|_| Value::String(number.to_string()), Value::Float),
        DeValue::Boolean(truth) => Value::Boolean(*truth),
        DeValue::Datetime(datetime) => Value::Datetime(*datetime),
        DeValue::Array(items) => Value::Array(items.iter().map(|item| plain(item.get_ref())).collect()),
        DeValue::Table(table) => {
            Value::Table(table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value.get_ref()))).collect())
        }
    }
}
