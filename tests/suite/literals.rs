//! Braces in what the project itself says are text: only what people write may name other values.

use std::sync::Arc;

use dockgen::detect::{Facts, Folder};
use dockgen::error::{Error, Source};
use dockgen::layers::Node;
use dockgen::model::Model;
use dockgen::preset::{self, Library, Request};
use dockgen::resolve::{self, Findings};
use serde_json::Value as Json;
use toml::Value;

use crate::common::{Project, Ran};

/// Texts of a project that would be references, mistakes or escapes if people had written them.
const LITERALS: [&str; 26] = [
    "{time} {level.name}",
    "{level.name:<8} | {message}",
    "{app.entry}",
    "{app.port}",
    "{{app.entry}}",
    "{{{app.entry}}}",
    "{{",
    "}}",
    "{",
    "}",
    "{}",
    "{{}}",
    "{a.b",
    "a.b}",
    "{answers.team}",
    "{answers.}",
    "{project.name}{project.name}",
    "{image.base}",
    "{server.workers",
    "{nothing.here}",
    "{health.path}/x",
    "{python.version}",
    "{environment.x.value}",
    "%(name)s {app.root} {0} {!r}",
    "{\"a\": {\"b.c\": 1}}",
    "{{ cookiecutter.name }}/{app.workdir}",
];

/// What people wrote: enough for a model.
const SPEC: &str = "presets = [\"fastapi-uvicorn\", \"pip\"]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n";

/// The model of a spec with these facts.
fn model(spec: &str, facts: &[(&str, Value)]) -> Result<Model, Error> {
    let nowhere = tempfile::tempdir().unwrap();
    let source = Arc::new(Source::file("settings.py", ""));
    let origin = Node::empty(&source).origin().clone();
    let mut found: Facts = dockgen::detect::facts(&Folder::new(nowhere.path()), false)?;
    facts.iter().for_each(|(key, value)| found.layer.set(key, value.clone(), &origin));
    let spec = Arc::new(Source::file("dockgen.toml", spec.to_owned()));
    let request = Request { spec: Some(spec), directory: nowhere.path().to_path_buf(), ..Request::default() };
    let merged = preset::merge(&request, preset::project(&request)?, found, &mut Library::default())?;
    Ok(resolve::resolve(resolve::choose(&resolve::check_layers(&merged.layers, &merged.asks)?)?, &Findings::default())?.model)
}

