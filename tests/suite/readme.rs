//! The README: every command in it runs, its tables name what there is, and it shows what dockgen prints.

use std::path::Path;

use dockgen::preset;

use crate::common::Project;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The lines of every fenced block of a language, block by block.
pub(crate) fn blocks(text: &str, language: &str) -> Vec<Vec<String>> {
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| block.lines().map(str::to_owned).collect()).collect()
}

/// The application that the README is about.
const APPLICATION: &str =
    "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/health\")\ndef health():\n    return {}\n";

/// Every `dockgen` command runs, in order, in one project; what is printed under a `$` line is what it says.
#[test]
fn every_dockgen_command_runs_and_says_what_the_readme_shows() {
    let text = readme();
    let spec = blocks(&text, "toml").first().expect("a spec in the README").join("\n") + "\n";
    let files = [("main.py", APPLICATION), ("requirements.txt", "fastapi\nuvicorn\n")];
    let fresh = Project::new(&files);
    let project = Project::new(&[&files[..], &[("dockgen.toml", &spec)]].concat());
    std::fs::create_dir(project.0.path().join("presets")).unwrap();
    std::fs::write(project.0.path().join("presets/team.toml"), blocks(&text, "toml")[1].join("\n")).unwrap();
    let mut count = 0;
    for (at, block) in blocks(&text, "console").into_iter().enumerate() {
        // the first block begins with nothing but an application
        let project = if at == 0 { &fresh } else { &project };
        let mut lines = block.into_iter().peekable();
        while let Some(line) = lines.next() {
            let Some(command) = line.strip_prefix("$ dockgen ") else { continue };
            let mut shown = String::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                shown += &(line + "\n");
            }
            let (command, input) = command.split_once(" < ").unwrap_or((command, ""));
            let words: Vec<_> = command.split(' ').map(|word| word.trim_matches('\'')).collect();
            let ran = project.run_with(&words, input);
            assert!(ran.code != 2, "{command}: {}", ran.stderr);
            if !shown.is_empty() {
                assert_eq!(ran.stdout + &ran.stderr, shown, "{command}");
            }
            count += 1;
        }
    }
    assert!(count >= 6, "{count} commands");
}

/// The two set-up commands are the ones that continuous integration runs.
#[test]
fn the_set_up_commands_are_the_ones_that_run() {
    let text = readme();
    let shell = blocks(&text, "sh").concat().join("\n");
    let manifest = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run")).unwrap();
    for command in ["cargo install --path .", "cargo test"] {
        assert!(shell.contains(command), "{command} is not in the README");
        assert!(manifest.contains(command), "{command} is not in .ci/run");
    }
}

#[test]
fn the_tables_name_every_preset_and_every_key() {
    let text = readme();
    for name in preset::names() {
        assert!(text.contains(&format!("| `{name}` |")), "preset {name}");
    }
    let schema: serde_json::Value = serde_json::from_str(&Project::new(&[]).run(&["schema"]).ok().stdout).unwrap();
    let mut keys = Vec::new();
    collect(&schema, &schema, "", &mut keys);
    assert!(keys.len() > 100);
    for key in &keys {
        let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
        let row = text
            .lines()
            .find(|line| line.starts_with(&format!("| `{table}` |")))
            .unwrap_or_else(|| panic!("no row for `{table}`"));
        assert!(row.contains(&format!("`{name}`")), "`{name}` is not in the row of `{table}`: {row}");
    }
    for line in text.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 3) {
        let table = line.split('`').nth(1).unwrap();
        let known = keys.iter().any(|key| key.rsplit_once('.').map_or("", |(table, _)| table) == table)
            || preset::names().contains(&table);
        assert!(known, "a row for `{table}`, which is no table");
    }
}

/// Every key of the schema that holds a value; a name that people give is `NAME`.
fn collect(schema: &serde_json::Value, root: &serde_json::Value, path: &str, keys: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        return collect(&root["$defs"][reference.trim_start_matches("#/$defs/")], root, path, keys);
    }
    let forms: Vec<_> = schema["anyOf"].as_array().into_iter().flatten().collect();
    let table = forms.iter().find(|form| form.get("$ref").is_some() || form.get("properties").is_some());
    if let Some(table) = table {
        return collect(table, root, path, keys);
    }
    if schema["additionalProperties"].is_object() {
        return collect(&schema["additionalProperties"], root, &format!("{path}.NAME"), keys);
    }
    match schema["properties"].as_object() {
        Some(properties) => properties
            .iter()
            .for_each(|(name, child)| collect(child, root, format!("{path}.{name}").trim_start_matches('.'), keys)),
        None => keys.push(path.to_owned()),
    }
}
