# SPDX-License-Identifier: Apache-2.0
"""What was granted, for callers that block."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from quoin._core.wire import Seconds, seconds
from quoin._sync.portal import Portal
from quoin.aio import lock_sets
from quoin.aio import owned as aio
from quoin.values import LostReason

A = TypeVar("A", bound=aio.Owned)
O = TypeVar("O", bound="Owned[Any]")  # noqa: E741


class Owned(Generic[A]):
    """What was granted for the time of a lease.

    It is renewed in the background until it is released or lost; what is never released is renewed
    for as long as its client is open. ``with`` releases it at the end. Safe for use by several
    threads.
    """

    def __init__(self, portal: Portal, owned: A) -> None:
        self._portal = portal
        self._owned = owned

    @property
    def name(self) -> str:
        """The name under which it was asked for."""
        return self._owned.name

    @property
    def token(self) -> str:
        """Proves the ownership to the server."""
        return self._owned.token

    @property
    def fence(self) -> int:
        """The number of this grant, greater than that of every earlier grant under this name."""
        return self._owned.fence

    @property
    def expire_time(self) -> datetime:
        """When the lease ends unless it is renewed, by the clock of Redis as last heard."""
        return self._owned.expire_time

    @property
    def is_held(self) -> bool:
        """Whether it is neither released nor lost, and its lease still runs by the monotonic clock
        of this process. The lease is counted from before its renewal was asked for, so it ends here
        no later than it ends for others."""
        return self._owned.is_held

    def on_lost(self, listener: Callable[[LostReason], object]) -> None:
        """Has a listener called when it is lost: once, in a thread where it may block, at once if
        it is lost already, and never if it was released before."""
        self._portal.do(lambda: self._owned.on_lost(self._portal.listen(listener)))

    def lost(self, timeout: Seconds) -> LostReason | None:
        """Waits until it is lost; ``None`` when it was not within that time."""
        return self._portal.call(_within(self._owned, seconds(timeout)))

    def release(self) -> None:
        """Gives it back: no renewal and no loss follows. Releasing again, or what was lost, does
        nothing.

        Fails with ``UnavailableError`` when no server could be told; it then ends with its lease.
        """
        self._portal.end(self._owned.release())

    def __enter__(self: O) -> O:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._portal.call(self._owned.__aexit__(kind, error, trace))


class Lock(Owned[aio.Lock]):
    """A lock that is held."""


class Permits(Owned[aio.Permits]):
    """Permits of a semaphore that are held."""

    @property
    def permits(self) -> int:
        """How many."""
        return self._owned.permits


class LockSet:
    """Several locks that were granted together. Each can be lost, and released, by itself."""

    def __init__(self, portal: Portal, locks: lock_sets.LockSet) -> None:
        self._portal = portal
        self._set = locks
        self.locks = tuple(Lock(portal, lock) for lock in locks.locks)
        """In the order of the names asked for."""

    def __getitem__(self, name: str) -> Lock:
        return {lock.name: lock for lock in self.locks}[name]

    @property
    def is_held(self) -> bool:
        """Whether all of them are held."""
        return self._set.is_held

    def release(self) -> None:
        """Gives all of them back; tries each even when another cannot be given back."""
        self._portal.end(self._set.release())

    def __enter__(self) -> "LockSet":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._portal.call(self._set.__aexit__(kind, error, trace))


async def _within(owned: aio.Owned, limit: float) -> LostReason | None:
    try:
        return await asyncio.wait_for(owned.lost(), limit)
    except asyncio.TimeoutError:
        return None
