"""Parts of hostile projects: text in place of names, odd encodings, deep nesting, special files."""

import os
import random
import socket
from collections.abc import Callable
from pathlib import Path

import hostile

Files = dict[str, str | bytes]
Piece = Callable[[random.Random, Files], None]

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/health')\ndef health(): return {}\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n@app.route('/healthz')\ndef health(): return ''\n"
AIOHTTP = "from aiohttp import web\napp = web.Application()\n"
SETTINGS = "import os\nSECRET_KEY = os.environ['SECRET_KEY']\nROOT_URLCONF = 'config.urls'\nSTATIC_ROOT = 'static'\nWSGI_APPLICATION = 'config.wsgi.application'\nINSTALLED_APPS = []\n"


def bases(rng: random.Random) -> Files:
    """An ordinary project that dockgen supports."""
    kind = rng.randrange(5)
    if kind == 4:
        return {
            "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n",
            "config/__init__.py": "",
            "config/settings.py": SETTINGS,
            "config/urls.py": "urlpatterns = []\n",
            "main.py": "",
            "config/wsgi.py": "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
            "requirements.txt": "django\ngunicorn\n",
        }
    code, needs = (
        (FASTAPI, "fastapi\nuvicorn\n"),
        (FLASK, "flask\ngunicorn\n"),
        (AIOHTTP, "aiohttp\ngunicorn\n"),
        (FASTAPI, "fastapi\n"),
    )[kind]
    files: Files = {"main.py": code, "requirements.txt": needs}
    if rng.random() < 0.3:
        files["pyproject.toml"] = (
            "[project]\nname = 'shop'\nversion = '1'\nrequires-python = '>=3.12'\ndependencies = ['fastapi']\n"
        )
    return files


def literal(rng: random.Random) -> str:
    """A hostile text as a Python literal."""
    return repr(hostile.text(rng))


def toml(rng: random.Random) -> str:
    text = hostile.text(rng)
    return (
        "'''" + text + "'''"
        if rng.random() < 0.3
        else '"' + text + '"'
        if rng.random() < 0.3
        else "'" + text.replace("'", "").replace("\n", " ") + "'"
    )


def code(rng: random.Random, files: Files) -> None:
    """Python code with strings that become facts."""
    lines = (
        f"os.environ[{literal(rng)}]",
        f"os.getenv('SETTING', {literal(rng)})",
        f"os.getenv({literal(rng)}, 'x')",
        f"LEVEL = os.environ.get('LOG_LEVEL', {literal(rng)})",
        f"open({literal(rng)}, 'w')",
        f"os.makedirs({literal(rng)})",
        f"MEDIA_ROOT = {literal(rng)}",
        f"STATIC_ROOT = {literal(rng)}",
        f"ALLOWED_HOSTS = [{literal(rng)}]",
        f"app.get({literal(rng)})(print)",
        f"app.mount({literal(rng)}, app)",
        f"DATABASES = {{'default': {{'ENGINE': {literal(rng)}, 'NAME': {literal(rng)}}}}}",
        f"WSGI_APPLICATION = {literal(rng)}",
        f"ROOT_URLCONF = {literal(rng)}",
        f"logging.basicConfig(format={literal(rng)})",
        "FORMAT = os.getenv('FORMAT', '{time} {level.name} {app.entry}')",
        f"from celery import Celery\nq = Celery({literal(rng)}, broker={literal(rng)})",
        f"subprocess.run([{literal(rng)}, {literal(rng)}])",
        f"sqlite3.connect({literal(rng)})",
        f"from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    level: str = {literal(rng)}\n    model_config = {{'env_prefix': {literal(rng)}}}\nS()",
        f"uvicorn.run({literal(rng)}, port={rng.choice(hostile.NUMBERS)})",
        f"__import__({literal(rng)})",
        "from . import *",
        "from .....x import y",
        f"create_engine({literal(rng)})",
    )
    files["main.py"] = str(files["main.py"]) + "\n" + "\n".join(rng.sample(lines, k=rng.randint(1, 5))) + "\n"


