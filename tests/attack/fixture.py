"""The project for the specs, with everything that a spec may refer to."""

import copy
import tomllib
from pathlib import Path
from typing import Any

SUITE = Path(__file__).parent.parent / "suite"

# A spec and a preset with every string of the schema, shared with the escape tests.
FULL: dict[str, Any] = tomllib.loads((SUITE / "full.toml").read_text())
TEAM: dict[str, Any] = tomllib.loads((SUITE / "team.toml").read_text())

WSGI = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
FILES: dict[str, str | bytes] = {
    "src/config/__init__.py": "",
    "src/config/settings.py": "SECRET_KEY = 'x'\n",
    "src/config/wsgi.py": WSGI,
    # contains no settings: if a hostile spec leaves something out, detection must not add anything
    "src/manage.py": "",
    "work/readme.txt": "",
    "pyproject.toml": """[project]
name = "shop"
version = "1"
requires-python = ">=3.13"
dependencies = ["django"]
[project.optional-dependencies]
redis = []
[dependency-groups]
web = []
""",
    "uv.lock": 'version = 1\nrevision = 3\nrequires-python = ">=3.13"\n',
    "requirements.txt": "django\n",
    "poetry.lock": '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.13"\ncontent-hash = "x"\n',
    "pdm.lock": '[metadata]\ngroups = ["default"]\nstrategy = ["inherit_metadata"]\nlock_version = "4.5.0"\n',
    "Pipfile": "[packages]\ndjango = '*'\n",
    "Pipfile.lock": '{"_meta": {"requires": {}}, "default": {}}',
}

# Changes to the full spec, to reach every branch of the templates. None removes a key.
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"kubernetes.layout": "kustomize", "output.kubernetes": "deploy"},
    {
        "kubernetes.ingress.kind": "http-route",
        "kubernetes.ingress.gateway": "public",
        "kubernetes.ingress.class": None,
        "kubernetes.ingress.tls-secret": None,
    },
    {
        "install.with": "pip",
        "install.files": ["requirements.txt"],
        "install.groups": None,
        "install.extras": None,
        "install.version": None,
    },
    {
        "install.with": "wheels",
        "install.files": ["requirements.txt"],
        "install.groups": None,
        "install.extras": None,
        "install.version": None,
    },
    {"install.with": "poetry", "install.version": "2.4.0", "install.files": ["pyproject.toml", "poetry.lock"]},
    {"install.with": "pdm", "install.version": "2.26.0", "install.files": ["pyproject.toml", "pdm.lock"]},
    {
        "install.with": "pipenv",
        "install.version": "2026.0.3",
        "install.files": ["Pipfile", "Pipfile.lock"],
        "install.extras": None,
    },
    {"health": False},
    {"health.path": None, "health.ready-path": None, "volumes": None},
    {"release": False, "build": False, "processes.worker": None},
    {"services": None, "service-kinds": None, "kubernetes.autoscaling": False},
    {"services.db.external": True, "output.gunicorn": False, "environment": None},
    {"secrets": None, "kubernetes.ingress": False, "compose": None},
    {"secrets.SECRET_KEY.required": False, "environment.ALLOWED_HOSTS.example": None, "processes.worker.replicas": 2},
)


def laid(spec: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """The spec with some keys set and some removed."""
    for path, value in over.items():
        parts = path.split(".")
        table = spec
        for part in parts[:-1]:
            table = table.setdefault(part, {})
        if value is None:
            table.pop(parts[-1], None)
        else:
            table[parts[-1]] = copy.deepcopy(value)
    return spec
