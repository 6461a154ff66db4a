"""Generates the container files. cookiecutter runs this in the new project, and removes the project if it fails."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

# tojson escapes single quotes, so answers can't end the string and add code.
ANSWERS = json.loads(r'{{ cookiecutter | tojson }}')

dockgen = shutil.which("dockgen")
if dockgen is None:
    sys.exit("dockgen is not on PATH: install it with `cargo install --locked --path DIR`, where DIR is a checkout of dockgen")


def toml(text: str) -> str:
    """Writes a TOML string. JSON strings are valid TOML if non-ASCII characters aren't escaped."""
    return json.dumps(text, ensure_ascii=False)


SPEC = f"""\
presets = ["django-gunicorn", "pip"]

[project]
name = {toml(ANSWERS["project_slug"])}
description = {toml(ANSWERS["description"])}

[python]
version = {toml(ANSWERS["python_version"])}

[app]
entry = "config.wsgi:application"
port = {ANSWERS["port"] if ANSWERS["port"].isdecimal() else toml(ANSWERS["port"])}

[health]
path = "/health/"

[services.db]
kind = "postgres"

[services.db.environment]
DB_HOST = "host"
DB_PORT = "port"
DB_NAME = "database"
DB_USER = "user"
DB_PASSWORD = "password"

[environment.SITE_NAME]
value = {toml(ANSWERS["project_name"])}
description = "Title of the guest book"

[environment.ALLOWED_HOSTS]
description = "Host names that are served, with commas"
required = true
example = "localhost"

[secrets.SECRET_KEY]
description = "Django's signing key: 50 random characters"
required = true
"""

generate = subprocess.run([dockgen, "generate", "--spec", "-"], input=SPEC.encode())
if generate.returncode:
    sys.exit(generate.returncode)
# dockgen has accepted the spec, so save it. From now on it belongs to the project.
Path("dockgen.toml").write_text(SPEC, encoding="utf-8", newline="\n")
