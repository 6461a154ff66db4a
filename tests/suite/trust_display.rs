//! How the effects of presets are printed before someone trusts them: nothing is hidden, cut or made to look alike.
#![cfg(unix)]

use std::time::Instant;

use crate::sources::{BASE, Presets, Team};
use crate::trust::{change, none_wrong, preset, terminal, unsafe_run, user_wide};

/// Ten thousand lines hide none that matters; of labels and plain variables, the middle is left out, and the run says so.
#[test]
fn no_mass_of_output_hides_what_matters() {
    let variables: String = (0..3_000).flat_map(|n| [format!("A{n} = \"x\""), "\n".to_owned()]).collect();
    let labels: String = (0..3_000).flat_map(|n| [format!("L{n:04} = \"x\""), "\n".to_owned()]).collect();
    let lines: String = (0..3_000).flat_map(|n| [format!("# line {n}"), "\n".to_owned()]).collect();
    let steps = (0..300).map(|n| format!("\"true {n}\"")).collect::<Vec<_>>().join(", ");
    let long = "x".repeat(100_000);
    let text = preset(&format!(
        "[build]\nsteps = [{steps}, \"evil-step\", \"true {long} evil-middle {long}\"]\n[image]\nregistry = \"evil.example.com\"\n\
         [image.labels]\nA = \"{long} label-middle {long}; label-end\"\n{labels}\
         [environment]\n{variables}LD_PRELOAD = \"evil.so\"\nA15_HOOKS = \"evil\"\nA16X = \"https://evil.example.com\"\n[enforce]\nkubernetes.replicas = 7\n"
    ));
    let template =
        format!("{{% extends \"Dockerfile.j2\" %}}\n{{% block base %}}\n{lines}RUN evil-line\n{lines}{{% endblock %}}\n");
    let team = user_wide(&[("preset.toml", &text), ("templates/Dockerfile.j2", &template)]);
    for arguments in [&["generate"][..], &["generate", "-q"]] {
        let ran = team.run(arguments);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        let missing: Vec<_> = [
            "evil-step",
            "evil-middle",
            "RUN evil-line",
            "LD_PRELOAD",
            "A15_HOOKS",
            "A16X",
            "replicas = 7 (enforced)",
            "; label-end\" (",
        ]
        .into_iter()
        .filter(|words| !ran.stderr.contains(words))
        .collect();
        assert!(missing.is_empty(), "{missing:?}");
        let at = |words: &str| ran.stderr.find(words).unwrap_or_else(|| panic!("{words} is not there"));
        assert!(at("commands") < at("image.registry = \"evil") && at("image.registry") < at("environment.A0.value"));
        // 3001 labels: twenty at each end, of which one is cut
        assert!(at("L0018") < at("… 2961 lines about other values are hidden") && at("are hidden") < at("L2980"));
        assert!(at("environment.A1.") < at("… 2960 lines about environment variables, secrets and answers are hidden"));
        assert!(!ran.stderr.contains("L1500") && !ran.stderr.contains("A1500.") && !ran.stderr.contains("label-middle"));
        assert!(at("help: ") < at("5922 lines are hidden or shortened above; print all with -v"));
    }
    for arguments in [&["generate", "--verbose"][..], &["generate", "-q", "-v"]] {
        let ran = team.run(arguments);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        let missing: Vec<_> = ["evil-step", "RUN evil-line", "label-middle", "L1500", "A1500."]
            .into_iter()
            .filter(|words| !ran.stderr.contains(words))
            .collect();
        assert!(missing.is_empty() && !ran.stderr.contains("hidden"), "{arguments:?}: {missing:?}");
    }
}

#[test]
fn a_prompt_says_how_much_is_hidden() {
    let labels: String = (0..50).flat_map(|n| [format!("L{n} = \"x\""), "\n".to_owned()]).collect();
    let team = user_wide(&[("preset.toml", &preset(&format!("[image.labels]\n{labels}")))]);
    let mut session = terminal(&team, &["generate"]);
    let seen = session.exp_string("Trust this preset?").unwrap();
    assert!(seen.contains("10 lines are hidden or shortened above; print all with -v"), "{seen}");
    session.send("n").unwrap();
    session.flush().unwrap();
    let rest = session.exp_eof().unwrap();
    assert!(
        rest.contains("the preset is not trusted") && rest.contains("help: ") && rest.contains("dockgen generate --trust"),
        "{rest}"
    );
}

