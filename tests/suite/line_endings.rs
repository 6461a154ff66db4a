//! A merge changes the lines that it has to and no other byte: not their endings, not the last one's, not the first bytes.
//!
//! As in git, a line that people wrote keeps its ending. A line that dockgen adds or replaces ends as most lines of the file do,
//! and in LF where there are as many of one kind as of the other.

use assert_fs::TempDir;

use crate::common::{Project, Ran};

/// Files that a merge is tried on: the spec changes this line of the Dockerfile, and nothing else of it but the hash.
const BEFORE: &str = "FROM python:3.14-slim-trixie AS base\n";
const AFTER: &str = "FROM python:3.13-slim-trixie AS base\n";

const NEWER: [&str; 4] = ["generate", "--merge", "--set", "python.version=3.13"];

struct Fixture {
    project: Project,
    cache: TempDir,
    /// The Dockerfile as dockgen wrote it.
    generated: String,
    /// The same for Python 3.13.
    newer: String,
}

impl Fixture {
    fn new() -> Self {
        let (project, cache) = (Project::fastapi(), TempDir::new().unwrap());
        let fixture = Self { project, cache, generated: String::new(), newer: String::new() };
        fixture.run(&["generate"]).ok();
        let generated = fixture.project.read("Dockerfile");
        let newer = fixture.run(&["generate", "--stdout", "dockerfile", "--set", "python.version=3.13"]).ok().stdout;
        Self { generated, newer, ..fixture }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.project.command(arguments);
        Ran::from(command.env("XDG_CACHE_HOME", self.cache.path()).output().unwrap())
    }

    /// Merges into this text, from the same start each time.
    fn merged(&self, edited: &str, arguments: &[&str]) -> (Ran, String) {
        self.run(&["generate", "--force", "-q"]).ok();
        std::fs::write(self.project.0.path().join("Dockerfile"), edited).unwrap();
        let ran = self.run(arguments);
        (ran, self.project.read("Dockerfile"))
    }
}

/// The lines with CRLF where the test says so.
fn endings(text: &str, is_crlf: impl Fn(usize, &str) -> bool) -> String {
    let line = |(number, line): (usize, &str)| if is_crlf(number, line) { line.replace('\n', "\r\n") } else { line.to_owned() };
    text.split_inclusive('\n').enumerate().map(line).collect()
}

/// A line of the Dockerfile with its ending, which the merge leaves alone.
const EXPOSE: &str = "EXPOSE 8000\n";

type Edit = fn(&str) -> String;

/// What people do to the generated text. The same done to the newer text is what a merge gives, unless it says otherwise.
const EDITS: [(&str, Edit); 16] = [
    ("a line of ours in CRLF", |text| text.replace(EXPOSE, "EXPOSE 8000\r\n# ours\r\n")),
    ("two lines in CRLF", |text| text.replace(EXPOSE, "# a\r\nEXPOSE 8000\n# b\r\n")),
    ("all lines in CRLF, and one of ours", |text| endings(&text.replace(EXPOSE, "EXPOSE 8000\n# ours\n"), |_, _| true)),
    ("all but our line in CRLF", |text| endings(&text.replace(EXPOSE, "EXPOSE 8000\n# ours\n"), |_, line| line != "# ours\n")),
    ("all but the first in CRLF", |text| endings(&text.replace(EXPOSE, "EXPOSE 8000\n# ours\n"), |number, _| number > 0)),
    ("three of four in CRLF", |text| {
        endings(&text.replace(EXPOSE, "EXPOSE 8000\n# ours\n"), |number, line| number % 4 > 0 || is_changed(line))
    }),
    ("one of four in CRLF", |text| {
        endings(&text.replace(EXPOSE, "EXPOSE 8000\n# ours\n"), |number, line| number % 4 == 0 && !is_changed(line))
    }),
    ("no newline at the end", |text| text.replace(EXPOSE, "EXPOSE 8000\n# ours\n").trim_end().to_owned()),
    ("a comment without newline at the end", |text| format!("{text}# ours")),
    ("a carriage return inside a line", |text| text.replace(EXPOSE, "EXPOSE 8000\n# our\rs\n")),
    ("two carriage returns at the end of a line", |text| text.replace(EXPOSE, "EXPOSE 8000\n# ours\r\r\n")),
    ("a carriage return as the last byte", |text| format!("{text}# ours\r")),
    ("a byte order mark", |text| format!("\u{feff}{}", text.replace(EXPOSE, "EXPOSE 8000\n# ours\n"))),
    ("a byte order mark in CRLF", |text| format!("\u{feff}{}", endings(text, |_, _| true))),
    ("empty lines at the end", |text| format!("{text}\n\r\n\n")),
    ("other separators", |text| text.replace(EXPOSE, "EXPOSE 8000\n# ours\u{2028}\u{85}\u{b}\u{c}\n")),
];

