//! Presets from elsewhere: git repositories and user-wide folders, the lock that pins them, and the cache that makes runs offline.

use std::path::{Path, PathBuf};
use std::process::Command;

use assert_fs::TempDir;
use assert_fs::prelude::*;

use crate::common::{Project, Ran};
use crate::git::{commit, git};

/// A preset that a project can be told apart by.
const TEAM: &str = "description = \"Team\"\nextends = [\"../base\"]\n[enforce.image]\nregistry = \"mirror.example.com\"\n";
pub(crate) const BASE: &str = "description = \"Base\"\nextends = [\"fastapi-uvicorn\"]\n[compose.limits]\nmemory = \"1G\"\n";

/// A repository of presets on a server, with the checkout of its owners.
pub(crate) struct Presets {
    folder: TempDir,
}

impl Presets {
    pub(crate) fn new() -> Self {
        let presets = Self { folder: TempDir::new().unwrap() };
        presets.write("web/preset.toml", TEAM);
        presets.write("base/preset.toml", BASE);
        git(presets.folder.path(), &["init", "--quiet", "--bare", "presets.git"]);
        presets.publish("one");
        presets
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn server(&self) -> PathBuf {
        self.folder.path().join("presets.git")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.folder.child(format!("work/{path}")).write_str(text).unwrap();
    }

    /// Commits and pushes what was written.
    pub(crate) fn publish(&self, message: &str) -> String {
        let revision = commit(&self.work(), message);
        git(&self.work(), &["push", "--quiet", "--force", "--tags", self.server().to_str().unwrap(), "HEAD:main"]);
        git(&self.server(), &["symbolic-ref", "HEAD", "refs/heads/main"]);
        revision
    }

    /// Publishes a tag of what is there.
    pub(crate) fn tag(&self, name: &str) {
        git(&self.work(), &["tag", name]);
        git(&self.work(), &["push", "--quiet", "--tags", self.server().to_str().unwrap()]);
    }

    pub(crate) fn address(&self, rest: &str) -> String {
        format!("git+file://{}{rest}", self.server().display())
    }
}

/// A project with a home of its own.
pub(crate) struct Team {
    pub(crate) project: Project,
    pub(crate) home: TempDir,
}

impl Team {
    pub(crate) fn new(preset: &str) -> Self {
        let spec = format!("presets = [{preset:?}]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n");
        let files = [("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", spec.as_str())];
        Self { project: Project::new(&files), home: TempDir::new().unwrap() }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.project.command(arguments);
        command.env("HOME", self.home.path()).env("TMPDIR", self.home.path()).env("PATH", std::env::var_os("PATH").unwrap());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], reasons: &[&str]) {
        let before = self.project.tree();
        let ran = self.run(arguments);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        for reason in reasons {
            assert!(ran.stderr.contains(reason), "{reason:?} is not in\n{}", ran.stderr);
        }
        assert_eq!(self.project.tree(), before);
    }
}