/// A Dockerfile's block of these lines, and the same with other lines.
const LINES: &[(&str, &str, &[&str])] = &[
    (
        "services:\n  web:\n    labels:\n      a: b\n",
        "services:\n  web:\n    labels:\n    a: b\n",
        &["-       a: b\n", "+     a: b\n"],
    ),
    ("RUN a  b\n", "RUN a b\n", &["- RUN a  b\n", "+ RUN a b\n"]),
    ("RUN a\n", "RUN a \n", &["- RUN a\n", "+ RUN a·\n"]),
    ("RUN\ta\n", "RUN a\n", &["- RUN→a\n", "+ RUN a\n"]),
    ("\tRUN a\n", "        RUN a\n", &["- →RUN a\n", "+         RUN a\n"]),
    ("RUN a\n", "RUN a\r\n", &["- RUN a\n", "+ RUN a\\u{d}\n"]),
    ("RUN a b\n", "RUN a\u{a0}b\n", &["- RUN a b\n", "+ RUN a\\u{a0}b\n"]),
    ("RUN a\u{a0}b\n", "RUN a\\u{a0}b\n", &["- RUN a\\u{a0}b\n", "+ RUN a\\u{5c}u{a0}b\n"]),
    ("RUN a·b→c\n", "RUN a b\tc\n", &["- RUN a\\u{b7}b\\u{2192}c\n", "+ RUN a b→c\n"]),
    ("RUN a\nRUN b\n", "RUN a\n\nRUN b\n", &["  RUN a\n", "+\n", "  RUN b\n"]),
    (
        "USER app\nRUN a\nRUN b\n",
        "RUN a\nRUN b\nUSER app\n",
        &["@@ -1,3 +1,3 @@\n", "- USER app\n", "  RUN a\n               +", "+ USER app\n"],
    ),
];

#[test]
fn lines_of_templates_that_differ_look_different() {
    let block = |lines: &str| format!("{{% extends \"Dockerfile.j2\" %}}\n{{% block base %}}\n{lines}{{% endblock %}}\n");
    let mut wrong = Vec::new();
    for (before, now, shown) in LINES {
        // the end of a context line is not known before the next one is
        let shown: Vec<&str> = shown.iter().map(|line| line.split("\n    ").next().unwrap_or(line)).collect();
        let team = user_wide(&[("preset.toml", &preset("")), ("templates/other.j2", &block(before))]);
        team.run(&["generate", "--trust"]).ok();
        change(&team, &[("templates/other.j2", &block(now))]);
        for arguments in [&["presets", "update"][..], &["presets", "update", "-v"]] {
            wrong.extend(unsafe_run(&team, arguments, &shown));
        }
    }
    none_wrong(&wrong);
}

#[test]
fn values_that_differ_look_different() {
    let mut wrong = Vec::new();
    for (before, now, shown) in [
        ("a  b", "a b", ["- build.steps = [\"a  b\"]\n", "+ build.steps = [\"a b\"]\n"]),
        ("a  ", "a", ["- build.steps = [\"a  \"]\n", "+ build.steps = [\"a\"]\n"]),
        ("a\\tb", "a b", ["- build.steps = [\"a\\tb\"]\n", "+ build.steps = [\"a b\"]\n"]),
        ("a\\nb", "a b", ["- build.steps = [\"a\\nb\"]\n", "+ build.steps = [\"a b\"]\n"]),
        ("a\u{2003}b", "a b", ["- build.steps = [\"a\\u{2003}b\"]\n", "+ build.steps = [\"a b\"]\n"]),
    ] {
        let text = |step: &str| preset(&format!("[build]\nsteps = [\"{step}\"]\n"));
        let team = user_wide(&[("preset.toml", &text(before))]);
        team.run(&["generate", "--trust"]);
        if !team.project.0.path().join("dockgen.lock").exists() {
            continue;
        }
        change(&team, &[("preset.toml", &text(now))]);
        for arguments in [&["presets", "update"][..], &["presets", "update", "-v"]] {
            wrong.extend(unsafe_run(&team, arguments, &shown));
        }
    }
    none_wrong(&wrong);
}

