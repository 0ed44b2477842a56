# SPDX-License-Identifier: Apache-2.0
"""Streams, for callers that block."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Generic, TypeVar

from quoin._core import resume
from quoin._core.wire import Seconds, seconds
from quoin._sync.portal import Portal

T = TypeVar("T")
S = TypeVar("S", bound="Stream[Any]")


class Stream(Generic[T], Iterator[T]):
    """What a stream brings, one thing after the other, until it is closed.

    A broken stream is opened again, at whatever server, and goes on where it was. Use it with
    ``with``, or close it; another thread may do so. One thread reads.
    """

    def __init__(self, portal: Portal, stream: Callable[[], resume.Stream[T]]) -> None:
        self._portal = portal
        self._stream = portal.do(stream)
        self._ready: deque[T] = deque()

    @property
    def is_connected(self) -> bool:
        """Whether a server is being heard now."""
        return self._stream.is_connected

    def get(self, timeout: Seconds) -> T:
        """The next thing. Fails with ``TimeoutError`` when nothing came within that time; what
        comes later comes the next time."""
        return self._next(seconds(timeout))

    def close(self) -> None:
        """Ends it."""
        self._portal.end(self._stream.close())

    def __next__(self) -> T:
        return self._next(None)

    def _next(self, timeout: float | None) -> T:
        if not self._ready:
            try:
                self._portal.call(asyncio.wait_for(self._fill(), timeout))
            except asyncio.TimeoutError:
                raise TimeoutError("nothing came in time") from None
            if not self._ready:
                raise StopIteration
        item = self._ready.popleft()
        self._stream.handed_over()
        return item

    async def _fill(self) -> None:
        """Keeps what comes, even when nobody waits for it any more."""
        self._ready.extend(await self._stream.more())

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def drained(portal: Portal, items: AsyncIterator[T]) -> Iterator[T]:
    """What an asynchronous generator gives."""

    async def following() -> T:
        return await items.__anext__()

    while True:
        try:
            item = portal.call(following())
        except StopAsyncIteration:
            return
        yield item
