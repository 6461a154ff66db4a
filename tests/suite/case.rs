//! A disk that ignores case, such as that of most Macs: a real one, where this user may mount one.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "which disks were tested, and which were not")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use assert_fs::TempDir;

use crate::common::{FASTAPI, Project, Ran};

/// A mounted disk; it is unmounted when the test ends, however that is.
struct Disk {
    folder: TempDir,
    mount: PathBuf,
    device: Option<String>,
}

/// Ways to make a small disk of a file `$0` and mount it at `$1`. What they print is the device to be freed.
const WAYS: [(&str, &str); 4] = [
    ("ext4 with casefold", "mkfs.ext4 -q -O casefold -E encoding=utf8 \"$0\" && mount -o loop \"$0\" \"$1\" && chattr +F \"$1\""),
    ("vfat", "mkfs.vfat \"$0\" >&2 && mount -o loop \"$0\" \"$1\""),
    (
        "exfat with FUSE",
        "mkfs.exfat \"$0\" >&2 && device=$(losetup -f --show \"$0\") && { mount.exfat-fuse \"$device\" \"$1\" >&2 || { losetup -d \"$device\"; false; } } && echo \"$device\"",
    ),
    ("ntfs with FUSE", "mkntfs -q -F -f \"$0\" && lowntfs-3g -o ignore_case \"$0\" \"$1\""),
];

fn shell(script: &str, arguments: &[&Path]) -> Output {
    Command::new("sh").args(["-c", script]).args(arguments).output().unwrap()
}

impl Disk {
    /// All kinds of disks that can be had here; those that can't are named.
    fn all() -> Vec<(&'static str, Self)> {
        let mut disks = Vec::new();
        for (name, script) in WAYS {
            let folder = TempDir::new().unwrap();
            let (image, mount) = (folder.path().join("image"), folder.path().join("mount"));
            std::fs::create_dir(&mount).unwrap();
            std::fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
            let made = shell(script, &[&image, &mount]);
            if !made.status.success() {
                println!("no {name} here: {}", String::from_utf8_lossy(&made.stderr).trim().replace('\n', "; "));
                continue;
            }
            let device = String::from_utf8_lossy(&made.stdout).trim().to_owned();
            let disk = Self { folder, mount, device: Some(device).filter(|device| !device.is_empty()) };
            std::fs::write(disk.mount.join("Case"), "").unwrap();
            assert!(disk.mount.join("cASE").exists(), "{name} tells cases apart");
            std::fs::remove_file(disk.mount.join("case")).unwrap();
            disks.push((name, disk));
        }
        if disks.is_empty() {
            println!("NOT TESTED: no disk that ignores case can be mounted here");
        }
        disks
    }

    /// A fresh folder on the disk with these files.
    fn project(&self, name: &str, files: &[(&str, &str)]) -> On {
        let path = self.mount.join(name);
        for (file, text) in [&[("main.py", "app = None\n"), ("requirements.txt", "fastapi\nuvicorn\n")], files].concat() {
            let file = path.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        On(path)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.mount).status();
        if let Some(device) = &self.device {
            let _ = Command::new("losetup").args(["-d", device]).status();
        }
        let _ = &self.folder;
    }
}

/// A project on such a disk.
struct On(PathBuf);

