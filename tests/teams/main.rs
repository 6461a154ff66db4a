//! Updates a team's preset on a git server, and the twenty projects that use it.
//!
//! Not part of plain `cargo test`: `cargo test --test teams` needs git with http-backend, Python and OpenSSL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs, reason = "a panic is how a test fails")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use tempfile::TempDir;

const PROJECTS: usize = 20;

const PRESET: &str = "description = \"What the platform team says\"
extends = [\"fastapi-uvicorn\"]

[compose.limits]
memory = \"512M\"

[enforce.image]
registry = \"mirror.example.com\"
";

/// Replacements that make the new version of the preset.
const UPDATE: [(&str, &str); 2] = [("\"512M\"", "\"1G\""), ("mirror.example.com", "images.example.com")];

const SPEC: &str =
    "presets = [\"ADDRESS\", \"pip\"]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n[health]\npath = \"/health\"\n";

/// How the project's generated files were edited before the update.
#[derive(Clone, Copy, PartialEq)]
enum Edit {
    None,
    /// Lines that the update doesn't change.
    Unrelated,
    /// A line that the update changes too.
    Conflicting,
    /// A file was deleted.
    Deleted,
}

const EDITS: [Edit; 4] = [Edit::None, Edit::Unrelated, Edit::Conflicting, Edit::Deleted];

/// The process of git_server.py; killed when dropped.
struct Server {
    folder: TempDir,
    child: Child,
    port: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/teams/git_server.py");
        let mut child = Command::new("python3").arg(script).arg(folder.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { folder, child, port: port.trim().to_owned() }
    }

    /// Creates a repository on the server and pushes the contents of a folder to it.
    fn host(&self, name: &str, work: &Path) {
        let bare = self.folder.path().join(name);
        git(self.folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main", name]);
        git(work, &["init", "--quiet", "--initial-branch=main"]);
        git(work, &["remote", "add", "origin", bare.to_str().unwrap()]);
        publish(work);
    }

    fn url(&self, name: &str) -> String {
        format!("https://127.0.0.1:{}/{name}", self.port)
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }
}

fn stdout_of(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=Test", "-c", "user.email=test@example.com"]).args(arguments).current_dir(folder);
    stdout_of(command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null"))
}

fn publish(work: &Path) {
    git(work, &["add", "--all"]);
    git(work, &["commit", "--quiet", "--message", "update"]);
    git(work, &["push", "--quiet", "origin", "main"]);
}

/// A checkout of a project as in CI: shallow, and with an empty home directory.
struct Checkout {
    folder: PathBuf,
    home: PathBuf,
    certificate: PathBuf,
    edit: Edit,
}

impl Checkout {
    fn dockgen(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", &self.home);
        command.env("GIT_SSL_CAINFO", &self.certificate).output().unwrap()
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.join(path)).unwrap()
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let before = self.read(path);
        assert!(before.contains(from), "{path} doesn't contain {from:?}");
        std::fs::write(self.folder.join(path), before.replacen(from, to, 1)).unwrap();
    }

    fn tree(&self) -> Vec<(String, String)> {
        let names = git(&self.folder, &["ls-files", "--cached", "--others", "--deduplicate"]);
        let existing = names.lines().filter(|name| self.folder.join(name).exists());
        existing.map(|name| (name.to_owned(), self.read(name))).collect()
    }

    /// Edits generated files as `self.edit` says.
    fn edit(&self) {
        match self.edit {
            Edit::None => {}
            Edit::Unrelated => {
                self.replace("Dockerfile", "EXPOSE 8000\n", "EXPOSE 8000\n# ours: see ticket 12\n");
                self.replace("compose.yaml", "  init: true\n", "  init: true\n  hostname: ours\n");
                self.replace("k8s.yaml", "revisionHistoryLimit: 3", "revisionHistoryLimit: 5");
            }
            Edit::Conflicting => self.replace("compose.yaml", "memory: \"512M\"", "memory: \"700M\""),
            Edit::Deleted => std::fs::remove_file(self.folder.join("k8s.yaml")).unwrap(),
        }
    }

    /// Checks that the update kept the edit.
    fn assert_edit_kept(&self) {
        assert!(self.read("Dockerfile").contains("FROM images.example.com/python:"), "the update is applied");
        match self.edit {
            Edit::None => assert!(self.read("compose.yaml").contains("memory: \"1G\"")),
            Edit::Unrelated => {
                assert!(self.read("Dockerfile").contains("EXPOSE 8000\n# ours: see ticket 12\n"));
                assert!(self.read("compose.yaml").contains("  hostname: ours\n"));
                assert!(self.read("compose.yaml").contains("memory: \"1G\""));
                assert!(self.read("k8s.yaml").contains("revisionHistoryLimit: 5"));
            }
            Edit::Conflicting => {
                let conflict = "<<<<<<< edited by hand\n        memory: \"700M\"\n=======\n        memory: \"1G\"\n>>>>>>> generated by dockgen\n";
                assert!(self.read("compose.yaml").contains(conflict), "{}", self.read("compose.yaml"));
            }
            Edit::Deleted => assert!(!self.folder.join("k8s.yaml").exists()),
        }
    }
}

/// The update keeps unrelated edits, marks conflicts, and loses nothing; a second update changes nothing.
#[test]
fn updates_twenty_projects_and_keeps_their_edits() {
    let server = Server::start();
    let work = tempfile::tempdir().unwrap();
    let presets = work.path().join("presets");
    std::fs::create_dir_all(presets.join("web")).unwrap();
    std::fs::write(presets.join("web/preset.toml"), PRESET).unwrap();
    server.host("presets.git", &presets);
    let address = format!("git+{}//web#main", server.url("presets.git"));
    let checkouts: Vec<Checkout> = (0..PROJECTS).map(|number| create_project(&server, work.path(), &address, number)).collect();
    let files: Vec<usize> = checkouts.iter().map(|checkout| checkout.tree().len()).collect();

    let text = UPDATE.iter().fold(PRESET.to_owned(), |text, (from, to)| text.replace(from, to));
    std::fs::write(presets.join("web/preset.toml"), text).unwrap();
    publish(&presets);
    // an unattended update must not change the registry without --trust
    let refused = checkouts[0].dockgen(&["presets", "update", "--merge", "--quiet"]);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{message}");
    assert!(message.contains("+ image.registry = \"images.example.com\" (enforced)"), "{message}");
    let start = Instant::now();
    for checkout in &checkouts {
        let output = checkout.dockgen(&["presets", "update", "--merge", "--quiet", "--trust"]);
        let expected = i32::from(checkout.edit == Edit::Conflicting);
        assert_eq!(output.status.code(), Some(expected), "{}", String::from_utf8_lossy(&output.stderr));
    }
    println!("{PROJECTS} updates took {:.2} s", start.elapsed().as_secs_f64());
    checkouts.iter().for_each(Checkout::assert_edit_kept);
    let after: Vec<usize> = checkouts.iter().map(|checkout| checkout.tree().len()).collect();
    assert_eq!(files, after, "no file is added or removed");
    for checkout in checkouts.iter().filter(|checkout| checkout.edit != Edit::Conflicting) {
        let before = checkout.tree();
        let output = checkout.dockgen(&["presets", "update", "--merge"]);
        assert!(output.status.success() && checkout.tree() == before, "{}", String::from_utf8_lossy(&output.stderr));
        let check = checkout.dockgen(&["generate", "--check"]).status.code();
        let expected = match checkout.edit {
            Edit::Unrelated => 3,
            Edit::Deleted => 4,
            _ => 0,
        };
        assert_eq!(check, Some(expected));
    }
}

/// Generates a project, edits and pushes it, and returns a fresh checkout.
fn create_project(server: &Server, work: &Path, address: &str, number: usize) -> Checkout {
    let edit = EDITS[number % EDITS.len()];
    let folder = work.join(format!("work-{number}"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("main.py"), "app = None\n").unwrap();
    std::fs::write(folder.join("requirements.txt"), "fastapi\n").unwrap();
    std::fs::write(folder.join("dockgen.toml"), SPEC.replace("ADDRESS", address)).unwrap();
    let home = |name: &str| work.join(format!("{name}-{number}"));
    let author = Checkout { folder: folder.clone(), home: home("author"), certificate: server.certificate(), edit };
    let output = author.dockgen(&["generate", "--trust"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    author.edit();
    let name = format!("project-{number}.git");
    server.host(&name, &folder);
    let mut clone = Command::new("git");
    clone.args(["clone", "--quiet", "--depth=1", &server.url(&name)]).arg(work.join(format!("checkout-{number}")));
    stdout_of(clone.env("GIT_SSL_CAINFO", server.certificate()));
    Checkout { folder: work.join(format!("checkout-{number}")), home: home("home"), certificate: server.certificate(), edit }
}
