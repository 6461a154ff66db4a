//! What happens to files when the spec, a preset or dockgen moves on: hand edits are kept, clashes are marked, nothing is lost.

use dockgen::merge::{is_unresolved, merge};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value as Json;

use crate::common::{Project, Ran};
use crate::git::commit;

/// How many merges of random texts a run looks at.
const MERGES: u32 = 20_000;

/// A change of the spec that changes the Dockerfile.
const NEWER: [&str; 3] = ["generate", "--set", "python.version=3.13"];

fn states(ran: &Ran) -> Vec<(String, String, String)> {
    let json: Json = serde_json::from_str(&ran.stdout).unwrap();
    let word = |file: &Json, key: &str| file[key].as_str().unwrap().to_owned();
    let files = json["files"].as_array().unwrap();
    files.iter().map(|file| (word(file, "path"), word(file, "state"), word(file, "action"))).collect()
}

fn state(ran: &Ran, path: &str) -> (String, String) {
    let found = states(ran).into_iter().find(|(found, ..)| found == path).unwrap();
    (found.1, found.2)
}

fn is(state: &str, action: &str) -> (String, String) {
    (state.to_owned(), action.to_owned())
}

#[test]
fn check_tells_apart_what_moved_what_was_edited_and_what_is_missing() {
    let project = Project::fastapi();
    let ran = project.run(&["generate", "--check"]);
    assert_eq!((ran.code, ran.stderr.lines().next()), (4, Some("   missing Dockerfile")), "{}", ran.stderr);
    project.run(&["generate"]).ok();
    assert_eq!(project.run(&["generate", "--check"]).ok().stderr, "     clean all 5 files are up to date\n");
    let before = project.tree();
    let moved = project.run(&[&NEWER[..], &["--check"]].concat());
    let expected = "  outdated Dockerfile (the spec, a preset, the project or dockgen changed)\n  \
        outdated dockgen.lock (the spec, a preset, the project or dockgen changed)\n\
        hint: to update, run `dockgen generate --set python.version=3.13`; add --diff to see the changes first\n";
    assert_eq!((moved.code, moved.stderr.as_str()), (1, expected));
    assert_eq!(project.tree(), before);
    project.edit("compose.yaml", "unless-stopped", "always");
    let edited = project.run(&["generate", "--check"]);
    assert_eq!((edited.code, edited.stderr.as_str()), (3, "    edited compose.yaml (edited by hand after dockgen wrote it)\n"));
    std::fs::remove_file(project.0.path().join("k8s.yaml")).unwrap();
    let missing = project.run(&["generate", "--check"]);
    assert_eq!(missing.code, 4);
    assert!(missing.stderr.contains("   missing k8s.yaml (you deleted it; write it again with --only kubernetes"));
    let json = project.run(&["generate", "--check", "--json"]);
    assert_eq!(json.code, 4);
    assert_eq!(state(&json, "compose.yaml"), is("edited", "kept"));
    assert_eq!(state(&json, "k8s.yaml"), is("deleted", "kept"));
    assert_eq!(state(&json, "Dockerfile"), is("in-step", "unchanged"));
}

#[test]
fn json_tells_of_every_file_what_was_done() {
    let project = Project::fastapi();
    let ran = project.run(&["generate", "--json"]).ok();
    let json: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&json["version"], &json["exit"]), (&Json::from(1), &Json::from(0)));
    assert_eq!(json["hints"].as_array().unwrap().len(), 2);
    let paths: Vec<_> = states(&ran).into_iter().map(|(path, state, action)| format!("{path} {state} {action}")).collect();
    let expected = ["Dockerfile", ".dockerignore", "compose.yaml", "k8s.yaml", ".env.example", "dockgen.lock"];
    assert_eq!(paths, expected.map(|path| format!("{path} missing created")));
    let again = project.run(&["generate", "--json"]).ok();
    assert!(states(&again).into_iter().all(|(_, state, action)| (state, action) == is("in-step", "unchanged")));
    project.edit("Dockerfile", "WORKDIR /app\n", "WORKDIR /app\nRUN true\n");
    let refused = project.run(&[&NEWER[..], &["--json"]].concat());
    assert_eq!(refused.code, 1);
    assert_eq!(state(&refused, "Dockerfile"), is("edited-and-outdated", "refused"));
}

