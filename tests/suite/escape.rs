//! No value in any spec adds an instruction, a key or a command: hostile values in every string, one at a time.

use std::fmt::Write as _;

use dockgen::error::Error;
use dockgen::render::File;
use serde_json::Value as Json;
use toml::Value;

use crate::common::files_of;

/// A spec with every string of the schema in it.
const FULL: &str = include_str!("full.toml");

/// What somebody might try.
fn hostile() -> Vec<String> {
    let mut values: Vec<String> = [
        "",
        " ",
        "'",
        "\"",
        "a'b\"c",
        "\\",
        "a\\",
        "a\nRUN id",
        "a\r\nUSER root",
        "$(id)",
        "`id`",
        "${HOME}",
        "$HOME",
        "a; id",
        "a && id",
        "a | id",
        "#{",
        "# a",
        "{{ name }}",
        "{% raw %}",
        "{app.entry}",
        "{nothing.here}",
        "!!python/object:x",
        "&anchor",
        "*app",
        "<<",
        "? a",
        "- a",
        "a: b",
        "a: b # c",
        "[a, b]",
        "{a: b}",
        "null",
        "yes",
        "0x10",
        "1e3",
        "~",
        "a\tb",
        "a\u{0}b",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{202e}b",
        "\u{feff}a",
        "日本語",
        "émoji 🎉",
        "../../etc/passwd",
        "/etc/passwd",
        "--privileged",
        "-rm",
        "<<EOF",
        "EOF",
        "\"]\nCMD [\"id",
        "a\" b=\"c",
        "%s",
        "\u{1b}[31m",
    ]
    .map(str::to_owned)
    .to_vec();
    values.push("x".repeat(10_000));
    values.push("\"$(".repeat(3_334));
    values
}

#[test]
fn hostile_values_change_no_structure_or_are_refused_by_name() {
    let base: Value = toml::from_str(FULL).unwrap();
    let before = structure(&files_of(FULL).unwrap_or_else(|error| panic!("{error}")));
    let mut paths = Vec::new();
    strings(&base, &mut Vec::new(), &mut paths);
    let hostile = hostile();
    let (mut refused, mut rendered) = (0, 0);
    for path in &paths {
        for value in &hostile {
            let mut spec = base.clone();
            *at(&mut spec, path) = Value::String(value.clone());
            match files_of(&toml::to_string(&spec).unwrap()) {
                // an empty example is none: the ConfigMap then says that the value is missing
                Ok(_) if value.is_empty() && path.last().is_some_and(|key| key == "example") => {}
                Ok(files) => {
                    assert_eq!(structure(&files), before, "{path:?} = {value:?}");
                    rendered += 1;
                }
                Err(error) => {
                    names_the_key(&error, path, value);
                    refused += 1;
                }
            }
        }
    }
    assert!(refused + rendered >= 2_000 && rendered >= 300, "{refused} refused, {rendered} rendered");
}

/// Names that people give are as hostile as values.
#[test]
fn hostile_names_are_refused_or_are_one_key() {
    let tables = ["answers", "environment", "secrets", "volumes", "services", "processes", "service-kinds", "image.labels"];
    for table in tables {
        for name in hostile() {
            let mut spec: Value = toml::from_str(FULL).unwrap();
            let found = table.split('.').fold(&mut spec, |value, key| &mut value[key]).as_table_mut().unwrap();
            let (_, entry) = found.clone().into_iter().next().unwrap();
            found.insert(name.clone(), entry);
            let parse = |files: &[File]| files.iter().for_each(|file| drop(parsed(file)));
            match files_of(&toml::to_string(&spec).unwrap()) {
                Ok(files) => {
                    assert!(
                        name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter)),
                        "{table}: {name:?}"
                    );
                    parse(&files);
                }
                Err(error) => assert!(error.place.is_some() || error.message.contains(table), "{table}: {name:?}: {error}"),
            }
        }
    }
}

fn names_the_key(error: &Error, path: &[String], value: &str) {
    let key = path.iter().filter(|part| part.parse::<usize>().is_err()).cloned().collect::<Vec<_>>().join(".");
    let line = error.place.as_ref().map(|place| {
        let (before, after) = place.source.text.split_at(place.span.start);
        format!("{}{}", before.lines().last().unwrap_or_default(), after.lines().next().unwrap_or_default())
    });
    let last = path.iter().rfind(|part| part.parse::<usize>().is_err()).unwrap();
    let named = path[0] == "presets" && error.message.contains(&format!("{value:?}"))
        || error.message.contains(&key)
        || line.is_some_and(|line| line.contains(last.as_str()))
        || error.message.contains(last.as_str());
    assert!(named, "{key} = {value:?}: {error} {:?}", error.place);
}

