//! Passes thousands of hostile values through the real tools that read generated files, and checks that each is read back unchanged.
//!
//! `tests/suite/roundtrip.rs` implements the parsing rules of these tools; this runs the tools themselves.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use assert_fs::TempDir;
use serde_json::Value;

use crate::docker::{command, docker, must, note};
use crate::tools::{dockgen, tool};

/// Parts of the values.
const SIGNS: [&str; 14] = ["a", "V1", "'", "\"", "\\", "$", "#", "{", "}", "(", ")", " ", "=", "%"];
const RARE_SIGNS: [&str; 16] = ["n", "é", "日", "🎉", "\u{a0}", "ſ", "`", "!", "*", "~", ";", "&", "<<EOF", "$(", "${", ":-"];

/// Number of longer, random values.
const RANDOM: usize = 600;

/// Every text of one sign, of two common signs, some of three, and longer random ones.
fn hostile_values() -> Vec<String> {
    let mut values: Vec<String> = SIGNS.iter().chain(&RARE_SIGNS).map(|sign| (*sign).to_owned()).collect();
    let pairs: Vec<String> = SIGNS.iter().flat_map(|one| SIGNS.iter().map(move |other| format!("{one}{other}"))).collect();
    let triples = pairs.iter().flat_map(|pair| SIGNS[2..6].iter().map(move |sign| format!("{pair}{sign}")));
    values.extend(triples.collect::<Vec<_>>());
    values.extend(pairs);
    let signs: Vec<&str> = SIGNS.iter().chain(&RARE_SIGNS).copied().collect();
    // a linear congruential generator (Knuth's MMIX) gives the same values in every run
    let mut state: u64 = 1;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..RANDOM {
        let length = 4 + random(12);
        values.push((0..length).map(|_| signs[random(signs.len())]).collect());
    }
    // dockgen may reject longer values as tokens
    values.retain(|value| value.len() < 16);
    values.sort();
    values.dedup();
    values
}

/// Generates a project with every value at every place that takes free text.
fn generate_project(values: &[String], dotenv: bool) -> TempDir {
    // in a spec, `{{` is a literal brace
    let quoted: Vec<String> = values.iter().map(|value| toml::Value::from(value.replace('{', "{{")).to_string()).collect();
    let kept: Vec<String> = values.iter().map(|value| toml::Value::from(value.as_str()).to_string()).collect();
    let (list, kept_list) = (quoted.join(", "), kept.join(", "));
    let mut spec = format!(
        "presets = [\"flask-gunicorn\", \"pip\"]\n[project]\nname = \"roundtrip\"\n[app]\nentry = \"main:app\"\n\
         [server]\nworker-class = \"gthread\"\nworkers = 3\n\
         [build]\nsteps = [[\"sh\", \"-c\", \"printf '%s\\\\0' \\\"$@\\\" > /arguments\", \"sh\", {list}], [\"sh\", \"-c\", \"env -0 > /environment\"]]\n\
         [release]\nsteps = [[\"run\", {list}]]\n\
         [processes.web]\ncommand = [\"run\", {list}]\n[processes.worker]\ncommand = [\"run\", {list}]\n\
         [services.search]\nkind = \"search\"\n\
         [service-kinds.search]\nimage = \"search\"\nversion = \"1\"\nport = 9200\nurl = \"http://{{host}}\"\nrun-as = \"1:1\"\n\
         command = [\"run\", {kept_list}]\nhealth = [\"run\", {kept_list}]\n\
         [output]\nenv-example = {}\n",
        if dotenv { "\".env.example\"" } else { "false" }
    );
    spec += "[service-kinds.search.environment]\n";
    for (at, value) in kept.iter().enumerate() {
        let _ = writeln!(spec, "V{at} = {value}");
    }
    spec += "[image.labels]\n";
    for (at, value) in quoted.iter().enumerate() {
        let _ = writeln!(spec, "l{at} = {value}");
    }
    spec += "[environment]\n";
    for (at, value) in quoted.iter().enumerate() {
        let _ = writeln!(spec, "V{at} = {value}\nR{at} = {{ required = true, example = {value} }}");
    }
    let folder = TempDir::new().unwrap();
    for (path, text) in [("main.py", "app = None\n"), ("requirements.txt", "flask\ngunicorn\n"), ("dockgen.toml", &spec)] {
        fs::write(folder.path().join(path), text).unwrap();
    }
    must(Command::new(dockgen()).arg("generate").current_dir(folder.path()));
    folder
}

