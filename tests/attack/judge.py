"""Parses generated files with independent parsers, and compares them with those for harmless values."""

import ast
import json
import posixpath
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import yaml
from dotenv import dotenv_values
from dotenv.parser import parse_stream

import dockerfile
import expansion

# Written files: path and text by the key of the output.
Outputs = dict[str, tuple[str, str]]

# The first rule for credentials in an ignore file.
HIDDEN = "**/.*"

# The only patterns that let in several files after it: modules of a package, and numbered migrations.
MODULES, MIGRATIONS = "[a-zA-Z_]*.py", "[0-9]*.sql"

ALLOWED = {"FROM", "ENV", "RUN", "COPY", "WORKDIR", "LABEL", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}


class Broken(Exception):
    """A parser rejects a file, or reads it differently than intended."""


class Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML that rejects duplicate keys; by default, the last one wins."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        if len(keys) != len(set(keys)):
            raise Broken(f"a key twice among {keys[:20]}")
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


@dataclass(frozen=True)
class Swap:
    """A marker in the harmless spec, and the hostile value that replaces it."""

    marker: str
    value: str
    # a command in one string is split into words
    line: bool = False

    def apply(self, text: str) -> str:
        changed = text.replace(self.marker, self.value)
        return changed.replace(self.marker.upper(), self.value.upper().replace("-", "_"))


@dataclass
class Written:
    """The parsed files of a run, by the key of the output."""

    files: dict[str, Any] = field(default_factory=dict)


def parse(outputs: Outputs) -> Written:
    """Parses all outputs, given as (path, text) by key."""
    written = Written()
    for key, (path, text) in outputs.items():
        reader = reader_of(key, path)
        if reader:
            try:
                written.files[f"{key}:{path.rsplit('/', 1)[-1]}" if key.startswith("kubernetes") else key] = reader(text)
            except (dockerfile.Broken, expansion.Invalid, yaml.YAMLError, SyntaxError, ValueError, RecursionError) as error:
                raise Broken(f"{key}: {type(error).__name__} {error}") from error
    return written


def reader_of(key: str, path: str) -> Callable[[str], Any] | None:
    if key.startswith("kubernetes") or key == "overlay":
        return kubernetes
    return {
        "dockerfile": instructions,
        "dockerignore": patterns,
        "compose": compose,
        "gunicorn": python,
        "env-example": variables,
    }.get(key)


def instructions(text: str) -> list[tuple[str, Any]]:
    found = [(one.name, command(one.value) if isinstance(one.value, list) else one.value) for one in dockerfile.read(text)]
    names = [name for name, _ in found]
    users: list[Any] = [value for name, value in found if name == "USER"]
    if set(names) - ALLOWED or names.count("CMD") != 1 or names.count("HEALTHCHECK") > 1:
        raise Broken(f"dockerfile: instructions {names}")
    if not users or not re.fullmatch(r"\d+:\d+", str(users[-1][0])) or str(users[-1][0]).startswith("0:"):
        raise Broken(f"dockerfile: it runs as {users}")
    return found


def patterns(text: str) -> dict[str, list[str]]:
    """Parses an ignore file into its rules, and the files that the section of credentials lets in by their exact paths."""
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    for line in lines:
        if dockerfile.broken_pattern(line.strip().removeprefix("!")):
            raise Broken(f"dockerignore: Docker refuses {line[:80]!r}")
    if HIDDEN not in lines:
        raise Broken("dockerignore: no rule for hidden files")
    # the spec may have such a rule, too
    start = len(lines) - 1 - lines[::-1].index(HIDDEN)
    rules, named, rest = lines[:start], list[str](), lines[start:]
    while rest:
        line = rest.pop(0)
        if not line.startswith("!"):
            rules.append(line)
            continue
        path = line.removeprefix("!")
        folder, _, name = path.rpartition("/")
        literal = folder if name in (MODULES, MIGRATIONS) else path
        below = f"/{folder}/*.py/**" if name == MODULES else f"/{path}/**"
        # without the second line, a folder of that name would go in
        if not literal or set(literal) & set("*?[") or rest[:1] != [below]:
            raise Broken(f"dockerignore: {line[:80]!r} lets in more than one file of credentials")
        named.append(path)
        rest.pop(0)
    return {"rules": rules, "named": named}


def at_home(before: Any, after: Any, swaps: list[Swap], installed: bool) -> Any:
    """Moves files back from the section of credentials that a hostile value moved there by its name.

    A file of `context.keep` is a rule by a harmless name. A file that the project is installed from is listed only by the name of
    a credential or a hidden file. Each value accounts for one file at most.
    """
    if not isinstance(before, dict):
        return after
    expected = [exact(swapped(path, swaps)) for path in before["named"]]
    kept = [swapped(line, swaps) for line in before["rules"] if line.startswith("!")]
    values = [exact(swap.value) for swap in swaps] if installed else []
    rules, named = list(after["rules"]), list[str]()
    for path in after["named"]:
        moved = next((line for line in kept if exact(line.removeprefix("!")) == path and line not in rules), None)
        if path in expected:
            expected.remove(path)
            named.append(path)
        elif moved:
            kept.remove(moved)
            rules.append(moved)
        elif path in values:
            values.remove(path)
        else:
            named.append(path)
    return {"rules": rules, "named": named}


