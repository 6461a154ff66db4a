//! What is printed of a project and its files: no secret, no character that a terminal obeys, and no wrong advice.
#![cfg(unix)]

use rexpect::session::{PtySession, spawn_command};

use crate::common::{FASTAPI, Project};
use crate::git::commit;

/// A secret that no rule about values knows.
const SECRET: &str = "swordfish";

fn with_spec(more: &str) -> Project {
    let spec = FASTAPI.to_owned() + more;
    Project::new(&[("main.py", "app = None\n"), ("requirements.txt", "fastapi\nuvicorn\n"), ("dockgen.toml", &spec)])
}

/// What `generate` refuses in a spec, and the key that `show` prints all the same.
const REFUSED: [(&str, &str); 21] = [
    ("[environment]\nDB_PASSWORD = \"swordfish\"\n", "environment.DB_PASSWORD"),
    ("[environment]\nDB_PASSWORD = { value = \"swordfish\" }\n", "environment.DB_PASSWORD"),
    ("[environment.DB_PASSWORD]\nexample = \"swordfish\"\n", "environment.DB_PASSWORD"),
    ("[environment]\nCOLOR = { value = \"swordfish\", secret = true }\n", "environment.COLOR"),
    ("[environment]\nA_URL = \"postgres://shop:swordfish@db/shop\"\n", "environment.A_URL"),
    ("[environment]\nA_URL = \"https://example.com/?password=swordfish\"\n", "environment.A_URL"),
    ("[environment]\nDSN = \"Server=h;Password=swordfish\"\n", "environment.DSN"),
    ("[environment]\n\"DB_PASSWORD\" = '''swordfish'''\n", "environment.DB_PASSWORD"),
    ("[image.labels]\nAPI_TOKEN = \"swordfish\"\n", "image.labels"),
    ("[image.labels]\n\"com.example.password\" = \"swordfish\"\n", "image.labels"),
    ("[image.labels]\nabout = \"https://u:swordfish@example.com/\"\n", "image.labels"),
    ("[processes.worker]\ncommand = [\"work\", \"--password\", \"swordfish\"]\n", "processes.worker"),
    ("[processes.worker]\ncommand = [\"env\", \"API_TOKEN=swordfish\", \"work\"]\n", "processes.worker"),
    ("[processes.worker]\ncommand = \"work --broker amqp://u:swordfish@h/\"\n", "processes.worker"),
    ("[release]\ncommands = [[\"migrate\", \"--password=swordfish\"]]\n", "release"),
    ("[build]\nsteps = [\"curl https://u:swordfish@example.com/\"]\n", "build"),
    (
        "[service-kinds.cache]\nimage = \"redis:7\"\n[service-kinds.cache.environment]\nCACHE_PASSWORD = \"swordfish\"\n",
        "service-kinds",
    ),
    (
        "[service-kinds.cache]\nimage = \"redis:7\"\ncommand = [\"redis-server\", \"--password\", \"swordfish\"]\n",
        "service-kinds",
    ),
    ("[service-kinds.cache]\nimage = \"redis:7\"\nurl = \"redis://:swordfish@cache:6379/0\"\n", "service-kinds"),
    ("[answers]\ndb_password = \"swordfish\"\n", "answers"),
    ("[answers]\ndatabase = \"postgres://u:swordfish@h/\"\n", "answers"),
];

