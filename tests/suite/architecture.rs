//! The shape of the code: which module may use which, and how long files and functions may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

/// The sentence in lib.rs that introduces the order of the modules.
const ORDER: &str = "Modules use only modules below them:";

const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;

/// Imports of modules that are not below.
const UPWARD: [(&str, &str); 0] = [];

/// Files that are too long; to become empty.
const LONG_FILES: [&str; 0] = [];

/// Functions that are too long; to become empty.
const LONG_FUNCTIONS: [&str; 0] = [];

/// Names of several types; to become empty.
const SHARED_NAMES: [&str; 0] = [];

/// A file of src/.
struct SourceFile {
    /// Its path from the repository.
    path: String,
    /// Its whole text.
    text: String,
    /// Its text without the test module at its end.
    code: String,
}

impl SourceFile {
    /// The module right below the crate that it belongs to.
    fn module(&self) -> &str {
        let inside = self.path.trim_start_matches("src/");
        inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
    }
}

#[test]
fn modules_use_only_modules_below_them() {
    let files = files();
    let order = order();
    let known: BTreeSet<&str> = files.iter().map(SourceFile::module).filter(|module| *module != "main").collect();
    let named: BTreeSet<&str> = order.keys().map(String::as_str).collect();
    assert_eq!(known, named, "lib.rs orders exactly the modules that there are");
    let mut upward: BTreeMap<(String, String), &str> = BTreeMap::new();
    for file in &files {
        let Some(rank) = order.get(file.module()) else { continue };
        for used in imports(&file.code).into_iter().filter(|used| order.get(used).is_some_and(|other| other < rank)) {
            upward.entry((file.module().to_owned(), used)).or_insert(&file.path);
        }
    }
    let found = upward.iter().map(|((module, used), path)| (format!("{module} {used}"), format!("{path} uses crate::{used}")));
    let allowed = UPWARD.map(|(module, used)| format!("{module} {used}"));
    compare(found, &allowed.each_ref().map(String::as_str));
}

#[test]
fn modules_have_no_import_cycles() {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files().iter().filter(|file| !["lib", "main"].contains(&file.module())) {
        let used = imports(&file.code).into_iter().filter(|used| used != file.module());
        uses.entry(file.module().to_owned()).or_default().extend(used);
    }
    // modules that use none of the others are in no cycle
    loop {
        let before = uses.len();
        let others: BTreeSet<String> = uses.keys().cloned().collect();
        uses.retain(|_, used| !used.is_disjoint(&others));
        if uses.len() == before {
            break;
        }
    }
    assert!(uses.is_empty(), "in import cycles, or above them: {:?}", uses.keys());
}

#[test]
fn files_and_functions_are_short() {
    let files = files();
    let lines = |file: &SourceFile| file.text.lines().count();
    let long = files.iter().filter(|file| lines(file) > LONGEST_FILE);
    compare(long.map(|file| (file.path.clone(), format!("{} has {} lines", file.path, lines(file)))), &LONG_FILES);
    let functions = files.iter().flat_map(|file| functions(&file.code).into_iter().map(move |found| (file, found)));
    let long = functions.filter(|(_, (_, lines))| *lines > LONGEST_FUNCTION).map(|(file, (name, lines))| {
        let name = format!("{} {name}", file.path);
        (name.clone(), format!("{name} has {lines} lines"))
    });
    compare(long, &LONG_FUNCTIONS);
}

#[test]
fn every_type_has_a_name_of_its_own() {
    let declared = Regex::new(r"(?m)^(?:pub(?:\([a-z: ]+\))? )?(?:struct|enum|trait|type) ([A-Z][A-Za-z0-9]*)").unwrap();
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files() {
        for found in declared.captures_iter(&file.code) {
            places.entry(found[1].to_owned()).or_default().push(file.path.clone());
        }
    }
    let shared = places.into_iter().filter(|(_, places)| places.len() > 1);
    compare(shared.map(|(name, places)| (name.clone(), format!("{name} is in {}", places.join(", ")))), &SHARED_NAMES);
}

