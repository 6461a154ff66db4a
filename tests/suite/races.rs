//! An edit is never lost, whenever it is made: while a question waits, between the plan and the write, or during the write.
#![cfg(unix)]
#![allow(clippy::print_stdout, reason = "how many races there were, and what was not tested")]

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use assert_fs::TempDir;
use dockgen::plan::{OverwritePolicy, Plan};
use dockgen::render::RenderedFile;
use dockgen::seal::fingerprint;
use dockgen::write;

use crate::common::{Project, Ran, cases};

const OLD: &str = "first\nsecond\nthird\n";
const NEW: &str = "first\nsecond\nTHIRD\n";
const EDIT: &str = "first\nsecond\nthird, edited\n";

/// Files that dockgen wrote and would now replace, in the order in which it does so.
const THERE: [&str; 3] = ["one.txt", "deploy/two.txt", "dockgen.lock"];

/// Files that it would create.
const MISSING: [&str; 2] = ["three.txt", "fresh/four.txt"];

/// A folder that a run has looked at, and what it is about to write there.
struct Planned {
    folder: TempDir,
    outside: TempDir,
    plan: Plan,
}

impl Planned {
    fn new() -> Self {
        let (folder, outside) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        std::fs::create_dir(folder.path().join("deploy")).unwrap();
        for path in THERE {
            std::fs::write(folder.path().join(path), OLD).unwrap();
        }
        std::fs::write(outside.path().join("precious"), "precious\n").unwrap();
        let plan = plan(folder.path());
        Self { folder, outside, plan }
    }

    /// Writes the plan; whether all of it was written.
    fn apply(&self) -> bool {
        let lock = write::lock(self.folder.path()).unwrap();
        write::apply(&self.plan, &lock).is_ok_and(|changed| changed.is_empty())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }
}

fn plan(folder: &Path) -> Plan {
    let file = |path: &str| RenderedFile { key: "extra.any".into(), path: path.to_owned(), text: NEW.to_owned() };
    let outputs = [THERE[0], MISSING[0], THERE[1], MISSING[1]];
    let written = outputs.iter().filter(|path| THERE.contains(path)).map(|path| ((*path).to_owned(), fingerprint(OLD)));
    let written: BTreeMap<_, _> = written.collect();
    let mut plan =
        Plan::new(folder, outputs.iter().map(|path| file(path)).collect(), &written, OverwritePolicy::default()).unwrap();
    plan.add_own(folder, file(THERE[2]), Some(OLD.as_bytes())).unwrap();
    plan
}

/// Everything below a folder: what it is, what it contains, and who may use it.
pub(crate) fn snapshot(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let content = if metadata.is_symlink() {
            std::fs::read_link(&path).unwrap().display().to_string()
        } else if metadata.is_file() {
            std::fs::read_to_string(&path).unwrap()
        } else {
            String::new()
        };
        if metadata.is_dir() {
            found.extend(snapshot(&path));
        }
        found.insert(path, format!("{:?} {:o} {content}", metadata.file_type(), metadata.permissions().mode()));
    }
    found
}

pub(crate) fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

pub(crate) fn rename_over(path: &Path, text: &str) {
    let beside = path.with_extension("editor");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, path).unwrap();
}

pub(crate) fn other_kind(path: &Path, make: impl Fn(&Path)) {
    let _ = std::fs::remove_file(path);
    make(path);
}

type Change = (&'static str, fn(&Path, &Path));

/// What can happen to a file, with the folder outside of the project as second argument.
const EDITS: [Change; 12] = [
    ("edited in place", |path, _| std::fs::write(path, EDIT).unwrap()),
    ("edited to the same length", |path, _| std::fs::write(path, OLD.replace("first", "FIRST")).unwrap()),
    ("one more line", |path, _| append(path, "more\n")),
    ("emptied", |path, _| std::fs::write(path, "").unwrap()),
    ("renamed over", |path, _| rename_over(path, EDIT)),
    ("to CRLF", |path, _| std::fs::write(path, OLD.replace('\n', "\r\n")).unwrap()),
    ("deleted", |path, _| std::fs::remove_file(path).unwrap()),
    ("a folder", |path, _| other_kind(path, |path| std::fs::create_dir(path).unwrap())),
    ("a link inside", |path, _| other_kind(path, |path| symlink("other", path).unwrap())),
    ("a link outside", |path, outside| other_kind(path, |path| symlink(outside.join("precious"), path).unwrap())),
    ("a link to the same text", |path, outside| {
        std::fs::write(outside.join("same"), OLD).unwrap();
        other_kind(path, |path| symlink(outside.join("same"), path).unwrap());
    }),
    ("a pipe", |path, _| other_kind(path, |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()))),
];

