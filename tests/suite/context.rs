//! The build context: no credential file gets into it, whatever a spec or a preset says, and the application's own files stay.
//!
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

fn ignore_file(spec: &str) -> String {
    let files = files_of(spec).unwrap_or_else(|error| panic!("{spec}: {error}"));
    files.into_iter().find(|file| file.key == "dockerignore").unwrap().text
}

#[test]
fn credential_files_stay_out_at_every_depth_whatever_a_spec_keeps() {
    let planted = planted();
    assert!(planted.len() >= 370, "{}", planted.len());
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
fn the_ignore_file_is_short_and_plain() {
    let text = ignore_file(FASTAPI);
    assert!(text.lines().count() <= 220, "{} lines", text.lines().count());
    let classes = |line: &&str| line.matches('[').count() > 3;
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).find(classes), None);
}

/// The project's own rules say what git hides, and Docker copies it all the same.
#[test]
fn files_of_sql_go_in_where_git_tracks_them_and_they_are_no_dumps() {
    let project = Project::new(&[
        ("main.py", "app = None\n"),
        ("requirements.txt", "fastapi\n"),
        ("dockgen.toml", FASTAPI),
        (".gitignore", "prod.sql\nlocal_data\nsql/all.sql\n"),
        ("prod.sql", "x"),
        ("schema.sql", "x"),
        ("local_data/all.sql", "x"),
        ("sql/all.sql", "x"),
        ("sql/users.sql", "x"),
        ("app/migrations/0001_first.sql", "x"),
        ("app/migrations/0002_second.sql", "x"),
        ("app/Queries/Top.SQL", "x"),
        ("app/dump.sql", "x"),
        ("data/seed.sql", "x"),
        ("left/out.sql", "x"),
        ("tests/one.sql", "x"),
    ]);
    let sets = ["--set", "context.ignore=[\"left\"]", "--set", "volumes.data=\"/app/data\""];
    project.run(&[&["generate"], &sets[..]].concat()).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    for path in
        ["schema.sql", "sql/users.sql", "app/migrations/0001_first.sql", "app/migrations/0003_new.sql", "app/Queries/Top.SQL"]
    {
        assert!(!ignore.leaves_out(path), "{path}");
    }
    for path in [
        "prod.sql",
        "local_data/all.sql",
        "sql/all.sql",
        "app/dump.sql",
        "data/seed.sql",
        "left/out.sql",
        "tests/one.sql",
        "app/migrations/prod.sql",
        "app/migrations/0001_dump.sql",
        ".cache/x.sql",
        "venv/x.sql",
        "schema.sql/x.txt",
    ] {
        assert!(ignore.leaves_out(path), "{path}");
    }
}

/// One pattern for all migrations would let in a dump that git ignores.
#[test]
fn a_numbered_dump_that_git_ignores_stays_out_beside_migrations() {
    for (rules, free) in [("/db/2024*.sql\n", false), ("*.sql\n!/db/000*.sql\n", false), ("*.log\nlocal.sql\n", true)] {
        let project = Project::new(&[
            ("main.py", "app = None\n"),
            ("requirements.txt", "fastapi\n"),
            ("dockgen.toml", FASTAPI),
            (".gitignore", rules),
            ("db/0001_first.sql", "x"),
            ("db/0002_second.sql", "x"),
        ]);
        project.run(&["generate"]).ok();
        let ignore = Ignore::read(&project.read(".dockerignore"));
        assert!(!ignore.leaves_out("db/0001_first.sql") && !ignore.leaves_out("db/0002_second.sql"), "{rules}");
        assert_eq!(ignore.leaves_out("db/2024.sql"), !free, "{rules}");
    }
}

