"""Plans for hostile specs: replace texts, names, numbers or secrets at some keys, in one of the layers."""

import copy
import random
import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

import hostile
import schema
import toml_text
from fixture import TEAM
from judge import Swap

# PATH without programs: only presets from a repository need git, and no spec needs Docker.
NO_PROGRAMS = "/nonexistent"
PROGRAMS = "/usr/bin:/bin"

# Path to a value: names and indexes from the top of a spec.
KeyPath = tuple[str | int, ...]


@dataclass
class Plan:
    """The changes of one case, and the expected result."""

    spec: dict[str, Any]
    team: dict[str, Any]
    flags: list[str] = field(default_factory=list)
    swaps: list[Swap] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    # only parse the result, don't compare it with a harmless twin
    loose: bool = False
    raw: str | None = None
    binary: str = ""
    # files of a preset, which may change the outputs completely
    templates: dict[str, str] = field(default_factory=dict)
    path: str = NO_PROGRAMS


def strings(node: Any, path: KeyPath = ()) -> list[KeyPath]:
    """The paths of all texts."""
    if isinstance(node, dict):
        return [found for name, child in node.items() for found in strings(child, (*path, name))]
    if isinstance(node, list):
        return [found for at, child in enumerate(node) for found in strings(child, (*path, at))]
    return [path] if isinstance(node, str) else []


def get(node: Any, path: KeyPath) -> Any:
    for part in path:
        node = node[part]
    return node


def put(node: Any, path: KeyPath, value: object) -> None:
    get(node, path[:-1])[path[-1]] = value


def has(node: Any, path: KeyPath) -> bool:
    try:
        get(node, path)
        return True
    except (KeyError, IndexError, TypeError):
        return False


def make(binary: str, rng: random.Random, spec: dict[str, Any], learned: dict[KeyPath, str]) -> Plan:
    """A plan for one case."""
    plan = Plan(spec, copy.deepcopy(TEAM), binary=binary)
    ways = (
        values,
        values,
        values,
        values,
        values,
        other_values,
        names,
        numbers,
        kinds,
        secrets,
        addresses,
        bytes_of,
        by_schema,
        templates,
    )
    way = rng.choice(ways)
    way(rng, plan, {path: value for path, value in learned.items() if has(spec, path)})
    return plan


def by_schema(rng: random.Random, plan: Plan, _: dict[KeyPath, str]) -> None:
    """One or two tables that fit the schema, with hostile values."""
    plan.loose = True
    root = schema.of(plan.binary)
    for name in rng.sample(sorted(root["properties"]), k=rng.choice((1, 1, 2))):
        made = schema.value(rng, root["properties"][name], root)
        plan.keys += [name, *named(made)]
        # merge into the existing table, which has the required keys
        old = plan.spec.get(name)
        plan.spec[name] = {**old, **made} if isinstance(old, dict) and isinstance(made, dict) and rng.random() < 0.7 else made


def named(node: Any) -> list[str]:
    """All keys of a value, since the error may name an inner one."""
    if isinstance(node, dict):
        return [key for name, child in node.items() for key in (name, *named(child)) if key]
    return [key for child in node for key in named(child)] if isinstance(node, list) else []


def values(rng: random.Random, plan: Plan, learned: dict[KeyPath, str]) -> None:
    """Hostile texts at some keys that take text, in one of the layers."""
    free = [path for path in sorted(learned, key=str) if is_free(path)]
    paths = free if free and rng.random() < 0.6 else sorted(learned, key=str)
    for path in rng.sample(paths, k=min(len(paths), rng.choice((1, 1, 2, 3)))):
        value = hostile.text(rng)
        word = re.search(r"zq[a-z]{2}kx", learned[path])
        whole = word is not None and word[0] == learned[path]
        placed = value if whole or rng.random() < 0.6 else learned[path].replace(word[0], value) if word else value
        expect(plan, path, learned[path], placed)
        place(rng, plan, path, placed)


def is_free(path: KeyPath) -> bool:
    """Whether validation accepts any visible text at a key. Accepted values test more than rejected ones."""
    return (
        path[-1] in ("description", "value", "example", "source", "licenses")
        or path[0] in ("build", "release")
        or bool({"command", "labels", "health", "MODE"} & set(path))
    )


