//! Presets from git and from user-wide folders: what they do is shown before anything of them is used, and they need consent.
#![cfg(unix)]

use std::process::Stdio;

use rexpect::session::{PtySession, spawn_command};

use crate::common::{Project, Ran};
use crate::sources::{BASE, Presets, Team};

/// Milliseconds that a question may take to come.
const PATIENCE: u64 = 20_000;

/// A project with a user-wide preset of these files.
pub(crate) fn user_wide(files: &[(&str, &str)]) -> Team {
    let team = Team::new("team");
    change(&team, files);
    team
}

pub(crate) fn change(team: &Team, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = team.home.path().join(".config/dockgen/presets/team").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

pub(crate) fn preset(text: &str) -> String {
    format!("description = \"Team\"\nextends = [\"fastapi-uvicorn\"]\n{text}")
}

/// Why a run without consent is wrong: it must end with 2, write nothing, print nothing as data, and show these lines.
pub(crate) fn unsafe_run(team: &Team, arguments: &[&str], shown: &[&str]) -> Option<String> {
    let before = team.project.tree();
    let ran = team.run(arguments);
    let missing = shown.iter().find(|line| !ran.stderr.contains(**line));
    let json = arguments.contains(&"--json");
    let reason = if ran.code != 2 || team.project.tree() != before {
        format!("exit {}, files {}", ran.code, team.project.tree().len())
    } else if !json && !ran.stdout.is_empty() {
        format!("printed {}", ran.stdout.lines().next().unwrap_or_default())
    } else if !ran.stderr.contains("must be trusted first") || !ran.stderr.contains("--trust") {
        ran.stderr.clone()
    } else {
        format!("{:?} is not in\n{}", missing?, ran.stderr)
    };
    Some(format!("{}: {reason}", arguments.join(" ")))
}

#[track_caller]
pub(crate) fn none_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} attacks got through:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_command_uses_a_preset_without_consent() {
    let presets = Presets::new();
    let team = Team::new(&presets.address("//web#main"));
    let shown = ["image.registry = \"mirror.example.com\" (enforced)", "extends = [\"../base\"]"];
    let mut wrong = Vec::new();
    for arguments in [
        &["generate"][..],
        &["generate", "--quiet"],
        &["generate", "--check"],
        &["generate", "--diff"],
        &["generate", "--stdout", "dockerfile"],
        &["generate", "--json"],
        &["generate", "--merge"],
        &["generate", "--force"],
        &["generate", "--only", "dockerfile"],
        &["generate", "--check", "--json"],
        &["presets", "update"],
        &["presets", "update", "--yes"],
        &["presets", "update", "--merge", "--quiet"],
    ] {
        wrong.extend(unsafe_run(&team, arguments, &shown));
    }
    std::fs::remove_file(team.project.0.path().join("dockgen.toml")).unwrap();
    let address = presets.address("//web#main");
    let entry = "app.entry=main:app";
    for arguments in [
        &["init", "--preset", &address, "--set", entry][..],
        &["init", "--yes", "-q", "--preset", &address, "--set", entry],
        &["generate", "--preset", &address],
    ] {
        wrong.extend(unsafe_run(&team, arguments, &shown));
    }
    none_wrong(&wrong);
    // what only prints a preset, or the values that it would give, is how it is reviewed
    assert!(team.run(&["presets", &address]).ok().stdout.contains("[enforce.image]"));
    assert!(team.run(&["show", "image.registry", "--preset", &address]).ok().stdout.contains("mirror.example.com"));
    assert!(!team.project.0.path().join("dockgen.lock").exists());
}

#[test]
fn consent_is_remembered_for_the_content_that_was_shown() {
    let presets = Presets::new();
    let team = Team::new(&presets.address("//web#main"));
    team.run(&["generate", "--check", "--trust"]);
    assert!(!team.project.0.path().join("dockgen.lock").exists(), "a check remembers nothing");
    let ran = team.run(&["generate", "--trust", "--quiet"]).ok();
    assert!(ran.stderr.contains("new preset git+file://") && ran.stderr.contains("image.registry"), "{}", ran.stderr);
    assert_eq!(team.run(&["generate", "--quiet"]).ok().stderr, "");
    // another source is another decision
    let other = Presets::new();
    let mut wrong = Vec::new();
    wrong.extend(unsafe_run(&team, &["generate", "--preset", &other.address("//web#main")], &["new preset"]));
    // so is the same one at another reference
    wrong.extend(unsafe_run(&team, &["generate", "--preset", &presets.address("//web")], &["new preset"]));
    none_wrong(&wrong);
    // a lock that names other content vouches for nothing
    let lock = team.project.read("dockgen.lock");
    let sha = lock.split("sha256 = \"").nth(1).unwrap().split('"').next().unwrap();
    let edited = lock.replace(sha, &"0".repeat(64));
    std::fs::write(team.project.0.path().join("dockgen.lock"), edited).unwrap();
    let ran = team.run(&["generate", "--trust"]);
    assert!(ran.code == 2 && ran.stderr.contains("doesn't match the hash in dockgen.lock"), "{}", ran.stderr);
}