#[test]
fn braces_in_facts_are_text_wherever_they_land() {
    let mut wrong = Vec::new();
    for text in LITERALS {
        let words = |first: &str| Value::Array(vec![first.into(), text.into()]);
        let facts = [
            ("environment.VALUE.value", text.into()),
            ("environment.EXAMPLE.example", text.into()),
            ("environment.EXAMPLE.required", true.into()),
            ("environment.EXAMPLE.description", text.into()),
            ("processes.worker.command", words("run")),
            ("build.steps", Value::Array(vec![words("build")])),
            ("release.steps", Value::Array(vec![words("release")])),
            ("project.description", text.into()),
            ("image.labels.motto", text.into()),
        ];
        let model = match model(SPEC, &facts) {
            Ok(model) => model,
            Err(error) => {
                wrong.push(format!("{text:?}: {error}"));
                continue;
            }
        };
        let example = model.variables.iter().find(|variable| variable.name == "EXAMPLE").unwrap();
        let labels = &model.dockerfile.labels;
        let found = [
            ("value", &model.environment["VALUE"]),
            ("example", &example.value),
            ("description", &example.description),
            ("setting", &model.kubernetes.settings["EXAMPLE"].value),
            ("step value", &model.dockerfile.step_values["EXAMPLE"]),
            ("worker", &model.workers[0].command[1]),
            ("build", &model.dockerfile.steps[0][1]),
            ("release", &model.release.as_ref().unwrap().command[1]),
            ("label", &labels["motto"]),
            ("description of the image", &labels["org.opencontainers.image.description"]),
        ];
        wrong.extend(
            found.into_iter().filter(|(_, found)| *found != text).map(|(place, found)| format!("{text:?}: {place} is {found:?}")),
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_same_text_that_people_write_is_a_reference() {
    let written = |text: &str| format!("{SPEC}[environment]\nA = {}\n", Value::from(text));
    for (text, expected) in [
        ("{app.entry}", "main:app"),
        ("{{app.entry}", "{app.entry}"),
        ("{time}", "{time}"),
        ("{", "{"),
        ("{{", "{"),
        ("{{}}", "{}}"),
        ("{server.keep-alive}s", "75s"),
    ] {
        assert_eq!(model(&written(text), &[]).unwrap().environment["A"], expected, "{text}");
    }
    for text in ["{level.name}", "{answers.team}", "{time} {level.name}"] {
        let error = model(&written(text), &[]).err().unwrap();
        assert!(
            error.message.starts_with("unknown reference `{")
                && error.message.contains("in `environment.A.value`")
                && error.hint.unwrap().contains("{{"),
            "{text}: {}",
            error.message
        );
    }
}

/// A preset writes for many projects, and so does a default: both may name what a project says.
#[test]
fn what_people_write_may_name_a_fact_and_gets_its_text() {
    let spec = format!(
        "{}[environment]\nA = \"{{app.root}} {{app.port}} {{health.path}}\"\n",
        SPEC.replace("fastapi-uvicorn", "flask-gunicorn")
    );
    let facts = [("app.root", "src".into()), ("app.port", 9000.into()), ("health.path", "/health".into())];
    assert_eq!(model(&spec, &facts).unwrap().environment["A"], "src 9000 /health");
}

/// Where a spec replaces a fact, the spec's text counts, and is people's again.
#[test]
fn what_replaces_a_fact_is_a_reference_again() {
    let fact = [("environment.A.value", "{app.entry}".into())];
    assert_eq!(model(SPEC, &fact).unwrap().environment["A"], "{app.entry}");
    let spec = format!("{SPEC}[environment.A]\nvalue = \"{{app.entry}}\"\n");
    assert_eq!(model(&spec, &fact).unwrap().environment["A"], "main:app");
}

/// How a project gives a variable a value, with `TEXT` as a Python string.
const SOURCES: [(&str, &str, &str); 8] = [
    ("getenv", "settings.py", "import os\n\nA = os.getenv(\"LOG_FORMAT\", TEXT)\n"),
    ("get", "settings.py", "import os\n\nA = os.environ.get(\"LOG_FORMAT\", default=TEXT)\n"),
    (
        "pydantic",
        "settings.py",
        "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    log_format: str = TEXT\n",
    ),
    (
        "field",
        "settings.py",
        "from pydantic import Field\nfrom pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    log_format: str = Field(default=TEXT)\n",
    ),
    ("environs", "settings.py", "from environs import Env\n\nenv = Env()\nA = env.str(\"LOG_FORMAT\", TEXT)\n"),
    ("decouple", "settings.py", "from decouple import config\n\nA = config(\"LOG_FORMAT\", default=TEXT)\n"),
    ("example", ".env.example", "LOG_FORMAT=TEXT\n"),
    ("sample", ".env.sample", "LOG_FORMAT=TEXT\n"),
];

/// A project whose settings contain a text.
fn project((_, file, text): (&str, &str, &str), literal: &str) -> Project {
    let main = "import os\n\nfrom fastapi import FastAPI\n\nimport settings\n\napp = FastAPI()\nLOG_FORMAT = os.environ[\"LOG_FORMAT\"]\n\n\n\
                @app.get(\"/items/{item_id}\")\ndef item(item_id: str):\n    return f\"{item_id} {app.title}\"\n\n\n\
                @app.get(\"/{app.entry}/health\")\ndef health():\n    return {}\n";
    let settings = text.replace("TEXT", &Value::from(literal).to_string());
    let mut files =
        vec![("main.py", main), ("requirements.txt", "fastapi\nuvicorn\npydantic-settings\n"), (file, settings.as_str())];
    if file != "settings.py" {
        files.push(("settings.py", "import os\n\nA = os.getenv(\"LOG_FORMAT\")\n"));
    }
    Project::new(&files)
}

/// The value at a key of `show --json`, or of `detect --json`.
fn json(ran: &Ran) -> Json {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr))
}

#[test]
fn init_starts_projects_with_braces_in_their_settings() {
    let mut wrong = Vec::new();
    let pairs = SOURCES.iter().flat_map(|source| LITERALS[..4].iter().map(move |literal| (*source, *literal)));
    let more = LITERALS[4..].iter().map(|literal| (SOURCES[0], *literal));
    for (source, literal) in pairs.chain(more) {
        let project = project(source, literal);
        let init = project.run(&["init", "--yes"]);
        if init.code != 0 {
            wrong.push(format!(
                "{}: {literal:?}: init exits {}: {}",
                source.0,
                init.code,
                init.stderr.lines().next().unwrap_or_default()
            ));
            continue;
        }
        // whether a value is copied is detection's decision; one that is copied is what the project says
        let shown = json(&project.run(&["show", "--json"]).ok());
        let shown = shown["environment.LOG_FORMAT.example"]["value"].as_str();
        let detected = json(&project.run(&["detect", "--json"]).ok());
        let fact = |fact: &&Json| fact["key"] == "environment.LOG_FORMAT.example";
        let detected = detected["facts"].as_array().unwrap().iter().find(fact).and_then(|fact| fact["value"].as_str());
        if shown != detected || shown.is_some_and(|shown| shown != literal) {
            wrong.push(format!("{}: {literal:?}: detect says {detected:?}, show says {shown:?}", source.0));
        }
        let check = project.run(&["generate", "--check"]);
        if check.code != 0 {
            wrong.push(format!("{}: {literal:?}: --check exits {}", source.0, check.code));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What TOML, or the places where a text lands, could take for something else.
const TYPED: [&str; 20] = [
    "a",
    "it's",
    "say \"hi\"",
    "'''",
    "\"\"\"",
    "\\",
    "C:\\data\\",
    "\\u0041 \\n",
    "# no comment",
    "a = 1",
    "[table]",
    "a\\",
    "é 日本 🎉",
    "{{app.entry}",
    "{time}",
    "$HOME $(id) `id`",
    "  blanks  ",
    "%s {0}",
    "null",
    "a: b",
];

#[test]
fn init_writes_what_was_typed_so_that_it_comes_back() {
    for typed in TYPED {
        let project = Project::new(&[
            ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n"),
            ("requirements.txt", "fastapi\nuvicorn\n"),
        ]);
        let value = Value::from(typed);
        let sets = [
            format!("project.description={value}"),
            format!("environment.A.value={value}"),
            format!("build.steps=[[\"run\", {value}]]"),
        ];
        let flags: Vec<&str> = sets.iter().flat_map(|set| ["--set", set.as_str()]).collect();
        project.run(&[&["init", "--yes"], &flags[..]].concat()).ok();
        let spec: toml::Table = toml::from_str(&project.read("dockgen.toml")).unwrap();
        assert_eq!(spec["project"]["description"].as_str(), Some(typed));
        assert_eq!(spec["environment"]["A"]["value"].as_str(), Some(typed));
        assert_eq!(spec["build"]["steps"][0][1].as_str(), Some(typed));
        let shown = json(&project.run(&["show", "--json"]).ok());
        let meant = typed.replace("{{", "{");
        assert_eq!(shown["environment.A.value"]["value"], meant.as_str());
        assert_eq!(shown["project.description"]["value"], meant.as_str());
    }
}
