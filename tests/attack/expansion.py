"""Expands `$` as Compose and Kubernetes do."""

import re

EXPANDED = "\N{WHITE SQUARE}"

COMPOSE = re.compile(r"\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_]*)((?::?[-?+])[^}]*)?\}|([A-Za-z_][A-Za-z0-9_]*)|(.?))", re.S)
KUBERNETES = re.compile(r"\$(?:(\$)|\(([^)]*)\))")


class Invalid(Exception):
    """Compose would reject the file."""


def compose(text: str) -> str:
    """Expands a value as Compose does. A variable becomes a mark with its name."""

    def replaced(found: re.Match[str]) -> str:
        if found[1]:
            return "$"
        if found[2]:
            return f"{EXPANDED}{found[2]}{found[3] or ''}"
        if found[4]:
            return f"{EXPANDED}{found[4]}"
        raise Invalid(text[:80])

    return COMPOSE.sub(replaced, text)


def kubernetes(text: str) -> str:
    """Expands a word of a command as Kubernetes does if every variable in it is set."""
    return KUBERNETES.sub(lambda found: "$" if found[1] else f"{EXPANDED}{found[2]}", text)