/// Fails for what is not allowed, and for exceptions that nothing needs any more.
/// An error of `std::fs` doesn't name the file. `src/write` names it itself: its temporary files have random names.
#[test]
fn errors_of_the_disk_name_the_file() {
    let call = Regex::new(r"std::fs::[a-z_]+\(").unwrap();
    let files = files();
    let outside = files.iter().filter(|file| !file.path.starts_with("src/write/") && !file.path.ends_with("/tests.rs"));
    let found = outside.flat_map(|file| call.find_iter(&file.code).map(|call| format!("{} calls {})", file.path, call.as_str())));
    assert_eq!(found.collect::<Vec<_>>(), Vec::<String>::new(), "use fs_err");
}

fn compare(found: impl Iterator<Item = (String, String)>, allowed: &[&str]) {
    let found: BTreeMap<String, String> = found.collect();
    let new: Vec<_> = found.iter().filter(|(name, _)| !allowed.contains(&name.as_str())).map(|(_, words)| words).collect();
    assert!(new.is_empty(), "not allowed: {new:#?}");
    let done: Vec<_> = allowed.iter().filter(|name| !found.contains_key(**name)).collect();
    assert!(done.is_empty(), "remove these exceptions, nothing needs them any more: {done:#?}");
}

/// The line of each module in the order of lib.rs, counted from the top.
fn order() -> BTreeMap<String, usize> {
    let lib = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let comment = lib.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let lines = comment.skip_while(|line| *line != ORDER).skip_while(|line| *line != "```text").skip(1);
    let lines = lines.take_while(|line| *line != "```").enumerate();
    let modules = lines.flat_map(|(rank, line)| {
        let names = line.split("  ").next().unwrap_or_default();
        names.split(", ").map(move |name| (name.to_owned(), rank)).collect::<Vec<_>>()
    });
    modules.collect()
}

/// The modules right below the crate that code names: `crate::a::b`, `use crate::{a, b::{c, d}};`.
fn imports(code: &str) -> BTreeSet<String> {
    let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let path = Regex::new(r"crate::([a-z_]+)").unwrap();
    let list = Regex::new(r"crate::\{([^;]*)\};").unwrap();
    let inner = Regex::new(r"\{[^{}]*\}").unwrap();
    let name = Regex::new(r"(?:^|,)\s*([a-z_]+)").unwrap();
    let mut found: BTreeSet<String> = path.captures_iter(&code).map(|found| found[1].to_owned()).collect();
    for names in list.captures_iter(&code) {
        let mut names = names[1].to_owned();
        while inner.is_match(&names) {
            names = inner.replace_all(&names, "").into_owned();
        }
        found.extend(name.captures_iter(&names).map(|found| found[1].to_owned()));
    }
    found
}

/// The functions of formatted code, each with its number of lines.
fn functions(code: &str) -> Vec<(String, usize)> {
    let opens = Regex::new(r"^( *)(?:pub(?:\([a-z: ]+\))? )?(?:const |async |unsafe )*fn ([a-z_0-9]+)").unwrap();
    let lines: Vec<&str> = code.lines().collect();
    let function = |(start, line): (usize, &&str)| {
        let found = opens.captures(line)?;
        let end = format!("{}}}", &found[1]);
        let alone = line.ends_with('}') || line.ends_with(';');
        let length = if alone { 1 } else { lines[start..].iter().position(|line| line.starts_with(&end))? + 1 };
        Some((found[2].to_owned(), length))
    };
    lines.iter().enumerate().filter_map(function).collect()
}

fn files() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                let is_test = path.ends_with("/tests.rs");
                let code =
                    if is_test { "" } else { text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default() }.to_owned();
                files.push(SourceFile { path, text, code });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}
