//! The commands as people and scripts meet them.

use std::io::Write as _;
use std::process::Stdio;

use crate::common::{FASTAPI, Project, Ran};

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
        hint: the Kubernetes image shop:dev has no registry; set kubernetes.image to its full name, such as registry.example.com/team/shop:dev\n";
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
    let expected = "  conflict compose.yaml (edited by hand after dockgen wrote it)\n\
        hint: see the changes with --diff; merge updates with --merge; overwrite with --force; or set `output.compose` to another path, or to `false`\nnothing was written\n";
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

/// An edited and a deleted file stay as they are, and the diff says so.
#[test]
fn diff_shows_what_generate_would_do() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    project.edit("compose.yaml", "unless-stopped", "always");
    std::fs::remove_file(project.0.path().join("k8s.yaml")).unwrap();
    let ran = project.run(&["generate", "--diff"]).ok();
    let expected = "      kept compose.yaml (edited by hand)\n   \
        skipped k8s.yaml (you deleted it; write it again with --only kubernetes, or set output.kubernetes = false)\n";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", expected));
    let ran = project.run(&["generate", "--diff", "--force"]);
    assert!(ran.code == 1 && ran.stdout.contains("unless-stopped") && !ran.stdout.contains("k8s.yaml"), "{}", ran.stdout);
    let networks = ["generate", "--diff", "--set", "compose.networks=[\"shop\"]"];
    let ran = project.run(&networks);
    let said = "  conflict compose.yaml (edited by hand after dockgen wrote it)\nhint: generate writes nothing until you choose";
    assert!(ran.code == 1 && ran.stderr.contains(said) && ran.stdout.contains("+  restart: unless-stopped\n"), "{}", ran.stderr);
    let ran = project.run(&[&networks[..], &["--merge"]].concat());
    assert!(ran.code == 1 && ran.stdout.contains("+<<<<<<< edited by hand\n   restart: always\n"), "{}", ran.stdout);
    assert!(project.read("compose.yaml").contains("always") && !project.0.path().join("k8s.yaml").exists());
}

/// The commands in the comments work in their order: the namespace before the Secret, everything but the Deployments before the Job.
#[test]
fn kubernetes_comments_name_the_namespace() {
    let project = Project::fastapi();
    let sets = [
        "--set",
        "release.steps=[[\"true\"]]",
        "--set",
        "processes.worker.command=[\"true\"]",
        "--set",
        "secrets.API_KEY.required=true",
    ];
    project.run(&[&["generate"][..], &sets].concat()).ok();
    let text = project.read("k8s.yaml");
    let commands = "#   kubectl create namespace shop\n#   kubectl create secret generic shop --namespace shop \\\n";
    assert!(text.contains(commands), "{text}");
    let commands = "#   kubectl delete job shop-release --namespace shop --ignore-not-found\n\
        #   kubectl apply --filename FILE --selector 'app.kubernetes.io/component notin (web, worker)'\n\
        #   kubectl wait --for condition=complete --timeout 600s --namespace shop job/shop-release\n\
        #   kubectl apply --filename FILE\n";
    assert!(text.contains(commands), "{text}");
    let kustomize = ["--set", "kubernetes.layout=kustomize", "--set", "output.kubernetes=k8s"];
    project.run(&[&["generate"][..], &sets, &kustomize].concat()).ok();
    let text = project.read("k8s/base/app.yaml");
    assert!(
        text.contains("create secret generic shop --namespace NAMESPACE \\")
            && text.contains("apply --kustomize OVERLAY --selector")
    );
}

/// An existing .env is never overwritten by what a run tells the user to type.
#[test]
fn init_suggests_no_command_that_overwrites_env() {
    let next = |env: bool| {
        let main = "import os\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\nKEY = os.environ[\"API_KEY\"]\n";
        let project = Project::new(&[("main.py", main), ("requirements.txt", "fastapi\nuvicorn\n")]);
        if env {
            std::fs::write(project.0.path().join(".env"), "API_KEY=swordfish\n").unwrap();
        }
        project.run(&["init", "--yes"]).ok().stderr
    };
    assert!(next(false).contains("next cp .env.example .env    # and replace every change-me"));
    let said = next(true);
    assert!(said.contains("next compare .env with .env.example    # it lists every variable"), "{said}");
    assert!(!said.contains("cp .env") && !said.contains("swordfish"), "{said}");
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
    assert!(ran.stderr.contains("hint: dockgen no longer writes compose.yaml; you can delete it\n"), "{}", ran.stderr);
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
