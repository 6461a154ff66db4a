//! Characters that cannot be seen are refused by name, and none reaches a terminal.
#![cfg(unix)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use dockgen::error::Error;
use rexpect::session::spawn_command;

use crate::common::{FASTAPI, Project, files_of};

/// The first and the last of every stretch of characters that cannot be seen, and those that are known from attacks: controls,
/// line and paragraph separators, Default_Ignorable_Code_Point (DerivedCoreProperties.txt), interlinear marks, noncharacters.
const HIDDEN: &str = "\
    \u{0}\u{7}\u{8}\u{b}\u{c}\u{1b}\u{1f}\u{7f}\u{80}\u{85}\u{90}\u{9b}\u{9d}\u{9f}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\
    \u{17b4}\u{17b5}\u{180b}\u{180e}\u{180f}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202d}\
    \u{202e}\u{2060}\u{2061}\u{2064}\u{2065}\u{2066}\u{2069}\u{206a}\u{206f}\u{3164}\u{fdd0}\u{fdef}\u{fe00}\u{fe0f}\
    \u{feff}\u{ffa0}\u{fff0}\u{fff8}\u{fff9}\u{fffb}\u{fffe}\u{ffff}\u{1bca0}\u{1bca3}\u{1d173}\u{1d17a}\u{1ffff}\
    \u{e0000}\u{e0001}\u{e0041}\u{e007f}\u{e0100}\u{e0fff}";

/// Some of them, for what takes a process each.
const SAMPLE: [char; 12] = [
    '\u{85}',
    '\u{9b}',
    '\u{ad}',
    '\u{61c}',
    '\u{200b}',
    '\u{200d}',
    '\u{2028}',
    '\u{202e}',
    '\u{2060}',
    '\u{feff}',
    '\u{fffb}',
    '\u{e0041}',
];

/// What is seen, of many scripts: a table that takes too much would take some of these.
const SEEN: [&str; 18] = [
    "plain text",
    "é ñ ü ß ø å",
    "日本語のテキスト",
    "한국어 텍스트",
    "中文文本",
    "Русский текст",
    "Ελληνικά",
    "עברית",
    "العربية",
    "हिन्दी",
    "ไทย",
    "ខ្មែរ",
    "🎉🚀",
    "e\u{301}",
    "a\u{a0}b",
    "€ £ ¥ © ™ … — “”",
    "∑ ∀ → ⇒",
    "\u{110bd}",
];

/// Texts whose letters are joined by characters that cannot be seen: Persian, and emoji of several parts.
const JOINED: [&str; 5] = ["می\u{200c}خواهم", "❤\u{fe0f}", "👩\u{200d}💻", "❤\u{fe0f}\u{200d}🔥", "क\u{94d}\u{200d}ष"];

fn code(letter: char) -> String {
    format!("U+{:04X}", u32::from(letter))
}

/// Whether a text that was printed shows all that it has.
fn is_seen(text: &str) -> bool {
    !text.chars().any(|letter| letter != '\n' && HIDDEN.contains(letter)) && !text.contains(['\u{1}', '\r'])
}

/// A spec with a text in one place, in TOML's own escapes.
fn spec(place: &str, text: &str) -> String {
    let escaped = text.chars().map(|letter| format!("\\U{:08X}", u32::from(letter))).collect::<Vec<_>>().concat();
    format!("{FASTAPI}{}", place.replace("TEXT", &escaped))
}

/// The places, with the key that an error has to name.
const PLACES: [(&str, &str); 9] = [
    ("[environment]\nA = \"TEXT\"\n", "environment.A.value"),
    ("[environment]\nA = { example = \"TEXT\" }\n", "environment.A.example"),
    ("[environment]\nA = { description = \"TEXT\" }\n", "environment.A.description"),
    ("[secrets]\nA = { description = \"TEXT\" }\n", "secrets.A.description"),
    ("[image.labels]\nmotto = \"TEXT\"\n", "image.labels.motto"),
    ("[processes.worker]\ncommand = [\"run\", \"TEXT\"]\n", "processes.worker.command"),
    ("[processes.worker]\ncommand = \"run TEXT\"\n", "processes.worker.command"),
    ("[release]\nsteps = [[\"run\", \"TEXT\"]]\n", "release.steps"),
    ("[service-kinds.x]\nurl = \"TEXT\"\n", "service-kinds.x.url"),
];

