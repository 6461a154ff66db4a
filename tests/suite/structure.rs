//! What a generated file is made of, as its own parser reads it: instructions, keys and commands, without the values.

use std::fmt::Write as _;

use dockgen::render::RenderedFile;
use serde_json::Value as Json;

/// Everything about the files but the values: instructions, keys, commands, lines.
pub(crate) fn structure(files: &[RenderedFile]) -> String {
    files.iter().fold(String::new(), |mut text, file| {
        let _ = writeln!(text, "== {}\n{}", file.key, parsed(file));
        text
    })
}

/// Reads a file with its own parser, and names what it is made of.
pub(crate) fn parsed(file: &RenderedFile) -> String {
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

/// The number of `name="value"` pairs in a line, as the Dockerfile parser counts them.
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