def manifest(rng: random.Random, files: Files) -> None:
    """pyproject.toml with hostile values."""
    parts = (
        f"[project]\nname = {toml(rng)}\nversion = {toml(rng)}\nrequires-python = {toml(rng)}\ndependencies = [{toml(rng)}, 'fastapi']\ndescription = {toml(rng)}\n",
        f"[project]\nname = 'shop'\nversion = '1'\nlicense = {toml(rng)}\nrequires-python = '>=3.12'\ndependencies = ['fastapi; {rng.choice(hostile.PLAUSIBLE)}']\n",
        f"[project]\nname = 'shop'\nversion = '1'\n[project.scripts]\n{rng.choice(('x', chr(34) + 'a b' + chr(34)))} = {toml(rng)}\n[project.urls]\nSource = {toml(rng)}\n",
        f"[tool.poetry]\nname = {toml(rng)}\nversion = '1'\n[tool.poetry.dependencies]\npython = {toml(rng)}\nfastapi = {toml(rng)}\n[tool.poetry.group.x.dependencies]\na = {toml(rng)}\n",
        f"[tool.uv]\npackage = true\n[tool.uv.workspace]\nmembers = [{toml(rng)}, '*', '../*']\n[tool.uv.sources]\nx = {{ path = {toml(rng)} }}\n",
        "[" + "a." * rng.choice((10, 5000)) + "b]\nc = 1\n",
        "x = " + "[" * 20_000,
        "x = {" * 5_000,
        f"[build-system]\nrequires = [{toml(rng)}]\nbuild-backend = {toml(rng)}\n",
    )
    files["pyproject.toml"] = rng.choice(parts)


def requirements(rng: random.Random, files: Files) -> None:
    lines = [
        rng.choice(
            (
                hostile.text(rng),
                f"fastapi=={hostile.text(rng)}",
                f"-r {hostile.text(rng)}",
                f"-c {hostile.text(rng)}",
                f"-e {hostile.text(rng)}",
                f"x @ {hostile.text(rng)}",
                f"psycopg2  # {hostile.text(rng)}",
                f"{hostile.text(rng)}==1",
                "-r requirements.txt",
                "-r ../../../etc/passwd",
                "-r /dev/zero",
                "x ; python_version < '" + "(" * 500,
            )
        )
        for _ in range(rng.randint(1, 6))
    ]
    files[rng.choice(("requirements.txt", "requirements.txt", "requirements/base.txt", "requirements.in"))] = (
        "fastapi\n" + "\n".join(lines) + "\n"
    )


def locks(rng: random.Random, files: Files) -> None:
    """Lockfiles with hostile names, versions and markers."""
    name, version, marker = toml(rng), toml(rng), toml(rng)
    package = f"[[package]]\nname = {name}\nversion = {version}\nmarker = {marker}\n"
    choice = rng.randrange(6)
    if choice == 0:
        files["uv.lock"] = (
            f"version = {rng.choice(('1', '99', '-1', toml(rng)))}\nrequires-python = {toml(rng)}\n{package}wheels = [{{ url = {toml(rng)} }}]\n"
            + package * rng.choice((1, 300))
        )
        files["pyproject.toml"] = (
            "[project]\nname = 'shop'\nversion = '1'\nrequires-python = '>=3.12'\ndependencies = ['fastapi']\n"
        )
    elif choice == 1:
        files["poetry.lock"] = (
            f"{package}python-versions = {toml(rng)}\n[metadata]\nlock-version = {toml(rng)}\npython-versions = {toml(rng)}\ncontent-hash = 'x'\n"
        )
        files["pyproject.toml"] = (
            "[tool.poetry]\nname = 'shop'\nversion = '1'\n[tool.poetry.dependencies]\npython = '^3.12'\nfastapi = '*'\n"
        )
    elif choice == 2:
        files["pdm.lock"] = (
            f"[metadata]\ngroups = [{toml(rng)}]\nstrategy = ['inherit_metadata']\nlock_version = {toml(rng)}\n{package}requires_python = {toml(rng)}\ngroups = [{toml(rng)}]\n"
        )
    elif choice == 3:
        files["Pipfile"] = f"[packages]\nfastapi = {toml(rng)}\n[requires]\npython_version = {toml(rng)}\n"
        files["Pipfile.lock"] = (
            '{"_meta": {"requires": {"python_version": "3.'
            + str(rng.randrange(99))
            + '"}}, "default": {"fastapi": {"version": "==1", "markers": "'
            + "(" * rng.choice((1, 9000))
            + '"}}}'
        )
    elif choice == 4:
        files["Pipfile"] = "[packages]\nfastapi = '*'\n"
        files["Pipfile.lock"] = rng.choice(
            ("[" * 100_000, '{"a":' * 50_000, "{}", "null", '{"default": 1}', '{"default": {"a": []}}', "")
        )
    else:
        files[".python-version"] = hostile.text(rng)
        files["runtime.txt"] = hostile.text(rng)


