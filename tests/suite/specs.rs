//! Properties of random specs, and every preset with every installer.

use std::collections::BTreeMap;
use std::path::Path;

use dockgen::error::Error;
use dockgen::plan::{Action, OverwritePolicy, Plan};
use dockgen::render::RenderedFile;
use dockgen::{preset, write};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::common::{cases, files_of};
use crate::recorded::golden;
use crate::structure::{parsed, structure};

const FRAMEWORKS: [&str; 5] = ["django-gunicorn", "django-asgi", "fastapi-uvicorn", "flask-gunicorn", "aiohttp-gunicorn"];
const INSTALLERS: [&str; 6] = ["pip", "wheels", "uv", "poetry", "pdm", "pipenv"];

fn plan(folder: &Path, files: Vec<RenderedFile>) -> Result<Plan, Error> {
    Plan::new(folder, files, &BTreeMap::new(), OverwritePolicy::default())
}

/// The built-in presets are the two lists above: a new one must be tested here.
#[test]
fn every_built_in_preset_is_a_framework_or_an_installer() {
    let mut all: Vec<_> = FRAMEWORKS.iter().chain(&INSTALLERS).copied().collect();
    all.sort_unstable();
    assert_eq!(all, preset::names());
}

#[test]
fn every_framework_works_with_every_installer() {
    for framework in FRAMEWORKS {
        for installer in INSTALLERS {
            let spec = format!(
                "presets = [\"{framework}\", \"{installer}\"]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n"
            );
            let files = files_of(&spec).unwrap_or_else(|error| panic!("{framework} {installer}: {error}"));
            files.iter().for_each(|file| drop(parsed(file)));
            let dockerfile = &files.iter().find(|file| file.key == "dockerfile").unwrap().text;
            assert!(
                dockerfile.contains("/opt/venv /opt/venv") && dockerfile.contains("USER 10001:10001"),
                "{framework} {installer}"
            );
            assert!(!dockerfile.contains("\n\n\n") && !dockerfile.contains(" \n"), "{framework} {installer}: {dockerfile}");
            if framework == "fastapi-uvicorn" {
                golden(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{installer}.Dockerfile")), dockerfile);
            }
        }
    }
}

/// Every spec that resolves also renders and parses, renders the same twice, and a second run changes nothing.
#[test]
fn random_specs_render_parse_and_are_idempotent() {
    let mut runner = TestRunner::new(Config { cases: cases(200), failure_persistence: None, ..Config::default() });
    let result = runner.run(&spec(), |spec| {
        let files = match files_of(&spec) {
            Ok(files) => files,
            Err(error) => return Err(TestCaseError::fail(format!("{error} {:?}\n{spec}", error.hint))),
        };
        prop_assert_eq!(&files, &files_of(&spec).unwrap());
        structure(&files);
        for file in &files {
            let plain = file.text.ends_with('\n') && !file.text.ends_with("\n\n") && !file.text.contains('\r');
            // Python wants two blank lines round a function
            prop_assert!(plain && (file.key == "gunicorn" || !file.text.contains("\n\n\n")), "blank lines of\n{}", file.text);
            prop_assert!(!file.text.lines().any(|line| line.ends_with(' ')), "a space at the end of a line of\n{}", file.text);
        }
        let folder = tempfile::tempdir().unwrap();
        let lock = write::lock(folder.path()).unwrap();
        write::apply(&plan(folder.path(), files.clone()).unwrap(), &lock).unwrap();
        let again = plan(folder.path(), files).unwrap();
        prop_assert!(again.steps.iter().all(|step| step.action == Action::Unchanged));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// A value of quotes, digits, signs that mean something somewhere, and letters that spell `no`, `on`, `\n` and `\x` but no word for a
/// password, such as `pw` in `pw=1`. A longer text would be refused as a secret too, and so would `a:b@c`: tests/suite/secrets.rs.
fn text() -> impl Strategy<Value = String> {
    proptest::string::string_regex(r"[ -@\[-`{-~EINORTUXeinortuxé日]{0,15}").unwrap().prop_map(|text| {
        let text = text.replace('{', "(").replace('@', "@ ");
        // what no .env file can say: tests/suite/roundtrip.rs
        if text.contains('$') { text.replace('\\', "/") } else { text }
    })
}

fn name() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,5})?").unwrap()
}

fn variable() -> impl Strategy<Value = String> {
    proptest::string::string_regex("X[A-Z0-9_]{0,10}").unwrap()
}

/// A key with a random value, or nothing.
fn maybe(key: &'static str, value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    prop_oneof![Just(String::new()), value.prop_map(move |value| format!("{key} = {value}\n"))].boxed()
}

fn quoted(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    value.prop_map(|value| toml::Value::String(value).to_string())
}

fn number(range: std::ops::Range<u32>) -> impl Strategy<Value = String> {
    range.prop_map(|number| number.to_string())
}

/// A table with some of these keys, nothing, or `false` where that is allowed.
fn table(name: &'static str, keys: Vec<BoxedStrategy<String>>) -> BoxedStrategy<String> {
    keys.prop_map(move |keys| format!("[{name}]\n{}", keys.concat())).boxed()
}

fn spec() -> impl Strategy<Value = String> {
    let presets = (proptest::sample::select(&FRAMEWORKS[..]), proptest::sample::select(&INSTALLERS[..]));
    let top = (presets, any::<[bool; 3]>()).prop_map(|((framework, installer), off)| {
        let off = ["build", "release", "health"].iter().zip(off).filter(|(_, off)| *off);
        let off: Vec<_> = off.map(|(table, _)| format!("{table} = false\n")).collect();
        format!("presets = [\"{framework}\", \"{installer}\"]\n{}", off.concat())
    });
    (top, tables(), people(), services()).prop_map(|(top, tables, people, services)| {
        format!("{top}[app]\nentry = \"main:app\"\n{}{people}{services}", tables.concat())
    })
}

fn tables() -> Vec<BoxedStrategy<String>> {
    let layout = proptest::sample::select(&["\"single\"", "\"kustomize\""][..]).prop_map(str::to_owned);
    let truth = any::<bool>().prop_map(|truth| truth.to_string());
    vec![
        table(
            "project",
            vec![
                maybe("description", quoted(text())),
                maybe("source", quoted(text())),
                quoted(name()).prop_map(|name| format!("name = {name}\n")).boxed(),
            ],
        ),
        table(
            "server",
            vec![maybe("workers", number(1..9)), maybe("threads", number(1..9)), maybe("max-requests", number(0..3))],
        ),
        table("install", vec![maybe("project", truth.clone())]),
        table(
            "system",
            vec![maybe("build", Just("[\"gcc\", \"libc6-dev\"]".to_owned())), maybe("run", Just("[\"libpq5\"]".to_owned()))],
        ),
        table(
            "compose",
            vec![maybe(
                "networks",
                quoted(name().prop_map(|name| format!("n-{name}"))).prop_map(|name| format!("[{name}, \"default\"]")),
            )],
        ),
        table(
            "kubernetes",
            vec![maybe("layout", layout), maybe("replicas", number(1..6)), maybe("autoscaling", Just("false".to_owned()))],
        ),
        table(
            "output",
            vec![
                maybe("compose", Just("\"deploy/compose.yaml\"".to_owned())),
                maybe("gunicorn", Just("false".to_owned())),
                maybe("dockerignore", truth),
            ],
        ),
        table("image.user", vec![maybe("uid", number(1000..65000))]),
    ]
}

/// Variables, secrets, volumes, processes: named by people.
fn people() -> impl Strategy<Value = String> {
    let environment = proptest::collection::btree_map(variable(), (quoted(text()), quoted(text()), any::<bool>()), 0..4);
    let secrets = proptest::collection::btree_map(variable(), (quoted(text()), any::<bool>()), 0..3);
    let volumes = proptest::collection::btree_set(name(), 0..3);
    let processes =
        proptest::collection::btree_map(name(), (proptest::collection::vec(quoted(text()), 0..4), any::<bool>()), 0..3);
    (environment, secrets, volumes, processes).prop_map(|(environment, secrets, volumes, processes)| {
        let mut lines = vec!["[environment]".to_owned()];
        for (name, (value, description, required)) in environment {
            let key = if required { "required = true, example" } else { "value" };
            // a random name may be that of a secret
            lines.push(format!("E{name}E = {{ {key} = {value}, description = {description}, secret = false }}"));
        }
        lines.push("[secrets]".to_owned());
        let secret = |(name, (text, required))| format!("S{name} = {{ description = {text}, required = {required} }}");
        lines.extend(secrets.into_iter().map(secret));
        lines.push("[volumes]".to_owned());
        lines.extend(volumes.iter().map(|name| format!("v-{name} = {{ path = \"/app/{name}\", size = \"1Gi\" }}")));
        for (name, (words, singleton)) in processes {
            lines.push(format!("[processes.p-{name}]\ncommand = [\"run\", {}]\nsingleton = {singleton}", words.join(", ")));
        }
        lines.join("\n") + "\n"
    })
}

fn services() -> impl Strategy<Value = String> {
    const KINDS: [&str; 9] = ["postgres", "mysql", "mariadb", "redis", "valkey", "rabbitmq", "memcached", "mongodb", "nats"];
    proptest::collection::btree_map(proptest::sample::select(&KINDS[..]), any::<bool>(), 0..3).prop_map(|services| {
        let service = |(kind, external): (&str, bool)| {
            let name = kind.to_uppercase();
            let environment = format!("{{ {name}_URL = \"url\", {name}_HOST = \"host\" }}");
            format!("[services.s-{kind}]\nkind = \"{kind}\"\nexternal = {external}\nenvironment = {environment}\n")
        };
        services.into_iter().map(service).collect::<Vec<_>>().concat()
    })
}
