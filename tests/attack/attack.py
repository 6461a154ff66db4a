#!/usr/bin/env python3
"""Attacks dockgen with hostile specs and projects, and judges every run. See README.md."""

import argparse
import functools
import importlib.util
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
import venv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from running import Finding, Tally

HERE = Path(__file__).resolve().parent

# Memory limit in bytes of each worker and the dockgen processes it starts, so that reading /dev/zero ends early.
MEMORY = 4 << 30

# How many findings of each kind are saved; all are counted.
SAVED = 40


def main() -> int:
    arguments = options()
    with tempfile.TemporaryDirectory(prefix="dockgen-attack-", dir=arguments.scratch) as above:
        if not all(importlib.util.find_spec(name) for name in ("yaml", "dotenv")):
            return restart_with_packages(Path(above))
        return attack(arguments, Path(above))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, required=True, help="the dockgen binary to attack")
    parser.add_argument("--specs", type=int, default=20_000, help="hostile specs (20000)")
    parser.add_argument("--projects", type=int, default=5_000, help="hostile projects (5000)")
    parser.add_argument("--merges", type=int, default=2_000, help="merges of edited files (2000)")
    parser.add_argument("--kills", type=int, default=500, help="runs to kill (500)")
    parser.add_argument("--tools", type=int, default=200, help="accepted specs to check with BuildKit and Compose, if Docker is running (200)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random cases; the same seed creates the same cases (1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="number of processes (one per core)")
    parser.add_argument("--only", metavar="CASE", help="run only this case, such as spec-17 or project-4")
    parser.add_argument(
        "--findings", type=Path, default=Path("target/attack-findings"), help="folder for findings (target/attack-findings)"
    )
    shared = "/dev/shm"
    parser.add_argument(
        "--scratch",
        default=shared if os.access(shared, os.W_OK) else None,
        help="folder for projects (/dev/shm, or the temporary folder)",
    )
    return parser.parse_args()


def restart_with_packages(above: Path) -> int:
    """Installs missing packages into a throwaway environment and restarts this script in it."""
    print("installing PyYAML and python-dotenv into a throwaway environment", file=sys.stderr)
    venv.create(above / "venv", with_pip=True)
    python = above / "venv/bin/python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt"], check=True
    )
    return subprocess.run([python, __file__, *sys.argv[1:]], check=False).returncode


def attack(arguments: argparse.Namespace, above: Path) -> int:
    import downstream
    import merges
    import projects
    import specs
    from running import Tally

    binary, seed = str(arguments.binary.resolve()), arguments.seed
    learned = tuple(sorted(specs.learn(binary, above).items(), key=str))
    known = projects.known_words(binary, above, learned)
    phases: list[tuple[str, int, Callable[[int], Tally]]] = [
        ("spec", arguments.specs, functools.partial(specs.attack, binary, above, seed, learned=learned)),
        ("project", arguments.projects, functools.partial(projects.attack, binary, above, seed, known=known)),
        ("merge", arguments.merges, functools.partial(merges.merge, binary, above, seed)),
        ("kill", arguments.kills, functools.partial(merges.kill, binary, above, seed)),
    ]
    print(
        f"{len(learned)} keys of the schema take free text, {len(known)} paths of keys are known in Compose and Kubernetes",
        flush=True,
    )
    tallies: dict[str, tuple[Tally, float]] = {}
    for name, count, phase in phases:
        indexes: Iterable[int] = range(count)
        if arguments.only:
            wanted, _, number = arguments.only.rpartition("-")
            indexes = [int(number)] if wanted == name else []
        tallies[name] = measured(name, indexes, phase, arguments.jobs)
    if arguments.tools and not arguments.only and downstream.available():
        started = time.monotonic()
        tallies["tools"] = (downstream.attack(binary, above, seed, arguments.tools, learned), 0.0)
        tallies["tools"] = (tallies["tools"][0], time.monotonic() - started)
    report(tallies)
    found = [finding for tally, _ in tallies.values() for finding in tally.findings]
    save(found, arguments.findings, binary)
    return 1 if found else 0


def measured(name: str, indexes: Iterable[int], phase: "Callable[[int], Tally]", jobs: int) -> "tuple[Tally, float]":
    """Runs the cases of a phase in several processes; returns the tally and the time in seconds."""
    from running import Tally

    started = time.monotonic()
    total = Tally()
    with multiprocessing.Pool(jobs, initializer=limited) as pool:
        guarded = functools.partial(guard, name, phase)
        for number, tally in enumerate(pool.imap_unordered(guarded, indexes, chunksize=10), 1):
            total.add(tally)
            total.counts["cases"] += 1
            if number % 1000 == 0:
                print(
                    f"{name}: {number} cases, {len(total.findings)} findings, {time.monotonic() - started:.0f} s",
                    file=sys.stderr,
                    flush=True,
                )
    return total, time.monotonic() - started


def guard(name: str, phase: "Callable[[int], Tally]", index: int) -> "Tally":
    """Runs one case. An exception in this script is a finding too."""
    from running import Finding, Tally

    try:
        return phase(index)
    except Exception:
        return Tally(findings=[Finding("script", traceback.format_exc()[-2000:], f"{name}-{index}")])


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def report(tallies: "dict[str, tuple[Tally, float]]") -> None:
    """Prints a table of the phases, and the number of findings of each kind."""
    print(f"\n{'phase':<9}{'cases':>8}{'runs':>9}{'findings':>10}{'slowest':>10}{'time':>8}   what became of the cases")
    for name, (tally, seconds) in tallies.items():
        rest = ", ".join(f"{count} {words}" for words, count in sorted(tally.counts.items()) if words not in ("cases", "runs"))
        print(
            f"{name:<9}{tally.counts['cases']:>8}{tally.counts['runs']:>9}{len(tally.findings):>10}{tally.slowest:>8.2f} s{seconds:>6.0f} s   {rest}"
        )
    kinds: dict[str, int] = {kind: 0 for kind in ("structure", "value", "leak", "leak in a message", "hang", "panic")}
    for tally, _ in tallies.values():
        for finding in tally.findings:
            kinds[finding.kind] = kinds.get(finding.kind, 0) + 1
    print("\n" + "\n".join(f"{kind:<20}{count:>6}" for kind, count in kinds.items()), flush=True)


def save(found: "list[Finding]", folder: Path, binary: str) -> None:
    """Saves each finding in a folder: the project, the commands, and their output."""
    counts: dict[str, int] = {}
    for finding in found:
        number = counts[finding.kind] = counts.get(finding.kind, 0) + 1
        if number > SAVED:
            continue
        target = folder / finding.kind.replace(" ", "-") / finding.case
        for name, content in finding.files.items():
            path = target / "project" / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except (OSError, ValueError):
                continue
        runs = [
            {
                "command": [binary, *ran.arguments],
                "exit": ran.code,
                "seconds": round(ran.seconds, 3),
                "stderr": ran.said()[:20_000],
            }
            for ran in finding.runs
        ]
        target.mkdir(parents=True, exist_ok=True)
        (target / "finding.json").write_text(
            json.dumps({"kind": finding.kind, "words": finding.words, "case": finding.case, "runs": runs}, indent=2)
        )
    if found:
        print(f"{len(found)} findings, the first {SAVED} of each kind in {folder}", file=sys.stderr)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    sys.exit(main())
