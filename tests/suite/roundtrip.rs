//! What a spec says comes back exactly from every file, as the tool reads it that the file is for.
//!
//! The readers below are those tools' rules, written down from their sources; `tests/e2e/roundtrip.rs` asks the tools themselves.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dockgen::error::Error;
use dockgen::render::File;
use serde_json::Value as Json;

use crate::common::files_of;

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
    let files: Vec<File> = files_of(&spec(values, dotenv)).unwrap_or_else(|error| panic!("{error} {:?}", error.hint));
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

/// A `.env` file as compose-go reads it (dotenv/parser.go of version 2.9).
fn compose_dotenv(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
            continue;
        }
        let (name, value) = rest.split_once('=').ok_or("a name without a value")?;
        if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            return Err(format!("unexpected character in the name {name:?}"));
        }
        let value = value.trim_start_matches([' ', '\t', '\u{b}', '\u{c}', '\r', '\u{85}', '\u{a0}']);
        let (read, left) = if let Some(quote @ ('\'' | '"')) = value.chars().next() {
            compose_quoted(&value[1..], quote)?
        } else {
            let (line, left) = value.split_once('\n').unwrap_or((value, ""));
            let line = line.split_once(" #").map_or(line, |(line, _)| line).trim_end();
            (compose_variables(line)?, left)
        };
        found.insert(name.to_owned(), read);
        rest = left.trim_start();
    }
    Ok(found)
}

fn compose_quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut raw = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, next)) if next == quote => raw.push(quote),
                Some((_, next)) => raw.extend(['\\', next]),
                None => raw.push('\\'),
            },
            letter if letter == quote => {
                let value = if quote == '"' { compose_variables(&compose_escapes(&raw))? } else { raw };
                return Ok((value, &text[at + 1..]));
            }
            letter => raw.push(letter),
        }
    }
    Err("a quote that does not end".to_owned())
}

fn compose_escapes(text: &str) -> String {
    let mut read = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        match (letter, next) {
            ('\\', '$') => read.push_str("$$"),
            ('\\', '\\' | '"') => read.push(next),
            // what becomes a control character is none of our values
            ('\\', 'a' | 'b' | 'c' | 'f' | 'n' | 'r' | 't' | 'v' | '0') => read.push('\n'),
            _ => {
                read.push(letter);
                continue;
            }
        }
        letters.next();
    }
    read
}

/// Variables are empty here; `$` is one where neither a name nor a brace follows (template/template.go).
fn compose_variables(text: &str) -> Result<String, String> {
    let mut read = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        read.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || ['_', '\u{17f}', '\u{212a}'].contains(&letter);
        rest = match after.chars().next() {
            Some('$') => {
                read.push('$');
                &after[1..]
            }
            Some('{') => return Err("a variable in braces".to_owned()),
            Some(letter) if is_name(letter) && !letter.is_ascii_digit() => after.trim_start_matches(is_name),
            _ => {
                read.push('$');
                after
            }
        };
    }
    Ok(read + rest)
}

/// A `.env` file as python-dotenv reads it (`parser.py` and `variables.py` of version 1.2).
fn python_dotenv(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
            continue;
        }
        let (name, value) = rest.split_once('=').ok_or("a name without a value")?;
        let value = value.trim_start_matches([' ', '\t']);
        let (read, left) = if let Some(quote @ ('\'' | '"')) = value.chars().next() {
            let (read, left) = python_quoted(&value[1..], quote)?;
            let (end, left) = left.split_once('\n').unwrap_or((left, ""));
            if !end.trim().is_empty() && !end.trim_start().starts_with('#') {
                return Err(format!("{end:?} behind a quote"));
            }
            (read, left)
        } else {
            let (line, left) = value.split_once('\n').unwrap_or((value, ""));
            let comment = line.match_indices('#').find(|(at, _)| line[..*at].ends_with(char::is_whitespace));
            (comment.map_or(line, |(at, _)| &line[..at]).trim_end().to_owned(), left)
        };
        found.insert(name.to_owned(), python_variables(&read));
        rest = left.trim_start();
    }
    Ok(found)
}