def exact(pattern: str) -> str:
    """The path that a pattern without wildcards means: `./[a]//b` is `a/b`."""
    return posixpath.normpath("/" + re.sub(r"\[(.)\]", r"\1", pattern)).lstrip("/")


def compose(text: str) -> Any:
    document = yaml.load(text, Strict)
    if not isinstance(document, dict) or set(document) - {"name", "x-app", "services", "networks", "volumes"}:
        raise Broken(f"compose: top-level keys {list(document)[:10] if isinstance(document, dict) else document}")
    return scalars(document, lambda _, text: expansion.compose(text))


def kubernetes(text: str) -> list[Any]:
    def expanded(path: tuple[str, ...], word: str) -> str:
        runs = "command" in path or "args" in path or path[-2:] == ("env", "value")
        return expansion.kubernetes(word) if runs else word

    return [scalars(document, expanded) for document in yaml.load_all(text, Strict) if document is not None]


def scalars(node: Any, change: Callable[[tuple[str, ...], str], str], path: tuple[str, ...] = ()) -> Any:
    if isinstance(node, dict):
        return {key: scalars(value, change, (*path, str(key))) for key, value in node.items()}
    if isinstance(node, list):
        return command([scalars(item, change, path) for item in node])
    return change(path, node) if isinstance(node, str) else node


def command(words: list[Any]) -> list[Any]:
    """A command with its `sh -c` script split into words."""
    if words[:2] == ["sh", "-c"] and len(words) > 2 and isinstance(words[2], str):
        return [*words[:2], dockerfile.shell(words[2]), *words[3:]]
    return words


def python(text: str) -> Any:
    tree = ast.parse(text)
    names = {type(node).__name__ for node in tree.body}
    if names - {"Expr", "Import", "FunctionDef", "Assign", "If"}:
        raise Broken(f"gunicorn: statements {names}")
    return [ast.dump(node) for node in tree.body]


def variables(text: str) -> dict[str, str | None]:
    """Parses the file as it is and with optional lines enabled. Those have upper-case names; `# name=…` may be a description."""
    optional = "\n".join(re.sub(r"^# (?=[A-Z_][A-Z0-9_]*=)", "", line) for line in text.split("\n"))
    for lines in (text, optional):
        if any(binding.error for binding in parse_stream(StringIO(lines))):
            raise Broken("env-example: a line that python-dotenv does not read")
    return dotenv_values(stream=StringIO(optional), interpolate=True)


def compare(before: Any, after: Any, swaps: list[Swap], path: str = "") -> list[str]:
    """Where a hostile file differs from the harmless one in anything but the replaced values."""
    if isinstance(before, dict) and isinstance(after, dict):
        expected = {swapped(key, swaps): key for key in before}
        if set(expected) != set(after):
            return [f"{path}: keys {sorted(map(str, set(after) ^ set(expected)))[:6]}"]
        return [words for key, old in expected.items() for words in compare(before[old], after[key], swaps, f"{path}.{key}")]
    if isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        before = spliced(list(before), swaps)
        if len(before) != len(after):
            return [f"{path}: {len(before)} items became {len(after)}"]
        found = [words for at, item in enumerate(before) for words in compare(item, after[at], swaps, f"{path}[{at}]")]
        return found if found and ordered(before, swaps) != ordered(list(after), []) else []
    if type(before) is not type(after):
        return [f"{path}: {before!r} became {after!r}"[:300]]
    return [] if swapped(before, swaps) == after else [f"{path}: {after!r} is not {swapped(before, swaps)!r}"[:400]]


def ordered(items: list[Any], swaps: list[Swap]) -> list[str]:
    """Sorts lists that dockgen sorts, to compare them as sets."""
    return sorted(json.dumps(scalars_swapped(item, swaps), sort_keys=True, default=str) for item in items)


def scalars_swapped(node: Any, swaps: list[Swap]) -> Any:
    if isinstance(node, dict):
        return {swapped(key, swaps): scalars_swapped(value, swaps) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [scalars_swapped(item, swaps) for item in node]
    return swapped(node, swaps)


def swapped(value: Any, swaps: list[Swap]) -> Any:
    if isinstance(value, str):
        for swap in swaps:
            value = swap.apply(value)
    return value


def spliced(items: list[Any], swaps: list[Swap]) -> list[Any]:
    """Replaces commands that were one string by their words."""
    lines = {swap.marker: swap.value for swap in swaps if swap.line}
    spread: list[Any] = []
    for item in items:
        token = isinstance(item, tuple)
        marker = item[1] if token else item
        words = shlex.split(lines[marker]) if isinstance(marker, str) and marker in lines else None
        spread.extend([("word", word) if token else word for word in words] if words is not None else [item])
    return spread


def vocabulary(document: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The paths of keys, with a star for names that users choose."""
    if isinstance(document, list):
        return {found for item in document for found in vocabulary(item, path)}
    if not isinstance(document, dict):
        return set()
    found: set[tuple[str, ...]] = set()
    for key, value in document.items():
        here = (*path, "*" if named(path) else str(key))
        found |= {here} | vocabulary(value, here)
    return found


def named(path: tuple[str, ...]) -> bool:
    """Whether users or projects choose the keys of this table."""
    return bool(path) and path[-1] in {
        "services",
        "environment",
        "networks",
        "volumes",
        "depends_on",
        "data",
        "labels",
        "matchLabels",
    }