#[test]
fn every_character_that_cannot_be_seen_is_refused_and_named() {
    let mut taken = Vec::new();
    for letter in HIDDEN.chars() {
        for (place, key) in PLACES {
            match files_of(&spec(place, &format!("a{letter}b"))) {
                Ok(_) => taken.push(format!("{} in {key}", code(letter))),
                Err(Error { message, place, .. }) => {
                    assert!(message.contains(&code(letter)) && message.contains(key), "{}: {message}", code(letter));
                    assert!(place.is_some_and(|place| place.line().is_some()), "{}", code(letter));
                }
            }
        }
    }
    assert_eq!(taken, Vec::<String>::new());
}

#[test]
fn what_can_be_seen_is_taken() {
    for text in SEEN {
        for (place, key) in PLACES {
            if let Err(error) = files_of(&spec(place, text)) {
                panic!("{text:?} in {key}: {error}");
            }
        }
    }
}

/// A description is for people: it is written as they write, and a join that joins nothing is refused there too.
#[test]
fn letters_are_joined_in_descriptions_only() {
    for text in JOINED {
        for (place, key) in PLACES {
            let taken = files_of(&spec(place, text)).is_ok();
            assert_eq!(taken, key.ends_with("description"), "{text:?} in {key}");
        }
    }
    for text in [
        "a\u{200d}b",
        "\u{200c}",
        "\u{200d}\u{200d}",
        "a\u{fe0f}",
        "é\u{200c}\u{200c}b",
        "🎉\u{fe0f}\u{fe0f}",
        "🎉\u{e0041}",
        " \u{200d}",
    ] {
        assert!(files_of(&spec(PLACES[2].0, text)).is_err(), "{text:?}");
    }
}

/// Names, flags and answers follow the same table.
#[test]
fn names_and_flags_with_hidden_characters_are_refused_and_shown_escaped() {
    let project = Project::fastapi();
    for letter in SAMPLE.into_iter().chain(['\u{1b}', '\u{7}', '\u{8}']) {
        for set in [
            format!("project.description=a{letter}b"),
            format!("environment.A{letter}.value=1"),
            format!("environment.\"A{letter}\".value=1"),
            format!("answers.a{letter}=1"),
            format!("app.entry=main:a{letter}b"),
            format!("image.labels.\"a{letter}\"=1"),
            format!("a{letter}b=1"),
        ] {
            let ran = project.run(&["generate", "--set", &set]);
            assert_eq!(ran.code, 2, "{set:?}: {}", ran.stderr);
            assert!(is_seen(&ran.stderr), "{set:?}: {:?}", ran.stderr);
        }
    }
}

/// What is wrong with a line is shown with that line, and with what cannot be seen in it escaped: the mark stays below its text.
#[test]
fn snippets_show_hidden_characters_escaped_and_keep_their_marks() {
    let mut raw = Vec::new();
    for letter in SAMPLE {
        for (line, error) in [
            (format!("x = 1 # a{letter}b"), "unknown key"),
            (format!("[project]\nname = \"a{letter}b\""), "name"),
            (format!("[app]\nport = 1 # {letter}{letter}"), "app.port"),
            (format!("[environment]\n# {letter}\nA = \"{letter}\" # {letter}"), "environment.A.value"),
            (format!("\"x{letter}\" = 1"), "unknown key"),
            (format!("[app]\nport = {letter}"), ""),
        ] {
            let project =
                Project::new(&[("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", &line)]);
            let ran = project.run(&["generate"]);
            assert!(ran.code == 2 && ran.stderr.contains(error), "{line:?}: {}", ran.stderr);
            if !is_seen(&ran.stderr) {
                raw.push(format!("{line:?}"));
            }
        }
    }
    assert_eq!(raw, Vec::<String>::new());
    let marked = |line: &str| {
        let project = Project::new(&[("dockgen.toml", line)]);
        let shown = project.run(&["generate"]).stderr;
        let mut lines = shown.lines().skip_while(|line| !line.starts_with("1 |"));
        let (code, mark) = (lines.next().unwrap().to_owned(), lines.next().unwrap().to_owned());
        let start = mark.find('^').unwrap();
        code.get(start..start + mark.matches('^').count()).unwrap().to_owned()
    };
    assert_eq!(marked("\u{200b} = 1"), "\\u{200b}");
    assert_eq!(marked("x = { a\u{9b} = 1 }"), "\\u{9b}");
    assert_eq!(marked("# \u{202e}\rx"), "x");
    assert_eq!(marked("\"a\u{85}b\u{2028}\" = 1"), "\"a\\u{85}b\\u{2028}\"");
}

