//! The questions that presets bring: `[[ask]]`.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use toml::de::{DeValue, Deserializer};
use toml::{Spanned, Value};

use super::read::Table;
use super::refused;
use crate::error::{Error, Place, Result, Source};
use crate::layers::Node;
use crate::resolve::no_secrets;
use crate::rules;
use crate::secrets;
use crate::spec::Answer;

/// How much memory a compiled pattern may take, in bytes: it is compiled in every run. A class of Unicode's, such as `\w`, takes
/// some thousands each time that it is repeated.
const LARGEST_PATTERN: usize = 512 * 1024;

/// What an answer looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A line of text.
    #[default]
    Text,
    /// One of several texts.
    Choice,
    /// True or false.
    YesNo,
}

/// A question as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    name: Option<String>,
    question: Option<String>,
    #[serde(default)]
    kind: Kind,
    #[serde(default)]
    choices: Vec<String>,
    default: Option<Answer>,
    pattern: Option<String>,
}

/// A question whose answer is the value `answers.NAME`.
pub struct Ask {
    /// Its name: what values and templates call the answer.
    pub name: String,
    /// The question.
    pub question: String,
    /// What an answer looks like.
    pub kind: Kind,
    /// The answers of a choice.
    pub choices: Vec<String>,
    /// The answer where nobody gives one.
    pub default: Option<Answer>,
    /// What a whole text must match: as it is written, and compiled.
    pattern: Option<(String, Regex)>,
    layer: Node,
}

/// The questions of a preset, taken out of its table.
pub(super) fn read(value: Spanned<DeValue<'_>>, source: &Arc<Source>) -> Result<Vec<Ask>> {
    let place = |span| Some(Place { source: Arc::clone(source), span });
    let none = |span| Error::new("`ask`: expected a list of tables").at(place(span)).hint("start each question with [[ask]]");
    let span = value.span();
    let DeValue::Array(items) = value.into_inner() else { return Err(none(span)) };
    let asks = items.into_iter().map(|item| match (item.span(), item.into_inner()) {
        (span, DeValue::Table(table)) => Ask::read(&Spanned::new(span, table), source),
        (span, _) => Err(none(span)),
    });
    let asks = asks.collect::<Result<Vec<_>>>()?;
    for (at, ask) in asks.iter().enumerate() {
        if let Some(other) = asks[..at].iter().find(|other| other.name == ask.name) {
            let error = ask.meets(other, &format!("`{}` is asked twice", ask.name));
            return Err(error.hint("remove or rename one of them"));
        }
    }
    Ok(asks)
}

/// The questions of all presets: where two have one name, the later one replaces the other.
///
/// # Errors
/// Two of one name and different kinds.
pub(super) fn combined(all: impl Iterator<Item = Ask>) -> Result<Vec<Ask>> {
    let mut asks: Vec<Ask> = Vec::new();
    for ask in all {
        match asks.iter_mut().find(|other| other.name == ask.name) {
            Some(other) if other.kind == ask.kind => *other = ask,
            Some(other) => {
                let error = ask.meets(other, &format!("two presets ask different kinds of question for `{}`", ask.name));
                return Err(error.hint("rename one of them, or use the same `kind` for both"));
            }
            None => asks.push(ask),
        }
    }
    Ok(asks)
}

/// Lays the layers over the answers that the questions have by default.
pub(super) fn with_defaults(merged: Node, asks: &[Ask]) -> Node {
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
        let said = Said::deserialize(Deserializer::from(table.clone()));
        let said = said.map_err(|error| refused::question(table.get_ref(), source, &error))?;
        rules::check_below(&layer, "ask")?;
        no_secrets::check_below(&layer, "ask")?;
        let (Some(name), Some(question)) = (said.name, said.question.filter(|question| !question.trim().is_empty())) else {
            return Err(Error::new("a question needs a `name` and a `question`")
                .at(whole)
                .hint("write [[ask]] with name = \"team\" and question = \"Which team runs this?\""));
        };
        let pattern = said.pattern.map(|text| compiled(text, &layer)).transpose()?;
        let ask = Self { name, question, kind: said.kind, choices: said.choices, default: said.default, pattern, layer };
        ask.check()?;
        Ok(ask)
    }

    /// What no single value of a question can break.
    fn check(&self) -> Result<()> {
        let fail = |key: &str, message: String, hint: &str| Err(Error::new(message).at(self.layer.place(key)).hint(hint));
        let choice = self.kind == Kind::Choice;
        if choice && self.choices.is_empty() {
            return fail(
                "kind",
                "missing `choices` of a question with kind = \"choice\"".to_owned(),
                "write choices = [\"…\", \"…\"]",
            );
        }
        let foreign = [
            ("choices", !choice && self.layer.get("choices").is_some(), "write kind = \"choice\", or remove this key"),
            ("pattern", self.kind != Kind::Text && self.pattern.is_some(), "remove this key, or write kind = \"text\""),
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
        if self.kind == Kind::Text && secrets::is_certain(&self.name) {
            let message = format!("`{}` asks for a secret, but answers are stored in dockgen.toml", self.key());
            return fail("name", message, "declare a variable under [secrets] instead, or rename the question");
        }
        match &self.default {
            Some(default) if !self.takes(default) => {
                let message = format!("`ask.default` is {}, expected {}", default.to_value(), self.wants());
                Err(Error::new(message).at(self.layer.place("default")).hint("change `default`, or remove it"))
            }
            _ => Ok(()),
        }
    }

    /// The key of the answer.
    #[must_use]
    pub fn key(&self) -> String {
        format!("answers.{}", self.name)
    }

    /// Where it is asked.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.layer.place("question")
    }

    /// Whether this is where its own default stands.
    pub(crate) fn is_default(&self, place: &Place) -> bool {
        self.layer.get("default").is_some_and(|node| node.origin().place == *place)
    }

    /// Whether it is an answer.
    #[must_use]
    pub fn takes(&self, answer: &Answer) -> bool {
        match (self.kind, answer) {
            (Kind::YesNo, Answer::Truth(_)) => true,
            (Kind::Choice, Answer::Text(text)) => self.choices.contains(text),
            (Kind::Text, Answer::Text(text)) => match &self.pattern {
                Some((_, pattern)) => pattern.is_match(text),
                None => !text.is_empty() || self.may_be_empty(),
            },
            _ => false,
        }
    }

    /// What an answer looks like, in words.
    #[must_use]
    pub fn wants(&self) -> String {
        match (self.kind, &self.pattern) {
            (Kind::YesNo, _) => "true or false".to_owned(),
            (Kind::Choice, _) => format!("one of {}", self.choices.join(", ")),
            (Kind::Text, Some((pattern, _))) => format!("text that matches {pattern} from start to end"),
            (Kind::Text, None) if self.may_be_empty() => "a text".to_owned(),
            (Kind::Text, None) => "text that isn't empty".to_owned(),
        }
    }

    /// An empty text is an answer only where the preset says so itself.
    fn may_be_empty(&self) -> bool {
        matches!(&self.default, Some(Answer::Text(text)) if text.is_empty())
    }

    fn meets(&self, other: &Self, message: &str) -> Error {
        Error::new(message).at(self.layer.place("name")).note(other.layer.place("name"), "also here")
    }
}

/// A pattern for the whole of a text; matching takes linear time.
fn compiled(pattern: String, layer: &Node) -> Result<(String, Regex)> {
    let compile = |pattern: &str| RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build();
    // by itself first: `a)|(b` would only be well-formed with what is put round it
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
    /// As it stands in a spec.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Truth(truth) => Value::Boolean(*truth),
        }
    }
}
