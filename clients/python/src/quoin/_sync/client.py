# SPDX-License-Identifier: Apache-2.0
"""The client that blocks."""

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import grpc

from quoin._core.channels import Channel, open_channel
from quoin._core.defaults import Defaults
from quoin._core.repeats import repeated
from quoin._core.settings import TLS, Settings
from quoin._core.wire import Seconds
from quoin._stubs import Stubs
from quoin._sync.chat import Chat
from quoin._sync.config import Config
from quoin._sync.counters import Counters, Stats
from quoin._sync.locks import Locks
from quoin._sync.logs import Logs
from quoin._sync.portal import Portal, close_at_exit, is_closed
from quoin._sync.queues import Queues
from quoin._sync.semaphores import Semaphores
from quoin.aio.client import Quoin as AioQuoin
from quoin.aio.client import open_client


class Quoin:
    """A client of Quoin that blocks. Make one per process and namespace with ``connect``, and close
    it at the end; it connects when it is first needed.

    Safe for use by several threads. It does its work in an event loop of its own, in a thread of
    its own, and does not survive a fork: connect in the child.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._portal = Portal()
        self._aio: AioQuoin = self._portal.do(lambda: open_client(settings))
        self._stubs_lock = threading.Lock()
        self._channel: Channel | None = None
        close_at_exit(self)

    @cached_property
    def locks(self) -> Locks:
        """One at a time, or readers together."""
        return Locks(self._portal, self._aio.locks)

    @cached_property
    def semaphores(self) -> Semaphores:
        """At most so many at a time."""
        return Semaphores(self._portal, self._aio.semaphores)

    @cached_property
    def queues(self) -> Queues:
        """Work for later."""
        return Queues(self._portal, self._aio.queues)

    @cached_property
    def logs(self) -> Logs:
        """What happens now."""
        return Logs(self._portal, self._aio.logs)

    @cached_property
    def config(self) -> Config:
        """Configuration, maintenance and discovery."""
        return Config(self._portal, self._aio.config)

    @cached_property
    def counters(self) -> Counters:
        """Time series of what happens."""
        return Counters(self._portal, self._aio.counters)

    @cached_property
    def stats(self) -> Stats:
        """Figures of measured values."""
        return Stats(self._portal, self._aio.stats)

    def chat(self, user: str) -> Chat:
        """The chats of a user; Quoin takes it at its word who that is."""
        return Chat(self._portal, self._aio.chat(user))

    @cached_property
    def stubs(self) -> Stubs:
        """The generated stubs of all services, for what has no helper: they carry the namespace,
        the deadline of unary calls, and a request id where there is none. Calls that are safe to
        repeat are repeated when they meet UNAVAILABLE. ``QuoinError.from_rpc`` explains their
        failures."""
        return Stubs(self.channel)

    @property
    def channel(self) -> grpc.Channel:
        """A connection for blocking stubs, made when it is first asked for; it ends with this
        client."""
        with self._stubs_lock:
            if self._channel is None:
                defaults = Defaults(self._settings.namespace, self._settings.deadline, repeated)
                self._channel = Channel(open_channel(self._settings), defaults)
            return self._channel

    def close(self) -> None:
        """Gives back all that is held, writes what is collected, then ends the connection and every
        call that is still open. Takes no longer than the deadline; what cannot be given back ends
        with its lease. Closing again does nothing."""
        is_closed(self)
        self._portal.close(self._aio.close())
        with self._stubs_lock:
            if self._channel is not None:
                self._channel.close()

    def __enter__(self) -> "Quoin":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def connect(
    address: str = "localhost:7400",
    *,
    namespace: str = "default",
    deadline: Seconds = 5,
    keepalive: Seconds = 10,
    tls: bool | TLS = False,
    options: Sequence[tuple[str, Any]] = (),
) -> Quoin:
    """A client. It connects when it is first used, so a server that is away shows then.

    ``address``: ``host:port``, or several separated by commas, which share the calls; the port is
    7400 when left out. All addresses of one name are used, and looked up again when a connection is
    lost; several names are looked up once, now. A target of gRPC such as ``dns:///quoin:7400`` or
    ``unix:/run/quoin`` goes as well.

    ``namespace``: whose data all calls are about; 1 to 63 lower-case letters, digits and inner
    hyphens. Two namespaces never see each other.

    ``deadline``: how long a unary call may take, repetitions included, in seconds; the wait for a
    lock comes on top.

    ``keepalive``: how often a silent connection is probed, in seconds, 10 at least; one that does
    not answer within 5 s counts as broken.

    ``tls``: whether the connection is encrypted, and how. ``options``: more channel options of
    gRPC.

    Fails with ``ValueError`` when an argument makes no sense, with ``OSError`` when a file cannot
    be read.
    """
    return Quoin(Settings.of(address, namespace, deadline, keepalive, tls, options))
