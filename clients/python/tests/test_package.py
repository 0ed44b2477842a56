# SPDX-License-Identifier: Apache-2.0
"""The packages in dist, installed into an empty environment, work there."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from test_docs import BLOCKS, complete

ROOT = Path(__file__).parents[1]
PROGRAM = """
import sys
import quoin

assert "site-packages" in quoin.__file__, quoin.__file__
with quoin.connect(sys.argv[1], namespace=sys.argv[2]) as q:
    with q.locks.acquire("report", lease=30) as lock:
        assert q.locks.get(name="report").fence == lock.fence
        print(quoin.__version__, "works")
"""


@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_package(kind: str, tmp_path: Path, address: str, namespace: str) -> None:
    (package,) = (ROOT / "dist").glob(kind)
    venv.create(tmp_path / "venv")
    python = str(tmp_path / "venv" / "bin" / "python")
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "--disable-pip-version-check", str(package)], check=True, env=clean)
    done = subprocess.run(
        [python, "-c", PROGRAM, address, namespace],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=clean,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "0.1.0 works\n"
    if kind == "*.whl":
        programs_are_typed(tmp_path, python)


def test_the_guide_installs_it(tmp_path: Path) -> None:
    """Carries out what the manual says about the installation, in an empty folder."""
    at = next(index for index, (language, _) in enumerate(BLOCKS) if language == "sh")
    commands = BLOCKS[at][1].replace("QUOIN=~/quoin", f"QUOIN={ROOT.parents[1]}")
    assert str(ROOT.parents[1]) in commands
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        ["bash", "-euc", commands], capture_output=True, text=True, cwd=tmp_path, env=clean
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(BLOCKS[at + 1][1]), done.stdout


def programs_are_typed(folder: Path, python: str) -> None:
    """Checks the programs of the manual strictly, as their writers would."""
    programs = folder / "programs"
    programs.mkdir()
    for number, (language, text) in enumerate(BLOCKS):
        if language == "python":
            (programs / f"program_{number}.py").write_text(complete(text))
    # gRPC itself is typed by packages of others.
    settings = folder / "mypy.ini"
    settings.write_text("[mypy]\nstrict = true\n[mypy-grpc.*]\nignore_missing_imports = true\n")
    mypy = [sys.executable, "-m", "mypy", "--config-file", str(settings), "--no-error-summary"]
    done = subprocess.run(
        [*mypy, "--python-executable", python, "."], cwd=programs, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
