# SPDX-License-Identifier: Apache-2.0
"""Semaphores: at most so many callers use something at the same time."""

from collections.abc import Callable
from typing import TypeVar

from quoin._core import wire
from quoin._core.lease_calls import LeaseCalls
from quoin._core.wire import Seconds
from quoin._modes.asynchronous import Answer, acquiring
from quoin.aio import rpcs
from quoin.aio.leases import LeaseHandle, Wanted
from quoin.exceptions import Reason

T = TypeVar("T")


class Permits(LeaseHandle):
    """Permits of a semaphore that are held."""

    @property
    def permits(self) -> int:
        """How many."""
        permits: int = self._lease.calls.wanted["permits"]
        return permits


class Semaphores(rpcs.Semaphores):
    """The semaphores of a client's namespace: their RPCs, and helpers that keep permits.

    As with locks there are two ways to have permits: ``acquire`` asks for them with single calls,
    and this process renews them; ``hold`` keeps a call open, and the server renews them and gives
    them back at once when this process is gone. Who waits is served in the order of arrival; one
    who wants many is not overtaken by those behind it.

    A name is 1 to 512 bytes without control characters. ``permits`` is 1 to 1,000,000, a lease
    100 ms to 24 h, a ``label`` what others see. ``limit`` makes the semaphore in case
    nobody has configured it. All fail with ``InvalidRequestError`` when an argument is not allowed,
    and with ``UnavailableError`` when no server, or no Redis, could be reached.

    Cancelling or interrupting a call leaves the line; permits won at that very moment are given
    back.
    """

    def _wanted(
        self, name: str, permits: int, lease: Seconds, label: str, limit: int
    ) -> Wanted[Permits]:
        session = self._sessions.now()
        wanted = {"permits": permits, "label": label, "limit": limit}
        calls = LeaseCalls(session.core, self.service, name, wire.whole_millis(lease), wanted)
        return Wanted(session, Permits, calls)

    @acquiring
    async def acquire(
        self,
        name: str,
        *,
        permits: int = 1,
        lease: Seconds = 10,
        wait: Seconds = 0,
        label: str = "",
        limit: int = 0,
    ) -> Permits:
        """Takes permits, standing in line for them for at most ``wait``: 0 to 24 h.

        Fails with ``NotAcquiredError`` when there were not enough all the time, with
        ``NotHeldError`` when they were granted but their lease had run out by the time the answer
        arrived, with SEMAPHORE_NOT_FOUND when nobody configured the semaphore and no limit is
        given, with SEMAPHORE_LIMIT_EXCEEDED when there can never be enough, and with
        SEMAPHORE_TOO_MANY_WAITERS when too many wait already.
        """
        return await self._wanted(name, permits, lease, label, limit).acquire(wait)

    async def try_acquire(
        self,
        name: str,
        *,
        permits: int = 1,
        lease: Seconds = 10,
        wait: Seconds = 0,
        label: str = "",
        limit: int = 0,
    ) -> Permits | None:
        """Like ``acquire``, but gives ``None`` when there were not enough all the time."""
        return await self._wanted(name, permits, lease, label, limit).try_acquire(wait)

    @acquiring
    async def hold(
        self,
        name: str,
        *,
        permits: int = 1,
        lease: Seconds = 10,
        label: str = "",
        limit: int = 0,
        on_waiting: Callable[[int], object] | None = None,
    ) -> Permits:
        """Takes permits, standing in line for them as long as it takes, and holds them with a call
        that stays open; see ``Locks.hold``."""
        return await self._wanted(name, permits, lease, label, limit).hold(on_waiting)

    async def run(
        self,
        name: str,
        work: Callable[[Permits], Answer[T]],
        *,
        permits: int = 1,
        lease: Seconds = 10,
        wait: Seconds = 0,
        label: str = "",
        limit: int = 0,
    ) -> T:
        """Takes permits and works while they are held; gives what the work gives. See
        ``Locks.run``."""
        wanted = self._wanted(name, permits, lease, label, limit)
        return await wanted.run(work, wait, Reason.SEMAPHORE_NOT_HELD)