#[test]
fn an_edited_file_is_kept_where_there_is_nothing_new_for_it() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    project.edit("compose.yaml", "unless-stopped", "always");
    let edited = project.read("compose.yaml");
    let ran = project.run(&NEWER).ok();
    assert!(ran.stderr.contains("   updated Dockerfile\n      kept compose.yaml (edited by hand)\n"), "{}", ran.stderr);
    assert_eq!(project.read("compose.yaml"), edited);
}

/// The text that dockgen wrote last is found in the cache, even if it was never committed.
#[test]
fn a_merge_keeps_what_was_edited_and_brings_what_is_new() {
    let project = Project::fastapi();
    let cache = assert_fs::TempDir::new().unwrap();
    let run = |arguments: &[&str]| Ran::from(project.command(arguments).env("XDG_CACHE_HOME", cache.path()).output().unwrap());
    run(&["generate"]).ok();
    project.edit("Dockerfile", "EXPOSE 8000\n", "EXPOSE 8000\n# ours\n");
    let ran = run(&[&NEWER[..], &["--merge"]].concat()).ok();
    assert!(ran.stderr.contains("    merged Dockerfile (with manual edits)\n"), "{}", ran.stderr);
    let merged = project.read("Dockerfile");
    assert!(merged.contains("EXPOSE 8000\n# ours\n") && merged.contains("FROM python:3.13-slim-trixie"), "{merged}");
    // a second run has nothing to do, and the edit is still one
    let before = project.tree();
    let again = run(&[&NEWER[..], &["--merge"]].concat()).ok();
    assert!(again.stderr.contains("      kept Dockerfile"), "{}", again.stderr);
    assert_eq!(project.tree(), before);
    assert_eq!(run(&[&NEWER[..], &["--check"]].concat()).code, 3);
}

#[test]
fn a_clash_is_marked_and_has_to_be_decided() {
    let project = Project::fastapi();
    let cache = assert_fs::TempDir::new().unwrap();
    let run = |arguments: &[&str]| Ran::from(project.command(arguments).env("XDG_CACHE_HOME", cache.path()).output().unwrap());
    run(&["generate"]).ok();
    project.edit("Dockerfile", "FROM python:3.14-slim-trixie AS base", "FROM corp/python:3.14 AS base");
    let ran = run(&[&NEWER[..], &["--merge"]].concat());
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("  conflict Dockerfile (resolve the lines marked with <<<<<<<)"), "{}", ran.stderr);
    let marked = "<<<<<<< edited by hand\nFROM corp/python:3.14 AS base\n=======\nFROM python:3.13-slim-trixie AS base\n>>>>>>> generated by dockgen\n";
    assert!(project.read("Dockerfile").contains(marked), "{}", project.read("Dockerfile"));
    let newest = ["generate", "--merge", "--set", "python.version=3.12"];
    let ran = run(&newest);
    assert!(ran.code == 1 && ran.stderr.contains("conflict Dockerfile (left by an earlier merge"), "{}", ran.stderr);
    let ran = run(&[&NEWER[..], &["--check", "--json"]].concat());
    assert_eq!((ran.code, state(&ran, "Dockerfile")), (1, is("undecided", "refused")));
    project.edit("Dockerfile", marked, "FROM corp/python:3.13 AS base\n");
    let ran = run(&[&NEWER[..], &["--check"]].concat());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
}

