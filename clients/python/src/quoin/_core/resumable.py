# SPDX-License-Identifier: Apache-2.0
"""Streams that are opened again whenever they end, until they are closed or make no sense."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import grpc
import grpc.aio

from quoin import exceptions
from quoin._core import forks
from quoin._core.client_core import Backoff, ClientCore
from quoin._core.rpcs import Rpc
from quoin._core.state import State
from quoin._core.tokens import is_of_callback
from quoin.exceptions import ClosedError, QuoinError

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


class Messages:
    """The messages of one call. ``more`` may be cancelled: the message comes the next time."""

    def __init__(self, core: ClientCore, rpc: Rpc, requests: Any) -> None:
        self.is_connected = False
        self.is_closed = False
        self.name = rpc.name
        self._core = core
        self._rpc = rpc
        self._requests = requests
        self._call: Any = None
        self._reading: asyncio.Task[Any] | None = None
        self._generation = forks.generation
        core.opened(self, self.close)

    async def more(self) -> Sequence[Any]:
        """Waits for what comes next; empty at the end."""
        try:
            message = await self.read()
        except ClosedError:
            if self.is_closed:
                return ()
            raise
        return () if message is grpc.aio.EOF else (message,)

    def handed_over(self) -> None:
        """Something was given to the caller."""

    async def read(self) -> Any:
        """The next message. Fails when the stream makes no sense or is closed."""
        if self.is_closed:
            raise exceptions.closed()
        if self._reading is None:
            self._reading = self._core.spawn(self._next())
        await asyncio.wait([self._reading])
        if self.is_closed:
            raise exceptions.closed()
        reading, self._reading = self._reading, None
        return reading.result()

    def abandon(self) -> None:
        """Ends it because nobody has it any more; from any thread."""
        if not self.is_closed and self._generation == forks.generation:
            # After the loop has ended nothing is open.
            with contextlib.suppress(RuntimeError):
                self._core.loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if not self.is_closed:
            self._core.spawn(self.close())

    async def close(self) -> None:
        """Ends it."""
        self.is_closed = True
        self._forget()
        reading = self._reading
        if reading is not None and not reading.done():
            reading.cancel()
        if self._call is not None:
            self._call.cancel()
        if reading is not None:
            await asyncio.wait([reading])

    async def _next(self) -> Any:
        try:
            with self._core.explained(self._requests):
                if self._call is None:
                    self._call = await self._core.stream(self._rpc, self._requests)
                message = await self._call.read()
        except BaseException:
            self._forget()
            raise
        self.is_connected = message is not grpc.aio.EOF
        if not self.is_connected:
            self._forget()
        return message

    def _forget(self) -> None:
        """It has ended."""
        self.is_connected = False
        self._core.closed(self)


class ResumableStream(Messages):
    """The messages of a stream, and of those that follow it."""

    def __init__(self, core: ClientCore, rpc: Rpc, request: Callable[[], Any]) -> None:
        super().__init__(core, rpc, None)
        self._request = request
        self._backoff = Backoff()
        self._state = State(core, f"the stream {rpc.name}")
        self._on_break: Callable[[], None] | None = None

    def on_break(self, listener: Callable[[], None]) -> None:
        """Has somebody told when a stream ended that will be opened again."""
        self._on_break = listener

    async def _next(self) -> Any:
        while True:
            broken: QuoinError | None = None
            try:
                self._requests = self._request() if self._call is None else None
                message = await super()._next()
                if message is not grpc.aio.EOF:
                    self._state.works()
                    self._backoff.reset()
                    return message
            except QuoinError as e:
                passes = e.code in _PASSING or is_of_callback(e)
                if not passes or self._core.is_closing:
                    raise
                broken = e
            self._call = None
            self._core.opened(self, self.close)
            self._state.fails(broken or "the server goes away")
            if self._on_break is not None:
                self._on_break()
            await self._backoff.wait()


class LogStream(ResumableStream, Generic[T]):
    """What happens, in order, from a cursor on.

    A broken stream goes on after what arrived last: nothing is lost or comes twice, unless something
    in the stream says so. ``events`` tells what a message brings, each with the cursor after it; one
    without a cursor leaves the place where it was.
    """

    def __init__(
        self,
        core: ClientCore,
        rpc: Rpc,
        request: Any,
        events: Callable[[Any], Sequence[tuple[T, str]]],
    ) -> None:
        def resumed() -> Any:
            request.cursor = self._received
            return request

        super().__init__(core, rpc, resumed)
        self.cursor: str = request.cursor
        """Where another stream would go on after what this one has handed over."""
        self._received = self.cursor
        self._events = events
        self._after: deque[str] = deque()

    async def more(self) -> Sequence[T]:
        while messages := await super().more():
            # Nothing of the message before is left: it was handed over before this was asked for.
            (message,) = messages
            kind = message.WhichOneof("event")
            if kind in ("heartbeat", "reconnect"):
                self.cursor = self._received = getattr(message, kind).cursor
                continue
            events = self._events(message)
            for _, after in events:
                self._received = after or self._received
                self._after.append(self._received)
            if events:
                return [event for event, _ in events]
        return ()

    def handed_over(self) -> None:
        self.cursor = self._after.popleft()


async def fill(messages: Messages, ready: deque[T], within: float | None) -> None:
    """Waits for what comes next, and keeps it even when nobody waits any more."""

    async def filling() -> None:
        ready.extend(await messages.more())

    try:
        await asyncio.wait_for(filling(), within)
    except asyncio.TimeoutError:
        raise TimeoutError("nothing came in time") from None
