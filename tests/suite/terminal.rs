//! `dockgen init` as a person meets it, in a terminal of its own.
#![cfg(unix)]

use rexpect::session::{PtySession, spawn_command};

use crate::common::Project;

const APPLICATION: &str =
    "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/health\")\ndef health():\n    return {}\n";

/// Milliseconds that a question may take to come.
const PATIENCE: u64 = 20_000;

fn project() -> Project {
    Project::new(&[("main.py", APPLICATION), ("requirements.txt", "fastapi\nuvicorn\nredis\n")])
}

pub(crate) fn init(project: &Project, environment: &[(&str, &str)]) -> PtySession {
    let mut command = project.command(&["init"]);
    command.env("TERM", "xterm").envs(environment.iter().copied());
    command.stdin(std::process::Stdio::inherit());
    spawn_command(command, Some(PATIENCE)).unwrap()
}

/// Waits for a question and presses keys.
pub(crate) fn answer(terminal: &mut PtySession, question: &str, keys: &str) {
    terminal.exp_string(question).unwrap();
    terminal.send(keys).unwrap();
    terminal.flush().unwrap();
}

pub(crate) fn files(project: &Project) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(project.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn enter_takes_what_was_found() {
    let project = project();
    let mut terminal = init(&project, &[]);
    for question in ["Stack", "Installer", "Python version", "Port", "Backing services", "Also write", "Write these files?"] {
        answer(&mut terminal, question, "\r");
    }
    terminal.exp_string("docker compose up").unwrap();
    terminal.exp_eof().unwrap();
    assert!(project.read("compose.yaml").contains("redis"), "{}", project.read("compose.yaml"));
    let spec = project.read("dockgen.toml");
    assert!(spec.contains("presets = [\"fastapi-uvicorn\"]") && !spec.contains("python") && !spec.contains("redis"), "{spec}");
}

#[test]
fn answers_are_what_stands_in_the_spec() {
    let project = project();
    let mut terminal = init(&project, &[("NO_COLOR", "1")]);
    for question in ["Stack", "Installer", "Python version"] {
        answer(&mut terminal, question, "\r");
    }
    answer(&mut terminal, "Port", "9000\r");
    answer(&mut terminal, "Backing services", " \r");
    answer(&mut terminal, "Also write", "\r");
    answer(&mut terminal, "Write these files?", "y");
    terminal.exp_eof().unwrap();
    let spec = project.read("dockgen.toml");
    assert!(spec.contains("port = 9000") && spec.contains("redis = false"), "{spec}");
    assert!(!project.read("compose.yaml").contains("redis"));
}

#[test]
fn whoever_leaves_leaves_nothing() {
    let questions = ["Stack", "Installer", "Python version", "Port", "Backing services", "Also write", "Write these files?"];
    for last in 0..questions.len() {
        let project = project();
        let mut terminal = init(&project, &[]);
        for question in &questions[..last] {
            answer(&mut terminal, question, "\r");
        }
        terminal.exp_string(questions[last]).unwrap();
        terminal.send_control('c').unwrap();
        let rest = terminal.exp_eof().unwrap();
        assert!(!rest.contains("created"), "{rest}");
        assert_eq!(files(&project), ["main.py", "requirements.txt"], "Ctrl-C at {}", questions[last]);
    }
}

#[test]
fn a_narrow_terminal_without_colours_and_signs_is_enough() {
    let project = project();
    let dockgen = env!("CARGO_BIN_EXE_dockgen");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &format!("stty cols 24 rows 8 && exec {dockgen} init")]).current_dir(project.0.path());
    command
        .env_clear()
        .env("HOME", "/dev/null")
        .env("PATH", "/usr/bin:/bin")
        .env("TERM", "dumb")
        .env("LC_ALL", "C")
        .env("NO_COLOR", "1");
    let mut terminal = spawn_command(command, Some(PATIENCE)).unwrap();
    let mut seen = String::new();
    for question in ["Stack", "Installer", "Python version", "Port", "Backing", "Also write", "Write these"] {
        seen += &terminal.exp_string(question).unwrap();
        terminal.send("\r").unwrap();
        terminal.flush().unwrap();
    }
    seen += &terminal.exp_eof().unwrap();
    assert!(seen.is_ascii(), "{seen}");
    // questions move the cursor; nothing prints colors
    let colours = seen
        .split("\u{1b}[")
        .skip(1)
        .filter(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'));
    assert_eq!(colours.count(), 0, "{seen:?}");
    assert!(project.read("compose.yaml").contains("redis"));
}

