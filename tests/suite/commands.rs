//! The commands as people and scripts meet them.

use std::io::Write as _;
use std::process::Stdio;

use crate::common::{FASTAPI, Project, Ran, without_preset_lines};

fn with_stdin(project: &Project, arguments: &[&str], text: &str) -> Ran {
    let mut child =
        project.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    Ran::from(child.wait_with_output().unwrap())
}

#[test]
fn generate_says_what_it_did_and_what_it_could_not_know() {
    let project = Project::fastapi();
    let ran = project.run(&["generate"]).ok();
    let expected = "   created Dockerfile\n   created .dockerignore\n   created compose.yaml\n   created k8s.yaml\n   created .env.example\n   created dockgen.lock\n\
        hint: no health check path found, so the check is only a TCP connect; set health.path, such as \"/health\"\n\
        hint: the Kubernetes image shop:dev has no registry; set kubernetes.image to where you push it\n";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", expected));
    assert_eq!(project.run(&["generate", "-q"]).ok().stderr, "");
}

/// pip reads requirements in UTF-16 too, which PowerShell writes.
#[test]
fn requirements_in_utf_16_are_read_by_their_byte_order_mark() {
    let utf_16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        let text = "fastapi\r\nuvicorn\r\nredis\r\n".encode_utf16().flat_map(bytes);
        mark.into_iter().chain(text).collect::<Vec<u8>>()
    };
    for (name, read) in [("requirements.txt", true), ("pyproject.toml", false)] {
        for bytes in [utf_16([0xff, 0xfe], u16::to_le_bytes), utf_16([0xfe, 0xff], u16::to_be_bytes)] {
            let project = Project::new(&[("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")]);
            std::fs::write(project.0.path().join(name), bytes).unwrap();
            let ran = project.run(&["init", "--yes"]);
            if read {
                assert!(ran.code == 0 && ran.stderr.contains("services.redis  # requirements.txt:3"), "{}", ran.stderr);
            } else {
                let told = ran.stderr.contains("`pyproject.toml` is not UTF-8 text") && ran.stderr.contains("iconv -f UTF-16");
                assert!(ran.code == 2 && told, "{}", ran.stderr);
            }
        }
    }
}

/// A table of the spec replaces what is detected, and the run names what that leaves out.
#[test]
fn generate_names_the_variables_that_a_table_of_the_spec_leaves_out() {
    let application =
        "import os\n\nA = os.environ[\"API_URL\"]\nB = os.getenv(\"COLOR\", \"red\")\nC = os.getenv(\"API_KEY\")\napp = None\n";
    let run = |more: &str, arguments: &[&str]| {
        let spec = FASTAPI.to_owned() + more;
        let files = [("main.py", application), ("requirements.txt", "fastapi\nuvicorn\nredis\n"), ("dockgen.toml", &spec)];
        let project = Project::new(&files);
        let first = project.run(arguments).ok().stderr;
        (first, project.run(arguments).ok().stderr)
    };
    let (first, second) = run("[environment]\nOTHER = \"1\"\n", &["generate"]);
    let names =
        "these are left out: environment.API_URL (main.py:3), environment.COLOR (main.py:4), secrets.API_KEY (main.py:5); add";
    assert!(first.contains(names) && first.contains("`API_URL = false`"), "{first}");
    assert!(!second.contains("left out"), "{second}");
    let named = "[environment]\nOTHER = \"1\"\nAPI_URL = false\n[secrets]\nAPI_KEY = {}\n[services.cache]\nkind = \"redis\"\n";
    let (first, _) = run(named, &["generate"]);
    assert!(first.contains("left out: environment.COLOR (main.py:4); add"), "{first}");
    let (first, _) = run("[services.db]\nkind = \"postgres\"\n", &["generate"]);
    assert!(first.contains("left out: services.redis (requirements.txt:3)"), "{first}");
    for (more, arguments) in [("", &["generate"][..]), ("[environment]\nOTHER = \"1\"\n", &["generate", "-q"])] {
        let (first, _) = run(more, arguments);
        assert!(!first.contains("left out"), "{first}");
    }
}