def expect(plan: Plan, path: KeyPath, before: str, value: str) -> None:
    plan.keys.append(".".join(str(part) for part in path if isinstance(part, str)))
    # a command line is split into words, and references are replaced
    line = path[0] in ("build", "release") and len(path) == 3
    if re.search(r"\{\{|\{[a-z-]+(\.[a-z_-]+)+\}", value) or not value.strip() or path[:2] == ("compose", "networks"):
        plan.loose = True
    plan.swaps.append(Swap(before, value, line))


def place(rng: random.Random, plan: Plan, path: KeyPath, value: Any) -> None:
    """Puts a value into the spec, a preset or a flag."""
    way = rng.random()
    top = path[0]
    if way < 0.7 or any(isinstance(part, int) for part in path) or top in ("presets", "answers", "required-version"):
        return put(plan.spec, path, value)
    if has(plan.spec, path):
        del get(plan.spec, path[:-1])[path[-1]]
    if way < 0.8:
        try:
            tomllib.loads(f"x = {value}")
            shown = toml_text.scalar(value)
        except (ValueError, RecursionError):
            shown = rng.choice((str(value), toml_text.scalar(value)))
        if "\x00" in shown:
            shown = toml_text.scalar(value)
        plan.flags += ["--set", f"{toml_text.dotted(str(part) for part in path)}={shown}"]
        # a flag may be read as TOML or as plain text
        plan.loose = True
        return None
    layer: Any = plan.team if way < 0.87 else plan.team.setdefault("enforce" if way < 0.95 else "defaults", {})
    plan.loose |= way >= 0.95
    for part in path[:-1]:
        layer = layer.setdefault(part, {})
    layer[path[-1]] = value
    return None


def other_values(rng: random.Random, plan: Plan, _: dict[KeyPath, str]) -> None:
    """Hostile texts at any key, including those that decide which files are written."""
    plan.loose = True
    for path in rng.sample(strings(plan.spec), k=rng.choice((1, 1, 2))):
        plan.keys.append(".".join(str(part) for part in path if isinstance(part, str)))
        place(rng, plan, path, hostile.text(rng))


def names(rng: random.Random, plan: Plan, _: dict[KeyPath, str]) -> None:
    """Hostile names in tables with names that users choose."""
    plan.loose = True
    paths = [
        ("environment",),
        ("secrets",),
        ("volumes",),
        ("services",),
        ("processes",),
        ("service-kinds",),
        ("image", "labels"),
        ("answers",),
        ("output", "extra"),
        (),
    ]
    path = rng.choice(paths)
    name = rng.choice((rng.choice(hostile.NAMES), hostile.text(rng)))
    plan.keys.append(".".join((*path, name)) if name.isprintable() else ".".join(path))
    table: Any = plan.spec
    for part in path:
        table = table.setdefault(part, {}) if isinstance(table.get(part, {}), dict) else table
    some = next(iter(table.values()), "x") if path else "x"
    table[name] = copy.deepcopy(some)


def numbers(rng: random.Random, plan: Plan, _: dict[KeyPath, str]) -> None:
    """Numbers at and beyond the limits of a field."""
    plan.loose = True
    path = rng.choice(NUMBER_KEYS)
    plan.keys.append(".".join(path))
    table: Any = plan.spec
    for part in path[:-1]:
        if not isinstance(table.get(part), dict):
            table[part] = {}
        table = table[part]
    table[path[-1]] = rng.choice(hostile.NUMBERS)


NUMBER_KEYS: tuple[tuple[str, ...], ...] = (
    ("app", "port"),
    ("image", "user", "uid"),
    ("image", "user", "gid"),
    ("health", "interval"),
    ("health", "timeout"),
    ("health", "retries"),
    ("health", "start-period"),
    ("health", "start-interval"),
    ("server", "workers"),
    ("server", "threads"),
    ("server", "timeout"),
    ("server", "graceful-timeout"),
    ("server", "keep-alive"),
    ("server", "max-requests"),
    ("release", "timeout"),
    ("processes", "worker", "replicas"),
    ("processes", "worker", "stop-timeout"),
    ("service-kinds", "search", "port"),
    ("compose", "limits", "pids"),
    ("kubernetes", "replicas"),
    ("kubernetes", "pre-stop"),
    ("kubernetes", "autoscaling", "max-replicas"),
    ("kubernetes", "autoscaling", "cpu-percent"),
)