#[test]
fn a_no_at_the_end_leaves_nothing() {
    let project = project();
    let mut terminal = init(&project, &[]);
    for question in ["Stack", "Installer", "Python version", "Port", "Backing services", "Also write"] {
        answer(&mut terminal, question, "\r");
    }
    answer(&mut terminal, "Write these files?", "n");
    let rest = terminal.exp_eof().unwrap();
    assert!(rest.contains("nothing was written"), "{rest}");
    assert_eq!(files(&project), ["main.py", "requirements.txt"]);
}

/// A wrong answer is refused at once, with the reason, and only its question is asked again.
#[test]
fn a_wrong_answer_is_asked_again_alone() {
    let application = "from fastapi import FastAPI\n\napp = FastAPI()\n";
    let project = Project::new(&[("main.py", application), ("requirements.txt", "fastapi\nuvicorn\nredis\n")]);
    let mut terminal = init_for_a_team(&project, 80, "--set answers.owner=ann --set answers.region=x --set answers.public=true");
    for question in ["Stack", "Installer"] {
        answer(&mut terminal, question, "\r");
    }
    answer(&mut terminal, "Python version", "3.9\r");
    answer(&mut terminal, "Python 3.9 reached its end of life", "");
    answer(&mut terminal, "Python version", "3.14\r");
    answer(&mut terminal, "`python.allowed`", "");
    answer(&mut terminal, "Python version", "latest\r");
    answer(&mut terminal, "`python.version`", "");
    answer(&mut terminal, "Python version", "3.12\r");
    for port in ["80", "70000", "http"] {
        answer(&mut terminal, "Port", &format!("{port}\r"));
        answer(&mut terminal, "error: `app.port`: expected an integer", "");
    }
    answer(&mut terminal, "Port", " 9000\r");
    answer(&mut terminal, "Health check path", "health\r");
    answer(&mut terminal, "error: `health.path`", "");
    answer(&mut terminal, "Health check path", "/health\r");
    for question in ["Backing services", "Also write"] {
        answer(&mut terminal, question, "\r");
    }
    answer(&mut terminal, "Which team runs this?", "ashop-of-a-name-that-is-longer-than-forty-letters\r");
    answer(&mut terminal, "start to end.", "");
    answer(&mut terminal, "Which team runs this?", "ashopofanamethatislongerthanfortylettersare\r");
    answer(&mut terminal, "error: `kubernetes.namespace`", "");
    answer(&mut terminal, "Which team runs this?", "shop\r");
    answer(&mut terminal, "How much does it matter?", "\r");
    answer(&mut terminal, "Write these files?", "y");
    terminal.exp_eof().unwrap();
    let spec = project.read("dockgen.toml");
    for expected in ["version = \"3.12\"", "port = 9000", "path = \"/health\"", "team = \"shop\""] {
        assert!(spec.contains(expected), "{spec}");
    }
}

/// What the preset of a team asks.
const ASKS: &str = "[[ask]]\nname = \"team\"\nquestion = \"Which team runs this?\"\npattern = \"[a-z]+\"\n\
    [[ask]]\nname = \"tier\"\nquestion = \"How much does it matter?\"\nkind = \"choice\"\nchoices = [\"gold\", \"silver\"]\ndefault = \"silver\"\n\
    [[ask]]\nname = \"public\"\nquestion = \"Is it reached from outside?\"\nkind = \"yes-no\"\n\
    [[ask]]\nname = \"region\"\nquestion = \"Region\"\ndefault = \"north\"\n\
    [[ask]]\nname = \"owner\"\nquestion = \"Owner\"\n\
    [enforce]\npython.allowed = [\"3.12\", \"3.13\"]\n\
    [kubernetes]\nnamespace = \"{answers.team}\"\n\
    [image.labels]\n\"com.example.team\" = \"{answers.team}\"\n";