#[test]
fn generate_needs_no_spec_where_flags_say_enough() {
    let project = Project::new(&[("main.py", "app = None\n"), ("requirements.txt", "fastapi\n")]);
    project.run(&["generate", "--preset", "fastapi-uvicorn", "--set", "app.entry=main:app", "--set", "python.version=3.13"]).ok();
    assert!(project.read("Dockerfile").contains("FROM python:3.13-slim-trixie AS base"));
    assert!(!project.0.path().join("dockgen.toml").exists());
}

#[test]
fn a_spec_comes_from_standard_input_or_a_file_anywhere() {
    let files = [("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("specs/shop.toml", FASTAPI)];
    let (one, other) = (Project::new(&files), Project::new(&files));
    with_stdin(&one, &["generate", "--spec", "-"], FASTAPI).ok();
    other.run(&["generate", "--spec", "specs/shop.toml"]).ok();
    // each spec has a lock of its own
    std::fs::rename(other.0.path().join("dockgen.shop.lock"), other.0.path().join("dockgen.lock")).unwrap();
    assert_eq!(one.tree(), other.tree());
}

#[test]
fn the_spec_is_found_from_a_folder_below() {
    let project = Project::fastapi();
    std::fs::create_dir_all(project.0.path().join("app/deep")).unwrap();
    std::fs::create_dir(project.0.path().join(".git")).unwrap();
    let output = project.command(&["generate"]).current_dir(project.0.path().join("app/deep")).output().unwrap();
    Ran::from(output).ok();
    assert!(project.0.path().join("Dockerfile").is_file());
}

#[test]
fn an_edited_and_outdated_file_stops_everything_until_it_is_forced() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let edited = project.read("compose.yaml").replace("unless-stopped", "always");
    std::fs::write(project.0.path().join("compose.yaml"), &edited).unwrap();
    let change = ["generate", "--set", "python.version=3.13", "--set", "compose.networks=[\"shop\"]"];
    let before = project.tree();
    let ran = project.run(&change);
    let expected = "  conflict compose.yaml (edited by hand since dockgen wrote it)\n\
        hint: see the changes with --diff; merge updates with --merge; overwrite with --force; or set the output to another path or to false\nnothing was written\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (1, expected));
    assert_eq!(project.tree(), before);
    assert!(project.run(&[&change[..], &["--force"]].concat()).ok().stderr.contains("  replaced compose.yaml"));
    assert!(!project.read("compose.yaml").contains("always"));
}

#[test]
fn a_checkout_with_crlf_is_no_edit() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    for name in ["Dockerfile", "compose.yaml"] {
        std::fs::write(project.0.path().join(name), project.read(name).replace('\n', "\r\n")).unwrap();
    }
    assert_eq!(project.run(&["generate", "--check"]).code, 0);
}

#[test]
fn diff_prints_a_patch_that_applies() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    assert_eq!(project.run(&["generate", "--diff"]).ok().stdout, "");
    let change = ["generate", "--set", "python.version=3.13", "--set", "output.kubernetes=deploy/k8s.yaml"];
    let ran = project.run(&[&change[..], &["--diff"]].concat());
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout.contains("-FROM python:3.14-slim-trixie AS base\n+FROM python:3.13-slim-trixie AS base\n"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("--- /dev/null\n+++ b/deploy/k8s.yaml\n"), "{}", ran.stdout);
    let mut patch = std::process::Command::new("patch");
    let mut patch = patch.args(["-p1", "-s"]).current_dir(project.0.path()).stdin(Stdio::piped()).spawn().unwrap();
    patch.stdin.take().unwrap().write_all(ran.stdout.as_bytes()).unwrap();
    assert!(patch.wait().unwrap().success());
    assert_eq!(project.run(&[&change[..], &["--diff"]].concat()).ok().stdout, "");
}

