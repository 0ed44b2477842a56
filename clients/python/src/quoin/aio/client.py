# SPDX-License-Identifier: Apache-2.0
"""The client for asyncio."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import grpc.aio

from quoin._core.link import Link
from quoin._core.settings import TLS, Settings
from quoin._core.wire import Seconds
from quoin._stubs import AioStubs
from quoin.aio.chat import Chat
from quoin.aio.config import Config
from quoin.aio.counters import Counters
from quoin.aio.locks import Locks
from quoin.aio.logs import Logs
from quoin.aio.queues import Queues
from quoin.aio.semaphores import Semaphores
from quoin.aio.stats import Stats


class Quoin:
    """A client of Quoin for one event loop. Make one per process and namespace with ``connect``,
    and close it at the end; it connects when it is first needed. Children that are forked while it
    is open cannot use Quoin."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @cached_property
    def locks(self) -> Locks:
        """One at a time, or readers together."""
        return Locks(self._link)

    @cached_property
    def semaphores(self) -> Semaphores:
        """At most so many at a time."""
        return Semaphores(self._link)

    @cached_property
    def queues(self) -> Queues:
        """Work for later."""
        return Queues(self._link)

    @cached_property
    def logs(self) -> Logs:
        """What happens now."""
        return Logs(self._link)

    @cached_property
    def config(self) -> Config:
        """Configuration, maintenance and discovery."""
        return Config(self._link)

    @cached_property
    def counters(self) -> Counters:
        """Time series of what happens."""
        return Counters(self._link)

    @cached_property
    def stats(self) -> Stats:
        """Figures of measured values."""
        return Stats(self._link)

    def chat(self, user: str) -> Chat:
        """The chats of a user; Quoin takes it at its word who that is."""
        return Chat(self._link, user)

    @property
    def stubs(self) -> AioStubs:
        """The generated stubs of all services, for what has no helper: they carry the namespace,
        the deadline of unary calls, and a request id where there is none. Calls that are safe to
        repeat are repeated when they meet UNAVAILABLE. ``QuoinError.from_rpc`` explains their
        failures."""
        return self._link.stubs

    @property
    def channel(self) -> grpc.aio.Channel:
        """The connection, for stubs of your own; it ends with this client."""
        return self._link.channel

    async def close(self) -> None:
        """Gives back all that is held, writes what is collected, then ends the connection and every
        call that is still open. Takes no longer than the deadline; what cannot be given back ends
        with its lease."""
        await self._link.close()

    async def __aenter__(self) -> "Quoin":
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()


def connect(
    address: str = "localhost:7400",
    *,
    namespace: str = "default",
    deadline: Seconds = 5,
    keepalive: Seconds = 10,
    tls: bool | TLS = False,
    options: Sequence[tuple[str, Any]] = (),
) -> Quoin:
    """A client for the event loop that runs now; see ``quoin.connect`` for the arguments."""
    return open_client(Settings.of(address, namespace, deadline, keepalive, tls, options))


def open_client(settings: Settings) -> Quoin:
    """A client for the event loop that runs now."""
    return Quoin(Link(settings))
