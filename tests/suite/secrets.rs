//! Secrets have names, never values: what people write, in every place where a text may stand.

use crate::common::{FASTAPI, Project, files_of};

/// What a spec must not say, as lines behind a spec that is fine.
const REFUSED: [&str; 67] = [
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
    "[environment.DB_PASS]\nvalue = \"postgres://u:hunter2@h/d\"\nsecret = false",
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
    "[health]\npath = \"/health?token=hunter2\"",
    "[answers]\nteam = \"ghp_0123456789abcdefghij\"",
];

/// What a spec may say although it reads like a secret.
const TAKEN: [&str; 34] = [
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
fn an_error_about_a_secret_does_not_show_it() {
    for lines in REFUSED.iter().filter(|lines| ["hunter2", "k8sJq2Zt7X", "ghp_"].iter().any(|told| lines.contains(told))) {
        let project = Project::fastapi();
        std::fs::write(project.0.path().join("dockgen.toml"), format!("{FASTAPI}{lines}\n")).unwrap();
        let ran = project.run(&["generate"]);
        let shown = ["hunter2", "k8sJq2Zt7X", "ghp_"].iter().any(|told| ran.stderr.contains(told));
        // what is no secret by its name is one because somebody says so: only the flag above is hidden
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
