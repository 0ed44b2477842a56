# SPDX-License-Identifier: Apache-2.0
"""The client."""

from collections.abc import Sequence
from typing import Any, ClassVar

from quoin._core.settings import TLS, Settings, checked_deadline, checked_namespace
from quoin._core.wire import Seconds
from quoin._modes.asynchronous import Sessions, Token
from quoin._modes.options import OtherOptions
from quoin.aio import rpcs
from quoin.aio.chat import Chat
from quoin.aio.config import Config
from quoin.aio.locks import Locks
from quoin.aio.logs import Logs
from quoin.aio.queues import Queues
from quoin.aio.recorders import Counters, Stats
from quoin.aio.semaphores import Semaphores


class Quoin(rpcs.Services):
    """A client of Quoin: an attribute for every service. Make one per process and namespace with
    ``connect``, and close it at the end; it connects when it is first needed.

    The RPCs of a service are methods that take the fields of the request and give the response:
    ``q.locks.get(name="report")``. Some services have helpers beside their RPCs.

    The asyncio client is for one event loop; children that are forked while it is open cannot use
    Quoin. The blocking client is safe for use by several threads and works in a thread of its own.
    After a fork it connects anew in the child, if nothing was open in the parent: no lock or permits
    held, no stream, worker or call; else it refuses to work there.
    """

    kinds: ClassVar = {
        **rpcs.Services.kinds,
        "chat": Chat,
        "config": Config,
        "counters": Counters,
        "locks": Locks,
        "logs": Logs,
        "queues": Queues,
        "semaphores": Semaphores,
        "stats": Stats,
    }

    locks: Locks
    """One at a time, or readers together."""
    semaphores: Semaphores
    """At most so many at a time."""
    queues: Queues
    """Work for later."""
    chat: Chat
    """Rooms in which messages wait for every member."""
    logs: Logs
    """What happens now."""
    config: Config
    """Configuration, maintenance and discovery."""
    counters: Counters
    """Time series of what happens."""
    stats: Stats
    """Figures of measured values."""

    def with_options(
        self, *, namespace: str | None = None, deadline: Seconds | None = None
    ) -> "Quoin":
        """The same client for calls in another namespace, or with another deadline:
        ``q.with_options(deadline=30).locks.list()``. It shares the connection and ends with it."""
        return Quoin(
            OtherOptions(
                self._sessions,
                None if namespace is None else checked_namespace(namespace),
                None if deadline is None else checked_deadline(deadline),
            )
        )

    async def close(self) -> None:
        """Gives back all that is held, writes what is collected, then ends the connection and every
        call that is still open. Takes no longer than the deadline; what cannot be given back ends
        with its lease. Closing again does nothing."""
        await self._sessions.close()

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
    token: Token | None = None,
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

    ``token``: says who calls, to servers that want to know; it is sent as it is, so encrypt the
    connection. One that changes, such as a JWT, is given as a function, which is called before
    every call and every stream, repeated ones included: keep the token while it is good. It may
    block, within the deadline of the call: it runs in a thread, or is a coroutine function, in the
    asyncio client. When it raises something, or what it gives cannot be a token, the call fails
    with UNAUTHENTICATED and nothing else happens; a stream that is opened again asks again.

    Fails with ``ValueError`` when an argument makes no sense, with ``OSError`` when a file cannot
    be read. That of ``quoin.aio`` is called where the event loop runs.
    """
    return Quoin(
        Sessions(Settings.of(address, namespace, deadline, keepalive, tls, options, token))
    )
