//! Detected entries merge below those of presets and the spec, key by key, and each thing is written once.

use crate::common::{FASTAPI, Project};

/// A Celery application with Redis, an `SQLite` database, a folder of uploads, and one variable of each sort.
const MAIN: &str = "import os\nimport sqlite3\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\ndb = sqlite3.connect(\"shop.db\")\n\
    os.makedirs(\"uploads\", exist_ok=True)\nA = os.environ[\"API_URL\"]\nB = os.getenv(\"COLOR\", \"red\")\nC = os.getenv(\"API_KEY\")\n\
    D = os.environ[\"REDIS_URL\"]\n";
const TASKS: &str = "from celery import Celery\n\nqueue = Celery(\"shop\", broker=\"redis://localhost\")\n";

/// What detection says of it, as `dockgen show` prints it.
const DETECTED: [&str; 8] = [
    "environment.API_URL.required = true  # main.py:9 os.environ[…]",
    "environment.COLOR.example = \"red\"  # main.py:10 reads it",
    "processes.worker.command = [\"celery\", \"-A\", \"tasks:queue\", \"worker\", \"--loglevel=info\"]  # tasks.py:3 Celery application",
    "secrets.API_KEY.required = false  # main.py:11 reads it",
    "services.redis.environment.REDIS_URL = \"url\"  # requirements.txt:4 installs redis",
    "services.redis.kind = \"redis\"  # requirements.txt:4 installs redis",
    "volumes.data.path = \"/data\"  # main.py:7 an SQLite database",
    "volumes.uploads.path = \"/app/uploads\"  # main.py:8 the application writes to it",
];

fn shop(spec: &str) -> Project {
    let spec = FASTAPI.to_owned() + spec;
    Project::new(&[
        ("main.py", MAIN),
        ("tasks.py", TASKS),
        ("requirements.txt", "fastapi\nuvicorn\ncelery\nredis\n"),
        ("dockgen.toml", &spec),
    ])
}

/// The lines of `dockgen show` about the tables that merge, with the spec's lines added; the files must generate.
fn shown(project: &Project) -> Vec<String> {
    project.run(&["generate", "-q"]).ok();
    let shown = project.run(&["show"]).ok().stdout;
    let tables = ["environment.", "secrets.", "services.", "processes.", "volumes.", "kubernetes.", "service-kinds."];
    shown.lines().filter(|line| tables.iter().any(|table| line.starts_with(table))).map(str::to_owned).collect()
}

#[track_caller]
fn has(shown: &[String], lines: &[&str]) {
    for line in lines {
        let wanted = |shown: &String| shown == line || shown.starts_with(line) && shown[line.len()..].starts_with("  # ");
        assert!(shown.iter().any(wanted), "missing {line}\n{}", shown.join("\n"));
    }
}

#[track_caller]
fn has_none(shown: &[String], starts: &[&str]) {
    for start in starts {
        assert!(!shown.iter().any(|line| line.starts_with(start)), "found {start}\n{}", shown.join("\n"));
    }
}

#[test]
fn a_table_of_the_spec_keeps_what_is_detected() {
    has(&shown(&shop("")), &DETECTED);
    let tables = [
        "[environment]\nOTHER = \"1\"\n",
        "[secrets]\nMORE = {}\n",
        "[services.postgres]\nkind = \"postgres\"\n",
        "[processes.beat]\ncommand = [\"celery\", \"-A\", \"tasks:queue\", \"beat\"]\n",
        "[volumes]\nlogs = \"/logs\"\n",
    ];
    for table in tables {
        has(&shown(&shop(table)), &DETECTED);
    }
    let all = shown(&shop(&tables.concat()));
    has(&all, &DETECTED);
    has(&all, &["environment.OTHER.value = \"1\"  # dockgen.toml:7", "volumes.logs.path = \"/logs\"  # dockgen.toml:15"]);
}

#[test]
fn an_entry_of_the_spec_keeps_what_it_leaves_open() {
    let spec = "[environment]\nAPI_URL = { description = \"Address of the API\" }\n[services.redis]\nversion = \"7\"\n\
        [processes.worker]\nreplicas = 2\n[volumes]\nuploads = { size = \"5Gi\" }\n";
    let shown = shown(&shop(spec));
    has(&shown, &DETECTED);
    let said = ["environment.API_URL.description = \"Address of the API\"", "services.redis.version = \"7\""];
    has(&shown, &said);
    has(&shown, &["processes.worker.replicas = 2", "volumes.uploads.size = \"5Gi\""]);
}

