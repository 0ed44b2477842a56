# SPDX-License-Identifier: Apache-2.0
"""Semaphores, for callers that block."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from quoin import aio
from quoin._core.wire import Seconds
from quoin._sync.owned import Permits
from quoin._sync.session import View
from quoin._sync.stream import drained
from quoin.values import SemaphoreState

T = TypeVar("T")


class Semaphores(View[aio.Semaphores]):
    """The semaphores of a client's namespace.

    As with locks there are two ways to have permits: ``acquire`` asks for them with single calls,
    and this process renews them; ``hold`` keeps a call open, and the server renews them and gives
    them back at once when this process is gone. Who waits is served in the order of arrival; one
    who wants many is not overtaken by those behind it.

    A name is 1 to 512 bytes without control characters. ``permits`` is 1 to 1,000,000, a lease
    100 ms to 24 h, a label (``holder``) what others see. ``limit`` makes the semaphore in case
    nobody has configured it. All fail with ``InvalidRequestError`` when an argument is not allowed,
    and with ``UnavailableError`` when no server, or no Redis, could be reached.

    KeyboardInterrupt leaves the line; permits won at that very moment are given back.
    """

    def configure(self, name: str, limit: int, *, default_lease: Seconds = 10) -> None:
        """Sets how many permits may be in use at the same time, 1 to 1,000,000, and the lease of
        those that say none. Lowering the limit takes nothing from who holds permits."""
        self._portal.call(self._aio.configure(name, limit, default_lease=default_lease))

    def acquire(
        self,
        name: str,
        *,
        permits: int = 1,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        limit: int = 0,
    ) -> Permits:
        """Takes permits, standing in line for them for at most ``wait``: 0 to 24 h.

        Fails with ``NotAcquiredError`` when there were not enough all the time, with
        ``NotHeldError`` when they were granted but their lease had run out by the time the answer
        arrived, with SEMAPHORE_NOT_FOUND when nobody configured the semaphore and no limit is
        given, with SEMAPHORE_LIMIT_EXCEEDED when there can never be enough, and with
        SEMAPHORE_LINE_FULL when too many wait already.
        """

        async def acquired() -> aio.Permits:
            return await self._aio.acquire(
                name, permits=permits, lease=lease, wait=wait, holder=holder, limit=limit
            )

        return Permits(self._portal, self._portal.call(acquired(), aio.Permits.give_up))

    def try_acquire(
        self,
        name: str,
        *,
        permits: int = 1,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        limit: int = 0,
    ) -> Permits | None:
        """Like ``acquire``, but gives ``None`` when there were not enough all the time."""
        acquired = self._portal.call(
            self._aio.try_acquire(
                name, permits=permits, lease=lease, wait=wait, holder=holder, limit=limit
            ),
            _give_up_any,
        )
        return None if acquired is None else Permits(self._portal, acquired)

    def hold(
        self,
        name: str,
        *,
        permits: int = 1,
        lease: Seconds = 10,
        holder: str = "",
        limit: int = 0,
        on_waiting: Callable[[int], object] | None = None,
    ) -> Permits:
        """Takes permits, standing in line for them as long as it takes, and holds them with a call
        that stays open; see ``Locks.hold``."""
        listener = None if on_waiting is None else self._portal.listen(on_waiting)

        async def held() -> aio.Permits:
            return await self._aio.hold(
                name, permits=permits, lease=lease, holder=holder, limit=limit, on_waiting=listener
            )

        return Permits(self._portal, self._portal.call(held(), aio.Permits.give_up))

    def run(
        self,
        name: str,
        work: Callable[[Permits], T],
        *,
        permits: int = 1,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        limit: int = 0,
    ) -> T:
        """Takes permits and works while they are held; gives what the work gives."""
        with self.acquire(
            name, permits=permits, lease=lease, wait=wait, holder=holder, limit=limit
        ) as held:
            return work(held)

    def get(self, name: str) -> SemaphoreState:
        """Tells about a semaphore, its holders and how many wait. Fails with SEMAPHORE_NOT_FOUND
        when there is none."""
        return self._portal.call(self._aio.get(name))

    def list(self, prefix: str = "") -> Iterator[SemaphoreState]:
        """The semaphores whose names begin with a prefix, in no order, without their holders.

        There is no index: the server looks through all keys of Redis, some at a time. For people
        and tools. A semaphore may come twice.
        """
        return drained(self._portal, self._aio.list(prefix))

    def revoke(self, name: str, id: str, reason: str = "") -> int:
        """Takes the permits of a holder away, who is told; tells how many there were. Fails with
        ``NotHeldError`` when there is no such holder."""
        return self._portal.call(self._aio.revoke(name, id, reason))

    def delete(self, name: str) -> None:
        """Forgets a semaphore. Fails with SEMAPHORE_IN_USE when somebody holds or waits for it."""
        self._portal.call(self._aio.delete(name))


def _give_up_any(permits: aio.Permits | None) -> None:
    if permits is not None:
        permits.give_up()
