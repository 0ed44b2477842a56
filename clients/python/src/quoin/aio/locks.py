# SPDX-License-Identifier: Apache-2.0
"""Locks: one caller at a time has the right to work on something."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from quoin._core import wire
from quoin._core.defaults import new_id
from quoin._core.link import Link
from quoin._core.wire import Seconds
from quoin.aio.asking import answered, asking
from quoin.aio.hold import HoldCall
from quoin.aio.leases import LockCalls, mode
from quoin.aio.lock_sets import LockSet, acquire_all
from quoin.aio.lock_watch import LockWatch, lock_state
from quoin.aio.owned import Acquiring, Grant, Lock, while_held
from quoin.aio.renewal import keep
from quoin.exceptions import NotAcquiredError, Reason
from quoin.locks.v1 import (
    AcquireRequest,
    AcquireResponse,
    ForceReleaseRequest,
    GetRequest,
    ListRequest,
)
from quoin.values import LockState

T = TypeVar("T")


class Locks:
    """The locks of a client's namespace.

    There are two ways to have a lock. ``acquire`` asks for it with single calls, and this process
    renews it. ``hold`` keeps a call open: the server renews the lock for as long as the call lives,
    gives it back at once when this process is gone, and tells the place in line. Both get the same
    locks, and both give a ``Lock``.

    A name is 1 to 512 bytes without control characters; a label (``holder``) is what others see
    while the lock is held. A lease is how long the lock stays held when nothing renews it any more:
    100 ms to 24 h, 10 s by default. All fail with ``InvalidRequestError`` when an argument is not
    allowed, and with ``UnavailableError`` when no server, or no Redis, could be reached.

    Cancelling a call leaves the line; a lock won at that very moment is given back.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def acquire(
        self,
        name: str,
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        shared: bool = False,
    ) -> Acquiring[Lock]:
        """Takes the lock, standing in line for it for at most ``wait``: 0 to 24 h.

        ``shared`` takes it together with others that want it shared, as a reader. Fails with
        ``NotAcquiredError`` when somebody else held it all the time, with ``NotHeldError`` when it
        was granted but its lease had run out by the time the answer arrived, and with
        LOCK_LINE_FULL when too many wait already.
        """

        async def acquired() -> Lock:
            found = await self._acquire(name, lease, wait, holder, shared)
            if isinstance(found, AcquireResponse):
                raise NotAcquiredError(
                    name,
                    holder=found.holder,
                    retry_after=wire.seconds_of(found.retry_after),
                    position=found.position,
                )
            return found

        return Acquiring(acquired)

    async def try_acquire(
        self,
        name: str,
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        shared: bool = False,
    ) -> Lock | None:
        """Like ``acquire``, but gives ``None`` when somebody else held it all the time."""
        found = await self._acquire(name, lease, wait, holder, shared)
        return None if isinstance(found, AcquireResponse) else found

    async def _acquire(
        self, name: str, lease: Seconds, wait: Seconds, holder: str, shared: bool
    ) -> Lock | AcquireResponse:
        request = AcquireRequest(
            name=name,
            lease=wire.duration(lease),
            wait=wire.duration(wait),
            holder=holder,
            request_id=new_id(),
            mode=mode(shared),
        )
        calls = LockCalls(self._link, name, wire.whole_millis(lease), holder, shared)

        sent, patience = time.monotonic(), self._link.patience(wire.seconds(wait))
        with asking(self._link, [calls], request.request_id):
            call = self._link.stubs.locks.Acquire(request, timeout=patience)
            answer: AcquireResponse = await answered(self._link, call)
            if not answer.acquired:
                return answer
            grant = Grant(answer.token, answer.fence, wire.moment(answer.expire_time))
            return await keep(Lock, self._link, calls, grant, sent)

    def acquire_all(
        self,
        names: Sequence[str],
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        shared: bool = False,
    ) -> Acquiring[LockSet]:
        """Takes several locks, 1 to 16, or none.

        They are taken in an order that is the same for all callers, so that they never wait for
        each other in a circle; ``wait`` is for all of them together. Fails as ``acquire`` does;
        ``NotAcquiredError`` names the lock that could not be had.
        """
        return Acquiring(lambda: acquire_all(self._link, names, lease, wait, holder, shared))

    def hold(
        self,
        name: str,
        *,
        lease: Seconds = 10,
        holder: str = "",
        shared: bool = False,
        on_waiting: Callable[[int], object] | None = None,
    ) -> Acquiring[Lock]:
        """Takes the lock, standing in line for it as long as it takes, and holds it with a call
        that stays open.

        A server that drains, dies or loses its connection is replaced by another one, or by itself,
        without losing the lock as long as that takes less than the lease; who was still waiting
        then joins the end of the line. ``on_waiting`` is told the place in line, 1 being the next,
        every time it is known to have changed; it must not block. Fails as ``acquire`` does, but
        servers that cannot be reached are waited for.
        """
        calls = LockCalls(self._link, name, wire.whole_millis(lease), holder, shared)
        return Acquiring(lambda: HoldCall(Lock, self._link, calls, on_waiting).granted())

    async def run(
        self,
        name: str,
        work: Callable[[Lock], Awaitable[T]],
        *,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        shared: bool = False,
    ) -> T:
        """Takes the lock and works while it is held; gives what the work gives.

        When the lock is lost the work is cancelled, and this fails with ``NotHeldError``. It fails
        as ``acquire`` does, too.
        """
        acquiring = self.acquire(name, lease=lease, wait=wait, holder=holder, shared=shared)
        async with acquiring as lock:
            return await while_held(lock, work(lock), Reason.LOCK_NOT_HELD)

    async def get(self, name: str) -> LockState:
        """Tells who holds a lock and how many wait for it."""
        request = GetRequest(name=name)
        return lock_state(name, await self._link.call(self._link.stubs.locks.Get(request)))

    async def list(self, prefix: str = "") -> AsyncIterator[LockState]:
        """The locks that are held or waited for, by the beginning of their names, in no order.

        There is no index: the server looks through all keys of Redis, some at a time. For people
        and tools. A lock may come twice.
        """
        request = ListRequest(prefix=prefix)
        while True:
            page = await self._link.call(self._link.stubs.locks.List(request))
            for lock in page.locks:
                yield lock_state(lock.name, lock)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def force_release(self, name: str, explanation: str = "", *, fence: int = 0) -> bool:
        """Takes a lock from whoever holds it, from all readers if it is shared; tells whether
        anybody did.

        Who held it is told at its next renewal. ``fence`` is what ``get`` showed: nothing happens
        when there was another grant since; 0 for any.
        """
        request = ForceReleaseRequest(name=name, explanation=explanation, fence=fence)
        return (await self._link.call(self._link.stubs.locks.ForceRelease(request))).released

    def watch(self, name: str) -> LockWatch:
        """Tells the present state of a lock, then every change. After trouble the present state is
        told again; who reads slowly is told the newest only."""
        return LockWatch(self._link, name)