#[test]
fn false_drops_one_detected_entry_and_no_other() {
    let entries = [
        ("environment", "API_URL", "environment.API_URL."),
        ("environment", "COLOR", "environment.COLOR."),
        ("secrets", "API_KEY", "secrets.API_KEY."),
        ("services", "redis", "services.redis."),
        ("processes", "worker", "processes.worker."),
        ("volumes", "data", "volumes.data."),
        // variables are one group: the table doesn't matter, nor that it is a part of an address
        ("environment", "API_KEY", "secrets.API_KEY."),
        ("environment", "REDIS_URL", "services.redis.environment."),
    ];
    for (table, name, dropped) in entries {
        let shown = shown(&shop(&format!("[{table}]\n{name} = false\n")));
        has_none(&shown, &[dropped]);
        has(&shown, &[&format!("{table}.{name} = false  # dockgen.toml:7")]);
        let others: Vec<_> = DETECTED.into_iter().filter(|line| !line.starts_with(dropped)).collect();
        has(&shown, &others);
    }
}

#[test]
fn a_thing_that_the_spec_calls_by_another_name_is_written_once() {
    let cases = [
        ("[services.cache]\nkind = \"redis\"\n", "services.redis.", "services.cache.environment.REDIS_URL = \"url\""),
        (
            "[processes.jobs]\ncommand = \"celery -A tasks:queue worker --loglevel=info\"\n",
            "processes.worker.",
            "processes.jobs.command",
        ),
        ("[volumes]\nmedia = \"/app/uploads\"\n", "volumes.uploads.", "volumes.media.path = \"/app/uploads\""),
        (
            "[volumes]\nstore = { path = \"/store\", files = [\"shop.db\"] }\n",
            "volumes.data.",
            "volumes.store.access = \"ReadWriteOnce\"",
        ),
    ];
    for (spec, once, instead) in cases {
        let shown = shown(&shop(spec));
        has_none(&shown, &[once]);
        assert!(shown.iter().any(|line| line.starts_with(instead)), "{instead}\n{}", shown.join("\n"));
        let table = once.split('.').next().unwrap();
        let others: Vec<_> = DETECTED.into_iter().filter(|line| !line.starts_with(table)).collect();
        has(&shown, &others);
    }
    // another command of the same program is another process
    has(&shown(&shop("[processes.slow]\ncommand = \"celery -A tasks:queue worker -Q slow\"\n")), &DETECTED);
}

/// The addresses, the driver and what chooses the kind follow the spec.
#[test]
fn a_detected_service_can_be_of_another_kind() {
    let main = "import os\nfrom fastapi import FastAPI\nfrom sqlalchemy import create_engine\n\napp = FastAPI()\n\
        KIND = os.getenv(\"DB_TYPE\", \"\")\nengine = create_engine(os.environ[\"DATABASE_URL\"]) if KIND == \"postgresql\" else None\n";
    let requirements = "fastapi\nuvicorn\nsqlalchemy\nasyncpg\naiomysql\n";
    let run = |spec: &str| {
        let spec = FASTAPI.to_owned() + spec;
        let project = Project::new(&[("main.py", main), ("requirements.txt", requirements), ("dockgen.toml", &spec)]);
        (shown(&project), project.read("compose.yaml"))
    };
    let url = |kind: &str, driver: &str| {
        format!("service-kinds.{kind}.url = \"{driver}://{{user}}:{{password}}@{{host}}:{{port}}/{{database}}\"")
    };
    let (shown, _) = run("");
    has(&shown, &["environment.DB_TYPE.value = \"postgresql\"", &url("postgres", "postgresql+asyncpg")]);
    let (shown, compose) = run("[services.db]\nkind = \"mysql\"\n");
    has(
        &shown,
        &["services.db.kind = \"mysql\"", "services.db.environment.DATABASE_URL = \"url\"", &url("mysql", "mysql+aiomysql")],
    );
    has_none(&shown, &["environment.DB_TYPE"]);
    assert!(!compose.contains("postgresql"), "{compose}");
    // a second database is not the same one
    let (shown, _) = run("[services.archive]\nkind = \"mysql\"\n");
    has(
        &shown,
        &["services.archive.kind = \"mysql\"", "services.db.kind = \"postgres\"", "environment.DB_TYPE.value = \"postgresql\""],
    );
}

