//! Holds what dockgen reads from public repositories against the answers on record. Needs their checkouts:
//! `DOCKGEN_CORPUS=FOLDER cargo test --test corpus -- --nocapture`, each as `FOLDER/owner+name` at the revision of the table.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::Value;

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
}

/// How many answers of a kind were right.
#[derive(Default)]
struct Score {
    right: usize,
    all: usize,
    wrong: Vec<String>,
}

impl Score {
    fn count(&mut self, right: bool, words: String) {
        self.all += 1;
        self.right += usize::from(right);
        if !right {
            self.wrong.push(words);
        }
    }

    fn at_least(&self, what: &str, percent: usize) -> bool {
        println!("{what:<12} {:>3} of {:>3}  (at least {percent} %)", self.right, self.all);
        self.wrong.iter().for_each(|wrong| println!("    {wrong}"));
        self.right * 100 >= percent * self.all
    }
}

#[test]
fn what_is_read_is_what_the_repositories_say() {
    let folder = std::env::var("DOCKGEN_CORPUS").expect("DOCKGEN_CORPUS names the folder of the checkouts");
    let table: Table = toml::from_str(include_str!("repositories.toml")).unwrap();
    let mut scores: [Score; 5] = Default::default();
    for repository in &table.repository {
        let project = Path::new(&folder).join(repository.name.replace('/', "+")).join(&repository.project);
        assert!(project.is_dir(), "{} is missing", project.display());
        compare(repository, &project, &mut scores);
    }
    let [entries, proven, installers, pythons, services] = &scores;
    let held = [
        entries.at_least("entry", 95),
        proven.at_least("proven", 100),
        installers.at_least("installer", 98),
        pythons.at_least("python", 100),
        services.at_least("services", 95),
    ];
    assert!(held.iter().all(|held| *held));
}

fn compare(repository: &Repository, project: &Path, scores: &mut [Score; 5]) {
    let output = Command::new(env!("CARGO_BIN_EXE_dockgen")).args(["detect", "--json"]).current_dir(project).output().unwrap();
    let name = format!("{} {}", repository.name, repository.project);
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let fact =
        |key: &str| answer["facts"].as_array().unwrap().iter().find(|fact| fact["key"] == key).map(|fact| fact["value"].clone());
    let text = |key: &str| fact(key).and_then(|value| value.as_str().map(str::to_owned));
    let first = answer["candidates"].as_array().unwrap().iter().find(|fact| fact["key"] == "app.entry");
    let entry = text("app.entry").or_else(|| first.and_then(|fact| fact["value"].as_str().map(str::to_owned)));
    let [entries, proven, installers, pythons, services] = scores;

    let plain = |entry: &str| entry.trim_end_matches("()").to_owned();
    let expected: Vec<String> = repository.entry.iter().map(|entry| plain(entry)).collect();
    let right = entry.as_ref().is_some_and(|entry| expected.contains(&plain(entry))) || entry.is_none() && expected.is_empty();
    let root = text("app.root").unwrap_or_else(|| repository.root.clone());
    let framework = text("app.framework").unwrap_or_else(|| repository.framework.clone());
    entries.count(
        right && root == repository.root && framework == repository.framework,
        format!("{name}: {entry:?} {root} {framework}, not {expected:?} {} {}", repository.root, repository.framework),
    );
    if let (Some(entry), Some(root)) = (text("app.entry"), text("app.root")) {
        let module = plain(&entry).split(':').next().unwrap().replace('.', "/");
        let there = [format!("{module}.py"), format!("{module}/__init__.py")];
        proven.count(there.iter().any(|file| project.join(&root).join(file).is_file()), format!("{name}: {entry}"));
    }

    let with = text("install.with").unwrap_or_else(|| "none".to_owned());
    let strings = |value: Value| {
        value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect::<BTreeSet<_>>()
    };
    let files = fact("install.files").map(strings).unwrap_or_default();
    let set = |files: &[String]| files.iter().cloned().collect::<BTreeSet<_>>();
    // the manifest, and nothing besides what belongs to it
    let fits =
        |expected: &[String]| expected.first().is_none_or(|first| files.contains(first)) && files.is_subset(&set(expected));
    let same = fits(&repository.files) && with == repository.installer;
    let other = repository.also_installer.as_ref().is_some_and(|also| *also == with) && fits(&repository.also_files);
    installers.count(same || other, format!("{name}: {with} {files:?}, not {} {:?}", repository.installer, repository.files));

    if let Some(allowed) = repository.python.as_ref().filter(|allowed| !allowed.is_empty()) {
        let version = text("python.version");
        let right = version.as_ref().is_some_and(|version| allowed.contains(version));
        pythons.count(right, format!("{name}: {version:?}, not one of {allowed:?}"));
    }

    let kinds = answer["facts"].as_array().unwrap().iter().filter(|fact| {
        let key = fact["key"].as_str().unwrap();
        key.starts_with("services.") && key.rsplit('.').next() == Some("kind")
    });
    let kinds: BTreeSet<String> = kinds.map(|fact| fact["value"].as_str().unwrap().to_owned()).collect();
    let needed: BTreeSet<String> = set(&repository.services);
    let allowed: BTreeSet<String> = needed.union(&set(&repository.optional_services)).cloned().collect();
    let right = needed.is_subset(&kinds) && kinds.is_subset(&allowed);
    services.count(right, format!("{name}: {kinds:?}, not {needed:?} (or {:?})", repository.optional_services));
}
