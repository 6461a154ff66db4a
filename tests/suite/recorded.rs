//! Golden files: a run is compared with what is on record, or recorded with `DOCKGEN_UPDATE=1`.

use std::path::Path;

use regex::Regex;

use crate::common::Project;

/// Whether golden files are to be written instead of compared.
pub(crate) fn update() -> bool {
    std::env::var_os("DOCKGEN_UPDATE").is_some()
}

/// A golden file: compared, or written with `DOCKGEN_UPDATE=1`.
pub(crate) fn golden(path: &Path, actual: &str) {
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    let same = without_preset_lines(&expected) == without_preset_lines(actual);
    if update() && !same {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        return std::fs::write(path, actual).unwrap();
    }
    assert!(same, "{} differs; see it with DOCKGEN_UPDATE=1 cargo test and git diff\n{actual}", path.display());
}

/// Drops the line numbers of built-in presets, which change with every comment in them: `preset default:58` becomes `preset default:_`.
/// An error that quotes a preset also loses the margin of the lines it quotes, because the margin is as wide as the longest number.
pub(crate) fn without_preset_lines(text: &str) -> String {
    let text = Regex::new("(preset [a-z-]+):[0-9]+").unwrap().replace_all(text, "$1:_");
    if !text.contains("--> preset ") {
        return text.into_owned();
    }
    Regex::new("(?m)^ *[0-9]* *([|]|-->)").unwrap().replace_all(&text, "$1").into_owned()
}

/// A project that is fine as it is.
pub(crate) const FINE: [(&str, &str); 2] = [("main.py", "app = None\n"), ("requirements.txt", "fastapi\n")];

/// Runs all cases of a folder.
pub(crate) fn check(folder: &str, fine: &[(&str, &str)]) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    for path in &cases {
        let case = std::fs::read_to_string(path).unwrap();
        golden(path, &run(&case, fine));
    }
    cases.len()
}

/// Runs a case and writes it down again with what happened.
fn run(case: &str, fine: &[(&str, &str)]) -> String {
    let (input, _) = case.split_once("== exit").unwrap();
    let mut sections = input.split("== ");
    let command = sections.next().unwrap().trim().trim_start_matches("$ dockgen ");
    let project = Project::new(fine);
    for section in sections {
        let (name, text) = section.split_once('\n').unwrap();
        let (kind, path) = name.split_once(' ').unwrap_or(("", name));
        let path = project.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        match kind {
            "absent" => drop(std::fs::remove_file(path)),
            "link" => std::os::unix::fs::symlink(text.trim(), path).unwrap(),
            "latin-1" => {
                std::fs::write(path, text.chars().map(|letter| u8::try_from(letter).unwrap()).collect::<Vec<_>>()).unwrap();
            }
            _ => std::fs::write(path, text).unwrap(),
        }
    }
    let before = project.tree();
    let ran = project.run(&command.split(' ').collect::<Vec<_>>());
    assert_eq!(project.tree(), before, "{command} wrote something: {}", ran.stderr);
    assert_eq!(ran.stdout, "", "{command}");
    assert!(!ran.stderr.contains("panicked"), "{command}: {}", ran.stderr);
    let folder = project.0.path().to_string_lossy().into_owned();
    format!("{input}== exit {}\n{}", ran.code, ran.stderr.replace(&folder, "[folder]"))
}