/// Whether the merge changes this line.
fn is_changed(line: &str) -> bool {
    line == BEFORE || line == AFTER || line.starts_with("# dockgen:sha256:")
}

#[test]
fn a_merge_leaves_all_other_endings_alone() {
    let fixture = Fixture::new();
    assert!(fixture.generated.contains(BEFORE) && fixture.newer.contains(AFTER) && fixture.generated.contains(EXPOSE));
    let mut wrong = Vec::new();
    for (name, edit) in EDITS {
        let (ran, found) = fixture.merged(&edit(&fixture.generated), &NEWER);
        let expected = edit(&fixture.newer);
        if ran.code != 0 || found != expected {
            let differs =
                found.split_inclusive('\n').zip(expected.split_inclusive('\n')).find(|(found, expected)| found != expected);
            wrong.push(format!("{name}: {} {differs:?}", ran.code));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), EDITS.len());
}

/// New lines end as most do, in a conflict too; a tie is LF.
#[test]
fn what_dockgen_adds_ends_as_most_lines_do() {
    let clash = |text: &str| text.replace(BEFORE, "FROM corp/python:3.14 AS base\n");
    let fixture = Fixture::new();
    let text = clash(&fixture.generated);
    let count = text.lines().count();
    for (crlf, expected) in [(0, false), (1, false), (count / 2, false), (count - 1, true), (count, true)] {
        let text = if count % 2 == 1 { text.replacen("\n\n", "\n", 1) } else { text.clone() };
        let (ran, found) = fixture.merged(&endings(&text, |number, _| number < crlf), &NEWER);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        for line in ["<<<<<<< edited by hand", "=======", AFTER.trim_end(), ">>>>>>> generated by dockgen"] {
            assert_eq!(found.contains(&format!("{line}\r\n")), expected, "{crlf} of {count}: {line:?} in {found:?}");
        }
        let ours = "FROM corp/python:3.14 AS base";
        let at = text.lines().position(|line| line == ours).unwrap();
        assert_eq!(found.contains(&format!("{ours}\r\n")), at < crlf, "{crlf} of {count}");
    }
}

#[test]
fn the_difference_of_a_merge_shows_no_line_that_only_ends_otherwise() {
    let fixture = Fixture::new();
    fixture.merged(&endings(&fixture.generated.replace(EXPOSE, "EXPOSE 8000\n# ours\n"), |_, _| true), &["show"]);
    let ran = fixture.run(&["presets", "update", "--merge", "--diff", "--set", "python.version=3.13"]);
    let added: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with('+') && !line.starts_with("+++")).collect();
    assert_eq!(added.len(), 2, "{}", ran.stdout);
}

/// Endings alone are no edit: a checkout with CRLF, wholly or in part, is what dockgen wrote.
#[test]
fn endings_alone_are_no_edit() {
    let fixture = Fixture::new();
    let some: [fn(usize, &str) -> bool; 3] = [|_, _| true, |number, _| number == 3, |number, _| number % 2 == 0];
    for is_crlf in some {
        let text = endings(&fixture.generated, is_crlf);
        let (ran, found) = fixture.merged(&text, &["generate"]);
        assert!(ran.code == 0 && found == text);
        assert_eq!(fixture.run(&["generate", "--check"]).code, 0);
        // no line is anyone's edit: an update writes what dockgen writes everywhere
        let (ran, found) = fixture.merged(&text, &NEWER);
        assert!(ran.code == 0 && found == fixture.newer);
    }
}
