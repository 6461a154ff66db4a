//! Layers override each other as documented: enforced values, flags, the spec, presets, facts and defaults.

use crate::common::{FASTAPI, Project};
use crate::recorded::without_preset_lines;

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
fn an_enforced_label_may_be_repeated_as_it_is_resolved() {
    let team = "[enforce.image.labels]\n\"com.example.app\" = \"{project.name}\"\n";
    let project = of_a_team(team, "[image.labels]\n\"com.example.app\" = \"shop\"\n");
    project.run(&["generate"]).ok();
    let shown = "image.labels.\"com.example.app\" = \"shop\"  # ./team.toml:2\n";
    for key in ["image.labels.com.example.app", "image.labels.\"com.example.app\""] {
        assert_eq!(project.run(&["show", key]).ok().stdout, shown);
    }
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
fn enforce_holds_for_names_with_dots() {
    let team = "description = \"Team\"\n[enforce.image.labels]\n\"com.example.team\" = \"corp\"\n";
    let spec = FASTAPI.replace("\"pip\"]", "\"pip\", \"./team.toml\"]") + "[image.labels]\n\"com.example.team\" = \"mine\"\n";
    let project =
        Project::new(&[("main.py", "app = None\n"), ("requirements.txt", ""), ("dockgen.toml", &spec), ("team.toml", team)]);
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("enforced by ./team.toml"), "{}", ran.stderr);
}
