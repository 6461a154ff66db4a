//! Credential files in a project, and what a real build gets to see of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::docker::{command, docker, must, note};
use crate::ignore::{Ignore, planted};
use crate::project::Project;

/// The content of every planted file.
const MARKER: &str = "canary-of-the-build-context";

/// What a spec may keep, and that must bring none of them back.
const KEEPS: [&[&str]; 6] =
    [&[], &["**"], &["*", "config/*"], &["config", "src"], &["src/**/*", ".en?", "**/.e*"], &["*/**", "?*"]];

const SPEC: &str = "presets = [\"fastapi-uvicorn\", \"pip\"]\n[project]\nname = \"canary\"\n[app]\nentry = \"main:app\"\n";

#[test]
fn no_credential_file_is_in_the_context_or_in_a_layer() {
    let project = project();
    let files = plant(&project);
    assert!(files.len() >= 700, "{} files are planted", files.len());
    project.write("context.Dockerfile", "FROM scratch\nCOPY . /\n");
    for keep in KEEPS {
        project.generate(&["--set", &format!("context.keep={}", serde_json::to_string(keep).unwrap())]);
        let (seen, ignore) = (context(&project), Ignore::read(&project.read(".dockerignore")));
        let leaks: Vec<_> = seen.intersection(&files).collect();
        assert!(leaks.is_empty(), "context.keep = {keep:?} lets in {leaks:?}");
        // what the hermetic tests take for Docker's reader says the same of every file
        let expected: BTreeSet<String> = every_file(project.path()).into_iter().filter(|path| !ignore.leaves_out(path)).collect();
        assert_eq!(seen, expected, "context.keep = {keep:?}");
        assert!(seen.contains("main.py") && seen.contains("app/secrets/vault.py"), "the application goes in: {seen:?}");
    }
    by_exact_path(&project);
    layers(&project);
    note(&format!(
        "{} credential files, {} kinds of context.keep: none in the context, none in a layer",
        files.len(),
        KEEPS.len()
    ));
}

fn project() -> Project {
    Project::create("canary", |folder| {
        let project = folder.join("canary");
        fs::create_dir_all(project.join("app/secrets")).unwrap();
        fs::write(project.join("main.py"), "from fastapi import FastAPI\n\nfrom app.secrets import vault\n\napp = FastAPI()\n")
            .unwrap();
        fs::write(project.join("requirements.txt"), "fastapi\nuvicorn\n").unwrap();
        fs::write(project.join("app/secrets/vault.py"), "").unwrap();
        // Docker copies what git ignores
        fs::write(project.join(".gitignore"), "*.sql\n").unwrap();
        fs::write(project.join("dockgen.toml"), SPEC).unwrap();
    })
}

/// Names in a case that no pattern has: `.dockerignore` lists those that are in the project.
const OTHER_CASE: [&str; 4] = ["iD_rSa", "cReDeNtIaLs.JsOn", "KeYs/server", "pRod.eNv"];

/// Plants each file three times; in the project's own folder, one may be in another's way.
fn plant(project: &Project) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for (index, name) in planted().into_iter().chain(OTHER_CASE).enumerate() {
        for path in [name.to_owned(), format!("config/{index}/{name}"), format!("src/shop/{index}/config/{name}")] {
            let file = project.path().join(&path);
            // dockgen writes one of that name
            if path != ".env.example" && fs::create_dir_all(file.parent().unwrap()).is_ok() && fs::write(file, MARKER).is_ok() {
                files.insert(path);
            }
        }
    }
    files
}

/// Every file of a build context, as `COPY . .` sees it.
fn context(project: &Project) -> BTreeSet<String> {
    let seen = assert_fs::TempDir::new().unwrap();
    let mut build = command(&["buildx", "build", "--quiet", "--output"]);
    build.arg(format!("type=local,dest={}", seen.path().display())).arg("--file");
    must(build.arg(project.path().join("context.Dockerfile")).arg(project.path()));
    every_file(seen.path())
}

fn every_file(root: &Path) -> BTreeSet<String> {
    let (mut files, mut folders) = (BTreeSet::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files
}

/// What a spec names by its exact path goes in, and nothing else.
fn by_exact_path(project: &Project) {
    project.write("certs/ca.pem", "public");
    project.write("certs/ca.key", MARKER);
    project.write("folder.pem/server.key", MARKER);
    let before = context(project);
    project.generate(&["--set", "context.keep=[\"certs/ca.pem\"]"]);
    let more: Vec<_> = context(project).difference(&before).cloned().collect();
    assert_eq!(more, ["certs/ca.pem"]);
}

/// Builds the image with everything kept, and looks for the marker in each of its layers.
fn layers(project: &Project) {
    project.generate(&["--set", "context.keep=[\"**\"]"]);
    project.settle_frontend("Dockerfile");
    let tag = "dockgen-canary:dev";
    must(command(&["buildx", "build", "--quiet", "--load", "--tag", tag]).arg(project.path()));
    let saved = assert_fs::TempDir::new().unwrap();
    let archive = saved.path().join("image.tar");
    docker(&["save", "--output", archive.to_str().unwrap(), tag]);
    docker(&["rmi", "--force", tag]);
    must(Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(saved.path()));
    fs::remove_file(archive).unwrap();
    let mut looked_into = 0;
    for blob in every_file(saved.path()) {
        let unpacked = assert_fs::TempDir::new().unwrap();
        // a blob that is no archive is the image's configuration
        let tar = Command::new("tar")
            .args(["--exclude=dev/*", "-xf"])
            .arg(saved.path().join(&blob))
            .arg("-C")
            .arg(unpacked.path())
            .output();
        let found = if tar.unwrap().status.success() { unpacked.path().to_path_buf() } else { saved.path().join(&blob) };
        let grep = Command::new("grep").args(["-rlaF", MARKER]).arg(&found).output().unwrap();
        assert!(grep.stdout.is_empty(), "{blob}: {}", String::from_utf8_lossy(&grep.stdout));
        looked_into += usize::from(found == unpacked.path());
    }
    assert!(looked_into >= 4, "only {looked_into} layers");
}
