//! No spec and no preset gets a credential file into the build context.

use crate::common::{FASTAPI, Project, files_of};
use crate::ignore::{Ignore, planted};

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
const REFUSED_KEEPS: [&str; 97] = [
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
    "server.key",
    "certs/Server.KEY",
    "id.p8",
    "code.pvk",
    "private.gpg",
    "my-private-key.pem",
    "wallet.dat",
    "repo.git/config",
    ".dvc/config.local",
    ".clasprc.json",
    ".password",
    ".token",
    ".dbt/profiles.yml",
    "prod.tfplan",
    "kubeconfig-prod.yaml",
    // the same, set aside
    "server.keystore.old",
    "server.key~",
    ".server.key.swp",
    "release.jks.bak",
    "prod.tfvars.orig",
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
    "sql/*.sql",
    "*access_token",
    "*.sql.old",
    "db/*.sqlite3.old",
    "data/*~",
];

/// What Docker cannot read, or reads as something else.
const BROKEN_PATTERNS: [&str; 32] = [
    "/",
    ".",
    "./",
    "//",
    "a/..",
    "[.]",
    "/ ",
    "!/",
    "a[b",
    "[",
    "[]",
    "[]a]",
    "[^]",
    "[a-]",
    "[-a]",
    "[z-a]",
    "[a-c-e]",
    "[a--]",
    "[a-*]",
    "[*]",
    "[?]",
    "[[:alpha:]]",
    "x/[a",
    "a\\b",
    "\\",
    "!a",
    "/!a",
    "[!]a",
    "#a",
    "",
    " ",
    "a ",
];

fn with_context(key: &str, patterns: &[&str]) -> String {
    format!("{FASTAPI}[context]\n{key} = {}\n", serde_json::to_string(patterns).unwrap())
}

pub(crate) fn ignore_file(spec: &str) -> String {
    let files = files_of(spec).unwrap_or_else(|error| panic!("{spec}: {error}"));
    files.into_iter().find(|file| file.key == "dockerignore").unwrap().text
}

