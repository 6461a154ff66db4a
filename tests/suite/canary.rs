//! Canaries: a marker in every place that detection reads, and none in anything that dockgen writes or prints.

use std::collections::BTreeMap;

use crate::common::Project;

/// A project with a marker of its own in every planted line.
#[derive(Default)]
struct Garden {
    files: BTreeMap<String, String>,
    /// The marker, and where it is.
    canaries: Vec<(String, String)>,
}

impl Garden {
    /// A project with these files, nothing planted yet.
    fn new(files: &[(&str, &str)]) -> Self {
        let mut garden = Self::default();
        for (path, text) in files {
            garden.files.insert((*path).to_owned(), (*text).to_owned());
        }
        garden
    }

    /// Adds lines to a file. In each, `{w}` becomes a password that is a word, `{o}` one that looks random, and `{n}` a number for names.
    fn plant(mut self, path: &str, lines: &[&str]) -> Self {
        for line in lines {
            let number = self.canaries.len();
            let marker = format!("zq{number:03}zq");
            let planted = line.replace("{w}", &format!("hunter-{marker}")).replace("{o}", &format!("k8Jq2Zt7Xv1Lp9{marker}"));
            assert_ne!(*line, planted, "{line} plants nothing");
            let text = self.files.entry(path.to_owned()).or_default();
            *text += &planted.replace("{n}", &number.to_string());
            *text += "\n";
            self.canaries.push((marker, format!("{path}: {line}")));
        }
        self
    }