fn python_quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut read = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, next @ ('\\' | '\''))) => read.push(next),
                Some((_, '"')) if quote == '"' => read.push('"'),
                Some((_, 'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v')) if quote == '"' => read.push('\n'),
                Some((_, next)) => read.extend(['\\', next]),
                None => break,
            },
            letter if letter == quote => return Ok((read, &text[at + 1..])),
            letter => read.push(letter),
        }
    }
    Err("a quote that does not end".to_owned())
}

/// `${NAME}` and `${NAME:-default}`, in every kind of quotes; no variable is set here.
fn python_variables(text: &str) -> String {
    let mut read = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        read.push_str(&rest[..at]);
        let after = &rest[at + 2..];
        let name = after.split(['}', ':']).next().unwrap_or_default();
        let tail = &after[name.len()..];
        let default = tail.strip_prefix(":-").and_then(|default| default.split_once('}'));
        rest = match (tail.strip_prefix('}'), default) {
            (Some(tail), _) => tail,
            (None, Some((default, tail))) => {
                read.push_str(default);
                tail
            }
            _ => {
                read.push_str("${");
                after
            }
        };
    }
    read + rest
}

/// What the kubelet makes of a word of a command (third_party/forked/golang/expansion): `$$` is `$`, and `$(NAME)` a variable's value.
fn kubelet(text: &str) -> String {
    let mut read = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        read.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        rest = match (after.chars().next(), after.find(')')) {
            (Some('$'), _) => {
                read.push('$');
                &after[1..]
            }
            (Some('('), Some(end)) => {
                read.push_str("EXPANDED");
                &after[end + 1..]
            }
            // it takes one byte after the sign for a letter
            (Some(letter), _) if !letter.is_ascii() => {
                read.push_str("BROKEN");
                after
            }
            _ => {
                read.push('$');
                after
            }
        };
    }
    read + rest
}

/// What Compose makes of a value of its file.
fn interpolated(text: &str) -> String {
    let mut read = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '$' && letters.next() != Some('$') {
            return format!("{text} with a variable");
        }
        read.push(letter);
    }
    read
}

/// The instructions, each on one line, without comments.
fn instructions(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        lines.last_mut().unwrap().push_str(line.strip_suffix('\\').unwrap_or(line));
        if !line.ends_with('\\') {
            lines.push(String::new());
        }
    }
    lines
}

/// `NAME="value"` pairs as BuildKit reads them (frontend/dockerfile/shell).
fn dockerfile_pairs(line: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = line.trim();
    while let Some((name, value)) = rest.split_once('=') {
        let Some(value) = value.strip_prefix('"') else {
            let (value, left) = value.split_once(' ').unwrap_or((value, ""));
            found.insert(name.to_owned(), value.to_owned());
            rest = left.trim_start();
            continue;
        };
        let mut read = String::new();
        let mut letters = value.char_indices();
        let end = loop {
            match letters.next().unwrap() {
                (end, '"') => break end,
                (_, '\\') => match letters.next().unwrap().1 {
                    letter @ ('"' | '\\' | '$') => read.push(letter),
                    letter => read.extend(['\\', letter]),
                },
                (_, '$') => read.push_str("EXPANDED"),
                (_, letter) => read.push(letter),
            }
        };
        found.insert(name.to_owned(), read);
        rest = value[end + 1..].trim_start();
    }
    found
}

/// The words of a POSIX shell; what it would expand becomes a word that no value is.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => words.extend(word.take()),
            '\'' => word.get_or_insert_default().extend(letters.by_ref().take_while(|letter| *letter != '\'')),
            '\\' => word.get_or_insert_default().extend(letters.next()),
            '$' | '`' | '*' | '?' | '~' | '"' | ';' => word.get_or_insert_default().push_str("EXPANDED"),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}
