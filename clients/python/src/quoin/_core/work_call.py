# SPDX-License-Identifier: Apache-2.0
"""The call of a worker, opened again whenever it ends."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Protocol

import grpc.aio

from quoin._core.client_core import Backoff, ClientCore
from quoin._core.state import State
from quoin._core.tokens import is_denied
from quoin._core.work_item import WorkItem
from quoin._core.work_protocol import News, WorkProtocol
from quoin.exceptions import InvalidRequestError, QuoinError


class Items(Protocol):
    """Who has the items."""

    def held(self) -> list[WorkItem]: ...
    def told(self, news: News) -> None: ...
    def refused(self, error: QuoinError) -> None: ...
    def strays(self) -> int: ...


class WorkCall:
    """One call at a time. How items ended is said again until it has arrived: saying it twice does
    no harm."""

    def __init__(self, core: ClientCore, protocol: WorkProtocol, *, credits: int) -> None:
        self.is_stopping = False
        self.unsettled: dict[str, list[Any]] = {}
        """How items ended that the server has not answered, by id."""
        self._core = core
        self._protocol = protocol
        self._state = State(core, protocol.what)
        self._credits = credits
        self._kinds: Sequence[str] = ()
        self._outbox: asyncio.Queue[Any] | None = None
        self._call: Any = None
        self._running: asyncio.Task[None] | None = None

    def begin(self, kinds: Sequence[str], items: Items) -> None:
        """Begins to ask for items."""
        self._kinds = kinds
        self._running = self._core.spawn(self._run(items))

    def say(self, message: Any) -> None:
        """Says something that need not arrive."""
        if self._outbox is not None:
            self._outbox.put_nowait(message)

    def settle(self, id: str, outcome: Any) -> None:
        """Says how an item ended, again and again until it has arrived."""
        self.unsettled.setdefault(id, []).append(outcome)
        self.say(outcome)

    async def end(self) -> None:
        """Ends the call; the server gives back what has not been settled."""
        self.is_stopping = True
        if self._running is None:
            return
        if self._outbox is not None:
            self._outbox.put_nowait(None)
            await asyncio.wait([self._running], timeout=1)
        self._running.cancel()
        if self._call is not None:
            self._call.cancel()
        await asyncio.wait([self._running])

    async def _run(self, items: Items) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._follow(items, backoff)
                if not self.is_stopping:
                    self._state.fails("the server goes away")
            except QuoinError as e:
                if isinstance(e, InvalidRequestError) or is_denied(e):
                    self._state.ends(e)
                    self.unsettled.clear()
                    items.refused(e)
                    return
                self._state.fails(e)
            if self.is_stopping and not self.unsettled:
                return
            await backoff.wait()

    async def _follow(self, items: Items, backoff: Backoff) -> None:
        outbox: asyncio.Queue[Any] = asyncio.Queue()
        outbox.put_nowait(self._opening(items))
        for outcome in self._all_unsettled():
            outbox.put_nowait(outcome)
        with self._core.explained():
            self._call = call = await self._core.stream(self._protocol.rpc)
            self._outbox = outbox
            writing = self._core.spawn(_write(call, outbox))
            try:
                while (message := await call.read()) is not grpc.aio.EOF:
                    backoff.reset()
                    self._state.works()
                    news = self._protocol.news(message, self._say_in_loop)
                    for id in news.settled:
                        self._settled(id)
                    items.told(news)
            finally:
                self._outbox = None
                writing.cancel()
                call.cancel()

    def _opening(self, items: Items) -> Any:
        held = items.held()
        room = self._credits - len(held) - items.strays() - len(self._all_unsettled())
        credits = 0 if self.is_stopping else max(0, room)
        return self._protocol.open(self._kinds, credits, held)

    def _say_in_loop(self, message: Any) -> None:
        # A thread may go on after the loop has ended: nobody is told any more.
        with contextlib.suppress(RuntimeError):
            self._core.loop.call_soon_threadsafe(self.say, message)

    def _settled(self, id: str) -> None:
        waiting = self.unsettled.get(id)
        if not waiting:
            return
        waiting.pop(0)
        if not waiting:
            del self.unsettled[id]
        if not self.is_stopping:
            self.say(self._protocol.credits(1))

    def _all_unsettled(self) -> list[Any]:
        return [outcome for waiting in self.unsettled.values() for outcome in waiting]


async def _write(call: Any, outbox: "asyncio.Queue[Any]") -> None:
    while (message := await outbox.get()) is not None:
        await call.write(message)
    await call.done_writing()
