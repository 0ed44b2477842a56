# SPDX-License-Identifier: Apache-2.0
"""What was granted to this process for the time of a lease."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from quoin import exceptions
from quoin._core import callbacks
from quoin._core.link import LOG, Link
from quoin.aio.leases import LeaseCalls, give_back, release
from quoin.exceptions import QuoinError, Reason
from quoin.values import LostReason

# Redis counts leases in whole milliseconds.
CLOCK_STEP = 0.001

T = TypeVar("T")
O = TypeVar("O", bound="Owned")  # noqa: E741
LostListener = Callable[[LostReason], object]


@dataclass(frozen=True)
class Grant:
    """What a server granted."""

    token: str
    fence: int
    expire_time: datetime


def end_of(sent: float, lease: float) -> float:
    """When a lease ends here that was asked for at a moment: no later than in Redis."""
    return sent + lease - CLOCK_STEP


class Owned:
    """What was granted for the time of a lease.

    It is renewed in the background until it is released or lost; what is never released is renewed
    for as long as its client is open. ``async with`` releases it at the end.
    """

    def __init__(
        self, link: Link, calls: LeaseCalls, grant: Grant, end: float, stop: Callable[[], None]
    ) -> None:
        self._link = link
        self._calls = calls
        self._grant = grant
        self._stop = stop
        self._end = end
        self._expire_time = grant.expire_time
        self._over = False
        self._lost: asyncio.Future[LostReason] = link.loop.create_future()
        self._releasing: asyncio.Task[None] | None = None
        self._alarm = link.loop.call_later(max(0.0, end - time.monotonic()), self._expire)
        link.opened(self, self.release)

    @property
    def name(self) -> str:
        """The name under which it was asked for."""
        return self._calls.name

    @property
    def token(self) -> str:
        """Proves the ownership to the server."""
        return self._grant.token

    @property
    def fence(self) -> int:
        """The number of this grant, greater than that of every earlier grant under this name."""
        return self._grant.fence

    @property
    def expire_time(self) -> datetime:
        """When the lease ends unless it is renewed, by the clock of Redis as last heard."""
        return self._expire_time

    @property
    def is_held(self) -> bool:
        """Whether it is neither released nor lost, and its lease still runs by the monotonic clock
        of this process. The lease is counted from before its renewal was asked for, so it ends here
        no later than it ends for others."""
        return self.remaining() > 0

    def remaining(self) -> float:
        """How many seconds the lease still runs; 0 when it does not."""
        return 0.0 if self._over else max(0.0, self._end - time.monotonic())

    def on_lost(self, listener: LostListener) -> None:
        """Has a listener called when it is lost: once, at once if it is lost already, and never if
        it was released before. It may be a coroutine function; else it must not block."""
        self._lost.add_done_callback(lambda lost: self._tell(listener, lost))

    async def lost(self) -> LostReason:
        """Waits until it is lost, for ever if it never is."""
        return await asyncio.shield(self._lost)

    async def release(self) -> None:
        """Gives it back: no renewal and no loss follows. Releasing again, or what was lost, does
        nothing.

        Fails with ``UnavailableError`` when no server could be told; it then ends with its lease.
        """
        if self._releasing is None:
            held = self._finish()
            self._releasing = self._link.last(self._release(held))
        await asyncio.shield(self._releasing)

    def give_up(self) -> None:
        """Gives it back in the background: it never reached the program."""
        if self._finish():
            self._link.closed(self)
            give_back(self._link, self._calls, token=self.token)

    async def __aenter__(self: O) -> O:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            await self.release()
        except QuoinError as e:
            if error is None:
                raise
            LOG.warning("%s could not be given back and ends with its lease: %s", self.name, e)

    def renewed(self, expire_time: datetime, end: float) -> None:
        """The lease was renewed. One that has run out stays lost."""
        self._expire_time = expire_time
        if self.is_held and end > self._end:
            self._end = end
            self._alarm.cancel()
            self._alarm = self._link.loop.call_later(self.remaining(), self._expire)

    def lose(self, reason: LostReason) -> None:
        """Ends it and tells the listeners."""
        if self._finish():
            self._link.closed(self)
            self._lost.set_result(reason)

    async def _release(self, held: bool) -> None:
        try:
            if held:
                await release(self._link, self._calls, self.token)
        finally:
            self._link.closed(self)

    def _finish(self) -> bool:
        held = not self._over
        self._over = True
        self._alarm.cancel()
        self._stop()
        return held

    def _expire(self) -> None:
        if not self._over and self.remaining() <= 0:
            self.lose(LostReason.EXPIRED)
        elif not self._over:
            self._alarm = self._link.loop.call_later(self.remaining(), self._expire)

    def _tell(self, listener: LostListener, lost: "asyncio.Future[LostReason]") -> None:
        if not lost.cancelled():
            what = f"a listener for the loss of {self.name}"
            callbacks.tell(self._link.spawn, what, listener, lost.result())


class Acquiring(Generic[T]):
    """Something being acquired: ``await`` it, or use ``async with``, which gives it back."""

    def __init__(self, acquire: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._acquire = acquire
        self._owned: Any = None

    def __await__(self) -> Generator[Any, None, T]:
        return self._acquire().__await__()

    async def __aenter__(self) -> T:
        self._owned = owned = await self._acquire()
        return owned

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        await self._owned.__aexit__(kind, error, trace)


class Lock(Owned):
    """A lock that is held."""


class Permits(Owned):
    """Permits of a semaphore that are held."""

    @property
    def permits(self) -> int:
        """How many."""
        return self._calls.permits


async def while_held(owned: Owned, work: Awaitable[T], reason: Reason) -> T:
    """Waits for work that is to end when something is lost; fails then."""
    working = callbacks.begin(work)
    losing = asyncio.ensure_future(owned.lost())
    try:
        await asyncio.wait([working, losing], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            worked = await working
            if isinstance(worked, callbacks.Raised):
                raise worked.error
            return worked
    finally:
        losing.cancel()
        working.cancel()
        await asyncio.wait([working])
    raise exceptions.lost(owned.name, reason)
