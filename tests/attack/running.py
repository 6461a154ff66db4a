"""Runs dockgen, and checks the requirements on every run."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hostile import hidden

# Time limit of a run in seconds.
LIMIT = 10.0

EXITS = {0, 1, 2, 3, 4}


@dataclass(frozen=True)
class Ran:
    """A finished run of dockgen."""

    arguments: list[str]
    code: int
    out: bytes
    err: bytes
    seconds: float
    hung: bool = False

    def said(self) -> str:
        return self.err.decode("utf-8", "replace")


@dataclass(frozen=True)
class Finding:
    """A violated requirement."""

    kind: str
    words: str
    case: str
    runs: tuple[Ran, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Tally:
    """Counts and findings of a phase."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    slowest: float = 0.0

    def add(self, other: "Tally") -> None:
        self.counts.update(other.counts)
        self.findings.extend(other.findings)
        self.slowest = max(self.slowest, other.slowest)


class Folder:
    """A project in a temporary folder with its own home directory, and the runs in it."""

    def __init__(self, binary: str, above: Path, case: str, path: str = "/usr/bin:/bin") -> None:
        self.binary = binary
        self.case = case
        self.path = above / f"case-{os.getpid()}"
        self.home = above / f"home-{os.getpid()}"
        self.environment = {
            "PATH": path,
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C.UTF-8",
            # reading a pipe may legitimately wait, but for less than LIMIT
            "DOCKGEN_TIMEOUT": "5",
        }
        self.runs: list[Ran] = []
        self.tally = Tally()
        # changes by a hostile file must not affect the next case
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        self.home.mkdir(exist_ok=True)

    def write(self, files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)

    def run(self, *arguments: str, given: bytes | None = None, limit: float = LIMIT) -> Ran:
        """Runs dockgen, and checks its exit and its output."""
        ran = run(self.binary, list(arguments), self.path, self.environment, given, limit)
        self.runs.append(ran)
        self.tally.counts["runs"] += 1
        self.tally.slowest = max(self.tally.slowest, ran.seconds)
        for kind, words in complaints(ran):
            self.found(kind, words)
        return ran

    def found(self, kind: str, words: str) -> None:
        self.tally.findings.append(Finding(kind, words, self.case, tuple(self.runs), contents(self.path)))

    def sweep(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def run(
    binary: str, arguments: list[str], folder: Path, environment: dict[str, str], given: bytes | None, limit: float = LIMIT
) -> Ran:
    """Runs a program, and kills it and its child processes after the time limit."""
    started = time.monotonic()
    stdin = subprocess.PIPE if given is not None else subprocess.DEVNULL
    child = subprocess.Popen(
        [binary, *arguments],
        cwd=folder,
        env=environment,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = child.communicate(given, timeout=limit)
        return Ran(arguments, child.returncode, out, err, time.monotonic() - started)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        out, err = child.communicate()
        return Ran(arguments, child.returncode, out, err, time.monotonic() - started, hung=True)


def complaints(ran: Ran) -> list[tuple[str, str]]:
    """Finds a hang, a panic, an unexpected exit code, an unhelpful error, or characters that affect a terminal."""
    if ran.hung:
        return [("hang", f"still running after {ran.seconds:.0f} s")]
    found: list[tuple[str, str]] = []
    if ran.code < 0 or ran.code == 101 or b"panicked" in ran.err:
        found.append(("panic", f"exit {ran.code}: {ran.said()[-200:]}"))
    elif ran.code not in EXITS:
        found.append(("exit code", str(ran.code)))
    raw = sorted({f"U+{ord(letter):04X}" for letter in ran.said() if hidden(letter) and letter not in "\n\t"})
    if raw:
        found.append(("control character", f"stderr has {', '.join(raw)}"))
    if ran.code == 2 and not helps(ran.said()):
        found.append(("no help", ran.said()[:200]))
    return found


def helps(said: str) -> bool:
    """Whether an error says what to do, or names a key, a flag or a file."""
    return bool(re.search(r"(help|hint|For more information|Usage): ?\S|help:|`[^`]+`|-->|--[a-z]", said)) and "error" in said


def contents(folder: Path, most: int = 2_000_000) -> dict[str, bytes]:
    """The regular files of a folder, to replay a finding."""
    files: dict[str, bytes] = {}
    for above, _, names in os.walk(folder):
        for name in names:
            path = Path(above) / name
            try:
                if path.is_file() and not path.is_symlink() and path.stat().st_size <= most:
                    files[str(path.relative_to(folder))] = path.read_bytes()
            except OSError:
                continue
    return files


def rng_of(seed: int, phase: str, index: int) -> random.Random:
    """The random numbers of one case: always the same, regardless of how cases are distributed among processes."""
    return random.Random(f"{seed}/{phase}/{index}")


def around(text: str, word: str) -> str:
    """The part of a text around a word."""
    at = text.find(word)
    return text[max(0, at - 120) : at + 60]
