//! `dockgen init` without a terminal has no dead ends: what an error's help line says to type leads on, until the files are written.

use crate::common::Project;

const FASTAPI: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n";
const LIST: (&str, &str) = ("requirements.txt", "fastapi\n");

/// The files of small projects, and the flags that are typed first.
type Start = (&'static [(&'static str, &'static str)], &'static [&'static str]);

const PROJECTS: [Start; 13] = [
    (&[], &[]),
    (&[], &["--preset", "fastapi-uvicorn"]),
    (&[("requirements.txt", "flask\n")], &["--preset", "flask-gunicorn"]),
    (&[("main.py", "from ours import make\n\napp = make()\n"), LIST], &[]),
    (&[("main.py", FASTAPI)], &[]),
    (&[("a.py", FASTAPI), ("b.py", FASTAPI), LIST], &[]),
    (&[("main.py", FASTAPI), ("uv.lock", "version = 1\n"), ("poetry.lock", ""), ("pyproject.toml", "")], &[]),
    (&[("main.py", FASTAPI), ("uv.lock", "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n"), LIST], &[]),
    (&[("main.py", FASTAPI), ("environment.yml", "dependencies: [fastapi]\n")], &[]),
    (&[("main.py", FASTAPI), LIST], &["--set", "app.entry=mian:app"]),
    (&[("main.py", FASTAPI), LIST], &["--preset", "fastapi-uvicorn", "--set", "app.entry=main:ap"]),
    (&[("main.py", FASTAPI), LIST, (".python-version", "3.7\n")], &[]),
    (&[("main.py", FASTAPI), LIST, ("dockgen.toml", "")], &[]),
];

/// What a help line says to type: flags with their values, or a key in backticks as `--set` takes it.
fn typed(help: &str) -> Vec<String> {
    let bare = |word: &str| word.trim_matches(|mark: char| "',;.)`?".contains(mark)).to_owned();
    let words: Vec<&str> = help.split_whitespace().collect();
    let mut typed = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match (bare(word).as_str(), words.get(at + 1)) {
            (flag @ ("--set" | "--preset"), Some(value)) => typed.extend([flag.to_owned(), bare(value)]),
            ("--force", _) => typed.push("--force".to_owned()),
            _ => {}
        }
    }
    let setting = help.split('`').skip(1).step_by(2).find_map(|code| code.split_once(" = "));
    if let Some((key, value)) = setting.filter(|_| typed.is_empty()) {
        typed.extend(["--set".to_owned(), format!("{key}={value}")]);
    }
    typed
}

/// Runs `init` with what each error says to type; returns the last run if that doesn't lead on.
fn walk((files, first): Start) -> Option<String> {
    let project = Project::new(files);
    let mut arguments: Vec<String> = ["init", "--yes"].iter().chain(first).map(|word| (*word).to_owned()).collect();
    let mut seen: Vec<String> = Vec::new();
    loop {
        let ran = project.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        if ran.code == 0 {
            assert!(!seen.is_empty(), "{arguments:?} ends in no error");
            return None;
        }
        let line = |start: &str| ran.stderr.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
        let (error, help) = (line("error:"), typed(&line("help:")));
        if error.is_empty() || help.is_empty() || seen.contains(&error) {
            return Some(format!("{arguments:?}\n{}", ran.stderr));
        }
        seen.push(error);
        arguments.extend(help);
    }
}

#[test]
fn typing_what_the_help_says_leads_on() {
    let dead: Vec<String> = PROJECTS.into_iter().filter_map(walk).collect();
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn presets_and_an_entry_point_are_enough_in_an_empty_folder() {
    let project = Project::new(&[]);
    let ran = project.run(&["init", "--preset", "fastapi-uvicorn", "--preset", "uv", "--set", "app.entry=shop.main:app"]).ok();
    for step in ["write pyproject.toml", "uv lock    # writes uv.lock", "write shop/main.py    # the application is its `app`"] {
        assert!(ran.stderr.contains(&format!("next {step}")), "{}", ran.stderr);
    }
    assert!(project.read("Dockerfile").contains("uv sync"), "{}", project.read("Dockerfile"));
}

#[test]
fn the_env_file_is_added_to_gitignore_in_a_work_tree() {
    let init = |files: &[(&str, &str)]| {
        let project = Project::new(&[&[("main.py", FASTAPI), LIST], files].concat());
        project.run(&["init", "--yes"]).ok();
        std::fs::read_to_string(project.0.path().join(".gitignore")).ok()
    };
    let git = (".git/HEAD", "ref: refs/heads/main\n");
    assert_eq!(init(&[git]).as_deref(), Some(".env\n"));
    assert_eq!(init(&[git, (".gitignore", "*.pyc")]).as_deref(), Some("*.pyc\n.env\n"));
    for pattern in [".env*\n", "*.env\n", "!.env\n"] {
        assert_eq!(init(&[git, (".gitignore", pattern)]).as_deref(), Some(pattern));
    }
    assert_eq!(init(&[]), None);
}