fn read(project: &Path, path: &str) -> String {
    fs::read_to_string(project.join(path)).unwrap()
}

/// Checks that every value was read back unchanged.
fn assert_same(place: &str, values: &[String], found: &[String]) {
    let lost: Vec<_> = values.iter().zip(found).filter(|(value, found)| value != found).take(10).collect();
    assert!(values.len() == found.len() && lost.is_empty(), "{place}: {} of {}: {lost:?}", found.len(), values.len());
    note(&format!("{} values came back from {place}", values.len()));
}

/// The values of `PREFIX0`, `PREFIX1` and so on.
fn numbered_values(found: &BTreeMap<String, String>, prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|at| found.get(&format!("{prefix}{at}")).cloned().unwrap_or_else(|| "nothing".to_owned())).collect()
}

/// Splits `NAME=value` texts.
fn parse_pairs<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    texts.filter_map(|text| text.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn words(value: &Value, skip: usize) -> Vec<String> {
    value.as_array().unwrap()[skip..].iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().unwrap().iter();
    entries.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// The last instruction of a Dockerfile that starts with a text, including continuation lines.
fn find_instruction(dockerfile: &str, start: &str) -> String {
    let at = dockerfile.rfind(&format!("\n{start}")).unwrap_or_else(|| panic!("there is {start}")) + 1;
    let mut lines = String::new();
    for line in dockerfile[at..].lines() {
        let _ = writeln!(lines, "{line}");
        if !line.ends_with('\\') {
            break;
        }
    }
    lines
}

#[test]
fn docker_reads_every_value_back() {
    const IMAGE: &str = "dockgen-roundtrip:test";
    let values = hostile_values();
    let project = generate_project(&values, false);
    let generated = read(project.path(), "Dockerfile");
    let instructions = ["RUN export", "ENV PATH", "LABEL ", "CMD "].map(|start| find_instruction(&generated, start));
    let context = TempDir::new().unwrap();
    fs::write(context.path().join("Dockerfile"), format!("FROM debian:trixie-slim\n{}", instructions.concat())).unwrap();
    must(command(&["build", "--quiet", "--tag", IMAGE]).arg(context.path()));
    let image: Value = serde_json::from_str(&docker(&["image", "inspect", IMAGE])).unwrap();
    let config = &image[0]["Config"];
    let environment = words(&config["Env"], 0);
    let cat = |path: &str| docker(&["run", "--rm", "--network=none", IMAGE, "cat", path]);
    let (arguments, settings) = (cat("/arguments"), cat("/environment"));
    let running = docker(&["run", "--rm", "--network=none", IMAGE, "env", "-0"]);
    docker(&["image", "rm", IMAGE]);
    let count = values.len();
    assert_same("ENV", &values, &numbered_values(&parse_pairs(environment.iter().map(String::as_str)), "V", count));
    assert_same("ENV, in a container", &values, &numbered_values(&parse_pairs(running.split('\0')), "V", count));
    assert_same("LABEL", &values, &numbered_values(&texts(&config["Labels"]), "l", count));
    assert_same("CMD", &values, &words(&config["Cmd"], 1));
    assert_same("RUN", &values, &arguments.split_terminator('\0').map(str::to_owned).collect::<Vec<_>>());
    assert_same("RUN export", &values, &numbered_values(&parse_pairs(settings.split('\0')), "R", count));
}

#[test]
fn compose_reads_every_value_back() {
    let values = hostile_values();
    let project = generate_project(&values, false);
    let mut config = command(&["compose", "config", "--format", "json"]);
    // the output is a compose file too, in which `$` is doubled
    let config = must(config.current_dir(project.path())).replace("$$", "$");
    let services = &serde_json::from_str::<Value>(&config).unwrap()["services"];
    assert_same("Compose's command of the release", &values, &words(&services["release"]["command"], 1));
    assert_same("Compose's command of a worker", &values, &words(&services["worker"]["command"], 1));
    assert_same("Compose's command of a service", &values, &words(&services["search"]["command"], 1));
    assert_same("Compose's health check", &values, &words(&services["search"]["healthcheck"]["test"], 2));
    assert_same(
        "Compose's environment",
        &values,
        &numbered_values(&texts(&services["search"]["environment"]), "V", values.len()),
    );
}

#[test]
fn dotenv_parsers_read_every_value_back() {
    // dockgen rejects values that have no safe form for both parsers; tests/suite checks that
    let writable = |value: &String| !(value.contains('$') && value.contains('\\') || value.contains("${"));
    let values: Vec<String> = hostile_values().into_iter().filter(writable).collect();
    let project = generate_project(&values, true);
    // `# V12=…`, not a comment such as `# Request timeout`
    let is_setting = |line: &str| {
        let name = line.strip_prefix("# V").or_else(|| line.strip_prefix("# R")).and_then(|rest| rest.split_once('='));
        name.is_some_and(|(number, _)| number.parse::<usize>().is_ok())
    };
    let line = |line: &str| if is_setting(line) { line[2..].to_owned() + "\n" } else { line.to_owned() + "\n" };
    let text: String = read(project.path(), ".env.example").lines().map(line).collect();
    fs::write(project.path().join(".env"), text).unwrap();
    let mut config = command(&["compose", "config", "--format", "json"]);
    let config = must(config.current_dir(project.path())).replace("$$", "$");
    let compose = texts(&serde_json::from_str::<Value>(&config).unwrap()["services"]["web"]["environment"]);
    let container =
        "name: roundtrip-env\nservices:\n  shows:\n    image: debian:trixie-slim\n    env_file: .env\n    network_mode: none\n";
    fs::write(project.path().join("container.yaml"), container).unwrap();
    let mut run = command(&["compose", "--file", "container.yaml", "run", "--rm", "--no-TTY", "shows", "env", "-0"]);
    let container = must(run.current_dir(project.path()));
    let script = "import dotenv, json; print(json.dumps(dotenv.dotenv_values('.env')))";
    let python = must(tool("python").args(["-c", script]).current_dir(project.path()));
    let python = texts(&serde_json::from_str(&python).unwrap());
    for (reader, found) in [("Compose", compose), ("a container", parse_pairs(container.split('\0'))), ("python-dotenv", python)]
    {
        assert_same(&format!(".env by {reader}, required"), &values, &numbered_values(&found, "R", values.len()));
        assert_same(&format!(".env by {reader}, optional"), &values, &numbered_values(&found, "V", values.len()));
    }
}

#[test]
fn kubernetes_reads_every_value_back() {
    let values = hostile_values();
    let project = generate_project(&values, false);
    let script = "import json, yaml; print(json.dumps(list(yaml.safe_load_all(open('k8s.yaml', encoding='utf-8')))))";
    let documents = must(tool("python").args(["-c", script]).current_dir(project.path()));
    let documents: Vec<Value> = serde_json::from_str(&documents).unwrap();
    let find = |kind: &str, name: &str| {
        let is = |document: &&Value| document["kind"] == kind && document["metadata"]["name"] == name;
        documents.iter().find(is).unwrap_or_else(|| panic!("k8s.yaml has {kind} {name}"))
    };
    for (kind, name) in [("Deployment", "roundtrip-worker"), ("Job", "roundtrip-release")] {
        let command = &find(kind, name)["spec"]["template"]["spec"]["containers"][0]["command"];
        let expanded: Vec<String> = words(command, 1).iter().map(|word| expand_as_kubelet(word)).collect();
        assert_same(&format!("the command of a {kind}"), &values, &expanded);
    }
    assert_same("a ConfigMap", &values, &numbered_values(&texts(&find("ConfigMap", "roundtrip")["data"]), "R", values.len()));
}

/// Expands a word of a command as the kubelet does (Kubernetes' third_party/forked/golang/expansion).
fn expand_as_kubelet(text: &str) -> String {
    let mut read = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '$' {
            read.push(letter);
            continue;
        }
        match letters.next() {
            Some('$') => read.push('$'),
            Some('(') if letters.as_str().contains(')') => read.push_str("EXPANDED"),
            // the kubelet takes the next byte for a whole character
            Some(next) if !next.is_ascii() => read.push_str("BROKEN"),
            next => read.extend(['$'].into_iter().chain(next)),
        }
    }
    read
}

#[test]
fn python_reads_gunicorn_settings() {
    let project = generate_project(&["a".to_owned()], false);
    let script = "import json, runpy; found = runpy.run_path('gunicorn.conf.py'); \
                  print(json.dumps([found['worker_class'], found['workers'], found['bind']]))";
    let found = must(tool("python").args(["-c", script]).env_remove("PORT").current_dir(project.path()));
    assert_eq!(found.trim(), "[\"gthread\", 3, \"0.0.0.0:8000\"]");
}
