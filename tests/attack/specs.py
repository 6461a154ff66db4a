"""Attacks with hostile specs, and the expected results."""

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import plans
import toml_text
from fixture import FILES, FULL, TEAM, VARIANTS, laid
from judge import Broken, Outputs, Written, at_home, compare, parse, swapped
from plans import NO_PROGRAMS, KeyPath, Plan, get, put, strings
from running import Folder, Ran, Tally, around, rng_of

# Text that appears if a preset can read system files.
OUTSIDE = "root:x:0:0"

# Keys whose values dockgen transforms instead of copying them: a path becomes relative to another one or the file of a line, and
# a version has no marker. The results are only parsed.
DERIVED = ("install.version", "output.", "volumes.media.path")

# Keys that take free text, each with a harmless value that contains a marker.
Learned = tuple[tuple[KeyPath, str], ...]


def marker(number: int) -> str:
    """A unique word of letters only, which every rule for names accepts."""
    return f"zq{chr(97 + number // 26)}{chr(97 + number % 26)}kx"


def candidates(value: str, word: str) -> list[str]:
    """Harmless values with a marker, in the forms that validation may require."""
    runs = list(re.finditer(r"[a-z]{2,}", value))
    forms = [value[: run.start()] + word + value[run.end() :] for run in reversed(runs)]
    return [word] * (" " in value or "/" not in value) + forms


def learn(binary: str, above: Path) -> dict[KeyPath, str]:
    """Finds the keys that take free text which appears in the files, each with its harmless value with a marker."""
    found: dict[KeyPath, str] = {}
    for number, path in enumerate(strings(FULL)):
        for form in candidates(get(FULL, path), marker(number)):
            spec = copy.deepcopy(FULL)
            for other, value in found.items():
                put(spec, other, value)
            put(spec, path, form)
            outputs, _ = generate(Folder(binary, above, "learn", NO_PROGRAMS), Plan(spec, TEAM))
            if outputs and any(marker(number) in text for _, text in outputs.values()):
                found[path] = form
                break
    return found


def generate(folder: Folder, plan: Plan) -> tuple[Outputs | None, Ran]:
    """Runs dockgen; returns the outputs by key, or None if dockgen rejects the spec."""
    spec = plan.raw if plan.raw is not None else toml_text.dump(plan.spec)
    folder.write({**FILES, "dockgen.toml": spec, "team.toml": toml_text.dump(plan.team)})
    if plan.templates:
        folder.write(
            {
                "team/preset.toml": toml_text.dump(plan.team),
                **{f"team/templates/{name}": text for name, text in plan.templates.items()},
            }
        )
    ran = folder.run("generate", "--json", *plan.flags)
    if ran.code != 0:
        return None, ran
    outputs: Outputs = {}
    for file in json.loads(ran.out)["files"]:
        if file["output"] not in ("lock", "spec"):
            key = file["output"] if file["output"] not in outputs else f"{file['output']}{len(outputs)}"
            outputs[key] = (file["path"], (folder.path / file["path"]).read_bytes().decode("utf-8"))
    return outputs, ran


@cache
def twin(binary: str, above: Path, variant: int, learned: Learned) -> Written | None:
    """The outputs for the harmless spec of a variant."""
    outputs, _ = generate(Folder(binary, above, f"twin {variant}", NO_PROGRAMS), Plan(harmless(variant, learned), TEAM))
    return parse(outputs) if outputs else None


def harmless(variant: int, learned: Learned) -> dict[str, Any]:
    spec = copy.deepcopy(FULL)
    for path, value in learned:
        put(spec, path, value)
    return laid(spec, VARIANTS[variant])


def attack(binary: str, above: Path, seed: int, index: int, learned: Learned) -> Tally:
    """One hostile spec."""
    rng = rng_of(seed, "spec", index)
    variant = rng.randrange(len(VARIANTS))
    before = twin(binary, above, variant, learned)
    plan = plans.make(binary, rng, harmless(variant, learned), dict(learned))
    folder = Folder(binary, above, f"spec-{index}", plan.path)
    outputs, ran = generate(folder, plan)
    tally = folder.tally
    tally.counts["accepted" if outputs is not None else "refused"] += 1
    said = (ran.out + ran.err).decode("utf-8", "replace")
    if before is None:
        folder.found("no twin", f"the harmless spec of variant {variant} is refused")
    if outputs is None:
        refused(folder, plan, said)
    else:
        if not plan.templates:
            judge(folder, plan, outputs, before)
        said += "".join(text for _, text in outputs.values())
    for secret in [*plan.secrets, OUTSIDE]:
        if secret in said:
            folder.found(
                "leak" if outputs is not None else "leak in a message",
                f"the secret of {plan.keys or plan.flags or 'a preset'}: {around(said, secret)}",
            )
    folder.sweep()
    return tally


def refused(folder: Folder, plan: Plan, said: str) -> None:
    """Checks that an error names an attacked key, and that nothing was written."""
    parts = {part for key in plan.keys for part in (key, key.rsplit(".", 1)[-1], key.rsplit(".", 1)[0])}
    # a value of another type may cause an error at another key: then the place of the error suffices
    named = any(part in said for part in parts) or (plan.loose and "-->" in said)
    if plan.keys and not named:
        folder.found("key not named", f"{plan.keys[:5]}: {said[:300]}")
    if (folder.path / "dockgen.lock").exists() or (folder.path / "compose.yaml").exists():
        folder.found("half written", said[:200])


def judge(folder: Folder, plan: Plan, outputs: Outputs, before: Written | None) -> None:
    """Checks that the files have the structure of the harmless twin, with each hostile value in place of the harmless one."""
    try:
        after = parse(outputs)
    except Broken as error:
        return folder.found("structure", str(error))
    twins = {swapped(key, plan.swaps): file for key, file in before.files.items()} if before else {}
    for key, file in after.files.items():
        comparable = twins and not plan.loose and not any(name.startswith(DERIVED) for name in plan.keys)
        if comparable and key == "dockerignore":
            file = at_home(twins.get(key), file, plan.swaps, "install.files" in plan.keys)
        differences = compare(twins.get(key), file, plan.swaps) if comparable else []
        if differences:
            kind = "value" if "is not" in differences[0] else "structure"
            folder.found(kind, f"{plan.keys} {key}: {'; '.join(differences[:3])}")
    if folder.run("generate", "--check", *plan.flags).code != 0:
        folder.found("not stable", "--check finds a difference right after generate")
    return None
