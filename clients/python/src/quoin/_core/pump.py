# SPDX-License-Identifier: Apache-2.0
"""Sends what has been collected, at intervals, over streams that answer every request."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import grpc.aio

from quoin._core.link import LOG, Backoff, Link
from quoin.exceptions import InvalidRequestError, QuoinError, Reason, UnavailableError

Q = TypeVar("Q")
R = TypeVar("R")

AHEAD = 8
"""How many requests are sent before their answers are waited for."""

REPEATABLE = 540.0
"""Servers remember the ids of requests for ten minutes."""


class Pump(Generic[Q, R]):
    """What was not answered when a stream breaks is sent again over the next one; requests carry
    ids, so that nothing is done twice."""

    def __init__(
        self,
        link: Link,
        method: Callable[[], Any],
        period: float,
        source: Callable[[], Q | None],
        answered: Callable[[R], None],
        lost: Callable[[Q], None],
    ) -> None:
        self._link = link
        self._method = method
        self._period = period
        self._source = source
        self._answered = answered
        self._lost = lost
        self._unanswered: deque[tuple[Q, float]] = deque()
        self._hurry = asyncio.Event()
        self._is_closing = False
        self._flushes: list[asyncio.Future[None]] = []
        link.opened(self, self.close)
        self._running = link.spawn(self._run())

    async def flush(self) -> None:
        """Sends what is collected now, and waits until it is answered or lost."""
        if self._running.done():
            return
        done = self._link.loop.create_future()
        self._flushes.append(done)
        self._hurry.set()
        await done

    async def close(self) -> None:
        """Sends what is collected and waits, no longer than the deadline, until it is answered;
        gives up the rest."""
        self._is_closing = True
        self._hurry.set()
        await asyncio.wait([self._running], timeout=self._link.deadline)
        self._running.cancel()
        await asyncio.wait([self._running])
        while (request := self._next()) is not None:
            self._lost(request)
        self._link.closed(self)

    def _next(self) -> Q | None:
        return self._unanswered.popleft()[0] if self._unanswered else self._source()

    async def _run(self) -> None:
        flushes: list[asyncio.Future[None]] = []
        try:
            while not self._is_closing or self._flushes:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._hurry.wait(), self._period)
                self._hurry.clear()
                flushes, self._flushes = self._flushes, []
                await self._send_all()
                _end(flushes)
        finally:
            _end(flushes + self._flushes)

    async def _send_all(self) -> None:
        backoff = Backoff()
        while self._take():
            try:
                await self._send()
                backoff.reset()
            except QuoinError as e:
                if isinstance(e, InvalidRequestError) or e.reason == Reason.REQUEST_ID_REUSED:
                    LOG.error("a request cannot be sent and is given up: %s", e)
                    self._lost(self._unanswered.popleft()[0])
                await backoff.wait()

    def _take(self) -> bool:
        now = time.monotonic()
        while self._unanswered and now - self._unanswered[0][1] > REPEATABLE:
            self._lost(self._unanswered.popleft()[0])
        while len(self._unanswered) < AHEAD and (request := self._source()) is not None:
            self._unanswered.append((request, now))
        return bool(self._unanswered)

    async def _send(self) -> None:
        """One stream, over which a request follows every answer until all is sent."""
        with self._link.explained():
            call = self._method()
            try:
                for request, _ in list(self._unanswered):
                    await call.write(request)
                while self._unanswered:
                    answer = await call.read()
                    if answer is grpc.aio.EOF:
                        raise UnavailableError("the stream ended", grpc.StatusCode.UNAVAILABLE)
                    self._unanswered.popleft()
                    self._answered(answer)
                await call.done_writing()
            except asyncio.InvalidStateError:
                # It failed while it was written to; reading tells why.
                await call.read()
                raise UnavailableError("the stream ended", grpc.StatusCode.UNAVAILABLE) from None
            finally:
                call.cancel()


def _end(flushes: "list[asyncio.Future[None]]") -> None:
    for flush in flushes:
        if not flush.done():
            flush.set_result(None)
