# SPDX-License-Identifier: Apache-2.0
"""Streams."""

from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

from quoin._core import resumable
from quoin._core.portable import Bound
from quoin._core.wire import Seconds, seconds
from quoin._modes.asynchronous import Session

S = TypeVar("S", bound="Stream[Any]")
T = TypeVar("T")


class Stream(Bound, Generic[T], AsyncIterator[T]):
    """What a stream brings, one thing after the other, until it is closed.

    Use it as a context manager, or close it; one that nobody has any more ends by itself. Reading
    may be given a time limit: what did not come in time comes the next time. One reads at a time.
    """

    def __init__(self, session: Session, messages: resumable.Messages) -> None:
        self._session = session
        self._messages = messages
        self._ready: deque[T] = deque()

    @property
    def is_connected(self) -> bool:
        """Whether a server is being heard now."""
        return self._messages.is_connected

    async def get(self, timeout: Seconds | None = None) -> T:
        """The next thing. Fails with ``TimeoutError`` when nothing came within that time."""
        if not self._ready:
            within = None if timeout is None else seconds(timeout)
            await self._session.call(resumable.fill(self._messages, self._ready, within))
            if not self._ready:
                raise StopAsyncIteration
        item = self._ready.popleft()
        self._messages.handed_over()
        return item

    async def close(self) -> None:
        """Ends it."""
        await self._session.end(self._messages.close())

    def __del__(self) -> None:
        # It has none when it could not be opened.
        messages = getattr(self, "_messages", None)
        if messages is not None:
            messages.abandon()

    async def __anext__(self) -> T:
        return await self.get()

    async def __aenter__(self: S) -> S:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()


class LogStream(Stream[T]):
    """What happens, in order, until it is closed.

    A broken stream is opened again, at whatever server, and goes on after what arrived last: nothing
    is lost or comes twice, unless something in the stream says so.
    """

    _messages: resumable.LogStream[T]

    @property
    def cursor(self) -> str:
        """Where another stream would go on after what this one has handed over."""
        return self._messages.cursor
