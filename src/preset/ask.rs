//! The questions of presets: `[[ask]]`.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::de::{DeValue, Deserializer};
use toml::{Spanned, Value};

use super::read::Table;
use super::refused;
use crate::error::{Error, Place, Result, Source};
use crate::layers::Node;
use crate::secrets;
use crate::spec::Answer;
use crate::validate::{self, no_secrets};

/// The largest compiled pattern, in bytes: patterns are compiled on every run. A Unicode class such as `\w` takes a few thousand
/// bytes per repetition.
const LARGEST_PATTERN: usize = 512 * 1024;

/// The type of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    #[default]
    Text,
    Choice,
    YesNo,
}

/// A question before validation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAsk {
    name: Option<String>,
    question: Option<String>,
    #[serde(default)]
    kind: AnswerKind,
    #[serde(default)]
    choices: Vec<String>,
    default: Option<Answer>,
    pattern: Option<String>,
}

/// A question of a preset.
pub struct Ask {
    /// Values and templates refer to the answer as `answers.NAME`.
    pub name: String,
    pub question: String,
    pub kind: AnswerKind,
    /// Only for [`AnswerKind::Choice`].
    pub choices: Vec<String>,
    pub default: Option<Answer>,
    /// A text must match it from start to end: as written in the preset, and compiled.
    pattern: Option<(String, Regex)>,
    layer: Node,
}

/// Parses the `ask` key of a preset.
pub(super) fn read(value: Spanned<DeValue<'_>>, source: &Arc<Source>) -> Result<Vec<Ask>> {
    let place = |span| Some(Place { source: Arc::clone(source), span });
    let not_tables =
        |span| Error::new("`ask`: expected a list of tables").at(place(span)).hint("start each question with [[ask]]");
    let span = value.span();
    let DeValue::Array(items) = value.into_inner() else { return Err(not_tables(span)) };
    let asks = items.into_iter().map(|item| match (item.span(), item.into_inner()) {
        (span, DeValue::Table(table)) => Ask::read(&Spanned::new(span, table), source),
        (span, _) => Err(not_tables(span)),
    });
    let asks = asks.collect::<Result<Vec<_>>>()?;
    for (at, ask) in asks.iter().enumerate() {
        if let Some(other) = asks[..at].iter().find(|other| other.name == ask.name) {
            let error = ask.conflict(other, &format!("`{}` is asked twice", ask.name));
            return Err(error.hint("remove or rename one of them"));
        }
    }
    Ok(asks)
}

/// Combines the questions of all presets. A later question replaces an earlier one of the same name.
///
/// # Errors
/// Two questions have the same name but different kinds.
pub(super) fn combine(all: impl Iterator<Item = Ask>) -> Result<Vec<Ask>> {
    let mut asks: Vec<Ask> = Vec::new();
    for ask in all {
        match asks.iter_mut().find(|other| other.name == ask.name) {
            Some(other) if other.kind == ask.kind => *other = ask,
            Some(other) => {
                let error = ask.conflict(other, &format!("two presets ask different kinds of question for `{}`", ask.name));
                return Err(error.hint("rename one of them, or use the same `kind` for both"));
            }
            None => asks.push(ask),
        }
    }
    Ok(asks)
}

/// Adds the default answers below all other layers.
pub(super) fn add_defaults(merged: Node, asks: &[Ask]) -> Node {
    let mut weaker = Node::empty(&merged.origin().place.source);
    for ask in asks {
        if let (Some(default), Some(node)) = (&ask.default, ask.layer.get("default")) {
            weaker.set(&ask.key(), default.to_value(), node.origin());
        }
    }
    weaker.merge(merged);
    weaker
}

impl Ask {
    fn read(table: &Table<'_>, source: &Arc<Source>) -> Result<Self> {
        let whole = Some(Place { source: Arc::clone(source), span: table.span() });
        let layer = Node::from_table(table, source);
        let raw = RawAsk::deserialize(Deserializer::from(table.clone()));
        let raw = raw.map_err(|error| refused::question(table.get_ref(), source, &error))?;
        validate::check_below(&layer, "ask")?;
        no_secrets::check_below(&layer, "ask")?;
        let (Some(name), Some(question)) = (raw.name, raw.question.filter(|question| !question.trim().is_empty())) else {
            return Err(Error::new("a question needs a `name` and a `question`")
                .at(whole)
                .hint("write [[ask]] with name = \"team\" and question = \"Which team runs this?\""));
        };
        let pattern = raw.pattern.map(|text| compile_pattern(text, &layer)).transpose()?;
        let ask = Self { name, question, kind: raw.kind, choices: raw.choices, default: raw.default, pattern, layer };
        ask.check()?;
        Ok(ask)
    }