/// Without a cache, the project's own history tells what dockgen wrote last; without both, every difference is marked.
#[test]
fn the_last_text_is_found_in_git_or_every_difference_is_marked() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let without = project.tree();
    commit(project.0.path(), "generated");
    project.edit("Dockerfile", "EXPOSE 8000\n", "EXPOSE 8000\n# ours\n");
    commit(project.0.path(), "edited");
    let git = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        Ran::from(command.env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap())
    };
    git(&[&NEWER[..], &["--merge"]].concat()).ok();
    assert!(!is_unresolved(&project.read("Dockerfile")));
    assert!(project.read("Dockerfile").contains("# ours\n"));

    let alone = Project::new(&[]);
    for (path, bytes) in without.iter().filter(|(path, _)| !path.starts_with(".git/")) {
        std::fs::write(alone.0.path().join(path), bytes).unwrap();
    }
    alone.edit("Dockerfile", "EXPOSE 8000\n", "EXPOSE 8000\n# ours\n");
    let ran = alone.run(&[&NEWER[..], &["--merge"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let text = alone.read("Dockerfile");
    assert!(text.contains("<<<<<<< edited by hand\n# ours\n=======\n>>>>>>> generated by dockgen\n"), "{text}");
    assert!(text.contains("FROM python:3.14-slim-trixie") && text.contains("FROM python:3.13-slim-trixie"), "{text}");
}

#[test]
fn a_deleted_output_stays_deleted_until_it_is_asked_for() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    std::fs::remove_file(project.0.path().join("k8s.yaml")).unwrap();
    let ran = project.run(&NEWER).ok();
    assert!(ran.stderr.contains("   skipped k8s.yaml (you deleted it; write it again with --only kubernetes"), "{}", ran.stderr);
    project.run(&[&NEWER[..], &["--force"]].concat()).ok();
    assert!(!project.0.path().join("k8s.yaml").exists());
    project.run(&[&NEWER[..], &["--only", "kubernetes"]].concat()).ok();
    assert!(project.0.path().join("k8s.yaml").is_file());
    // turned off and on again, it is asked for too
    std::fs::remove_file(project.0.path().join("k8s.yaml")).unwrap();
    project.run(&[&NEWER[..], &["--set", "output.kubernetes=false"]].concat()).ok();
    project.run(&NEWER).ok();
    assert!(project.0.path().join("k8s.yaml").is_file());
}

#[test]
fn a_lock_is_sorted_text_and_a_broken_one_is_refused() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let lock = project.read("dockgen.lock");
    let paths: Vec<_> = lock.lines().filter_map(|line| line.split('"').nth(1).filter(|_| line.contains(" = \""))).collect();
    assert_eq!(paths, [".dockerignore", ".env.example", "Dockerfile", "compose.yaml", "k8s.yaml"]);
    project.edit("dockgen.lock", "[outputs]", "<<<<<<< HEAD\n[outputs]");
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("`dockgen.lock` contains a merge conflict"), "{}", ran.stderr);
    std::fs::remove_file(project.0.path().join("dockgen.lock")).unwrap();
    std::os::unix::fs::symlink(".git/hooks/pre-commit", project.0.path().join("dockgen.lock")).unwrap();
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("`dockgen.lock` is a symbolic link"), "{}", ran.stderr);
}

/// A text of few different lines, so that they meet.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d", "", "  e", "RUN x"]), 0..12)
        .prop_map(|lines| lines.into_iter().map(|line| line.to_owned() + "\n").collect())
}

