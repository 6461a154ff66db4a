"""Plants secrets in every place of a project that detection might read. None of them may appear in any output."""

import random
from collections.abc import Callable

import hostile

Files = dict[str, str | bytes]
Plant = Callable[[random.Random, Files, str], None]


def append(files: Files, name: str, text: str) -> None:
    before = files.get(name, "")
    files[name] = before + text if isinstance(before, str) else before + text.encode()


def url(rng: random.Random, word: str) -> str:
    return rng.choice(
        ("postgresql://shop:{}@db.example.com/shop", "redis://:{}@cache:6379/0", "https://{}@example.com/x", "amqp://u:{}@mq/")
    ).format(word)


def in_code(rng: random.Random, files: Files, word: str) -> None:
    """Secrets in code, recognizable by the name or by the value."""
    by_name = rng.random() < 0.6
    name = (
        rng.choice(hostile.SECRET_NAMES)
        if by_name
        else rng.choice(("DATABASE_URL", "CACHE_URL", "BROKER_URL", "SETTING", "ENDPOINT", "UPSTREAM"))
    )
    text = repr(word if by_name else rng.choice(hostile.SECRET_TEXTS).format(word))
    lines = (
        f"A = os.getenv('{name}', {text})",
        f"A = os.environ.get('{name}', {text})",
        f"A = os.environ.get('{name}') or {text}",
        f"os.environ.setdefault('{name}', {text})",
        f"os.environ['{name}'] = {text}",
        f"from environs import Env\nenv = Env()\nA = env.str('{name}', {text})",
        f"import environ\nenv = environ.Env({name}=(str, {text}))\nA = env('{name}')",
        f"from decouple import config\nA = config('{name}', default={text})",
        f"from starlette.config import Config\nconfig = Config('.env')\nA = config('{name}', default={text})",
        f"from pydantic_settings import BaseSettings\nfrom pydantic import SecretStr, Field\nclass S(BaseSettings):\n    {name.lower()}: str = {text}\nS()",
        f"from pydantic_settings import BaseSettings\nfrom pydantic import SecretStr, Field\nclass S(BaseSettings):\n    {name.lower()}: SecretStr = SecretStr({text})\nS()",
        f"from pydantic_settings import BaseSettings\nfrom pydantic import SecretStr, Field\nclass S(BaseSettings):\n    value: SecretStr = Field(default={text}, alias='{name}')\nS()",
        f"import dj_database_url\nD = dj_database_url.config(default={url(rng, word)!r})",
        f"from celery import Celery\nq = Celery('q', broker={url(rng, word)!r}, backend={url(rng, word)!r})",
        f"from sqlalchemy import create_engine\ne = create_engine({url(rng, word)!r})",
        f"import redis\nr = redis.from_url({url(rng, word)!r})",
        f"DATABASES = {{'default': {{'ENGINE': 'django.db.backends.postgresql', 'PASSWORD': {word!r}, 'HOST': 'db'}}}}",
    )
    append(files, "main.py", f"\nimport os\n{rng.choice(lines)}\n")


ENV_FILES = (
    ".env",
    ".env.example",
    ".env.sample",
    ".env.template",
    "env.example",
    ".env.dist",
    "example.env",
    ".env.local",
    ".env.production",
    ".envrc",
    "config/.env",
)


def in_env_file(rng: random.Random, files: Files, word: str) -> None:
    """Secrets in .env and example files, which some people fill in with real values."""
    name = rng.choice(hostile.SECRET_NAMES)
    text = word
    if rng.random() < 0.4:
        name, text = (
            rng.choice(("ENDPOINT", "DATABASE_URL", "HOOK", "SLACK_URL", "CONNECTION")),
            rng.choice(hostile.SECRET_TEXTS).format(word),
        )
    append(
        files,
        rng.choice(ENV_FILES),
        f"{rng.choice(('', 'export '))}{name}={rng.choice(('{}', chr(34) + '{}' + chr(34), chr(39) + '{}' + chr(39))).format(text)}\n",
    )
    reads = (f"os.environ['{name}']", f"os.getenv('{name}')", f"os.environ.get('{name}', '')")
    append(files, "main.py", f"\nimport os\nA = {rng.choice(reads)}\n")
    if rng.random() < 0.4:
        append(
            files,
            "main.py",
            f"from pydantic_settings import BaseSettings\nfrom pydantic import SecretStr\nclass T(BaseSettings):\n    {name.lower()}: SecretStr\nT()\n",
        )


