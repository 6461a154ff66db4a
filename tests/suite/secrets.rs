//! Secrets have names, never values: what people write, in every place where a text may stand.

use crate::common::{FASTAPI, Project, files_of};

/// What a spec must not say, as lines behind a spec that is fine.
const REFUSED: [&str; 99] = [
    "[environment]\nDB_PASS = \"hunter2\"",
    "[environment]\nMYSQL_PWD = \"hunter2\"",
    "[environment]\nPGPASSWORD = \"hunter2\"",
    "[environment]\nPASSPHRASE = \"hunter2\"",
    "[environment]\nSENTRY_DSN = \"hunter2\"",
    "[environment]\nSLACK_WEBHOOK = \"hunter2\"",
    "[environment]\nSECRETS = \"hunter2\"",
    "[environment]\nAPI_KEYS = \"hunter2\"",
    "[environment]\nTOKENS = \"hunter2\"",
    "[environment]\nJWT = \"hunter2\"",
    "[environment]\nAUTHTOKEN = \"hunter2\"",
    "[environment]\nLDAP_BIND_PW = \"hunter2\"",
    "[environment]\nGITHUB_PAT = \"hunter2\"",
    "[environment]\nFERNET_KEYS = \"hunter2\"",
    "[environment]\nAZURE_CONNECTION_STRING = \"hunter2\"",
    "[environment]\nSLACK_URL = \"hunter2\"",
    "[environment]\nDB_PASSWORD_PROD = \"hunter2\"",
    "[environment]\ndb_password = \"hunter2\"",
    "[environment]\ndbPassword = \"hunter2\"",
    "[environment]\nPASSWORD = \"123456\"",
    "[environment.DB_PASS]\nexample = \"hunter2\"",
    "[environment.DB_PASS]\nvalue = \"hunter2\"",
    "[environment.DB_PASS]\nvalue = \"hunter2\"\nsecret = true",
    "[environment.DB_PASS]\nvalue = \"AKIAIOSFODNN7EXAMPLE\"\nsecret = false",
    "[environment.DB_PASS]\nvalue = \"-----BEGIN PRIVATE KEY-----\"\nsecret = false",
    "[environment.PLAIN]\nsecret = true",
    "[environment]\nPLAIN = \"postgres://h/db?password=p\"",
    "[environment]\nPLAIN = \"postgres://u:p@h/db\"",
    "[environment]\nPLAIN = \"redis://:p@h\"",
    "[environment]\nPLAIN = \"https://example.com/#access_token=p\"",
    "[environment]\nPLAIN = \"Server=h;Password=p\"",
    "[environment]\nPLAIN = \"host=h password=p\"",
    "[environment]\nPLAIN = \"u:p@tcp(h:3306)/db\"",
    "[environment]\nPLAIN = \"-----BEGIN PRIVATE KEY-----\"",
    "[environment]\nPLAIN = \"ghp_0123456789abcdefghij\"",
    "[environment]\nPLAIN = \"glpat-0123456789abcdefghij\"",
    "[environment]\nPLAIN = \"xoxb-0123456789-abcdefghij\"",
    "[environment]\nPLAIN = \"sk_live_0123456789abcdefghij\"",
    "[environment]\nPLAIN = \"AKIAIOSFODNN7EXAMPLE\"",
    "[environment]\nPLAIN = \"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl\"",
    "[environment]\nPLAIN = \"k8sJq2Zt7Xv1Lp9WmR4c\"",
    "[environment]\nPLAIN = \"9f86d081884c7d659a2feaa0c55ad015\"",
    "[environment]\nPLAIN = \"https://hooks.slack.com/services/T0/B0/abcdef\"",
    "[environment.PLAIN]\ndescription = \"such as ghp_0123456789abcdefghij\"",
    "[environment.PLAIN]\nexample = \"postgres://u:p@h/db\"",
    "[secrets.DB_PASS]\ndescription = \"it is DB_PASS=hunter2\"",
    "[secrets]\nDB_PASS = \"hunter2\"",
    "[secrets.PLAIN]\nvalue = \"hunter2\"",
    "[secrets]\nPLAIN = { example = \"hunter2\" }",
    "[image.labels]\ntoken = \"hunter2\"",
    "[image.labels]\n\"com.example.api-key\" = \"hunter2\"",
    "[image.labels]\n\"com.example.source\" = \"https://u:p@example.com\"",
    "[processes.worker]\ncommand = [\"python\", \"w.py\", \"--password=hunter2\"]",
    "[processes.worker]\ncommand = [\"python\", \"w.py\", \"--password\", \"hunter2\"]",
    "[processes.worker]\ncommand = \"python w.py --api-key hunter2\"",
    "[processes.worker]\ncommand = \"env TOKEN=hunter2 python w.py\"",
    "[processes.worker]\ncommand = \"celery --broker redis://:p@h/0 worker\"",
    "[processes.worker]\ncommand = \"python w.py k8sJq2Zt7Xv1Lp9WmR4c\"",
    "[release]\nsteps = [\"alembic -x url=postgres://u:p@h/db upgrade head\"]",
    "[release]\nsteps = [[\"mysql\", \"-phunter2\"]]",
    "[build]\nsteps = [\"curl -u shop:hunter2 https://example.com\"]",
    "[services.db]\nkind = \"own\"\n[service-kinds.own]\nurl = \"postgres://u:p@{host}/d\"",
    "[services.db]\nkind = \"own\"\n[service-kinds.own.environment]\nROOT_PASSWORD = \"hunter2\"",
    "[services.db]\nkind = \"own\"\n[service-kinds.own]\ncommand = [\"redis-server\", \"--requirepass\", \"ghp_0123456789abcdefghij\"]",
    "[services.db]\nkind = \"own\"\n[service-kinds.own]\nhealth = [\"redis-cli\", \"-a\", \"hunter2\", \"ping\"]",
    "[output.extra.it]\npath = \"it.txt\"\ntemplate = \"sk_live_0123456789abcdefghij\"",
    "[environment]\nDB_PASSWORD = \"hunter2{password}\"",
    "[environment]\nDB_PASSWORD = \"{password}\"",
    "[image.labels]\ntoken = \"hunter2{password}\"",
    "[services.db]\nkind = \"own\"\n[service-kinds.own.environment]\nROOT_PASSWORD = \"hunter2{password}\"",
    "[services.db]\nkind = \"own\"\n[service-kinds.own.environment]\nROOT_AUTH = \"hunter2/{password}\"",
    "[services.db]\nkind = \"own\"\n[service-kinds.own.environment]\nDB_PASS = \"redis://:hunter2{password}@h\"",
    "[environment]\nPLAIN = \"Driver={x};PWD={hunter2}\"",
    "[environment]\nPLAIN = \"postgres://u:{hunter2}@h/d\"",
    "[environment]\nPLAIN = \"jdbc:oracle:thin:scott/hunter2@h:1521/x\"",
    "[environment]\nPLAIN = \"password: hunter2\"",
    "[environment.PLAIN]\nvalue = \"ghp_0123456789abcdefghij\"\nsecret = false",
    "[processes.worker]\ncommand = \"python w.py --pin hunter2\"",
    "[processes.worker]\ncommand = \"sh -c 'mysql -phunter2'\"",
    "[health]\npath = \"/health?token=hunter2\"",
    "[environment]\nSNMP_COMMUNITY = \"hunter2\"",
    "[environment]\nMOT_DE_PASSE = \"hunter2\"",
    "[environment]\nDBPSW = \"hunter2\"",
    "[environment]\nPLAIN = \"redis://:sword'hunter2@h\"",
    "[environment]\nPLAIN = \"postgres://u:hunter2 too@h/d\"",
    "[environment]\nPLAIN = \"https://hunter2@example.com/team/shop\"",
    "[environment]\nPLAIN = \"Authorization: Basic aHVudGVyMjpodW50ZXIy\"",
    "[environment]\nPLAIN = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"",
    "[environment]\nPLAIN = \"VK7JG-NPHTM-C97JM-9MPGT-3V66T\"",
    "[environment]\nPLAIN = \"83920183746529103847561029384a61\"",
    "[image.labels]\n\"com.example.source\" = \"https://hunter2@example.com/shop\"",
    "[processes.worker]\ncommand = \"docker exec db mysql -phunter2\"",
    "[processes.worker]\ncommand = [\"vault\", \"login\", \"hunter2\"]",
    "[processes.worker]\ncommand = \"openssl enc -d -passin pass:hunter2\"",
    "[release]\nsteps = [\"sh -c 'echo hunter2 | sudo -S true'\"]",
    "[build]\nsteps = [\"aws configure set aws_secret_access_key hunter2\"]",
    "[health]\npath = \"/hooks/B02ABCD34/k8sJq2Zt7Xv1\"",
    "[health]\npath = \"/health/k8sJq2Zt7Xv1Lp9WmR4c\"",
    "[answers]\nteam = \"ghp_0123456789abcdefghij\"",
];