/// `dockgen init` with the preset of a team, in a terminal of so many columns.
fn init_for_a_team(project: &Project, columns: u16, arguments: &str) -> PtySession {
    std::fs::write(project.0.path().join("team.toml"), ASKS).unwrap();
    let dockgen = env!("CARGO_BIN_EXE_dockgen");
    let mut command = std::process::Command::new("sh");
    let line = format!("stty cols {columns} rows 24 && exec {dockgen} init --preset ./team.toml {arguments}");
    command.args(["-c", &line]).current_dir(project.0.path());
    command
        .env_clear()
        .env("HOME", "/dev/null")
        .env("PATH", "/usr/bin:/bin")
        .env("TERM", "dumb")
        .env("LC_ALL", "C")
        .env("NO_COLOR", "1");
    spawn_command(command, Some(PATIENCE)).unwrap()
}

#[test]
fn what_presets_ask_is_asked_after_the_rest() {
    let project = project();
    // a flag is an answer, too: it is not asked again
    let mut terminal = init_for_a_team(&project, 80, "--set answers.owner=ann");
    for question in ["Stack", "Installer"] {
        answer(&mut terminal, question, "\r");
    }
    // the newest Python that the team allows
    answer(&mut terminal, "Python version [3.13]", "\r");
    for question in ["Port", "Backing services", "Also write"] {
        answer(&mut terminal, question, "\r");
    }
    answer(&mut terminal, "Which team runs this?", "The Shop\r");
    answer(&mut terminal, "It must be text that matches [a-z]+ from start to end.", "");
    answer(&mut terminal, "Which team runs this?", "shop\r");
    answer(&mut terminal, "How much does it matter?", "\r");
    answer(&mut terminal, "Is it reached from outside?", "y");
    answer(&mut terminal, "Region [north]", "\r");
    answer(&mut terminal, "Write these files?", "y");
    let rest = terminal.exp_eof().unwrap();
    assert!(!rest.contains("Owner"), "{rest}");
    let spec = project.read("dockgen.toml");
    let answers = "[answers]\nowner = \"ann\"\npublic = true\nregion = \"north\"\nteam = \"shop\"\ntier = \"silver\"\n";
    assert!(spec.contains(answers) && !spec.contains("[python]"), "{spec}");
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.contains("com.example.team=\"shop\"") && dockerfile.contains("python:3.13-slim"), "{dockerfile}");
}

#[test]
fn a_question_that_is_too_long_for_the_terminal_is_broken_at_spaces() {
    let project = project();
    let mut terminal = init_for_a_team(&project, 24, "--set answers.owner=ann");
    let mut seen = String::new();
    let questions = [
        "Stack",
        "Installer",
        "Python version",
        "Port",
        "Backing",
        "Also write",
        "Which team runs this?\r\n",
        "How much does it matter?",
    ];
    for question in &questions[..6] {
        seen += &terminal.exp_string(question).unwrap();
        terminal.send("\r").unwrap();
        terminal.flush().unwrap();
    }
    seen += &terminal.exp_string(questions[6]).unwrap();
    seen += &terminal.exp_string("Answer: ").unwrap();
    terminal.send("7\r").unwrap();
    terminal.flush().unwrap();
    seen += &terminal.exp_string("It must be text that\r\nmatches [a-z]+ from\r\nstart to end.").unwrap();
    assert!(seen.is_ascii(), "{seen}");
    terminal.send_control('c').unwrap();
    terminal.exp_eof().unwrap();
    assert_eq!(files(&project), ["main.py", "requirements.txt", "team.toml"]);
}