#[test]
fn only_and_stdout_name_outputs() {
    let project = Project::fastapi();
    let before = project.tree();
    let ran = project.run(&["generate", "--stdout", "compose"]).ok();
    assert!(ran.stdout.starts_with("# Generated by dockgen") && ran.stdout.contains("name: shop\n"));
    assert_eq!(project.tree(), before);
    project.run(&["generate", "--only", "dockerfile", "--only", "compose"]).ok();
    let names: Vec<_> = project.tree().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Dockerfile", "compose.yaml", "dockgen.lock", "dockgen.toml", "main.py", "requirements.txt"]);
    assert_eq!(project.read("compose.yaml"), ran.stdout);
}

#[test]
fn outputs_can_be_renamed_and_turned_off() {
    let project = Project::fastapi();
    let sets = ["output.dockerfile=docker/Dockerfile.prod", "output.compose=deploy/compose.yaml", "output.kubernetes=false"];
    let arguments: Vec<_> = ["generate"].into_iter().chain(sets.iter().flat_map(|set| ["--set", set])).collect();
    project.run(&arguments).ok();
    let names: Vec<_> = project.tree().into_iter().map(|(name, _)| name).collect();
    // Compose looks for .env beside its file
    let expected =
        ["deploy/.env.example", "deploy/compose.yaml", "docker/Dockerfile.prod", "docker/Dockerfile.prod.dockerignore"];
    assert_eq!(names[..4], expected);
    let compose = project.read("deploy/compose.yaml");
    assert!(compose.contains("    context: \"..\"\n    dockerfile: docker/Dockerfile.prod\n"), "{compose}");
}

#[test]
fn a_projects_own_gunicorn_settings_are_left_alone() {
    let spec = "presets = [\"flask-gunicorn\"]\n[app]\nentry = \"main:app\"\n";
    let project = Project::new(&[
        ("main.py", "app = None\n"),
        ("requirements.txt", "flask\n"),
        ("dockgen.toml", spec),
        ("gunicorn.conf.py", "workers = 9\n"),
    ]);
    project.run(&["generate"]).ok();
    assert_eq!(project.read("gunicorn.conf.py"), "workers = 9\n");
    // an edited one of dockgen's is an edited file like any other
    std::fs::remove_file(project.0.path().join("gunicorn.conf.py")).unwrap();
    project.run(&["generate"]).ok();
    std::fs::write(project.0.path().join("gunicorn.conf.py"), project.read("gunicorn.conf.py") + "workers = 9\n").unwrap();
    assert_eq!(project.run(&["generate", "--check"]).code, 3);
}

#[test]
fn layers_are_as_strong_as_the_design_says() {
    let team = "description = \"Team\"\n[server]\nworkers = 3\n[image]\ndebian = \"bookworm\"\n[defaults.python]\nversion = \"3.12\"\n[enforce.image]\nregistry = \"mirror.example.com\"\n";
    let spec = "presets = [\"fastapi-uvicorn\", \"./team.toml\"]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n[server]\ntimeout = 7\n";
    let files = [("main.py", "app = None\n"), ("requirements.txt", ""), ("dockgen.toml", spec), ("team.toml", team)];
    let project =
        Project::new(&[&files[..], &[("pyproject.toml", "[project]\nname = \"x\"\nrequires-python = \"<3.14\"\n")]].concat());
    let show = |arguments: &[&str]| without_preset_lines(&project.run(&[&["show"], arguments].concat()).ok().stdout);
    assert_eq!(show(&["server.timeout"]), "server.timeout = 7  # dockgen.toml:7\n");
    assert_eq!(show(&["server.workers"]), "server.workers = 3  # ./team.toml:3\n");
    assert_eq!(show(&["server.timeout", "--set", "server.timeout=9"]), "server.timeout = 9  # --set server.timeout=9\n");
    assert_eq!(show(&["image.registry"]), "image.registry = \"mirror.example.com\"  # ./team.toml:9\n");
    // facts are stronger than a preset's [defaults], and weaker than its values
    assert_eq!(show(&["python.version"]), "python.version = \"3.13\"  # pyproject.toml:3 requires-python\n");
    assert_eq!(show(&["install.with"]), "install.with = \"pip\"  # preset pip:_\n");
    assert_eq!(show(&["server.threads"]), "server.threads = 1  # preset default:_\n");
    // the flag's preset is stronger than those of the spec
    assert_eq!(show(&["install.with", "--preset", "wheels"]), "install.with = \"wheels\"  # preset wheels:_\n");
    let json = show(&["python.version", "--json"]);
    assert_eq!(
        json,
        "{\n  \"python.version\": {\n    \"origin\": \"pyproject.toml:3 requires-python\",\n    \"value\": \"3.13\"\n  }\n}\n"
    );
    project.run(&["generate"]).ok();
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.starts_with("# syntax=mirror.example.com/docker/dockerfile:1\n"), "{dockerfile}");
    assert!(dockerfile.contains("FROM mirror.example.com/python:3.13-slim-bookworm AS base\n"), "{dockerfile}");
}