#[test]
fn show_prints_no_secret_of_a_spec() {
    let mut wrong = Vec::new();
    for (spec, key) in REFUSED {
        let spec = if spec.starts_with("[project]") { spec.replace("[project]\n", "") } else { spec.to_owned() };
        let project = with_spec(&spec);
        for arguments in [&["show"][..], &["show", "--json"], &["show", key], &["show", "--json", key]] {
            let ran = project.run(arguments);
            let out = ran.stdout.clone() + &ran.stderr;
            if out.contains(SECRET) || ran.code == 0 && !(out.contains("***") && out.contains(", a secret")) {
                wrong.push(format!("{spec}{arguments:?} {}: {out}", ran.code));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn show_prints_no_secret_of_a_source_address() {
    let spec = FASTAPI.replace("name = \"shop\"", "name = \"shop\"\nsource = \"https://u:swordfish@example.com/shop\"");
    let project =
        Project::new(&[("main.py", "app = None\n"), ("requirements.txt", "fastapi\nuvicorn\n"), ("dockgen.toml", &spec)]);
    let out = project.run(&["show"]).ok().stdout;
    assert!(!out.contains(SECRET) && out.contains("project.source = \"***\"  # dockgen.toml:4, a secret"), "{out}");
}

#[test]
fn show_prints_no_secret_of_a_flag() {
    let mut wrong = Vec::new();
    for set in [
        "answers.db_password=swordfish",
        "environment.DB_PASSWORD=swordfish",
        "environment.DB_PASSWORD.value=swordfish",
        "environment={ DB_PASSWORD = \"swordfish\", COLOR = \"red\" }",
        "image.labels.API_TOKEN=swordfish",
        "image.labels={ API_TOKEN = \"swordfish\", color = \"red\" }",
        "project.source=https://u:swordfish@example.com/",
        "processes.worker.command=[\"work\", \"--password\", \"swordfish\"]",
    ] {
        for json in [&[][..], &["--json"]] {
            let ran = with_spec("").run(&[&["show", "--set", set][..], json].concat());
            if ran.stdout.contains(SECRET) || ran.stderr.contains(SECRET) || ran.code == 0 && !ran.stdout.contains("***") {
                wrong.push(format!("{set} {json:?}: {}{}", ran.stdout, ran.stderr));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// What is no secret is shown as before.
#[test]
fn show_prints_what_generate_takes() {
    let project = with_spec("[environment]\nPASSWORD_MIN_LENGTH = { value = \"swordfish\", secret = false }\nCOLOR = \"red\"\n");
    let out = project.run(&["show", "environment"]).ok().stdout;
    assert!(out.contains(SECRET) && out.contains("red") && !out.contains("***"), "{out}");
}

/// Files of a project's own at the places of outputs, each with a secret on a line of its own.
const OWN: [(&str, &str, &str); 12] = [
    ("Dockerfile", "Dockerfile", "FROM python:3.13\nENV TOKEN=swordfish\n"),
    ("Dockerfile, old form", "Dockerfile", "FROM python:3.13\nENV DB_PASSWORD swordfish\n"),
    ("Dockerfile, quoted", "Dockerfile", "FROM python:3.13\nENV DB_PASSWORD=\"swordfish\" A=b\n"),
    ("Dockerfile, second", "Dockerfile", "FROM python:3.13\nENV A=b TOKEN=swordfish\n"),
    ("Dockerfile, argument", "Dockerfile", "FROM python:3.13\nARG TOKEN=swordfish\n"),
    ("Dockerfile, address", "Dockerfile", "FROM python:3.13\nRUN pip install -i https://u:swordfish@example.com/simple x\n"),
    ("compose.yaml, list", "compose.yaml", "services:\n  web:\n    environment:\n      - DB_PASSWORD=swordfish\n"),
    ("compose.yaml, table", "compose.yaml", "services:\n  web:\n    environment:\n      DB_PASSWORD: swordfish\n"),
    ("compose.yaml, CRLF", "compose.yaml", "services:\r\n  web:\r\n    environment:\r\n      DB_PASSWORD: swordfish\r\n"),
    (".env.example", ".env.example", "DB_PASSWORD=swordfish\n"),
    (".env.example, address", ".env.example", "DATABASE_URL=postgres://u:swordfish@h/db\n"),
    (
        "k8s.yaml, key",
        "k8s.yaml",
        "data:\n  key: |\n    -----BEGIN RSA PRIVATE KEY-----\n    swordfish\n    swordfish\n    -----END RSA PRIVATE KEY-----\n",
    ),
];

#[test]
fn a_diff_prints_no_secret_of_the_files_that_are_there() {
    let mut wrong = Vec::new();
    for (name, path, text) in OWN {
        let project = with_spec("[services.db]\nkind = \"postgres\"\n");
        std::fs::write(project.0.path().join(path), text).unwrap();
        for arguments in
            [&["generate", "--diff"][..], &["generate", "--diff", "--color=always"], &["generate"], &["generate", "--json"]]
        {
            let ran = project.run(arguments);
            let whole = !arguments.contains(&"--diff") || ran.stdout.contains(&format!("a/{path}"));
            if ran.stdout.contains(SECRET) || ran.stderr.contains(SECRET) || !whole || ran.code != 1 {
                wrong.push(format!("{name} {arguments:?}: {}{}", ran.stdout, ran.stderr));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// Secrets of other lengths and on lines that stay, beside lines of an edited output.
#[test]
fn a_diff_of_an_edited_file_prints_no_secret() {
    let project = with_spec("");
    project.run(&["generate"]).ok();
    let before = project.read("compose.yaml");
    let own = before.replacen("\nservices:\n", "\nx-own:\n  API_TOKEN: swordfish\nservices:\n", 1);
    assert_ne!(own, before);
    std::fs::write(project.0.path().join("compose.yaml"), &own).unwrap();
    let diff = project.run(&["generate", "--diff", "--force"]).stdout;
    assert!(diff.contains("-  API_TOKEN:") && !diff.contains(SECRET), "{diff}");
    // what dockgen writes is shown as it is
    std::fs::write(project.0.path().join("compose.yaml"), "x: 1\n").unwrap();
    let diff = project.run(&["generate", "--diff", "--force"]).stdout;
    assert!(before.lines().all(|line| diff.contains(&format!("+{line}\n"))), "{diff}");
    assert!(project.run(&["generate", "--stdout", "compose"]).ok().stdout == before);
}

/// Characters that no JSON may contain as they are, as a reader of a log would see them.
const RAW: [char; 12] = [
    '\u{7f}',
    '\u{85}',
    '\u{9b}',
    '\u{ad}',
    '\u{61c}',
    '\u{200b}',
    '\u{200e}',
    '\u{202e}',
    '\u{2028}',
    '\u{2066}',
    '\u{feff}',
    '\u{e0041}',
];

#[test]
fn json_escapes_what_cannot_be_seen() {
    let application = "import os\n\nfrom fastapi import FastAPI\n\nA = os.environ[\"SOME_SETTING\"]\napp = FastAPI()\n";
    let mut wrong = Vec::new();
    for letter in RAW {
        let (module, spec) = (format!("a{letter}b/main.py"), format!("a{letter}b.toml"));
        let about = if letter == '\u{7f}' { String::new() } else { format!("a{letter}b") };
        let more = FASTAPI.to_owned() + "[environment]\nCOLOR = \"red\"\n";
        let project = Project::new(&[
            (&module, application),
            ("main.py", application),
            ("requirements.txt", "fastapi\nuvicorn\n"),
            ("pyproject.toml", &format!("[project]\nname = \"shop\"\ndescription = \"{about}\"\n")),
            (&spec, &more),
            ("bad.toml", &format!("x = \"a{letter}b\"\n[\"a{letter}b\"]\n")),
        ]);
        for arguments in [
            &["detect", "--json"][..],
            &["show", "--json", "--spec", &spec],
            &["generate", "--json", "--spec", &spec],
            &["generate", "--json", "--spec", "bad.toml"],
            &["generate", "--json", "--spec", &format!("none{letter}.toml")],
            &["generate", "--json", "--spec", &spec, "--preset", &format!("./a{letter}b.toml")],
        ] {
            let ran = project.run(arguments);
            let raw = ran.stdout.chars().find(|found| RAW.contains(found));
            let read = serde_json::from_str::<serde_json::Value>(&ran.stdout);
            if raw.is_some() || !ran.stdout.is_empty() && read.is_err() {
                wrong.push(format!("{letter:?} {arguments:?}: {:?}", ran.stdout));
            }
            // nothing is lost
            let text = read.map(|value| value.to_string()).unwrap_or_default();
            if arguments[0] == "show" && !text.contains(&spec) {
                wrong.push(format!("{letter:?} is lost: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

fn hash(text: &str) -> String {
    dockgen::seal::fingerprint(text)
}

/// A lock that names files which dockgen did not write: dockgen never deletes them.
#[test]
fn a_damaged_lock_makes_nobody_delete_a_source() {
    let mut wrong = Vec::new();
    for path in
        ["main.py", "requirements.txt", "dockgen.toml", "dockgen.lock", "README.md", "Makefile", "deploy/compose.yaml", "a.py"]
    {
        for matches in [true, false] {
            let project = with_spec("");
            project.run(&["generate"]).ok();
            if !["main.py", "requirements.txt", "dockgen.toml", "dockgen.lock"].contains(&path) {
                std::fs::create_dir_all(project.0.path().join("deploy")).unwrap();
                std::fs::write(project.0.path().join(path), "# about dockgen\n").unwrap();
            }
            let found = if matches { hash(&project.read(path)) } else { "a".repeat(64) };
            let lock = project.read("dockgen.lock") + &format!("\"{path}\" = \"{found}\"\n");
            std::fs::write(project.0.path().join("dockgen.lock"), lock).unwrap();
            let ran = project.run(&["generate"]);
            let own = ["main.py", "requirements.txt", "dockgen.toml", "dockgen.lock", "a.py"].contains(&path);
            if ran.stderr.contains("delete") || own && ran.stderr.contains("no longer writes") {
                wrong.push(format!("{path} {matches}: {}", ran.stderr));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_empty_lock_is_to_be_restored() {
    for text in ["", "\n", "# nothing\n", "[outputs]\n"] {
        let project = with_spec("");
        std::fs::write(project.0.path().join("dockgen.lock"), text).unwrap();
        let ran = project.run(&["generate"]);
        assert_eq!(ran.code, 2);
        let told = ran.stderr.contains("version control") && ran.stderr.contains("delete it");
        assert!(told && !ran.stderr.contains("newer"), "{text:?}: {}", ran.stderr);
    }
}

/// A pipe among the objects of git, from which git would read for good.
#[test]
fn pipes_among_the_objects_of_git_cost_one_wait_for_all_files() {
    let mut wrong = Vec::new();
    for pipe in ["info/alternates", "info/commit-graph", "head", "pack/pack-0123456789012345678901234567890123456789.idx"] {
        let project = with_spec("");
        project.run(&["generate"]).ok();
        project.edit("compose.yaml", "services:", "# edited\nservices:");
        project.edit("k8s.yaml", "kind: Deployment", "kind:  Deployment");
        project.edit("Dockerfile", "WORKDIR", "# edited\nWORKDIR");
        let head = commit(project.0.path(), "Add").trim().to_owned();
        let objects = project.0.path().join(".git/objects");
        let path = objects.join(if pipe == "head" { format!("{}/{}", &head[..2], &head[2..]) } else { pipe.to_owned() });
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = std::fs::remove_file(&path);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        if pipe.starts_with("pack/") {
            std::fs::write(path.with_extension("pack"), "").unwrap();
        }
        let set = ["--set", "compose.restart=always", "--set=python.version=3.13", "--set=app.port=9000"];
        let mut command = project.command(&[&["generate", "--merge"][..], &set].concat());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("DOCKGEN_TIMEOUT", "1");
        let start = std::time::Instant::now();
        let ran = crate::common::Ran::from(command.output().unwrap());
        let took = start.elapsed();
        let late = took > std::time::Duration::from_millis(2500);
        if late || !ran.stderr.contains("history of this project could not be read") {
            wrong.push(format!("{pipe} {took:?}: {}", ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A command in a terminal of its own.
fn in_terminal(project: &Project, arguments: &[&str]) -> PtySession {
    let mut command = project.command(arguments);
    command.env("TERM", "xterm").env("NO_COLOR", "1").stdin(std::process::Stdio::inherit());
    spawn_command(command, Some(20_000)).unwrap()
}

const APPLICATION: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n";

fn to_start() -> Project {
    Project::new(&[("main.py", APPLICATION), ("requirements.txt", "fastapi\nuvicorn\nredis\n")])
}

/// Ctrl-C at a question, and what is said of it.
fn cancelled(mut terminal: PtySession, question: &str) -> Option<String> {
    terminal.exp_string(question).unwrap();
    terminal.send_control('c').unwrap();
    let said = terminal.exp_eof().unwrap();
    let code = match terminal.process().wait() {
        Ok(rexpect::process::WaitStatus::Exited(_, code)) => code,
        _ => -1,
    };
    let told = said.matches("cancelled, nothing was written").count() == 1 && !said.contains("cannot ask");
    (!told || code != 130).then(|| format!("{question} {code}: {said}"))
}

#[test]
fn ctrl_c_says_that_nothing_was_written() {
    let mut wrong = Vec::new();
    let questions = [
        "Stack",
        "Installer",
        "Python version",
        "Port",
        "Health check path",
        "Backing services",
        "Also write",
        "Write these files?",
    ];
    for last in 0..questions.len() {
        let project = to_start();
        let mut terminal = in_terminal(&project, &["init"]);
        for question in &questions[..last] {
            terminal.exp_string(question).unwrap();
            terminal.send("\r").unwrap();
            terminal.flush().unwrap();
        }
        wrong.extend(cancelled(terminal, questions[last]));
        assert!(!project.0.path().join("dockgen.toml").exists());
    }
    let project = with_spec("");
    std::fs::write(project.0.path().join("compose.yaml"), "x: 1\n").unwrap();
    wrong.extend(cancelled(in_terminal(&project, &["generate"]), "What should dockgen do"));
    assert_eq!(project.read("compose.yaml"), "x: 1\n");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The address after the last question is the one where Compose publishes the application.
#[test]
fn the_next_step_names_the_port_that_compose_publishes() {
    for (port, keys) in [("9000", "9000\r"), ("8000", "\r"), ("7000", " 7000 \r")] {
        let project = to_start();
        let mut terminal = in_terminal(&project, &["init"]);
        for (question, keys) in [
            ("Stack", "\r"),
            ("Installer", "\r"),
            ("Python", "\r"),
            ("Port", keys),
            ("Health", "\r"),
            ("Backing", "\r"),
            ("Also write", "\r"),
            ("Write these", "y"),
        ] {
            terminal.exp_string(question).unwrap();
            terminal.send(keys).unwrap();
            terminal.flush().unwrap();
        }
        let said = terminal.exp_eof().unwrap();
        let published = project.read("compose.yaml").contains(&format!(":-{port}}}:"));
        assert!(published && said.contains(&format!("then http://localhost:{port}\r")), "{port}: {said}");
    }
}