fn with_name(name: &str, text: &str, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_repository_is_announced_locked_and_then_not_asked_again() {
    let presets = Presets::new();
    let revision = git(&presets.work(), &["rev-parse", "HEAD"]);
    let team = Team::new(&presets.address("//web#main"));
    let ran = team.run(&["generate", "--trust"]).ok();
    let announced = format!(
        "new preset {} at {}\n           images, packages and Python\n             image.registry = \"mirror.example.com\" (enforced): registry",
        presets.address("#main"),
        &revision[..12]
    );
    assert!(ran.stderr.contains(&announced) && ran.stderr.contains("\n   created Dockerfile\n"), "{}", ran.stderr);
    let lock = team.project.read("dockgen.lock");
    assert!(lock.contains(&format!("[presets.{:?}]\nrevision = {revision:?}\nsha256 = ", presets.address("#main"))), "{lock}");
    assert!(team.project.read("Dockerfile").contains("FROM mirror.example.com/python"));
    assert!(team.project.read("compose.yaml").contains("memory: \"1G\""));
    // the server may be gone
    std::fs::rename(presets.server(), presets.folder.path().join("gone")).unwrap();
    assert!(team.run(&["generate"]).ok().stderr.contains("unchanged all 5 files"));
    let origin = team.run(&["show", "image.registry"]).ok().stdout;
    assert_eq!(origin, format!("image.registry = \"mirror.example.com\"  # {}:4\n", presets.address("//web#main")));
    // without the cache it is asked again
    std::fs::remove_dir_all(team.home.path().join(".cache")).unwrap();
    team.refused(&["generate"], &["cannot fetch git+file://", "git ls-remote"]);
}

#[test]
fn other_checkouts_get_what_the_lock_says_although_the_branch_moved_on() {
    let presets = Presets::new();
    let team = Team::new(&presets.address("//web#main"));
    team.run(&["generate", "--trust"]).ok();
    let locked = team.project.read("dockgen.lock");
    presets.write("base/preset.toml", &BASE.replace("1G", "2G"));
    presets.publish("two");
    std::fs::remove_dir_all(team.home.path().join(".cache")).unwrap();
    team.run(&["generate"]).ok();
    assert_eq!(team.project.read("dockgen.lock"), locked);
    assert!(team.project.read("compose.yaml").contains("memory: \"1G\""));
}

#[test]
fn update_shows_what_changes_moves_the_lock_and_writes_the_files() {
    let presets = Presets::new();
    let team = Team::new(&presets.address("//web#main"));
    team.run(&["generate", "--trust"]).ok();
    team.project.edit("Dockerfile", "EXPOSE 8000\n", "EXPOSE 8000\n# ours\n");
    assert!(team.run(&["presets", "update"]).ok().stderr.contains("unchanged all presets are up to date"));
    presets.write("base/preset.toml", &BASE.replace("1G", "2G").replace("[compose", "[python]\nversion = \"3.13\"\n[compose"));
    let revision = presets.publish("two");
    let before = team.project.tree();
    let shown = team.run(&["presets", "update", "--diff"]);
    assert_eq!((shown.code, team.project.tree() == before), (1, true), "{}", shown.stderr);
    assert!(shown.stdout.contains("-        memory: \"1G\"\n+        memory: \"2G\"\n"), "{}", shown.stdout);
    assert!(shown.stderr.contains(&format!("-> {}", &revision[..12])), "{}", shown.stderr);
    let clash = team.run(&["presets", "update", "--trust"]);
    assert_eq!((clash.code, team.project.tree() == before), (1, true), "{}", clash.stderr);
    // the cache of texts may be gone: what the locked presets give is what the file was edited from
    std::fs::remove_dir_all(team.home.path().join(".cache/dockgen/outputs")).unwrap();
    let ran = team.run(&["presets", "update", "--merge", "--trust"]).ok();
    assert!(ran.stderr.contains("    merged Dockerfile"), "{}", ran.stderr);
    assert!(team.project.read("Dockerfile").contains("EXPOSE 8000\n# ours\n"));
    assert!(team.project.read("Dockerfile").contains("FROM mirror.example.com/python:3.13-slim"));
    assert!(team.project.read("dockgen.lock").contains(&revision));
    let after = team.project.tree();
    team.run(&["presets", "update", "--merge"]).ok();
    team.run(&["generate"]).ok();
    assert_eq!(team.project.tree(), after);
}

#[test]
fn one_preset_is_moved_by_its_name() {
    let (one, other) = (Presets::new(), Presets::new());
    let team = Team::new(&one.address("//web"));
    let second = format!("{:?}, {:?}", one.address("//web"), other.address("//base#main"));
    team.project.edit("dockgen.toml", &format!("{:?}", one.address("//web")), &second);
    team.run(&["generate", "--trust"]).ok();
    for presets in [&one, &other] {
        presets.write("base/preset.toml", &BASE.replace("1G", "2G"));
        presets.publish("two");
    }
    team.refused(
        &["presets", "update", "uv"],
        &["this project uses no git or user-wide preset called \"uv\"", "it uses git+file://"],
    );
    let ran = team.run(&["presets", "update", &other.address("//base#main")]).ok();
    assert_eq!(ran.stderr.matches("updated git+file").count(), 1, "{}", ran.stderr);
    assert!(team.project.read("compose.yaml").contains("memory: \"2G\""));
}

#[test]
fn a_lock_that_does_not_match_and_a_commit_that_is_gone_are_refused() {
    let presets = Presets::new();
    let team = Team::new(&presets.address("//web#main"));
    team.run(&["generate", "--trust"]).ok();
    let lock = team.project.read("dockgen.lock");
    let sha = lock.split("sha256 = \"").nth(1).unwrap().split('"').next().unwrap();
    team.project.edit("dockgen.lock", sha, &"0".repeat(64));
    team.refused(&["generate"], &["doesn't match the hash in dockgen.lock", "dockgen presets update"]);
    std::fs::write(team.project.0.path().join("dockgen.lock"), &lock).unwrap();
    // what is in the cache is not trusted either: damaged, it is fetched again
    let cached = team.home.path().join(".cache/dockgen/presets").join(sha);
    let text = std::fs::read_to_string(&cached).unwrap();
    std::fs::write(&cached, text.replace("mirror.example.com", "evil.example.com")).unwrap();
    team.run(&["generate", "--check"]).ok();
    assert_eq!(std::fs::read_to_string(&cached).unwrap(), text);
    // the branch was rewritten, and the old commit is gone
    std::fs::remove_dir_all(team.home.path().join(".cache")).unwrap();
    presets.write("base/preset.toml", &BASE.replace("1G", "2G"));
    git(&presets.work(), &["checkout", "--quiet", "--orphan", "fresh"]);
    presets.publish("rewritten");
    git(&presets.server(), &["reflog", "expire", "--expire=now", "--all"]);
    git(&presets.server(), &["gc", "--quiet", "--prune=now"]);
    team.refused(&["generate"], &["in dockgen.lock no longer exists in", ": main is now", "dockgen presets update git+file://"]);
    team.run(&["presets", "update", "--trust"]).ok();
}

#[test]
fn a_branch_that_is_missing_is_named() {
    let presets = Presets::new();
    let team = Team::new(&presets.address("//web#v9"));
    team.refused(&["generate"], &["it has no branch or tag `v9`", "git ls-remote --heads --tags file://"]);
}

#[test]
fn a_tag_that_moved_changes_nothing_until_it_is_asked_for() {
    let presets = Presets::new();
    git(&presets.work(), &["tag", "v1"]);
    presets.publish("one");
    let team = Team::new(&presets.address("//web#v1"));
    team.run(&["generate", "--trust"]).ok();
    presets.write("base/preset.toml", &BASE.replace("1G", "2G"));
    commit(&presets.work(), "two");
    git(&presets.work(), &["tag", "--force", "v1"]);
    git(&presets.work(), &["push", "--quiet", "--force", "--tags", presets.server().to_str().unwrap(), "HEAD:main"]);
    team.run(&["generate", "--check"]).ok();
    std::fs::remove_dir_all(team.home.path().join(".cache")).unwrap();
    team.run(&["generate", "--check"]).ok();
    assert!(team.run(&["presets", "update", "--diff"]).stderr.contains("new version git+file"));
}

#[test]
fn what_a_repository_must_not_hold_is_refused_and_nothing_of_it_runs() {
    let team = |presets: &Presets, reasons: &[&str]| Team::new(&presets.address("//web")).refused(&["generate"], reasons);
    let with = |path: &str, text: &str| {
        let presets = Presets::new();
        presets.write(path, text);
        presets.publish("hostile");
        presets
    };
    team(&with("web/preset.toml", "extends = [\"../../../etc/passwd\"]\n"), &["is outside the preset's repository", "web:1:12"]);
    team(&with("web/preset.toml", "extends = [\"/etc/dockgen.toml\"]\n"), &["is outside the preset's repository"]);
    team(&with("web/preset.toml", "extends = [\"git+ext::sh -c id\"]\n"), &["has no https, ssh or file URL"]);
    team(&with("web/preset.toml", "extends = [\"git+ssh://-oProxyCommand/a\"]\n"), &["has no host"]);
    team(&with("web/preset.toml", "extends = [\"git+https://a/b#--upload-pack\"]\n"), &["invalid branch, tag or commit"]);
    team(&with("web/preset.toml", "extends = [\"../web\"]\n"), &["presets extend each other in a circle"]);
    team(&with("web/preset.toml", "extends = [\"team-of-this-machine\"]\n"), &["unknown preset \"team-of-this-machine\""]);
    team(&with("web/preset.toml", "[secrets.KEY]\nvalue = \"x\"\n"), &["unknown key `secrets.KEY.value`"]);
    team(&with("web/preset.toml", "presets = [\"uv\"]\n"), &["a preset can't contain `presets`"]);
    team(&with("other/large.toml", &"#".repeat(1024 * 1024 + 1)), &["`other/large.toml` has 1048577 bytes"]);
    let presets = Presets::new();
    std::fs::write(presets.work().join("web/preset.toml"), b"description = \"\xff\"\n").unwrap();
    presets.publish("latin");
    team(&presets, &["`web/preset.toml` is not UTF-8 text"]);
    let presets = Presets::new();
    std::fs::remove_file(presets.work().join("web/preset.toml")).unwrap();
    std::os::unix::fs::symlink("/etc/hosts", presets.work().join("web/preset.toml")).unwrap();
    presets.publish("link");
    team(&presets, &["`web/preset.toml` is a symbolic link, which a preset can't contain"]);
    let (presets, other) = (Presets::new(), Presets::new());
    git(
        &presets.work(),
        &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.server().to_str().unwrap(), "web/templates"],
    );
    presets.publish("submodule");
    team(&presets, &["`web/templates` is a submodule, which a preset can't contain"]);
}

