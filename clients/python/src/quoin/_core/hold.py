# SPDX-License-Identifier: Apache-2.0
"""Holds grants with a call that stays open."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import grpc.aio

import quoin.streams.v1 as streams
from quoin import exceptions
from quoin._core import callbacks, wire
from quoin._core.client_core import pause
from quoin._core.lease import Lease, end_of
from quoin._core.lease_calls import Grant, LeaseCalls
from quoin._core.renewal import lost_reason
from quoin._core.state import State
from quoin.exceptions import NotHeldError, QuoinError, UnavailableError
from quoin.values import LostReason

_LOST = {
    streams.LostReason.LOST_REASON_EXPIRED: LostReason.EXPIRED,
    streams.LostReason.LOST_REASON_REVOKED: LostReason.REVOKED,
}


async def hold(calls: LeaseCalls, on_waiting: Callable[[int], object] | None) -> Lease:
    """Acquires something, waiting as long as it takes, and keeps it with a call that stays open."""
    return await HoldCall(calls, on_waiting).granted()


class HoldCall:
    """One stream at a time, and another one with the same token when it ends that should not."""

    def __init__(self, calls: LeaseCalls, on_waiting: Callable[[int], object] | None) -> None:
        self._core = core = calls.core
        self._calls = calls
        self._on_waiting = on_waiting
        self._state = State(core, f"holding {calls.name}")
        self._lease: Lease | None = None
        self._clock: _LeaseClock | None = None
        self._outcome: asyncio.Future[Lease] = core.loop.create_future()
        self._stream: Any = None
        self._task: asyncio.Task[None] | None = None

    async def granted(self) -> Lease:
        """Waits for the grant, as long as it takes. Cancelling that leaves the line."""
        self._core.opened(self, self._abandon)
        self._task = self._core.spawn(self._run())
        self._task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(self._outcome)
        except asyncio.CancelledError:
            if self._lease is not None:
                self._lease.give_up()
            self._stop()
            raise
        finally:
            self._core.closed(self)

    async def _abandon(self) -> None:
        if not self._outcome.done():
            self._outcome.set_exception(exceptions.closed())
        self._stop()

    def _stop(self) -> None:
        """Ends the stream, which gives back the grant or leaves the line, and opens no other."""
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        if self._stream is not None:
            self._stream.cancel()

    async def _run(self) -> None:
        while True:
            token = self._lease.grant.token if self._lease is not None else ""
            try:
                lost = await self._follow(token)
            except NotHeldError as e:
                lost = lost_reason(e)
            except QuoinError as e:
                if self._lease is None and not isinstance(e, UnavailableError):
                    self._fail(e)
                    return
                self._state.fails(e)
                lost = None
            if lost is not None and self._lease is not None:
                self._lease.lose(lost)
            if self._lease is not None and not self._lease.is_held:
                return
            await asyncio.sleep(pause(self._calls.lease / 10))

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self._outcome.done():
            self._outcome.set_exception(error)

    async def _follow(self, token: str) -> LostReason | None:
        """Reads one stream to its end; tells why the grant is lost, if it is."""
        sent = time.monotonic()
        with self._core.explained():
            self._stream = stream = await self._calls.hold(token)
            try:
                while (message := await stream.read()) is not grpc.aio.EOF:
                    self._state.works()
                    event = message.WhichOneof("event")
                    if event == "waiting":
                        self._waiting(message.waiting.position)
                    elif event == "granted":
                        if not await self._grant(message.granted, sent):
                            return None
                    elif event == "heartbeat" and message.heartbeat.HasField("expire_time"):
                        self._renewed(wire.moment(message.heartbeat.expire_time))
                    elif event == "lost":
                        return _LOST.get(message.lost.reason, LostReason.NOT_HELD)
            finally:
                stream.cancel()
        return None

    def _waiting(self, position: int) -> None:
        if self._on_waiting is not None and self._lease is None:
            what = f"a listener for the place in line for {self._calls.name}"
            callbacks.tell(self._core.spawn, what, self._on_waiting, position)

    async def _grant(self, granted: Any, sent: float) -> bool:
        grant = Grant(granted.token, granted.fence, wire.moment(granted.expire_time), sent)
        if self._clock is not None:
            self._clock.resumed(sent, grant.expire_time)
            return True
        try:
            grant = await self._calls.fresh(grant)
        except QuoinError:
            return False
        end = end_of(grant.sent, self._calls.lease)
        self._lease = lease = Lease(self._calls, grant, end, self._stop)
        self._clock = _LeaseClock(lease, end)
        if not self._outcome.done():
            self._outcome.set_result(lease)
        return True

    def _renewed(self, expire_time: datetime) -> None:
        if self._clock is not None:
            self._clock.renewed(expire_time)


class _LeaseClock:
    """The lease of a grant that the server renews for as long as the stream is open.

    The anchor is the end of some lease by the clock of Redis and by ours: no later, because that
    lease was counted from before it was asked for. Later ends follow by their difference.
    """

    def __init__(self, lease: Lease, end: float) -> None:
        self._lease = lease
        self._anchor = lease.expire_time
        self._anchor_end = end

    def resumed(self, sent: float, expire_time: datetime) -> None:
        """A new stream took the grant over; its lease was asked for at this moment."""
        self._anchor = expire_time
        self._anchor_end = end_of(sent, self._lease.calls.lease)
        self._lease.renewed(expire_time, self._anchor_end)

    def renewed(self, expire_time: datetime) -> None:
        """The server says that it renewed the lease."""
        end = self._anchor_end + (expire_time - self._anchor).total_seconds()
        self._lease.renewed(
            expire_time, min(end, end_of(time.monotonic(), self._lease.calls.lease))
        )
