//! What may lie where dockgen reads a file: pipes, devices, sockets, endless files, links to anywhere. None of them hangs a run, and
//! nothing of a file outside the project reaches an output or a message.
#![cfg(unix)]
#![allow(clippy::print_stderr, reason = "a test says what this machine cannot try")]

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use assert_fs::TempDir;

use crate::common::{FASTAPI, Project};

/// Seconds that a run may take.
const PATIENCE: u64 = 5;

/// What no message and no output may contain, in any case of letters: words of the files outside.
const CANARIES: [&str; 3] = ["canary", "psycopg2", "root:x:0"];

/// Something other than the file that dockgen expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pipe,
    CharacterDevice,
    BlockDevice,
    Socket,
    Directory,
    Sparse,
    Loop,
    Dangling,
    LinkToZero,
    LinkToPipe,
    Absolute,
    Relative,
    ThroughFolder,
    Passwd,
    Environ,
}

const KINDS: [Kind; 15] = [
    Kind::Pipe,
    Kind::CharacterDevice,
    Kind::BlockDevice,
    Kind::Socket,
    Kind::Directory,
    Kind::Sparse,
    Kind::Loop,
    Kind::Dangling,
    Kind::LinkToZero,
    Kind::LinkToPipe,
    Kind::Absolute,
    Kind::Relative,
    Kind::ThroughFolder,
    Kind::Passwd,
    Kind::Environ,
];

/// One of each class, for commands that read a file in the same way as others do.
const FEW: [Kind; 4] = [Kind::Pipe, Kind::Sparse, Kind::LinkToZero, Kind::Absolute];

/// A project beside a folder that is not part of it.
struct Neighbors {
    folder: TempDir,
}

impl Neighbors {
    fn new(place: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let new = Self { folder };
        for (path, text) in [
            ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n"),
            ("requirements.txt", "fastapi\nuvicorn\n-r extra.txt\n"),
            ("extra.txt", "redis\n"),
            ("app/helpers.py", "import os\n\nKIND = os.environ[\"KIND\"]\n"),
            ("team.toml", "description = \"Team\"\n"),
            ("team/preset.toml", "description = \"Team\"\n"),
            ("dockgen.toml", SPEC),
        ] {
            if path != "dockgen.toml" || !place.ends_with("(init)") {
                write(&new.project().join(path), text);
            }
        }
        write(&new.outside("file"), &outside(place));
        new
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join("outside").join(name)
    }

    /// Puts something in a file's place; false where this machine cannot have it.
    fn plant(&self, kind: Kind, place: &str) -> bool {
        let path = self.project().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap();
        } else {
            let _ = fs::remove_file(&path);
        }
        let link = |target: &Path| symlink(target, &path).is_ok();
        match kind {
            Kind::Pipe => run("mkfifo", &[&path]),
            Kind::CharacterDevice => make_device(&path, ["c", "1", "5"]),
            Kind::BlockDevice => make_device(&path, ["b", "7", "250"]),
            Kind::Socket => UnixListener::bind(&path).is_ok(),
            Kind::Directory => fs::create_dir(&path).is_ok(),
            Kind::Sparse => fs::File::create(&path).and_then(|file| file.set_len(1 << 40)).is_ok(),
            Kind::Loop => link(Path::new(place.rsplit('/').next().unwrap())),
            Kind::Dangling => link(&self.outside("nothing")),
            Kind::LinkToZero => link(Path::new("/dev/zero")),
            Kind::LinkToPipe => run("mkfifo", &[&self.outside("pipe")]) && link(&self.outside("pipe")),
            Kind::Absolute => link(&self.outside("file")),
            Kind::Relative => link(Path::new(&format!("{}../outside/file", "../".repeat(place.matches('/').count())))),
            Kind::ThroughFolder => self.link_folder(place),
            Kind::Passwd => link(Path::new("/etc/passwd")),
            Kind::Environ => link(Path::new("/proc/self/environ")),
        }
    }

    /// The folder of a file is a link; a file of the project's own folder becomes a link through such a folder.
    fn link_folder(&self, place: &str) -> bool {
        let name = place.rsplit('/').next().unwrap();
        write(&self.outside(name), &outside(place));
        let path = self.project().join(place);
        if let Some((folder, _)) = place.rsplit_once('/') {
            fs::remove_dir_all(path.parent().unwrap()).unwrap();
            return symlink(self.outside(""), self.project().join(folder)).is_ok();
        }
        symlink(self.outside(""), self.project().join("linked")).unwrap();
        symlink(Path::new("linked").join(name), path).is_ok()
    }

    /// dockgen in the project, with little memory: what reads without end must not take the machine with it.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v 2000000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_dockgen")]).args(arguments);
        command
            .current_dir(self.project())
            .env_clear()
            .env("HOME", "/dev/null")
            .env("CANARY", "canary")
            .env("DOCKGEN_TIMEOUT", "2");
        command.stdin(Stdio::null());
        command
    }
}

const SPEC: &str =
    "presets = [\"fastapi-uvicorn\", \"pip\", \"./team.toml\", \"./team\"]\n[project]\nname = \"shop\"\n[app]\nroot = \".\"\n";

