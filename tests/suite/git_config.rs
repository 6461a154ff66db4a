//! Every setting of git that runs a program, in the configuration of the project or of an embedded bare repository: none of them runs.
#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::{Project, Ran};
use crate::git::{commit, git};
use crate::sources::{Presets, Team};

/// Changes a repository, and says where the project lies in it.
type Shape = fn(&Path) -> PathBuf;

/// A merge for which dockgen reads the history of compose.yaml.
const MERGE: [&str; 6] = ["generate", "-q", "--merge", "--set", "compose.restart=always", "--set=python.version=3.13"];

/// Keys that run what they are set to, from `git help config`, each with what makes git use it. `RUN` is the program.
const KEYS: [&[(&str, &str)]; 62] = [
    &[("core.fsmonitor", "RUN")],
    &[("core.fsmonitor", "RUN"), ("core.fsmonitorHookVersion", "1")],
    &[("core.hooksPath", "HOOKS")],
    &[("core.pager", "RUN")],
    &[("pager.log", "RUN")],
    &[("pager.rev-list", "RUN")],
    &[("pager.cat-file", "RUN")],
    &[("core.editor", "RUN")],
    &[("sequence.editor", "RUN")],
    &[("core.sshCommand", "RUN")],
    &[("core.gitProxy", "RUN")],
    &[("core.askPass", "RUN")],
    &[("core.alternateRefsCommand", "RUN")],
    &[("credential.helper", "!RUN")],
    &[("credential.https://example.com.helper", "!RUN")],
    &[("diff.external", "RUN")],
    &[("diff.evil.command", "RUN")],
    &[("diff.evil.textconv", "RUN"), ("log.diffMerges", "on"), ("log.showRoot", "true")],
    &[("diff.tool", "evil"), ("difftool.evil.cmd", "RUN"), ("difftool.evil.path", "RUN")],
    &[("merge.tool", "evil"), ("mergetool.evil.cmd", "RUN"), ("mergetool.evil.path", "RUN")],
    &[("diff.guitool", "evil"), ("guitool.evil.cmd", "RUN")],
    &[("merge.evil.driver", "RUN"), ("merge.default", "evil")],
    &[("filter.evil.smudge", "RUN"), ("filter.evil.required", "true")],
    &[("filter.evil.clean", "RUN"), ("filter.evil.required", "true")],
    &[("filter.evil.process", "RUN"), ("filter.evil.required", "true")],
    &[("gpg.program", "RUN")],
    &[("log.showSignature", "true"), ("gpg.program", "RUN")],
    &[("log.showSignature", "true"), ("gpg.openpgp.program", "RUN")],
    &[("log.showSignature", "true"), ("gpg.format", "x509"), ("gpg.x509.program", "RUN")],
    &[("log.showSignature", "true"), ("gpg.ssh.program", "RUN"), ("gpg.ssh.allowedSignersFile", "/dev/null")],
    &[("commit.gpgSign", "true"), ("gpg.ssh.defaultKeyCommand", "RUN")],
    &[("alias.log", "!RUN")],
    &[("alias.rev-list", "!RUN")],
    &[("alias.cat-file", "!RUN")],
    &[("alias.init", "!RUN")],
    &[("alias.fetch", "!RUN")],
    &[("interactive.diffFilter", "RUN")],
    &[("trailer.evil.command", "RUN")],
    &[("trailer.evil.cmd", "RUN")],
    &[("uploadpack.packObjectsHook", "RUN")],
    &[("remote.origin.url", "PROJECT"), ("remote.origin.uploadpack", "RUN")],
    &[("remote.origin.url", "PROJECT"), ("remote.origin.receivepack", "RUN")],
    &[("remote.origin.url", "x"), ("remote.origin.vcs", "evil")],
    &[("remote.origin.url", "ext::RUN"), ("protocol.ext.allow", "always")],
    &[("url.ext::RUN .insteadOf", "https://"), ("protocol.allow", "always")],
    &[("remote.origin.promisor", "true"), ("remote.origin.url", "PROJECT"), ("remote.origin.uploadpack", "RUN")],
    &[("remote.origin.promisor", "true"), ("remote.origin.url", "ext::RUN"), ("protocol.ext.allow", "always")],
    &[("remote.origin.promisor", "true"), ("remote.origin.url", "ssh://example.com/a"), ("core.sshCommand", "RUN")],
    &[("remote.origin.promisor", "true"), ("remote.origin.url", "git://127.0.0.1:1/a"), ("core.gitProxy", "RUN")],
    &[("include.path", "INCLUDED")],
    &[("includeIf.gitdir:/.path", "INCLUDED")],
    &[("tar.evil.command", "RUN")],
    &[("man.viewer", "evil"), ("man.evil.cmd", "RUN"), ("man.evil.path", "RUN")],
    &[("web.browser", "evil"), ("browser.evil.cmd", "RUN"), ("browser.evil.path", "RUN")],
    &[("instaweb.browser", "RUN"), ("instaweb.httpd", "RUN")],
    &[("sendemail.smtpServer", "RUN"), ("sendemail.toCmd", "RUN"), ("sendemail.ccCmd", "RUN"), ("sendemail.headerCmd", "RUN")],
    &[("imap.tunnel", "RUN")],
    &[("submodule.evil.update", "!RUN"), ("submodule.recurse", "true")],
    &[("init.templateDir", "HOOKS")],
    &[("core.attributesFile", "ATTRIBUTES"), ("diff.evil.textconv", "RUN"), ("diff.evil.command", "RUN")],
    &[("hook.evil.command", "RUN"), ("hook.evil.event", "reference-transaction")],
    &[("extensions.worktreeConfig", "true"), ("core.fsmonitor", "RUN")],
];

