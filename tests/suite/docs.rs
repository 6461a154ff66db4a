//! docs/presets.md: every command in it runs, in order, in one project, with the repository that it speaks of.

use std::path::Path;
use std::process::Command;

use crate::common::{Project, Ran, blocks};
use crate::git::{commit, git};

/// The repository of the page, and where it is for the test.
const ADDRESS: &str = "https://git.example.com/platform/presets.git";

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/presets.md")).unwrap()
}

#[test]
fn every_command_of_the_guide_runs_and_says_what_it_shows() {
    let page = page();
    let project = Project::new(&[
        ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/health\")\ndef health():\n    return {}\n"),
        ("requirements.txt", "fastapi\nuvicorn\n"),
    ]);
    let home = assert_fs::TempDir::new().unwrap();
    let server = home.path().join("presets.git");
    let settings = format!("[url \"file://{}\"]\n\tinsteadOf = {ADDRESS}\n", server.display());
    std::fs::write(home.path().join(".gitconfig"), settings).unwrap();
    let command = |words: &[&str]| -> Command {
        let mut command = project.command(words);
        command.env("HOME", home.path()).env("PATH", std::env::var_os("PATH").unwrap());
        command
    };
    let mut count = 0;
    for block in blocks(&page, "console") {
        let mut lines = block.into_iter().peekable();
        while let Some(line) = lines.next() {
            let words = line.strip_prefix("$ dockgen ").unwrap_or_else(|| panic!("{line:?} is no command"));
            let shown: String =
                std::iter::from_fn(|| lines.next_if(|line| !line.starts_with("$ "))).map(|line| line + "\n").collect();
            // from here on, the preset is on a server
            if words == "generate --trust" && !server.exists() {
                publish(&project, &server);
                let spec = blocks(&page, "toml").into_iter().find(|block| block.concat().contains(ADDRESS)).unwrap();
                std::fs::write(project.0.path().join("dockgen.toml"), spec.join("\n") + "\n").unwrap();
            }
            let ran = Ran::from(command(&words.split(' ').collect::<Vec<_>>()).output().unwrap());
            assert!(ran.code != 2, "{words}: {}{}", ran.stdout, ran.stderr);
            assert!(shown.is_empty() || ran.stdout + &ran.stderr == shown, "{words}: {shown}");
            count += 1;
        }
    }
    assert!(count >= 10, "{count} commands");
}

fn publish(project: &Project, server: &Path) {
    let work = server.with_extension("work");
    std::fs::create_dir(&work).unwrap();
    std::fs::rename(project.0.path().join("team"), work.join("team")).unwrap();
    commit(&work, "one");
    git(&work, &["tag", "v1"]);
    git(&work, &["clone", "--quiet", "--bare", ".", server.to_str().unwrap()]);
}
