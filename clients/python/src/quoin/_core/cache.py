# SPDX-License-Identifier: Apache-2.0
"""State that is kept up to date in memory."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Generic, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from quoin._core import callbacks, wire
from quoin._core.client_core import ClientCore
from quoin._core.resumable import ResumableStream
from quoin._core.rpcs import Rpc
from quoin._core.state import State
from quoin._core.wire import Seconds

T = TypeVar("T")


class Cache(Generic[T]):
    """What a watch knows, kept up to date until it is closed.

    While Quoin cannot be reached it goes on with what it knew last: ``is_stale`` says so, ``as_of``
    since when. Reading never waits.
    """

    def __init__(self, core: ClientCore, rpc: Rpc, request: Callable[[], Any]) -> None:
        self._core = core
        self._stream = ResumableStream(core, rpc, request)
        self._listeners: list[Callable[[T], object]] = []
        self._ready: asyncio.Future[None] = core.loop.create_future()
        self._ready.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.as_of: datetime | None = None
        """When what is known was last seen to be so, by the clock of Redis."""
        self.is_stale = True
        """Whether there may be changes that cannot be seen now."""
        self._stream.on_break(self._broken)
        core.spawn(self._follow())

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
        self.is_stale = True
        await self._stream.close()
        self._ready.cancel()

    def take(self, message: Any) -> bool:
        """Takes a message; tells whether the state is known by it."""
        raise NotImplementedError

    def seen(self, as_of: Timestamp, *, stale: bool = False) -> None:
        """Something was told of that time."""
        self.as_of = wire.moment(as_of)
        self.is_stale = stale

    def changed(self, change: T) -> None:
        """Tells the listeners."""
        for listener in tuple(self._listeners):
            callbacks.tell(self._core.spawn, "a listener of a cache", listener, change)

    async def _follow(self) -> None:
        try:
            while True:
                if self.take(await self._stream.read()) and not self._ready.done():
                    self._ready.set_result(None)
        except Exception as e:
            self.is_stale = True
            if not self._ready.done():
                self._ready.set_exception(e)
            elif not self._stream.is_closed and not self._core.is_closing:
                State(self._core, f"the stream {self._stream.name}").ends(e)

    def _broken(self) -> None:
        self.is_stale = True


async def in_time(work: Coroutine[Any, Any, None], timeout: Seconds | None) -> None:
    """Waits until something is known."""
    try:
        await asyncio.wait_for(work, None if timeout is None else wire.seconds(timeout))
    except asyncio.TimeoutError:
        raise TimeoutError("it is not known in time") from None
