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
from quoin._sync.queues import Queues
from quoin._sync.semaphores import Semaphores
from quoin._sync.session import Sessions


class Quoin:
    """A client of Quoin that blocks. Make one per process and namespace with ``connect``, and close
    it at the end; it connects when it is first needed.

    Safe for use by several threads. It does its work in an event loop of its own, in a thread of
    its own. After a fork it connects anew in the child, if nothing was open in the parent: no lock
    or permits held, no stream, worker or call; else it refuses to work there.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sessions = Sessions(settings)
        self._stubs_lock = threading.RLock()
        self._channel: Channel | None = None

    @cached_property
    def locks(self) -> Locks:
        """One at a time, or readers together."""
        return Locks(self._sessions, lambda q: q.locks)

    @cached_property
    def semaphores(self) -> Semaphores:
        """At most so many at a time."""
        return Semaphores(self._sessions, lambda q: q.semaphores)

    @cached_property
    def queues(self) -> Queues:
        """Work for later."""
        return Queues(self._sessions, lambda q: q.queues)

    @cached_property
    def logs(self) -> Logs:
        """What happens now."""
        return Logs(self._sessions, lambda q: q.logs)

    @cached_property
    def config(self) -> Config:
        """Configuration, maintenance and discovery."""
        return Config(self._sessions, lambda q: q.config)

    @cached_property
    def counters(self) -> Counters:
        """Time series of what happens."""
        return Counters(self._sessions, lambda q: q.counters)

    @cached_property
    def stats(self) -> Stats:
        """Figures of measured values."""
        return Stats(self._sessions, lambda q: q.stats)

    def chat(self, user: str) -> Chat:
        """The chats of a user; Quoin takes it at its word who that is."""
        return Chat(self._sessions, user)

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
            self._sessions.now()
            if self._channel is None:
                defaults = Defaults(self._settings.namespace, self._settings.deadline, repeated)
                self._channel = Channel(open_channel(self._settings), defaults)
            return self._channel

    def close(self) -> None:
        """Gives back all that is held, writes what is collected, then ends the connection and every
        call that is still open. Takes no longer than the deadline; what cannot be given back ends
        with its lease. Closing again does nothing."""
        try:
            self._sessions.close()
        finally:
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