/// Lines that end as those of Windows are no reason to escape anything.
#[test]
fn snippets_of_windows_files_look_as_they_did() {
    let project = Project::new(&[("dockgen.toml", "[app]\r\nprot = 1\r\n")]);
    let ran = project.run(&["generate"]);
    assert!(ran.stderr.contains("prot = 1") && !ran.stderr.contains("\\r"), "{}", ran.stderr);
}

/// Usage errors repeat what was typed.
#[test]
fn usage_errors_show_what_was_typed_escaped() {
    let project = Project::fastapi();
    let mut raw = Vec::new();
    for letter in ["\u{1b}[31m", "\u{1b}]0;x\u{7}", "\u{9b}31m", "\u{202e}", "\u{200b}", "\u{e0041}", "\u{8}\u{8}"] {
        for arguments in [
            vec![format!("x{letter}")],
            vec![format!("--x{letter}")],
            vec!["generate".into(), format!("x{letter}")],
            vec!["generate".into(), "--only".into(), format!("x{letter}")],
            vec!["generate".into(), "--stdout".into(), format!("x{letter}")],
            vec!["generate".into(), "--preset".into(), format!("x{letter}")],
            vec!["generate".into(), "--preset".into(), format!("./x{letter}.toml")],
            vec!["generate".into(), "--spec".into(), format!("x{letter}.toml")],
            vec!["generate".into(), "--set".into(), format!("x{letter}")],
            vec!["--color".into(), format!("x{letter}"), "show".into()],
            vec!["-C".into(), format!("x{letter}"), "generate".into()],
            vec!["-C".into(), format!("x{letter}"), "init".into()],
            vec!["show".into(), format!("x{letter}")],
            vec!["presets".into(), format!("x{letter}")],
            vec!["presets".into(), "check".into(), format!("x{letter}")],
            vec!["completions".into(), format!("x{letter}")],
        ] {
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let ran = project.run(&words);
            assert!(ran.code == 2 && !ran.stderr.is_empty(), "{arguments:?}: {}", ran.stderr);
            if !is_seen(&(ran.stderr + &ran.stdout)) {
                raw.push(format!("{arguments:?}"));
            }
        }
    }
    assert_eq!(raw, Vec::<String>::new());
}

