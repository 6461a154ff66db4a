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
fn names_without_versions_are_resolved_in_the_build() {
    let application = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let pipfile = ("Pipfile", "[packages]\nfastapi = \"*\"\n");
    let project = Project::new(&[application, pipfile]);
    let ran = project.run(&["init", "--yes"]).ok();
    let hint =
        "hint: there is no Pipfile.lock, so each build installs the newest versions that Pipfile allows: run `pipenv lock`";
    assert!(ran.stderr.contains(hint), "{}", ran.stderr);
    let text = project.read("Dockerfile");
    assert!(
        text.contains("    pipenv lock && \\\n") && !text.contains("pipenv verify") && !text.contains("--network=none"),
        "{text}"
    );
    let poetry = "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\npython = \"^3.12\"\nfastapi = \"*\"\n";
    let text = dockerfile(&[("pyproject.toml", poetry)]);
    assert!(text.contains("    poetry lock --no-interaction && \\\n") && !text.contains("--network=none"), "{text}");
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
    assert!(dockerfile.contains("--no-install-local --package=shop-api"), "{dockerfile}");
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
    let missing = "hint: uv.lock is outdated: it lacks httpx (pyproject.toml:5); run `uv lock`, or the build fails";
    assert_eq!(hints(&manifest("0", ", \"httpx\"")), [missing]);
    let moved = "hint: uv.lock is outdated: it is for ws 0, but pyproject.toml has 2; run `uv lock`, or the build fails";
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

const APPLICATION: (&str, &str) = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");

const MANIFEST: &str =
    "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi\"]\n";

const BUILT: &str = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n";

fn locked(source: &str, more: &str) -> String {
    format!(
        "version = 1\nrequires-python = \">=3.12\"\n\n[[package]]\nname = \"fastapi\"\nversion = \"0.115.0\"\n\n\
         [[package]]\nname = \"shop\"\nversion = \"1\"\nsource = {{ {source} = \".\" }}\ndependencies = [{{ name = \"fastapi\" }}]\n{more}"
    )
}

/// The Dockerfile that `init --yes` writes.
fn dockerfile(files: &[(&str, &str)]) -> String {
    let project = Project::new(&[&[APPLICATION], files].concat());
    project.run(&["init", "--yes"]).ok();
    project.read("Dockerfile")
}

#[test]
fn a_server_that_dockgen_adds_survives_the_installation_of_the_project() {
    let manifest = format!("{MANIFEST}{BUILT}");
    let files = [("pyproject.toml", manifest.as_str()), ("uv.lock", &locked("editable", "")), ("shop/__init__.py", "")];
    let text = dockerfile(&files);
    let (dependencies, rest) = text.split_once("uv pip install").unwrap();
    assert!(!dependencies.contains("--inexact"), "{text}");
    assert!(rest.contains("uv sync --locked --no-default-groups --no-editable --inexact && "), "{text}");
}

#[test]
fn path_dependencies_are_installed_from_their_sources() {
    let manifest = format!("{MANIFEST}[tool.uv.sources]\ncore = {{ path = \"libs/core\" }}\n");
    let core = "\n[[package]]\nname = \"core\"\nversion = \"1\"\nsource = { directory = \"libs/core\" }\n";
    let files = [
        ("pyproject.toml", manifest.as_str()),
        ("uv.lock", &locked("virtual", core)),
        ("libs/core/pyproject.toml", "[project]\nname = \"core\"\nversion = \"1\"\n"),
    ];
    let text = dockerfile(&files);
    assert!(text.contains("source=libs/core/pyproject.toml,target=libs/core/pyproject.toml"), "{text}");
    let (dependencies, project) = text.split_once("\nCOPY . .\n").unwrap();
    assert!(dependencies.contains("--no-install-local") && project.contains("uv sync --locked"), "{text}");
}

#[test]
fn a_project_that_no_backend_can_build_runs_from_its_folder() {
    let lock = locked("editable", "");
    let installs = |manifest: &str, lock: Option<&str>, folders: &[&str]| {
        let modules: Vec<_> = folders.iter().map(|folder| format!("{folder}/__init__.py")).collect();
        let mut files = vec![("pyproject.toml", manifest)];
        files.extend(lock.map(|lock| ("uv.lock", lock)));
        files.extend(modules.iter().map(|module| (module.as_str(), "")));
        dockerfile(&files).split_once("\nCOPY . .\n").unwrap().1.contains("/source") || {
            dockerfile(&files).split_once("\nCOPY . .\n").unwrap().1.contains("uv sync")
        }
    };
    let hatch = format!("{MANIFEST}{BUILT}");
    let setuptools = hatch.replace("hatchling.build", "setuptools.build_meta").replace("hatchling", "setuptools");
    assert!(installs(&hatch, Some(&lock), &["shop"]));
    assert!(!installs(&hatch, Some(&lock), &["api"]), "hatchling looks for a folder with the name of the project");
    assert!(installs(&format!("{hatch}[tool.hatch.build.targets.wheel]\npackages = [\"api\"]\n"), Some(&lock), &["api"]));
    assert!(installs(&setuptools, Some(&lock), &["api"]));
    assert!(!installs(&setuptools, Some(&lock), &["shop", "web"]), "setuptools refuses several packages side by side");
    assert!(installs(&hatch, None, &["shop"]));
    for name in ["", "my shop!"] {
        assert!(!installs(&hatch.replace("name = \"shop\"", &format!("name = \"{name}\"")), None, &["shop"]), "{name:?}");
    }
}

#[test]
fn requirements_without_a_line_are_passed_over_for_the_manifest() {
    for blank in ["", "# see pyproject.toml\n\n"] {
        let project = Project::new(&[APPLICATION, ("requirements.txt", blank), ("pyproject.toml", MANIFEST)]);
        assert_eq!(fact(&facts(&project), "install.files").unwrap()["value"], serde_json::json!(["pyproject.toml"]));
        let locked = locked("virtual", "");
        let project =
            Project::new(&[APPLICATION, ("requirements.txt", blank), ("pyproject.toml", MANIFEST), ("uv.lock", &locked)]);
        assert_eq!(value(&facts(&project), "install.with"), "uv");
    }
    let only = facts(&Project::new(&[APPLICATION, ("requirements.txt", "")]));
    assert_eq!(value(&only, "install.with"), "pip");
}

#[test]
fn dependency_groups_alone_are_installed_without_those_for_development() {
    let manifest = "[dependency-groups]\nserver = [\"fastapi\", \"uvicorn\"]\ndev = [\"pytest\"]\n";
    let text = dockerfile(&[("pyproject.toml", manifest)]);
    assert!(text.contains("--group=pyproject.toml:server && \\\n"), "{text}");
    assert!(!text.contains(":dev") && !text.contains("isn't among the project's dependencies"), "{text}");
    let only = facts(&Project::new(&[APPLICATION, ("pyproject.toml", "[dependency-groups]\ndev = [\"fastapi\"]\n")]));
    assert_eq!(fact(&only, "install.groups").unwrap()["value"], serde_json::json!(["dev"]));
    let main = format!("{MANIFEST}[dependency-groups]\nserver = [\"uvicorn\"]\n");
    assert!(!dockerfile(&[("pyproject.toml", &main)]).contains("--group"));
}

#[test]
fn a_members_requirements_do_not_hide_the_lock_of_its_workspace() {
    let project = Project::new(&[
        ("pyproject.toml", "[project]\nname = \"ws\"\nversion = \"0\"\n[tool.uv.workspace]\nmembers = [\"apps/*\"]\n"),
        ("uv.lock", UV_LOCK),
        ("apps/api/pyproject.toml", "[project]\nname = \"shop-api\"\nversion = \"1\"\ndependencies = [\"fastapi\"]\n"),
        ("apps/api/requirements.txt", "fastapi\n"),
        ("apps/api/main.py", APPLICATION.1),
    ]);
    let mut command = project.command(&["init", "--yes"]);
    crate::common::Ran::from(command.current_dir(project.0.path().join("apps/api")).output().unwrap()).ok();
    assert!(project.read("Dockerfile").contains("uv sync"));
}

#[test]
fn the_only_patch_release_that_a_project_allows_is_the_one_of_the_image() {
    let base = |python: &str, set: &[&str]| {
        let manifest = MANIFEST.replace(">=3.12", python);
        let project = Project::new(&[APPLICATION, ("pyproject.toml", &manifest)]);
        let ran = project.run(&[&["init", "--yes"], set].concat()).ok();
        let text = project.read("Dockerfile");
        let image = text.split("FROM ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        (image, ran.stderr.contains("has no image on a supported Debian release"))
    };
    assert_eq!(base("==3.12.12", &[]), ("python:3.12.12-slim-trixie".to_owned(), false));
    assert_eq!(base("==3.12.10", &[]), ("python:3.12.10-slim-bookworm".to_owned(), false));
    assert_eq!(base("==3.11.2", &[]), ("python:3.11-slim-trixie".to_owned(), true));
    assert_eq!(base("==3.12.*", &[]), ("python:3.12-slim-trixie".to_owned(), false));
    assert_eq!(base("==3.12.10", &["--set", "python.version=3.12"]).0, "python:3.12-slim-trixie");
}

#[test]
fn requirements_for_production_are_found_by_their_names() {
    let chosen = |files: &[&str]| {
        let mut all = vec![APPLICATION];
        all.extend(files.iter().map(|file| file.split_once(": ").unwrap_or((file, "fastapi\n"))));
        fact(&facts(&Project::new(&all)), "install.files").map(|fact| fact["value"][0].as_str().unwrap().to_owned())
    };
    for file in [
        "prod_requirements.txt",
        "requirements-prod.txt",
        "requirements_production.txt",
        "requirements.prod.txt",
        "requirements/production.txt",
        "requirements/project-requirements.txt",
        "requirements/requirements.pip",
        "deploy/requirements.txt",
    ] {
        assert_eq!(chosen(&[file, "requirements-dev.txt", "requirements/test.txt"]).as_deref(), Some(file));
    }
    assert_eq!(chosen(&["requirements.txt", "requirements-prod.txt"]).unwrap(), "requirements.txt");
    let adds =
        ["requirements.txt", "prod_requirements.txt: -r requirements.txt\n", "dev_requirements.txt: -r requirements.txt\n"];
    assert_eq!(chosen(&adds).unwrap(), "prod_requirements.txt");
    assert_eq!(chosen(&["dev_requirements.txt", "notes.txt", "requirements/local.txt"]), None);
    let ran = Project::new(&[APPLICATION]).run(&["init", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("found no uv.lock, poetry.lock, pdm.lock, Pipfile.lock"), "{}", ran.stderr);
    let named = Project::new(&[APPLICATION, ("needs.txt", "fastapi\n")]);
    named.run(&["init", "--yes", "--set", "install.with=pip", "--set", "install.files=[\"needs.txt\"]"]).ok();
}

#[test]
fn a_project_without_dependencies_is_still_a_project() {
    let files = |manifest: &str| {
        let facts = facts(&Project::new(&[APPLICATION, ("pyproject.toml", manifest)]));
        (
            value(&facts, "install.with").as_str().map(str::to_owned),
            fact(&facts, "install.groups").map(|fact| fact["value"].clone()),
        )
    };
    assert_eq!(files("[project]\nname = \"shop\"\nversion = \"1\"\n"), (Some("pip".to_owned()), None));
    let groups = serde_json::json!(["dev", "test"]);
    assert_eq!(files("[dependency-groups]\ndev = [\"fastapi\"]\ntest = [\"pytest\"]\n"), (Some("pip".to_owned()), Some(groups)));
}

#[test]
fn folders_that_requirements_install_are_mounted() {
    let library = ("libs/core/pyproject.toml", "[project]\nname = \"core\"\nversion = \"1\"\ndependencies = [\"psycopg2\"]\n");
    for line in [
        "./libs/core",
        "-e ./libs/core",
        "--editable=libs/core[x]",
        "core @ file:./libs/core",
        "file:libs/core ; os_name == 'posix'",
    ] {
        let text = dockerfile(&[library, ("requirements.txt", &format!("fastapi\n{line}  # ours\n"))]);
        let mounts = "    --mount=type=bind,source=requirements.txt,target=requirements.txt \\\n    \
                      --mount=type=bind,source=libs/core,target=libs/core,rw \\\n";
        assert!(text.contains(mounts), "{line}: {text}");
        assert!(text.contains("libpq-dev"), "{line}: {text}");
    }
    let manifest = ("setup.py", "from setuptools import setup\nsetup(name='shop')\n");
    let text = dockerfile(&[manifest, ("requirements.txt", "-e .\nfastapi\n")]);
    assert!(text.contains("    --mount=type=bind,source=.,target=/app,rw \\\n    pip "), "{text}");
    let project = Project::new(&[APPLICATION, ("requirements.txt", "fastapi\n-e ../core\ngit+https://e.x/a/b.git\n")]);
    let ran = project.run(&["init", "--yes"]).ok();
    let hint =
        "hint: requirements.txt:2 installs `../core`, which isn't in the project, so the build fails: move it into the project";
    assert!(ran.stderr.contains(hint) && !ran.stderr.contains("requirements.txt:3 installs"), "{}", ran.stderr);
}

#[test]
fn an_end_of_life_python_is_refused_with_something_that_works() {
    let help = |files: &[(&str, &str)]| {
        let project = Project::new(&[&[APPLICATION], files].concat());
        let ran = project.run(&["init", "--yes"]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        let help = ran.stderr.lines().find_map(|line| line.strip_prefix("help: ")).unwrap_or_default().to_owned();
        (project, help)
    };
    let requirements = ("requirements.txt", "fastapi\n");
    let (project, text) = help(&[requirements, (".python-version", "3.9\n")]);
    assert_eq!(
        text,
        "pass --set python.version=3.11, which overrides .python-version; or keep 3.9: --set python.allow-end-of-life=true"
    );
    project.run(&["init", "--yes", "--set", "python.allow-end-of-life=true"]).ok();
    project.run(&["init", "--yes", "--force", "--set", "python.version=3.11"]).ok();
    assert!(project.read("Dockerfile").contains("FROM python:3.11-slim-trixie"));
    let (project, text) = help(&[("Pipfile", "[requires]\npython_version = \"3.8\"\n"), ("Pipfile.lock", "{}")]);
    assert!(text.ends_with("or keep 3.8: --set python.allow-end-of-life=true --set image.debian=bookworm"), "{text}");
    project.run(&["init", "--yes", "--set", "python.allow-end-of-life=true", "--set", "image.debian=bookworm"]).ok();
    assert!(project.read("Dockerfile").contains("FROM python:3.8-slim-bookworm"));
    let manifest = MANIFEST.replace(">=3.12", ">=3.6,<3.7");
    let (_, text) = help(&[("pyproject.toml", &manifest)]);
    assert_eq!(text, "allow a newer Python in pyproject.toml, such as 3.11, and lock again");
}

#[test]
fn dependencies_that_no_supported_python_fits_are_named() {
    let hints = |requirements: &str| {
        let ran = Project::new(&[APPLICATION, ("requirements.txt", requirements)]).run(&["init", "--yes"]).ok();
        ran.stderr.lines().filter(|line| line.contains("isn't known to support")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        hints("fastapi\ndjango==1.10.5\n"),
        ["hint: django 1.10.5 (requirements.txt:2) isn't known to support Python 3.11; no Python that gets fixes fits: upgrade"]
    );
    assert_eq!(hints("fastapi\ndjango==5.2.8\n"), [""; 0]);
    assert_eq!(hints("fastapi\ncelery==5.2.7\n"), [""; 0], "3.11 is chosen, which it supports");
}

#[test]
fn what_old_pins_imply_is_compiled() {
    let build = |requirements: &str| {
        let text = dockerfile(&[("requirements.txt", requirements), (".python-version", "3.11\n")]);
        text.contains("# multidict is compiled with") || text.contains("# httptools is compiled with")
    };
    assert!(build("fastapi\naiohttp==3.2.1\n"));
    assert!(!build("fastapi\naiohttp==3.2.1\nmultidict==6.0.5\n"));
    assert!(build("fastapi\nuvicorn[standard]==0.15.0\n"));
    assert!(!build("fastapi\nuvicorn==0.15.0\n"));
    assert!(!build("fastapi\nuvicorn[standard]==0.30.0\n"));
}