#[test]
fn credential_files_stay_out_at_every_depth_whatever_a_spec_keeps() {
    let planted = planted();
    assert!(planted.len() >= 440, "{}", planted.len());
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

/// Names in capitals, and capitalized ones, that people and tools write; Docker distinguishes them.
const OTHER_CASES: [&str; 64] = [
    "API_KEY.TXT",
    "API_TOKEN",
    "APP.DB",
    "APP.DB-WAL",
    "APP.SQLITE3",
    "Access_Token",
    "Api_Key",
    "Auth.json",
    "BACKUP.BAK",
    "BACKUP.SQL.GZ",
    "CA.PEM",
    "CLIENT.P12",
    "CLIENT.PFX",
    "CLIENT_SECRET.JSON",
    "CREDENTIALS",
    "CREDENTIALS.CSV",
    "CVS/Root",
    "Client_Secret_1.json",
    "Client_secrets.json",
    "Cookies.txt",
    "Credentials",
    "Credentials.json",
    "Credentials.yaml",
    "Credentials/aws",
    "Cvs/Root",
    "DB.SQLITE3",
    "DEPLOY_RSA",
    "DUMP.SQL",
    "Deploy_Key",
    "EXPDAT.DMP",
    "Firebase-adminsdk.json",
    "ID_DSA",
    "ID_ED25519",
    "ID_RSA",
    "ID_RSA.PUB",
    "KEY.DER",
    "KUBECONFIG",
    "Kaggle.json",
    "Keys.txt",
    "Kubeconfig.yaml",
    "Local_settings.py",
    "PASSWORDS.TXT",
    "PASSWORDS.XLSX",
    "PRIVATE_KEY",
    "PROD.ENV",
    "PROD.ENV.LOCAL",
    "PUTTY.PPK",
    "Password.txt",
    "Passwords.csv",
    "Private.asc",
    "Prod.Env",
    "RELEASE.JKS",
    "SECRETS/db",
    "SECRETS.JSON",
    "SECRET_KEY.TXT",
    "SERVER.KEY",
    "SERVER.KEYSTORE",
    "Secrets.yml",
    "Secrets.yaml",
    "Secrets/db",
    "Service-Account.json",
    "TERRAFORM.TFSTATE",
    "Token.json",
    "Tokens.txt",
];

/// On some disks `ID_RSA` is `id_rsa`, and people write `Credentials.json`. Hidden names stay out in every case.
#[test]
fn credential_files_stay_out_in_the_cases_that_occur() {
    let ignore = Ignore::read(&ignore_file(&with_context("keep", &["**"])));
    let lower = planted().into_iter().map(str::to_lowercase);
    let hidden = planted().into_iter().filter(|name| name.starts_with('.')).map(str::to_uppercase);
    let others = OTHER_CASES.iter().flat_map(|name| DEPTHS.map(|depth| format!("{depth}{name}")));
    let leaks: Vec<_> = lower.chain(hidden).chain(others).filter(|path| !ignore.leaves_out(path)).collect();
    assert!(leaks.is_empty(), "{} leaks: {leaks:?}", leaks.len());
}

/// People maintain the project, and read this file to find out why a file is missing.
#[test]
fn the_ignore_file_can_be_read_a_name_at_a_time() {
    let text = ignore_file(FASTAPI);
    assert!(text.lines().count() <= 600, "{} lines", text.lines().count());
    let patterns: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    // a class is the first letter of a word in both cases, or digits: others hide which names are meant
    let is_plain = |class: &str| {
        let letters: Vec<char> = class.chars().collect();
        class == "0-9" || class == "cod" || letters.len() == 2 && letters[0].eq_ignore_ascii_case(&letters[1])
    };
    let class = |part: &str| part.split(']').next().is_none_or(is_plain);
    let golfed: Vec<_> = patterns.iter().filter(|line| !line.split('[').skip(1).all(class)).collect();
    assert!(golfed.is_empty(), "{golfed:?}");
    let twice: Vec<_> = patterns.iter().enumerate().filter(|(at, line)| patterns[..*at].contains(line)).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let groups = text.split("\n\n").filter(|group| !group.starts_with('#'));
    assert_eq!(groups.collect::<Vec<_>>(), Vec::<&str>::new(), "a group without a heading");
}

#[test]
fn a_spec_that_keeps_credentials_is_refused_with_what_to_do() {
    let mut accepted = Vec::new();
    for keep in REFUSED_KEEPS {
        match files_of(&with_context("keep", &[keep])) {
            Ok(_) => accepted.push(keep),
            Err(error) => {
                assert!(
                    error.message.contains("context.keep") && error.hint.is_some() && error.place.is_some(),
                    "{keep}: {error}"
                );
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
                Err(error) => {
                    assert!(error.message.contains(&format!("context.{key}")) && error.place.is_some(), "{pattern}: {error}");
                }
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
    for path in
        ["ca.pem", "certs/b.pem", "a/certs/ca.pem", "certs/ca.pem/server.key", "certs/ca.pem/a.txt", "config/credentials.json/x"]
    {
        assert!(ignore.leaves_out(path), "{path}");
    }
}

/// A preset may replace the whole template, or write the ignore file that Docker prefers.
#[test]
fn no_template_of_a_preset_lets_credentials_in() {
    let extra =
        "[output]\ndockerignore = false\n[output.extra.ignore]\npath = \"Dockerfile.dockerignore\"\ntemplate = \"own.j2\"\n";
    for (preset, template, text, output) in [
        (
            "",
            "dockerignore.j2",
            "{% extends \"dockerignore.j2\" %}\n{% block patterns %}\n!**\n!**/.env\n{% endblock %}\n",
            ".dockerignore",
        ),
        ("", "dockerignore.j2", "docs\n!**/.env", ".dockerignore"),
        (extra, "own.j2", "docs\n!**\n", "Dockerfile.dockerignore"),
    ] {
        let project = Project::new(&[
            ("main.py", "app = None\n"),
            ("requirements.txt", "fastapi\n"),
            ("dockgen.toml", &FASTAPI.replace("\"pip\"", "\"pip\", \"./team\"")),
            ("team/preset.toml", &format!("description = \"Team\"\n{preset}")),
            (&format!("team/templates/{template}"), text),
        ]);
        project.run(&["generate", "--set", "context.keep=[\"**\"]"]).ok();
        let ignore = Ignore::read(&project.read(output));
        let leaks: Vec<_> = planted().into_iter().filter(|path| !ignore.leaves_out(path)).collect();
        assert!(leaks.is_empty(), "{text}: {leaks:?}");
    }
}