/// The text that lies outside: what dockgen would show of it, were it the project's own.
fn outside(place: &str) -> String {
    let name = place.trim_end_matches(" (init)").rsplit('/').next().unwrap();
    let text = match name.rsplit('.').next().unwrap() {
        "py" => "import os\nfrom fastapi import FastAPI\ncanary = FastAPI()\nx = os.environ[\"CANARY_NAME\"]\n",
        "txt" if name != "runtime.txt" => "canary==1.0\npsycopg2==2.9\n",
        "lock" => "canary\n[[package]]\nname = \"canary\"\nversion = \"1\"\n",
        "example" | "sample" => "KIND=canary\nCANARY_NAME=canary\n",
        "yaml" => "services:\n  canary:\n    image: canary\n",
        "toml" | "Pipfile" => "canary = \"canary\"\n[project]\nname = \"canary\"\n",
        "Procfile" => "web: uvicorn main:app --port 8000\ncanary: canary worker\n",
        "Dockerfile" => "FROM python:3.12-slim\nENV CANARY=canary\n",
        _ => "canary\n",
    };
    text.to_owned()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn run(program: &str, paths: &[&Path]) -> bool {
    Command::new(program).args(paths).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// A device, which only root can make.
fn make_device(path: &Path, [kind, major, minor]: [&str; 3]) -> bool {
    let made = Command::new("mknod").arg(path).args([kind, major, minor]).stderr(Stdio::null()).status();
    made.is_ok_and(|status| status.success())
}

/// Waits for a run to end; none where it does not.
fn wait(mut child: Child) -> Option<(i32, String)> {
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let start = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code().unwrap_or(-1);
        }
        if start.elapsed() > Duration::from_secs(PATIENCE) {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        sleep(Duration::from_millis(2));
    };
    let mut said = Vec::new();
    stdout.read_to_end(&mut said).unwrap();
    stderr.read_to_end(&mut said).unwrap();
    Some((code, String::from_utf8_lossy(&said).into_owned()))
}

/// What is wrong with a run, if anything.
fn verdict(mut command: Command, project: &Path) -> Option<String> {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let Some((code, said)) = wait(child) else { return Some("hangs".to_owned()) };
    let shows = |text: &str| CANARIES.iter().any(|canary| text.to_lowercase().contains(canary));
    if !(0..=4).contains(&code) || said.contains("panicked") {
        return Some(format!("crashes with {code}: {said}"));
    }
    if shows(&said) {
        return Some(format!("says what lies outside: {said}"));
    }
    let entries = fs::read_dir(project).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file() && entry.metadata().unwrap().len() < 1 << 20);
    let copied = files.into_iter().find(|entry| shows(&fs::read_to_string(entry.path()).unwrap_or_default()));
    copied.map(|entry| format!("writes what lies outside into {}", entry.path().display()))
}

