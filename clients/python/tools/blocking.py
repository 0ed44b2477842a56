# SPDX-License-Identifier: Apache-2.0
"""Generates the helpers of the blocking client, quoin._sync, from those for asyncio, quoin.aio."""

import shutil
import subprocess
import sys
from pathlib import Path

import unasync

SOURCE = Path(__file__).parents[1] / "src" / "quoin"
FROM, TO = SOURCE / "aio", SOURCE / "_sync"
HEADER = "# Generated from quoin.aio by tools/blocking.py. Do not edit.\n"


def main() -> None:
    """Writes all modules anew."""
    shutil.rmtree(TO, ignore_errors=True)
    names = {"aio": "_sync", "asynchronous": "blocking"}
    rule = unasync.Rule(f"{FROM}/", f"{TO}/", additional_replacements=names)
    unasync.unasync_files([str(path) for path in sorted(FROM.glob("*.py*"))], [rule])
    made = sorted(TO.glob("*.py*"))
    for path in made:
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join([lines[0], HEADER, *lines[1:]]))
    ruff = [str(Path(sys.executable).parent / "ruff")]
    options = ["--quiet", "--isolated", "--line-length=100", "--target-version=py310"]
    for command in (["check", "--select=I,F401", "--fix-only"], ["format"]):
        subprocess.run([*ruff, *command, *options, *map(str, made)], check=True)


if __name__ == "__main__":
    main()
