"""Parses a Dockerfile as BuildKit does. Rejects what BuildKit would reject or read differently than it looks."""

import json
import re
from dataclasses import dataclass

# BuildKit rejects lines of this length (in bytes) or longer.
LONGEST_LINE = 64 * 1024

KNOWN = {
    "FROM",
    "ENV",
    "RUN",
    "COPY",
    "WORKDIR",
    "LABEL",
    "USER",
    "EXPOSE",
    "HEALTHCHECK",
    "CMD",
    "SHELL",
    "ARG",
    "ENTRYPOINT",
    "STOPSIGNAL",
    "VOLUME",
    "ADD",
    "ONBUILD",
}
OPERATORS = (">>", "<<", "&&", "||", ">", "<", "&", "|", ";", "(", ")")
DOCKER = "$"  # the only character that Docker itself expands
EXPANDED = "\N{WHITE SQUARE}"  # marks a character that a shell or Docker expands


class Broken(Exception):
    """BuildKit would not accept the file."""


@dataclass(frozen=True)
class Instruction:
    """An instruction with its parsed arguments."""

    name: str
    value: object


def read(text: str) -> list[Instruction]:
    """Parses all instructions, in order."""
    directives(text)
    return [instruction(line) for line in logical_lines(text)]


def directives(text: str) -> None:
    """Checks the parser directives at the top: only one `syntax` is allowed, with Docker's own frontend."""
    for number, line in enumerate(text.splitlines()):
        found = re.match(r"^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$", line)
        if not found:
            return
        if number > 0 or found[1].lower() != "syntax" or not re.search(r"(^|/)docker/dockerfile:1$", found[2]):
            raise Broken(f"directive {line[:80]!r}")


def logical_lines(text: str) -> list[str]:
    lines: list[str] = []
    current: list[str] = []
    for line in text.split("\n"):
        if len(line.encode()) >= LONGEST_LINE:
            raise Broken("a line longer than BuildKit reads")
        if line.lstrip().startswith("#") or (current and not line.strip()):
            continue
        joined = re.match(r"^(.*[^\\]|)\\[ \t]*$", line, re.S)
        if joined:
            current.append(joined[1])
            continue
        current.append(line)
        if "".join(current).strip():
            lines.append("".join(current).strip())
        current = []
    if current:
        raise Broken("the last line goes on")
    return lines


def instruction(line: str) -> Instruction:
    name, _, rest = line.partition(" ")
    rest = rest.strip()
    if name not in KNOWN or not rest:
        raise Broken(f"instruction {line[:80]!r}")
    if name in ("RUN", "COPY", "ADD") and ("operator", "<<") in shell(rest):
        raise Broken(f"heredoc {line[:80]!r}")
    if name in ("ENV", "LABEL"):
        return Instruction(name, pairs(rest))
    if name == "RUN":
        return Instruction(name, shell(rest))
    if name in ("CMD", "ENTRYPOINT"):
        return Instruction(name, words_of(rest))
    if name == "HEALTHCHECK" and rest != "NONE":
        flags, _, command = rest.partition("CMD ")
        return Instruction(name, [flags.split(), words_of(command)])
    return Instruction(name, [word for _, word in shell(rest, DOCKER)])


def words_of(rest: str) -> list[str]:
    """Parses the JSON form of a command. The other form would run in a shell, and is rejected."""
    try:
        words = json.loads(rest)
    except ValueError as error:
        raise Broken(f"no JSON: {rest[:80]!r}") from error
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Broken(f"no list of words: {rest[:80]!r}")
    return words


def pairs(rest: str) -> dict[str, str]:
    """Parses NAME=VALUE… with Docker's quotes."""
    found: dict[str, str] = {}
    for kind, word in shell(rest, DOCKER):
        name, equals, value = word.partition("=")
        if kind != "word" or not equals or not re.fullmatch(r"[A-Za-z0-9_.\-/]+", name) or name in found:
            raise Broken(f"no pair: {word[:80]!r}")
        found[name] = value
    return found


def shell(text: str, code: str = "$`*?~") -> list[tuple[str, str]]:
    """Splits a POSIX shell command into words and operators. Marks what the shell would expand, to tell it from literal text."""
    tokens: list[tuple[str, str]] = []
    word: str | None = None
    at = 0
    while at < len(text):
        letter = text[at]
        operator = next((mark for mark in OPERATORS if text.startswith(mark, at)), None)
        if letter in " \t\n":
            end(tokens, word)
            word = None
            at += 1
        elif operator:
            end(tokens, word)
            word = None
            tokens.append(("operator", operator))
            at += len(operator)
        elif letter == "#" and word is None:
            raise Broken("a comment inside of a command")
        elif letter in "'\"":
            piece, at = quoted(text, at, code)
            word = (word or "") + piece
        elif letter == "\\":
            word = (word or "") + text[at + 1 : at + 2]
            at += 2
        else:
            word = (word or "") + (EXPANDED + letter if letter in code else letter)
            at += 1
    end(tokens, word)
    return tokens


def end(tokens: list[tuple[str, str]], word: str | None) -> None:
    if word is not None:
        tokens.append(("word", word))


def quoted(text: str, start: int, code: str) -> tuple[str, int]:
    """Parses quoted text; returns it and the index after the closing quote."""
    quote, at, piece = text[start], start + 1, ""
    while at < len(text):
        letter = text[at]
        if letter == quote:
            return piece, at + 1
        if quote == '"' and letter == "\\" and text[at + 1 : at + 2] in ('"', "\\", "$", "`"):
            piece, at = piece + text[at + 1], at + 2
            continue
        piece += EXPANDED + letter if quote == '"' and letter in "$`" and letter in code else letter
        at += 1
    raise Broken("a quote that does not end")


def broken_pattern(pattern: str) -> bool:
    """Whether a line of .dockerignore is a syntax error for Docker (Go's filepath.Match)."""
    at = 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 2
            if at > len(pattern):
                return True
        elif pattern[at] == "[":
            close = re.match(r"\[\^?(?:(?:\\.|[^\]\\-])(?:-(?:\\.|[^\]\\-]))?)+\]", pattern[at:], re.S)
            if not close:
                return True
            at += close.end()
        else:
            at += 1
    return False