    /// The markers that any of the commands writes or prints.
    fn leaks(&self, commands: &[&[&str]]) -> Vec<String> {
        let files: Vec<(&str, &str)> = self.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let project = Project::new(&files);
        let mut seen: Vec<(String, String)> = Vec::new();
        for command in commands {
            let ran = project.run(command);
            assert!(ran.code <= 4 && !ran.stderr.contains("panicked"), "{command:?}: {}", ran.stderr);
            seen.push((format!("stdout of {command:?}"), ran.stdout));
            seen.push((format!("stderr of {command:?}"), ran.stderr));
        }
        for (path, bytes) in project.tree() {
            if !self.files.contains_key(&path) {
                seen.push((path, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        let leaked = self.canaries.iter().flat_map(|(marker, place)| {
            let out = seen.iter().filter(move |(_, text)| text.contains(marker.as_str()));
            out.map(move |(path, text)| {
                let line = text.lines().find(|line| line.contains(marker.as_str())).unwrap_or_default();
                format!("{place}\n    in {path}: {line}")
            })
        });
        leaked.collect()
    }
}

/// Everything that reads a project.
const COMMANDS: [&[&str]; 8] = [
    &["detect"],
    &["detect", "--json"],
    &["init", "--yes"],
    &["show"],
    &["show", "--json"],
    &["generate", "-v"],
    &["generate", "--check"],
    &["generate", "--json"],
];

#[track_caller]
fn assert_none_leaks(garden: &Garden, least: usize, written: &str) {
    assert!(garden.canaries.len() >= least, "{}", garden.canaries.len());
    let leaks = garden.leaks(&COMMANDS);
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
    // a project that dockgen refuses proves nothing
    let files: Vec<(&str, &str)> = garden.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let project = Project::new(&files);
    project.run(&["init", "--yes"]).ok();
    assert!(project.read(".env.example").contains(written), "{}", project.read(".env.example"));
}

const FASTAPI: [(&str, &str); 2] = [
    (
        "main.py",
        "import os\nfrom os import environ, getenv\nfrom fastapi import FastAPI\nfrom routes import router\napp = FastAPI()\napp.include_router(router)\n",
    ),
    ("requirements.txt", "fastapi\nuvicorn\n"),
];

/// Calls that read the environment, each with a default.
const READERS: [&str; 44] = [
    "A = os.getenv('R{n}_PASSWORD', '{w}')",
    "A = os.getenv('R{n}_PASSWORD', default='{w}')",
    "A = os.getenv('R{n}_PASSWORD') or '{w}'",
    "A = os.environ.get('R{n}_PASSWORD', '{w}')",
    "A = os.environ.get('R{n}_PWD', \"{w}\")",
    "A = os.environ.setdefault('R{n}_TOKEN', '{w}')",
    "A = os.environ.pop('R{n}_SECRET', '{w}')",
    "A = os.environ['R{n}_SECRET'] if 'R{n}_SECRET' in os.environ else '{w}'",
    "os.environ['R{n}_SECRET'] = '{w}'",
    "A = getenv('R{n}_API_KEY', '{w}')",
    "A = environ.get('R{n}_DB_PASS', '{w}')",
    "A = environ.setdefault('R{n}_PASSPHRASE', '{w}')",
    "A = int(os.getenv('R{n}_PASSWORD', '{w}'))",
    "A = os.getenv('R{n}_TOKENS', '{w},{w}').split(',')",
    "A = os.getenv('R{n}_OUTER', os.getenv('R{n}_PASSWORD', '{w}'))",
    "A = f\"x{os.getenv('R{n}_PASSWORD', '{w}')}\"",
    "def f{n}(key=os.getenv('R{n}_SECRET_KEY', '{w}')): return key",
    "class C{n}:\n    key = os.getenv('R{n}_SECRET_KEY', '{w}')",
    "A = os.getenv('R{n}_SETTING', '{o}')",
    "A = os.getenv('R{n}_SETTING', 'ghp_{o}0123456789')",
    "A = os.getenv('R{n}_SETTING', 'postgres://shop:{w}@db/shop')",
    "A = os.getenv('R{n}_SETTING', 'https://example.com/?token={w}')",
    "A = os.getenv('R{n}_SETTING', 'https://example.com/hook/{o}')",
    "A = os.getenv('R{n}_SETTING', 'Server=h;Password={w}')",
    "A = os.getenv('R{n}_SETTING', 'host=h password={w}')",
    "A = os.getenv('R{n}_SETTING', '{w} and more words')",
    "A = os.getenv('R{n}_CONTACT', '{w}@example.com')",
    "A = config('R{n}_PASSWORD', default='{w}')",
    "A = config('R{n}_PASSWORD', '{w}', cast=str)",
    "A = config('R{n}_SETTING', cast=Secret, default='{w}.x')",
    "A = env('R{n}_PASSWORD', default='{w}')",
    "A = env.str('R{n}_PASSWORD', '{w}')",
    "A = env.url('R{n}_ENDPOINT', default='https://shop:{w}@example.com')",
    "A = env.json('R{n}_SETTING', default='{\"password\": \"{w}\"}')",
    "A = env.list('R{n}_TOKENS', default=['{w}'])",
    "A = env.email_url('R{n}_EMAIL', default='smtp://shop:{w}@mail.example.com')",
    "A = env.get_value('R{n}_SETTING', default='{o}')",
    "A = env.path('R{n}_SETTING', default='/data/{o}')",
    "A = os.getenv('R{n}_SETTING', \"redis://:sword'{w}@cache\")",
    "A = os.getenv('R{n}_SETTING', 'postgres://shop:{w} too@db/shop')",
    "A = os.getenv('R{n}_ENDPOINT', 'https://{w}@example.com')",
    "A = os.getenv('R{n}_ENDPOINT', 'https://example.com/hooks/B02ABCD34/{o}')",
    "A = os.getenv('R{n}_MOT_DE_PASSE', '{w}')",
    "A = os.getenv('R{n}_SNMP_COMMUNITY', '{w}')",
];

/// Fields of a settings class.
const FIELDS: [&str; 26] = [
    "    p{n}_password: str = '{w}'",
    "    p{n}_plain: SecretStr = '{w}.x'",
    "    p{n}_plain: SecretStr = SecretStr('{w}.x')",
    "    p{n}_plain: SecretStr | None = Field('{w}.x')",
    "    p{n}_plain: Optional[SecretStr] = Field(default='{w}.x')",
    "    p{n}_plain: Annotated[SecretStr, Field(description='x')] = '{w}.x'",
    "    p{n}_plain: pydantic.SecretStr = '{w}.x'",
    "    p{n}_plain: SecretBytes = '{w}.x'",
    "    p{n}_plain: Secret[str] = '{w}.x'",
    "    p{n}_plain: RSAPrivateKey = '{w}.x'",
    "    p{n}_plain: str = SecretStr('{w}.x')",
    "    p{n}_token: str = Field(default='{w}')",
    "    p{n}_token: str = Field('{w}', min_length=3)",
    "    p{n}_token: str = Field(default_factory=lambda: '{w}')",
    "    p{n}_plain: str = Field('{w}', alias='P{n}_API_KEY')",
    "    p{n}_plain: str = Field('{w}', validation_alias=AliasChoices('P{n}_API_KEY', 'P{n}_KEY'))",
    "    p{n}_plain: str = Field('{w}', env='P{n}_API_KEY')",
    "    p{n}_plain: str = Field('x', description='{w}', examples=['{w}'])",
    "    p{n}_secret: Literal['{w}', 'other'] = '{w}'",
    "    p{n}_dsn: PostgresDsn = 'postgres://shop:{w}@db/shop'",
    "    p{n}_cache: RedisDsn = 'redis://:{w}@cache:6379/0'",
    "    p{n}_bus: AmqpDsn = AmqpDsn('amqp://shop:{w}@rabbit//')",
    "    p{n}_address: AnyUrl = 'https://shop:{w}@example.com'",
    "    p{n}_address: str = 'https://example.com/{o}'",
    "    p{n}_plain: str = '{o}'",
    "    p{n}_keys: list[str] = ['{w}']",
];

/// Lines of a file of examples, whose names the application reads.
const EXAMPLES: [&str; 42] = [
    "ACCESS_CODE=7391.{w}",
    "KEYPASS={w}.canary",
    "STORAGEKEY=abc.{w}",
    "ENABLE_SECRET={w}.x",
    "DB_LOGIN={w}.battery-staple",
    "PLAIN_TEN=canary/{w}",
    "PLAIN_ELEVEN=https://example.com/hook/{w}",
    "PGPASSWORD={w}",
    "GITHUB_PAT={w}",
    "LDAP_BIND_PW={w}",
    "FERNET_KEYS={w}",
    "AZURE_CONNECTION_STRING=AccountName=shop;AccountKey={w}",
    "SLACK_URL=https://hooks.slack.com/services/T0/B0/{w}",
    "MYSQL_PWD={w}",
    "PASSPHRASE={w}",
    "SENTRY_DSN=https://{o}@sentry.example.com/1",
    "SLACK_WEBHOOK={w}",
    "SECRETS={w}",
    "API_KEYS={w}",
    "TOKENS={w}",
    "JWT={w}",
    "DB_PASS=\"{w}\"",
    "export SMTP_PASS='{w}'",
    "AUTHTOKEN={w} # comment",
    "APIKEY={w}",
    "BASIC_AUTH=shop:{w}",
    "PLAIN_ONE={o}",
    "PLAIN_TWO=https://shop:{w}@example.com",
    "PLAIN_THREE=https://example.com/#{w}",
    "PLAIN_FOUR=shop:{w}@db:5432/shop",
    "PLAIN_FIVE=-----BEGIN PRIVATE KEY-----{w}",
    "PLAIN_SIX=sk_live_{o}",
    "PLAIN_SEVEN=words and {w}",
    "PLAIN_EIGHT={w}",
    "# PLAIN_NINE={w}",
    "NOT_READ_PASSWORD={w}",
    "SETTINGS_TYPED={w}.x",
    "SNMP_COMMUNITY={w}",
    "DBPSW={w}",
    "PLAIN_TWELVE=https://{w}@example.com",
    "PLAIN_THIRTEEN=redis://:sword'{w}@cache",
    "PLAIN_FOURTEEN=Cookie: theme=dark; sessionid={w}",
];

#[test]
fn nothing_that_sources_and_examples_say_leaks() {
    let names = EXAMPLES.iter().filter_map(|line| line.trim_start_matches("# ").trim_start_matches("export ").split_once('='));
    let reads: String =
        names.map(|(name, _)| format!("A = os.getenv('{name}')\n")).filter(|read| !read.contains("NOT_READ")).collect();
    let settings = "import pydantic\nfrom typing import *\nfrom pydantic import *\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n";
    let garden = Garden::new(&FASTAPI)
        .plant("main.py", &READERS)
        .plant("main.py", &["import dj_database_url\nA = dj_database_url.config(default='mysql://shop:{w}@db/shop')"])
        .plant(
            "routes.py",
            &["from fastapi import APIRouter\nrouter = APIRouter(prefix='/{o}')\n@router.get('/health')\ndef ok(): return ''"],
        )
        .plant("main.py", &["@app.get('/health/{o}')\ndef ok(): return ''"])
        .plant(
            "main.py",
            &[
                "A = sqlite3.connect('{o}.db')",
                "os.makedirs('{o}')",
                "A = FileHandler('logs-{o}/x.log')",
                "A = FileHandler('{o}.log')",
            ],
        )
        .plant("config.py", &["# {w}"]);
    let mut garden = garden;
    garden.files.entry("main.py".to_owned()).or_default().push_str(&reads);
    garden.files.insert("config.py".to_owned(), format!("{settings}class Inner(BaseModel):\n    password: str = 'x'\n\nclass Settings(BaseSettings):\n    settings_typed: SecretStr\n"));
    let garden = garden.plant("config.py", &FIELDS).plant(
        "config.py",
        &[
            "\nclass Prefixed(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='SECRET_{n}_', secrets_dir='/run/{o}')\n    value: str = '{w}'",
            "\nclass Old(BaseSettings):\n    plain_{n}: str = '{w}.x'\n    class Config:\n        env_prefix = 'TOKEN_'",
            "\nclass Nested(BaseModel):\n    password: str = '{w}'\n\nclass Outer(BaseSettings):\n    model_config = SettingsConfigDict(env_nested_delimiter='__')\n    inner_{n}: Nested = Nested()",
            "\nclass Credentials(BaseModel):\n    value: str = '{w}.x'\n\nclass Holder(BaseSettings):\n    model_config = SettingsConfigDict(env_nested_delimiter='__')\n    credentials: Credentials = Credentials()",
        ],
    );
    let garden = garden.plant(".env.example", &EXAMPLES).plant(".env.sample", &["SETTINGS_TYPED={w}.x"]);
    let others = [".env", ".env.local", ".env.production", ".env.template", "env.example", ".env.dist", "example.env"];
    let garden = others.iter().fold(garden, |garden, file| garden.plant(file, &["PGPASSWORD={w}", "PLAIN_FOUR={o}"]));
    assert_none_leaks(&garden, 120, "PGPASSWORD=");
}

/// Lines of a Procfile, each a process.
const PROCFILE: [&str; 22] = [
    "login: docker login -u u -p {w}",
    "crypt: openssl enc -k {w} -pass pass:{w}",
    "users: htpasswd -b f u {w}",
    "store: mc alias set h https://s3.example.com KEY {w}",
    "hosts: ansible -e ansible_password:{w}",
    "keyed: python w.py --key {w} PASSWORT={w}",
    "one: celery --broker redis://:{w}@cache/0 -A main worker",
    "two: env TOKEN={w} python worker.py",
    "three: env PLAIN={o} python worker.py",
    "four: python worker.py --password={w}",
    "five: python worker.py --password {w}",
    "six: python worker.py --api-key {w}",
    "seven: celery -A main flower --basic-auth=shop:{w}",
    "eight: python worker.py {o}",
    "nine: python worker.py https://example.com/hook/{o}",
    "ten: python worker.py ghp_{o}",
    "eleven: curl -u shop:{w} https://example.com",
    "release: alembic -x url=postgres://shop:{w}@db/shop upgrade head",
    "twelve: docker exec db mysql -p{w}",
    "thirteen: python worker.py --pw {w}",
    "fourteen: openssl enc -d -passin pass:{w}",
    "fifteen: python worker.py https://{w}@example.com",
];

#[test]
fn nothing_that_commands_and_platforms_say_leaks() {
    let garden = Garden::new(&FASTAPI)
        .plant("routes.py", &["from fastapi import APIRouter\nrouter = APIRouter()\n# {w}"])
        .plant("main.py", &["A = os.getenv('PLAIN', 'info')  # {w}", "A = os.getenv('DB_PASSWORD', '{w}')"])
        .plant("Procfile", &PROCFILE)
        .plant("Procfile", &["web: env TOKEN={w} gunicorn main:app --env SECRET={w}"])
        .plant("tasks.py", &[
            "from celery import Celery\napp = Celery('tasks', broker='redis://:{w}@cache/0', backend='db+postgres://shop:{w}@db/shop')",
            "from rq import Queue\nqueue = Queue('{o}')",
            "from huey import RedisHuey\nhuey = RedisHuey('{o}', url='redis://:{w}@cache')",
            "class Worker:\n    functions = []\n    redis_settings = RedisSettings(password='{w}')",
        ])
        .plant("compose.yaml", &[
            "services:\n  db:\n    image: postgres:17 # {w}\n    environment:\n      POSTGRES_PASSWORD: {w}",
            "  cache:\n    image: redis:7\n    command: redis-server --requirepass {w}",
            "  app:\n    image: registry.example.com/{o}\n    command: gunicorn -b :8000 --env TOKEN={w} main:app",
            "    healthcheck:\n      test: curl -u shop:{w} http://localhost",
        ])
        .plant("Dockerfile.old", &["ENV TOKEN={w}", "ARG PASSWORD={w}", "LABEL token={w}", "RUN pip install --index-url https://shop:{w}@pypi.example.com/simple x", "CMD gunicorn --env TOKEN={w} main:app"])
        .plant("start.sh", &["export TOKEN={w}", "exec gunicorn --env TOKEN={w} -b 0.0.0.0:8000 main:app"])
        .plant("entrypoint.sh", &["mysql -uroot -p{w}"])
        .plant("app.json", &["{\"env\": {\"TOKEN\": {\"value\": \"{w}\"}}}"])
        .plant("fly.toml", &["[env]\nTOKEN = \"{w}\"\n[processes]\napp = \"gunicorn main:app --env TOKEN={w}\""])
        .plant("render.yaml", &["envVars:\n  - key: TOKEN\n    value: {w}\n    startCommand: TOKEN={w} gunicorn main:app"])
        .plant("alembic.ini", &["[alembic]\nsqlalchemy.url = postgres://shop:{w}@db/shop"])
        .plant("alembic/versions/one.py", &["# {w}"])
        .plant("gunicorn.conf.py", &["raw_env = ['TOKEN={w}']"])
        .plant("README.md", &["Use {w}, or {o}."])
        .plant(".git/config", &["[remote \"origin\"]\n\turl = https://{w}@git.example.com/team/shop.git"])
        .plant(".github/workflows/ci.yml", &["env:\n  TOKEN: {w}"])
        .plant("setup.cfg", &["[options]\ndependency_links = https://shop:{w}@pypi.example.com"])
        .plant("tox.ini", &["[testenv]\nsetenv = TOKEN={w}"])
        .plant("requirements.txt", &[
            "--extra-index-url https://shop:{w}@pypi.example.com/simple",
            "--index-url https://{o}@pypi.example.com/simple",
            "--find-links https://shop:{w}@files.example.com",
            "-e git+https://{o}@git.example.com/team/one.git#egg=one",
            "two @ https://shop:{w}@files.example.com/two-1.0.tar.gz",
            "three @ git+https://{o}@git.example.com/team/three.git",
            "celery[redis]  # {w}",
            "alembic",
        ].map(|line| if line == "alembic" { "alembic # {w}" } else { line }));
    assert_none_leaks(&garden, 45, "DB_PASSWORD=change-me");
}

#[test]
fn nothing_that_djangos_settings_say_leaks() {
    let garden = Garden::new(&[
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n"),
        ("shop/settings.py", "import os\nimport environ\nenv = environ.Env()\nROOT_URLCONF = 'shop.urls'\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'PASSWORD': os.environ['DB_PASSWORD']}}\n"),
        ("pyproject.toml", "[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.12\"\ndependencies = [\"django\", \"psycopg2-binary\", \"gunicorn\"]\n"),
        ("requirements.txt", "django\npsycopg2-binary\ngunicorn\n"),
    ])
    .plant("shop/settings.py", &[
        "SECRET_KEY = '{w}'",
        "SECRET_KEY = env('SECRET_KEY', default='django-insecure-{o}')",
        "DATABASES['other'] = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': '{o}', 'PASSWORD': '{w}'}",
        "DATABASES['url'] = env.db('OTHER_URL', default='postgres://shop:{w}@db/shop')",
        "CACHES = {'default': {'LOCATION': 'redis://:{w}@cache/1', 'OPTIONS': {'PASSWORD': '{w}'}}}",
        "CACHES = {'default': env.cache('CACHE', default='redis://:{w}@cache/1')}",
        "CELERY_BROKER_URL = os.getenv('BROKER', 'amqp://shop:{w}@rabbit//')",
        "CELERY_RESULT_BACKEND = os.getenv('RESULTS', 'db+mysql://shop:{w}@db/shop')",
        "EMAIL_HOST_PASSWORD = os.getenv('EMAIL_HOST_PASSWORD', '{w}')",
        "EMAIL_CONFIG = env.email('EMAIL', default='smtp://shop:{w}@mail')",
        "AWS_SECRET_ACCESS_KEY = os.getenv('AWS_SECRET_ACCESS_KEY', '{w}')",
        "AWS_ACCESS_KEY_ID = os.getenv('AWS_ACCESS_KEY_ID', '{w}')",
        "MEDIA_ROOT = '{o}'",
        "LOGGING = {'handlers': {'file': {'filename': '{o}/x.log'}}}",
        "ALLOWED_HOSTS = env.list('HOSTS', default=['{w}'])",
        "RAVEN_CONFIG = {'dsn': os.getenv('RAVEN', 'https://{o}:{w}@sentry.example.com/1')}",
        "SIMPLE_JWT = {'SIGNING_KEY': os.getenv('JWT_SIGNING_KEY', '{w}')}",
        "TEMPLATES_KEY = os.getenv('SOCIAL_AUTH_GITHUB_KEY', '{w}')",
    ])
    .plant("shop/urls.py", &["from django.urls import path\nurlpatterns = [path('health/{o}', lambda request: None)]"])
    .plant("pyproject.toml", &[
        "[project.urls]\nsource = \"https://{w}@git.example.com/team/shop\"",
        "[[tool.poetry.source]]\nname = \"private\"\nurl = \"https://shop:{w}@pypi.example.com/simple\"",
        "[[tool.uv.index]]\nurl = \"https://shop:{w}@pypi.example.com/simple\"",
        "[[tool.pdm.source]]\nurl = \"https://shop:{w}@pypi.example.com/simple\"",
        "[tool.shop]\ntoken = \"{w}\"",
    ]);
    assert_none_leaks(&garden, 24, "# SECRET_KEY=\n");
}

/// Projects whose lock files and manifests name indexes with passwords.
#[test]
fn nothing_that_manifests_and_locks_say_leaks() {
    let main = ("main.py", "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nA = os.getenv('LOG_LEVEL', 'info')\n");
    let pipenv = Garden::new(&[main])
        .plant("Pipfile", &["[[source]]\nname = \"pypi\"\nurl = \"https://shop:{w}@pypi.example.com/simple\"\nverify_ssl = true\n[packages]\nfastapi = \"*\"\nuvicorn = \"*\"\n[requires]\npython_version = \"3.12\" # {w}"])
        .plant("Pipfile.lock", &["{\"_meta\": {\"sources\": [{\"url\": \"https://shop:{w}@pypi.example.com/simple\"}]}, \"default\": {\"fastapi\": {\"version\": \"==0.115.0\"}, \"uvicorn\": {\"version\": \"==0.30.0\"}}, \"develop\": {}}"]);
    assert_none_leaks(&pipenv, 2, "LOG_LEVEL=info");
    let uv = Garden::new(&[main])
        .plant("pyproject.toml", &["[project]\nname = \"shop\"\nversion = \"1\"\ndescription = \"{w}\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi\", \"uvicorn\", \"one @ git+https://{o}@git.example.com/one.git\"]"])
        .plant("uv.lock", &[
            "version = 1\nrequires-python = \">=3.12\"\n[[package]]\nname = \"fastapi\"\nversion = \"0.115.0\"\nsource = { registry = \"https://shop:{w}@pypi.example.com/simple\" }\nwheels = [{ url = \"https://shop:{w}@pypi.example.com/fastapi-0.115.0-py3-none-any.whl\" }]",
            "[[package]]\nname = \"uvicorn\"\nversion = \"0.30.0\"\nsource = { registry = \"https://shop:{w}@pypi.example.com/simple\" }",
            "[[package]]\nname = \"one\"\nversion = \"1.0\"\nsource = { git = \"https://{o}@git.example.com/one.git\" }",
            "[[package]]\nname = \"shop\"\nversion = \"1\" # {w}\nsource = { virtual = \".\" }\ndependencies = [{ name = \"fastapi\" }, { name = \"uvicorn\" }, { name = \"one\" }]",
        ]);
    assert_none_leaks(&uv, 5, "LOG_LEVEL=info");
}

/// What makes dockgen stop, each on a line with a secret.
const BROKEN: [(&str, &str); 17] = [
    ("pyproject.toml", "[[tool.uv.index]]\nurl = \"https://shop:{w}@pypi.example.com\" x"),
    ("pyproject.toml", "token = {w}"),
    ("pyproject.toml", "token = \"{w}"),
    ("pyproject.toml", "[project]\nname = \"shop\"\nrequires-python = \"https://shop:{w}@example.com\""),
    ("pyproject.toml", "[project]\nname = \"shop\"\nrequires-python = \">=3.12 {o}\""),
    (".python-version", "3.12\n"),
    (".python-version", "https://shop:{w}@example.com"),
    ("runtime.txt", "python-{o}"),
    ("requirements.txt", "fastapi\n--index-url https://shop:{w}@pypi.example.com\n-r https://shop:{w}@example.com/r.txt"),
    ("requirements.txt", "fastapi @ https://shop:{w}@example.com ; python_version < '3' x"),
    ("Pipfile", "[[source]]\nurl = \"https://shop:{w}@pypi.example.com\" x"),
    ("Pipfile.lock", "{\"_meta\": {\"sources\": [{\"url\": \"https://shop:{w}@pypi.example.com\" x}]}}"),
    ("uv.lock", "[[package]]\nsource = { registry = \"https://shop:{w}@pypi.example.com\" } x"),
    ("poetry.lock", "[[package]]\nurl = \"https://shop:{w}@pypi.example.com\" x"),
    ("pdm.lock", "[[package]]\nurl = \"https://shop:{w}@pypi.example.com\"\ntoken = '{w}"),
    ("pyproject.toml", "[[tool.uv.index]]\nurl = \"https://{w}@pypi.example.com\" x"),
    ("uv.lock", "[[package]]\nsource = { git = \"https://{w}@git.example.com/one.git\" } x"),
];

#[test]
fn an_error_about_a_line_does_not_show_its_secrets() {
    let mut leaks = Vec::new();
    for (path, text) in BROKEN.iter().filter(|(_, text)| text.contains('{')) {
        let garden =
            Garden::new(&[("main.py", "from fastapi import FastAPI\napp = FastAPI()\n"), ("requirements.txt", "fastapi\n")]);
        let mut garden = garden;
        garden.files.remove(*path);
        leaks.extend(garden.plant(path, &[text]).leaks(&COMMANDS));
    }
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
}

/// A file of examples that is a link to a developer's own file is not read.
#[test]
fn examples_that_are_links_to_real_settings_are_not_read() {
    for (link, target) in [
        (".env.sample", ".env"),
        (".env.example", ".env.local"),
        (".env.template", "secrets/production"),
        (".env.dist", "../outside/.env"),
        ("example.env", "../outside/values.example"),
    ] {
        let project = Project::new(&[
            (
                "shop/main.py",
                "import os\nfrom fastapi import FastAPI\napp = FastAPI()\nA = os.getenv('LOG_LEVEL')\nB = os.getenv('S3_BUCKET')\n",
            ),
            ("shop/requirements.txt", "fastapi\nuvicorn\n"),
            ("outside/.env", "S3_BUCKET=hidden-zq\n"),
            ("outside/values.example", "S3_BUCKET=hidden-zq\n"),
            ("shop/.env", "S3_BUCKET=hidden-zq\n"),
            ("shop/.env.local", "S3_BUCKET=hidden-zq\n"),
            ("shop/secrets/production", "S3_BUCKET=hidden-zq\n"),
        ]);
        std::os::unix::fs::symlink(target, project.0.path().join("shop").join(link)).unwrap();
        let ran = project.run(&["-C", "shop", "init", "--yes"]).ok();
        assert!(!ran.stderr.contains("hidden-zq"), "{link}: {}", ran.stderr);
        let link_path = format!("shop/{link}");
        let planted =
            ["outside/.env", "outside/values.example", "shop/.env", "shop/.env.local", "shop/secrets/production", &link_path];
        let written = project.tree().into_iter().filter(|(path, _)| !planted.contains(&path.as_str()));
        for (path, bytes) in written {
            assert!(!String::from_utf8_lossy(&bytes).contains("hidden-zq"), "{link}: {path}");
        }
    }
}