#[test]
fn a_hook_of_a_repository_and_settings_of_a_hook_change_nothing() {
    let presets = Presets::new();
    for hook in ["post-checkout", "post-merge", "reference-transaction", "fsmonitor-watchman", "upload-pack"] {
        let ran = presets.folder.path().join("ran");
        with_name(hook, &format!("#!/bin/sh\ntouch {}\n", ran.display()), &presets.work().join("hooks"));
        with_name(hook, &format!("#!/bin/sh\ntouch {}\n", ran.display()), &presets.work().join(".githooks"));
    }
    presets.publish("hooks");
    let team = Team::new(&presets.address("//web"));
    // dockgen may itself be called from a hook, where git tells everybody about its own repository
    let own = TempDir::new().unwrap();
    git(own.path(), &["init", "--quiet"]);
    let mut command = team.command(&["generate", "--trust"]);
    command
        .env("GIT_DIR", own.path().join(".git"))
        .env("GIT_INDEX_FILE", own.path().join("index"))
        .env("GIT_WORK_TREE", own.path());
    Ran::from(command.output().unwrap()).ok();
    assert!(!presets.folder.path().join("ran").exists());
    assert!(!own.path().join(".git/FETCH_HEAD").exists());
}

#[test]
fn a_repository_that_is_too_large_is_given_up() {
    let presets = Presets::new();
    git(&presets.work(), &["config", "core.compression", "0"]);
    // nothing that packs well: a generator of pseudo-random numbers (Knuth, MMIX)
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(66 << 20)
    .collect();
    std::fs::write(presets.work().join("web/large.bin"), noise).unwrap();
    presets.publish("large");
    Team::new(&presets.address("//web")).refused(&["generate"], &["it is larger than 64 MiB"]);
}