def commands(rng: random.Random, files: Files) -> None:
    """Files with commands that start the project."""
    text = hostile.text(rng)
    name = rng.choice(("web", "worker", "release", "a b", "x" * 60, "WEB", "db", hostile.text(rng)))
    choice = rng.randrange(7)
    if choice <= 1:
        files["Procfile"] = f"{name}: python main.py {text}\nworker: {hostile.text(rng)}\n{hostile.text(rng)}\n"
    elif choice == 2:
        files[rng.choice(("compose.yaml", "docker-compose.yml"))] = (
            f"services:\n  {name}:\n    image: {text}\n    command: {hostile.text(rng)}\n    environment:\n      A: {hostile.text(rng)}\n    ports: ['{rng.choice(hostile.NUMBERS)}:80']\n"
        )
    elif choice == 3:
        files["compose.yaml"] = rng.choice(
            (
                "a: &a [*a]\n",
                "a: " + "[" * 20_000,
                "x: &x {a: 1}\nservices:\n  web: *x\n  w:\n    <<: [*x, *x]\n",
                "- " * 10_000,
                "services: !!python/object/apply:os.system ['id']\n",
                "&a " * 3000,
            )
        )
    elif choice == 4:
        files["Dockerfile"] = (
            f"FROM {text}\nENV A={hostile.text(rng)}\nRUN <<EOF\n{hostile.text(rng)}\nCMD {hostile.text(rng)}\nEXPOSE {rng.choice(hostile.NUMBERS)}\n"
        )
    elif choice == 5:
        files["fly.toml"] = (
            f"[processes]\nworker = {toml(rng)}\n[env]\nPORT = {toml(rng)}\n[[statics]]\nguest_path = {toml(rng)}\n"
        )
        files["app.json"] = (
            '{"env": {"A": {"value": "x", "required": 1}}, "scripts": {"postdeploy": ' + '["' * rng.choice((1, 9000)) + "}}"
        )
    else:
        files["entrypoint.sh"] = f"#!/bin/sh\n{text}\nexec gunicorn {hostile.text(rng)} main:app\n"
        files["gunicorn.conf.py"] = (
            f"bind = {literal(rng)}\nworkers = {rng.choice(hostile.NUMBERS)}\nworker_class = {literal(rng)}\n"
        )


def examples(rng: random.Random, files: Files) -> None:
    name = rng.choice((".env.example", ".env.sample", "example.env"))
    lines = [f"{rng.choice(('LEVEL', 'MODE', hostile.text(rng)))}={hostile.text(rng)}" for _ in range(5)]
    files[name] = "\n".join(lines) + "\n"
    files["main.py"] = str(files["main.py"]) + "\nimport os\nA = os.environ['LEVEL']\nB = os.environ['MODE']\n"


