//! Bad input: each case of `tests/bad` and `tests/hostile` on record with its whole error message.
//!
//! A case is the command, the files that make it bad (on top of a project that is fine), and `exit` with standard error. Instead of
//! a file's path, `absent PATH` takes one away, `link PATH` is a symbolic link, and `latin-1 PATH` is written in that encoding.

use std::path::Path;

use crate::common::{FASTAPI, Project, golden};

/// A project that is fine as it is.
const FINE: [(&str, &str); 2] = [("main.py", "app = None\n"), ("requirements.txt", "fastapi\n")];

#[test]
fn bad_input_is_refused_with_the_message_on_record() {
    assert!(check("tests/bad", &FINE) >= 60);
}

/// A preset whose one template is what a case makes of it.
#[test]
fn hostile_templates_are_refused_with_the_message_on_record() {
    let spec = FASTAPI.replace("\"pip\"", "\"pip\", \"./team\"");
    let preset = "description = \"Team\"\n[output.extra.it]\npath = \"it.txt\"\ntemplate = \"it.txt.j2\"\n";
    let team = [("dockgen.toml", spec.as_str()), ("team/preset.toml", preset), ("team/templates/it.txt.j2", "It.\n")];
    assert!(check("tests/hostile", &[&FINE[..], &team[..]].concat()) >= 40);
}

/// Runs all cases of a folder.
fn check(folder: &str, fine: &[(&str, &str)]) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    for path in &cases {
        let case = std::fs::read_to_string(path).unwrap();
        golden(path, &run(&case, fine));
    }
    cases.len()
}

/// Runs a case and writes it down again with what happened.
fn run(case: &str, fine: &[(&str, &str)]) -> String {
    let (input, _) = case.split_once("== exit").unwrap();
    let mut sections = input.split("== ");
    let command = sections.next().unwrap().trim().trim_start_matches("$ dockgen ");
    let project = Project::new(fine);
    for section in sections {
        let (name, text) = section.split_once('\n').unwrap();
        let (kind, path) = name.split_once(' ').unwrap_or(("", name));
        let path = project.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match kind {
            "absent" => drop(std::fs::remove_file(path)),
            "link" => std::os::unix::fs::symlink(text.trim(), path).unwrap(),
            "latin-1" => {
                std::fs::write(path, text.chars().map(|letter| u8::try_from(letter).unwrap()).collect::<Vec<_>>()).unwrap();
            }
            _ => std::fs::write(path, text).unwrap(),
        }
    }
    let before = project.tree();
    let ran = project.run(&command.split(' ').collect::<Vec<_>>());
    assert_eq!(project.tree(), before, "{command} wrote something: {}", ran.stderr);
    assert_eq!(ran.stdout, "", "{command}");
    assert!(!ran.stderr.contains("panicked"), "{command}: {}", ran.stderr);
    let folder = project.0.path().to_string_lossy().into_owned();
    format!("{input}== exit {}\n{}", ran.code, ran.stderr.replace(&folder, "[folder]"))
}