/// A project with a team's preset in `team.toml`.
fn of_a_team(team: &str, spec: &str) -> Project {
    let spec = format!(
        "presets = [\"fastapi-uvicorn\", \"pip\", \"./team.toml\"]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n{spec}"
    );
    Project::new(&[("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", &spec), ("team.toml", team)])
}

#[test]
fn a_team_allows_pythons_and_the_newest_that_fits_is_taken() {
    let team = "[python]\nallowed = [\"3.12\", \"3.13\", \"3.11\"]\n";
    let project = of_a_team(team, "");
    let version = |arguments: &[&str]| project.run(&[&["show", "python.version"], arguments].concat()).ok().stdout;
    assert_eq!(version(&[]), "python.version = \"3.13\"  # ./team.toml:2 python.allowed\n");
    assert_eq!(version(&["--set", "python.version=3.11"]), "python.version = \"3.11\"  # --set python.version=3.11\n");
    let write = |name: &str, text: &str| std::fs::write(project.0.path().join(name), text).unwrap();
    // what the project's files say narrows it, and is kept where it is allowed
    write("pyproject.toml", "[project]\nname = \"x\"\nrequires-python = \">=3.11,!=3.13.*\"\n");
    assert_eq!(version(&[]), "python.version = \"3.12\"  # ./team.toml:2 python.allowed\n");
    write("pyproject.toml", "[project]\nname = \"x\"\nrequires-python = \"<3.13\"\n");
    assert_eq!(version(&[]), "python.version = \"3.12\"  # pyproject.toml:3 requires-python\n");
    // nothing that fits is left: the error of a project that asks for another Python
    write("pyproject.toml", "[project]\nname = \"x\"\nrequires-python = \">=3.14\"\n");
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("but `python.allowed` is 3.12, 3.13, 3.11"), "{}", ran.stderr);
}

#[test]
fn a_team_has_its_own_base_image() {
    let from = |base: &str| {
        let project = of_a_team(&format!("[image]\nregistry = \"mirror.example.com\"\nbase = \"{base}\"\n"), "");
        let ran = project.run(&["generate"]).ok();
        (project.read("Dockerfile").lines().find(|line| line.starts_with("FROM ")).unwrap().to_owned(), ran.stderr)
    };
    // one that names a registry is left there; the others come from the mirror
    let (line, hints) = from("registry.example.com/python:{python.version}-slim-{image.debian}");
    assert_eq!(line, "FROM registry.example.com/python:3.14-slim-trixie AS base");
    assert!(!hints.contains("image.base"), "{hints}");
    assert_eq!(from("localhost/python:{python.version}").0, "FROM localhost/python:3.14 AS base");
    assert_eq!(from("team/python:{python.version}").0, "FROM mirror.example.com/team/python:3.14 AS base");
    // dockgen cannot look into it
    let (line, hints) = from("team/python:stable");
    assert_eq!(line, "FROM mirror.example.com/team/python:stable AS base");
    assert!(hints.contains("make sure that it contains Python 3.14"), "{hints}");
}