/// What can come to be where there was nothing.
const ARRIVALS: [Change; 6] = [
    ("created", |path, _| std::fs::write(path, EDIT).unwrap()),
    ("created empty", |path, _| std::fs::write(path, "").unwrap()),
    ("created as dockgen would", |path, _| std::fs::write(path, NEW).unwrap()),
    ("a new folder", |path, _| std::fs::create_dir(path).unwrap()),
    ("a new link outside", |path, outside| symlink(outside.join("precious"), path).unwrap()),
    ("a new link to nowhere", |path, outside| symlink(outside.join("nothing"), path).unwrap()),
];

/// Changes a folder after the plan was made, applies the plan, and says which cases wrote anything at all.
fn written_all_the_same(paths: &[&'static str], changes: &[Change]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, (name, change)) in paths.iter().flat_map(|path| changes.iter().map(move |change| (path, change))) {
        let run = Planned::new();
        let target = run.path(path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        change(&target, run.outside.path());
        let before = (snapshot(run.folder.path()), snapshot(run.outside.path()));
        let all = run.apply();
        if all || before != (snapshot(run.folder.path()), snapshot(run.outside.path())) {
            wrong.push(format!("{path}: {name}"));
        }
    }
    wrong
}

#[test]
fn a_file_that_changed_since_the_plan_stops_the_whole_write() {
    let wrong = written_all_the_same(&THERE, &EDITS);
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), THERE.len() * EDITS.len());
}

#[test]
fn a_file_that_appeared_since_the_plan_stops_the_whole_write() {
    let wrong = written_all_the_same(&MISSING, &ARRIVALS);
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), MISSING.len() * ARRIVALS.len());
}

#[test]
fn a_folder_that_became_a_link_out_of_the_project_is_not_written_through() {
    for (folder, files) in [("deploy", 1), ("fresh", 0)] {
        let run = Planned::new();
        let outside = run.outside.path().join("away");
        std::fs::create_dir(&outside).unwrap();
        if files > 0 {
            std::fs::rename(run.path(folder), run.path("moved")).unwrap();
            std::fs::write(outside.join("two.txt"), OLD).unwrap();
        }
        symlink(&outside, run.path(folder)).unwrap();
        let before = (snapshot(run.folder.path()), snapshot(run.outside.path()));
        assert!(!run.apply(), "{folder}");
        assert_eq!((snapshot(run.folder.path()), snapshot(run.outside.path())), before, "{folder}");
    }
}

