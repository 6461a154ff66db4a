"""Writes TOML, since the standard library can only read it."""

import json
import math
import re
from collections.abc import Iterable
from typing import Any


def dump(table: dict[str, Any], above: tuple[str, ...] = ()) -> str:
    """Writes a table: first its values, then its subtables."""
    plain = {name: value for name, value in table.items() if not is_table(value)}
    lines = [f"{key(name)} = {scalar(value)}" for name, value in plain.items()]
    head = [f"\n[{'.'.join(map(key, above))}]"] if above and (plain or not table) else []
    text = "\n".join(head + lines) + "\n" if head or lines else ""
    for name, value in table.items():
        if isinstance(value, dict):
            text += dump(value, (*above, name))
        elif is_table(value):
            text += "".join(f"\n[[{'.'.join(map(key, (*above, name)))}]]\n{dump(item)}" for item in value)
    return text


def is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value))


def key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else string(name)


def dotted(path: Iterable[str]) -> str:
    return ".".join(map(key, path))


def string(text: str) -> str:
    """Writes a basic string: as in JSON, except for characters that JSON doesn't escape, or escapes as two."""
    return "".join(escape(letter) for letter in json.dumps(text, ensure_ascii=False))


def escape(letter: str) -> str:
    return f"\\u{ord(letter):04X}" if ord(letter) < 0x20 or ord(letter) == 0x7F else letter


def scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return string(value)
    if isinstance(value, float):
        return str(value) if math.isfinite(value) else {"inf": "inf", "-inf": "-inf"}.get(str(value), "nan")
    if isinstance(value, list):
        return f"[{', '.join(map(scalar, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key(name)} = {scalar(inner)}" for name, inner in value.items()) + " }"
    return str(value)