#[test]
fn a_label_that_a_team_requires_is_enough_from_anywhere() {
    let team = "[image]\nrequired-labels = [\"org.opencontainers.image.title\", \"com.example.team\"]\n";
    let project = of_a_team(team, "");
    assert_eq!(project.run(&["generate"]).code, 2);
    project.run(&["generate", "--set", "image.labels.\"com.example.team\"=shop"]).ok();
    assert!(project.read("Dockerfile").contains("com.example.team=\"shop\""), "{}", project.read("Dockerfile"));
}

#[test]
fn a_flag_may_say_that_this_version_will_do() {
    let project = of_a_team("", "");
    let spec = format!("required-version = \">=99\"\n{}", project.read("dockgen.toml"));
    std::fs::write(project.0.path().join("dockgen.toml"), spec).unwrap();
    assert_eq!(project.run(&["generate"]).code, 2);
    project.run(&["generate", "--set", "required-version=>=0.1"]).ok();
}

#[test]
fn what_a_preset_enforces_is_shown_with_its_reason() {
    let project = of_a_team("[enforce]\nreason = \"only these are scanned\"\nimage.registry = \"mirror.example.com\"\n", "");
    assert_eq!(
        project.run(&["show", "image.registry"]).ok().stdout,
        "image.registry = \"mirror.example.com\"  # ./team.toml:3 only these are scanned\n"
    );
}

#[test]
fn what_is_turned_off_can_be_turned_on_again() {
    let project = Project::fastapi();
    let off = ["generate", "--stdout", "dockerfile", "--set", "health=false"];
    assert!(project.run(&off).ok().stdout.contains("HEALTHCHECK NONE"));
    let again = project.run(&[&off[..], &["--set", "health.path=/up"]].concat()).ok().stdout;
    assert!(again.contains("--interval=30s") && again.contains("\"/up\""), "{again}");
}

#[test]
fn a_team_may_add_a_kind_of_service_without_any_rust() {
    let team = "description = \"Team\"\n[service-kinds.search]\nimage = \"search\"\nversion = \"2\"\nport = 9200\nurl = \"http://{host}:{port}\"\nhealth = [\"true\"]\nrun-as = \"1000:1000\"\n";
    let spec = FASTAPI.replace("\"pip\"]", "\"pip\", \"./team.toml\"]")
        + "[services.index]\nkind = \"search\"\nenvironment = { SEARCH_URL = \"url\" }\n";
    let project =
        Project::new(&[("main.py", "app = None\n"), ("requirements.txt", ""), ("dockgen.toml", &spec), ("team.toml", team)]);
    let compose = project.run(&["generate", "--stdout", "compose"]).ok().stdout;
    assert!(compose.contains("SEARCH_URL: \"http://index:9200\"") && compose.contains("image: \"search:2\""), "{compose}");
}

#[test]
fn an_external_service_is_asked_for_and_not_started() {
    let project = Project::fastapi();
    let set =
        "services.db={ kind = \"postgres\", external = true, environment = { DATABASE_URL = \"url\", DB_HOST = \"host\" } }";
    let compose = project.run(&["generate", "--stdout", "compose", "--set", set]).ok().stdout;
    assert!(!compose.contains("postgres"), "{compose}");
    let example = project.run(&["generate", "--stdout", "env-example", "--set", set]).ok().stdout;
    assert!(
        example.contains("\nDATABASE_URL=postgresql://app:change-me@db:5432/app\n") && example.contains("\nDB_HOST=db\n"),
        "{example}"
    );
}