#[test]
fn a_variable_is_in_the_table_that_the_spec_has_it_in() {
    for (spec, dropped) in [
        ("[secrets]\nCOLOR = {}\n", "environment.COLOR"),
        ("[environment]\nAPI_KEY = { secret = false }\n", "secrets.API_KEY"),
        ("[environment]\nREDIS_URL = { required = true }\n", "services.redis.environment"),
        ("[secrets]\nREDIS_URL = { required = true }\n", "services.redis.environment"),
        ("[services.store.environment]\nAPI_URL = \"url\"\n[services.store]\nkind = \"postgres\"\n", "environment.API_URL"),
        ("[services.queue]\nkind = \"rabbitmq\"\nenvironment = { REDIS_URL = \"url\" }\n", "services.redis.environment"),
    ] {
        has_none(&shown(&shop(spec)), &[dropped]);
    }
}

/// A detected address of an `SQLite` database follows its volume, and gives way to an address from outside.
#[test]
fn the_address_of_a_database_and_its_volume_belong_together() {
    let main =
        "import os\nfrom fastapi import FastAPI\n\napp = FastAPI()\nURL = os.getenv(\"DATABASE_URL\", \"sqlite:///shop.db\")\n";
    let run = |spec: &str| {
        let spec = FASTAPI.to_owned() + spec;
        shown(&Project::new(&[("main.py", main), ("requirements.txt", "fastapi\nuvicorn\n"), ("dockgen.toml", &spec)]))
    };
    let detected = [
        "environment.DATABASE_URL.value = \"sqlite:////data/app.db\"",
        "volumes.data.path = \"/data\"",
        "kubernetes.replicas = 1",
    ];
    has(&run(""), &detected);
    has(&run("[environment]\nDATABASE_URL = { description = \"Orders\" }\n"), &detected);
    let moved = ["environment.DATABASE_URL.value = \"sqlite:////srv/orders/app.db\"", "volumes.data.path = \"/srv/orders\""];
    has(&run("[volumes]\ndata = \"/srv/orders\"\n"), &moved);
    has(
        &run("[volumes]\ndata = false\n"),
        &["environment.DATABASE_URL.value = \"sqlite:////tmp/app.db\"", "volumes.data = false"],
    );
    for spec in [
        "[environment]\nDATABASE_URL = { required = true }\n",
        "[environment]\nDATABASE_URL = \"postgresql://db.example.com/shop\"\n",
        "[environment]\nDATABASE_URL = false\n",
        "[secrets]\nDATABASE_URL = { required = true }\n",
        "[services.db]\nkind = \"postgres\"\nenvironment = { DATABASE_URL = \"url\" }\n",
    ] {
        let shown = run(spec);
        has_none(&shown, &["volumes.data", "environment.DATABASE_URL.value = \"sqlite", "kubernetes.replicas = 1"]);
    }
}

#[test]
fn entries_of_presets_count_like_those_of_the_spec() {
    let preset = |layer: &str| {
        format!("description = \"Team\"\n[{layer}services.cache]\nkind = \"redis\"\n[{layer}secrets]\nCOLOR = {{}}\n")
    };
    for layer in ["", "defaults.", "enforce."] {
        let project = shop("");
        std::fs::write(project.0.path().join("team.toml"), preset(layer)).unwrap();
        project.edit("dockgen.toml", "\"pip\"]", "\"pip\", \"./team.toml\"]");
        let shown = shown(&project);
        has(&shown, &["services.cache.environment.REDIS_URL = \"url\""]);
        has_none(&shown, &["services.redis.", "environment.COLOR"]);
    }
}

