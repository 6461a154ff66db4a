//! Standard output that is full, or that no one reads any more.
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use crate::common::{Project, Ran};

/// Every command that prints data.
const COMMANDS: [&[&str]; 25] = [
    &["--help"],
    &["-h"],
    &["--version"],
    &["-V"],
    &["help"],
    &["help", "generate"],
    &["generate", "--help"],
    &["init", "-h"],
    &["presets", "update", "--help"],
    &["completions", "--help"],
    &["completions", "bash"],
    &["completions", "fish"],
    &["schema"],
    &["show"],
    &["show", "python.version"],
    &["show", "--json"],
    &["detect"],
    &["detect", "--json"],
    &["presets"],
    &["presets", "default"],
    &["generate", "--stdout", "compose"],
    &["generate", "--stdout", "dockerfile"],
    &["generate", "--diff"],
    &["generate", "--check", "--json"],
    &["generate", "--json"],
];

#[test]
fn full_output_is_an_error() {
    let mut wrong = Vec::new();
    for arguments in COMMANDS {
        let project = Project::fastapi();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = Ran::from(project.command(arguments).stdout(full).output().unwrap());
        let said = "error: cannot write to standard output: No space left on device (os error 28)\n";
        if ran.code != 2 || !ran.stderr.ends_with(said) {
            wrong.push(format!("{arguments:?}: {} {}", ran.code, ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), COMMANDS.len());
}

#[test]
fn a_closed_pipe_is_none() {
    for arguments in COMMANDS {
        let project = Project::fastapi();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = Ran::from(project.command(arguments).stdout(writer).output().unwrap());
        let expected = if arguments.contains(&"--diff") {
            1
        } else if arguments.contains(&"--check") {
            4
        } else {
            0
        };
        assert_eq!(ran.code, expected, "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("error") && !ran.stderr.contains("panicked"), "{arguments:?}: {}", ran.stderr);
    }
}

/// Without any standard output, and with a full standard error, a run ends as it would otherwise.
#[test]
fn other_broken_streams_change_no_exit_code() {
    let project = Project::fastapi();
    for (script, expected) in [
        ("\"$0\" --version >&-", 0),
        ("\"$0\" generate --check 2>/dev/full", 4),
        ("\"$0\" nope 2>/dev/full", 2),
        ("\"$0\" --help 2>&-", 0),
    ] {
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_dockgen")]).current_dir(project.0.path()).stdin(Stdio::null());
        assert_eq!(Ran::from(command.output().unwrap()).code, expected, "{script}");
    }
}
