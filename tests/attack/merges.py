"""Tests that `--merge` keeps manual edits, and that killed runs leave valid files."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from running import Folder, Tally, rng_of

APP = {"main.py": "from flask import Flask\napp = Flask(__name__)\n", "requirements.txt": "flask\ngunicorn\n"}
OUTPUTS = ("Dockerfile", ".dockerignore", "compose.yaml", "k8s.yaml", ".env.example", "gunicorn.conf.py")
UNFINISHED = ".dockgen-unfinished-"


def spec(number: int) -> str:
    """A spec whose outputs all depend on the number."""
    return f"""presets = ["flask-gunicorn"]
project.name = "shop"
app.entry = "main:app"
app.port = {8000 + number}
environment.LEVEL = {{ value = "{number}", description = "Level {number}" }}
secrets.KEY = {{ description = "Key {number}" }}
context.ignore = ["data{number}"]
services.db = {{ kind = "{"postgres" if number % 2 else "mysql"}", environment = {{ DATABASE_URL = "url" }} }}
"""


def edited(rng: random.Random, text: str, word: str) -> tuple[str, list[str]]:
    """Edits a text; returns it and the lines that the user added."""
    lines = text.split("\n")
    mine: list[str] = []
    for number in range(rng.randint(1, 5)):
        at = rng.randrange(len(lines) + 1)
        way = rng.randrange(6)
        line = f"# mine {word} {number}"
        if way <= 2:
            lines.insert(at, line)
            mine.append(line)
        elif way == 3:
            lines[0:0] = [line] * rng.choice((1, 4, 9))
            mine.append(line)
        elif way == 4 and at < len(lines):
            lines[at] += f"  {line}"
            mine.append(lines[at])
        else:
            del lines[at : at + rng.randint(1, 4)]
            mine = [one for one in mine if one in lines]
    mine = [one for one in mine if one in lines]
    whole = "\n".join(lines)
    ends = rng.random()
    if ends < 0.15:
        whole = whole.replace("\n", "\r\n")
    elif ends < 0.35:
        at = rng.randrange(len(whole) + 1)
        whole = whole[:at] + whole[at:].replace("\n", "\r\n", 1)
    elif ends < 0.45:
        whole = whole.rstrip("\n")
    return whole, mine


def merge(binary: str, above: Path, seed: int, index: int) -> Tally:
    """Edits files, changes the spec and merges. All user lines and the line endings must be kept."""
    rng = rng_of(seed, "merge", index)
    folder = Folder(binary, above, f"merge-{index}")
    numbers = rng.sample(range(50), k=2)
    folder.write({**APP, "dockgen.toml": spec(numbers[0])})
    folder.run("generate")
    kept: dict[str, tuple[list[str], bytes]] = {}
    for name in rng.sample(OUTPUTS, k=rng.randint(1, 3)):
        before = (folder.path / name).read_text()
        text, mine = edited(rng, before, f"{rng.randrange(16**8):08x}")
        if text.replace("\r\n", "\n") != before:
            kept[name] = (mine, text.encode())
            folder.write({name: text})
    seen = {
        file["path"]: file["state"]
        for file in json.loads(folder.run("generate", "--check", "--json").out or b"{}").get("files", [])
    }
    for name in kept:
        if seen.get(name, "missing") in ("missing", "in-step"):
            folder.found("edit not seen", f"{name} was edited, and --check says {seen.get(name)}")
    folder.write({"dockgen.toml": spec(numbers[1])})
    ran = folder.run("generate", "--merge")
    folder.tally.counts["clean" if ran.code == 0 else "conflicts"] += 1
    if ran.code not in (0, 1):
        folder.found("merge failed", ran.said()[:300])
    for name, (mine, edit) in kept.items():
        after = (folder.path / name).read_bytes()
        lines = after.decode().replace("\r\n", "\n").split("\n")
        lost = [line for line in mine if line.replace("\r", "") not in lines]
        if lost:
            folder.found("line lost", f"{name}: {lost[:3]}")
        if dominant(edit) != dominant(after):
            folder.found("line ends", f"{name} had {dominant(edit)!r} and has {dominant(after)!r}")
    folder.sweep()
    return folder.tally


def dominant(text: bytes) -> str:
    return "CRLF" if text.count(b"\r\n") * 2 > text.count(b"\n") else "LF"


def kill(binary: str, above: Path, seed: int, index: int) -> Tally:
    """Kills a run while it writes. Each file must be old or new, and the next run must complete the change."""
    rng = rng_of(seed, "kill", index)
    folder = Folder(binary, above, f"kill-{index}")
    texts: list[dict[str, bytes]] = []
    for number in rng.sample(range(50), k=2):
        folder.write({**APP, "dockgen.toml": spec(number)})
        usual = folder.run("generate").seconds
        texts.append({name: (folder.path / name).read_bytes() for name in (*OUTPUTS, "dockgen.lock")})
    old, new = texts[1], texts[0]
    folder.write({"dockgen.toml": spec(number_of(new))})
    child = subprocess.Popen(
        [binary, "generate"],
        cwd=folder.path,
        env=folder.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if rng.random() < 0.6:
        time.sleep(usual * rng.uniform(0.2, 0.9))
    else:
        # kill while dockgen writes, which is a small part of the run
        until = time.monotonic() + 1
        while time.monotonic() < until and child.poll() is None and not unfinished(folder):
            pass
        time.sleep(rng.uniform(0, 0.0003))
    child.send_signal(signal.SIGKILL)
    folder.tally.counts["killed" if child.wait() < 0 else "too late"] += 1
    states = set()
    for name in (*OUTPUTS, "dockgen.lock"):
        now = (folder.path / name).read_bytes()
        states.add("old" if now == old[name] else "new" if now == new[name] else "torn")
        if now not in (old[name], new[name]):
            folder.found("torn", f"{name} is neither the old nor the new text")
    folder.tally.counts["in between"] += len(states) > 1
    folder.tally.counts["left files"] += bool(unfinished(folder))
    after(rng, folder, new)
    folder.sweep()
    return folder.tally


def unfinished(folder: Folder) -> list[str]:
    return [name for name in os.listdir(folder.path) if name.startswith(UNFINISHED)]


def number_of(texts: dict[str, bytes]) -> int:
    return int(texts["compose.yaml"].decode().split('PORT: "')[1].split('"')[0]) - 8000


def after(rng: random.Random, folder: Folder, new: dict[str, bytes]) -> None:
    """Checks that any command removes temporary files, and that the next generate completes all outputs."""
    folder.run(*rng.choice((["generate", "--check"], ["detect"], ["show"], ["generate"], ["generate", "--diff"])))
    if unfinished(folder):
        folder.found("left over", f"{unfinished(folder)} after {folder.runs[-1].arguments}")
    ran = folder.run("generate")
    wrong = [name for name, text in new.items() if (folder.path / name).read_bytes() != text]
    if ran.code != 0 or wrong:
        folder.found("not recovered", f"exit {ran.code}, {wrong}: {ran.said()[:200]}")
