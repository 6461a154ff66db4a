//! `dockgen init` in a terminal, for projects that say too little: arrow keys and Enter are enough.
#![cfg(unix)]

use rexpect::process::WaitStatus;
use rexpect::session::PtySession;

use crate::common::Project;
use crate::terminal::{answer, files, init};

const UP: &str = "\u{1b}[A";
const DOWN: &str = "\u{1b}[B";

/// The questions after those about the stack.
const REST: [&str; 6] = ["Python version", "Port", "Health check path", "Backing services", "Also write", "Write these files?"];

fn manifest(dependency: &str) -> String {
    format!("[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"{dependency}\"]\n")
}

fn enter(terminal: &mut PtySession, questions: &[&str]) {
    for question in questions {
        answer(terminal, question, "\r");
    }
}

fn end(mut terminal: PtySession) -> (String, i32) {
    let said = terminal.exp_eof().unwrap();
    match terminal.process().wait() {
        Ok(WaitStatus::Exited(_, code)) => (said, code),
        other => panic!("{other:?}: {said}"),
    }
}

#[test]
fn a_folder_with_only_a_manifest_gets_its_files_by_arrow_keys_and_enter() {
    let cases = [
        ("fastapi", "fastapi-uvicorn", "main:app", "write main.py    # the application is its `app`"),
        ("django", "django-gunicorn", "config.wsgi:application", "write config/wsgi.py"),
        ("flask", "flask-gunicorn", "app:app", "write app.py"),
    ];
    for (dependency, preset, entry, step) in cases {
        let project = Project::new(&[("pyproject.toml", &manifest(dependency))]);
        let mut terminal = init(&project, &[]);
        answer(&mut terminal, "Stack", &format!("{DOWN}{UP}\r"));
        enter(&mut terminal, &["Entry point", "Installer"]);
        enter(&mut terminal, &REST);
        let (said, code) = end(terminal);
        assert!(code == 0 && said.contains(step), "{said}");
        let spec = project.read("dockgen.toml");
        assert!(spec.contains(&format!("presets = [\"{preset}\"]")), "{spec}");
        assert!(spec.contains(&format!("entry = \"{entry}\"")), "{spec}");
        assert!(project.read("Dockerfile").contains("pyproject.toml"), "{}", project.read("Dockerfile"));
    }
}

#[test]
fn an_installer_without_its_lockfile_is_the_first_next_step() {
    let project = Project::new(&[("pyproject.toml", &manifest("fastapi"))]);
    let mut terminal = init(&project, &[]);
    enter(&mut terminal, &["Stack", "Entry point"]);
    answer(&mut terminal, "Installer", &format!("{DOWN}\r"));
    enter(&mut terminal, &REST);
    let (said, code) = end(terminal);
    assert!(code == 0 && said.contains("uv lock    # writes uv.lock"), "{said}");
    let spec = project.read("dockgen.toml");
    assert!(spec.contains("presets = [\"fastapi-uvicorn\", \"uv\"]"), "{spec}");
}

/// Code that makes its application in a way that dockgen doesn't know.
fn unknown() -> Project {
    let main = "from ours import make_site\n\napp = make_site()\n";
    Project::new(&[("main.py", main), ("ours.py", "def make_site():\n    return None\n"), ("requirements.txt", "flask\n")])
}

#[test]
fn code_in_which_nothing_is_detected_is_offered_by_its_names() {
    let project = unknown();
    let mut terminal = init(&project, &[]);
    enter(&mut terminal, &["Stack"]);
    terminal.exp_string("Entry point").unwrap();
    enter(&mut terminal, &["main:app", "Installer"]);
    enter(&mut terminal, &REST);
    let (said, code) = end(terminal);
    assert_eq!(code, 0, "{said}");
    let spec = project.read("dockgen.toml");
    assert!(spec.contains("presets = [\"flask-gunicorn\"]") && spec.contains("entry = \"main:app\""), "{spec}");
    assert_eq!(project.run(&["generate", "--check"]).code, 0);
}

#[test]
fn a_typed_entry_point_is_checked_at_once() {
    let project = unknown();
    let mut terminal = init(&project, &[]);
    enter(&mut terminal, &["Stack"]);
    answer(&mut terminal, "Entry point", &format!("{UP}\r"));
    answer(&mut terminal, "package.module:object", "mian:app\r");
    terminal.exp_string("did you mean `main:app`?").unwrap();
    answer(&mut terminal, "Entry point", "main:ap\r");
    terminal.exp_string("did you mean `main:app`?").unwrap();
    answer(&mut terminal, "Entry point", "main\r");
    terminal.exp_string("error: `app.entry`").unwrap();
    answer(&mut terminal, "Entry point", "main:app\r");
    terminal.exp_string("Installer").unwrap();
    terminal.send_control('c').unwrap();
    assert_eq!(end(terminal).1, 130);
}

