//! docs/reference.md: its tables are generated from the schema, the default preset and the built-in presets.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value as Json;

use crate::common::Project;
use crate::recorded::golden;

#[test]
fn the_reference_is_what_the_schema_and_the_presets_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let page = replaced(&page, "presets", &presets());
    golden(&path, &replaced(&page, "keys", &keys()));
}

/// The page with a new text between the two comments that frame a generated part.
fn replaced(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- begin generated: {name} -->\n"), format!("<!-- end generated: {name} -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("docs/reference.md has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("docs/reference.md has no {end}"));
    format!("{before}{begin}\n{text}\n\n{end}{after}")
}

fn presets() -> String {
    let listed = Project::new(&[]).run(&["presets"]).ok().stdout;
    let rows =
        listed.lines().filter_map(|line| line.split_once(' ')).map(|(name, about)| format!("| `{name}` | {} |", about.trim()));
    format!("| preset | what it does |\n|---|---|\n{}", rows.collect::<Vec<_>>().join("\n"))
}

fn keys() -> String {
    let ask = |arguments: &[&str]| Project::new(&[]).run(arguments).ok().stdout;
    let schema: Json = serde_json::from_str(&ask(&["schema"])).unwrap();
    let defaults: toml::Value = toml::from_str(&ask(&["presets", "default"])).unwrap();
    let mut text = String::new();
    table(&schema, &schema, "", &defaults, &mut text);
    text.trim_end().to_owned()
}

/// A heading and a table of the keys that have a value, then the tables below it.
fn table(schema: &Json, root: &Json, path: &str, defaults: &toml::Value, text: &mut String) {
    let properties = schema["properties"].as_object().unwrap();
    let (tables, values): (Vec<_>, Vec<_>) = properties.iter().partition(|(_, child)| is_table(child, root));
    if !values.is_empty() {
        let heading = if path.is_empty() { "Top level".to_owned() } else { format!("`[{path}]`") };
        let _ = writeln!(text, "### {heading}\n\n| key | type | default | meaning |\n|---|---|---|---|");
        for (name, child) in values {
            let key = format!("{path}.{name}");
            let meaning = child["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
            let (kind, default) = (kind(child, root), default(defaults, key.trim_start_matches('.')));
            let _ = writeln!(text, "| `{name}` | {kind} | {default} | {meaning} |");
        }
        text.push('\n');
    }
    for (name, child) in tables {
        let path = format!("{path}.{name}");
        let (inner, named) = inner(child, root);
        let path = format!("{path}{}", if named { ".NAME" } else { "" });
        table(inner, root, path.trim_start_matches('.'), defaults, text);
    }
}

fn resolved<'a>(schema: &'a Json, root: &'a Json) -> &'a Json {
    schema["$ref"].as_str().map_or(schema, |reference| &root["$defs"][reference.trim_start_matches("#/$defs/")])
}

/// The table that a schema describes, and whether it is one of many by name.
fn inner<'a>(schema: &'a Json, root: &'a Json) -> (&'a Json, bool) {
    let schema = resolved(schema, root);
    if schema["additionalProperties"].is_object() {
        return (inner(&schema["additionalProperties"], root).0, true);
    }
    let form = schema["anyOf"].as_array().into_iter().flatten().find(|form| is_table(form, root));
    form.map_or((schema, false), |form| inner(form, root))
}

fn is_table(schema: &Json, root: &Json) -> bool {
    inner(schema, root).0["properties"].is_object()
}

fn kind(schema: &Json, root: &Json) -> String {
    let schema = resolved(schema, root);
    let words =
        |list: &Json| list.as_array().unwrap().iter().map(|word| format!("`{}`", word.as_str().unwrap())).collect::<Vec<_>>();
    if schema["enum"].is_array() {
        return words(&schema["enum"]).join(", ");
    }
    if let Some(forms) = schema["oneOf"].as_array() {
        return forms.iter().map(|form| format!("`{}`", form["const"].as_str().unwrap())).collect::<Vec<_>>().join(", ");
    }
    if schema == &root["$defs"]["Command"] {
        return "command".to_owned();
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms.iter().map(|form| kind(form, root)).collect::<Vec<_>>().join(" or ");
    }
    if schema["additionalProperties"].is_object() {
        return format!("{}s by name", kind(&schema["additionalProperties"], root));
    }
    match (&schema["const"], &schema["type"]) {
        (Json::Bool(false), _) => "`false`".to_owned(),
        (_, Json::Array(kinds)) => kinds.iter().map(|kind| kind.as_str().unwrap()).collect::<Vec<_>>().join(" or "),
        (_, Json::String(kind)) if kind == "array" => format!("list of {}s", self::kind(&schema["items"], root)),
        (_, Json::String(kind)) => kind.clone(),
        other => panic!("{other:?}"),
    }
}

fn default(defaults: &toml::Value, key: &str) -> String {
    let found = key.split('.').try_fold(defaults, |table, name| table.get(name));
    found.map_or(String::new(), |value| format!("`{value}`"))
}
