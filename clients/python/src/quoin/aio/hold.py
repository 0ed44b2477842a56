# SPDX-License-Identifier: Apache-2.0
"""Holds grants with a call that stays open."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Generic, TypeVar

import grpc.aio

from quoin import exceptions
from quoin._core import callbacks, wire
from quoin._core.link import Link, pause
from quoin._core.state import State
from quoin.aio.leases import LeaseCalls
from quoin.aio.owned import Grant, Owned, end_of
from quoin.aio.renewal import lost_reason
from quoin.exceptions import NotHeldError, QuoinError, UnavailableError
from quoin.values import LostReason

O = TypeVar("O", bound=Owned)  # noqa: E741

# What both contracts say with these numbers.
_LOST = {1: LostReason.EXPIRED, 3: LostReason.REVOKED}


class HoldCall(Generic[O]):
    """One stream at a time, and another one with the same token when it ends that should not."""

    def __init__(
        self,
        kind: type[O],
        link: Link,
        calls: LeaseCalls,
        on_waiting: Callable[[int], object] | None,
    ) -> None:
        self._kind = kind
        self._link = link
        self._calls = calls
        self._on_waiting = on_waiting
        self._state = State(link, f"holding {calls.name}")
        self._owned: O | None = None
        self._lease: _HeldLease | None = None
        self._outcome: asyncio.Future[O] = link.loop.create_future()
        self._stream: Any = None
        self._task: asyncio.Task[None] | None = None

    async def granted(self) -> O:
        """Waits for the grant, as long as it takes. Cancelling that leaves the line."""
        self._link.opened(self, self._abandon)
        self._task = self._link.spawn(self._run())
        self._task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(self._outcome)
        except asyncio.CancelledError:
            if self._owned is not None:
                self._owned.give_up()
            self._stop()
            raise
        finally:
            self._link.closed(self)

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
            token = self._owned.token if self._owned is not None else ""
            try:
                lost = await self._follow(token)
            except NotHeldError as e:
                lost = lost_reason(e)
            except QuoinError as e:
                if self._owned is None and not isinstance(e, UnavailableError):
                    self._fail(e)
                    return
                self._state.fails(e)
                lost = None
            if lost is not None and self._owned is not None:
                self._owned.lose(lost)
            if self._owned is not None and not self._owned.is_held:
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
        with self._link.explained():
            self._stream = stream = self._calls.hold(token)
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
        if self._on_waiting is not None and self._owned is None:
            what = f"a listener for the place in line for {self._calls.name}"
            callbacks.tell(self._link.spawn, what, self._on_waiting, position)

    async def _grant(self, granted: Any, sent: float) -> bool:
        grant = Grant(granted.token, granted.fence, wire.moment(granted.expire_time))
        if self._lease is not None:
            self._lease.resumed(sent, grant.expire_time)
            return True
        if time.monotonic() - sent >= self._calls.lease / 3:
            # It had to be waited for: nobody knows how much of its lease is left.
            sent = time.monotonic()
            try:
                end = await self._calls.renew(grant.token, self._link.deadline)
            except QuoinError:
                return False
            grant = replace(grant, expire_time=end)
        end_here = end_of(sent, self._calls.lease)
        owned = self._kind(self._link, self._calls, grant, end_here, self._stop)
        self._owned = owned
        self._lease = _HeldLease(owned, self._calls.lease, grant.expire_time, end_here)
        if not self._outcome.done():
            self._outcome.set_result(owned)
        return True

    def _renewed(self, expire_time: datetime) -> None:
        if self._lease is not None:
            self._lease.renewed(expire_time)


class _HeldLease:
    """The lease of a grant that the server renews for as long as the stream is open.

    The anchor is the end of some lease by the clock of Redis and by ours: no later, because that
    lease was counted from before it was asked for. Later ends follow by their difference.
    """

    def __init__(self, owned: Owned, lease: float, anchor: datetime, end: float) -> None:
        self._owned = owned
        self._lease = lease
        self._anchor = anchor
        self._anchor_end = end

    def resumed(self, sent: float, expire_time: datetime) -> None:
        """A new stream took the grant over; its lease was asked for at this moment."""
        self._anchor = expire_time
        self._anchor_end = end_of(sent, self._lease)
        self._owned.renewed(expire_time, self._anchor_end)

    def renewed(self, expire_time: datetime) -> None:
        """The server says that it renewed the lease."""
        end = self._anchor_end + (expire_time - self._anchor).total_seconds()
        self._owned.renewed(expire_time, min(end, end_of(time.monotonic(), self._lease)))
