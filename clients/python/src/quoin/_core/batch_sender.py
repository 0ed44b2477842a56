# SPDX-License-Identifier: Apache-2.0
"""Sends what has been collected, at intervals, over streams that answer every request."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import grpc.aio

from quoin._core.client_core import Backoff, ClientCore, Lasting
from quoin._core.rpcs import Rpc
from quoin._core.state import State
from quoin._core.tokens import is_denied
from quoin.exceptions import InvalidRequestError, QuoinError, Reason, UnavailableError

Q = TypeVar("Q")
R = TypeVar("R")
T = TypeVar("T")

AHEAD = 8
"""How many requests are sent before their answers are waited for."""

REPEATABLE = 540.0
"""Servers remember the ids of requests for ten minutes."""


class BatchSender(Lasting, Generic[Q, R]):
    """What was not answered when a stream breaks is sent again over the next one; requests carry
    ids, so that nothing is done twice."""

    def __init__(
        self,
        core: ClientCore,
        what: str,
        rpc: Rpc,
        period: float,
        source: Callable[[], Q | None],
        parts: Callable[[Q], list[Q]],
        answered: Callable[[R], None],
        lost: Callable[[Q], None],
    ) -> None:
        self._core = core
        self._rpc = rpc
        self._period = period
        self._source = source
        self._parts = parts
        self._answered = answered
        self._lost = lost
        self._unanswered: deque[tuple[Q, float]] = deque()
        self._ahead = AHEAD
        self._state = State(core, what)
        self._is_wanted = asyncio.Event()
        self._is_closing = False
        self._flushes: list[asyncio.Future[None]] = []
        core.opened(self, self.close)
        self._running = core.spawn(self._run())

    async def flush(self) -> None:
        """Sends what is collected now, and waits until it is answered or lost."""
        if self._running.done():
            return
        done = self._core.loop.create_future()
        self._flushes.append(done)
        self._is_wanted.set()
        await done

    async def close(self) -> None:
        """Sends what is collected and waits, no longer than the deadline, until it is answered;
        gives up the rest."""
        self._is_closing = True
        self._is_wanted.set()
        try:
            await asyncio.wait([self._running], timeout=self._core.deadline)
            self._running.cancel()
            await asyncio.wait([self._running])
        finally:
            while (request := self._next()) is not None:
                self._lost(request)
            self._core.closed(self)

    def _next(self) -> Q | None:
        return self._unanswered.popleft()[0] if self._unanswered else self._source()

    async def _run(self) -> None:
        flushes: list[asyncio.Future[None]] = []
        try:
            while not self._is_closing or self._flushes:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._is_wanted.wait(), self._period)
                self._is_wanted.clear()
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
            except Exception as e:
                if not isinstance(e, QuoinError) or _is_refused(e):
                    self._refused(e)
                else:
                    self._state.fails(e)
                    await backoff.wait()

    def _refused(self, error: Exception) -> None:
        """Finds out which request is refused, by sending one at a time, then what of it, by sending
        its halves: the rest is done."""
        if self._ahead > 1:
            self._ahead = 1
            return
        request, since = self._unanswered.popleft()
        parts = self._parts(request) if isinstance(error, InvalidRequestError) else []
        if parts:
            # Nothing of it was done, so the parts may have ids of their own.
            self._unanswered.extendleft((part, since) for part in reversed(parts))
        else:
            self._lost(request)
            self._state.drops(error)

    def _take(self) -> bool:
        now = time.monotonic()
        while self._unanswered and now - self._unanswered[0][1] > REPEATABLE:
            self._lost(self._unanswered.popleft()[0])
        while len(self._unanswered) < self._ahead and (request := self._source()) is not None:
            self._unanswered.append((request, now))
        return bool(self._unanswered)

    async def _send(self) -> None:
        """One stream, over which a request follows every answer until all is sent."""
        with self._core.explained():
            call: Any = await self._core.stream(self._rpc)
            try:
                sent = list(self._unanswered)[: self._ahead]
                for request, _ in sent:
                    await call.write(request)
                for _ in sent:
                    answer = await call.read()
                    if answer is grpc.aio.EOF:
                        raise UnavailableError("the stream ended", grpc.StatusCode.UNAVAILABLE)
                    self._unanswered.popleft()
                    self._answered(answer)
                    self._state.works()
                if not self._unanswered:
                    self._ahead = AHEAD
                await call.done_writing()
            except asyncio.InvalidStateError:
                # It failed while it was written to; reading tells why.
                await call.read()
                raise UnavailableError("the stream ended", grpc.StatusCode.UNAVAILABLE) from None
            finally:
                call.cancel()


def halves(items: Sequence[T]) -> list[Sequence[T]]:
    """The two halves of what can be divided, else nothing."""
    middle = len(items) // 2
    return [items[:middle], items[middle:]] if middle > 0 else []


def _is_refused(error: QuoinError) -> bool:
    return (
        isinstance(error, InvalidRequestError)
        or error.reason == Reason.REQUEST_ID_REUSED
        or is_denied(error)
    )


def _end(flushes: "list[asyncio.Future[None]]") -> None:
    for flush in flushes:
        if not flush.done():
            flush.set_result(None)
