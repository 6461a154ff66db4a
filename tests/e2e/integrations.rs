//! Creates projects from `examples/integrations` with the real tools, builds and starts them without manual edits, runs the hook with
//! `pre-commit`, and checks the GitHub Action with zizmor.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::build;
use crate::docker::{inspect, must, run};
use crate::examples::Example;
use crate::image::prove_contents;
use crate::project::Project;
use crate::prove_stack;
use crate::tools::{dockgen, tool, tool_without_dockgen};

/// A value with characters that are special in shells and file formats.
const SPECIAL: &str = r#"it's "quoted", $(touch pwned) `touch pwned` ; \ # and 😀"#;

/// FastAPI, no backing service, uv; `dockgen.toml` on disk.
const COPIER: Example = Example {
    name: "dockgen-e2e-copier",
    dockerfile: "Dockerfile",
    port: 8123,
    health: "/health",
    server: "uvicorn",
    processes: 1,
    uid: 10001,
    has_release: false,
    memory: 512 * 1024 * 1024,
    volumes: &[],
    source: "app/main.py",
    install: "uv sync",
    environment: &[],
    write: ("/slugs", r#"{"title": "Crème brûlée, twice"}"#),
    reads: &[("/slugs/Hello%20World", "hello-world")],
    kept: &[],
};

/// Django with PostgreSQL, pip and a release step; the spec on stdin.
const COOKIECUTTER: Example = Example {
    name: "dockgen-e2e-cookiecutter",
    health: "/health/",
    server: "gunicorn",
    has_release: true,
    source: "guestbook/views.py",
    install: "pip --python /opt/venv/bin/python install",
    write: ("/entries/", r#"{"text": "Lovely"}"#),
    reads: &[("/entries/", "Lovely"), ("/entries/", "Guest Book")],
    kept: &[("/entries/", "Lovely")],
    ..COPIER
};

/// Flask with Redis and wheels; flags and no spec.
const CARGO_GENERATE: Example = Example {
    name: "dockgen-e2e-cargo-generate",
    server: "gunicorn",
    source: "app/__init__.py",
    install: "pip wheel",
    write: ("/visits", ""),
    reads: &[("/visits", "1"), ("/ready", "ok")],
    kept: &[("/visits", "1")],
    ..COPIER
};

/// A tool that creates projects from templates.
#[derive(Clone, Copy, Debug)]
enum Maker {
    Copier,
    Cookiecutter,
    CargoGenerate,
}

use Maker::{CargoGenerate, Cookiecutter, Copier};

impl Maker {
    /// The command that creates a project in a folder. `answers` are `KEY=VALUE`; the rest are the template's defaults.
    fn command(self, tool: fn(&str) -> Command, folder: &Path, name: &str, answers: &[&str]) -> Command {
        let (program, options, answer): (_, &[&str], _) = match self {
            Copier => ("copier", &["copy", "--trust", "--defaults"], "--data="),
            Cookiecutter => ("cookiecutter", &["--no-input"], ""),
            CargoGenerate => ("cargo-generate", &["generate", "--silent", "--allow-commands", "--vcs=none"], "--define="),
        };
        let (template, folder) = (self.template(), folder.display());
        let places = match self {
            Copier => [template, format!("{folder}/{name}"), format!("--data=project_name={name}")],
            Cookiecutter => [format!("--output-dir={folder}"), template, format!("project_slug={name}")],
            CargoGenerate => [format!("--path={template}"), format!("--destination={folder}"), format!("--name={name}")],
        };
        let mut command = tool(program);
        command.args(options).args(places).args(answers.iter().map(|given| format!("{answer}{given}")));
        command
    }

    fn template(self) -> String {
        let folder = match self {
            Copier => "copier",
            Cookiecutter => "cookiecutter",
            CargoGenerate => "cargo-generate/template",
        };
        format!("{}/examples/integrations/{folder}", env!("CARGO_MANIFEST_DIR"))
    }
}

#[test]
fn copier_creates_a_working_service() {
    prove(Copier, &COPIER);
}

#[test]
fn cookiecutter_creates_a_working_service() {
    prove(Cookiecutter, &COOKIECUTTER);
}

#[test]
fn cargo_generate_creates_a_working_service() {
    prove(CargoGenerate, &CARGO_GENERATE);
}

/// Creates, builds and runs a project, and checks that the description with special characters arrives unchanged in the image's label.
fn prove(maker: Maker, example: &Example) {
    let port = format!("port={}", example.port);
    let answers = ["python_version=3.13", &port, &format!("description={SPECIAL}")];
    let project = Project::create(example.name, |folder| {
        must(&mut maker.command(tool, folder, example.name, &answers));
    });
    prove_up_to_date(&project);
    project.settle_frontend(example.dockerfile);
    if example.has_release {
        project.write(".env", &project.read(".env.example"));
    }
    let tag = format!("{}:dev", example.name);
    build(project.path(), example.dockerfile, &tag);
    prove_contents(&tag, example.uid, example.volumes);
    assert_eq!(inspect(&tag)["Config"]["Labels"]["org.opencontainers.image.description"], SPECIAL, "{}", example.name);
    assert!(!project.path().join("pwned").exists(), "{}: nothing that was typed is run", example.name);
    prove_stack(&project, example).prove_stop();
}

/// Checks that the generated files are up to date, with the spec or with the project's own script.
fn prove_up_to_date(project: &Project) {
    let has_script = project.path().join("containers.sh").exists();
    let [program, first] = if has_script { ["sh", "containers.sh"] } else { ["dockgen", "generate"] };
    must(tool(program).args([first, "--check"]).current_dir(project.path()));
}

#[test]
fn rejects_invalid_image_names_with_a_hint() {
    let folder = assert_fs::TempDir::new().unwrap();
    for maker in [Copier, Cookiecutter, CargoGenerate] {
        let ran = run(&mut maker.command(tool, folder.path(), "7-dwarfs", &[]));
        let said = ran.out + &ran.err;
        assert!(!ran.success && said.contains("at most 40 lower-case letters"), "{maker:?}: {said}");
        assert!(!folder.path().join("7-dwarfs/compose.yaml").exists(), "{maker:?} makes no containers of it");
    }
}

#[test]
fn each_tool_says_how_to_install_a_missing_dockgen() {
    for maker in [Copier, Cookiecutter, CargoGenerate] {
        let folder = assert_fs::TempDir::new().unwrap();
        let ran = run(&mut maker.command(tool_without_dockgen, folder.path(), "shop", &[]));
        let said = ran.out + &ran.err;
        assert!(!ran.success && said.contains("dockgen is not on PATH: install it with `cargo install"), "{maker:?}: {said}");
    }
}

#[test]
fn copier_update_merges_the_new_template_with_changes_of_the_project() {
    let folder = assert_fs::TempDir::new().unwrap();
    let (template, project) = (folder.path().join("template"), folder.path().join("shop"));
    let original = Project::copy("examples/integrations/copier");
    fs::rename(original.path(), &template).unwrap();
    commit(&template, "1.0.0");
    must(tool("copier").args(["copy", "--trust", "--defaults", "--data=project_name=shop"]).args([&template, &project]));
    commit(&project, "made");

    // the project reads a variable, the template sets an interval
    edit(&project.join("app/main.py"), "import re\n", "import os\nimport re\n\nTEAM = os.environ[\"TEAM\"]\n");
    must(Command::new(dockgen()).arg("generate").current_dir(&project));
    commit(&project, "a setting");
    edit(&template.join("template/dockgen.toml.jinja"), "path = \"/health\"", "path = \"/health\"\ninterval = 15");
    commit(&template, "1.1.0");
    update(&project, true);
    let [dockerfile, settings] = ["Dockerfile", ".env.example"].map(|file| fs::read_to_string(project.join(file)).unwrap());
    assert!(dockerfile.contains("--interval=15s"), "what the template sets is in it: {dockerfile}");
    assert!(settings.contains("TEAM=change-me"), "what the project reads is still in it: {settings}");
    must(Command::new(dockgen()).args(["generate", "--check"]).current_dir(&project));
    commit(&project, "updated");

    // a generated file that was edited by hand keeps the edit and gets what is new; a clash is marked
    fs::write(project.join("Dockerfile"), dockerfile.clone() + "# mine\n").unwrap();
    commit(&project, "edited by hand");
    edit(&template.join("template/dockgen.toml.jinja"), "interval = 15", "interval = 20\ntimeout = 4");
    commit(&template, "1.2.0");
    update(&project, true);
    let merged = fs::read_to_string(project.join("Dockerfile")).unwrap();
    assert!(merged.contains("--interval=20s") && merged.ends_with("\n# mine\n"), "{merged}");
    edit(&project.join("Dockerfile"), "--interval=20s", "--interval=7s");
    commit(&project, "edited where the template will change it");
    edit(&template.join("template/dockgen.toml.jinja"), "interval = 20", "interval = 25");
    commit(&template, "1.3.0");
    let said = update(&project, false);
    assert!(said.contains("conflict Dockerfile"), "{said}");
    let marked = fs::read_to_string(project.join("Dockerfile")).unwrap();
    assert!(marked.contains("<<<<<<< edited by hand\n") && marked.contains("--interval=7s"), "{marked}");
}

fn update(project: &Path, succeeds: bool) -> String {
    let ran = run(tool("copier").args(["update", "--trust", "--defaults"]).current_dir(project));
    assert_eq!(ran.success, succeeds, "{}{}", ran.out, ran.err);
    ran.out + &ran.err
}

/// Commits and tags all files.
fn commit(folder: &Path, tag: &str) {
    for words in
        [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", tag], &["tag", &tag.replace(' ', "-")]]
    {
        must(tool("git").args(words).current_dir(folder));
    }
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{}: {text}", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

/// Uses the built dockgen (`language: system`) instead of letting pre-commit compile it.
#[test]
fn pre_commit_hook_fails_only_if_files_are_outdated() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
    must(tool("pre-commit").arg("validate-manifest").arg(&manifest));
    let hook = fs::read_to_string(manifest).unwrap().replace("language: rust", "language: system").replace('\n', "\n      ");
    let project = Project::copy("examples/strava-api");
    project.write(".pre-commit-config.yaml", &format!("repos:\n  - repo: local\n    hooks:\n      {hook}\n"));
    commit(project.path(), "clean");
    let hooks = |files: &[&str]| run(tool("pre-commit").arg("run").args(files).current_dir(project.path()));
    let ran = hooks(&["--all-files"]);
    assert!(ran.success && ran.out.contains("Passed"), "{}{}", ran.out, ran.err);

    edit(&project.path().join("dockgen.toml"), "port = 8080", "port = 8081");
    let ran = hooks(&["--files", "dockgen.toml"]);
    assert!(!ran.success && ran.out.contains("outdated Dockerfile"), "{}{}", ran.out, ran.err);
    for file in ["Dockerfile", ".dockerignore", ".env.example", "compose.yaml", "multi_project_api.py", "requirements.txt"] {
        assert!(!hooks(&["--files", file]).success, "a change of {file} runs the hook");
    }
    let ran = hooks(&["--files", "README.md"]);
    assert!(ran.success && ran.out.contains("Skipped"), "a change of what dockgen does not read passes: {}{}", ran.out, ran.err);
}

#[test]
fn zizmor_has_no_findings_in_the_action() {
    let action = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".github/actions");
    must(tool("zizmor").args(["--offline", "--no-progress", "--persona=auditor"]).arg(action));
}