fn strings(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let mut child = |key: String, value: &Value| {
        path.push(key);
        strings(value, path, found);
        path.pop();
    };
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| child(key.clone(), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| child(index.to_string(), item)),
        Value::String(_) => found.push(path.clone()),
        _ => {}
    }
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(value, |value, key| match key.parse::<usize>() {
        Ok(index) => &mut value[index],
        Err(_) => &mut value[key.as_str()],
    })
}

/// Everything about the files but the values: instructions, keys, commands, lines.
pub(crate) fn structure(files: &[File]) -> String {
    files.iter().fold(String::new(), |mut text, file| {
        let _ = writeln!(text, "== {}\n{}", file.key, parsed(file));
        text
    })
}

/// Reads a file with its own parser, and names what it is made of.
pub(crate) fn parsed(file: &File) -> String {
    match &*file.key {
        "dockerfile" => dockerfile(&file.text),
        "compose" | "kubernetes" => yaml(&file.text),
        "env-example" => dotenv(&file.text),
        // a volume outside of the project is no pattern: how many there are is the spec's choice
        "dockerignore" => format!("{} exceptions", file.text.lines().filter(|line| line.starts_with('!')).count()),
        _ => format!("{} lines", file.text.lines().count()),
    }
}

fn dockerfile(text: &str) -> String {
    let parsed = parse_dockerfile::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let lines = logical_lines(text);
    assert_eq!(parsed.instructions.len(), lines.len(), "two readers disagree on the instructions of\n{text}");
    let name = |line: &String| {
        let (keyword, rest) = line.split_once(' ').unwrap_or((line, ""));
        match keyword {
            "RUN" => format!("RUN {}", shell_operators(rest)),
            "CMD" | "HEALTHCHECK" => format!("{keyword} {}", exec_words(rest)),
            "ENV" | "LABEL" => format!("{keyword} {}", pairs(rest)),
            _ => keyword.to_owned(),
        }
    };
    lines.iter().map(name).collect::<Vec<_>>().join("\n")
}

/// The instructions, each on one line, without comments: BuildKit's own rule for continued lines.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        match line.strip_suffix('\\') {
            Some(start) => current.push_str(start),
            None => lines.push(std::mem::take(&mut current) + line),
        }
    }
    lines
}

/// How many `name="value"` pairs a line holds, as the Dockerfile parser counts them.
fn pairs(line: &str) -> usize {
    let (mut count, mut quoted) = (0, false);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '"' => quoted = !quoted,
            '=' if !quoted => count += 1,
            _ => {}
        }
    }
    assert!(!quoted, "a quote that does not end: {line}");
    count
}

/// What a shell would do with a line besides running its first word: counted outside of quotes.
fn shell_operators(line: &str) -> String {
    let mut operators = String::new();
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            // inside double quotes a substitution still works; dockgen's own templates use it once
            (Some('"'), '$' | '`') | (None, '$' | '`' | ';' | '&' | '|' | '<' | '>' | '\n') => operators.push(letter),
            (None, '\'' | '"') => quote = Some(letter),
            (None, '\\') => drop(letters.next()),
            _ => {}
        }
    }
    assert_eq!(quote, None, "a quote that does not end: {line}");
    operators
}

fn exec_words(source: &str) -> usize {
    let list = &source[source.find('[').unwrap_or(source.len())..];
    serde_json::from_str::<Vec<String>>(list).map_or(0, |words| words.len())
}

fn yaml(text: &str) -> String {
    let documents: Vec<Json> = serde_saphyr::from_multiple(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    documents.iter().map(shape).collect::<Vec<_>>().join("\n---\n")
}

/// The keys of a document, the lengths of its lists, and the types of its values.
fn shape(value: &Json) -> String {
    match value {
        Json::Object(entries) => {
            // networks are named by values of the spec: how many there are is what counts
            let network = |value: &Json| {
                value.get("internal").is_some()
                    || value.get("name").is_some() && value.as_object().is_some_and(|all| all.len() == 1)
            };
            let name = |key: &String, value: &Json| if network(value) { "network".to_owned() } else { key.clone() };
            let mut entries: Vec<_> =
                entries.iter().map(|(key, value)| format!("{}: {}", name(key, value), shape(value))).collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(", ")),
        Json::String(_) => "text".to_owned(),
        Json::Number(_) => "number".to_owned(),
        Json::Bool(_) => "truth".to_owned(),
        Json::Null => "null".to_owned(),
    }
}

/// The variables that are set; comments are for people.
fn dotenv(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('=').next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