#[test]
fn user_wide_presets_have_a_name_and_are_locked_by_content() {
    let team = Team::new("team");
    team.refused(&["generate"], &["unknown preset \"team\""]);
    let presets = team.home.path().join(".config/dockgen/presets");
    with_name("team.toml", BASE, &presets);
    team.run(&["generate", "--trust"]).ok();
    assert!(team.project.read("dockgen.lock").contains("[presets.\"team\"]\nsha256 = "));
    assert!(team.run(&["presets"]).ok().stdout.contains("\nteam             Base\n"));
    // on another machine the name may mean something else
    with_name("team.toml", &BASE.replace("1G", "2G"), &presets);
    team.refused(&["generate"], &["preset \"team\" doesn't match the hash in dockgen.lock"]);
    team.run(&["presets", "update", "team"]).ok();
    assert!(team.project.read("compose.yaml").contains("memory: \"2G\""));
    // the folders of the variable come first, and a preset may be a folder
    let path = TempDir::new().unwrap();
    with_name("preset.toml", &BASE.replace("1G", "3G"), &path.path().join("team"));
    let update = team.command(&["presets", "update"]).env("DOCKGEN_PRESET_PATH", path.path()).output().unwrap();
    Ran::from(update).ok();
    assert!(team.project.read("compose.yaml").contains("memory: \"3G\""));
    with_name("uv.toml", BASE, &presets);
    let path = path.path().to_str().unwrap();
    let other = Team { project: Team::new("uv").project, ..team };
    let ran = Ran::from(other.command(&["generate"]).env("DOCKGEN_PRESET_PATH", path).output().unwrap());
    assert!(ran.code == 2 && ran.stderr.contains("uv.toml` has the same name as a built-in preset"), "{}", ran.stderr);
}

#[test]
fn many_runs_at_once_share_the_cache() {
    let presets = Presets::new();
    let home = TempDir::new().unwrap();
    let teams: Vec<Team> = (0..8).map(|_| Team::new(&presets.address("//web"))).collect();
    let children: Vec<_> =
        teams.iter().map(|team| team.command(&["generate", "-q", "--trust"]).env("HOME", home.path()).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let first = teams[0].project.tree();
    assert!(teams.iter().all(|team| team.project.tree() == first));
}

/// Twelve objects that are ten thousand million files.
#[test]
fn a_repository_of_endless_folders_is_given_up() {
    let presets = Presets::new();
    let work = presets.work();
    let tree = |lines: &str| {
        std::fs::write(work.join("lines"), lines).unwrap();
        let mut command = Command::new("git");
        command.arg("mktree").current_dir(&work).stdin(std::fs::File::open(work.join("lines")).unwrap());
        String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
    };
    let blob = git(&work, &["hash-object", "-w", "web/preset.toml"]);
    let ten =
        |kind: &str, object: &str| (0..10).flat_map(|n| [kind.to_owned(), format!(" {object}\tx{n}\n")]).collect::<String>();
    let mut inner = tree(&ten("100644 blob", &blob));
    for _ in 0..9 {
        inner = tree(&ten("040000 tree", &inner));
    }
    let top = tree(&format!("100644 blob {blob}\tpreset.toml\n040000 tree {inner}\tzz\n"));
    let commit = git(&work, &["commit-tree", &top, "-m", "bomb"]);
    git(&work, &["push", "--quiet", "--force", presets.server().to_str().unwrap(), &format!("{commit}:refs/heads/main")]);
    Team::new(&presets.address("")).refused(&["generate"], &["the repository has too many files"]);
}
