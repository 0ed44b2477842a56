# SPDX-License-Identifier: Apache-2.0
"""Semaphores: at most so many callers use something at the same time."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from quoin._core import wire
from quoin._core.defaults import new_id
from quoin._core.link import Link
from quoin._core.wire import Seconds
from quoin.aio.asking import answered, asking
from quoin.aio.hold import HoldCall
from quoin.aio.leases import PermitCalls
from quoin.aio.owned import Acquiring, Grant, Permits, while_held
from quoin.aio.renewal import keep
from quoin.exceptions import NotAcquiredError, Reason
from quoin.semaphores.v1 import (
    AcquireRequest,
    AcquireResponse,
    ConfigureRequest,
    DeleteRequest,
    GetRequest,
    ListRequest,
    RevokeRequest,
)
from quoin.values import PermitHolder, SemaphoreState

T = TypeVar("T")


class Semaphores:
    """The semaphores of a client's namespace.

    As with locks there are two ways to have permits: ``acquire`` asks for them with single calls,
    and this process renews them; ``hold`` keeps a call open, and the server renews them and gives
    them back at once when this process is gone. Who waits is served in the order of arrival; one
    who wants many is not overtaken by those behind it.

    A name is 1 to 512 bytes without control characters. ``permits`` is 1 to 1,000,000, a lease
    100 ms to 24 h, a label (``holder``) what others see. ``limit`` makes the semaphore in case
    nobody has configured it. All fail with ``InvalidRequestError`` when an argument is not allowed,
    and with ``UnavailableError`` when no server, or no Redis, could be reached.

    Cancelling a call leaves the line; permits won at that very moment are given back.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def configure(self, name: str, limit: int, *, default_lease: Seconds = 10) -> None:
        """Sets how many permits may be in use at the same time, 1 to 1,000,000, and the lease of
        those that say none. Lowering the limit takes nothing from who holds permits."""
        request = ConfigureRequest(
            name=name, limit=limit, default_lease=wire.duration(default_lease)
        )
        await self._link.call(self._link.stubs.semaphores.Configure(request))

    def acquire(
        self,
        name: str,
        *,
        permits: int = 1,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        limit: int = 0,
    ) -> Acquiring[Permits]:
        """Takes permits, standing in line for them for at most ``wait``: 0 to 24 h.

        Fails with ``NotAcquiredError`` when there were not enough all the time, with
        ``NotHeldError`` when they were granted but their lease had run out by the time the answer
        arrived, with SEMAPHORE_NOT_FOUND when nobody configured the semaphore and no limit is
        given, with SEMAPHORE_LIMIT_EXCEEDED when there can never be enough, and with
        SEMAPHORE_LINE_FULL when too many wait already.
        """
        calls = PermitCalls(
            self._link, name, wire.whole_millis(lease), holder, limit, permits=permits
        )

        async def acquired() -> Permits:
            found = await self._acquire(calls, wait)
            if isinstance(found, AcquireResponse):
                raise NotAcquiredError(
                    name,
                    holder="",
                    retry_after=wire.seconds_of(found.retry_after),
                    position=found.position,
                )
            return found

        return Acquiring(acquired)

    async def try_acquire(
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
        millis = wire.whole_millis(lease)
        calls = PermitCalls(self._link, name, millis, holder, limit, permits=permits)
        found = await self._acquire(calls, wait)
        return None if isinstance(found, AcquireResponse) else found

    async def _acquire(self, calls: PermitCalls, wait: Seconds) -> Permits | AcquireResponse:
        request = AcquireRequest(
            name=calls.name,
            permits=calls.permits,
            lease=wire.duration(calls.lease),
            wait=wire.duration(wait),
            holder=calls.holder,
            limit=calls.limit,
            request_id=new_id(),
        )

        sent, patience = time.monotonic(), self._link.patience(wire.seconds(wait))
        with asking(self._link, [calls], request.request_id):
            call = self._link.stubs.semaphores.Acquire(request, timeout=patience)
            answer: AcquireResponse = await answered(self._link, call)
            if not answer.acquired:
                return answer
            grant = Grant(answer.token, answer.fence, wire.moment(answer.expire_time))
            return await keep(Permits, self._link, calls, grant, sent)

    def hold(
        self,
        name: str,
        *,
        permits: int = 1,
        lease: Seconds = 10,
        holder: str = "",
        limit: int = 0,
        on_waiting: Callable[[int], object] | None = None,
    ) -> Acquiring[Permits]:
        """Takes permits, standing in line for them as long as it takes, and holds them with a call
        that stays open; see ``Locks.hold``."""
        millis = wire.whole_millis(lease)
        calls = PermitCalls(self._link, name, millis, holder, limit, permits=permits)
        return Acquiring(lambda: HoldCall(Permits, self._link, calls, on_waiting).granted())

    async def run(
        self,
        name: str,
        work: Callable[[Permits], Awaitable[T]],
        *,
        permits: int = 1,
        lease: Seconds = 10,
        wait: Seconds = 0,
        holder: str = "",
        limit: int = 0,
    ) -> T:
        """Takes permits and works while they are held; gives what the work gives. When they are
        lost the work is cancelled, and this fails with ``NotHeldError``."""
        acquiring = self.acquire(
            name, permits=permits, lease=lease, wait=wait, holder=holder, limit=limit
        )
        async with acquiring as held:
            return await while_held(held, work(held), Reason.SEMAPHORE_NOT_HELD)

    async def get(self, name: str) -> SemaphoreState:
        """Tells about a semaphore, its holders and how many wait. Fails with SEMAPHORE_NOT_FOUND
        when there is none."""
        state = await self._link.call(self._link.stubs.semaphores.Get(GetRequest(name=name)))
        holders = [
            PermitHolder(
                holder.id,
                holder.holder,
                holder.permits,
                holder.fence,
                wire.moment(holder.acquire_time),
                wire.moment(holder.expire_time),
            )
            for holder in state.holders
        ]
        return SemaphoreState(
            name, state.limit, state.in_use, state.holder_count, state.waiters, tuple(holders)
        )

    async def list(self, prefix: str = "") -> AsyncIterator[SemaphoreState]:
        """The semaphores whose names begin with a prefix, in no order, without their holders.

        There is no index: the server looks through all keys of Redis, some at a time. For people
        and tools. A semaphore may come twice.
        """
        request = ListRequest(prefix=prefix)
        while True:
            page = await self._link.call(self._link.stubs.semaphores.List(request))
            for one in page.semaphores:
                yield SemaphoreState(one.name, one.limit, one.in_use, one.holder_count, one.waiters)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def revoke(self, name: str, id: str, reason: str = "") -> int:
        """Takes the permits of a holder away, who is told; tells how many there were. Fails with
        ``NotHeldError`` when there is no such holder."""
        request = RevokeRequest(name=name, id=id, reason=reason)
        return (await self._link.call(self._link.stubs.semaphores.Revoke(request))).permits

    async def delete(self, name: str) -> None:
        """Forgets a semaphore. Fails with SEMAPHORE_IN_USE when somebody holds or waits for it."""
        await self._link.call(self._link.stubs.semaphores.Delete(DeleteRequest(name=name)))
