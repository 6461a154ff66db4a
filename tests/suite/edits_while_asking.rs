//! An edit that is made while a question waits is never lost, and nothing else is written.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use crate::common::Project;
use crate::races::{NEWER, append, other_kind, rename_over, snapshot};
use crate::sources::{BASE, Presets, Team};

/// Milliseconds that a question may take to come.
const PATIENCE: u64 = 20_000;

fn terminal(mut command: Command) -> PtySession {
    command.env("TERM", "xterm").env("NO_COLOR", "1").stdin(std::process::Stdio::inherit());
    spawn_command(command, Some(PATIENCE)).unwrap()
}

fn answer(terminal: &mut PtySession, question: &str, keys: &str) {
    terminal.exp_string(question).unwrap();
    terminal.send(keys).unwrap();
    terminal.flush().unwrap();
}

/// Waits for the end; what was said, and the exit code.
fn end(mut terminal: PtySession) -> (String, i32) {
    let said = terminal.exp_eof().unwrap();
    match terminal.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => (said, code),
        other => panic!("{other:?}: {said}"),
    }
}

/// A path, and what happens to it while a question waits.
type Meanwhile = (&'static str, fn(&Path));

const MEANWHILE: [Meanwhile; 7] = [
    ("Dockerfile", |path| append(path, "# meanwhile\n")),
    ("Dockerfile", |path| std::fs::remove_file(path).unwrap()),
    ("Dockerfile", |path| other_kind(path, |path| std::fs::create_dir(path).unwrap())),
    ("compose.yaml", |path| append(path, "# meanwhile\n")),
    ("compose.yaml", |path| rename_over(path, "meanwhile: true\n")),
    ("deploy/k8s.yaml", |path| {
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(path, "meanwhile: true\n").unwrap();
    }),
    ("dockgen.lock", |path| append(path, "# meanwhile\n")),
];

#[test]
fn an_edit_while_generate_asks_what_to_do_is_kept() {
    for (keys, choice) in [("\r", "merge"), ("\u{1b}[B\u{1b}[B\r", "replace")] {
        for (number, (path, change)) in MEANWHILE.iter().enumerate() {
            let project = Project::fastapi();
            project.run(&["generate"]).ok();
            std::fs::remove_file(project.0.path().join("k8s.yaml")).unwrap();
            project.edit("Dockerfile", "EXPOSE 8000\n", "EXPOSE 8000\n# ours\n");
            let more = ["--set", "compose.restart=always", "--set", "output.kubernetes=deploy/k8s.yaml"];
            let mut terminal = terminal(project.command(&[&["generate"], &NEWER[2..], &more[..]].concat()));
            terminal.exp_string("What should dockgen do with these files?").unwrap();
            terminal.exp_string("keep them, and write nothing").unwrap();
            change(&project.0.path().join(path));
            let before = snapshot(project.0.path());
            terminal.send(keys).unwrap();
            terminal.flush().unwrap();
            let (said, code) = end(terminal);
            assert_eq!(code, 1, "{choice}, {number}: {said}");
            assert!(said.contains(&format!("conflict {path}")) && said.contains("nothing was written"), "{said}");
            assert_eq!(snapshot(project.0.path()), before, "{choice}, {number}: {said}");
        }
    }
}

#[test]
fn an_edit_while_presets_update_asks_is_kept() {
    for path in ["compose.yaml", "dockgen.lock"] {
        let presets = Presets::new();
        let team = Team::new(&presets.address("//web#main"));
        team.run(&["generate", "--trust"]);
        team.run(&["generate"]).ok();
        presets.write("base/preset.toml", &BASE.replace("1G", "2G"));
        presets.publish("two");
        let mut terminal = terminal(team.command(&["presets", "update"]));
        terminal.exp_string("Write these files?").unwrap();
        append(&team.project.0.path().join(path), "# meanwhile\n");
        let before = snapshot(team.project.0.path());
        terminal.send("y").unwrap();
        terminal.flush().unwrap();
        let (said, code) = end(terminal);
        assert_eq!(code, 1, "{path}: {said}");
        assert_eq!(snapshot(team.project.0.path()), before, "{path}: {said}");
    }
}

const APPLICATION: &str =
    "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/health\")\ndef health():\n    return {}\n";

fn application(more: &[(&str, &str)]) -> Project {
    Project::new(&[&[("main.py", APPLICATION), ("requirements.txt", "fastapi\nuvicorn\n")], more].concat())
}

const QUESTIONS: [&str; 6] = ["Stack", "Installer", "Python version", "Port", "Also write", "Write these files?"];

#[test]
fn a_file_that_is_created_while_init_asks_is_kept() {
    for path in ["dockgen.toml", "Dockerfile", "dockgen.lock", ".dockerignore"] {
        for (at, question) in QUESTIONS.iter().enumerate() {
            // what comes before the plan is made is asked about, as every foreign file is
            if at + 1 < QUESTIONS.len() && path != "dockgen.toml" && path != "dockgen.lock" {
                continue;
            }
            let project = application(&[]);
            let mut terminal = terminal(project.command(&["init"]));
            for question in &QUESTIONS[..at] {
                answer(&mut terminal, question, "\r");
            }
            terminal.exp_string(question).unwrap();
            std::fs::write(project.0.path().join(path), "# mine\n").unwrap();
            let before = snapshot(project.0.path());
            for (at, question) in QUESTIONS.iter().enumerate().skip(at) {
                terminal.send("\r").unwrap();
                terminal.flush().unwrap();
                if let Some(next) = QUESTIONS.get(at + 1)
                    && terminal.exp_string(next).is_err()
                {
                    break;
                }
                let _ = question;
            }
            let (said, code) = end(terminal);
            assert!(code == 1 || code == 2, "{path} at {question}: {code} {said}");
            assert_eq!(snapshot(project.0.path()), before, "{path} at {question}: {said}");
        }
    }
}

#[test]
fn an_edit_while_init_with_force_asks_is_kept() {
    for path in ["dockgen.toml", "Dockerfile", "dockgen.lock"] {
        for at in [0, QUESTIONS.len() - 1] {
            if at == 0 && path == "Dockerfile" {
                continue;
            }
            let project = application(&[("dockgen.toml", crate::common::FASTAPI)]);
            project.run(&["generate"]).ok();
            let mut terminal = terminal(project.command(&["init", "--force", "--set", "image.tag=\"1\""]));
            for question in &QUESTIONS[..at] {
                answer(&mut terminal, question, "\r");
            }
            terminal.exp_string(QUESTIONS[at]).unwrap();
            append(&project.0.path().join(path), "# meanwhile\n");
            let before = snapshot(project.0.path());
            terminal.send("\r").unwrap();
            terminal.flush().unwrap();
            for next in &QUESTIONS[at + 1..] {
                answer(&mut terminal, next, "\r");
            }
            let (said, code) = end(terminal);
            assert_eq!(code, 1, "{path} at {at}: {said}");
            assert_eq!(snapshot(project.0.path()), before, "{path} at {at}: {said}");
        }
    }
}

/// "Replace it" is said of the file that was there then, not of what someone makes of it while the next question waits.
#[test]
fn an_edit_of_a_file_that_init_may_replace_is_asked_about_again() {
    let project = application(&[("Dockerfile", "FROM scratch\n")]);
    let mut terminal = terminal(project.command(&["init"]));
    for question in &QUESTIONS[..5] {
        answer(&mut terminal, question, "\r");
    }
    let replace = "\u{1b}[B\u{1b}[B\u{1b}[B\r";
    answer(&mut terminal, "Dockerfile exists and was not written by dockgen", replace);
    terminal.exp_string("Write these files?").unwrap();
    std::fs::write(project.0.path().join("Dockerfile"), "FROM scratch\n# meanwhile\n").unwrap();
    let before = snapshot(project.0.path());
    terminal.send("y").unwrap();
    terminal.flush().unwrap();
    let (said, code) = end(terminal);
    assert_eq!(code, 1, "{said}");
    assert_eq!(snapshot(project.0.path()), before, "{said}");
}
