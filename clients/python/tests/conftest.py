# SPDX-License-Identifier: Apache-2.0
"""One server for all tests. Every test gets a namespace of its own."""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quoin.testing import Server

ROOT = Path(__file__).parents[3]
os.environ.setdefault("QUOIN_JAR", str(ROOT / "server" / "target" / "quoin.jar"))
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the server is: the one of ``QUOIN_ADDRESS``, or one of our own."""
    # So few waiters that tests can fill lines, and so many calls that they can fill a service.
    flags = (
        "--max-waiters",
        "30",
        "--max-calls-per-connection",
        "2000",
        "--social-max-following",
        "5",
    )
    yield from _serving("QUOIN_ADDRESS", flags)


@pytest.fixture(scope="session")
def guarded_address() -> Iterator[str]:
    """Where a server is that wants to know who calls: the one of ``QUOIN_GUARDED_ADDRESS``, or one
    of our own."""
    files = ROOT / "clients" / "conformance" / "guarded"
    flags = (
        "--tokens",
        str(files / "tokens.yaml"),
        "--policy",
        str(files / "policy.yaml"),
        "--quotas",
        str(files / "quotas.yaml"),
    )
    yield from _serving("QUOIN_GUARDED_ADDRESS", flags)


def _serving(variable: str, flags: tuple[str, ...]) -> Iterator[str]:
    given = os.environ.get(variable)
    if given:
        yield given
        return
    with Server(flags=flags) as server:
        yield server.address


@pytest.fixture(autouse=True)
def steady_hour() -> None:
    """Figures are kept by the hour: no test begins when the next one is about to."""
    left = 3_600 - time.time() % 3_600
    if left < 30:
        time.sleep(left + 1)


@pytest.fixture
def namespace() -> str:
    return f"py-{os.getpid()}-{next(_NUMBERS)}"


@pytest.fixture
def new_server() -> Iterator[Callable[[], Server]]:
    """Starts servers that a test may stop and kill."""
    servers: list[Server] = []

    def start() -> Server:
        servers.append(Server().start())
        return servers[-1]

    yield start
    for server in servers:
        server.close()