#[test]
fn presets_lists_and_prints() {
    let project = Project::new(&[]);
    let list = project.run(&["presets"]).ok().stdout;
    assert_eq!(list.lines().count(), 11);
    assert!(list.contains("fastapi-uvicorn  FastAPI, Starlette and other ASGI applications behind uvicorn\n"), "{list}");
    let text = project.run(&["presets", "uv"]).ok().stdout;
    assert_eq!(text, std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/presets/uv.toml")).unwrap());
}

#[test]
fn the_schema_is_json_and_names_every_table() {
    let schema = Project::new(&[]).run(&["schema"]).ok().stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["properties"]["app"]["$ref"], "#/$defs/App");
    assert_eq!(schema["additionalProperties"], false);
    assert!(!schema.to_string().contains("null"));
}

#[test]
fn completions_exist_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(Project::new(&[]).run(&["completions", shell]).ok().stdout.contains("generate"), "{shell}");
    }
}

#[test]
fn colours_come_only_when_asked_for() {
    let project = Project::new(&[]);
    assert!(!project.run(&["generate"]).stderr.contains('\u{1b}'));
    assert!(project.run(&["--color", "always", "generate"]).stderr.contains('\u{1b}'));
}

#[test]
fn kustomize_writes_a_base_and_overlays() {
    let project = Project::fastapi();
    project.run(&["generate", "--set", "kubernetes.layout=kustomize", "--set", "output.kubernetes=k8s"]).ok();
    assert!(!project.read("k8s/base/app.yaml").contains("namespace: shop"));
    assert!(project.read("k8s/overlays/production/kustomization.yaml").contains("namespace: shop-production\n"));
}

#[test]
fn an_entry_in_a_folder_below_is_pointed_at() {
    let project = Project::new(&[
        ("src/shop/main.py", "app = None\n"),
        ("requirements.txt", ""),
        ("dockgen.toml", &FASTAPI.replace("main:app", "shop.main:app")),
    ]);
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("it is in the folder `src`: set app.root = \"src\""), "{}", ran.stderr);
    project.run(&["generate", "--set", "app.root=src"]).ok();
    assert!(project.read("Dockerfile").contains("PYTHONPATH=/app/src"));
}

#[test]
fn what_is_no_longer_an_output_is_named() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let ran = project.run(&["generate", "--set", "output.compose=docker-compose.yml"]).ok();
    assert!(ran.stderr.contains("hint: compose.yaml is no longer written by this spec: delete it\n"), "{}", ran.stderr);
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

#[test]
fn a_key_that_no_server_is_told_is_named() {
    let project = Project::fastapi();
    let ran = project.run(&["generate", "--set", "server.threads=4"]).ok();
    assert!(ran.stderr.contains("hint: server.threads has no effect"), "{}", ran.stderr);
}

#[test]
fn an_output_that_is_a_link_to_another_is_refused() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    std::fs::remove_file(project.0.path().join("compose.yaml")).unwrap();
    std::os::unix::fs::symlink("Dockerfile", project.0.path().join("compose.yaml")).unwrap();
    let ran = project.run(&["generate", "--force"]);
    assert!(ran.code == 2 && ran.stderr.contains("are the same file"), "{}", ran.stderr);
    std::fs::create_dir_all(project.0.path().join(".git/hooks")).unwrap();
    std::os::unix::fs::symlink(".git", project.0.path().join("g")).unwrap();
    let ran = project.run(&["generate", "--force", "--set", "output.compose=g/hooks/pre-commit"]);
    assert!(ran.code == 2 && ran.stderr.contains("a file that dockgen must not write"), "{}", ran.stderr);
}

#[test]
fn enforce_holds_for_names_with_dots() {
    let team = "description = \"Team\"\n[enforce.image.labels]\n\"com.example.team\" = \"corp\"\n";
    let spec = FASTAPI.replace("\"pip\"]", "\"pip\", \"./team.toml\"]") + "[image.labels]\n\"com.example.team\" = \"mine\"\n";
    let project =
        Project::new(&[("main.py", "app = None\n"), ("requirements.txt", ""), ("dockgen.toml", &spec), ("team.toml", team)]);
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("enforced by ./team.toml"), "{}", ran.stderr);
}