/// What detection finds never ends in an error that its help line does not resolve.
#[test]
fn a_conflict_with_a_detected_name_is_resolved_by_its_help() {
    let project = shop("[processes.redis]\ncommand = [\"python\", \"redis.py\"]\n");
    let ran = project.run(&["generate"]);
    let help = "help: rename the process, or the detected service: add `NAME = { kind = \"redis\" }` under [services]";
    assert!(ran.code == 2 && ran.stderr.contains(help), "{}", ran.stderr);
    project.run(&["generate", "--set", "services.cache={ kind = \"redis\" }"]).ok();

    let project = shop("[processes.beat]\nreplicas = 2\n");
    project.edit("tasks.py", "\nqueue", "\nbeat_schedule = {}\nqueue");
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("set replicas = 1, or singleton = false"), "{}", ran.stderr);
    project.run(&["generate", "--set", "processes.beat.singleton=false"]).ok();
}

/// Compose's own variable for the published port gives way to one of the application's.
#[test]
fn the_published_port_has_a_name_that_the_application_does_not_read() {
    let project = shop("");
    project.edit("main.py", "COLOR", "SHOP_PORT");
    project.run(&["generate"]).ok();
    assert!(project.read("compose.yaml").contains("${SHOP_PUBLISHED_PORT:-8000}:8000"), "{}", project.read("compose.yaml"));
    assert!(project.read(".env.example").contains("# SHOP_PUBLISHED_PORT=8000"), "{}", project.read(".env.example"));
    assert_eq!(project.run(&["generate", "--check"]).code, 0);
}

/// A table of names is no entry: it can't be turned off as a whole.
#[test]
fn only_entries_are_turned_off() {
    for table in ["environment", "secrets", "services", "processes", "volumes"] {
        let project = shop("");
        std::fs::write(project.0.path().join("dockgen.toml"), format!("{table} = false\n{FASTAPI}")).unwrap();
        let ran = project.run(&["generate"]);
        let message = format!("error: `{table}`: expected a table, found a boolean");
        assert!(ran.code == 2 && ran.stderr.contains(&message), "{}", ran.stderr);
        assert_eq!(project.run(&["generate", "--set", &format!("{table}=false")]).code, 2);
    }
}

/// An application with a database and Redis, whose address of the database is in one variable.
fn with_services(spec: &str) -> Project {
    let main = "import os\nfrom fastapi import FastAPI\nfrom pydantic import SecretStr\nfrom pydantic_settings import BaseSettings\n\n\
        class Settings(BaseSettings):\n    foo_code: SecretStr\n\nsettings = Settings()\napp = FastAPI()\n\
        D = os.environ[\"DATABASE_URL\"]\nR = os.environ[\"REDIS_URL\"]\n";
    let spec = FASTAPI.to_owned() + spec;
    Project::new(&[
        ("main.py", main),
        ("requirements.txt", "fastapi\nuvicorn\npydantic-settings\npsycopg2-binary\nredis\n"),
        ("dockgen.toml", &spec),
    ])
}

#[test]
fn a_service_of_another_kind_does_not_take_the_variables_of_a_detected_one() {
    let lines = shown(&with_services("[services.pg]\nkind = \"postgres\"\n[services.db]\nkind = \"redis\"\n"));
    has(&lines, &["services.pg.environment.DATABASE_URL = \"url\"", "services.db.environment.REDIS_URL = \"url\""]);
    has_none(&lines, &["services.db.environment.DATABASE_URL = \"url\"", "services.redis."]);
    let lines = shown(&with_services("[services.redis]\nkind = \"postgres\"\n"));
    has(&lines, &["services.redis.environment.DATABASE_URL = \"url\"", "services.redis-2.environment.REDIS_URL = \"url\""]);
}

#[test]
fn a_detected_secret_stays_one() {
    let refused = with_services("[environment]\nFOO_CODE = { description = \"x\" }\n");
    let run = refused.run(&["generate"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("`environment.FOO_CODE` is detected to be a secret"), "{}", run.stderr);
    assert!(run.stderr.contains("main.py:7"), "{}", run.stderr);
    for spec in ["[secrets]\nFOO_CODE = {}\n", "[environment]\nFOO_CODE = { description = \"x\", secret = false }\n"] {
        with_services(spec).run(&["generate"]).ok();
    }
    // what a preset suggests is weaker than what the code says
    let project = with_services("");
    std::fs::write(
        project.0.join("team.toml"),
        "description = \"team\"\n[defaults.environment]\nFOO_CODE = { value = \"hunterpw\" }\n",
    )
    .unwrap();
    project.run(&["generate", "--preset", "./team.toml", "--trust"]).ok();
    assert!(!project.read("k8s.yaml").contains("hunterpw"));
}
