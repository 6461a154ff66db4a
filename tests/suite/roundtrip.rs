//! What a spec says comes back exactly from every file, as the tool reads it that the file is for.
//!
//! `readers.rs` has those tools' rules, and `tests/e2e/roundtrip.rs` asks the tools themselves.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dockgen::error::Error;
use dockgen::render::RenderedFile;
use serde_json::Value as Json;

use crate::common::files_of;
use crate::readers::{compose_dotenv, dockerfile_pairs, instructions, interpolated, kubelet, python_dotenv, shell_words};

/// Values that mean something to one tool or another.
const VALUES: [&str; 79] = [
    "a",
    " ",
    " a",
    "a ",
    "a b",
    "  a  b  ",
    "'",
    "\"",
    "''",
    "\"\"",
    "it's",
    "say \"hi\"",
    "it's \"it\"",
    "'a'",
    "\"a\"",
    "\\",
    "\\\\",
    "a\\",
    "a\\\\",
    "C:\\data\\",
    "C:\\Program Files\\x\\",
    "\\\\server\\share",
    "\\n",
    "a\\nb",
    "a\\tb",
    "\\'",
    "\\\"",
    "'\\",
    "\"\\",
    "it's C:\\",
    "a\\ b",
    "#",
    "#a",
    "a#b",
    "a #b",
    "a # b",
    "# a\\",
    "=",
    "=a",
    "a=b",
    "A=B C=D",
    "export A=1",
    "$",
    "$$",
    "$$$",
    "a$",
    "a$ b",
    "$1",
    "$(",
    "$)",
    "$()",
    "$(date)",
    "$(V1)",
    "$(V1",
    "$$(V1)",
    "$$$(V1)",
    "$V1",
    "a$V1",
    "$_",
    "${",
    "${a:b}",
    "$é",
    "$ſ",
    "`id`",
    "a;b",
    "a&b|c>d<e",
    "*?[a]!",
    "~",
    "{a}",
    "{{{{a}}",
    "%s %(name)s",
    "null",
    "yes",
    "0x1F",
    "- a",
    "a: b # c",
    "&a *a",
    "!!str",
    "日本語 é 🎉",
];

/// What `.env` readers disagree about, however it is written.
const UNWRITABLE: [&str; 12] =
    ["${V1}", "${V1:-a}", "a ${V1} b", "${}", "$${V1}", "'${V1}'", "$V1\\", "$V1\\\\", "\\'$V1", "\\\\$a", "$$\\", "it's $a\\\\"];

/// A spec in which every value lands in every place that takes text.
fn spec(values: &[&str], dotenv: bool) -> String {
    let quoted: Vec<String> = values.iter().map(|value| toml::Value::from(*value).to_string()).collect();
    let list = quoted.join(", ");
    let mut spec = format!(
        "presets = [\"fastapi-uvicorn\", \"pip\"]\n\
         [project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n{}\
         [build]\nsteps = [[\"run\", {list}]]\n[release]\nsteps = [[\"run\", {list}]]\n\
         [processes.web]\ncommand = [\"run\", {list}]\n[processes.worker]\ncommand = [\"run\", {list}]\n\
         [services.search]\nkind = \"search\"\n\
         [service-kinds.search]\nimage = \"search\"\nversion = \"1\"\nport = 9200\nurl = \"http://{{host}}\"\nrun-as = \"1:1\"\n\
         command = [\"run\", {list}]\nhealth = [\"run\", {list}]\n",
        if dotenv { "" } else { "[output]\nenv-example = false\n" },
    );
    let mut table = |name: &str, line: &dyn Fn(usize, &str) -> String| {
        let _ = writeln!(spec, "[{name}]");
        quoted.iter().enumerate().for_each(|(at, value)| spec += &(line(at, value) + "\n"));
    };
    table("service-kinds.search.environment", &|at, value| format!("V{at} = {value}"));
    table("image.labels", &|at, value| format!("l{at} = {value}"));
    table("environment", &|at, value| format!("V{at} = {value}\nR{at} = {{ required = true, example = {value} }}"));
    spec
}

