//! Lock files and requirements with very many packages, in shapes that make a reader look through all of them for each one.
#![cfg(unix)]

use std::fmt::Write as _;
use std::process::Command;

use crate::common::Project;

/// How many packages each file names.
const MANY: usize = 25_000;

/// CPU time limit of a run in seconds. An unoptimized build needs two; a search through all packages for each one needs minutes.
const LONGEST: u32 = 6;

/// What the case is about, the spec's installer table, and files.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// A text made of one part for each package.
fn each(part: impl Fn(usize) -> String) -> String {
    (0..MANY).fold(String::new(), |mut text, at| {
        let _ = write!(text, "{}", part(at));
        text
    })
}

/// Without the comma behind the last one.
fn list(part: impl Fn(usize) -> String) -> String {
    each(|at| part(at) + ",").trim_end_matches(',').to_owned()
}

fn lock(part: impl Fn(usize) -> String) -> String {
    each(|at| format!("[[package]]\n{}\n", part(at)))
}

fn pipfile_lock(joint: &str) -> String {
    let entry = |at| format!("{joint}\"p{at:05}\": {{\"version\": \"==1.0\"}}");
    format!("{{\"_meta\": {{}},{joint}\"default\": {{{}}}}}", list(entry))
}

/// Runs `generate` for an installer with these files, and says what was slow.
fn slow(name: &str, installer: &str, files: &[(&str, &str)]) -> Option<String> {
    let spec =
        format!("presets = [\"fastapi-uvicorn\", \"{installer}\"]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n");
    let project = Project::new(&[&[("main.py", "app = None\n"), ("dockgen.toml", &spec)], files].concat());
    let mut command = Command::new("sh");
    let run = format!("ulimit -t {LONGEST} && exec \"$0\" generate -q --only dockerfile");
    command.args(["-c", &run, env!("CARGO_BIN_EXE_dockgen")]).current_dir(project.0.path()).env_clear().env("HOME", "/dev/null");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    (!output.status.success()).then(|| format!("{name}: {}: {said:.400}", output.status))
}

const PYPROJECT: &str = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"p0\"]\n";

#[test]
fn a_lock_of_very_many_packages_is_read_in_time_that_grows_with_its_length() {
    let chain =
        |at: usize| if at + 1 < MANY { format!("dependencies = [{{ name = \"p{}\" }}]\n", at + 1) } else { String::new() };
    let root = "version = 1\n[[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\n";
    let star = format!("{root}dependencies = [{}]\n", list(|at| format!("{{ name = \"p{at}\" }}")));
    let uv = star.clone() + &lock(|at| format!("name = \"p{at}\"\nversion = \"1\"\n{}", chain(at)));
    let unspaced = star + &lock(|at| format!("name=\"p{at}\"\nversion = \"1\"\n"));
    let one_name = format!("{root}dependencies = [{}]\n", list(|_| "{ name = \"p\" }".to_owned()))
        + &lock(|at| {
            format!("name = \"p\"\nversion = \"{at}\"\ndependencies = [{{ name = \"p\", version = \"{}\" }}]\n", at + 1)
        });
    let foreign = lock(|at| {
        format!(
            "name = \"p{at}\"\nversion = \"1\"\nwheels = [\n    {{ url = \"https://e.x/p{at}-1-cp39-cp39-win_amd64.whl\" }},\n]\n"
        )
    });
    let foreign = format!("{root}dependencies = [{}]\n", list(|at| format!("{{ name = \"p{at}\" }}"))) + &foreign;
    let grouped = lock(|at| format!("name = \"p{at}\"\nversion = \"1\"\ngroups = [\"default\"]\n"));
    let poetry = lock(|at| format!("name = \"p{at}\"\nversion = \"1\"\noptional = false\ngroups = [\"main\"]\n"));
    let pylock = "lock-version = \"1.0\"\n".to_owned() + &each(|at| format!("[[packages]]\nname = \"p{at}\"\nversion = \"1\"\n"));
    let inline = format!("lock-version = \"1.0\"\npackages = [{}]\n", list(|at| format!("{{name=\"p{at}\",version=\"1\"}}")));
    let compiled = each(|_| "psycopg2==2.9 --no-binary\n".to_owned());
    let manifest = format!("{PYPROJECT}[project.optional-dependencies]\n");
    let declared = format!("[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [{}]\n", list(|at| format!("\"p{at}\"")));
    let no_binary = each(|at| format!("--no-binary p{at}\np{at}==1\n"));
    let cases: [Case<'_>; 13] = [
        ("Pipfile.lock", "pipenv", &[("Pipfile", "[packages]\n"), ("Pipfile.lock", &pipfile_lock("\n"))]),
        ("Pipfile.lock on one line", "pipenv", &[("Pipfile", "[packages]\n"), ("Pipfile.lock", &pipfile_lock(""))]),
        ("uv.lock", "uv", &[("pyproject.toml", PYPROJECT), ("uv.lock", &uv)]),
        ("uv.lock without spaces", "uv", &[("pyproject.toml", &manifest), ("uv.lock", &unspaced)]),
        ("uv.lock of one name", "uv", &[("pyproject.toml", PYPROJECT), ("uv.lock", &one_name)]),
        ("uv.lock of wheels for others", "uv", &[("pyproject.toml", PYPROJECT), ("uv.lock", &foreign)]),
        ("uv.lock and its manifest", "uv", &[("pyproject.toml", &declared), ("uv.lock", &uv)]),
        ("poetry.lock", "poetry", &[("pyproject.toml", PYPROJECT), ("poetry.lock", &poetry)]),
        ("pdm.lock", "pdm", &[("pyproject.toml", PYPROJECT), ("pdm.lock", &grouped)]),
        ("pylock.toml", "pip", &[("pylock.toml", &pylock)]),
        ("pylock.toml on one line", "pip", &[("pylock.toml", &inline)]),
        ("requirements.txt that is compiled", "pip", &[("requirements.txt", &compiled)]),
        ("requirements.txt with --no-binary", "pip", &[("requirements.txt", &no_binary)]),
    ];
    let slow: Vec<String> = cases.iter().filter_map(|(name, installer, files)| slow(name, installer, files)).collect();
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}
