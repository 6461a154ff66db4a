//! Compares what dockgen detects in public repositories with the recorded answers and prints the table. Needs their
//! checkouts: `DOCKGEN_CORPUS=FOLDER cargo test --test corpus -- --nocapture`, each as `FOLDER/owner+name` at the
//! listed revision. `DOCKGEN_LIST` selects a list (`repositories` or `fresh`; both by default), `DOCKGEN_BIN` another
//! build of dockgen.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

const LISTS: [(&str, &str); 2] = [("repositories", include_str!("repositories.toml")), ("fresh", include_str!("fresh.toml"))];

#[derive(Deserialize)]
struct Table {
    repository: Vec<Repository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Repository {
    name: String,
    project: String,
    framework: String,
    entry: Vec<String>,
    root: String,
    installer: String,
    also_installer: Option<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    also_files: Vec<String>,
    python: Option<Vec<String>>,
    services: Vec<String>,
    #[serde(default)]
    optional_services: Vec<String>,
    workers: Vec<String>,
}

/// How many answers of one kind are right, out of how many.
struct Score {
    kind: &'static str,
    percent: usize,
    right: usize,
    all: usize,
    wrong: Vec<String>,
}

impl Score {
    fn new(kind: &'static str, percent: usize) -> Self {
        Self { kind, percent, right: 0, all: 0, wrong: Vec::new() }
    }

    fn count(&mut self, right: bool, words: impl FnOnce() -> String) {
        self.all += 1;
        self.right += usize::from(right);
        if !right {
            self.wrong.push(words());
        }
    }

    fn is_met(&self) -> bool {
        self.right * 100 >= self.percent * self.all
    }

    fn print(&self) {
        let share = 100.0 * f64::from(u32::try_from(self.right).unwrap()) / f64::from(u32::try_from(self.all.max(1)).unwrap());
        println!("{:<26} {:>3} of {:>3}  {share:>5.1} %  (at least {} %)", self.kind, self.right, self.all, self.percent);
        self.wrong.iter().for_each(|wrong| println!("    {wrong}"));
    }
}

struct Scores {
    entry: Score,
    entry_not_wrong: Score,
    framework: Score,
    installer: Score,
    python: Score,
    services: Score,
    workers: Score,
}

impl Scores {
    fn new() -> Self {
        Self {
            entry: Score::new("entry right or first", 97),
            entry_not_wrong: Score::new("entry not wrong", 100),
            framework: Score::new("framework", 95),
            installer: Score::new("installer", 98),
            python: Score::new("python", 100),
            services: Score::new("services", 95),
            workers: Score::new("workers", 90),
        }
    }

    fn all(&self) -> [&Score; 7] {
        [&self.entry, &self.entry_not_wrong, &self.framework, &self.installer, &self.python, &self.services, &self.workers]
    }
}

/// What `dockgen detect --json` printed.
struct Detected(Value);

impl Detected {
    fn in_project(project: &Path) -> Result<Self, String> {
        let binary = std::env::var("DOCKGEN_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_dockgen").to_owned());
        let output = Command::new(binary).args(["detect", "--json"]).current_dir(project).output().unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(Self(serde_json::from_slice(&output.stdout).unwrap()))
    }

    fn facts(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0["facts"].as_array().unwrap().iter().map(|fact| (fact["key"].as_str().unwrap(), &fact["value"]))
    }

    fn fact(&self, key: &str) -> Option<&Value> {
        self.facts().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.fact(key).and_then(Value::as_str)
    }

    fn first_candidate(&self, key: &str) -> Option<&str> {
        let candidates = self.0["candidates"].as_array().unwrap();
        candidates.iter().find(|fact| fact["key"] == key).and_then(|fact| fact["value"].as_str())
    }