/// Bytes that are no text are shown too, and end nothing.
#[test]
fn arguments_that_are_no_text_are_a_usage_error() {
    let project = Project::fastapi();
    let mut command = project.command(&["generate", "--only"]);
    let output = command.arg(OsStr::from_bytes(b"\xff\x1b[31m")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(is_seen(&String::from_utf8(output.stderr).unwrap()));
}

/// Files and folders may be named as people like: what is said of them shows it.
#[test]
fn names_of_files_are_shown_escaped() {
    let application = "import os\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n";
    let mut raw = Vec::new();
    for letter in ["\u{1b}[31m", "\u{9b}", "\u{202e}", "\u{200b}", "\u{2028}", "\n"] {
        let (module, spec) = (format!("a{letter}b/main.py"), format!("a{letter}b.toml"));
        let settings = format!("a{letter}b/settings.py");
        let project = Project::new(&[
            (&module, application),
            ("other.py", application),
            (&settings, "import os\n\nA = os.environ[\"SOME_SETTING\"]\nopen(\"log.txt\", \"w\")\n"),
            ("requirements.txt", "fastapi\nuvicorn\n"),
            (&spec, "x = 1\n"),
        ]);
        for arguments in [
            &["init", "--yes"][..],
            &["init", "--yes", "--set", "app.entry=other:app"],
            &["detect"],
            &["detect", "--json"],
            &["generate", "--spec", &spec],
            &["presets", &format!("./{spec}")],
            &["-C", &format!("a{letter}b"), "detect"],
            &["-C", &format!("a{letter}b"), "generate"],
            &["show"],
        ] {
            let ran = project.run(arguments);
            let json = arguments.contains(&"--json");
            if !is_seen(&ran.stderr) || !json && !is_seen(&ran.stdout) {
                raw.push(format!("{letter:?}: {arguments:?}: {:?}", ran.stderr + &ran.stdout));
            }
        }
    }
    assert_eq!(raw, Vec::<String>::new());
}

/// What a project's own code says with such a character is no value for a file, and no reason to stop.
#[test]
fn hidden_characters_in_a_projects_own_strings_stop_nothing() {
    for letter in SAMPLE {
        let main = format!(
            "import os\n\nfrom fastapi import FastAPI\n\nA = os.getenv(\"SOME_SETTING\", \"a{letter}b\")\nB = os.environ[\"OTHER\"]\napp = FastAPI(title=\"a{letter}b\")\n"
        );
        let project = Project::new(&[
            ("main.py", &main),
            ("requirements.txt", "fastapi\nuvicorn\n"),
            (".env.sample", &format!("OTHER=a{letter}b\n")),
        ]);
        let ran = project.run(&["init", "--yes"]);
        assert_eq!(ran.code, 0, "{}: {}", code(letter), ran.stderr);
        for (path, bytes) in project.tree() {
            let ours = !["main.py", ".env.sample"].contains(&path.as_str());
            assert!(!ours || !String::from_utf8_lossy(&bytes).contains(letter), "{}: {path}", code(letter));
        }
    }
}

/// What presets of a user say of themselves is listed, and obeyed by no terminal.
#[test]
fn lists_of_presets_show_descriptions_escaped() {
    let project = Project::fastapi();
    let preset = "description = \"a\\u001B[31mb\\u009B\\u202E\\u200B\\u0085\"\n";
    let folder = project.0.path().join("config/dockgen/presets");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("team.toml"), preset).unwrap();
    std::fs::write(folder.join("x\u{202e}.toml"), preset).unwrap();
    let output = project.command(&["presets"]).env("XDG_CONFIG_HOME", project.0.path().join("config")).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("team ") && is_seen(&shown), "{shown:?}{}", String::from_utf8_lossy(&output.stderr));
}

/// Questions of presets are asked in a terminal, and files are shown there.
#[test]
fn terminals_are_shown_nothing_that_they_would_obey() {
    let hidden = "\u{9b}31m\u{202e}\u{85}\u{200b}";
    let template = format!("It. {hidden}\n");
    let preset = "description = \"Team\"\n[output.extra.it]\npath = \"it.txt\"\ntemplate = \"it.txt.j2\"\n";
    let project = Project::new(&[
        ("main.py", "app = None\n"),
        ("requirements.txt", "fastapi\n"),
        ("dockgen.toml", &FASTAPI.replace("\"pip\"", "\"pip\", \"./team\"")),
        ("team/preset.toml", preset),
        ("team/templates/it.txt.j2", &template),
        ("compose.yaml", &format!("# {hidden}\n")),
    ]);
    // a pipe gets every byte
    assert_eq!(project.run(&["generate", "--stdout", "extra.it"]).ok().stdout, template);
    for arguments in [&["generate", "--stdout", "extra.it"][..], &["generate", "--diff"], &["presets", "./team"]] {
        let mut command = project.command(arguments);
        command.stdin(std::process::Stdio::inherit()).env("TERM", "xterm").env("NO_COLOR", "1");
        let mut terminal = spawn_command(command, Some(20_000)).unwrap();
        let shown = terminal.exp_eof().unwrap().replace('\r', "");
        assert!(is_seen(&shown) && (arguments[0] == "presets" || shown.contains("\\u{9b}31m")), "{arguments:?}: {shown:?}");
    }
}