/// The order of a long list, too, is shown with what is around it.
#[test]
fn a_long_list_is_compared_line_by_line() {
    let text = |steps: &[&str]| preset(&format!("[build]\nsteps = {steps:?}\n"));
    let long = "true ".repeat(20);
    let team = user_wide(&[("preset.toml", &text(&["one", "two", &long, "four"]))]);
    team.run(&["generate", "--trust"]).ok();
    change(&team, &[("preset.toml", &text(&["two", &long, "one", "four"]))]);
    let shown = [
        "@@ -1,4 +1,4 @@\n               - \"one\"\n                 \"two\"\n",
        "               + \"one\"\n                 \"four\"\n",
    ];
    none_wrong(&unsafe_run(&team, &["presets", "update"], &shown).into_iter().collect::<Vec<_>>());
}

/// What the help says is what was typed, and `--trust`.
#[test]
fn the_help_is_the_same_command_with_consent() {
    let team = user_wide(&[("preset.toml", BASE)]);
    let mut wrong = Vec::new();
    for (arguments, command) in [
        (
            &["generate", "--preset", "team", "--set", "app.port=9000"][..],
            "dockgen generate --preset team --set app.port=9000 --trust",
        ),
        (&["-C", ".", "generate", "--diff"], "dockgen -C . generate --diff --trust"),
        (&["generate", "--set", "project.description=a b; c"], "dockgen generate --set 'project.description=a b; c' --trust"),
        (&["presets", "update", "-q"], "dockgen presets update -q --trust"),
        (&["presets", "update", "--merge", "--", "team"], "dockgen presets update --merge --trust -- team"),
    ] {
        wrong.extend(unsafe_run(&team, arguments, &["run the same command again with --trust", command]));
    }
    let check = ["commit dockgen.lock: dockgen generate --trust\n"];
    wrong.extend(unsafe_run(&team, &["generate", "--check"], &check));
    std::fs::remove_file(team.project.0.path().join("dockgen.toml")).unwrap();
    let arguments = ["init", "--yes", "--preset", "team", "--set", "app.entry=main:app"];
    wrong.extend(unsafe_run(&team, &arguments, &["dockgen init --yes --preset team --set app.entry=main:app --trust"]));
    none_wrong(&wrong);
    for setting in [
        "environment.DB_PASSWORD=hunter2secret",
        "secrets.DJANGO_SECRET_KEY.description=x",
        "environment.A=postgres://u:hunter2secret@db/x",
    ] {
        let ran = team.run(&["generate", "--preset", "team", "--set", setting]);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    let ran = team.run(&["generate", "--preset", "team", "--set", "environment.A=ghp_0123456789abcdefghijABCDEFGHIJ012345"]);
    assert!(!ran.stderr.contains("ghp_0123"), "{}", ran.stderr);
}

#[test]
fn the_help_has_the_answers_that_are_missing() {
    let asks = "[[ask]]\nname = \"team\"\nquestion = \"Which team?\"\n";
    let team = user_wide(&[("preset.toml", &format!("{BASE}{asks}"))]);
    let ran = team.run(&["generate"]);
    assert!(ran.stderr.contains("dockgen generate --trust --set answers.team=VALUE\n"), "{}", ran.stderr);
}

#[test]
fn updated_is_said_once_it_is_written() {
    let team = user_wide(&[("preset.toml", BASE)]);
    team.run(&["generate", "--trust"]).ok();
    change(&team, &[("preset.toml", &BASE.replace("1G", "2G"))]);
    let ran = team.run(&["presets", "update", "--diff"]);
    assert!(
        ran.stderr.contains("new version team ") && ran.stderr.contains(" -> ") && !ran.stderr.contains("updated"),
        "{}",
        ran.stderr
    );
    let ran = team.run(&["presets", "update"]).ok();
    let unknown = team.run(&["presets", "update", "teem"]);
    assert!(unknown.stderr.contains("uses no git or user-wide preset called \"teem\""), "{}", unknown.stderr);
    let at = |words: &str| ran.stderr.find(words).unwrap_or_else(|| panic!("{words} is not in\n{}", ran.stderr));
    assert!(at("new version team") < at("   updated team from ") && at("updated team") < at("updated compose.yaml"));
    change(&team, &[("preset.toml", &preset("[build]\nsteps = [\"evil\"]\n"))]);
    assert!(!team.run(&["presets", "update"]).stderr.contains("updated"));
}

/// A password after `#` is refused, and neither message nor place prints it; a tag such as `web@1.2` is none.
#[test]
fn a_credential_in_a_reference_is_not_printed() {
    let team = Team::new("fastapi-uvicorn");
    let mut wrong = Vec::new();
    for reference in ["hunter2secretXYZ@v1", "hunter2secret@v1", "s3cr3t@host", "user/Passw0rd@main", "v1@hunter2secretXYZ"] {
        let address = format!("git+https://127.0.0.1:1/r.git#{reference}");
        for arguments in [
            &["presets", "update", &address][..],
            &["generate", "--preset", &address],
            &["generate", "--json", "--preset", &address],
            &["presets", &address],
            &["show", "--set", &format!("presets=[{address:?}]")],
        ] {
            let ran = team.run(arguments);
            let all = format!("{}{}", ran.stdout, ran.stderr);
            let refused = ran.code == 2 && all.contains("has a credential in its address") && !all.contains(reference);
            wrong.extend((!refused).then(|| format!("{reference}: {all}")));
        }
    }
    none_wrong(&wrong);
    let presets = Presets::new();
    presets.tag("web-utils@1.2.0-rc.1");
    Team::new(&presets.address("//web#web-utils@1.2.0-rc.1")).run(&["generate", "--trust"]).ok();
}

/// A commit in the lock is held against its content, whether the cache has that content or not.
#[test]
fn a_revision_that_was_altered_is_noticed_with_a_warm_cache_too() {
    for warm in [true, false] {
        let presets = Presets::new();
        let revision = presets.publish("locked");
        let team = Team::new(&presets.address("//web"));
        team.run(&["generate", "--trust"]).ok();
        let lock = team.project.read("dockgen.lock");
        let run = |edited: String| {
            std::fs::write(team.project.0.path().join("dockgen.lock"), edited).unwrap();
            if !warm {
                std::fs::remove_dir_all(team.home.path().join(".cache")).ok();
            }
            team.run(&["generate"])
        };
        let ran = run(lock.replace(&revision, &"0".repeat(40)));
        assert!(
            ran.code == 2 && ran.stderr.contains("commit 0000") && ran.stderr.contains("no longer exists in"),
            "warm: {warm}: {}",
            ran.stderr
        );
        let ran = run(lock.replace(&format!("revision = {revision:?}\n"), ""));
        assert!(
            ran.code == 2 && ran.stderr.contains("dockgen.lock contains no commit for git+file://"),
            "warm: {warm}: {}",
            ran.stderr
        );
        // a commit with other presets
        presets.write("web/preset.toml", "description = \"Other\"\n");
        let other = presets.publish("other");
        let ran = run(lock.replace(&revision, &other));
        assert!(ran.code == 2 && ran.stderr.contains("doesn't match the hash in dockgen.lock"), "warm: {warm}: {}", ran.stderr);
        run(lock).ok();
    }
}

/// What is compared is as long as a preset may be: no size makes that endless.
#[test]
fn large_presets_are_compared_in_time() {
    let variables = |value: &str| (0..30_000).flat_map(|n| [format!("A{n} = \"{value}\""), "\n".to_owned()]).collect::<String>();
    let block = |n: usize, line: &str| format!("{{% block b{n} %}}\n{line}\n{{% endblock %}}\n");
    let blocks = |line: &str| (0..20_000).map(|n| block(n, line)).collect::<Vec<_>>().concat();
    let files = |word: &str| [preset(&format!("[environment]\n{}", variables(word))), blocks(word)];
    let [text, template] = files("one");
    let team = user_wide(&[("preset.toml", &text), ("templates/unused.j2", &template)]);
    team.run(&["generate", "--trust"]).ok();
    let [text, template] = files("two");
    change(&team, &[("preset.toml", &text), ("templates/unused.j2", &template)]);
    let start = Instant::now();
    let ran = team.run(&["presets", "update"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("- environment.A0.value = \"one\"\n             + environment.A0.value = \"two\""),
        "{}",
        ran.stderr
    );
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn an_update_shows_the_difference_and_needs_consent_where_effects_change() {
    let before = preset("[compose.limits]\nmemory = \"1G\"\n[build]\nsteps = [\"one\"]\n[enforce]\nserver.workers = 2\n");
    let block = |line: &str| format!("{{% extends \"Dockerfile.j2\" %}}\n{{% block base %}}\nRUN one\n{line}{{% endblock %}}\n");
    let mut wrong = Vec::new();
    for (from, to, line, shown) in [
        ("[\"one\"]", "[\"two\"]", "", &["- build.steps = [\"one\"]\n             + build.steps = [\"two\"]"][..]),
        ("[build]\n", "[image]\nbase = \"evil.example.com/a:1\"\n[build]\n", "", &["+ image.base = \"evil.example.com/a:1\""]),
        ("[build]\nsteps = [\"one\"]\n", "", "", &["- build.steps = [\"one\"]"]),
        (
            "\"1G\"",
            "\"2G\"",
            "RUN evil\n",
            &[
                "templates/Dockerfile.j2, block base\n               @@ -1 +1,2 @@\n                 RUN one\n               + RUN evil",
                "- compose.limits.memory = \"1G\"",
                "+ compose.limits.memory = \"2G\"",
            ],
        ),
        ("[\"fastapi-uvicorn\"]", "[\"pip\", \"fastapi-uvicorn\"]", "", &["+ extends = [\"pip\", \"fastapi-uvicorn\"]"]),
        ("workers = 2", "workers = 3", "", &["- server.workers = 2 (enforced)\n             + server.workers = 3 (enforced)"]),
        ("[enforce]\n", "[defaults]\n", "", &["- server.workers = 2 (enforced)", "+ server.workers = 2 (default)"]),
    ] {
        let team = user_wide(&[("preset.toml", &before), ("templates/Dockerfile.j2", &block(""))]);
        team.run(&["generate", "--trust"]).ok();
        change(&team, &[("preset.toml", &before.replace(from, to)), ("templates/Dockerfile.j2", &block(line))]);
        for arguments in [&["presets", "update"][..], &["presets", "update", "-q", "--yes"]] {
            wrong.extend(unsafe_run(&team, arguments, shown));
        }
        // how an update is reviewed: nothing of it is run or written
        let files = team.project.tree();
        let ran = team.run(&["presets", "update", "--diff"]);
        let missing = shown.iter().find(|line| !ran.stderr.contains(**line));
        assert!(ran.code == 1 && missing.is_none() && team.project.tree() == files, "{}: {}", ran.code, ran.stderr);
        assert_eq!(ran.stdout.contains("+RUN evil"), !line.is_empty(), "{}", ran.stdout);
        let ran = team.run(&["presets", "update", "--trust", "-q"]).ok();
        wrong.extend(shown.iter().find(|line| !ran.stderr.contains(**line)).map(|line| format!("{line}: {}", ran.stderr)));
        team.run(&["generate", "--check"]).ok();
    }
    none_wrong(&wrong);
}

#[test]
fn an_update_of_amounts_alone_needs_no_consent_and_is_shown() {
    let team = user_wide(&[("preset.toml", BASE)]);
    team.run(&["generate", "--trust"]).ok();
    change(&team, &[("preset.toml", &BASE.replace("1G", "2G"))]);
    let ran = team.run(&["presets", "update", "-q"]).ok();
    let shown = "sizes, counts and time limits\n             - compose.limits.memory = \"1G\"\n             + compose.limits.memory = \"2G\"\n";
    assert!(ran.stderr.contains("new version team ") && ran.stderr.contains(shown), "{}", ran.stderr);
    // a new description is no effect
    change(&team, &[("preset.toml", &BASE.replace("1G", "2G").replace("Base", "Other"))]);
    assert!(team.run(&["presets", "update"]).ok().stderr.contains("its effects are unchanged"));
    // lines in another order are another file
    let template = |lines: &str| format!("{{% extends \"Dockerfile.j2\" %}}\n{{% block base %}}\n{lines}{{% endblock %}}\n");
    change(&team, &[("templates/Dockerfile.j2", &template("RUN one\nRUN two\n"))]);
    team.run(&["presets", "update", "--trust"]).ok();
    change(&team, &[("templates/Dockerfile.j2", &template("RUN two\nRUN one\n"))]);
    none_wrong(
        &unsafe_run(&team, &["presets", "update"], &["+ RUN two\n                 RUN one\n               - RUN two"])
            .into_iter()
            .collect::<Vec<_>>(),
    );
}

#[test]
fn what_cannot_be_compared_any_more_is_shown_whole() {
    let team = user_wide(&[("preset.toml", &preset("[build]\nsteps = [\"one\"]\n"))]);
    team.run(&["generate", "--trust"]).ok();
    std::fs::remove_dir_all(team.home.path().join(".cache")).unwrap();
    change(
        &team,
        &[(
            "preset.toml",
            &preset("description = \"Other\"\n[build]\nsteps = [\"one\"]\n").replacen("description = \"Team\"\n", "", 1),
        )],
    );
    none_wrong(&unsafe_run(&team, &["presets", "update"], &["+ build.steps = [\"one\"]"]).into_iter().collect::<Vec<_>>());
}