    fn strings(&self, key: &str) -> BTreeSet<String> {
        let items = self.fact(key).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn service_kinds(&self) -> BTreeSet<String> {
        let kinds = self.facts().filter(|(key, _)| key.starts_with("services.") && key.rsplit('.').next() == Some("kind"));
        kinds.filter_map(|(_, value)| value.as_str()).map(str::to_owned).collect()
    }

    fn worker_commands(&self) -> Vec<String> {
        let is_worker = |key: &str| key.starts_with("processes.") && key.ends_with(".command") && key != "processes.web.command";
        let commands = self.facts().filter(|(key, _)| is_worker(key));
        commands.map(|(_, value)| words(value)).collect()
    }
}

#[test]
fn detection_matches_the_answers() {
    let folder = std::env::var("DOCKGEN_CORPUS").expect("DOCKGEN_CORPUS names the folder of the checkouts");
    let chosen = std::env::var("DOCKGEN_LIST").ok();
    let mut held = true;
    for (list, text) in LISTS.iter().filter(|(list, _)| chosen.as_deref().is_none_or(|chosen| chosen == *list)) {
        let table: Table = toml::from_str(text).unwrap();
        let mut scores = Scores::new();
        table.repository.iter().for_each(|repository| compare(repository, Path::new(&folder), &mut scores));
        println!("\n== {list}: {} projects", table.repository.len());
        scores.all().iter().for_each(|score| score.print());
        held &= scores.all().iter().all(|score| score.is_met());
    }
    assert!(held, "see the table above");
}

fn compare(repository: &Repository, folder: &Path, scores: &mut Scores) {
    let project = folder.join(repository.name.replace('/', "+")).join(&repository.project);
    assert!(project.is_dir(), "{} is missing", project.display());
    let name = format!("{} {}", repository.name, repository.project);
    match Detected::in_project(&project) {
        Ok(detected) => {
            compare_entry(repository, &detected, &name, scores);
            compare_install(repository, &detected, &name, scores);
            compare_stack(repository, &detected, &name, scores);
        }
        // Nothing detected: every answer is missing, and none is wrong.
        Err(error) => {
            let all = [&mut scores.entry, &mut scores.installer, &mut scores.services, &mut scores.workers];
            all.into_iter().for_each(|score| score.count(false, || format!("{name}: {}", error.trim())));
        }
    }
}

fn compare_entry(repository: &Repository, detected: &Detected, name: &str, scores: &mut Scores) {
    let decided = detected.text("app.entry");
    let entry = decided.or_else(|| detected.first_candidate("app.entry"));
    let root = detected.text("app.root").unwrap_or(&repository.root);
    let expected: Vec<&str> = repository.entry.iter().map(|entry| plain(entry)).collect();
    // Another spelling of the same object counts if the import path makes it the same module.
    let same = entry.is_some_and(|entry| expected.contains(&plain(entry)) && root == repository.root);
    let words = || format!("{name}: {} in {root}, not {expected:?} in {}", entry.unwrap_or("none"), repository.root);
    scores.entry.count(same || entry.is_none() && expected.is_empty(), words);
    scores.entry_not_wrong.count(decided.is_none() || same, words);
    if let Some(framework) = detected.text("app.framework").filter(|_| entry.is_some()) {
        let words = || format!("{name}: {framework}, not {}", repository.framework);
        scores.framework.count(framework == repository.framework, words);
    }
}

fn compare_install(repository: &Repository, detected: &Detected, name: &str, scores: &mut Scores) {
    let with = detected.text("install.with").unwrap_or("none");
    let files = detected.strings("install.files");
    // The manifest, and no file that doesn't belong to it.
    let fits =
        |expected: &[String]| expected.first().is_none_or(|first| files.contains(first)) && files.is_subset(&set(expected));
    let same = fits(&repository.files) && with == repository.installer;
    let also = repository.also_installer.as_deref() == Some(with) && fits(&repository.also_files);
    let words = || format!("{name}: {with} {files:?}, not {} {:?}", repository.installer, repository.files);
    scores.installer.count(same || also, words);
    if let Some(allowed) = repository.python.as_ref().filter(|allowed| !allowed.is_empty()) {
        let version = detected.text("python.version").unwrap_or("none");
        let right = allowed.iter().any(|allowed| version == allowed || version.starts_with(&format!("{allowed}.")));
        scores.python.count(right, || format!("{name}: {version}, not one of {allowed:?}"));
    }
}

fn compare_stack(repository: &Repository, detected: &Detected, name: &str, scores: &mut Scores) {
    let kinds = detected.service_kinds();
    let needed = set(&repository.services);
    let allowed = &needed | &set(&repository.optional_services);
    let right = needed.is_subset(&kinds) && kinds.is_subset(&allowed);
    let words = || format!("{name}: {kinds:?}, not {needed:?} (or {:?})", repository.optional_services);
    scores.services.count(right, words);

    let commands = detected.worker_commands();
    let missing: Vec<&String> = repository.workers.iter().filter(|worker| !commands.iter().any(|c| runs(c, worker))).collect();
    let foreign: Vec<&String> = commands.iter().filter(|c| !repository.workers.iter().any(|worker| runs(c, worker))).collect();
    scores.workers.count(missing.is_empty() && foreign.is_empty(), || {
        format!("{name}: missing {missing:?}, not in the answers {foreign:?}")
    });
}

/// Whether the command contains every word of the recorded worker.
fn runs(command: &str, worker: &str) -> bool {
    worker.split(' ').all(|word| command.contains(word))
}

fn words(command: &Value) -> String {
    let list: Vec<&str> = command.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    command.as_str().map_or_else(|| list.join(" "), str::to_owned)
}

fn plain(entry: &str) -> &str {
    entry.trim_end_matches("()")
}

fn set(items: &[String]) -> BTreeSet<String> {
    items.iter().cloned().collect()
}