/// An edit of a text: some lines are removed, some are added.
fn changed(text: &str, changes: &[(usize, u8)], mark: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (number, (at, kind)) in changes.iter().enumerate() {
        let at = at % (lines.len() + 1);
        match kind % 3 {
            0 => lines.insert(at, format!("{mark} {number}")),
            1 if at < lines.len() => drop(lines.remove(at)),
            _ if at < lines.len() => lines[at] = format!("{mark} {number}"),
            _ => {}
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

#[test]
fn no_merge_loses_a_line_that_only_a_person_changed() {
    let change = || prop::collection::vec((0_usize..20, 0_u8..3), 0..6);
    let mut runner = TestRunner::new(Config { cases: MERGES, failure_persistence: None, ..Config::default() });
    let result = runner.run(&(text(), change(), change()), |(before, ours, theirs)| {
        let (edited, generated) = (changed(&before, &ours, "mine"), changed(&before, &theirs, "new"));
        let merged = merge(Some(&before), &edited, &generated);
        prop_assert_eq!(merged.conflicts > 0, is_unresolved(&merged.text));
        for line in edited.lines().filter(|line| line.starts_with("mine")) {
            prop_assert!(merged.text.lines().any(|found| found == line), "{line} is lost in\n{}", merged.text);
        }
        for line in generated.lines().filter(|line| line.starts_with("new")) {
            prop_assert!(merged.text.lines().any(|found| found == line), "{line} is lost in\n{}", merged.text);
        }
        // what a person took out comes back only inside of a conflict
        let has = |text: &str, line: &str| text.lines().any(|found| found == line);
        let back = before.lines().find(|line| !has(&edited, line) && has(&merged.text, line));
        prop_assert!(merged.conflicts > 0 || back.is_none(), "{back:?} is back in\n{}", merged.text);
        prop_assert_eq!(merge(Some(&before), &before, &generated).text, generated.clone());
        prop_assert_eq!(merge(Some(&generated), &edited, &generated).text, edited.clone());
        let unknown = merge(None, &edited, &generated).text;
        for line in edited.lines().chain(generated.lines()) {
            prop_assert!(unknown.lines().any(|found| found == line));
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// Every line of every kind of file, edited one at a time while dockgen changes others. The hash in the header is dockgen's own.
#[test]
fn an_edit_of_any_line_of_a_real_file_survives() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let newer = Project::fastapi();
    newer.run(&["generate", "--set", "python.version=3.13", "--set", "app.port=9000"]).ok();
    let mut edits = 0;
    for path in ["Dockerfile", ".dockerignore", "compose.yaml", "k8s.yaml", ".env.example"] {
        let (before, generated) = (project.read(path), newer.read(path));
        for line in before.lines().filter(|line| !line.is_empty() && !line.starts_with("# dockgen:sha256:")) {
            let mine = format!("{line} # mine");
            let edited = before.replacen(&format!("{line}\n"), &format!("{mine}\n"), 1);
            let merged = merge(Some(&before), &edited, &generated);
            assert!(merged.text.contains(&format!("{mine}\n")), "{path}: {mine}\n{}", merged.text);
            edits += 1;
        }
    }
    assert!(edits > 300, "{edits}");
}

/// The text after `sha256:` is only read if it is a hash, and no other text of the file is taken for one.
#[test]
fn a_header_that_somebody_shortened_costs_no_line() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let hash = project.read("Dockerfile").lines().nth(3).unwrap().to_owned();
    assert!(hash.starts_with("# dockgen:sha256:"), "{hash}");
    project.edit("Dockerfile", &hash, "# dockgen:sha256:nope");
    project.run(&[&NEWER[..], &["--merge"]].concat());
    let text = project.read("Dockerfile");
    for line in
        ["FROM python:3.14-slim-trixie AS base\n", "FROM python:3.13-slim-trixie AS base\n", "ENV PYTHONFAULTHANDLER=1 \\\n"]
    {
        assert!(text.contains(line), "{text}");
    }
}

/// One branch updated dockgen and the other edited a file: the file, not the lock, says which text the edit is based on.
#[test]
fn an_edit_of_an_older_text_is_outdated_whatever_the_lock_says() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let old = project.read("Dockerfile");
    project.run(&NEWER).ok();
    std::fs::write(project.0.path().join("Dockerfile"), old.replace("EXPOSE 8000\n", "EXPOSE 8000\n# ours\n")).unwrap();
    let ran = project.run(&[&NEWER[..], &["--check", "--json"]].concat());
    assert_eq!((ran.code, state(&ran, "Dockerfile").0.as_str()), (1, "edited-and-outdated"));
}

#[test]
fn bytes_that_are_no_text_are_never_rewritten() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let mut bytes = project.read("Dockerfile").into_bytes();
    bytes.extend(b"# caf\xe9\n");
    std::fs::write(project.0.path().join("Dockerfile"), &bytes).unwrap();
    let ran = project.run(&[&NEWER[..], &["--merge"]].concat());
    assert!(ran.code == 2 && ran.stderr.contains("`Dockerfile` is not UTF-8 text"), "{}", ran.stderr);
    assert_eq!(std::fs::read(project.0.path().join("Dockerfile")).unwrap(), bytes);
}

#[test]
fn a_lock_leads_nowhere_out_of_the_project() {
    let project = Project::fastapi();
    project.run(&["generate"]).ok();
    let hash = "a".repeat(64);
    for path in ["/dev/zero", "../other/Dockerfile", "a/../../b"] {
        project.run(&["generate"]);
        let lock = project.read("dockgen.lock");
        std::fs::write(project.0.path().join("dockgen.lock"), format!("{lock}{path:?} = {hash:?}\n")).unwrap();
        let ran = project.run(&["generate", "--check"]);
        assert!(ran.code == 2 && ran.stderr.contains("is not the path of an output"), "{}", ran.stderr);
        std::fs::write(project.0.path().join("dockgen.lock"), lock).unwrap();
    }
}
