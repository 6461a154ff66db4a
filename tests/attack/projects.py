"""Attacks with hostile project files. Detection must only read them, and print no secrets from them."""

import json
import os
import random
from functools import cache
from pathlib import Path

import canaries
import hostile
import ingredients
from fixture import VARIANTS
from judge import Broken, Outputs, Written, parse, vocabulary
from running import Folder, Ran, Tally, around, rng_of
from specs import Learned, twin

GENERATE = [
    "generate",
    "--diff",
    "--preset",
    "fastapi-uvicorn",
    "--preset",
    "pip",
    "--set",
    "project.name=shop",
    "--set",
    "app.entry=main:app",
]


def attack(binary: str, above: Path, seed: int, index: int, known: frozenset[tuple[str, ...]]) -> Tally:
    """One hostile project."""
    rng = rng_of(seed, "project", index)
    folder = Folder(binary, above, f"project-{index}")
    outside = above / f"outside-{os.getpid()}"
    words, odd = fill(rng, folder, outside)
    before = snapshot(folder.path)
    said = b""
    commands = [["detect"], ["init", "--yes"]]
    if odd:
        # every command rejects special files
        commands = [
            *rng.sample((GENERATE, ["generate", "--spec", odd, *GENERATE[1:]], ["show"], ["presets", "check", "."]), k=2),
            *commands,
        ]
    for arguments in commands:
        ran = folder.run(*arguments)
        said += ran.out + ran.err
        if ran.hung:
            break
        if arguments == ["detect"]:
            terminal(folder, ran)
    else:
        folder.tally.counts["accepted" if ran.code == 0 else "refused"] += 1
        said += after_init(folder, before, known) if ran.code == 0 else unchanged(folder, before)
    written = b"".join(content for name, content in snapshot(folder.path).items() if before.get(name) != content)
    for word in words:
        if word.encode() in said + written:
            kind = "leak" if word.encode() in written else "leak in a message"
            folder.found(kind, around((said + written).decode("utf-8", "replace"), word))
    folder.sweep()
    return folder.tally


def fill(rng: random.Random, folder: Folder, outside: Path) -> tuple[list[str], str]:
    """Writes a hostile project; returns its secrets, and the name of its special file."""
    files = ingredients.bases(rng)
    words: list[str] = []
    if rng.random() < 0.6:
        for _ in range(rng.randint(1, 4)):
            words.append(f"cAnArY{rng.randrange(16**10):010x}Zz")
            rng.choice(canaries.PLANTS)(rng, files, words[-1])
    if not words or rng.random() < 0.4:
        for piece in rng.sample(ingredients.PIECES, k=rng.randint(1, 3)):
            piece(rng, files)
    for name, content in files.items():
        try:
            folder.write({name: content})
        except (OSError, ValueError):
            continue  # the file system doesn't allow this name
    if rng.random() < 0.15:
        words.append(f"cAnArY{rng.randrange(16**10):010x}Zz")
        outside.write_text(f"DB_PASSWORD={words[-1]}\nLEVEL={words[-1]}\nweb: python {words[-1]}\n'{words[-1]}' = {words[-1]}\n")
        return words, ingredients.no_files(rng, folder.path, outside)
    return words, ""


def after_init(folder: Folder, before: dict[str, bytes], known: frozenset[tuple[str, ...]]) -> bytes:
    """Checks that the files of init are valid, that existing files are unchanged, and that a second run changes nothing."""
    written = snapshot(folder.path)
    lost = [name for name, content in before.items() if written.get(name) != content]
    if lost:
        folder.found("file changed", f"init changed {lost}")
    said = b""
    for arguments in (["generate", "--check"], ["generate", "--json"], ["show"]):
        ran = folder.run(*arguments)
        said += ran.out + ran.err
        if ran.code != 0:
            folder.found("not stable", f"{arguments} after init: exit {ran.code} {ran.said()[:200]}")
            return said
        if arguments[-1] == "--json":
            judge(folder, ran, known)
    if snapshot(folder.path) != written:
        folder.found("not stable", "a second run changes files")
    return said


def judge(folder: Folder, ran: Ran, known: frozenset[tuple[str, ...]]) -> None:
    """Parses the files and checks that they have only keys that harmless specs produce."""
    outputs: Outputs = {}
    try:
        for file in json.loads(ran.out)["files"]:
            if file["output"] not in ("lock", "spec"):
                outputs[file["output"] if file["output"] not in outputs else f"{file['output']}{len(outputs)}"] = (
                    file["path"],
                    (folder.path / file["path"]).read_text("utf-8"),
                )
        files = parse(outputs)
    except (Broken, ValueError, OSError) as error:
        return folder.found("structure", str(error))
    unknown = words_of(files) - known
    if unknown:
        folder.found("structure", f"keys {sorted(unknown)[:5]}")
    return None


def words_of(written: Written) -> set[tuple[str, ...]]:
    return {
        path
        for key, file in written.files.items()
        if key.startswith(("compose", "kubernetes"))
        for path in vocabulary(file, (key.split(":")[0][:7],))
    }


@cache
def known_words(binary: str, above: Path, learned: Learned) -> frozenset[tuple[str, ...]]:
    """Every path of keys in the files of the harmless specs."""
    found: set[tuple[str, ...]] = set()
    for variant in range(len(VARIANTS)):
        written = twin(binary, above, variant, learned)
        found |= words_of(written) if written else set()
    return frozenset(found)


def unchanged(folder: Folder, before: dict[str, bytes]) -> bytes:
    if snapshot(folder.path) != before:
        folder.found("half written", "init refused, and changed files")
    return b""


def terminal(folder: Folder, ran: Ran) -> None:
    """Checks the output of detect, which users read in a terminal."""
    raw = {letter for letter in ran.out.decode("utf-8", "replace") if hostile.hidden(letter) and letter not in "\n\t"}
    if raw:
        folder.found("control character", f"stdout has {sorted(f'U+{ord(letter):04X}' for letter in raw)}")


def snapshot(folder: Path) -> dict[str, bytes]:
    """The content of every regular file, and the target of every link."""
    files: dict[str, bytes] = {}
    for above, folders, names in os.walk(folder):
        for name in names + [one for one in folders if os.path.islink(os.path.join(above, one))]:
            path = Path(above) / name
            shown = os.fsencode(path.relative_to(folder)).decode("utf-8", "backslashreplace")
            files[shown] = (
                os.readlink(path).encode("utf-8", "surrogateescape")
                if path.is_symlink()
                else path.read_bytes()
                if path.is_file()
                else b"(no file)"
            )
    return files
