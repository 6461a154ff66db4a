"""Writes the container files; copier runs this in the project that it made or updated."""

import shutil
import subprocess
import sys

dockgen = shutil.which("dockgen")
if dockgen is None:
    sys.exit("dockgen is not on PATH: install it with `cargo install --locked --path DIR`, where DIR is a checkout of dockgen")
# what people edited by hand in a generated file stays in it; where an update clashes with that, it is marked
sys.exit(subprocess.run([dockgen, "generate", "--merge"]).returncode)
