//! README.md and docs/guide.md: every command in them runs and prints what they show, and every link leads somewhere.

use std::path::Path;

use dockgen::preset;

use crate::common::{Project, blocks};
use crate::recorded::without_preset_lines;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn page(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// The application that the README is about.
const APPLICATION: [(&str, &str); 2] = [
    ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/health\")\ndef health():\n    return {}\n"),
    ("requirements.txt", "fastapi\nuvicorn\n"),
];

/// The application with the README's `dockgen.toml`.
fn with_spec() -> Project {
    let spec = blocks(&page("README.md"), "toml").first().expect("a spec in the README").join("\n") + "\n";
    Project::new(&[&APPLICATION[..], &[("dockgen.toml", &spec)]].concat())
}

/// Runs every `dockgen` command of a block in order; the lines below a command are what it prints. Returns their number.
fn run(block: Vec<String>, project: &Project) -> usize {
    let mut count = 0;
    let mut lines = block.into_iter().peekable();
    while let Some(line) = lines.next() {
        let command = line.strip_prefix("$ dockgen ").unwrap_or_else(|| panic!("{line:?} is not a dockgen command"));
        let shown: String =
            std::iter::from_fn(|| lines.next_if(|line| !line.starts_with("$ "))).map(|line| line + "\n").collect();
        let (command, input) = command.split_once(" < ").unwrap_or((command, ""));
        let ran = project.run_with(&command.split(' ').collect::<Vec<_>>(), input);
        assert!(ran.code != 2, "{command}: {}", ran.stderr);
        if !shown.is_empty() {
            assert_eq!(without_preset_lines(&(ran.stdout + &ran.stderr)), without_preset_lines(&shown), "{command}");
        }
        count += 1;
    }
    count
}

#[test]
fn every_command_of_the_readme_runs_and_prints_what_it_shows() {
    let mut blocks = blocks(&page("README.md"), "console").into_iter();
    let first = run(blocks.next().unwrap(), &Project::new(&APPLICATION));
    let project = with_spec();
    let count = first + blocks.map(|block| run(block, &project)).sum::<usize>();
    assert!(count >= 5, "{count} commands");
}

#[test]
fn every_command_of_the_guide_runs_and_prints_what_it_shows() {
    let project = with_spec();
    let count: usize = blocks(&page("docs/guide.md"), "console").into_iter().map(|block| run(block, &project)).sum();
    assert!(count >= 10, "{count} commands");
}

/// The commands that install and test dockgen are the ones that CI runs.
#[test]
fn the_setup_commands_are_the_ones_that_ci_runs() {
    let shell = blocks(&page("README.md"), "sh").concat().join("\n");
    for command in ["cargo install --path .", "cargo test"] {
        assert!(shell.contains(command), "{command} is not in the README");
        assert!(page(".ci/run").contains(command), "{command} is not in .ci/run");
    }
}

#[test]
fn the_readme_is_a_front_page() {
    let text = page("README.md");
    assert!(text.lines().count() <= 150, "{} lines", text.lines().count());
    for page_name in ["README.md", "docs/guide.md"] {
        let prose = page(page_name);
        let wide = prose.lines().find(|line| line.chars().count() > 100 && !line.starts_with("$ "));
        assert_eq!(wide, None, "{page_name}: a line is wider than 100 columns");
    }
    for kind in preset::service_kinds() {
        assert!(text.contains(kind), "the service kind {kind} is missing");
    }
}

#[test]
fn every_link_leads_to_a_file() {
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/guide.md", "docs/presets.md", "docs/reference.md"] {
        let text = page(name);
        let folder = Path::new(ROOT).join(name).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = link.split('#').next().unwrap();
            assert!(file.starts_with("https://") || folder.join(file).exists(), "{name}: {link}");
        }
    }
}

/// ARCHITECTURE.md lists every file of tests with its tier, so that a promise's test is found by name.
#[test]
fn every_test_file_is_listed_with_its_tier() {
    let page_text = page("ARCHITECTURE.md");
    let listed = page_text.split_once("## Tests").unwrap().1;
    for tier in ["fast", "slow"] {
        let modules = page(&format!("tests/suite/{tier}.rs"));
        for module in modules.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')) {
            let row = listed.lines().find(|line| line.contains(&format!("`{module}`")));
            let row = row.unwrap_or_else(|| panic!("{module} is not listed in ARCHITECTURE.md"));
            // a shared module belongs to both tiers, and is named in the text below the table
            assert!(!row.starts_with('|') || row.ends_with(&format!("| {tier} |")), "{module} is not in the tier of {row}");
        }
    }
}