/// Tries every kind at every place with a command; all that is wrong is told at once.
fn attack(places: &[&str], arguments: &[&str], kinds: &[Kind]) {
    let mut wrong = Vec::new();
    let mut count = 0;
    for place in places {
        for kind in kinds {
            let neighbors = Neighbors::new(&format!("{place}{}", if arguments[0] == "init" { " (init)" } else { "" }));
            if !neighbors.plant(*kind, place) {
                eprintln!("skipped: this machine cannot have {kind:?} as {place}");
                continue;
            }
            count += 1;
            let verdict = verdict(neighbors.command(arguments), &neighbors.project());
            wrong.extend(verdict.map(|verdict| format!("{place} as {kind:?}: {verdict}")));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} attacks:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn spec_and_lock() {
    attack(&["dockgen.toml", "dockgen.lock"], &["generate"], &KINDS);
    attack(&["dockgen.lock"], &["presets", "update"], &FEW);
}

#[test]
fn spec_that_init_replaces() {
    attack(&["dockgen.toml", "dockgen.lock"], &["init", "--yes", "--force"], &KINDS);
}

#[test]
fn lockfiles() {
    attack(&["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml"], &["init", "--yes"], &KINDS);
}

#[test]
fn manifests() {
    let places = ["pyproject.toml", "requirements.txt", "extra.txt", "requirements/base.txt", "setup.py", "setup.cfg", "Pipfile"];
    attack(&places, &["init", "--yes"], &KINDS);
}

#[test]
fn files_that_name_a_python() {
    attack(&[".python-version", ".tool-versions", "runtime.txt", "mise.toml"], &["init", "--yes"], &KINDS);
}

#[test]
fn files_that_say_how_it_runs() {
    attack(&["Procfile", ".env.example", ".env.sample", "alembic.ini", "gunicorn.conf.py"], &["init", "--yes"], &KINDS);
}

#[test]
fn sources() {
    attack(&["main.py", "app/helpers.py", "worker.py", "start.sh"], &["init", "--yes"], &KINDS);
}

#[test]
fn places_of_outputs() {
    let places = ["Dockerfile", ".dockerignore", "compose.yaml", "k8s.yaml", ".env.example"];
    attack(&places, &["generate", "--force"], &KINDS);
    attack(&places, &["generate", "--diff"], &FEW);
}

#[test]
fn presets_of_the_project() {
    attack(&["team.toml", "team/preset.toml", "team/templates/compose.yaml.j2"], &["generate"], &KINDS);
}

#[test]
fn ignore_files() {
    let places = [".gitignore", ".ignore", "app/.gitignore", ".git/info/exclude", ".git"];
    attack(&places, &["init", "--yes"], &KINDS);
}

#[test]
fn paths_that_a_file_names() {
    let named = [
        ("requirements.txt", "fastapi\n-r ../outside/file\n"),
        ("requirements.txt", "fastapi\n-r /etc/passwd\n"),
        ("requirements.txt", "fastapi\n-c /proc/self/environ\n"),
        ("requirements.txt", "fastapi\n-r /dev/zero\n"),
        ("uv.lock", "[[package]]\nname = \"a\"\nsource = { editable = \"../outside\" }\n"),
    ];
    for (path, text) in named {
        let neighbors = Neighbors::new("x.txt (init)");
        write(&neighbors.project().join(path), text);
        write(&neighbors.outside("pyproject.toml"), &outside("pyproject.toml"));
        let verdict = verdict(neighbors.command(&["init", "--yes"]), &neighbors.project());
        assert_eq!(verdict, None, "{text}");
    }
}

#[test]
fn a_spec_that_is_named_is_a_regular_file_or_a_pipe_with_an_end() {
    let neighbors = Neighbors::new("x.toml");
    let project = neighbors.project();
    assert!(neighbors.plant(Kind::Pipe, "pipe") && neighbors.plant(Kind::Socket, "socket"));
    assert!(neighbors.plant(Kind::Sparse, "sparse") && neighbors.plant(Kind::Loop, "loop"));
    for spec in ["/dev/zero", "/dev/urandom", "pipe", "socket", "sparse", "loop", "app"] {
        let child =
            neighbors.command(&["generate", "--spec", spec]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (code, said) = wait(child).unwrap_or_else(|| panic!("--spec {spec} hangs"));
        assert!(code == 2 && said.contains("help: "), "--spec {spec}: {code} {said}");
        assert!(!project.join("Dockerfile").exists());
    }
    let mut command = neighbors.command(&["generate", "--spec", "-"]);
    command.stdin(fs::File::open("/dev/zero").unwrap()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (code, said) = wait(command.spawn().unwrap()).expect("endless standard input hangs");
    assert!(code == 2 && said.contains("standard input") && said.contains("help: "), "{code} {said}");
    // what a shell makes of <(...)
    write(&project.join("other.toml"), FASTAPI);
    let mut bash = Command::new("bash");
    bash.args(["-c", "\"$1\" generate --spec <(sleep 0.3; cat other.toml)", "bash", env!("CARGO_BIN_EXE_dockgen")]);
    bash.current_dir(&project).env("DOCKGEN_TIMEOUT", "20").stdout(Stdio::piped()).stderr(Stdio::piped());
    let (code, said) = wait(bash.spawn().unwrap()).unwrap();
    assert_eq!(code, 0, "{said}");
    assert!(project.join("Dockerfile").exists());
}

#[test]
fn a_link_out_of_the_project_is_told_with_what_to_do() {
    let neighbors = Neighbors::new("requirements.txt (init)");
    neighbors.plant(Kind::Absolute, "requirements.txt");
    write(&neighbors.project().join("pyproject.toml"), "[project]\nname = \"shop\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n");
    let output = neighbors.command(&["init", "--yes"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("requirements.txt links outside the project, so dockgen does not read it"), "{said}");
    let neighbors = Neighbors::new("dockgen.toml");
    neighbors.plant(Kind::Passwd, "dockgen.toml");
    let output = neighbors.command(&["generate"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("`dockgen.toml` links outside the project") && said.contains("help: "), "{said}");
}

#[test]
fn a_link_inside_the_project_is_followed() {
    let project = Project::fastapi();
    for (name, target) in [("dockgen.toml", "spec/shop.toml"), ("requirements.txt", "spec/list.txt")] {
        let path = project.0.path().join(name);
        write(&project.0.path().join(target), &fs::read_to_string(&path).unwrap());
        fs::remove_file(&path).unwrap();
        symlink(target, &path).unwrap();
    }
    project.run(&["generate"]).ok();
    assert!(project.read("Dockerfile").contains("requirements.txt"));
}

#[test]
fn an_unreadable_file_is_an_error_with_its_name() {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    for name in ["dockgen.toml", "dockgen.lock", "requirements.txt", "Dockerfile"] {
        let project = Project::new(&[("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI)]);
        let path = project.0.path().join(name);
        fs::write(&path, fs::read_to_string(&path).unwrap_or_default()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        let mut command = project.command(&["generate"]);
        // root reads everything, so it becomes someone else
        if chown(project.0.path(), Some(65534), Some(65534)).is_ok() {
            command.uid(65534).gid(65534);
        }
        let Ok(output) = command.output() else {
            return eprintln!("skipped: another user cannot run {}", command.get_program().display());
        };
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(name) && said.contains("help: "), "{name}: {said}");
    }
}
