# SPDX-License-Identifier: Apache-2.0
"""Locks: one caller at a time has the right to work on something."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from quoin._core import lease_sets, wire
from quoin._core.client_core import ClientCore
from quoin._core.lease import Lease
from quoin._core.lease_calls import LeaseCalls
from quoin._core.wire import Seconds
from quoin._modes.asynchronous import Answer, Session, acquiring
from quoin.aio import rpcs
from quoin.aio.leases import LeaseHandle, LeaseSet, Wanted
from quoin.exceptions import Reason

T = TypeVar("T")


class Lock(LeaseHandle):
    """A lock that is held."""


LockSet = LeaseSet[Lock]
"""Several locks that were granted together. Each can be lost, and released, by itself."""


class Locks(rpcs.Locks):
    """The locks of a client's namespace: their RPCs, and helpers that keep a lock.

    There are two ways to have a lock. ``acquire`` asks for it with single calls, and this process
    renews it. ``hold`` keeps a call open: the server renews the lock for as long as the call lives,
    gives it back at once when this process is gone, and tells the place in line. Both get the same
    locks, and both give a ``Lock``.

    A name is 1 to 512 bytes without control characters; a ``label`` is what others see
    while the lock is held. A lease is how long the lock stays held when nothing renews it any more:
    100 ms to 24 h, 10 s by default. All fail with ``InvalidRequestError`` when an argument is not
    allowed, and with ``UnavailableError`` when no server, or no Redis, could be reached.

    Cancelling or interrupting a call leaves the line; a lock won at that very moment is given back.
    """

    def _wanted(self, name: str, lease: Seconds, label: str, shared: bool) -> Wanted[Lock]:
        session = self._sessions.now()
        return Wanted(session, Lock, _calls(session.core, name, lease, label, shared))

    @acquiring
    async def acquire(
        self,
        name: str,
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        label: str = "",
        shared: bool = False,
    ) -> Lock:
        """Takes the lock, standing in line for it for at most ``wait``: 0 to 24 h.

        ``shared`` takes it together with others that want it shared, as a reader. Fails with
        ``NotAcquiredError`` when somebody else held it all the time, with ``NotHeldError`` when it
        was granted but its lease had run out by the time the answer arrived, and with
        LOCK_TOO_MANY_WAITERS when too many wait already.
        """
        return await self._wanted(name, lease, label, shared).acquire(wait)

    async def try_acquire(
        self,
        name: str,
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        label: str = "",
        shared: bool = False,
    ) -> Lock | None:
        """Like ``acquire``, but gives ``None`` when somebody else held it all the time."""
        return await self._wanted(name, lease, label, shared).try_acquire(wait)

    @acquiring
    async def acquire_all(
        self,
        names: Sequence[str],
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        label: str = "",
        shared: bool = False,
    ) -> LockSet:
        """Takes several locks, 1 to 16, or none.

        They are taken in an order that is the same for all callers, so that they never wait for
        each other in a circle; ``wait`` is for all of them together. Fails as ``acquire`` does;
        ``NotAcquiredError`` names the lock that could not be had.
        """
        session: Session = self._sessions.now()
        wanted = [_calls(session.core, name, lease, label, shared) for name in names]
        asking = lease_sets.acquire_all(wanted, wait)
        return await session.acquire(asking, _set, lease_sets.give_up_all)

    @acquiring
    async def hold(
        self,
        name: str,
        *,
        lease: Seconds = 10,
        label: str = "",
        shared: bool = False,
        on_waiting: Callable[[int], object] | None = None,
    ) -> Lock:
        """Takes the lock, standing in line for it as long as it takes, and holds it with a call
        that stays open.

        A server that drains, dies or loses its connection is replaced by another one, or by itself,
        without losing the lock as long as that takes less than the lease; who was still waiting
        then joins the end of the line. ``on_waiting`` is told the place in line, 1 being the next,
        every time it is known to have changed. Fails as ``acquire`` does, but servers that cannot be
        reached are waited for.
        """
        return await self._wanted(name, lease, label, shared).hold(on_waiting)

    async def run(
        self,
        name: str,
        work: Callable[[Lock], Answer[T]],
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        label: str = "",
        shared: bool = False,
    ) -> T:
        """Takes the lock and works while it is held; gives what the work gives. Fails as ``acquire``
        does.

        With asyncio the work is cancelled when the lock is lost; this then fails with
        ``NotHeldError``. Work that blocks cannot be ended: it asks ``is_held``.
        """
        wanted = self._wanted(name, lease, label, shared)
        return await wanted.run(work, wait, Reason.LOCK_NOT_HELD)


def _set(session: Session, leases: Sequence[Lease]) -> LockSet:
    return LeaseSet(session, [Lock(session, one) for one in leases])


def _calls(core: ClientCore, name: str, lease: Seconds, label: str, shared: bool) -> LeaseCalls:
    wanted = {"label": label, "mode": "shared" if shared else "exclusive"}
    return LeaseCalls(core, Locks.service, name, wire.whole_millis(lease), wanted)