    /// Checks rules that involve several keys of a question.
    fn check(&self) -> Result<()> {
        let fail = |key: &str, message: String, hint: &str| Err(Error::new(message).at(self.layer.place(key)).hint(hint));
        let choice = self.kind == AnswerKind::Choice;
        if choice && self.choices.is_empty() {
            return fail(
                "kind",
                "missing `choices` of a question with kind = \"choice\"".to_owned(),
                "write choices = [\"…\", \"…\"]",
            );
        }
        let foreign = [
            ("choices", !choice && self.layer.get("choices").is_some(), "write kind = \"choice\", or remove this key"),
            ("pattern", self.kind != AnswerKind::Text && self.pattern.is_some(), "remove this key, or write kind = \"text\""),
        ];
        if let Some((key, _, hint)) = foreign.into_iter().find(|(_, foreign, _)| *foreign) {
            return fail(key, format!("`ask.{key}` has no effect for this kind of question"), hint);
        }
        let twice = self.choices.iter().enumerate().find(|(at, choice)| self.choices[..*at].contains(*choice));
        if let Some((_, choice)) = twice {
            return fail("choices", format!("`ask.choices` has {choice:?} twice"), "remove one of them");
        }
        if self.choices.iter().any(|choice| choice.trim().is_empty()) {
            return fail(
                "choices",
                "`ask.choices` contains an empty string".to_owned(),
                "write a word instead, such as \"none\"",
            );
        }
        if self.kind == AnswerKind::Text && secrets::is_certain(&self.name) {
            let message = format!("`{}` asks for a secret, but answers are stored in dockgen.toml", self.key());
            return fail("name", message, "declare a variable under [secrets] instead, or rename the question");
        }
        match &self.default {
            Some(default) if !self.accepts(default) => {
                let message = format!("`ask.default` is {}, expected {}", default.to_value(), self.expected());
                Err(Error::new(message).at(self.layer.place("default")).hint("change `default`, or remove it"))
            }
            _ => Ok(()),
        }
    }

    #[must_use]
    pub fn key(&self) -> String {
        format!("answers.{}", self.name)
    }

    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.layer.place("question")
    }

    /// Whether a place is the one of this question's `default`.
    pub(crate) fn is_default(&self, place: &Place) -> bool {
        self.layer.get("default").is_some_and(|node| node.origin().place == *place)
    }

    #[must_use]
    pub fn accepts(&self, answer: &Answer) -> bool {
        match (self.kind, answer) {
            (AnswerKind::YesNo, Answer::Truth(_)) => true,
            (AnswerKind::Choice, Answer::Text(text)) => self.choices.contains(text),
            (AnswerKind::Text, Answer::Text(text)) => match &self.pattern {
                Some((_, pattern)) => pattern.is_match(text),
                None => !text.is_empty() || self.may_be_empty(),
            },
            _ => false,
        }
    }

    /// A description of valid answers that follows "must be" or "expected".
    #[must_use]
    pub fn expected(&self) -> String {
        match (self.kind, &self.pattern) {
            (AnswerKind::YesNo, _) => "true or false".to_owned(),
            (AnswerKind::Choice, _) => format!("one of {}", self.choices.join(", ")),
            (AnswerKind::Text, Some((pattern, _))) => format!("text that matches {pattern} from start to end"),
            (AnswerKind::Text, None) if self.may_be_empty() => "a text".to_owned(),
            (AnswerKind::Text, None) => "text that isn't empty".to_owned(),
        }
    }

    /// An empty text is a valid answer only if it is the default.
    fn may_be_empty(&self) -> bool {
        matches!(&self.default, Some(Answer::Text(text)) if text.is_empty())
    }

    fn conflict(&self, other: &Self, message: &str) -> Error {
        Error::new(message).at(self.layer.place("name")).note(other.layer.place("name"), "also here")
    }
}

/// Compiles a pattern that must match a text from start to end. Matching takes linear time.
fn compile_pattern(pattern: String, layer: &Node) -> Result<(String, Regex)> {
    let compile = |pattern: &str| RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build();
    // compile it alone first: `a)|(b` is valid only inside the added group
    let whole = compile(&pattern).and_then(|_| compile(&format!(r"\A(?:{pattern})\z")));
    whole.map(|whole| (pattern, whole)).map_err(|error| {
        let why = match &error {
            regex::Error::CompiledTooBig(_) => "it is too large when compiled: use [a-z] instead of \\w".to_owned(),
            error => error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        };
        Error::new(format!("`ask.pattern` is not a valid regular expression: {why}"))
            .at(layer.place("pattern"))
            .hint("see docs.rs/regex for the syntax, such as pattern = \"[a-z]+\"")
    })
}

impl Answer {
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Truth(truth) => Value::Boolean(*truth),
        }
    }
}
