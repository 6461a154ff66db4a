//! What presets ask, and what becomes of the answers.

use std::sync::Arc;

use dockgen::detect;
use dockgen::error::Source;
use dockgen::preset::{self, Library, Request};
use dockgen::resolve::{self, Findings};

use crate::common::Project;

const ASKS: &str = r#"description = "Team"

[[ask]]
name = "team"
question = "Which team runs this?"
pattern = "[a-z]+"

[[ask]]
name = "tier"
question = "How much does it matter?"
kind = "choice"
choices = ["gold", "silver"]
default = "silver"

[[ask]]
name = "public"
question = "Is it reached from outside?"
kind = "yes-no"
default = false

[project]
description = "{answers.team} runs this"
source = "https://git.example.com/{answers.team}/{project.name}"

[image]
tag = "{answers.tier}"
registry = "{answers.team}.example.com"
labels = { "com.example.public" = "{answers.public}", "com.example.literal" = "{{answers.public}" }

[compose]
networks = ["{answers.team}-net"]

[kubernetes]
namespace = "{answers.team}-apps"
image = "registry.example.com/{answers.team}/{project.name}:1"
secret = "{answers.team}-secret"

[kubernetes.ingress]
host = "{project.name}.{answers.team}.example.com"

[environment]
TIER = "{answers.tier}"
"#;

/// A project of the team, with more of a spec.
fn project(presets: &str, spec: &str, files: &[(&str, &str)]) -> Project {
    let spec = format!("presets = [\"fastapi-uvicorn\", \"pip\", {presets}]\n[app]\nentry = \"main:app\"\n{spec}");
    let common =
        [("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", spec.as_str()), ("team.toml", ASKS)];
    Project::new(&[&common[..], files].concat())
}

const SHOP: &str = "[project]\nname = \"web\"\n[answers]\nteam = \"shop\"\n[secrets]\nSECRET_KEY = { required = true }\n";

#[test]
fn values_name_answers_wherever_a_team_needs_it() {
    let project = project("\"./team.toml\"", SHOP, &[]);
    project.run(&["generate"]).ok();
    let dockerfile = project.read("Dockerfile");
    for expected in [
        "FROM shop.example.com/python:3.14-slim-trixie AS base",
        "org.opencontainers.image.description=\"shop runs this\"",
        "org.opencontainers.image.source=\"https://git.example.com/shop/web\"",
        "com.example.public=\"false\"",
        "com.example.literal=\"{answers.public}\"",
        "TIER=\"silver\"",
    ] {
        assert!(dockerfile.contains(expected), "{expected} is not in\n{dockerfile}");
    }
    let (compose, manifest) = (project.read("compose.yaml"), project.read("k8s.yaml"));
    assert!(compose.contains("shop-net") && compose.contains("web:silver"), "{compose}");
    for expected in ["shop-apps", "registry.example.com/shop/web:1", "shop-secret", "web.shop.example.com"] {
        assert!(manifest.contains(expected), "{expected} is not in\n{manifest}");
    }
}

#[test]
fn show_says_who_answered() {
    let project = project("\"./team.toml\"", SHOP, &[]);
    let shown = project.run(&["show", "answers", "--set", "answers.public=true"]).ok().stdout;
    assert_eq!(
        shown,
        "answers.public = true  # --set answers.public=true\n\
         answers.team = \"shop\"  # dockgen.toml:7\n\
         answers.tier = \"silver\"  # ./team.toml:13\n"
    );
    // an unanswered question does not prevent inspection
    let project = self::project("\"./team.toml\"", "", &[]);
    let shown = project.run(&["show", "answers"]).ok().stdout;
    assert!(shown.contains("answers.tier") && !shown.contains("answers.team"), "{shown}");
}

#[test]
fn a_later_preset_asks_anew_and_a_preset_may_answer() {
    let other =
        "[[ask]]\nname = \"tier\"\nquestion = \"Tier?\"\nkind = \"choice\"\nchoices = [\"iron\"]\n[answers]\nteam = \"search\"\n";
    let project = project("\"./team.toml\", \"./other.toml\"", "[project]\nname = \"web\"\n", &[("other.toml", other)]);
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("Tier?") && ran.stderr.contains("one of iron"), "{}", ran.stderr);
    project.run(&["generate", "--set", "answers.tier=iron"]).ok();
    assert!(project.read("Dockerfile").contains("TIER=\"iron\"") && project.read("k8s.yaml").contains("search-apps"));
}

/// An answer is text: what looks like a reference in it stays as it is.
#[test]
fn an_answer_names_nothing() {
    let ask =
        "[[ask]]\nname = \"motto\"\nquestion = \"Which motto?\"\n[image.labels]\n\"com.example.motto\" = \"{answers.motto}\"\n";
    let project = project("\"./motto.toml\"", "[project]\nname = \"web\"\n", &[("motto.toml", ask)]);
    project.run(&["generate", "--set", "answers.motto={app.entry} $HOME"]).ok();
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.contains(r#"com.example.motto="{app.entry} \$HOME""#), "{dockerfile}");
}

#[test]
fn templates_see_answers_as_texts_and_truths() {
    let project = project("\"./team.toml\"", SHOP, &[]);
    let text = project.read("dockgen.toml");
    let spec = Some(Arc::new(Source::file("dockgen.toml", text)));
    let request = Request { spec, directory: project.0.path().to_path_buf(), ..Request::default() };
    let facts = detect::facts(&detect::Folder::new(project.0.path()), false).unwrap();
    let layers = preset::project(&request).unwrap();
    let merged = preset::merge(&request, layers, facts, &mut Library::default()).map_err(|error| error.message).unwrap();
    let checked = resolve::check_layers(&merged.layers, &merged.asks).map_err(|error| error.message).unwrap();
    let choices = resolve::choose(&checked).map_err(|error| error.message).unwrap();
    let resolved = resolve::resolve(choices, &Findings::default()).map_err(|error| error.message).unwrap();
    let answers = serde_json::to_value(&resolved.model.answers).unwrap();
    assert_eq!(answers, serde_json::json!({"public": false, "team": "shop", "tier": "silver"}));
}

#[test]
fn init_takes_answers_from_flags() {
    let files = [("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"), ("requirements.txt", "fastapi\n")];
    let project = Project::new(&[&files[..], &[("team.toml", ASKS)]].concat());
    let init = ["init", "--yes", "--preset", "./team.toml", "--set", "project.name=web"];
    let ran = project.run(&init);
    assert!(ran.code == 2 && ran.stderr.contains("--set answers.team="), "{}", ran.stderr);
    assert!(!project.0.path().join("dockgen.toml").exists());
    let labels = ["--set", "answers.team=shop", "--set", "image.labels.\"com.example.cost.center\"=42"];
    project.run(&[&init[..], &labels].concat()).ok();
    let spec = project.read("dockgen.toml");
    // a default is no decision
    assert!(spec.contains("# Answers to the questions of presets\n[answers]\nteam = \"shop\"\n\n"), "{spec}");
    assert!(project.read("Dockerfile").contains("com.example.cost.center=\"42\""), "{spec}");
}