def encodings(rng: random.Random, files: Files) -> None:
    """Files in other or invalid encodings."""
    name = rng.choice([*files, "Procfile", ".env.example", "uv.lock", "dockgen.toml", ".gitignore", ".dockerignore"])
    text = files.get(name, "x = 1\n")
    plain = text if isinstance(text, str) else text.decode("latin-1")
    whole = (
        plain.encode("utf-16"),
        plain.encode("utf-8-sig"),
        plain.encode("utf-8", "surrogatepass") + b"\xff\xfe\x00",
        b"\x00" * 1000,
        b"# -*- coding: latin-1 -*-\n\xe9=1\n" + plain.encode("utf-8", "surrogatepass"),
        plain.replace("\n", "\r\n").encode("utf-8", "surrogatepass"),
        plain.replace("\n", "\r").encode("utf-8", "surrogatepass"),
        rng.randbytes(2000),
        b"",
        plain.encode("utf-8", "surrogatepass")[: rng.randrange(60)],
    )
    files[name] = rng.choice(whole)


def shapes(rng: random.Random, files: Files) -> None:
    """Code that is deeply nested, long or invalid."""
    deep = rng.choice((50, 5_000, 60_000))
    bodies = (
        "(" * deep,
        "[" * deep + "]" * deep,
        "x = " + "-" * deep + "1",
        "\n".join(" " * i + "if 1:" for i in range(min(deep, 400))),
        "x = '" + "a" * 1_000_000,
        "f(" * deep + ")" * deep,
        "a." * deep + "b",
        "x = " + "1 + " * deep + "1",
        "def f(): pass\n" * min(deep, 20_000),
        "@x\n" * deep,
        "lambda: " * deep + "0",
        "'''",
        "f'{" * min(deep, 5_000),
        "import " + ".".join("a" * deep),
        "\x0c" * deep,
    )
    files[rng.choice(("extra.py", "main.py", "config/settings.py", "pkg/__init__.py"))] = (
        FASTAPI + "import os\n" + rng.choice(bodies)
    )


def odd_names(rng: random.Random, files: Files) -> None:
    """File names that are special in other tools."""
    for _ in range(rng.randint(1, 4)):
        name = hostile.text(rng).replace("\x00", "").replace("/", "_")[:80].strip(".") or "x"
        if len(name.encode("utf-8", "surrogatepass")) < 200:
            files[
                rng.choice(
                    (f"{name}.py", f"{name}/main.py", f"{name}/requirements.txt", f"requirements-{name}.txt", f"pkg/{name}.py")
                )
            ] = FASTAPI
    if rng.random() < 0.3:
        files["/".join(["d"] * rng.choice((13, 100))) + "/main.py"] = FASTAPI


PIECES: tuple[Piece, ...] = (
    code,
    code,
    manifest,
    requirements,
    locks,
    commands,
    commands,
    examples,
    encodings,
    shapes,
    odd_names,
)

READ = (
    "main.py",
    "requirements.txt",
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "Procfile",
    ".env.example",
    ".env.sample",
    "compose.yaml",
    "Dockerfile",
    "fly.toml",
    "app.json",
    "alembic.ini",
    "gunicorn.conf.py",
    ".python-version",
    ".gitignore",
    ".ignore",
    "dockgen.toml",
    "dockgen.lock",
    "pkg/__init__.py",
    "setup.py",
    "entrypoint.sh",
    ".dockerignore",
    "k8s.yaml",
)


def no_files(rng: random.Random, folder: Path, outside: Path) -> str:
    """Replaces a file that dockgen reads or writes by a special file; returns its name."""
    name = rng.choice(READ)
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        return name
    target.unlink(missing_ok=True)
    way = rng.randrange(9)
    links = ("/dev/zero", "/dev/stdin", "/dev/tty", name.rsplit("/", 1)[-1], "..", str(outside), "nowhere", "/proc/self/mem")
    if way == 0:
        os.mkfifo(target)
    elif way == 1:
        target.mkdir()
    elif way == 2:
        try:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(str(target))
        except OSError:
            target.mkdir()
    else:
        target.symlink_to(rng.choice(links))
    return name
