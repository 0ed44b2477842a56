# SPDX-License-Identifier: Apache-2.0
"""State that is kept up to date in memory."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from quoin._core import callbacks, wire
from quoin._core.link import Link
from quoin._core.resume import Resuming
from quoin._core.state import State

T = TypeVar("T")
W = TypeVar("W", bound="Watch[Any]")


class Watch(Generic[T]):
    """What a watch knows, kept up to date until it is closed.

    While Quoin cannot be reached it goes on with what it knew last: ``is_stale`` says so, ``as_of``
    since when. Reading never waits.
    """

    def __init__(self, link: Link, stream: Resuming[Any, Any]) -> None:
        self._link = link
        self._stream = stream
        self._listeners: list[Callable[[T], object]] = []
        self._ready: asyncio.Future[None] = link.loop.create_future()
        self._ready.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._as_of: datetime | None = None
        self._is_stale = True
        stream.on_break(self._broken)
        link.spawn(self._follow())

    @property
    def as_of(self) -> datetime | None:
        """When what is known was last seen to be so, by the clock of Redis; ``None`` before it is
        ready."""
        return self._as_of

    @property
    def is_stale(self) -> bool:
        """Whether there may be changes that cannot be seen now."""
        return self._is_stale

    async def ready(self) -> None:
        """Waits until the state is known. Fails when it cannot be, for example with
        ``InvalidRequestError``."""
        await asyncio.shield(self._ready)

    def on_change(self, listener: Callable[[T], object]) -> None:
        """Has a listener told every change from now on, in order; not what is known already. It may
        be a coroutine function; else it must not block."""
        self._listeners.append(listener)

    async def close(self) -> None:
        """Ends the watch; what is known stays."""
        self._is_stale = True
        await self._stream.close()
        self._ready.cancel()

    async def __aenter__(self: W) -> W:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    def take(self, message: Any) -> bool:
        """Takes a message; tells whether the state is known by it."""
        raise NotImplementedError

    def seen(self, as_of: Timestamp, *, stale: bool = False) -> None:
        """Something was told of that time."""
        self._as_of = wire.moment(as_of)
        self._is_stale = stale

    def changed(self, change: T) -> None:
        """Tells the listeners."""
        for listener in tuple(self._listeners):
            callbacks.tell(self._link.spawn, "a listener of a watch", listener, change)

    async def _follow(self) -> None:
        try:
            while True:
                if self.take(await self._stream.read()) and not self._ready.done():
                    self._ready.set_result(None)
        except Exception as e:
            self._is_stale = True
            if not self._ready.done():
                self._ready.set_exception(e)
            elif not self._stream.is_closed and not self._link.is_closing:
                State(self._link, f"a {type(self).__name__}").ends(e)

    def _broken(self) -> None:
        self._is_stale = True