#[test]
fn a_new_mode_or_time_is_no_edit() {
    let run = Planned::new();
    std::fs::set_permissions(run.path("one.txt"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let touched = std::fs::File::options().append(true).open(run.path("deploy/two.txt")).unwrap();
    touched.set_modified(std::time::SystemTime::now() + Duration::from_mins(1)).unwrap();
    assert!(run.apply());
    for path in THERE.iter().chain(&MISSING) {
        assert_eq!(std::fs::read_to_string(run.path(path)).unwrap(), NEW, "{path}");
    }
    assert_eq!(run.path("one.txt").metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

/// A file that can't be replaced is found in the middle: what was renamed before it is as it was.
#[test]
fn a_rename_that_fails_in_the_middle_undoes_the_others() {
    let run = Planned::new();
    let attribute = |flag: &str| Command::new("chattr").arg(flag).arg(run.path("dockgen.lock")).output();
    if !attribute("+i").is_ok_and(|output| output.status.success()) {
        println!("not tested: this user or file system has no immutable files");
        return;
    }
    let before = snapshot(run.folder.path());
    let all = run.apply();
    assert!(attribute("-i").unwrap().status.success());
    assert!(!all);
    assert_eq!(snapshot(run.folder.path()), before);
}

type Writer = (&'static str, fn(&Path, &str));

/// How another program writes a file.
const WRITERS: [Writer; 3] =
    [("in place", |path, mark| std::fs::write(path, mark).unwrap()), ("by renaming", rename_over), ("by appending", append)];

/// A small sequence of numbers that looks random and is the same in every run.
fn random(seed: u32) -> u32 {
    let mut number = seed.wrapping_mul(2_654_435_761) ^ 0x9e37_79b9;
    for shift in [13, 17, 5] {
        number ^= number.wrapping_shl(shift) ^ number.wrapping_shr(shift / 2);
    }
    number
}

fn life_of_a_write() -> Duration {
    let calm = Planned::new();
    let start = Instant::now();
    assert!(calm.apply());
    start.elapsed()
}

/// Another program edits a file at any moment of a write: its edit is in the file afterwards.
#[test]
fn no_edit_is_lost_to_a_write_at_the_same_time() {
    let life = (0..5).map(|_| life_of_a_write()).min().unwrap();
    let runs = cases(120);
    let (mut turn, mut written, mut lost) = (0, 0, Vec::new());
    // on a busy machine it may take more turns until both sides have won once
    while turn < runs || (written == 0 || written == turn) && turn < 20 * runs {
        let run = Planned::new();
        let (name, edit) = WRITERS[turn as usize % 3];
        let path = [&THERE[..], &MISSING[..1]].concat()[random(turn) as usize % 4];
        let (target, mark) = (run.path(path), format!("edit {turn}\n"));
        let wait = life * 3 / 2 * (random(turn + 7) % 1000) / 1000;
        let barrier = Barrier::new(2);
        let all = std::thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                let start = Instant::now();
                while start.elapsed() < wait {
                    std::hint::spin_loop();
                }
                edit(&target, &mark);
            });
            barrier.wait();
            run.apply()
        });
        written += u32::from(all);
        if !std::fs::read_to_string(&target).unwrap().contains(&mark) {
            lost.push(format!("{turn}: {path}, {name}"));
        }
        turn += 1;
        let left = snapshot(run.folder.path()).into_keys().filter(|path| path.to_string_lossy().contains(".dockgen-"));
        assert_eq!(left.collect::<Vec<_>>(), Vec::<PathBuf>::new());
    }
    println!("{turn} races: {written} written, {} refused, {} edits lost", turn - written, lost.len());
    assert!(lost.is_empty(), "{} of {turn} edits are lost: {lost:#?}", lost.len());
    assert!(written > 0 && written < turn, "{written} of {turn} were written: the races miss the write");
}

pub(crate) const NEWER: [&str; 4] = ["generate", "-q", "--set", "python.version=3.13"];

/// The same with the program itself, from start to end.
#[test]
fn no_edit_is_lost_while_dockgen_runs() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let old = project.tree();
    let start = Instant::now();
    project.run(&NEWER).ok();
    let life = start.elapsed();
    let runs = cases(20);
    let mut lost = Vec::new();
    for turn in 0..runs {
        for (path, bytes) in &old {
            std::fs::write(project.0.path().join(path), bytes).unwrap();
        }
        let (name, edit) = WRITERS[turn as usize % 3];
        // a comment in the lock is no one's work, and a lock that was replaced is refused
        let path = if name == "by appending" { "Dockerfile" } else { ["Dockerfile", "dockgen.lock"][random(turn) as usize % 2] };
        let (target, mark) = (project.0.path().join(path), format!("# edit {turn}\n"));
        let mut run = project.command(&NEWER);
        let mut run = run.stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(life * 5 / 4 * (random(turn + 7) % 1000) / 1000);
        edit(&target, &mark);
        run.wait().unwrap();
        if !std::fs::read_to_string(&target).unwrap().contains(&mark) {
            lost.push(format!("{turn}: {path}, {name}"));
        }
    }
    println!("{runs} runs, {} edits lost", lost.len());
    assert!(lost.is_empty(), "{} of {runs} edits are lost: {lost:#?}", lost.len());
}

/// What `presets new` and `presets check --update` write goes where it belongs, and over nothing else.
#[test]
fn the_tests_of_a_preset_are_not_written_through_links() {
    let project = Project::new(&[]);
    project.run(&["presets", "new", "team"]).ok();
    let expected = project.0.path().join("team/tests");
    let test = std::fs::read_dir(&expected).unwrap().next().unwrap().unwrap().path();
    let target = test.join("expected/Dockerfile");
    std::fs::write(project.0.path().join("precious"), "precious\n").unwrap();
    std::fs::remove_file(&target).unwrap();
    symlink(project.0.path().join("precious"), &target).unwrap();
    let ran = project.run(&["presets", "check", "--update", "team"]);
    assert_eq!(project.read("precious"), "precious\n", "{}", ran.stderr);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

/// Another run may write while `init` waits for its turn: `init` compares with what that run left.
#[test]
fn init_compares_after_other_runs_are_done() {
    let project =
        Project::new(&[("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"), ("requirements.txt", "fastapi\n")]);
    let lock = write::lock(project.0.path()).unwrap();
    let mut command = project.command(&["init", "--yes", "--set", "project.name=web"]);
    let running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // long enough for everything that init does before it waits
    std::thread::sleep(Duration::from_secs(2));
    std::fs::write(project.0.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    drop(lock);
    let ran = Ran::from(running.wait_with_output().unwrap()).ok();
    assert!(ran.stderr.contains("Dockerfile.dockgen"), "{}", ran.stderr);
    assert_eq!(project.read("Dockerfile"), "FROM scratch\n");
}
