//! The examples' committed files are what dockgen writes, to the byte, and a second run changes nothing.

use std::path::{Path, PathBuf};

use crate::common::{Project, Ran, update};

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut examples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("dockgen.toml").is_file())
        .collect();
    examples.sort();
    examples
}

fn dockgen(folder: &Path, arguments: &[&str]) -> Ran {
    Ran::from(Project::new(&[]).command(arguments).current_dir(folder).output().unwrap())
}

#[test]
fn the_five_examples_are_what_dockgen_writes() {
    let examples = examples();
    assert!(examples.len() >= 5, "{examples:?}");
    for example in examples {
        if update() {
            dockgen(&example, &["generate", "--force"]).ok();
        }
        let ran = dockgen(&example, &["generate", "--check"]);
        assert_eq!(ran.code, 0, "{}\n{}", example.display(), ran.stderr);
        assert!(example.join("README.md").is_file(), "{} has no README.md", example.display());
    }
}

#[test]
fn a_second_run_touches_nothing() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let compose = project.0.path().join("compose.yaml");
    let before = (project.tree(), std::fs::metadata(&compose).unwrap().modified().unwrap());
    let ran = project.run(&["generate"]).ok();
    assert_eq!((project.tree(), std::fs::metadata(&compose).unwrap().modified().unwrap()), before);
    assert!(ran.stderr.contains("unchanged all 5 files are up to date"), "{}", ran.stderr);
}