/// What a spec may say although it reads like a secret.
const TAKEN: [&str; 57] = [
    "ACCESS_TOKEN_EXPIRE_MINUTES = \"30\"",
    "TOKEN_TTL = \"3600\"",
    "JWT_ALGORITHM = \"HS256\"",
    "JWT_PUBLIC_KEY = \"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\"",
    "DB_PASSWORD_FILE = \"/run/secrets/db-password\"",
    "PASSWORD_MIN_LENGTH = \"12\"",
    "SECRET_NAME = \"shop/production\"",
    "API_KEY_HEADER = \"X-Api-Key\"",
    "CACHE_KEY_PREFIX = \"shop\"",
    "TOKENIZERS_PARALLELISM = \"false\"",
    "MAX_TOKENS = \"4096\"",
    "AUTH_ENABLED = \"true\"",
    "AUTH_BACKEND = \"ldap\"",
    "KEYCLOAK_HOST = \"keycloak.example.com\"",
    "COMPASS_URL = \"https://compass.example.com\"",
    "BYPASS_CACHE = \"no\"",
    "PASSENGER_APP_ENV = \"production\"",
    "DATABASE_URL = \"postgres://db/shop\"",
    "SQLITE = \"sqlite:////data/app.db\"",
    "GIT_COMMIT = \"4c913890aa1b2c3d4e5f60718293a4b5c6d7e8f9\"",
    "GOOGLE_CLIENT_ID = \"123456789012-k8sjq2zt7xv1lp9wmr4c.apps.googleusercontent.com\"",
    "TENANT = \"3f2504e0-4f89-11d3-9a0c-0305e82c3301\"",
    "REDIS_AUTH = \"true\"",
    "CORS_ALLOW_CREDENTIALS = \"true\"",
    "EMAIL_BACKEND = \"django.core.mail.backends.smtp.EmailBackend\"",
    "LOG_FORMAT = \"%(asctime)s [%(levelname)s] %(name)s: %(message)s\"",
    "CONTACT = \"shop@example.com\"",
    "ADMINS = \"Admin:admin@example.com\"",
    "GOOGLE_APPLICATION_CREDENTIALS = \"/run/secrets/google.json\"",
    "MODEL = \"gpt-4o-mini-2024-07-18\"",
    "SPECIAL = { value = \"shop\", secret = false }",
    "LUGGAGE_TOKEN = { value = \"tag-of-a-bag\", secret = false }",
    "MAP_KEY = { example = \"legend\", secret = false }",
    "SORT_KEY = \"name\"",
    "DB_HOST = \"dpg-cgk2l4h9aq0c73f5k2mg-a.oregon-postgres.render.com\"",
    "SEARCH_URL = \"https://vpc-shop-k8sjq2zt7xv1lp9wmr4c.eu-west-1.es.amazonaws.com:443/\"",
    "S3_ENDPOINT = \"https://4c913890aa1b2c3d4e5f60718293a4b5.r2.cloudflarestorage.com\"",
    "SUBNETS = \"subnet-0a1b2c3d4e5f67890,subnet-0f1e2d3c4b5a69788\"",
    "GROUP = \"sg-0a1b2c3d4e5f67890\"",
    "CONTRACT = \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"",
    "ALLOWED_CHARS = \"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\"",
    "CSP = \"script-src 'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='\"",
    "TITLE = \"Rechtsschutzversicherung\"",
    "SHEET = { value = \"1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms\", secret = false }",
    "COMMUNITY_URL = \"https://community.example.com\"",
    "RCON_PORT = \"25575\"",
    "IMAGE = \"python:3.14@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"",
    "IMAGE_DIGEST = \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"",
    "REPOSITORY = \"ssh://git@git.example.com/team/shop.git\"",
    "PROFILE = \"https://social.example.com/@shop\"",
    "LICENSED = { value = \"VK7JG-NPHTM-C97JM-9MPGT-3V66T\", secret = false }",
    "PLAIN = { value = \"postgres://u:p@h/d\", secret = false }",
    "DB_PASS = { value = \"postgres://u:p@h/d\", secret = false }",
    "VERIFY_URL = \"https://shop.example/verify?token={{token}}\"",
    "PLAIN = { value = \"Bearer of2bad news\", secret = false }",
    "PLAIN = { value = \"curl -u shop:cart https://example.com\", secret = false }",
    "PLAIN = { value = \"shop\", description = \"see 1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms\" }",
];