#[test]
fn a_command_of_ones_own_needs_no_framework() {
    let project = unknown();
    let mut terminal = init(&project, &[]);
    answer(&mut terminal, "Stack", &format!("{DOWN}\r"));
    enter(&mut terminal, &["Command", "Installer"]);
    enter(&mut terminal, &REST);
    let (said, code) = end(terminal);
    assert_eq!(code, 0, "{said}");
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.contains("CMD [\"python\", \"main.py\"]"), "{dockerfile}");
    assert_eq!(project.run(&["generate", "--check"]).code, 0);
}

#[test]
fn a_detected_stack_can_be_replaced_by_a_teams() {
    let house = "description = \"Our house\"\nextends = [\"fastapi-uvicorn\"]\n\
        [processes.web]\ncommand = [\"serve\", \"{app.entry}\"]\n";
    let project = Project::new(&[
        ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n"),
        ("requirements.txt", "fastapi\nuvicorn\n"),
        ("presets/house.toml", house),
    ]);
    let folder = project.0.path().join("presets");
    let mut terminal = init(&project, &[("DOCKGEN_PRESET_PATH", folder.to_str().unwrap())]);
    terminal.exp_string("fastapi-uvicorn (main.py:3)").unwrap();
    // user-wide presets come before the built-in ones
    terminal.send(&format!("{}\r", UP.repeat(4))).unwrap();
    terminal.flush().unwrap();
    enter(&mut terminal, &["Installer"]);
    answer(&mut terminal, "Trust this preset?", "y");
    enter(&mut terminal, &["Python version", "Port", "Health check path", "Also write", "Write these files?"]);
    let (said, code) = end(terminal);
    assert_eq!(code, 0, "{said}");
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.contains("\"serve\", \"main:app\""), "{dockerfile}");
}

#[test]
fn services_of_a_new_project_get_a_variable_with_their_address() {
    let project = Project::new(&[("pyproject.toml", &manifest("fastapi"))]);
    let mut terminal = init(&project, &[]);
    enter(&mut terminal, &["Stack", "Entry point", "Installer", "Python version", "Port", "Health check path"]);
    answer(&mut terminal, "Backing services", " \r");
    enter(&mut terminal, &["Also write", "Write these files?"]);
    let (said, code) = end(terminal);
    assert_eq!(code, 0, "{said}");
    let compose = project.read("compose.yaml");
    assert!(compose.contains("DATABASE_URL") && compose.contains("postgres"), "{compose}");
}

#[test]
fn leaving_at_any_question_writes_nothing() {
    let questions: Vec<&str> = ["Stack", "Entry point", "Installer"].into_iter().chain(REST).collect();
    // Escape is no answer while a text is typed
    let texts = ["Python version", "Port", "Health check path"];
    for (at, question) in questions.iter().enumerate() {
        for (key, exit) in [("\u{3}", 130), ("\u{1b}", 2)] {
            if exit == 2 && texts.contains(question) {
                continue;
            }
            let project = unknown();
            let mut terminal = init(&project, &[]);
            enter(&mut terminal, &questions[..at]);
            answer(&mut terminal, question, key);
            let (said, code) = end(terminal);
            assert!(code == exit && said.contains("nothing was written"), "{question}: {code} {said}");
            assert_eq!(files(&project), ["main.py", "ours.py", "requirements.txt"], "{question}");
        }
    }
}

#[test]
fn the_env_file_is_added_to_gitignore_after_a_question() {
    for (key, expected) in [("y", "*.log\r\n.env\r\n"), ("n", "*.log\r\n")] {
        let project = Project::new(&[
            ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n"),
            ("requirements.txt", "fastapi\nuvicorn\n"),
            (".git/HEAD", "ref: refs/heads/main\n"),
            (".gitignore", "*.log\r\n"),
        ]);
        let mut terminal = init(&project, &[]);
        enter(&mut terminal, &["Stack", "Installer", "Python version", "Port", "Health check path", "Also write"]);
        answer(&mut terminal, "Add .env to .gitignore?", key);
        answer(&mut terminal, "Write these files?", "y");
        let (said, code) = end(terminal);
        assert_eq!(code, 0, "{said}");
        assert_eq!(project.read(".gitignore"), expected, "{said}");
    }
}