/// Hooks of githooks(5) that anything here could run.
const HOOKS: [&str; 8] = [
    "post-checkout",
    "post-merge",
    "reference-transaction",
    "fsmonitor-watchman",
    "pre-auto-gc",
    "post-index-change",
    "proc-receive",
    "post-rewrite",
];

/// A project that has a history, an edited file for which it is read, and a program that leaves a mark when it runs.
struct Trap {
    project: Project,
    tools: assert_fs::TempDir,
    edited: String,
}

impl Trap {
    fn new() -> Self {
        let (project, tools) = (Project::fastapi(), assert_fs::TempDir::new().unwrap());
        project.run(&["generate", "-q"]).ok();
        let root = project.0.path();
        fs::write(root.join(".gitattributes"), "* diff=evil filter=evil merge=evil\n").unwrap();
        commit(root, "generated");
        sign(root);
        project.edit("compose.yaml", "services:\n", "# ours\nservices:\n");
        let edited = project.read("compose.yaml");
        let trap = Self { project, tools, edited };
        trap.program("run");
        for hook in HOOKS {
            trap.program(&format!("hooks/{hook}"));
            trap.program(&format!("hooks/hooks/{hook}"));
        }
        trap.program("git-remote-evil");
        fs::write(trap.tools.path().join("attributes"), "* diff=evil\n").unwrap();
        let run = trap.tool("run");
        let included =
            format!("[core]\n\tfsmonitor = {run}\n\tpager = {run}\n[log]\n\tshowSignature\n[gpg]\n\tprogram = {run}\n");
        fs::write(trap.tools.path().join("included"), included).unwrap();
        trap
    }

    fn tool(&self, name: &str) -> String {
        self.tools.path().join(name).to_str().unwrap().to_owned()
    }

    fn program(&self, name: &str) {
        let path = self.tools.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\necho {name} >>{}\n", self.tool("mark"))).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A value with this machine's paths.
    fn value(&self, text: &str) -> String {
        let project = self.project.0.path().to_str().unwrap();
        let words = [
            ("RUN", self.tool("run")),
            ("HOOKS", self.tool("hooks")),
            ("INCLUDED", self.tool("included")),
            ("ATTRIBUTES", self.tool("attributes")),
            ("PROJECT", project.to_owned()),
        ];
        words.into_iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, &value))
    }

    fn set(&self, config: &Path, keys: &[(&str, &str)]) {
        for (key, value) in keys {
            let mut git = Command::new("git");
            git.arg("config").arg("--file").arg(config).args([self.value(key), self.value(value)]);
            // not every key has a name that git takes from here
            let _ = git.current_dir(self.tools.path()).stderr(Stdio::null()).status();
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.project.command(arguments);
        let path = format!("{}:{}", self.tools.path().display(), std::env::var("PATH").unwrap());
        // an empty entry is the current folder
        command.env("PATH", format!(":{path}")).env("TMPDIR", self.tools.path());
        command
    }

    /// What has run.
    fn mark(&self) -> Option<String> {
        let mark = fs::read_to_string(self.tool("mark")).ok();
        let _ = fs::remove_file(self.tool("mark"));
        mark
    }

    /// Merges, and says what is wrong with that.
    fn merge(&self) -> Option<String> {
        fs::write(self.project.0.path().join("compose.yaml"), &self.edited).unwrap();
        let ran = Ran::from(self.command(&MERGE).output().unwrap());
        if let Some(mark) = self.mark() {
            return Some(format!("runs {}", mark.replace('\n', " ")));
        }
        let text = self.project.read("compose.yaml");
        let merged = ran.code == 0 && text.contains("# ours\n") && text.contains("restart: always");
        (!merged).then(|| format!("exit {}, history was not read: {}", ran.code, ran.stderr))
    }
}

