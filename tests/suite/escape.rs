//! No value in any spec adds an instruction, a key or a command: hostile values in every string, one at a time.

use dockgen::error::Error;
use dockgen::render::RenderedFile;
use toml::Value;

use crate::common::files_of;
use crate::structure::{parsed, structure};

/// A spec with every string of the schema in it.
const FULL: &str = include_str!("full.toml");

/// Attempts to break out of a value.
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
            let parse = |files: &[RenderedFile]| files.iter().for_each(|file| drop(parsed(file)));
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
