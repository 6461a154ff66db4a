//! Bad input: each case of `tests/bad` on record with its whole error message.
//!
//! A case is the command, the files that make it bad (on top of a project that is fine), and `exit` with standard error.

use std::path::Path;

use crate::common::{Project, golden};

/// A project that is fine as it is.
const FINE: [(&str, &str); 2] = [("main.py", "app = None\n"), ("requirements.txt", "fastapi\n")];

#[test]
fn bad_input_is_refused_with_the_message_on_record() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    for path in cases {
        let case = std::fs::read_to_string(&path).unwrap();
        golden(&path, &run(&case));
    }
}

/// Runs a case and writes it down again with what happened.
fn run(case: &str) -> String {
    let (input, _) = case.split_once("== exit").unwrap();
    let mut sections = input.split("== ");
    let command = sections.next().unwrap().trim().trim_start_matches("$ dockgen ");
    let project = Project::new(&FINE);
    for section in sections {
        let (name, text) = section.split_once('\n').unwrap();
        match name.strip_prefix("absent ") {
            Some(name) => drop(std::fs::remove_file(project.0.path().join(name))),
            None => std::fs::write(project.0.path().join(name), text).unwrap(),
        }
    }
    let before = project.tree();
    let ran = project.run(&command.split(' ').collect::<Vec<_>>());
    assert_eq!(project.tree(), before, "{command} wrote something");
    assert_eq!(ran.stdout, "", "{command}");
    assert!(!ran.stderr.contains("panicked"), "{command}: {}", ran.stderr);
    let folder = project.0.path().to_string_lossy().into_owned();
    format!("{input}== exit {}\n{}", ran.code, ran.stderr.replace(&folder, "[folder]"))
}
