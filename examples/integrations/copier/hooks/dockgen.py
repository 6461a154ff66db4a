"""Generates the container files. copier runs this in the new or updated project."""

import shutil
import subprocess
import sys

dockgen = shutil.which("dockgen")
if dockgen is None:
    sys.exit("dockgen is not on PATH: install it with `cargo install --locked --path DIR`, where DIR is a checkout of dockgen")
# --merge keeps manual edits in generated files, and marks conflicts
sys.exit(subprocess.run([dockgen, "generate", "--merge"]).returncode)
