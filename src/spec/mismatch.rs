//! Explains in TOML's terms why the schema refuses a value, as serde's messages name Rust types.

use std::ops::Range;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::secrets;

/// The first value that its key does not accept.
#[derive(Debug)]
pub(crate) struct Mismatch {
    /// The dotted key.
    pub(crate) key: String,
    /// Byte range of the value or the unknown key.
    pub(crate) span: Range<usize>,
    pub(crate) problem: Problem,
}

/// What is wrong with a value.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The table has no such key.
    UnknownKey { known: Vec<String> },
    /// The key accepts other choices.
    UnknownWord { found: String, known: Vec<String> },
    /// An integer that is too small or too large.
    OutOfRange { found: String, least: i64, most: i64 },
    /// The key accepts other types.
    WrongType { found: &'static str, expected: String, suggestion: Suggestion },
}

/// A suggested TOML value.
#[derive(Debug)]
pub(crate) enum Suggestion {
    /// The user's value in an accepted form.
    Fixed(String),
    Example(String),
}

/// One of the types that a key accepts.
enum Form<'a> {
    Off,
    Boolean,
    Integer(i64, i64),
    Text,
    Words(Vec<&'a str>),
    List(&'a Json),
    Table(&'a Json),
}

/// A JSON Schema, and the TOML text that is compared with it.
pub(crate) struct Comparison<'a> {
    pub(crate) root: &'a Json,
    pub(crate) text: &'a str,
}

/// The longest value that a suggestion repeats, in bytes.
const LONGEST: usize = 60;

impl<'a> Comparison<'a> {
    /// The first mismatch in a table.
    pub(crate) fn table(&self, table: &DeTable<'_>, schema: &'a Json, path: &str) -> Option<Mismatch> {
        table.iter().find_map(|(name, value)| {
            let key = if path.is_empty() { name.get_ref().to_string() } else { format!("{path}.{}", name.get_ref()) };
            let (properties, named) = (&schema["properties"], &schema["additionalProperties"]);
            match properties.get(name.get_ref().as_ref()).or_else(|| named.is_object().then_some(named)) {
                Some(schema) => self.value(value, schema, &key),
                None if *named != Json::Bool(false) => None,
                None => {
                    let known = properties.as_object().into_iter().flat_map(|properties| properties.keys().cloned()).collect();
                    Some(Mismatch { key, span: name.span(), problem: Problem::UnknownKey { known } })
                }
            }
        })
    }

    /// The first mismatch in a value.
    pub(crate) fn value(&self, value: &Spanned<DeValue<'_>>, schema: &'a Json, key: &str) -> Option<Mismatch> {
        let forms = self.forms(schema);
        let mismatch = |problem| Some(Mismatch { key: key.to_owned(), span: value.span(), problem });
        for form in &forms {
            match (form, value.get_ref()) {
                (Form::Off, DeValue::Boolean(false))
                | (Form::Boolean, DeValue::Boolean(_))
                | (Form::Text, DeValue::String(_)) => return None,
                (Form::Words(known), DeValue::String(found)) if known.contains(&found.as_ref()) => return None,
                (Form::Words(known), DeValue::String(found)) => {
                    let known = known.iter().map(|word| (*word).to_owned()).collect();
                    return mismatch(Problem::UnknownWord { found: found.to_string(), known });
                }
                (Form::Integer(least, most), DeValue::Integer(number)) => {
                    let parsed = i64::from_str_radix(number.as_str(), number.radix());
                    let fits = parsed.is_ok_and(|number| (*least..=*most).contains(&number));
                    let found = self.raw(value);
                    return if fits { None } else { mismatch(Problem::OutOfRange { found, least: *least, most: *most }) };
                }
                (Form::List(items), DeValue::Array(found)) => {
                    let items = found.iter().enumerate().map(|(at, item)| self.value(item, items, &format!("{key}[{at}]")));
                    return items.flatten().next();
                }
                (Form::Table(schema), DeValue::Table(table)) => return self.table(table, schema, key),
                _ => {}
            }
        }
        // never print values of variables and answers, except numbers whose name is no secret's
        let is_truth = matches!(value.get_ref(), DeValue::Boolean(_));
        let is_number = matches!(value.get_ref(), DeValue::Integer(_) | DeValue::Float(_));
        let variable = key.strip_prefix("environment.").filter(|name| is_number && !secrets::by_name(name));
        let is_shown = if is_truth { !is_output(key) } else { variable.is_some() || !secrets::is_private(key) };
        let fixed = if is_shown { self.fixed(value, &forms) } else { None };
        let suggestion = fixed.map_or_else(|| Suggestion::Example(self.example(schema)), Suggestion::Fixed);
        mismatch(Problem::WrongType { found: type_of(value.get_ref()), expected: self.words(&forms), suggestion })
    }

    /// The types that a schema accepts: the shortest to write first, `false` last.
    fn forms(&self, schema: &'a Json) -> Vec<Form<'a>> {
        if let Some(definition) = self.definition(schema) {
            return self.forms(definition);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            return vec![Form::Words(choices.iter().filter_map(|choice| choice["const"].as_str()).collect())];
        }
        if schema["const"] == Json::Bool(false) {
            return vec![Form::Off];
        }
        let types = match &schema["type"] {
            Json::String(name) => vec![name.as_str()],
            names => names.as_array().into_iter().flatten().filter_map(Json::as_str).collect(),
        };
        let nested = schema["anyOf"].as_array().into_iter().flatten().flat_map(|form| self.forms(form));
        let mut forms: Vec<_> = nested.chain(types.into_iter().filter_map(|name| form(name, schema))).collect();
        forms.sort_by_key(|form| (matches!(form, Form::Off), matches!(form, Form::Table(_))));
        forms
    }

    fn definition(&self, schema: &Json) -> Option<&'a Json> {
        let name = schema["$ref"].as_str()?.strip_prefix("#/$defs/")?;
        self.root["$defs"].get(name)
    }

    /// The types in TOML's terms.
    fn words(&self, forms: &[Form<'a>]) -> String {
        let words: Vec<String> = forms.iter().map(|form| self.word(form)).collect();
        match words.as_slice() {
            [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
            words => words.concat(),
        }
    }

    fn word(&self, form: &Form<'a>) -> String {
        match form {
            Form::Off => "`false`".to_owned(),
            Form::Boolean => "a boolean".to_owned(),
            Form::Integer(..) => "an integer".to_owned(),
            Form::Text => "a string".to_owned(),
            Form::Words(words) => format!("one of {}", words.join(", ")),
            Form::Table(_) => "a table".to_owned(),
            Form::List(items) => match self.forms(items).first() {
                Some(Form::Table(_)) => "a list of tables".to_owned(),
                Some(Form::Integer(..)) => "a list of integers".to_owned(),
                _ => "a list of strings".to_owned(),
            },
        }
    }

    /// The value in the form that the key accepts.
    fn fixed(&self, value: &Spanned<DeValue<'_>>, forms: &[Form<'a>]) -> Option<String> {
        let raw = Some(self.raw(value)).filter(|raw| raw.len() <= LONGEST && !raw.contains(['\n', '`']))?;
        forms.iter().find_map(|form| match (form, value.get_ref()) {
            (Form::Text, DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_)) => {
                Some(format!("\"{raw}\""))
            }
            (Form::Text, DeValue::Array(items)) => match &items[..] {
                [item] if item.get_ref().is_str() => Some(self.raw(item)),
                _ => None,
            },
            (Form::List(items), DeValue::String(_)) if matches!(self.forms(items)[..], [Form::Text]) => Some(format!("[{raw}]")),
            (Form::Integer(least, most), DeValue::String(text)) => {
                let number = text.strip_suffix('s').unwrap_or(text);
                number.parse().ok().filter(|number| (least..=most).contains(&number)).map(|number: i64| number.to_string())
            }
            (Form::Boolean, DeValue::String(text)) => text.parse::<bool>().ok().map(|truth| truth.to_string()),
            _ => None,
        })
    }

    fn raw(&self, value: &Spanned<DeValue<'_>>) -> String {
        self.text.get(value.span()).unwrap_or_default().to_owned()
    }

    /// A value that a schema accepts: the example in its description, or one of the right type.
    fn example(&self, schema: &'a Json) -> String {
        if let Some(example) = described(schema) {
            return example.to_owned();
        }
        match self.forms(schema).first() {
            Some(Form::Off) => "false".to_owned(),
            Some(Form::Boolean) => "true".to_owned(),
            Some(Form::Integer(least, _)) => (*least).max(1).to_string(),
            Some(Form::Words(words)) => format!("{:?}", words.first().unwrap_or(&"")),
            Some(Form::List(items)) => format!("[{}]", self.example(items)),
            Some(Form::Table(schema)) => self.entry(schema),
            Some(Form::Text) | None => "\"VALUE\"".to_owned(),
        }
    }

    /// A table with one entry, preferably one whose description has an example.
    fn entry(&self, schema: &'a Json) -> String {
        let properties = schema["properties"].as_object();
        let described = properties.and_then(|all| all.iter().find(|(_, schema)| described(schema).is_some()));
        let entry = described.or_else(|| properties?.iter().next());
        match entry {
            Some((name, schema)) => format!("{{ {name} = {} }}", self.example(schema)),
            None if schema["additionalProperties"].is_object() => {
                format!("{{ NAME = {} }}", self.example(&schema["additionalProperties"]))
            }
            None => "{}".to_owned(),
        }
    }
}

/// Whether a boolean at this key turns an output on or off.
fn is_output(key: &str) -> bool {
    key.starts_with("output.") || key.starts_with("volumes.")
}

fn form<'a>(name: &str, schema: &'a Json) -> Option<Form<'a>> {
    match name {
        "boolean" => Some(Form::Boolean),
        "integer" => {
            Some(Form::Integer(schema["minimum"].as_i64().unwrap_or(i64::MIN), schema["maximum"].as_i64().unwrap_or(i64::MAX)))
        }
        "string" => Some(Form::Text),
        "array" => Some(Form::List(&schema["items"])),
        "object" => Some(Form::Table(schema)),
        _ => None,
    }
}

/// The value in "such as `…`".
fn described(schema: &Json) -> Option<&str> {
    let (_, rest) = schema["description"].as_str()?.split_once("such as `")?;
    rest.split_once('`').map(|(example, _)| example)
}

fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