impl On {
    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
        command.args(arguments).current_dir(&self.0).env_clear().env("HOME", "/dev/null").stdin(std::process::Stdio::null());
        Ran::from(command.output().unwrap())
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            std::fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_disk_that_ignores_case() {
    for (name, disk) in Disk::all() {
        println!("tested on {name}");
        files_are_written_updated_and_merged(&disk);
        a_foreign_file_in_other_letters_is_not_overwritten(&disk);
        init_writes_beside_it(&disk);
        a_path_in_other_letters_is_no_stale_file(&disk);
        what_is_reserved_is_so_in_all_letters(&disk);
        the_spec_is_found_in_other_letters(&disk);
        a_file_that_appears_in_other_letters_is_kept(&disk);
    }
}

fn files_are_written_updated_and_merged(disk: &Disk) {
    let project = disk.project("plain", &[("dockgen.toml", FASTAPI)]);
    project.run(&["generate"]).ok();
    assert_eq!(project.run(&["generate", "--check"]).code, 0);
    let before = project.names();
    project.run(&["generate", "--set", "python.version=3.13"]).ok();
    assert!(project.read("Dockerfile").contains("python:3.13"));
    std::fs::write(project.0.join("Dockerfile"), project.read("Dockerfile") + "# ours\n").unwrap();
    assert_eq!(project.run(&["generate"]).code, 1);
    project.run(&["generate", "--merge"]);
    assert!(project.read("Dockerfile").contains("# ours\n"));
    project.run(&["generate", "--force"]).ok();
    assert_eq!(project.names(), before);
}

fn a_foreign_file_in_other_letters_is_not_overwritten(disk: &Disk) {
    for (number, path) in
        ["dockerfile", "DOCKERFILE", "Compose.yaml", "compose.YAML", "K8s.Yaml", ".DockerIgnore", ".ENV.example"]
            .into_iter()
            .enumerate()
    {
        let project = disk.project(&format!("foreign{number}"), &[("dockgen.toml", FASTAPI), (path, "mine\n")]);
        let before = project.names();
        let ran = project.run(&["generate"]);
        assert!(ran.code == 1 && ran.stderr.contains("(not written by dockgen)"), "{path}: {}", ran.stderr);
        assert_eq!((project.read(path), project.names()), ("mine\n".to_owned(), before));
    }
}

fn init_writes_beside_it(disk: &Disk) {
    let application = "from fastapi import FastAPI\n\napp = FastAPI()\n";
    let project =
        disk.project("init", &[("main.py", application), ("dockerfile", "FROM scratch\n"), ("Compose.yaml", "services: {}\n")]);
    project.run(&["init", "--yes"]).ok();
    assert_eq!(
        (project.read("dockerfile").as_str(), project.read("Compose.yaml").as_str()),
        ("FROM scratch\n", "services: {}\n")
    );
    assert!(project.read("compose.dockgen.yaml").contains("Dockerfile.dockgen"));
    assert_eq!(project.run(&["generate", "--check"]).code, 0);
}

fn a_path_in_other_letters_is_no_stale_file(disk: &Disk) {
    let project = disk.project("stale", &[("dockgen.toml", FASTAPI)]);
    project.run(&["generate"]).ok();
    for (key, path) in [("compose", "Compose.yaml"), ("dockerfile", "dockerfile"), ("kubernetes", "K8S.yaml")] {
        let ran = project.run(&["generate", "--set", &format!("output.{key}={path}")]);
        assert!(
            !ran.stderr.contains(&format!("{} is no longer", path.to_lowercase()))
                && !ran.stderr.contains("Dockerfile is no longer"),
            "{}",
            ran.stderr
        );
        assert!(project.0.join(path).is_file());
        project.run(&["generate"]);
    }
}

fn what_is_reserved_is_so_in_all_letters(disk: &Disk) {
    let project = disk.project("reserved", &[("dockgen.toml", FASTAPI), (".git/config", "[core]\n"), (".env", "A=1\n")]);
    project.run(&["generate"]).ok();
    let before = project.names();
    for path in [
        "DOCKGEN.toml",
        "Dockgen.Lock",
        ".GIT/config",
        ".Git./config",
        ".git/hooks/pre-commit",
        ".ENV",
        "sub/.GIT/x",
        "dockgen.TOML",
    ] {
        let ran = project.run(&["generate", "--set", &format!("output.compose={path}")]);
        assert_eq!(ran.code, 2, "{path}: {}", ran.stderr);
        assert_eq!(project.names(), before);
    }
    for paths in [["output.compose=A.yaml", "output.kubernetes=a.yaml"], ["output.compose=D/a.yaml", "output.kubernetes=d"]] {
        let ran = project.run(&["generate", "--set", paths[0], "--set", paths[1], "--set", "kubernetes.layout=file"]);
        assert_eq!(ran.code, 2, "{paths:?}: {}", ran.stderr);
        assert_eq!(project.names(), before);
    }
    assert_eq!((project.read(".git/config").as_str(), project.read(".env").as_str()), ("[core]\n", "A=1\n"));
}

fn the_spec_is_found_in_other_letters(disk: &Disk) {
    let project = disk.project("spec", &[("DOCKGEN.toml", FASTAPI)]);
    let ran = project.run(&["init", "--yes"]);
    assert!(ran.code == 2 && ran.stderr.contains("dockgen.toml already exists"), "{}", ran.stderr);
    project.run(&["generate"]).ok();
    assert_eq!(project.read("Dockgen.Toml"), FASTAPI);
}

/// The same race as on other disks, where the file that appears has another spelling.
fn a_file_that_appears_in_other_letters_is_kept(disk: &Disk) {
    let project = disk.project("race", &[("dockgen.toml", FASTAPI)]);
    for turn in 0..30 {
        for name in ["Dockerfile", "compose.yaml", "k8s.yaml", ".dockerignore", ".env.example", "dockgen.lock"] {
            let _ = std::fs::remove_file(project.0.join(name));
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
        command
            .args(["generate", "-q"])
            .current_dir(&project.0)
            .env_clear()
            .env("HOME", "/dev/null")
            .stdin(std::process::Stdio::null());
        let mut run = command.stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(turn * 1000));
        let mine = std::fs::OpenOptions::new().write(true).create_new(true).open(project.0.join("COMPOSE.yaml"));
        let created = mine.is_ok_and(|mut file| std::io::Write::write_all(&mut file, b"mine\n").is_ok());
        run.wait().unwrap();
        assert!(!created || project.read("compose.yaml") == "mine\n", "{turn}");
    }
}

/// The rules themselves need no such disk.
#[test]
fn paths_that_differ_only_in_case_are_refused_on_every_disk() {
    let project = Project::fastapi();
    let cases = [
        ["output.compose=Dockerfile", "output.kubernetes=k8s.yaml"],
        ["output.compose=dockerfile", "output.kubernetes=k8s.yaml"],
        ["output.compose=A.yaml", "output.kubernetes=a.yaml"],
        ["output.compose=É.yaml", "output.kubernetes=é.yaml"],
        ["output.compose=x/A.yaml", "output.kubernetes=X/a.yaml"],
        ["output.compose=DOCKGEN.lock", "output.kubernetes=k8s.yaml"],
        ["output.compose=.GIT/x", "output.kubernetes=k8s.yaml"],
    ];
    let before = project.tree();
    for sets in cases {
        let ran = project.run(&["generate", "--set", sets[0], "--set", sets[1]]);
        assert_eq!((ran.code, project.tree()), (2, before.clone()), "{sets:?}: {}", ran.stderr);
    }
}
