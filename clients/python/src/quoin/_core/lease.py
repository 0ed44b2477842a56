# SPDX-License-Identifier: Apache-2.0
"""What was granted to this process for the time of a lease."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from quoin import exceptions
from quoin._core import callbacks, forks
from quoin._core.callbacks import LOG
from quoin._core.lease_calls import Grant, LeaseCalls
from quoin.exceptions import QuoinError, Reason
from quoin.values import LostReason

# Redis counts leases in whole milliseconds.
CLOCK_STEP = 0.001

T = TypeVar("T")
LostListener = Callable[[LostReason], object]


def end_of(sent: float, lease: float) -> float:
    """When a lease ends here that was asked for at a moment: no later than in Redis."""
    return sent + lease - CLOCK_STEP


class Lease:
    """What was granted: it ends when it is released, or lost. Something else renews it, and is told
    to stop."""

    def __init__(
        self, calls: LeaseCalls, grant: Grant, end: float, stop: Callable[[], None]
    ) -> None:
        self.calls = calls
        self.grant = grant
        self.expire_time = grant.expire_time
        """When the lease ends unless it is renewed, by the clock of Redis as last heard."""
        self._core = calls.core
        self._stop = stop
        self._end = end
        self._over = False
        self._generation = forks.generation
        self._lost: asyncio.Future[LostReason] = self._core.loop.create_future()
        self._releasing: asyncio.Task[None] | None = None
        self._alarm = self._core.loop.call_later(max(0.0, end - time.monotonic()), self._expire)
        self._core.opened(self, self.release)

    @property
    def is_held(self) -> bool:
        """Whether it is neither released nor lost, and its lease still runs by the monotonic clock
        of this process. The lease is counted from before its renewal was asked for, so it ends here
        no later than it ends for others."""
        return self.remaining() > 0

    def remaining(self) -> float:
        """How many seconds the lease still runs; 0 when it does not, and in a child that was forked
        meanwhile: it stays with the parent."""
        is_over = self._over or self._generation != forks.generation
        return 0.0 if is_over else max(0.0, self._end - time.monotonic())

    def on_lost(self, listener: LostListener) -> None:
        """Has a listener called when it is lost: once, at once if it is lost already, and never if
        it was released before. It may be a coroutine function; else it must not block."""
        self._lost.add_done_callback(lambda lost: self._tell(listener, lost))

    @staticmethod
    def give_up_any(lease: "Lease | None") -> None:
        """Gives up what may have been granted."""
        if lease is not None:
            lease.give_up()

    async def lost(self, within: float | None = None) -> LostReason | None:
        """Waits until it is lost; ``None`` when it was not within some time."""
        waiting = asyncio.shield(self._lost)
        try:
            return await asyncio.wait_for(waiting, within)
        except asyncio.TimeoutError:
            return None

    async def leave(self, error: BaseException | None) -> None:
        """Gives it back at the end of a block, which may have failed."""
        try:
            await self.release()
        except QuoinError as e:
            if error is None:
                raise
            LOG.warning(
                "%s could not be given back and ends with its lease: %s", self.calls.name, e
            )

    async def release(self) -> None:
        """Gives it back: no renewal and no loss follows. Releasing again, or what was lost, does
        nothing.

        Fails with ``UnavailableError`` when no server could be told; it then ends with its lease.
        """
        if self._releasing is None:
            held = self._finish()
            self._releasing = self._core.last(self._release(held))
        await asyncio.shield(self._releasing)

    def give_up(self) -> None:
        """Gives it back in the background: it never reached the program."""
        if self._finish():
            self._core.closed(self)
            self.calls.give_back(token=self.grant.token)

    def renewed(self, expire_time: datetime, end: float) -> None:
        """The lease was renewed. One that has run out stays lost."""
        self.expire_time = expire_time
        if self.is_held and end > self._end:
            self._end = end
            self._alarm.cancel()
            self._alarm = self._core.loop.call_later(self.remaining(), self._expire)

    def lose(self, reason: LostReason) -> None:
        """Ends it and tells the listeners."""
        if self._finish():
            self._core.closed(self)
            self._lost.set_result(reason)

    async def _release(self, held: bool) -> None:
        try:
            if held:
                await self.calls.release(self.grant.token)
        finally:
            self._core.closed(self)

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
            self._alarm = self._core.loop.call_later(self.remaining(), self._expire)

    def _tell(self, listener: LostListener, lost: "asyncio.Future[LostReason]") -> None:
        if not lost.cancelled():
            what = f"a listener for the loss of {self.calls.name}"
            callbacks.tell(self._core.spawn, what, listener, lost.result())


async def while_held(lease: Lease, work: Awaitable[T], reason: Reason) -> T:
    """Waits for work that is to end when something is lost; fails then."""
    working = callbacks.begin(work)
    losing = asyncio.ensure_future(lease.lost())
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
    raise exceptions.lost(lease.calls.name, reason)