#[test]
fn what_presets_build_on_counts_under_its_own_source() {
    let (one, two) = (Presets::new(), Presets::new());
    two.write("deep/preset.toml", "description = \"Deep\"\n[build]\nsteps = [\"evil\"]\n");
    let mut above = two.address("//deep");
    for depth in 0..6 {
        two.write(&format!("level{depth}/preset.toml"), &format!("description = \"Level\"\nextends = [{above:?}]\n"));
        above = format!("../level{depth}");
    }
    two.publish("deep");
    one.write(
        "web/preset.toml",
        &format!("description = \"Web\"\nextends = [\"fastapi-uvicorn\", {:?}]\n", two.address("//level5")),
    );
    one.publish("web");
    let team = Team::new(&one.address("//web"));
    let both = [
        format!("new preset {} at", one.address("")),
        format!("new preset {} at", two.address("")),
        "build.steps = [\"evil\"]".to_owned(),
    ];
    let shown: Vec<&str> = both.iter().map(String::as_str).collect();
    none_wrong(&unsafe_run(&team, &["generate"], &shown).into_iter().collect::<Vec<_>>());
    // a file of the project is its own decision, and what it builds on is not
    let local = Team::new("./team.toml");
    let file = local.project.0.path().join("team.toml");
    std::fs::write(&file, preset("[build]\nsteps = [\"true\"]\n")).unwrap();
    assert!(!local.run(&["generate"]).ok().stderr.contains("new preset"));
    std::fs::write(&file, format!("extends = [{:?}]\n", one.address("//web"))).unwrap();
    none_wrong(&unsafe_run(&local, &["generate"], &shown).into_iter().collect::<Vec<_>>());
}

/// `presets` prints what others wrote: a terminal must not obey it.
#[test]
fn a_preset_is_reviewed_as_it_is_written() {
    let team = user_wide(&[("preset.toml", "# \u{202e}hidden\u{9b}2K\ndescription = \"a\\u001b[2K\"\n")]);
    let mut session = terminal(&team, &["presets", "team"]);
    let seen = session.exp_eof().unwrap();
    assert!(seen.contains("\\u{202e}hidden\\u{9b}2K"), "{seen:?}");
    assert!(team.run(&["presets", "team"]).ok().stdout.contains('\u{202e}'), "a file gets the text itself");
    assert!(!team.run(&["presets"]).ok().stdout.contains('\u{1b}'));
}

/// A stream of yes is no person.
#[test]
fn standard_input_that_is_no_terminal_gives_no_consent() {
    let team = user_wide(&[("preset.toml", BASE)]);
    for input in ["y\ny\ny\n", ""] {
        let file = team.home.path().join("input");
        std::fs::write(&file, input).unwrap();
        let mut command = team.command(&["generate"]);
        let ran = Ran::from(command.stdin(std::fs::File::open(&file).unwrap()).output().unwrap());
        assert!(ran.code == 2 && ran.stderr.contains("must be trusted first"), "{}", ran.stderr);
    }
    assert!(!team.project.0.path().join("Dockerfile").exists());
}

pub(crate) fn terminal(team: &Team, arguments: &[&str]) -> PtySession {
    let mut command = team.command(arguments);
    command.env("TERM", "xterm").env("NO_COLOR", "1").stdin(Stdio::inherit());
    spawn_command(command, Some(PATIENCE)).unwrap()
}

#[test]
fn a_terminal_is_asked_and_the_default_is_no() {
    for (keys, written) in [("y", true), ("n", false), ("\r", false), ("\u{4}\r", false), ("\u{3}", false), ("q\r", false)] {
        for arguments in [&["generate"][..], &["generate", "--quiet"], &["presets", "update"]] {
            let team = user_wide(&[("preset.toml", &preset("[build]\nsteps = [\"evil\"]\n"))]);
            let before = team.project.tree();
            let mut session = terminal(&team, arguments);
            let seen = session.exp_string("Trust this preset?").unwrap();
            session.exp_string("[y/N] ").unwrap();
            assert!(seen.contains("build.steps = [\"evil\"]"), "{seen}");
            session.send(keys).unwrap();
            session.flush().unwrap();
            if written && arguments[0] == "presets" {
                session.exp_string("Write these files?").unwrap();
                session.send("y").unwrap();
                session.flush().unwrap();
            }
            let rest = session.exp_eof().unwrap();
            assert_eq!(team.project.tree() != before, written, "{keys:?} {arguments:?}: {rest}");
            assert!(written || !rest.contains("created"), "{rest}");
        }
    }
}

#[test]
fn a_terminal_that_is_closed_gives_no_consent() {
    let team = user_wide(&[("preset.toml", BASE)]);
    let before = team.project.tree();
    let mut session = terminal(&team, &["generate"]);
    session.exp_string("[y/N] ").unwrap();
    drop(session);
    assert!(team.project.tree() == before);
}

#[test]
fn init_asks_before_it_asks_what_the_preset_asks() {
    let text = preset("[[ask]]\nname = \"team\"\nquestion = \"Which team?\"\n[system]\nrun = [\"netcat-openbsd\"]\n");
    for trusted in [true, false] {
        let mut team = user_wide(&[("preset.toml", &text)]);
        team.project = Project::new(&[
            ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
            ("requirements.txt", "fastapi\nuvicorn\n"),
        ]);
        let mut session = terminal(&team, &["init", "--preset", "team"]);
        let seen = session.exp_string("Trust this preset?").unwrap();
        assert!(seen.contains("system.run = [\"netcat-openbsd\"]") && !seen.contains("Installer"), "{seen}");
        session.exp_string("[y/N] ").unwrap();
        session.send(if trusted { "y" } else { "\r" }).unwrap();
        session.flush().unwrap();
        if trusted {
            session.exp_string("Installer").unwrap();
            session.send_control('c').unwrap();
        }
        let rest = session.exp_eof().unwrap();
        assert!(trusted || rest.contains("nothing was written"), "{rest}");
        assert_eq!(team.project.tree().len(), 2);
    }
}
