"""Prints the processes of the container as JSON, from /proc."""

import json
from pathlib import Path

FOUND = []
for folder in Path("/proc").glob("[0-9]*"):
    try:
        lines = (folder / "status").read_text().splitlines()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:  # the process has ended
        continue
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    FOUND.append(
        {
            "command": command,
            "uids": status["Uid"].split(),
            "capabilities": status["CapEff"],
            "capabilities-to-gain": status["CapBnd"],
            "no-new-privileges": status["NoNewPrivs"],
        }
    )
print(json.dumps(FOUND))
