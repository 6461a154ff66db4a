"""Random values that fit dockgen's JSON schema, with hostile leaves, so that new keys are attacked automatically."""

import json
import random
import subprocess
from functools import cache
from typing import Any

import hostile


@cache
def of(binary: str) -> Any:
    """The schema that the program prints."""
    return json.loads(subprocess.run([binary, "schema"], capture_output=True, check=True, timeout=10).stdout)


def value(rng: random.Random, schema: Any, root: Any, depth: int = 0) -> Any:
    """A random value that fits the schema except for its leaves."""
    if "$ref" in schema:
        return value(rng, root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], root, depth + 1)
    if "const" in schema:
        return schema["const"]
    for forms in ("anyOf", "oneOf"):
        if forms in schema:
            return value(rng, rng.choice(schema[forms]), root, depth + 1)
    kind = rng.choice(schema["type"]) if isinstance(schema.get("type"), list) else schema.get("type")
    if kind == "object":
        return table(rng, schema, root, depth)
    if kind == "array":
        return [value(rng, schema["items"], root, depth + 1) for _ in range(rng.randint(0, 3))]
    if kind == "boolean":
        return rng.random() < 0.5
    if kind in ("integer", "number"):
        return rng.choice(hostile.NUMBERS)
    return hostile.text(rng)


def table(rng: random.Random, schema: Any, root: Any, depth: int) -> dict[str, Any]:
    """Some keys of a table, and random ones if it allows any."""
    known = schema.get("properties", {})
    found = {name: value(rng, known[name], root, depth + 1) for name in known if rng.random() < 0.5}
    if isinstance(schema.get("additionalProperties"), dict):
        for _ in range(rng.randint(1, 3)):
            name = rng.choice((rng.choice(hostile.NAMES), rng.choice(hostile.SECRET_NAMES), hostile.text(rng)))
            found[name] = value(rng, schema["additionalProperties"], root, depth + 1)
    return found
