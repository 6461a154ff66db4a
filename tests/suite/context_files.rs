//! The application's own files get into the build context, however much they are named like credentials or dumps.

use crate::common::{FASTAPI, Project};
use crate::context::ignore_file;
use crate::ignore::Ignore;

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

/// Everything hidden stays out, so that no login of a tool gets in, unless the code or a library reads it.
#[test]
fn hidden_files_go_in_one_by_one() {
    let files =
        [("main.py", "open('.docker/nginx.conf')\napp = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI)];
    let hidden = [
        (".docker/nginx.conf", "x"),
        (".streamlit/config.toml", "x"),
        (".streamlit/secrets.toml", "x"),
        ("static/.well-known/security.txt", "x"),
        (".github/workflows/test.yaml", "x"),
        (".pylintrc", "x"),
        (".stripe/config.toml", "x"),
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
    for path in ["certs/ca.pem", "static/js/client_secret.js"] {
        assert!(!ignore.leaves_out(path), "{path}: {said}");
    }
    for path in [
        "certs/unread.pem",
        "certs/own.pem",
        "templates/secrets/mail.txt",
        "locale/en/auth.json",
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
        ("shop/migrations/0001_initial.py", "from shop.api.tests.data import rows\n"),
        ("shop/api/tests/data.py", "rows = []\n"),
        ("shop/tests/test_shop.py", "from tests import helpers\n"),
        ("tests/helpers.py", ""),
        ("tests/__init__.py", ""),
    ]);
    project.run(&["generate"]).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    assert!(!ignore.leaves_out("shop/tests/factories.py") && ignore.leaves_out("shop/tests/.env"));
    assert!(!ignore.leaves_out("shop/api/tests/data.py"), "a migration imports it");
    assert!(ignore.leaves_out("tests/helpers.py") && ignore.leaves_out("shop/web/tests/test_web.py"));
    project.run(&["generate", "--set", "context.ignore=[\"shop/tests\"]"]).ok();
    assert!(Ignore::read(&project.read(".dockerignore")).leaves_out("shop/tests/factories.py"));
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

/// What merely looks like one: modules, templates, data of models.
#[test]
fn the_files_of_applications_go_in() {
    let ignore = Ignore::read(&ignore_file(FASTAPI));
    for path in [
        "app/secrets.py",
        "app/credentials.py",
        "app/token.py",
        "app/environment.py",
        "app/env/settings.py",
        "app/deploy_keys.py",
        "app/kubeconfig.py",
        "app/api_keys.py",
        "app/auth.py",
        "app/creds.py",
        "app/private_key.py",
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

/// `keys/` is a folder of private keys in one project, and a package in another.
#[test]
fn folders_of_features_keep_their_modules_and_pages_and_nothing_else() {
    let page = "<h1>Hello {{ user }}, welcome back</h1>\n";
    let own = [
        ("keys/__init__.py", ""),
        ("keys/models.py", ""),
        ("keys/templates/keys/list.html", page),
        ("app/tokens/views.py", ""),
        ("app/password/views.html", page),
        ("app/password/new.py", ""),
        ("app/templates/password/reset.txt", page),
        ("app/templates/mails/reset_password.txt", page),
        ("app/static/access_token/show.js", "const element = 1;\n"),
    ];
    let out = [
        ("keys/jwt", "x"),
        ("keys/private.txt", page),
        ("keys/nested/server.html", "hunter2"),
        ("ops/Keys/server", "x"),
        ("app/tokens/github", "x"),
        ("app/tokens/credentials.html.md", page),
        ("app/password/root", "x"),
        ("app/keys/.ssh/x.html", page),
        ("app/keys/secrets/x.html", page),
        ("mails/db_password.txt", page),
        ("app/templates/db_password.txt", "the word is hunter2"),
    ];
    let base = [("main.py", "import keys.models\napp = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI)];
    let project = Project::new(&[&base[..], &own, &out].concat());
    project.run(&["generate"]).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    let missing: Vec<_> = own.iter().filter(|(path, _)| ignore.leaves_out(path)).collect();
    let let_in: Vec<_> = out.iter().filter(|(path, _)| !ignore.leaves_out(path)).collect();
    assert!(missing.is_empty() && let_in.is_empty(), "missing {missing:?}, let in {let_in:?}");
    assert!(!ignore.leaves_out("keys/later.py") && ignore.leaves_out("keys/later"));
}

/// Docker compares case, and no list has every spelling: what is in the project is listed as it is spelled.
#[test]
fn credential_files_of_the_project_stay_out_however_they_are_spelled() {
    let out = [
        "iD_rSa",
        "deep/er/iD_eD25519",
        "Credentials.Md",
        "cReDeNtIaLs.JsOn",
        "KeYs/server",
        "config/sEcReTs/db",
        "pRod.eNv",
        "Db.sQLite3",
        "docs/PassWords.txt",
        "static/tOkEn.txt",
        "left/iD_rSa",
        "volume/sErver.kEy",
    ];
    let base = [("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI)];
    let own = [("app/SeCrEtS/__init__.py", ""), ("app/CrEdEntials.py", "")];
    let files: Vec<_> = base.into_iter().chain(own).chain(out.map(|path| (path, "x"))).collect();
    let project = Project::new(&files);
    let sets = ["--set", "context.keep=[\"**\"]", "--set", "context.ignore=[\"left\"]", "--set", "volumes.data=\"/app/volume\""];
    project.run(&[&["generate"], &sets[..]].concat()).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    let let_in: Vec<_> = out.iter().filter(|path| !ignore.leaves_out(path)).collect();
    assert!(let_in.is_empty(), "{let_in:?}");
    assert!(own.iter().all(|(path, _)| !ignore.leaves_out(path)), "{}", project.read(".dockerignore"));
    // one that may be public goes in by its exact path
    project.run(&["generate", "--set", "context.keep=[\"**\", \"Db.sQLite3\"]"]).ok();
    let ignore = Ignore::read(&project.read(".dockerignore"));
    assert!(!ignore.leaves_out("Db.sQLite3") && ignore.leaves_out("Db.sQLite3/x"), "{}", project.read(".dockerignore"));
    let ran = project.run(&["generate", "--set", "context.keep=[\"iD_rSa\"]"]);
    assert!(ran.code == 2 && ran.stderr.contains("would put `iD_rSa` into the image"), "{}", ran.stderr);
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

/// A name of credentials is believed, unless the file is one that no one keeps a login in.
#[test]
fn texts_with_names_of_credentials_stay_out_whatever_they_contain() {
    let text = "The first line has words.\nadmin / hunter2\n";
    let out = [
        "secrets/notes.md",
        "secrets/logins.md",
        "secrets/export.html",
        "secrets/config.ts",
        "secrets/templates/users.csv",
        "secrets/templates/password.html",
        "app/templates/secrets/page.html",
        "static/secret_keys.ts",
        "src/client_secret.js",
        "docs/API_KEY.md",
        "app/fixtures/passwords.txt",
        "locale/de/credentials.json",
        "templates/credentials.yaml",
    ];
    let own = ["app/templates/SECRET.html", "app/static/js/client_secret.js", "locale/de/TOKENS.po", "static/PASSWORD.svg"];
    let base = [("main.py", "app = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI)];
    let files: Vec<_> = base.into_iter().chain(out.iter().chain(&own).map(|path| (*path, text))).collect();
    let project = Project::new(&files);
    let said = project.run(&["generate"]).ok().stderr;
    let ignore = Ignore::read(&project.read(".dockerignore"));
    let let_in: Vec<_> = out.iter().filter(|path| !ignore.leaves_out(path)).collect();
    assert!(let_in.is_empty(), "{let_in:?}");
    assert!(own.iter().all(|path| !ignore.leaves_out(path)), "{}", project.read(".dockerignore"));
    assert!(said.contains("they may be public, set context.keep = ["), "{said}");
}

#[test]
fn dumps_stay_out_by_their_names_and_by_their_content() {
    let base = [("main.py", "open('sql/users.sql')\napp = None\n"), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI)];
    let dumps = [
        ("db/shop_production.sql", "select 1"),
        ("export.sql", "select 1"),
        ("prod-dump-2024.sql", "select 1"),
        ("db/all.sql", "--\n-- PostgreSQL database dump\n--\n"),
        ("sql/users.sql", "COPY public.users (id, email) FROM stdin;\n1\ta@shop.example\n"),
        ("sql/people.sql", "INSERT INTO users VALUES (1, 'alice');\n"),
        ("data/1.sql", "INSERT INTO users VALUES (1, 'alice');\n"),
    ];
    let queries = [
        ("sql/add_user.sql", "INSERT INTO users (name, password) VALUES (:name, :password);\n"),
        ("data/2_roles.sql", "INSERT INTO roles (name) VALUES ('admin');\n"),
        ("data/3_tokens.sql", "CREATE TABLE tokens (token text NOT NULL);\n"),
    ];
    let project = Project::new(&[&base[..], &dumps[..], &queries[..]].concat());
    let said = project.run(&["generate"]).ok().stderr;
    let ignore = Ignore::read(&project.read(".dockerignore"));
    let let_in: Vec<_> = dumps.iter().filter(|(path, _)| !ignore.leaves_out(path)).collect();
    assert!(let_in.is_empty(), "{let_in:?}");
    assert!(queries.iter().all(|(path, _)| !ignore.leaves_out(path)), "{}", project.read(".dockerignore"));
    assert!(
        said.contains("reads sql/users.sql, which stays out") && said.contains("set context.keep = [\"sql/users.sql\"]"),
        "{said}"
    );
}
