# SPDX-License-Identifier: Apache-2.0
"""Several locks at once."""

import asyncio
import time
from collections.abc import Awaitable, Sequence

from quoin._core import wire
from quoin._core.defaults import new_id
from quoin._core.link import Link
from quoin._core.wire import Seconds
from quoin.aio.asking import answered, asking
from quoin.aio.leases import LockCalls, mode
from quoin.aio.owned import Grant, Lock
from quoin.aio.renewal import keep
from quoin.exceptions import NotAcquiredError
from quoin.locks.v1 import AcquireAllRequest, AcquireAllResponse


class LockSet:
    """Several locks that were granted together. Each can be lost, and released, by itself."""

    def __init__(self, locks: Sequence[Lock]) -> None:
        self.locks = tuple(locks)
        """In the order of the names asked for."""

    def __getitem__(self, name: str) -> Lock:
        return {lock.name: lock for lock in self.locks}[name]

    @property
    def is_held(self) -> bool:
        """Whether all of them are held."""
        return all(lock.is_held for lock in self.locks)

    async def release(self) -> None:
        """Gives all of them back; tries each even when another cannot be given back."""
        await self.__aexit__(None, None, None)

    def give_up(self) -> None:
        """Gives all of them back in the background: they never reached the program."""
        for lock in self.locks:
            lock.give_up()

    async def __aenter__(self) -> "LockSet":
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        ends = [lock.__aexit__(kind, error, trace) for lock in self.locks]
        for failed in await asyncio.gather(*ends, return_exceptions=True):
            if failed is not None:
                raise failed


async def acquire_all(
    link: Link, names: Sequence[str], lease: Seconds, wait: Seconds, holder: str, shared: bool
) -> LockSet:
    """Takes several locks or none."""
    request = AcquireAllRequest(
        names=names,
        lease=wire.duration(lease),
        wait=wire.duration(wait),
        holder=holder,
        request_id=new_id(),
        mode=mode(shared),
    )
    millis = wire.whole_millis(lease)

    leases = [LockCalls(link, name, millis, holder, shared) for name in dict.fromkeys(names)]
    sent = time.monotonic()
    with asking(link, leases, request.request_id):
        call = link.stubs.locks.AcquireAll(request, timeout=link.patience(wire.seconds(wait)))
        answer: AcquireAllResponse = await answered(link, call)
        if not answer.acquired:
            raise NotAcquiredError(
                answer.busy_name,
                holder=answer.holder,
                retry_after=wire.seconds_of(answer.retry_after),
                position=answer.position,
            )
        end = wire.moment(answer.expire_time)
        keeping = []
        for grant in answer.grants:
            calls = LockCalls(link, grant.name, millis, holder, shared)
            keeping.append(keep(Lock, link, calls, Grant(grant.token, grant.fence, end), sent))
        return await _all_or_none(keeping)


async def _all_or_none(keeping: Sequence[Awaitable[Lock]]) -> LockSet:
    kept = [asyncio.ensure_future(lock) for lock in keeping]
    try:
        return LockSet(await asyncio.gather(*kept))
    except BaseException:
        for one in kept:
            one.add_done_callback(_give_up)
        raise


def _give_up(one: "asyncio.Future[Lock]") -> None:
    if not one.cancelled() and one.exception() is None:
        one.result().give_up()