def in_command(rng: random.Random, files: Files, word: str) -> None:
    """Secrets in commands, in all kinds of files with commands."""
    command = rng.choice(
        (
            f"env API_TOKEN={word} python worker.py",
            f"DB_PASSWORD={word} python worker.py",
            f"celery -A main worker -b redis://:{word}@cache:6379/0",
            f"python worker.py --password {word}",
            f"python worker.py --token={word}",
            f"sh -c 'export SECRET_KEY={word}; python worker.py'",
            f"python worker.py --dsn {url(rng, word)}",
            f"uvicorn main:app --header 'Authorization: Bearer {word}'",
            f"python worker.py -p{word} --password={word}",
        )
    )
    files["worker.py"] = "print(1)\n"
    where = rng.randrange(9)
    name = rng.choice(("worker", "release", "web", "beat"))
    if where <= 2:
        append(files, "Procfile", f"{name}: {command}\n")
    elif where == 3:
        files["compose.yaml"] = (
            f"services:\n  {name}:\n    build: .\n    command: {command!r}\n    environment:\n      PGPASSWORD: {word}\n"
        )
    elif where == 4:
        files["fly.toml"] = f'app = \'x\'\n[env]\nAPI_KEY = \'{word}\'\n[processes]\n{name} = """{command}"""\n'
    elif where == 5:
        files["render.yaml"] = (
            f"services:\n- type: worker\n  name: {name}\n  startCommand: {command!r}\n  envVars:\n  - key: API_KEY\n    value: {word}\n"
        )
    elif where == 6:
        files[rng.choice(("start.sh", "entrypoint.sh", "run"))] = f"#!/bin/sh\nexport API_KEY={word}\nexec {command}\n"
        append(files, "Procfile", f"{name}: sh start.sh\n")
    elif where == 7:
        files["Dockerfile"] = (
            f"FROM python:3.13\nARG TOKEN={word}\nENV DB_PASSWORD={word}\nUSER u:{word}\nRUN pip install --index-url https://u:{word}@host/simple x\nCMD {command}\n"
        )
        # the name of a value may be several lines above it
        files["k8s.yaml"] = (
            f"kind: Deployment\nspec:\n  env:\n    - name: ADMIN_PIN\n      # set by hand\n\n      value: {word}\n"
        )
    else:
        files["app.json"] = (
            f'{{"env": {{"API_KEY": {{"value": "{word}"}}, "DATABASE_URL": "postgres://u:{word}@h/d"}}, "scripts": {{"postdeploy": "python manage.py --token={word}"}}}}'
        )


def in_manifest(rng: random.Random, files: Files, word: str) -> None:
    """Credentials in the URLs of package indexes and repositories."""
    index = f"https://user:{word}@pypi.example.com/simple"
    repository = f"git+https://{word}@git.example.com/team/lib.git"
    where = rng.randrange(11)
    if where == 0:
        append(files, "requirements.txt", f"{rng.choice(('--extra-index-url', '--index-url', '-i', '--find-links'))} {index}\n")
    elif where == 1:
        append(files, "requirements.txt", f"{rng.choice(('lib @ ', '-e ', ''))}{repository}#egg=lib\n")
    elif where == 2:
        append(files, "pyproject.toml", f"\n[[tool.uv.index]]\nname = 'team'\nurl = '{index}'\n")
    elif where == 3:
        append(files, "pyproject.toml", f"\n[tool.uv.sources]\nlib = {{ git = 'https://{word}@git.example.com/lib.git' }}\n")
    elif where == 4:
        append(
            files,
            "pyproject.toml",
            f"\n[[tool.poetry.source]]\nname = 'team'\nurl = '{index}'\n[[tool.pdm.source]]\nname = 'team'\nurl = '{index}'\n",
        )
    elif where == 5:
        files["pyproject.toml"] = (
            f"[project]\nname = 'shop'\nversion = '1'\nrequires-python = '>=3.12'\ndependencies = ['fastapi', 'lib @ {repository}']\n[project.urls]\nSource = 'https://x:{word}@git.example.com/shop'\nRepository = 'https://{word}@git.example.com/shop'\n"
        )
    elif where == 6:
        files["uv.lock"] = (
            f"version = 1\nrequires-python = '>=3.12'\n[[package]]\nname = 'lib'\nversion = '1'\nsource = {{ registry = '{index}' }}\n"
        )
    elif where == 7:
        files["Pipfile"] = (
            f"[[source]]\nurl = '{index}'\nname = 'team'\nverify_ssl = true\n[packages]\nfastapi = '*'\nlib = {{ git = 'https://{word}@git.example.com/lib.git' }}\n"
        )
        files["Pipfile.lock"] = (
            f'{{"_meta": {{"sources": [{{"url": "{index}"}}], "requires": {{}}}}, "default": {{"fastapi": {{"version": "==1"}}}}}}'
        )
    elif where == 8:
        files["poetry.lock"] = (
            f"[[package]]\nname = 'lib'\nversion = '1'\n[package.source]\ntype = 'git'\nurl = 'https://{word}@git.example.com/lib.git'\nreference = 'HEAD'\n[metadata]\nlock-version = '2.1'\npython-versions = '>=3.12'\ncontent-hash = 'x'\n"
        )
    elif where == 9:
        files[".git/config"] = f'[remote "origin"]\n\turl = https://{word}@github.com/team/shop.git\n'
        files[".git/HEAD"] = "ref: refs/heads/main\n"
    else:
        files["alembic.ini"] = f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {url(rng, word)}\n"


def in_credential_file(rng: random.Random, files: Files, word: str) -> None:
    """Credential files."""
    name = rng.choice(
        (
            ".netrc",
            ".pypirc",
            ".npmrc",
            "id_rsa",
            ".aws/credentials",
            "credentials.json",
            "secrets.toml",
            ".htpasswd",
            "server.pem",
            "gunicorn.conf.py",
            "pip.conf",
            "config.ini",
            "settings.local.py",
        )
    )
    files[name] = (
        f"# {word}\npassword = '{word}'\nraw_env = ['TOKEN={word}']\nbind = 'unix:/{word}'\nlogin token password {word}\n"
    )


PLANTS: tuple[Plant, ...] = (
    in_code,
    in_code,
    in_code,
    in_env_file,
    in_env_file,
    in_command,
    in_command,
    in_manifest,
    in_credential_file,
)