/// Everything hidden stays out, so that no login of a tool gets in; what the application has of its own is named.
#[test]
fn hidden_files_go_in_one_by_one() {
    let files = [("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI)];
    let hidden = [
        (".docker/nginx.conf", "x"),
        (".streamlit/config.toml", "x"),
        (".streamlit/secrets.toml", "x"),
        ("static/.well-known/security.txt", "x"),
        (".github/workflows/test.yaml", "x"),
        (".pylintrc", "x"),
        (".env.production", "x"),
        (".local/state", "x"),
        (".gitignore", ".local\n"),
    ];
    let project = Project::new(&[&files[..], &hidden[..]].concat());
    project.run(&["generate"]).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    let out = |path: &str| ignore.leaves_out(path);
    assert!(hidden[..2].iter().chain([&hidden[3]]).all(|(path, _)| !out(path)), "{}", project.read(".dockerignore"));
    assert!(hidden[4..].iter().chain([&hidden[2]]).all(|(path, _)| out(path)), "{}", project.read(".dockerignore"));
    assert!(out(".docker/other.conf") && out(".docker/nginx.conf/x") && out("a/.docker/nginx.conf"));
    // the spec names others by their exact path, and no pattern does
    let ran = project.run(&["generate", "--set", "context.keep=[\".pylintrc\", \".github/**\"]"]).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    assert!(!ignore.leaves_out(".pylintrc") && ignore.leaves_out(".github/workflows/test.yaml"));
    assert!(ran.stderr.contains("context.keep has the pattern \".github/**\""), "{}", ran.stderr);
    let ran = project.run(&["generate", "--set", "context.keep=[\".github\"]"]);
    assert!(ran.code == 2 && ran.stderr.contains("names the folder `.github`, which is hidden"), "{}", ran.stderr);
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// What the content proves to be no credential goes in by its exact path.
#[test]
fn texts_and_public_certificates_of_the_application_go_in() {
    let private = CERTIFICATE.replace("CERTIFICATE", "PRIVATE KEY");
    let project = Project::new(&[
        ("main.py", "import ssl\nssl.create_default_context(cafile='certs/ca.pem')\nopen('certs/own.pem')\napp = None\n"),
        ("requirements.txt", "fastapi\n"),
        ("dockgen.toml", FASTAPI),
        ("certs/ca.pem", CERTIFICATE),
        ("certs/unread.pem", CERTIFICATE),
        ("certs/own.pem", &private),
        ("templates/secrets/mail.txt", "Hello {{ user }}, welcome.\n"),
        ("locale/en/auth.json", "{\n  \"hello\": \"Welcome to the shop\"\n}\n"),
        ("fixtures/auth.json", "{\n  \"name\": \"x\",\n  \"password\": \"hunter2\"\n}\n"),
        ("fixtures/password.txt", "hunter2\n"),
        ("templates/.env", "x"),
        ("static/js/client_secret.js", "const element = 1;\n"),
        ("static/js/secrets.js", "const key = \"AKIAIOSFODNN7EXAMPLE\";\n"),
    ]);
    let said = project.run(&["generate"]).ok().stderr;
    let ignore = Ignore::read(&project.read(".dockerignore"));
    for path in ["certs/ca.pem", "templates/secrets/mail.txt", "locale/en/auth.json", "static/js/client_secret.js"] {
        assert!(!ignore.leaves_out(path), "{path}: {said}");
    }
    for path in [
        "certs/unread.pem",
        "certs/own.pem",
        "fixtures/auth.json",
        "fixtures/password.txt",
        "templates/.env",
        "static/js/secrets.js",
        "certs/ca.pem/x",
        "a/certs/ca.pem",
    ] {
        assert!(ignore.leaves_out(path), "{path}: {said}");
    }
    assert!(said.contains("main.py:3:6 reads certs/own.pem") || said.contains("reads certs/own.pem"), "{said}");
    assert!(!said.contains("reads certs/ca.pem"), "{said}");
}

#[test]
fn a_package_named_tests_that_the_application_imports_goes_in() {
    let project = Project::new(&[
        ("main.py", "from shop.tests.factories import user\napp = None\n"),
        ("requirements.txt", "fastapi\n"),
        ("dockgen.toml", FASTAPI),
        ("shop/__init__.py", ""),
        ("shop/tests/__init__.py", ""),
        ("shop/tests/factories.py", ""),
        ("shop/tests/test_shop.py", "from tests import helpers\n"),
        ("tests/helpers.py", ""),
        ("tests/__init__.py", ""),
    ]);
    project.run(&["generate"]).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    assert!(!ignore.leaves_out("shop/tests/factories.py") && ignore.leaves_out("shop/tests/.env"));
    assert!(ignore.leaves_out("tests/helpers.py") && ignore.leaves_out("shop/api/tests/test_api.py"));
    project.run(&["generate", "--set", "context.ignore=[\"shop/tests\"]"]).ok();
    assert!(Ignore::read(&project.read(".dockerignore")).leaves_out("shop/tests/factories.py"));
}

#[test]
fn hints_name_each_file_once_with_the_line_that_lets_it_in() {
    let project = Project::new(&[
        ("main.py", "open('a/ca.pem')\nopen('b/words.sqlite3')\nopen('a/ca.pem')\napp = None\n"),
        ("requirements.txt", "fastapi\n"),
        ("dockgen.toml", FASTAPI),
        ("a/ca.pem", "x"),
        ("b/words.sqlite3", "x"),
        ("c/auth.json", "x"),
        ("id_rsa.py", ""),
        ("shop/settings.py", ""),
        ("shop/local_settings.py", ""),
        ("site/settings.py", ""),
        ("site/local_settings.py", ""),
        (".gitignore", "/shop/local_settings.py\n"),
    ]);
    let said = project.run(&["generate", "--set", "context.keep=[\"docs\"]"]).ok().stderr;
    for line in [
        "reads a/ca.pem, which stays out of the image as a credential file; if it may be public, set context.keep = [\"docs\", \"a/ca.pem\"]\n",
        "set context.keep = [\"docs\", \"b/words.sqlite3\"]; the application can't write to it there\n",
        "set context.keep = [\"docs\", \"c/auth.json\"]\n",
        "id_rsa.py is a Python module, and stays out of the image by its name: rename the file\n",
        "shop/local_settings.py is ignored by git and stays out of the image: set its values under [environment] and [secrets]\n",
    ] {
        assert!(said.matches(line).count() == 1, "{line}: {said}");
    }
    let ignore = Ignore::read(&project.read(".dockerignore"));
    assert!(ignore.leaves_out("shop/local_settings.py") && !ignore.leaves_out("site/local_settings.py"));
    assert!(ignore.leaves_out("id_rsa.py") && !said.contains("site/"), "{said}");
}

#[test]
fn what_installs_the_project_goes_in_by_its_exact_path() {
    let files = [("main.py", "app = None\n"), ("dockgen.toml", FASTAPI), ("requirements/secrets.txt", "fastapi\n")];
    let project = Project::new(&files);
    project.run(&["generate", "--set", "install.files=[\"requirements/secrets.txt\"]"]).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    assert!(!ignore.leaves_out("requirements/secrets.txt") && ignore.leaves_out("a/requirements/secrets.txt"));
    let project = Project::new(&[files[0], files[1], ("prod.env.txt", "fastapi\n")]);
    let ran = project.run(&["generate", "--set", "install.files=[\"prod.env.txt\"]"]);
    assert!(ran.code == 2 && ran.stderr.contains("`install.files` names `prod.env.txt`"), "{}", ran.stderr);
}

#[test]
fn files_of_the_application_that_stay_out_are_told_with_the_line_that_lets_them_in() {
    let project = Project::new(&[
        ("src/shop/main.py", "app = None\n"),
        ("src/shop/__init__.py", ""),
        ("requirements.txt", "fastapi\n"),
        ("dockgen.toml", &FASTAPI.replace("entry = \"main:app\"", "root = \"src\"\nentry = \"shop.main:app\"")),
        ("src/shop/config/auth.json", "{}"),
        ("src/shop/secrets/__init__.py", ""),
        ("src/shop/secrets/mail.dat", "x"),
        ("src/shop/left.pem", "x"),
        ("src/shop/.env", "x"),
        ("src/shop/notes.txt~", "x"),
        ("notebooks/words.db", "x"),
    ]);
    let set = ["generate", "--set", "context.keep=[\"docs\"]", "--set", "context.ignore=[\"**/left.pem\"]"];
    let said = project.run(&set).ok().stderr;
    let keep = "context.keep = [\"docs\", \"src/shop/config/auth.json\", \"src/shop/secrets/mail.dat\"]";
    assert!(said.contains(keep), "{said}");
    assert!(!["left.pem", "words.db", ".env,", "notes.txt"].iter().any(|name| said.contains(name)), "{said}");
    let many: Vec<_> = (0..30).map(|at| format!("src/shop/data/{at}/auth.json")).collect();
    for path in &many {
        std::fs::create_dir_all(project.0.path().join(path).parent().unwrap()).unwrap();
        std::fs::write(project.0.path().join(path), "{}").unwrap();
    }
    let said = project.run(&["generate"]).ok().stderr;
    assert!(said.contains("more") && said.matches("auth.json").count() < 30, "{said}");
}

/// podman and buildah prefer these.
#[test]
fn other_ignore_files_that_win_are_refused_and_none_at_all_is_told() {
    for other in [".containerignore", "Dockerfile.containerignore", "Dockerfile.dockerignore"] {
        let project = Project::fastapi();
        std::fs::write(project.0.path().join(other), "docs\n").unwrap();
        let ran = project.run(&["generate"]);
        assert!(ran.code == 2 && ran.stderr.contains(&format!("`{other}`")) && ran.stderr.contains("help: "), "{}", ran.stderr);
        let ran = project.run(&["generate", "--set", "output.dockerignore=false"]).ok();
        assert!(ran.stderr.contains("output.dockerignore = false"), "{}", ran.stderr);
    }
}

#[test]
fn python_packages_named_like_key_files_keep_their_modules() {
    let project = Project::new(&[
        ("main.py", "import jwt_rsa\napp = None\n"),
        ("requirements.txt", "fastapi\n"),
        ("dockgen.toml", FASTAPI),
        ("jwt_rsa/__init__.py", ""),
        ("api/api_rsa/views.py", ""),
        ("jwt_rsa/.ssh/x.py", ""),
        ("deploy_rsa", "x"),
    ]);
    project.run(&["generate"]).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    for path in ["jwt_rsa/__init__.py", "api/api_rsa/views.py"] {
        assert!(!ignore.leaves_out(path), "{path}");
    }
    for path in ["jwt_rsa/.ssh/x.py", "deploy_rsa", "jwt_rsa/id_rsa", "jwt_rsa/.env.py", "jwt_rsa/x.py/key", "jwt_rsa/server.key"]
    {
        assert!(ignore.leaves_out(path), "{path}");
    }
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
        "app/creds.py",
        "app/private_key.py",
        "app/password/views.html",
        "app/token.html",
        "app/old/views.py",
        "locales/en/passwords_reset.json",
        "data/tokens_map.json",
        "static/img/key.svg",
        "app/backup.py",
        "app/dump.py",
        "app/db.py",
        "app/db/models.py",
        "app/database.py",
        "models/tokenizer.json",
        "models/added_tokens.json",
        "models/special_tokens_map.json",
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
        "pyproject.toml",
        "uv.toml",
        "poetry.toml",
    ] {
        assert!(!ignore.leaves_out(path), "{path}");
    }
}

#[test]
fn a_python_package_named_secrets_keeps_its_modules_and_nothing_else() {
    let project = Project::new(&[
        ("main.py", "from app.secrets.backends import vault\n"),
        ("requirements.txt", "fastapi\n"),
        ("dockgen.toml", FASTAPI),
        ("app/__init__.py", ""),
        ("app/secrets/__init__.py", ""),
        ("app/secrets/backends/vault.py", ""),
        ("app/secrets/token.txt", "canary"),
        ("app/credentials/store.py", ""),
        ("app/credentials/aws", "canary"),
        ("secrets/db_password", "canary"),
        ("tests/secrets/test_vault.py", ""),
        ("old/secrets/left.py", ""),
        (".gitignore", "old\n"),
    ]);
    let modules = ["app/secrets/__init__.py", "app/secrets/backends/vault.py", "app/credentials/store.py", "app/secrets/new.py"];
    project.run(&["generate", "--set", "context.keep=[\"**\"]"]).ok();
    let everything = Ignore::read(&project.read(".dockerignore"));
    assert!(modules.iter().all(|path| !everything.leaves_out(path)) && everything.leaves_out("secrets/db_password"));
    project.run(&["generate"]).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    for path in modules {
        assert!(!ignore.leaves_out(path), "{path}");
    }
    let out = [
        "app/secrets/token.txt",
        "app/secrets/.env",
        "app/secrets/backends/id_rsa",
        "app/credentials/aws",
        "secrets/db_password",
    ];
    for path in out.into_iter().chain([
        "tests/secrets/test_vault.py",
        "old/secrets/left.py",
        "app/secrets/.git/x.py",
        "app/secrets/x.py/key",
    ]) {
        assert!(ignore.leaves_out(path), "{path}");
    }
}

/// What a module does with a file that stays out, and the file.
const READS: [(&str, &str); 14] = [
    ("open('certs/ca.pem')", "certs/ca.pem"),
    ("open(\"./certs/ca.pem\").read()", "certs/ca.pem"),
    ("from pathlib import Path\nCA = Path('certs/ca.pem').read_text()", "certs/ca.pem"),
    ("from pathlib import Path\nBASE = Path(__file__).parent\nCA = (BASE / 'certs' / 'ca.pem').read_text()", "certs/ca.pem"),
    ("from pathlib import Path\nCA = Path(__file__).parent / 'certs/ca.pem'", "certs/ca.pem"),
    ("import os\nCA = os.path.join(os.path.dirname(__file__), 'certs', 'ca.pem')", "certs/ca.pem"),
    ("import ssl\nCONTEXT = ssl.create_default_context(cafile='certs/ca.pem')", "certs/ca.pem"),
    ("def load():\n    with open('conf/credentials.json') as file:\n        return file.read()", "conf/credentials.json"),
    ("class Settings:\n    key_file: str = 'keys/jwt.pem'", "keys/jwt.pem"),
    ("OPTIONS = {'keys': ['keys/jwt.pem']}", "keys/jwt.pem"),
    ("from django.core.management import call_command\ncall_command('loaddata', 'fixtures/dump.sql')", "fixtures/dump.sql"),
    ("import sqlite3\nDB = sqlite3.connect('file:data/words.db?mode=ro', uri=True)\nNAME = 'data/words.db'", "data/words.db"),
    ("import yaml\nRULES = yaml.safe_load(open('rules/secrets.yaml'))", "rules/secrets.yaml"),
    ("app = None\nSEED = 'sqlite:///seed.sqlite'", "seed.sqlite"),
];

#[test]
fn a_credential_file_that_the_code_reads_is_told_with_the_line_that_lets_it_in() {
    for (code, path) in READS {
        let main = format!("{code}\napp = None\n");
        let files = [("main.py", main.as_str()), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI), (path, "x")];
        let project = Project::new(&files);
        let said = project.run(&["generate"]).ok().stderr;
        let keep = format!("context.keep = [\"{path}\"]");
        assert!(said.contains("main.py:") && said.contains(&format!("reads {path}")) && said.contains(&keep), "{code}: {said}");
        assert!(Ignore::read(&project.read(".dockerignore")).leaves_out(path), "{path}");
        let said = project.run(&["generate", "--set", &keep.replace(" = ", "=")]).ok().stderr;
        assert!(!said.contains(&format!("reads {path}")), "{code}: {said}");
        assert!(!Ignore::read(&project.read(".dockerignore")).leaves_out(path), "{path}");
    }
}

#[test]
fn what_commands_read_and_what_never_goes_in_is_told_too() {
    let spec = format!("{FASTAPI}[release]\nsteps = [\"python manage.py loaddata fixtures/dump.sql\"]\n");
    let main = "open('deploy_rsa')\nopen('unrelated.txt')\napp = None\n";
    let files = [("main.py", main), ("requirements.txt", "fastapi\n"), ("dockgen.toml", spec.as_str())];
    let planted = [("fixtures/dump.sql", "x"), ("deploy_rsa", "x"), ("unread.pem", "x"), ("x.ovpn/__init__.py", "")];
    let project = Project::new(&[&files[..], &planted[..]].concat());
    let said = project.run(&["generate"]).ok().stderr;
    assert!(
        said.contains("release.steps reads fixtures/dump.sql") && said.contains("context.keep = [\"fixtures/dump.sql\"]"),
        "{said}"
    );
    assert!(said.contains("main.py:1 reads deploy_rsa") && said.contains("mount it"), "{said}");
    assert!(said.contains("x.ovpn has Python modules, and stays out") && said.contains("rename the folder"), "{said}");
}

#[test]
fn large_files_of_sql_are_dumps_and_small_ones_are_code() {
    let large = "x".repeat(1_100_000);
    let files = [("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI)];
    let sql = [
        ("shop.sql", large.as_str()),
        ("a/b/prod.SQL", &large),
        ("kept/big.sql", &large),
        ("sql/0001.sql", "select 1"),
        ("a/*.sql", &large),
    ];
    let project = Project::new(&[&files[..], &sql[..]].concat());
    project.run(&["generate", "--set", "context.keep=[\"kept/big.sql\"]"]).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    for (path, expected) in
        [("shop.sql", true), ("a/b/prod.SQL", true), ("kept/big.sql", false), ("sql/0001.sql", false), ("a/b.sql", true)]
    {
        assert_eq!(ignore.leaves_out(path), expected, "{path}");
    }
}

#[test]
fn a_folder_is_no_exact_path_and_a_second_ignore_file_is_refused() {
    let project = Project::fastapi();
    std::fs::create_dir_all(project.0.path().join("config/secrets")).unwrap();
    let ran = project.run(&["generate", "--set", "context.keep=[\"config/secrets\"]"]);
    assert!(ran.code == 2 && ran.stderr.contains("names the folder `config/secrets`"), "{}", ran.stderr);
    let spec = "volumes.data={path=\"/data\",files=[\"db.sqlite3\"]}";
    let ran = project.run(&["generate", "--set", spec, "--set", "context.keep=[\"db.sqlite3\"]"]);
    assert!(ran.code == 2 && ran.stderr.contains("but a volume also contains a file of that name"), "{}", ran.stderr);
    std::fs::write(project.0.path().join("Dockerfile.dockerignore"), "docs\n").unwrap();
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("`Dockerfile.dockerignore`") && ran.stderr.contains("help: "), "{}", ran.stderr);
    project.run(&["generate", "--set", "output.dockerignore=false"]).ok();
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
