"""Checks the files of accepted specs with real tools: BuildKit's parser and linter, and Compose."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import plans
import specs
from fixture import TEAM, VARIANTS
from judge import Outputs, compare, scalars
from plans import NO_PROGRAMS, Plan
from running import Folder, Tally, rng_of
from specs import Learned

# BuildKit's messages for files that it can't parse. All other messages are about images that are not available.
UNREADABLE = re.compile(
    r"parse error|unknown instruction|syntax error|unterminated|dockerfile line|unexpected|bufio|token too long|failed to process|heredoc",
    re.I,
)


def available() -> bool:
    return (
        shutil.which("docker") is not None
        and subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    )


def attack(binary: str, above: Path, seed: int, wanted: int, learned: Learned) -> Tally:
    """Checks the first accepted cases that have a harmless twin to compare with."""
    tally = Tally()
    twins: dict[int, Any] = {}
    index = 0
    while tally.counts["cases"] < wanted and index < wanted * 60:
        rng = rng_of(seed, "spec", index)
        variant = rng.randrange(len(VARIANTS))
        plan = plans.make(binary, rng, specs.harmless(variant, learned), dict(learned))
        index += 1
        if plan.loose or not plan.swaps:
            continue
        folder = Folder(binary, above, f"spec-{index - 1}", NO_PROGRAMS)
        outputs, _ = specs.generate(folder, plan)
        if outputs is None:
            continue
        tally.counts["cases"] += 1
        if variant not in twins:
            other = Folder(binary, above / "twin", "twin", NO_PROGRAMS)
            harmless, _ = specs.generate(other, Plan(specs.harmless(variant, learned), TEAM))
            twins[variant] = compose(other.path, harmless or {})[0]
        judge(folder, plan, outputs, twins[variant])
        tally.add(folder.tally)
    return tally


def judge(folder: Folder, plan: Plan, outputs: Outputs, before: Any) -> None:
    said = buildkit(outputs["dockerfile"][1]) if "dockerfile" in outputs else ""
    if said:
        folder.found("BuildKit", f"{plan.keys}: {said}")
    document, error = compose(folder.path, outputs)
    if document is None:
        return folder.found("Compose", f"{plan.keys}: {error[:300]}")
    differences = compare(before, document, plan.swaps)
    if differences:
        folder.found("Compose", f"{plan.keys}: {'; '.join(differences[:3])}")
    return None


def buildkit(text: str) -> str:
    """BuildKit's error message for a Dockerfile, or an empty text. Pulls no images."""
    text = re.sub(r"^# *syntax=.*\n", "", text, count=1)
    text = re.sub(r"^FROM \S+ AS base$", "FROM scratch AS base", text, flags=re.M)
    text = re.sub(r"^COPY --from=\S*/uv:\S+", "COPY --from=base", text, flags=re.M)
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            ["docker", "build", "--check", "-f", "-", empty], input=text.encode(), capture_output=True, timeout=120, check=False
        )
    said = done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace")
    found = UNREADABLE.search(said)
    return said[max(0, found.start() - 100) : found.end() + 200] if found else ""


def compose(folder: Path, outputs: Outputs) -> tuple[Any, str]:
    """The parsed output of `docker compose config`, with every optional line of .env.example enabled in .env."""
    path, example = (folder / outputs.get(key, (key, ""))[0] for key in ("compose", "env-example"))
    text = outputs.get("env-example", ("", ""))[1]
    example.with_name(".env").write_text(re.sub(r"^# (?=[A-Za-z_][A-Za-z0-9_]*=)", "", text, flags=re.M))
    command = ["docker", "compose", "-f", str(path), "--profile", "*", "config", "--format", "json", "--no-path-resolution"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    if done.returncode != 0:
        return None, done.stderr.decode("utf-8", "replace")
    # the output is a compose file too, in which `$` is doubled
    return scalars(json.loads(done.stdout.decode("utf-8")), lambda _, text: text.replace("$$", "$")), ""