/// Merges where history may be out of reach, and so no merge may come of it: only what runs counts.
#[track_caller]
fn runs_nothing(trap: &Trap) {
    let ran = trap.merge().filter(|why| why.starts_with("runs"));
    assert_eq!(ran, None);
}

/// Puts a commit on top that says it is signed.
fn sign(folder: &Path) {
    let head = git(folder, &["cat-file", "commit", "HEAD"]);
    let (fields, message) = head.split_once("\n\n").unwrap();
    let signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n aGVsbG8=\n -----END PGP SIGNATURE-----";
    fs::write(folder.join(".git/signed"), format!("{fields}\n{signature}\n\n{message}\n")).unwrap();
    let signed = git(folder, &["hash-object", "-t", "commit", "-w", ".git/signed"]);
    git(folder, &["update-ref", "HEAD", &signed]);
}

#[test]
fn no_key_of_the_project_runs_a_program_while_history_is_read() {
    let trap = Trap::new();
    let config = trap.project.0.path().join(".git/config");
    let clean = fs::read_to_string(&config).unwrap();
    assert_eq!(trap.merge(), None);
    let mut wrong = Vec::new();
    for keys in KEYS {
        fs::write(&config, &clean).unwrap();
        trap.set(&config, keys);
        wrong.extend(trap.merge().map(|why| format!("{keys:?}: {why}")));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), KEYS.len(), wrong.join("\n"));
}

