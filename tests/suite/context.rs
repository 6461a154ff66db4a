//! The build context: no credential file gets into it, whatever a spec or a preset says, and the application's own files stay.
//!
//! `Ignore` reads an ignore file as Docker does (moby/patternmatcher and its ignorefile): the end-to-end tests hold it against a
//! real build.

use std::fmt::Write as _;

use regex::Regex;

use crate::common::{FASTAPI, Project, files_of};

/// Names of credential files, each to be planted at several depths.
pub(crate) fn planted() -> Vec<&'static str> {
    include_str!("planted.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Where a file is planted: in the project's folder, in one below it, and deeper.
const DEPTHS: [&str; 3] = ["", "config/", "src/shop/config/"];

/// What a spec or a preset may keep, and that must bring back none of them.
const HOSTILE_KEEPS: [&[&str]; 26] = [
    &[],
    &["**"],
    &["*"],
    &["**/*"],
    &["*/**"],
    &["**/**"],
    &["?*"],
    &["config"],
    &["config/"],
    &["./config"],
    &["/config"],
    &["src"],
    &["src/shop/config"],
    &["config/*"],
    &["config/**"],
    &["**/config/*"],
    &["src/**/*"],
    &[".en?"],
    &["*nv"],
    &["**/.e*"],
    &["config/.e*"],
    &["[a-z]*", ".[a-z]*"],
    &["*.*", ".*", "*_*"],
    &["**/i?_*sa", "**/i*"],
    &["**", "*", "**/*", "config", "src/shop/config/**"],
    &["[a-z]*/**", "[a-z]*/*/**"],
];

/// What names a credential file, so that a spec with it is refused.
const REFUSED_KEEPS: [&str; 72] = [
    ".env",
    ".ENV",
    ".Env",
    "[.]env",
    "[.][e][n][v]",
    "[.]git",
    ".git",
    ".git/",
    ".GIT/config",
    "./.env",
    "/.env",
    "//.env",
    ".env/.",
    "config/../.env",
    "config/./.env",
    "/../.env",
    "a/b/../../.env",
    "**/.env",
    "**/.env*",
    "*/.env",
    ".env?",
    ".env*",
    ".env.example",
    "config/.env",
    "CONFIG/.ENV",
    "config/prod.env",
    "config/*.env",
    ".envs/.production/.postgres",
    ".git/config",
    "vendor/lib/.git",
    ".ssh",
    ".ssh/config",
    "**/.ssh/**",
    "config/.ssh/*",
    "id_rsa",
    "config/id_rsa",
    "config/ID_RSA",
    "[i]d_rs[a]",
    "id_ed25519.pub",
    "deploy_rsa",
    ".aws",
    ".aws/credentials",
    ".azure/x",
    ".kube/config",
    ".config/gcloud",
    ".config/gcloud/application_default_credentials.json",
    ".docker/config.json",
    ".npmrc",
    ".pypirc",
    "config/.netrc",
    "_netrc",
    ".git-credentials",
    ".pgpass",
    ".gnupg/secring.gpg",
    "terraform.tfstate",
    "infra/.terraform",
    "prod.tfvars",
    "client.p12",
    "CLIENT.PFX",
    "release.jks",
    ".vault-token",
    ".streamlit/secrets.toml",
    ".htpasswd",
    // these may be named, but only one by one
    "*.pem",
    "**/*.pem",
    "certs/*.pem",
    "*/ca.pem",
    "**/ca.pem",
    "**/secrets",
    "**/secrets/**",
    "*.sqlite3",
    "**/*credentials*.json",
];

/// What Docker cannot read, or reads as something else.
const BROKEN_PATTERNS: [&str; 24] = [
    "a[b", "[", "[]", "[]a]", "[^]", "[a-]", "[-a]", "[z-a]", "[a-c-e]", "[a--]", "[a-*]", "[*]", "[?]", "[[:alpha:]]", "x/[a", "a\\b",
    "\\", "!a", "/!a", "[!]a", "#a", "", " ", "a ",
];

/// A line of an ignore file.
struct Pattern {
    exception: bool,
    regex: Regex,
}

/// An ignore file.
pub(crate) struct Ignore(Vec<Pattern>);

impl Ignore {
    pub(crate) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#')).map(str::trim).filter(|line| !line.is_empty());
        Self(lines.map(Pattern::read).collect())
    }

    /// Whether a file stays out: the last pattern that matches it, or a folder above it, says so.
    pub(crate) fn leaves_out(&self, path: &str) -> bool {
        let above: Vec<&str> = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path]).collect();
        let mut out = false;
        for pattern in &self.0 {
            if pattern.exception == out && above.iter().any(|path| pattern.regex.is_match(path)) {
                out = !pattern.exception;
            }
        }
        // the walk of a build knows a pattern of a folder only where it changed something for that folder: it must say the same
        let mut parents = vec![false; self.0.len()];
        let mut walked = false;
        for path in above {
            walked = false;
            for (pattern, parent) in self.0.iter().zip(&mut parents) {
                if !*parent && pattern.exception == walked {
                    *parent = pattern.regex.is_match(path);
                }
                if *parent {
                    walked = !pattern.exception;
                }
            }
        }
        out && walked
    }
}

impl Pattern {
    fn read(line: &str) -> Self {
        let exception = line.starts_with('!');
        let path = line.trim_start_matches('!').trim();
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if part == ".." && parts.last().is_some_and(|last| *last != "..") {
                parts.pop();
            } else {
                parts.push(part);
            }
        }
        let regex = Regex::new(&regex(&parts.join("/"))).unwrap_or_else(|error| panic!("{line}: {error}"));
        Self { exception, regex }
    }
}

