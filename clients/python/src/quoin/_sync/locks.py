# SPDX-License-Identifier: Apache-2.0
"""Locks, for callers that block."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from quoin import aio
from quoin._core.wire import Seconds
from quoin._sync.owned import Lock, LockSet
from quoin._sync.session import View
from quoin._sync.stream import Stream, drained
from quoin.values import LockEvent, LockState

T = TypeVar("T")


class Locks(View[aio.Locks]):
    """The locks of a client's namespace.

    There are two ways to have a lock. ``acquire`` asks for it with single calls, and this process
    renews it. ``hold`` keeps a call open: the server renews the lock for as long as the call lives,
    gives it back at once when this process is gone, and tells the place in line. Both get the same
    locks, and both give a ``Lock``.

    A name is 1 to 512 bytes without control characters; a label (``holder``) is what others see
    while the lock is held. A lease is how long the lock stays held when nothing renews it any more:
    100 ms to 24 h, 10 s by default. All fail with ``InvalidRequestError`` when an argument is not
    allowed, and with ``UnavailableError`` when no server, or no Redis, could be reached.

    KeyboardInterrupt leaves the line; a lock won at that very moment is given back.
    """

    def acquire(
        self,
        name: str,
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        shared: bool = False,
    ) -> Lock:
        """Takes the lock, standing in line for it for at most ``wait``: 0 to 24 h.

        ``shared`` takes it together with others that want it shared, as a reader. Fails with
        ``NotAcquiredError`` when somebody else held it all the time, with ``NotHeldError`` when it
        was granted but its lease had run out by the time the answer arrived, and with
        LOCK_LINE_FULL when too many wait already.
        """

        async def acquired() -> aio.Lock:
            return await self._aio.acquire(
                name, lease=lease, wait=wait, holder=holder, shared=shared
            )

        return Lock(self._portal, self._portal.call(acquired(), aio.Lock.give_up))

    def try_acquire(
        self,
        name: str,
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        shared: bool = False,
    ) -> Lock | None:
        """Like ``acquire``, but gives ``None`` when somebody else held it all the time."""
        acquired = self._portal.call(
            self._aio.try_acquire(name, lease=lease, wait=wait, holder=holder, shared=shared),
            _give_up_any,
        )
        return None if acquired is None else Lock(self._portal, acquired)

    def acquire_all(
        self,
        names: Sequence[str],
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        shared: bool = False,
    ) -> LockSet:
        """Takes several locks, 1 to 16, or none.

        They are taken in an order that is the same for all callers, so that they never wait for
        each other in a circle; ``wait`` is for all of them together. Fails as ``acquire`` does;
        ``NotAcquiredError`` names the lock that could not be had.
        """

        async def acquired() -> aio.LockSet:
            return await self._aio.acquire_all(
                names, lease=lease, wait=wait, holder=holder, shared=shared
            )

        return LockSet(self._portal, self._portal.call(acquired(), aio.LockSet.give_up))

    def hold(
        self,
        name: str,
        *,
        lease: Seconds = 10,
        holder: str = "",
        shared: bool = False,
        on_waiting: Callable[[int], object] | None = None,
    ) -> Lock:
        """Takes the lock, standing in line for it as long as it takes, and holds it with a call
        that stays open.

        A server that drains, dies or loses its connection is replaced by another one, or by itself,
        without losing the lock as long as that takes less than the lease; who was still waiting
        then joins the end of the line. ``on_waiting`` is told the place in line, 1 being the next,
        every time it is known to have changed. Fails as ``acquire`` does, but servers that cannot
        be reached are waited for.
        """
        listener = None if on_waiting is None else self._portal.listen(on_waiting)

        async def held() -> aio.Lock:
            return await self._aio.hold(
                name, lease=lease, holder=holder, shared=shared, on_waiting=listener
            )

        return Lock(self._portal, self._portal.call(held(), aio.Lock.give_up))

    def run(
        self,
        name: str,
        work: Callable[[Lock], T],
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        shared: bool = False,
    ) -> T:
        """Takes the lock and works while it is held; gives what the work gives. Fails as
        ``acquire`` does."""
        with self.acquire(name, lease=lease, wait=wait, holder=holder, shared=shared) as lock:
            return work(lock)

    def get(self, name: str) -> LockState:
        """Tells who holds a lock and how many wait for it."""
        return self._portal.call(self._aio.get(name))

    def list(self, prefix: str = "") -> Iterator[LockState]:
        """The locks that are held or waited for, by the beginning of their names, in no order.

        There is no index: the server looks through all keys of Redis, some at a time. For people
        and tools. A lock may come twice.
        """
        return drained(self._portal, self._aio.list(prefix))

    def force_release(self, name: str, explanation: str = "", *, fence: int = 0) -> bool:
        """Takes a lock from whoever holds it, from all readers if it is shared; tells whether
        anybody did.

        Who held it is told at its next renewal. ``fence`` is what ``get`` showed: nothing happens
        when there was another grant since; 0 for any.
        """
        return self._portal.call(self._aio.force_release(name, explanation, fence=fence))

    def watch(self, name: str) -> Stream[LockEvent]:
        """Tells the present state of a lock, then every change. After trouble the present state is
        told again; who reads slowly is told the newest only."""
        return Stream(self._portal, lambda: self._aio.watch(name))


def _give_up_any(lock: aio.Lock | None) -> None:
    if lock is not None:
        lock.give_up()