#[test]
fn a_secret_is_refused_wherever_it_is_written() {
    let mut taken = Vec::new();
    for lines in REFUSED {
        match files_of(&format!("{FASTAPI}{lines}\n")) {
            Ok(_) => taken.push(lines.to_owned()),
            Err(error) => {
                let refused = ["secret", "contains", "unknown key"].iter().any(|word| error.message.contains(word))
                    || lines.starts_with("[answers]");
                assert!(refused && error.place.is_some() && error.hint.is_some(), "{lines}: {} {:?}", error.message, error.hint);
                let shown = format!("{}{}", error.message, error.hint.unwrap_or_default());
                assert!(!shown.contains("hunter2") && !shown.contains("ghp_"), "{lines}: {shown}");
            }
        }
    }
    assert!(taken.is_empty(), "{} are taken:\n{}", taken.len(), taken.join("\n"));
}

/// The line of an error is read by many: in a terminal, and in the logs of CI.
#[test]
fn the_name_of_a_spec_does_not_hide_its_secrets() {
    let spec = format!("{FASTAPI}[environment]\nDB_PASS = \"hunter2\"\n");
    let project = Project::fastapi();
    for name in ["preset default", "preset other", "--set app.port"] {
        std::fs::write(project.0.path().join(name), &spec).unwrap();
        let refused = project.run(&["generate", &format!("--spec={name}")]);
        assert_eq!(refused.code, 2, "{name}: {}{}", refused.stdout, refused.stderr);
        assert!(refused.stderr.contains("DB_PASS") && !refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
}

#[test]
fn an_error_about_a_secret_does_not_show_it() {
    for lines in REFUSED.iter().filter(|lines| ["hunter2", "k8sJq2Zt7X", "ghp_"].iter().any(|told| lines.contains(told))) {
        let project = Project::fastapi();
        std::fs::write(project.0.path().join("dockgen.toml"), format!("{FASTAPI}{lines}\n")).unwrap();
        let ran = project.run(&["generate"]);
        let shown = ["hunter2", "k8sJq2Zt7X", "ghp_"].iter().any(|told| ran.stderr.contains(told));
        // `secret = true` alone makes this one a secret: only the flag above is hidden
        assert!(ran.code == 2 && (!shown || lines.contains("secret = ")), "{lines}: {}", ran.stderr);
    }
}

#[test]
fn a_setting_that_reads_like_a_secret_is_taken() {
    let refused = TAKEN.iter().filter_map(|line| {
        let error = files_of(&format!("{FASTAPI}[environment]\n{line}\n")).err()?;
        Some(format!("{line}: {}", error.message))
    });
    let refused: Vec<String> = refused.collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn a_flag_a_preset_and_a_question_are_held_to_the_same_rule() {
    let team = |text: &str| {
        let spec = FASTAPI.replace("\"pip\"", "\"pip\", \"./team.toml\"");
        let project = Project::new(&[
            ("main.py", "app = None\n"),
            ("requirements.txt", "fastapi\nuvicorn\n"),
            ("dockgen.toml", &spec),
            ("team.toml", text),
        ]);
        project.run(&["generate"])
    };
    let presets = [
        "[environment]\nDB_PASS = \"hunter2\"\n",
        "[defaults.environment]\nDB_PASS = \"hunter2\"\n",
        "[enforce.environment]\nPLAIN = \"redis://:hunter2@h\"\n",
        "[defaults.processes.worker]\ncommand = \"python w.py --token hunter2\"\n",
        "[enforce.image.labels]\n\"com.example.token\" = \"hunter2\"\n",
        "[[ask]]\nname = \"db_password\"\nquestion = \"Password?\"\n",
        "[[ask]]\nname = \"team\"\nquestion = \"Team?\"\ndefault = \"ghp_hunter20123456789\"\n",
        "[[ask]]\nname = \"team\"\nquestion = \"Team?\"\nkind = \"choice\"\nchoices = [\"shop\", \"postgres://u:hunter2@h/d\"]\n",
        "[[ask]]\nname = \"team\"\nquestion = \"Team, as in redis://:hunter2@h?\"\n",
    ];
    for preset in presets {
        let ran = team(preset);
        assert!(ran.code == 2 && ran.stderr.contains("help"), "{preset}: {}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{preset}: {}", ran.stderr);
    }
    // two halves of one secret
    let halves = "[environment]\nPLAIN = \"redis://:{answers.team}@h\"\n[[ask]]\nname = \"team\"\nquestion = \"Team?\"\ndefault = \"hunter2\"\n";
    assert_eq!(team(halves).code, 2);
    for set in [
        "environment.DB_PASS=hunter2",
        "environment.PLAIN=redis://:hunter2@h",
        "environment.X={value=\"hunter2\",secret=true}",
        "processes.worker.command=python --password hunter2",
        "project.source=https://hunter2@example.com/team/shop",
        "answers={team=\"https://hunter2@example.com\"}",
    ] {
        for command in ["generate", "init"] {
            let project = Project::fastapi();
            let arguments: &[&str] =
                if command == "init" { &["init", "--yes", "--force", "--set", set] } else { &["generate", "--set", set] };
            let ran = project.run(arguments);
            assert!(ran.code == 2 && !ran.stderr.contains("hunter2"), "{set}: {}", ran.stderr);
        }
    }
}

/// What commands say every day.
#[test]
fn a_command_that_reads_like_a_secret_is_taken() {
    for command in [
        "python w.py --tokens 512",
        "python w.py --max-token 512",
        "python w.py --pin 12",
        "python w.py --api-key-env OPENAI_API_KEY",
        "python w.py --token-env X",
        "python w.py --secret-id prod/db",
        "python w.py --user 1000:1000",
        "dramatiq app -Q mysql -p 8",
        "wait.py mysql -p 3306",
        "celery -A app worker --hostname worker:1@host",
        "wait.py mongo -p 27017",
        "docker run mysql -p3306:3306",
        "celery -A app worker -P gevent",
        "openssl req -new -keyout server.pem",
        "pip install git+https://github.com/team/shop@4c913890aa1b2c3d4e5f60718293a4b5c6d7e8f9",
    ] {
        let spec = format!("{FASTAPI}[processes.job]\ncommand = {command:?}\n");
        assert!(files_of(&spec).is_ok(), "{command}: {}", files_of(&spec).err().unwrap().message);
    }
}

/// An error about something else shows the line, and what is written there may be a secret.
#[test]
fn no_error_shows_the_value_of_a_variable() {
    for lines in [
        "[environment]\nDB_PASSWORD = \"\"\"\nhunter2\n\"\"\"",
        "[environment]\nDB_PASSWORD = \"\"\"\nhun\"ter2 hunter2\n\"\"\"",
        "[environment]\nDB_PASSWORD = \"hunter2\\u200b\"",
        "[environment]\nPLAIN = \"hunter2\\u200b\"",
        "[environment.DB_PASSWORD]\nvalue = hunter2",
        "[environment.DB_PASSWORD]\nvalue = \"hunter2",
        "[environment.DB_PASSWORD]\nvalue = \"\"\"\n[app]\nhunter2",
        "[environment.PLAIN]\nvalue = \"hunter2\" \"x\"",
        "[environment.PLAIN]\nvalue = [\"hunter2\"]",
        "[environment.PLAIN]\nrequired = \"hunter2\"",
        "[environment]\nPLAIN = { valeu = \"hunter2\" }",
        "[environment]\n\"A B\" = \"hunter2\"",
        "[secrets.PLAIN]\ndescription = hunter2",
        "[secrets]\nPLAIN = hunter2",
        "[image.labels]\nteam = hunter2",
        "[image.labels]\nteam = \"hunter2\\u200b\"",
        "[answers]\nteam = hunter2",
        "[answers]\nteam = \"hunter2\"",
        "[answers]\nteam = [\"hunter2\"]",
        "[processes.worker]\ncommand = [\"x\",\"--password\",\n\"hunter2\",3]",
        "[release]\nsteps = [\n  \"x\",\n  \"y --password \\\n  hunter2\"]",
        "[build]\nsteps = [[\n  \"x\",\n  \"--token\",\n  \"two hunter2\", 3]]",
    ] {
        let project = Project::fastapi();
        std::fs::write(project.0.path().join("dockgen.toml"), format!("{FASTAPI}{lines}\n")).unwrap();
        for command in [["generate", "-q"], ["generate", "--diff"], ["generate", "--json"]] {
            let ran = project.run(&command);
            let shown = ran.stdout + &ran.stderr;
            assert!(ran.code == 2 && !shown.contains("hunter2"), "{lines}: {shown}");
        }
    }
    for set in ["answers.x=hunter2", "answers.x=\"hunter2\""] {
        let ran = Project::fastapi().run(&["generate", "--set", set]);
        assert!(ran.code == 2 && !ran.stderr.contains("hunter2"), "{set}: {}", ran.stderr);
    }
    let ran = Project::fastapi().run(&["generate", "--preset", "git+ssh://S3cretPassw0rd@127.0.0.1:1/a"]);
    assert!(ran.code == 2 && !ran.stderr.contains("S3cretPassw0rd"), "{}", ran.stderr);
    let project = Project::fastapi();
    std::fs::write(project.0.path().join("dockgen.toml"), b"[app]\nport = \"x\" # \xc2\xa0Zx9kQw7LpT2vRb8NmYd4\n").unwrap();
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && !ran.stderr.contains("NmYd4"), "{}", ran.stderr);
}

/// A refusal names a way out that works, and no empty name.
#[test]
fn a_refusal_names_a_way_out() {
    let error =
        files_of(&format!("{FASTAPI}[environment]\nSHEET = \"1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms\"\n")).err().unwrap();
    assert!(error.hint.unwrap().contains("if it isn't a secret, write `{ value = …, secret = false }`"));
    let error = files_of(&format!("{FASTAPI}[environment.A]\ndescription = \"ghp_0123456789abcdefghij\"\n")).err().unwrap();
    assert!(!error.hint.unwrap().contains("` = {"));
}
