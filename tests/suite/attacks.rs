//! Minimal cases of what the attack script found (`tests/attack`), where no other module tests that rule.

use assert_fs::prelude::*;

use crate::common::Project;

/// A project whose only file is `main.py`: a FastAPI application and one more line.
fn application(line: &str) -> Project {
    let code = format!("import os\nimport sqlite3\nfrom fastapi import FastAPI\napp = FastAPI()\n{line}\n");
    Project::new(&[("main.py", &code), ("requirements.txt", "fastapi\nuvicorn\n")])
}

/// What `init` writes must not change what is detected: a name of its own files is no database.
#[test]
fn files_of_the_same_name_as_an_output_change_nothing_later() {
    for name in ["compose.yaml", "Dockerfile", "compose.dockgen.yaml", "docker-compose.yml"] {
        let project = application(&format!("sqlite3.connect('{name}')"));
        let ran = project.run(&["init", "--yes"]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        let ran = project.run(&["generate", "--check"]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
    }
}

/// White space is not always one byte: what looks for secrets cuts texts next to it.
#[test]
fn wide_spaces_around_addresses_are_read() {
    let spaces = ['\u{a0}', '\u{2002}', '\u{3000}', '\u{1680}'];
    let forms = ["a{}u:p@host:1/x", "{}:{}@{}", "j2e {}@a:b", "a{}=b@{}:c@d", "x={}TOKEN{}={}y", "{}://{}:{}@{}/?password={}"];
    for (space, form) in spaces.iter().flat_map(|space| forms.map(|form| (space, form))) {
        let text = form.replace("{}", &space.to_string());
        let project = Project::fastapi();
        let set = format!("environment.NOTE=\"{text}\"");
        let ran = project.run(&["generate", "--set", &set]);
        assert!([0, 2].contains(&ran.code), "{text:?}: {} {}", ran.code, ran.stderr);
        let project = application(&format!("NOTE = os.getenv('NOTE', '{text}')"));
        project.0.child(".env.example").write_str(&format!("NOTE={text}\n")).unwrap();
        project.0.child("Procfile").write_str(&format!("worker: python main.py {text}\n")).unwrap();
        let ran = project.run(&["detect"]);
        assert!([0, 2].contains(&ran.code), "{text:?}: {} {}", ran.code, ran.stderr);
    }
}

/// The place of an error is a flag with its value: JSON shows as little of a secret as the message does.
#[test]
fn errors_in_json_hide_the_value_of_a_flag() {
    for value in ["\"hunter2hunter2\"", "{ value = \"hunter2hunter2\" }", "{ value = \"x\", example = \"hunter2hunter2\" }"] {
        let ran = Project::fastapi().run(&["generate", "--json", "--set", &format!("environment.PGPASSWORD={value}")]);
        assert_eq!(ran.code, 2, "{value}");
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("hunter2"), "{value}: {} {}", ran.stdout, ran.stderr);
    }
}