fn files(values: &[&str], dotenv: bool) -> BTreeMap<String, String> {
    let files: Vec<RenderedFile> = files_of(&spec(values, dotenv)).unwrap_or_else(|error| panic!("{error} {:?}", error.hint));
    files.into_iter().map(|file| (file.key.into_owned(), file.text)).collect()
}

/// What came back as something else: the place, the value, and what it became.
fn lost(place: &str, values: &[&str], read: &[String]) -> Vec<String> {
    assert_eq!(values.len(), read.len(), "{place}: {read:?}");
    let pairs = values.iter().zip(read).filter(|(value, read)| *value != read);
    pairs.map(|(value, read)| format!("{place}: {value:?} becomes {read:?}")).collect()
}

/// A reference of ours is `{`, and `{{` is a brace: the values above mean what dockgen reads in them.
fn meant(values: &[&'static str]) -> Vec<&'static str> {
    values.iter().map(|value| if *value == "{{{{a}}" { "{{a}}" } else { *value }).collect()
}

/// The values of the variables `PREFIX0`, `PREFIX1`, and so on.
fn numbered(found: &BTreeMap<String, String>, prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|at| found.get(&format!("{prefix}{at}")).cloned().unwrap_or_else(|| "nothing".to_owned())).collect()
}

#[test]
fn a_dockerfile_gives_every_value_back() {
    let (text, meant) = (&files(&VALUES, false)["dockerfile"], meant(&VALUES));
    let lines = instructions(text);
    let last = |keyword: &str| lines.iter().rfind(|line| line.starts_with(keyword)).unwrap().split_once(' ').unwrap().1;
    let environment = dockerfile_pairs(last("ENV PATH"));
    let mut lost = [
        lost("ENV", &meant, &numbered(&environment, "V", meant.len())),
        lost("LABEL", &meant, &numbered(&dockerfile_pairs(last("LABEL")), "l", meant.len())),
        lost("CMD", &meant, &serde_json::from_str::<Vec<String>>(last("CMD")).unwrap()[1..]),
    ]
    .concat();
    let run = lines.iter().rfind(|line| line.starts_with("RUN export")).unwrap();
    let words = shell_words(run.trim_start_matches("RUN export"));
    let (settings, step) = words.split_at(words.iter().position(|word| word == "&&").unwrap());
    let settings = settings.iter().filter_map(|word| word.split_once('=')).map(|(name, value)| (name.into(), value.into()));
    lost.extend(self::lost("RUN export", &meant, &numbered(&settings.collect(), "R", meant.len())));
    lost.extend(self::lost("RUN", &meant, &step[2..]));
    assert_eq!(lost, Vec::<String>::new());
}

#[test]
fn a_compose_file_gives_every_value_back() {
    let (text, meant) = (&files(&VALUES, false)["compose"], meant(&VALUES));
    let compose: Json = serde_saphyr::from_str(text).unwrap();
    let words = |value: &Json, skip: usize| -> Vec<String> {
        value.as_array().unwrap()[skip..].iter().map(|word| interpolated(word.as_str().unwrap())).collect()
    };
    let services = &compose["services"];
    let environment = services["search"]["environment"].as_object().unwrap().iter();
    let environment = environment.map(|(name, value)| (name.clone(), interpolated(value.as_str().unwrap()))).collect();
    let lost = [
        lost("release", &meant, &words(&services["release"]["command"], 1)),
        lost("worker", &meant, &words(&services["worker"]["command"], 1)),
        lost("service", &meant_by_kinds(), &words(&services["search"]["command"], 1)),
        lost("health", &meant_by_kinds(), &words(&services["search"]["healthcheck"]["test"], 2)),
        lost("environment", &meant_by_kinds(), &numbered(&environment, "V", meant.len())),
    ];
    assert_eq!(lost.concat(), Vec::<String>::new());
}

/// The strings of a kind of service know no `{{`: braces that name nothing of the service's are text.
fn meant_by_kinds() -> Vec<&'static str> {
    VALUES.to_vec()
}

