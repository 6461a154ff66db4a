//! Python's version, the installer and its files are detected from manifests and lockfiles.

use crate::common::{FASTAPI, Project};
use crate::detect::{fact, facts, value};

#[test]
fn contradicting_pythons_name_both_places() {
    let project = Project::new(&[
        ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
        ("requirements.txt", "fastapi\nuvicorn\n"),
        ("runtime.txt", "python-3.12.1\n"),
        ("setup.cfg", "[options]\npython_requires = >=3.13\n"),
    ]);
    let ran = project.run(&["init", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("runtime.txt:1") && ran.stderr.contains(">=3.13"), "{}", ran.stderr);
    project.run(&["init", "--yes", "--set", "python.version=3.13"]).ok();
}

#[test]
fn pinned_dependencies_choose_a_python_that_they_are_made_for() {
    let project = Project::new(&[("main.py", "x = 1\n"), ("requirements.txt", "numpy==1.26.4\n")]);
    let facts = facts(&project);
    assert_eq!(value(&facts, "python.version"), "3.12");
    let why = fact(&facts, "python.version").unwrap();
    assert_eq!(why["why"], "numpy 1.26.4 doesn't support Python 3.14");
}

#[test]
fn names_without_versions_are_not_installed_from() {
    let application = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let pipfile = ("Pipfile", "[packages]\nfastapi = \"*\"\n");
    let ran = Project::new(&[application, pipfile]).run(&["init", "--yes"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("`Pipfile` names dependencies, and there is no `Pipfile.lock` with their versions"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("run `pipenv lock`"), "{}", ran.stderr);
    let facts = facts(&Project::new(&[application, pipfile, ("requirements.txt", "fastapi\n")]));
    assert_eq!(value(&facts, "install.with"), "pip");
}

const UV_LOCK: &str = "version = 1\nrequires-python = \">=3.12\"\n\n[[package]]\nname = \"fastapi\"\nversion = \"0.115.0\"\n\n\
     [[package]]\nname = \"shop-api\"\nversion = \"1\"\nsource = { editable = \"apps/api\" }\ndependencies = [{ name = \"fastapi\" }]\n\n\
     [[package]]\nname = \"ws\"\nversion = \"0\"\nsource = { virtual = \".\" }\n";

#[test]
fn a_member_of_a_workspace_is_built_from_where_the_lock_lies() {
    let application = "from fastapi import FastAPI\napp = FastAPI()\n";
    let project = Project::new(&[
        ("pyproject.toml", "[project]\nname = \"ws\"\nversion = \"0\"\n[tool.uv.workspace]\nmembers = [\"apps/*\"]\n"),
        ("uv.lock", UV_LOCK),
        ("apps/api/pyproject.toml", "[project]\nname = \"shop-api\"\nversion = \"1\"\ndependencies = [\"fastapi\"]\n"),
        ("apps/api/src/api/__init__.py", ""),
        ("apps/api/src/api/main.py", application),
        ("apps/web/main.py", application),
    ]);
    let mut command = project.command(&["init", "--yes"]);
    let ran = crate::common::Ran::from(command.current_dir(project.0.path().join("apps/api")).output().unwrap()).ok();
    assert!(ran.stderr.contains("apps/api is a member of the workspace whose uv.lock is in ../.."), "{}", ran.stderr);
    let spec = project.read("dockgen.toml");
    assert!(spec.contains("entry = \"api.main:app\"\nroot = \"apps/api/src\"\n"), "{spec}");
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.contains("--no-install-workspace --package=shop-api"), "{dockerfile}");
    assert!(dockerfile.contains("--no-editable --package=shop-api"), "{dockerfile}");
}

#[test]
fn a_lock_that_does_not_fit_its_manifest_is_told() {
    let main = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let manifest = |version: &str, more: &str| {
        format!(
            "[project]\nname = \"ws\"\nversion = \"{version}\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi\"{more}]\n"
        )
    };
    let hints = |manifest: &str| {
        let ran = Project::new(&[main, ("pyproject.toml", manifest), ("uv.lock", UV_LOCK)]).run(&["init", "--yes"]).ok();
        ran.stderr
            .lines()
            .filter(|line| line.contains("uv.lock") && line.starts_with("hint"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(hints(&manifest("0", "")), [""; 0]);
    let missing = "hint: uv.lock lacks httpx, which pyproject.toml:5 asks for: run `uv lock`, or the build stops";
    assert_eq!(hints(&manifest("0", ", \"httpx\"")), [missing]);
    let moved = "hint: uv.lock is for ws 0, and pyproject.toml says 2: run `uv lock`, or the build stops";
    assert_eq!(hints(&manifest("2", "")), [moved]);
}

#[test]
fn conda_is_refused_and_classifiers_are_a_hint() {
    let main = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let ran = Project::new(&[main, ("environment.yml", "dependencies:\n  - fastapi\n")]).run(&["init", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("conda's environment.yml is not supported"), "{}", ran.stderr);
    let classified = "from setuptools import setup\nsetup(classifiers=[\"Programming Language :: Python :: 3.12\"])\n";
    let facts = facts(&Project::new(&[main, ("requirements.txt", "fastapi\n"), ("setup.py", classified)]));
    let python = fact(&facts, "python.version").unwrap();
    assert_eq!(
        (python["value"].as_str(), python["file"].as_str(), python["line"].as_u64()),
        (Some("3.12"), Some("setup.py"), Some(2))
    );
}

#[test]
fn requirements_bring_what_they_include() {
    let files =
        [("requirements.txt", "-r base.txt\n"), ("base.txt", "-c locks/all.txt\nfastapi\n"), ("locks/all.txt", "fastapi==1\n")];
    let project = Project::new(&[&files[..], &[("main.py", "app = None\n"), ("dockgen.toml", FASTAPI)]].concat());
    let shown = project.run(&["show", "install.files"]).ok().stdout;
    assert_eq!(
        shown,
        "install.files = [\"requirements.txt\", \"base.txt\", \"locks/all.txt\"]  # requirements.txt and what it includes\n"
    );
    assert!(
        project.run(&["generate", "--stdout", "dockerfile"]).ok().stdout.contains("source=locks/all.txt,target=locks/all.txt")
    );
}

#[test]
fn poetry_and_pipenv_say_which_python() {
    let spec = FASTAPI.replace(", \"pip\"", "");
    let poetry = [
        ("main.py", "app = None\n"),
        ("poetry.lock", ""),
        ("dockgen.toml", spec.as_str()),
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = \"~3.12\"\n"),
    ];
    let version = |project: &Project| project.run(&["show", "python.version"]).ok().stdout;
    assert_eq!(version(&Project::new(&poetry)), "python.version = \"3.12\"  # pyproject.toml:2 poetry's python\n");
    let pipenv = [
        ("main.py", "app = None\n"),
        ("Pipfile.lock", ""),
        ("dockgen.toml", spec.as_str()),
        ("Pipfile", "[requires]\npython_version = \"3.13\"\n"),
    ];
    assert_eq!(version(&Project::new(&pipenv)), "python.version = \"3.13\"  # Pipfile:2 python_version\n");
}
