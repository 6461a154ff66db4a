//! A project in a temporary folder, and dockgen run on it.
#![allow(dead_code, reason = "each tier uses its own part")]

use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use assert_fs::TempDir;
use assert_fs::prelude::*;
use dockgen::detect;
use dockgen::error::{Error, Source};
use dockgen::preset::{self, Library, Request};
use dockgen::render::{self, RenderedFile};
use dockgen::resolve::{self, Findings};

pub(crate) struct Project(pub(crate) TempDir);

impl Project {
    /// A project with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(TempDir::new().unwrap());
        for (path, text) in files {
            project.0.child(path).write_str(text).unwrap();
        }
        project
    }

    /// A `FastAPI` project that needs no more than a preset.
    pub(crate) fn fastapi() -> Self {
        Self::new(&[("main.py", "app = None\n"), ("requirements.txt", "fastapi\nuvicorn\n"), ("dockgen.toml", FASTAPI)])
    }

    /// dockgen in this folder, with none of the machine's own settings and no home directory.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
        command.args(arguments).current_dir(self.0.path()).env_clear().env("HOME", "/dev/null").stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// Changes a file by hand.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let before = self.read(path);
        assert!(before.contains(from), "{path} does not contain {from:?}");
        std::fs::write(self.0.path().join(path), before.replacen(from, to, 1)).unwrap();
    }

    /// The same with a file of the project as standard input, where one is named.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        if !input.is_empty() {
            command.stdin(std::fs::File::open(self.0.path().join(input)).unwrap());
        }
        Ran::from(command.output().unwrap())
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Every path below the folder with its bytes.
    pub(crate) fn tree(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.0.path()).unwrap().to_string_lossy().into_owned();
                    files.push((name, std::fs::read(&path).unwrap_or_default()));
                }
            }
        }
        files.sort();
        files
    }
}

pub(crate) const FASTAPI: &str =
    "presets = [\"fastapi-uvicorn\", \"pip\"]\n[project]\nname = \"shop\"\n[app]\nentry = \"main:app\"\n";

/// What a run said.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }
}

/// The lines of every fenced block of a language, block by block.
pub(crate) fn blocks(text: &str, language: &str) -> Vec<Vec<String>> {
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| block.lines().map(str::to_owned).collect()).collect()
}

/// How often a test with random cases or moments tries: `DOCKGEN_CASES` times as often as usual.
pub(crate) fn cases(usual: u32) -> u32 {
    let factor = std::env::var("DOCKGEN_CASES").map_or(1, |text| text.parse().expect("DOCKGEN_CASES is a number such as 5"));
    usual * factor
}

/// A preset that specs may name as `./team.toml`.
const TEAM: &str = include_str!("team.toml");

thread_local! {
    /// A folder with nothing but that preset, for all specs of a test: making one for each costs more than resolving the spec.
    static NOWHERE: TempDir = {
        let folder = TempDir::new().unwrap();
        folder.child("team.toml").write_str(TEAM).unwrap();
        folder
    };
}

/// A spec through all stages up to the files, without a disk.
pub(crate) fn files_of(spec: &str) -> Result<Vec<RenderedFile>, Error> {
    let nowhere = NOWHERE.with(|folder| folder.path().to_path_buf());
    let facts = detect::facts(&detect::Folder::new(&nowhere), false)?;
    let source = Arc::new(Source::file("dockgen.toml", spec.to_owned()));
    let request = Request { spec: Some(source), directory: nowhere, ..Request::default() };
    let merged = preset::merge(&request, preset::project(&request)?, facts, &mut Library::default())?;
    let resolved =
        resolve::resolve(resolve::choose(&resolve::check_layers(&merged.layers, &merged.asks)?)?, &Findings::default())?;
    render::render(&resolved.model, &resolved.outputs, &merged.templates)
}
