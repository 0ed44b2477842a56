# SPDX-License-Identifier: Apache-2.0
"""The examples tell their stories to the end."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from quoin.testing import Server

FOLDER = Path(__file__).parents[1] / "examples"
SOURCE = Path(__file__).parents[1] / "src"

STORIES = {
    "ads": ["ad on sport on toy clicks spent of budget learned for a thousand views",
            "bank N N N N N N", "car N N N N N N sport N, toy N", "doll N N N N N N toy N, sport N"],
    "feeds": ["ann: [Redis] is [fast] [#db]", "cy: @ann how [fast] is [#db] with [Redis] on a laptop?",
              "5 statuses", "2 x #db", "1 x @ann", "2 x https://pics.example/1"],
    "locks": ["worker-1 writes the report with fence N", "worker-2 sees it held by worker-1",
              "worker-2 goes on with fence N"],
    "logs": ["shop reports: order 17 cannot be paid", "shop reports: order 42 cannot be paid",
             "2 x order %d cannot be paid"],
    "queues": ["TASK_STATE_DONE after 1 told ann", "TASK_STATE_DONE after 2 told bob",
               "TASK_STATE_DEAD after 1 "],
    "search": ["3 files looked at", "2 files", "", "  0.73  locks.md",
               "        # \033[1mLocks\033[0m A \033[1mlock\033[0m has one holder. Its "
               "\033[1mlease\033[0m ends by itself, so a holder that died is not waited for.",
               "", "  0.28  queues.md",
               "        # Queues Work for later: a worker \033[1mleases\033[0m a task, and gives the "
               "\033[1mlease\033[0m back when it is done.",
               "", "kinds: md 2"],
    "semaphores": ["in use: 1 of 3", "one call more is fine", "bulk upload with 3 permits"],
    "transfer": ["2 readers look at account 3", "a transfer is refused: account/3 is held",
                 "the transfer holds 2 locks", "account/3: transfer", "account/7: transfer"],
}  # fmt: skip


ARGUMENTS = {"search": [str(Path(__file__).parent / "texts"), "lock +lease"]}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server without data: examples use the default namespace."""
    with Server() as server:
        yield server


def test_every_example_has_a_story() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == set(STORIES)


@pytest.mark.parametrize("name", sorted(STORIES))
def test_example(server: Server, name: str) -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py"), server.address, *ARGUMENTS.get(name, [])],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    if name == "ads":
        # Chance, and when what was learned reaches the server, decide about the figures.
        assert [_figures(line) for line in done.stdout.splitlines()] == STORIES[name]
        return
    told = [line[: line.index("fence ") + 6] + "N" if "fence " in line else line
            for line in done.stdout.splitlines()]  # fmt: skip
    assert told == STORIES[name]


def _figures(line: str) -> str:
    return " ".join(re.sub(r"[+-]?\d+(\.\d+)?", "N", line).split())
