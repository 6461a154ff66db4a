"""Prints what is in the image as JSON. The end-to-end tests run it in a container, as root and as the image's user."""

import json
import os
import shutil
import sys
import sysconfig
from importlib.util import cache_from_source, find_spec
from pathlib import Path

APP, VENV, STDLIB = Path("/app"), Path("/opt/venv"), Path(sysconfig.get_path("stdlib"))
TOOLS = ["gcc", "cc", "g++", "make", "curl", "wget", "git", "uv", "poetry", "pdm", "pipenv"]
LEFT_OUT = {".env", ".env.example", ".git", ".venv", "tests", "dockgen.toml", "compose.yaml", "k8s.yaml", "Dockerfile", "Dockerfile.prod"}
SECRETS = [b"change-me", b"build-only"]


def sources(root: Path) -> list[Path]:
    """The modules in a folder, without site-packages if the folder is the standard library."""
    return [path for path in root.rglob("*.py") if root != STDLIB or "-packages" not in str(path)]


def is_compiled(path: Path) -> bool:
    """Whether a module has bytecode with an unchecked hash: flags 0b01 after the magic number (PEP 552)."""
    bytecode = Path(cache_from_source(str(path)))
    # bytecode of the standard library comes with the base image, so accept any
    return bytecode.exists() and (STDLIB in path.parents or bytecode.read_bytes()[4:8] == b"\x01\0\0\0")


def compiled_share(root: Path) -> float:
    """The share of compiled modules in a folder, from 0 to 1."""
    found = [is_compiled(path) for path in sources(root)]
    return sum(found) / max(len(found), 1)


def holds_secret(path: Path) -> bool:
    """Whether a file contains a placeholder of the build or a value of the developer's .env."""
    return path.is_file() and any(secret in path.read_bytes() for secret in SECRETS)


def is_writable(path: Path) -> bool:
    """Whether the current user may write to it. Links don't count."""
    return not path.is_symlink() and os.access(path, os.W_OK)


AS_ROOT = os.getuid() == 0
REPORT = {
    "uid": os.getuid(),
    "prefix": sys.prefix,
    "tools": [tool for tool in TOOLS if shutil.which(tool)],
    "installers": [name for name in ("pip", "setuptools", "wheel") if find_spec(name)],
    "development": [name for name in ("pytest", "markdown") if find_spec(name)],
    "left_out": [str(path) for path in APP.rglob("*") if path.name in LEFT_OUT],
    "secrets": [str(path) for path in APP.rglob("*") if holds_secret(path)] if AS_ROOT else [],
    "compiled": {str(root): compiled_share(root) for root in (APP, VENV, STDLIB)} if AS_ROOT else {},
    "writable": sorted(str(path) for root in (APP, VENV) for path in [root, *root.rglob("*")] if is_writable(path)),
}
print(json.dumps({key.replace("_", "-"): value for key, value in REPORT.items()}))