#[test]
fn kubernetes_gives_every_value_back() {
    let (text, meant) = (&files(&VALUES, false)["kubernetes"], meant(&VALUES));
    let documents: Vec<Json> = serde_saphyr::from_multiple(text).unwrap();
    let find = |kind: &str, name: &str| {
        let is = |document: &&Json| document["kind"] == kind && document["metadata"]["name"] == name;
        documents.iter().find(is).unwrap_or_else(|| panic!("{kind} {name}"))
    };
    let command = |kind: &str, name: &str| -> Vec<String> {
        let command = &find(kind, name)["spec"]["template"]["spec"]["containers"][0]["command"];
        command.as_array().unwrap()[1..].iter().map(|word| kubelet(word.as_str().unwrap())).collect()
    };
    let settings = find("ConfigMap", "shop")["data"].as_object().unwrap().iter();
    let settings = settings.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    let lost = [
        lost("Deployment", &meant, &command("Deployment", "shop-worker")),
        lost("Job", &meant, &command("Job", "shop-release")),
        // nothing is expanded in what comes from a ConfigMap
        lost("ConfigMap", &meant, &numbered(&settings, "R", meant.len())),
    ];
    assert_eq!(lost.concat(), Vec::<String>::new());
}

/// The lines that are comments too: taken out of the comment, they say the same.
#[test]
fn dotenv_files_give_every_value_back_to_both_readers() {
    let text = uncommented(&files(&VALUES, true)["env-example"]);
    let mut lost_values = Vec::new();
    for (reader, read) in [("Compose", compose_dotenv(&text)), ("python-dotenv", python_dotenv(&text))] {
        let read = read.unwrap_or_default();
        lost_values.extend(lost(&format!("{reader}, required"), &meant(&VALUES), &numbered(&read, "R", VALUES.len())));
        lost_values.extend(lost(&format!("{reader}, optional"), &meant(&VALUES), &numbered(&read, "V", VALUES.len())));
    }
    assert_eq!(lost_values, Vec::<String>::new());
}

/// One file for each value: what breaks the file shows nowhere else.
#[test]
fn no_value_swallows_the_next_variable_of_a_dotenv_file() {
    let mut swallowed = Vec::new();
    for (value, meant) in VALUES.iter().zip(meant(&VALUES)) {
        let spec = format!(
            "presets = [\"fastapi-uvicorn\", \"pip\"]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n[environment]\n\
             A = {{ required = true, example = {} }}\nB = {{ required = true, example = \"it's \\\"b\\\"\" }}\n",
            toml::Value::from(*value),
        );
        let files = files_of(&spec).unwrap_or_else(|error| panic!("{error}"));
        let text = &files.iter().find(|file| file.key == "env-example").unwrap().text;
        for (reader, read) in [("Compose", compose_dotenv(text)), ("python-dotenv", python_dotenv(text))] {
            let right = read.as_ref().is_ok_and(|read| {
                read.len() == 2 && read.get("A").is_some_and(|a| a == meant) && read.get("B").is_some_and(|b| b == "it's \"b\"")
            });
            swallowed.extend((!right).then(|| format!("{reader}: {value:?} becomes {read:?}")));
        }
    }
    assert_eq!(swallowed, Vec::<String>::new());
}

/// A value is refused exactly where none of the ways to write it is read alike.
#[test]
fn what_dotenv_readers_disagree_about_is_refused_by_name() {
    for value in UNWRITABLE {
        let spec = |output: &str| {
            format!(
                "presets = [\"fastapi-uvicorn\", \"pip\"]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n\
                 [environment]\nA = {}\n{output}",
                toml::Value::from(value)
            )
        };
        let error: Error = files_of(&spec("")).map(|_| ()).expect_err(value);
        assert!(error.message.contains("`environment.A.value`") && error.message.contains(".env"), "{value:?}: {error}");
        let hint = error.hint.unwrap_or_default();
        assert!(hint.contains("output.env-example = false"), "{value:?}: {hint}");
        assert_eq!(error.place.and_then(|place| place.line()), Some(7), "{value:?}");
        // what the hint says helps: every other file can say it
        let files = files_of(&spec("[output]\nenv-example = false\n")).unwrap();
        let dockerfile = &files.iter().find(|file| file.key == "dockerfile").unwrap().text;
        let line = instructions(dockerfile).into_iter().rfind(|line| line.starts_with("ENV PATH")).unwrap();
        assert_eq!(dockerfile_pairs(line.trim_start_matches("ENV "))["A"], value);
        assert!(ways(value).iter().all(|way| !agree(way, value)), "{value:?} can be written");
    }
}