#[test]
fn no_documented_key_disturbs_a_merge() {
    let trap = Trap::new();
    let config = trap.project.0.path().join(".git/config");
    let listed = Command::new("git").args(["help", "--config"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let keys: Vec<String> = listed.lines().filter(|key| key.contains('.') && !key.contains(' ')).map(named).collect();
    assert!(keys.len() > 300, "git lists {} keys only", keys.len());
    // written at once: git itself would refuse to go on after the first senseless one
    let mut text = fs::read_to_string(&config).unwrap();
    for key in &keys {
        let (section, name) = key.rsplit_once('.').unwrap();
        let head = section.split_once('.').map_or(section.to_owned(), |(section, sub)| format!("{section} \"{sub}\""));
        writeln!(text, "[{head}]\n\t{name} = {}", trap.tool("run")).unwrap();
    }
    fs::write(&config, text).unwrap();
    assert_eq!(trap.merge(), None);
    trap.command(&["init", "--yes", "--force", "-q"]).output().unwrap();
    assert_eq!(trap.mark(), None);
}

/// A key with names in place of `<name>` and `*`.
fn named(key: &str) -> String {
    let mut named = String::new();
    let mut inside = false;
    for letter in key.chars() {
        match letter {
            '<' => {
                inside = true;
                named.push_str("evil");
            }
            '>' => inside = false,
            '*' => named.push_str("evil"),
            _ if !inside => named.push(letter),
            _ => {}
        }
    }
    named
}

#[test]
fn an_embedded_bare_repository_is_no_repository_of_the_project() {
    let trap = Trap::new();
    let root = trap.project.0.path();
    // the project's folder is itself what git takes for a bare repository
    for name in ["HEAD", "objects", "refs", "config"] {
        fs::rename(root.join(".git").join(name), root.join(name)).unwrap();
    }
    fs::remove_dir_all(root.join(".git")).unwrap();
    let run = [("core.bare", "true"), ("log.showSignature", "true"), ("gpg.program", "RUN"), ("core.fsmonitor", "RUN")];
    trap.set(&root.join("config"), &run);
    runs_nothing(&trap);
    // the same with a `.git` that is empty, and one that leads there
    for text in ["", "gitdir: .\n"] {
        fs::write(root.join(".git"), text).unwrap();
        runs_nothing(&trap);
    }
}

#[test]
fn what_a_partial_clone_lacks_is_not_fetched() {
    let trap = Trap::new();
    let root = trap.project.0.path();
    let blob = git(root, &["rev-parse", "HEAD:compose.yaml"]);
    fs::remove_file(root.join(".git/objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    let origins: [&[(&str, &str)]; 3] = [
        &[("remote.origin.url", "PROJECT"), ("remote.origin.uploadpack", "RUN")],
        &[("remote.origin.url", "ext::RUN"), ("protocol.ext.allow", "always")],
        &[("remote.origin.url", "ssh://example.com/a"), ("core.sshCommand", "RUN")],
    ];
    for origin in origins {
        let config = root.join(".git/config");
        let partial =
            [("core.repositoryFormatVersion", "1"), ("extensions.partialClone", "origin"), ("remote.origin.promisor", "true")];
        trap.set(&config, &[&partial[..], origin].concat());
        runs_nothing(&trap);
    }
}

#[test]
fn a_git_in_the_project_is_not_run() {
    let trap = Trap::new();
    for name in ["git", "git-log", "git-rev-list", "git-cat-file", "gpg", "ssh", "less"] {
        let path = trap.project.0.path().join(name);
        fs::write(&path, format!("#!/bin/sh\necho {name} >>{}\n", trap.tool("mark"))).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    runs_nothing(&trap);
}

#[test]
fn history_is_read_in_every_shape_of_repository() {
    let shapes: [(&str, Shape); 5] = [
        ("packed", |root| {
            git(root, &["gc", "--quiet"]);
            root.to_path_buf()
        }),
        ("detached", |root| {
            git(root, &["checkout", "--quiet", "--detach"]);
            root.to_path_buf()
        }),
        ("linked work tree", |root| {
            git(root, &["worktree", "add", "--quiet", "--detach", "../linked"]);
            root.parent().unwrap().join("linked")
        }),
        ("shallow clone", |root| {
            let url = format!("file://{}", root.display());
            git(root, &["clone", "--quiet", "--depth=1", &url, "../shallow"]);
            root.parent().unwrap().join("shallow")
        }),
        ("folder of a repository", |root| {
            fs::create_dir(root.join("api")).unwrap();
            for entry in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()) {
                if entry != ".git" && entry != "api" {
                    fs::rename(root.join(&entry), root.join("api").join(&entry)).unwrap();
                }
            }
            commit(root, "moved");
            root.join("api")
        }),
    ];
    for (shape, change) in shapes {
        let folder = assert_fs::TempDir::new().unwrap();
        let root = folder.path().join("project");
        let project = Project::fastapi();
        project.run(&["generate", "-q"]).ok();
        fs::create_dir(&root).unwrap();
        for (path, bytes) in project.tree() {
            fs::write(root.join(path), bytes).unwrap();
        }
        commit(&root, "generated");
        let place = change(&root);
        let text = fs::read_to_string(place.join("compose.yaml")).unwrap();
        fs::write(place.join("compose.yaml"), text.replacen("services:\n", "# ours\nservices:\n", 1)).unwrap();
        let mut command = project.command(&MERGE);
        command.current_dir(&place).env("PATH", std::env::var_os("PATH").unwrap()).env("TMPDIR", folder.path());
        let ran = Ran::from(command.output().unwrap());
        assert_eq!(ran.code, 0, "{shape}: {}", ran.stderr);
        assert!(fs::read_to_string(place.join("compose.yaml")).unwrap().contains("restart: always"), "{shape}");
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("dockgen-")), "{left:?}");
    }
}

#[test]
fn presets_are_fetched_without_the_settings_of_the_project_and_of_their_repository() {
    let trap = Trap::new();
    let presets = Presets::new();
    let team = Team::new(&presets.address("//web#main"));
    let root = team.project.0.path();
    commit(root, "start");
    let server = presets.address("");
    let server = Path::new(server.strip_prefix("git+file://").unwrap());
    for keys in KEYS {
        for config in [root.join(".git/config"), server.join("config")] {
            let repository = keys.iter().any(|(key, _)| key.starts_with("remote.") || key.starts_with("extensions."));
            if !repository || config.starts_with(root) {
                trap.set(&config, keys);
            }
        }
    }
    for hook in HOOKS {
        let target = server.join("hooks").join(hook);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(trap.tool(&format!("hooks/{hook}")), target).unwrap();
    }
    for arguments in [&["generate", "--trust"][..], &["presets", "update"], &["generate", "--check"]] {
        let mut command = team.command(arguments);
        command.env("GIT_DIR", root.join(".git")).env("GIT_WORK_TREE", root).env("GIT_CEILING_DIRECTORIES", "/");
        let _ = fs::remove_dir_all(team.home.path().join(".cache"));
        Ran::from(command.output().unwrap()).ok();
        assert_eq!(trap.mark(), None, "{arguments:?}");
    }
}