/// The expression that Docker makes of a pattern.
fn regex(pattern: &str) -> String {
    let mut text = String::from("^");
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '*' if letters.next_if_eq(&'*').is_some() => {
                letters.next_if_eq(&'/');
                text.push_str(if letters.peek().is_none() { ".*" } else { "(.*/)?" });
            }
            '*' => text.push_str("[^/]*"),
            '?' => text.push_str("[^/]"),
            '.' | '+' | '(' | ')' | '|' | '{' | '}' | '$' => {
                let _ = write!(text, "\\{letter}");
            }
            letter => text.push(letter),
        }
    }
    text + "$"
}

fn with_context(key: &str, patterns: &[&str]) -> String {
    format!("{FASTAPI}[context]\n{key} = {}\n", serde_json::to_string(patterns).unwrap())
}

fn ignore_file(spec: &str) -> String {
    let files = files_of(spec).unwrap_or_else(|error| panic!("{spec}: {error}"));
    files.into_iter().find(|file| file.key == "dockerignore").unwrap().text
}

#[test]
fn credential_files_stay_out_at_every_depth_whatever_a_spec_keeps() {
    let planted = planted();
    assert!(planted.len() >= 250, "{}", planted.len());
    let mut leaks = Vec::new();
    for keep in HOSTILE_KEEPS {
        let ignore = Ignore::read(&ignore_file(&with_context("keep", keep)));
        for depth in DEPTHS {
            let paths = planted.iter().map(|name| format!("{depth}{name}"));
            leaks.extend(paths.filter(|path| !ignore.leaves_out(path)).map(|path| format!("{keep:?}: {path}")));
        }
    }
    assert!(leaks.is_empty(), "{} leaks, such as\n{}", leaks.len(), leaks[..leaks.len().min(400)].join("\n"));
}

#[test]
fn a_spec_that_keeps_credentials_is_refused_with_what_to_do() {
    let mut accepted = Vec::new();
    for keep in REFUSED_KEEPS {
        match files_of(&with_context("keep", &[keep])) {
            Ok(_) => accepted.push(keep),
            Err(error) => {
                assert!(error.message.contains("context.keep") && error.hint.is_some() && error.place.is_some(), "{keep}: {error}");
            }
        }
    }
    assert!(accepted.is_empty(), "{} accepted: {accepted:?}", accepted.len());
}

#[test]
fn patterns_that_docker_cannot_read_are_refused_by_their_key() {
    let mut accepted = Vec::new();
    for key in ["ignore", "keep"] {
        for pattern in BROKEN_PATTERNS {
            match files_of(&with_context(key, &[pattern])) {
                Ok(_) => accepted.push((key, pattern)),
                Err(error) => assert!(error.message.contains(&format!("context.{key}")) && error.place.is_some(), "{pattern}: {error}"),
            }
        }
        let long = "a".repeat(70_000);
        if files_of(&with_context(key, &[&long])).is_ok() {
            accepted.push((key, "a long one"));
        }
    }
    assert!(accepted.is_empty(), "{} accepted: {accepted:?}", accepted.len());
    for pattern in ["a", "docs/**/*.pdf", "**/*.py[cod]", "data/[0-9]*", "[^a-c]x", "Meine Dateien/übrige", "a]", "(x)+{y}$"] {
        files_of(&with_context("ignore", &[pattern])).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    }
}

#[test]
fn a_credential_file_that_the_application_needs_goes_in_by_its_exact_path_and_alone() {
    let kept = ["certs/ca.pem", "./fixtures/dump.sql", "seed/db.sqlite3", "config/credentials.json", "certs/[C]A.PEM"];
    let ignore = Ignore::read(&ignore_file(&with_context("keep", &kept)));
    for path in ["certs/ca.pem", "fixtures/dump.sql", "seed/db.sqlite3", "config/credentials.json", "certs/CA.PEM"] {
        assert!(!ignore.leaves_out(path), "{path}");
    }
    for path in ["ca.pem", "certs/b.pem", "a/certs/ca.pem", "certs/ca.pem/server.key", "certs/ca.pem/a.txt", "config/credentials.json/x"] {
        assert!(ignore.leaves_out(path), "{path}");
    }
}

/// What merely looks like one: modules, templates, data of models.
#[test]
fn the_files_of_applications_go_in() {
    let ignore = Ignore::read(&ignore_file(FASTAPI));
    for path in [
        "app/secrets.py",
        "app/credentials.py",
        "app/token.py",
        "app/tokens/views.py",
        "app/environment.py",
        "app/env/settings.py",
        "app/deploy_keys.py",
        "app/kubeconfig.py",
        "app/api_keys.py",
        "app/auth.py",
        "app/backup.py",
        "app/dump.py",
        "app/db.py",
        "app/db/models.py",
        "app/database.py",
        "models/tokenizer.json",
        "models/added_tokens.json",
        "models/special_tokens_map.json",
        "sql/0001_initial.sql",
        "sql/queries/users.sql",
        "sql/report.sql.j2",
        "static/app.js",
        "static/keyboard.js",
        "templates/auth/login.html",
        "locale/de/LC_MESSAGES/django.mo",
        "certs/ca.crt",
        "keys/public.asc",
        "data/points.csv",
        "data/passwords_policy.md",
        "config/logging.yaml",
        "config/config.json",
        ".docker/nginx.conf",
        "pyproject.toml",
        "uv.toml",
        "poetry.toml",
    ] {
        assert!(!ignore.leaves_out(path), "{path}");
    }
}