/// Every text of up to three signs that mean something: written so that both read it, or refused because nothing does.
#[test]
fn short_values_are_written_or_have_no_way_to_be() {
    let signs = ["a", "'", "\"", "\\", "$", "#", "{", "}", " ", "=", "("];
    let mut values = vec![String::new()];
    for length in 0..3 {
        let longer = values.iter().filter(|value| value.chars().count() == length);
        values.extend(longer.flat_map(|value| signs.iter().map(move |sign| format!("{value}{sign}"))).collect::<Vec<_>>());
    }
    let (mut written, mut refused) = (0, 0);
    let spec = |values: &[&String]| {
        let head =
            "presets = [\"fastapi-uvicorn\", \"pip\"]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n[environment]\n";
        let escaped = |value: &String| toml::Value::from(value.replace('{', "{{")).to_string();
        let lines = values.iter().enumerate().map(|(at, value)| format!("V{at} = {}\n", escaped(value)));
        format!("{head}{}", lines.collect::<String>())
    };
    let has_way = |value: &&String| ways(value).iter().any(|way| agree(way, value));
    let (writable, unwritable): (Vec<&String>, Vec<&String>) = values.iter().partition(has_way);
    let files = files_of(&spec(&writable)).unwrap_or_else(|error| panic!("{error} {:?}", error.hint));
    let text = uncommented(&files.iter().find(|file| file.key == "env-example").unwrap().text);
    let (compose, python) = (compose_dotenv(&text).unwrap(), python_dotenv(&text).unwrap());
    for (at, value) in writable.into_iter().enumerate() {
        assert_eq!((&compose[&format!("V{at}")], &python[&format!("V{at}")]), (value, value));
        written += 1;
    }
    for value in unwritable {
        assert!(files_of(&spec(&[value])).is_err(), "{value:?}");
        refused += 1;
    }
    assert!(written > 1_000 && refused >= 4, "{written} written, {refused} refused");
}

/// The ways in which a value can be written into a `.env` file.
fn ways(value: &str) -> Vec<String> {
    let slashes = |text: &str| text.replace('\\', "\\\\");
    let double = |text: &str| text.replace('"', "\\\"");
    vec![
        value.to_owned(),
        format!("'{value}'"),
        format!("'{}'", value.replace('\'', "\\'")),
        format!("'{}'", slashes(value).replace('\'', "\\'")),
        format!("\"{value}\""),
        format!("\"{}\"", double(value)),
        format!("\"{}\"", double(&slashes(value))),
        format!("\"{}\"", double(&slashes(value)).replace('$', "\\$")),
        format!("\"{}\"", double(&slashes(value)).replace('$', "$$")),
        value.replace('$', "$$"),
    ]
}

fn agree(way: &str, value: &str) -> bool {
    let text = format!("A={way}\nB=\"it's \\\"b\\\"\"\n");
    [compose_dotenv(&text), python_dotenv(&text)]
        .into_iter()
        .all(|read| read.is_ok_and(|read| read.len() == 2 && read.get("A").is_some_and(|a| a == value)))
}

/// The optional lines as settings.
fn uncommented(text: &str) -> String {
    let is_setting = |rest: &str| {
        rest.split_once('=').is_some_and(|(name, _)| {
            name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
        })
    };
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if is_setting(rest) => rest.to_owned() + "\n",
        _ => line.to_owned() + "\n",
    };
    text.lines().map(line).collect()
}
