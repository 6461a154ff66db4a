"""Reads a Dockerfile as BuildKit does, and refuses what BuildKit would refuse or read in another way than it looks."""

import json
import re
from dataclasses import dataclass

# BuildKit reads physical lines of less than this.
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
DOCKER = "$"  # all that Docker expands itself
EXPANDED = "\N{WHITE SQUARE}"  # stands for what a shell or Docker puts in the place of `$…`


class Broken(Exception):
    """It is not what BuildKit accepts."""


@dataclass(frozen=True)
class Instruction:
    """An instruction, with what it is given taken apart."""

    name: str
    value: object


def read(text: str) -> list[Instruction]:
    """Every instruction in its order."""
    directives(text)
    return [instruction(line) for line in logical_lines(text)]


def directives(text: str) -> None:
    """The comments at the top that BuildKit obeys: only `syntax`, once, naming Docker's own."""
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
    """The JSON form of a command; whatever is not JSON would run in a shell."""
    try:
        words = json.loads(rest)
    except ValueError as error:
        raise Broken(f"no JSON: {rest[:80]!r}") from error
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Broken(f"no list of words: {rest[:80]!r}")
    return words


def pairs(rest: str) -> dict[str, str]:
    """NAME=VALUE… with Docker's quotes."""
    found: dict[str, str] = {}
    for kind, word in shell(rest, DOCKER):
        name, equals, value = word.partition("=")
        if kind != "word" or not equals or not re.fullmatch(r"[A-Za-z0-9_.\-/]+", name) or name in found:
            raise Broken(f"no pair: {word[:80]!r}")
        found[name] = value
    return found


def shell(text: str, code: str = "$`*?~") -> list[tuple[str, str]]:
    """Words and operators of a POSIX shell; what it would expand is marked, so that text and code never look the same."""
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
    """A stretch in quotes, and where it ends."""
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
    """Whether Docker calls a line of .dockerignore a syntax error (Go's filepath.Match)."""
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