def kinds(rng: random.Random, plan: Plan, _: dict[KeyPath, str]) -> None:
    """A value of another type than in the schema."""
    plan.loose = True
    path = rng.choice(strings(plan.spec))
    if rng.random() < 0.5:
        path = path[: rng.randint(1, len(path))]
    plan.keys.append(".".join(str(part) for part in path if isinstance(part, str)))
    put(plan.spec, path, rng.choice((True, False, 0, 1.5, [], ["a", "b"], {}, {"a": "b"}, [{"a": 1}], "", float("nan"))))


def secrets(rng: random.Random, plan: Plan, _: dict[KeyPath, str]) -> None:
    """Secrets in place of settings, which dockgen must reject and never print."""
    plan.loose = True
    word = f"cAnArY{rng.randrange(16**10):010x}Zz"
    by_name = rng.random() < 0.5
    name = rng.choice(hostile.SECRET_NAMES) if by_name else "PLAIN_SETTING"
    text = rng.choice((word, f"{word}=="))
    value = text if by_name else rng.choice(hostile.SECRET_TEXTS).format(word)
    form = rng.choice(({"value": value}, {"value": "x", "example": value} if by_name else {"example": value}, value))
    where = rng.choice(("spec", "team", "defaults", "enforce", "flag"))
    plan.keys.append(f"environment.{name}")
    if where == "flag":
        plan.flags += ["--set", f"environment.{name}={toml_text.scalar(form)}"]
    else:
        if not isinstance(plan.spec.get("environment"), dict):
            plan.spec["environment"] = {}
        layer = plan.spec if where == "spec" else plan.team if where == "team" else plan.team.setdefault(where, {})
        layer.setdefault("environment", {})[name] = form
    if isinstance(plan.spec.get("secrets"), dict):
        plan.spec["secrets"].pop(name, None)
    plan.secrets.append(word)


def bytes_of(rng: random.Random, plan: Plan, _: dict[KeyPath, str]) -> None:
    """Changes some bytes of the spec's text."""
    plan.loose = True
    text = list(toml_text.dump(plan.spec))
    for _again in range(rng.randint(1, 6)):
        at = rng.randrange(len(text))
        way = rng.randrange(5)
        if way == 0:
            text[at] = rng.choice("\"'[]{}=.\\#\n\x00\x1b\u202e,0aé")
        elif way == 1:
            del text[at : at + rng.randint(1, 30)]
        elif way == 2:
            text[at:at] = list(rng.choice(hostile.TEXTS)[:200])
        elif way == 3:
            text = text[: at + 1]
        else:
            text[at:at] = text[at : at + rng.randint(1, 200)]
        if not text:
            text = ["x"]
    plan.raw = "".join(text)


def addresses(rng: random.Random, plan: Plan, _: dict[KeyPath, str]) -> None:
    """A preset's address with a password or a token."""
    plan.loose = True
    plan.path = PROGRAMS
    word = f"cAnArY{rng.randrange(16**10):010x}Zz"
    plan.secrets.append(word)
    form = rng.choice(hostile.ADDRESSES).format(word)
    address = f"{form}{rng.choice(('', '//team', '//team/web.toml'))}{rng.choice(('', '#v1', '#main'))}"
    if rng.random() < 0.5:
        plan.flags += ["--preset", address]
    else:
        plan.spec["presets"] = [*plan.spec["presets"], address]


def templates(rng: random.Random, plan: Plan, _: dict[KeyPath, str]) -> None:
    """A preset whose templates try to read files, to grow, or to run forever."""
    plan.loose = True
    name, block = rng.choice(
        (("Dockerfile.j2", "base"), ("compose.yaml.j2", "web"), ("k8s.yaml.j2", "objects"), ("dockerignore.j2", "patterns"))
    )
    text = "".join(rng.choice(hostile.TEMPLATES) for _ in range(rng.randint(1, 3)))
    plan.templates[name] = rng.choice(
        (f'{{% extends "{name}" %}}{{% block {block} %}}{text}{{% endblock %}}', text, f"{{{{ {hostile.text(rng)} }}}}")
    )
    plan.spec["presets"] = [*plan.spec["presets"][:2], "./team"]
