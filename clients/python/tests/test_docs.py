# SPDX-License-Identifier: Apache-2.0
"""Every code block of the manual runs, and prints what the manual says."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import Certificates

from quoin.testing import Server

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "clients" / "python.md"
README = ROOT / "clients" / "python" / "README.md"
SOURCE = ROOT / "clients" / "python" / "src"

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(PAGE.read_text())

# What the reader is to bring along.
GIVEN = "def write_report(fence: int) -> None:\n    assert fence > 0\n\n\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server without data: the manual uses the default namespace."""
    with Server() as server:
        yield server


def complete(text: str) -> str:
    """A block with what the reader is to bring along."""
    return GIVEN + text if "write_report(" in text else text


def programs() -> list[Any]:
    found = []
    for index, (language, text) in enumerate(BLOCKS):
        if language == "python":
            follower = BLOCKS[index + 1] if index + 1 < len(BLOCKS) else ("", "")
            told = follower[1] if follower[0] == "text" else ""
            heading = PAGE.read_text()[: PAGE.read_text().index(text)].rpartition("\n#")[2]
            name = heading.strip("# ").partition("\n")[0]
            found.append(pytest.param(text, told, id=f"{name} {index}"))
    return found


@pytest.mark.parametrize(("text", "told"), programs())
def test_program(server: Server, text: str, told: str, tmp_path: Path) -> None:
    Certificates.made_in(tmp_path)
    text = text.replace('"localhost:7400"', f'"{server.address}"')
    text = re.sub(r"quoin-\d\.example", "localhost", text)
    program = tmp_path / "program.py"
    program.write_text(complete(text))
    process = subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    try:
        said = ""
        if "worker.run()" in text:
            assert process.stdout is not None
            said = process.stdout.readline()
            process.terminate()
        out, errors = process.communicate(timeout=90)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")
    assert said + out == told


def test_other_blocks() -> None:
    # The only commands are those of the installation, which test_package carries out.
    assert [language for language, _ in BLOCKS].count("sh") == 1
    assert {language for language, _ in BLOCKS} == {"python", "sh", "text"}
    # The sample is the same everywhere.
    assert BLOCK.findall(README.read_text())[0] == BLOCKS[0]
    assert BLOCKS[0] in BLOCK.findall((ROOT / "README.md").read_text())
