# SPDX-License-Identifier: Apache-2.0
"""Streams that are opened again whenever they end, until they are closed or make no sense."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Generic, TypeVar

import grpc
import grpc.aio

from quoin import exceptions
from quoin._core.link import Backoff, Link
from quoin._core.state import State, name_of
from quoin.exceptions import ClosedError, QuoinError

Q = TypeVar("Q")
R = TypeVar("R")
T = TypeVar("T")

# What another attempt can mend: trouble of servers and networks, and what is full for a while.
_PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}


class Resuming(Generic[Q, R]):
    """The messages of a stream, and of those that follow it.

    ``read`` may be cancelled, by a time limit for example: the message comes the next time.
    """

    def __init__(self, link: Link, method: Callable[[Q], Any], request: Callable[[], Q]) -> None:
        self.is_connected = False
        self.is_closed = False
        self._link = link
        self._method = method
        self._request = request
        self._backoff = Backoff()
        self._state = State(link, f"the stream {name_of(method)}")
        self._call: Any = None
        self._reading: asyncio.Task[R] | None = None
        self._on_break: Callable[[], None] | None = None
        link.opened(self, self.close)

    def on_break(self, listener: Callable[[], None]) -> None:
        """Has somebody told when a stream ended that will be opened again."""
        self._on_break = listener

    async def read(self) -> R:
        """The next message. Fails when the stream makes no sense or is closed."""
        if self.is_closed:
            raise exceptions.closed()
        if self._reading is None:
            self._reading = self._link.spawn(self._next())
        await asyncio.wait([self._reading])
        if self.is_closed:
            raise exceptions.closed()
        reading, self._reading = self._reading, None
        return reading.result()

    async def close(self) -> None:
        """Ends it."""
        self.is_closed = True
        self.is_connected = False
        self._link.closed(self)
        reading = self._reading
        if reading is not None and not reading.done():
            reading.cancel()
        if self._call is not None:
            self._call.cancel()
        if reading is not None:
            await asyncio.wait([reading])

    async def _next(self) -> R:
        while True:
            broken: QuoinError | None = None
            try:
                with self._link.explained():
                    if self._call is None:
                        self._call = self._method(self._request())
                    message: R = await self._call.read()
                if message is not grpc.aio.EOF:
                    self.is_connected = True
                    self._state.works()
                    self._backoff.reset()
                    return message
            except QuoinError as e:
                if e.code not in _PASSING or self._link.is_closing:
                    await self.close_quietly()
                    raise
                broken = e
            self._call = None
            self.is_connected = False
            self._state.fails(broken or "the server goes away")
            if self._on_break is not None:
                self._on_break()
            await self._backoff.wait()

    async def close_quietly(self) -> None:
        """Forgets the stream; it has ended by itself."""
        self.is_connected = False
        self._link.closed(self)


class Stream(Generic[T], AsyncIterator[T]):
    """What a stream brings, one thing after the other, until it is closed.

    A broken stream is opened again, at whatever server, and goes on where it was. Reading may be
    given a time limit: what did not come in time comes the next time. Use it with ``async with``,
    or close it.
    """

    def __init__(self, stream: Resuming[Any, Any]) -> None:
        self._stream = stream
        self._ready: deque[T] = deque()

    @property
    def is_connected(self) -> bool:
        """Whether a server is being heard now."""
        return self._stream.is_connected

    def items(self, message: Any) -> list[T]:
        """What a message brings; it may be nothing."""
        raise NotImplementedError

    def handed_over(self) -> None:
        """Something was given to the caller."""

    async def more(self) -> list[T]:
        """Waits for what comes next, which may be several things at once; empty at the end."""
        while not self._stream.is_closed:
            try:
                items = self.items(await self._stream.read())
            except ClosedError:
                if self._stream.is_closed:
                    break
                raise
            if items:
                return items
        return []

    async def close(self) -> None:
        """Ends it."""
        await self._stream.close()

    async def __anext__(self) -> T:
        while not self._ready:
            items = await self.more()
            if not items:
                raise StopAsyncIteration
            self._ready.extend(items)
        item = self._ready.popleft()
        self.handed_over()
        return item

    async def __aenter__(self: "S") -> "S":
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()


S = TypeVar("S", bound=Stream[Any])
