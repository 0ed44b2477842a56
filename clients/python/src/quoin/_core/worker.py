# SPDX-License-Identifier: Apache-2.0
"""Does items of work with handlers, whatever service they come from."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from quoin._core.client_core import LOG, ClientCore
from quoin._core.work_call import WorkCall
from quoin._core.work_item import Handler, WorkItem
from quoin._core.work_protocol import News, WorkProtocol
from quoin.exceptions import QuoinError


class Work:
    """What a worker has to do and does."""

    def __init__(
        self, core: ClientCore, protocol: WorkProtocol, *, concurrency: int, patience: float
    ) -> None:
        if not 1 <= concurrency <= 500:
            raise ValueError("concurrency must be from 1 to 500")
        self._core = core
        self._protocol = protocol
        self._patience = patience
        self._concurrency = concurrency
        self._handlers: dict[str, Handler] = {}
        self._call = WorkCall(core, protocol, credits=2 * concurrency)
        self._items: dict[str, WorkItem] = {}
        self._slots = asyncio.Semaphore(concurrency)
        self._executor: ThreadPoolExecutor | None = None
        self._strays = 0
        self._refusal: QuoinError | None = None
        self._begun = False
        self._stopping: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._stopped: asyncio.Future[None] = core.loop.create_future()

    def add(self, kind: str, handler: Handler) -> None:
        """Sets the handler of a kind; before the work begins."""
        if self._begun:
            raise RuntimeError("the worker works already")
        self._handlers[kind] = handler

    async def start(self) -> None:
        """Begins to work."""
        if not self._handlers:
            raise ValueError("a worker needs a handler")
        if self._begun:
            raise RuntimeError("the worker works already")
        self._begun = True
        self._executor = ThreadPoolExecutor(self._concurrency, thread_name_prefix="quoin-worker")
        self._core.opened(self, self.stop)
        self._call.begin(list(self._handlers), self)

    async def stop(self) -> None:
        """Begins nothing more and waits for what is being done; then ends."""
        if self._stopping is None:
            self._stopping = self._core.last(self._stop())
        await asyncio.shield(self._stopping)

    def on_stopped(self, listener: Callable[[], object]) -> None:
        """Has somebody told when it has stopped."""
        self._stopped.add_done_callback(lambda _: listener())

    def check(self) -> None:
        """Fails when the worker was refused."""
        if self._refusal is not None:
            raise self._refusal

    async def _stop(self) -> None:
        self._call.is_stopping = True
        try:
            await asyncio.wait_for(self._is_idle(), self._patience)
        except asyncio.TimeoutError:
            LOG.warning("tasks are still being done and go to other workers, too")
        finally:
            for item in list(self._items.values()):
                item.end()
            await self._call.end()
            if self._executor is not None:
                self._executor.shutdown(wait=False, cancel_futures=True)
            self._core.closed(self)
            self._stopped.set_result(None)

    async def _is_idle(self) -> None:
        while any(item.is_begun for item in self._items.values()) or self._call.unsettled:
            self._idle.clear()
            await self._idle.wait()

    def held(self) -> list[WorkItem]:
        """The items it has, for a new call."""
        return list(self._items.values())

    def strays(self) -> int:
        """How many items are still being done although they were lost."""
        return self._strays

    def refused(self, error: QuoinError) -> None:
        """This worker cannot work: its request makes no sense."""
        self._refusal = error
        self._core.spawn(self.stop())

    def told(self, news: News) -> None:
        """A server has said something."""
        for item in news.items:
            self._items[item.id] = item
            if not self._call.is_stopping:
                item.work = self._core.spawn(self._do(item))
        for ended in news.ended:
            self._end(ended.id, ended.token, ended.is_lost)
        self._idle.set()

    def _end(self, id: str, token: str, is_lost: bool) -> None:
        item = self._items.get(id)
        if item is None or item.token != token:
            return
        item.stop()
        if is_lost:
            del self._items[id]
            if item.is_begun:
                self._strays += 1
            else:
                self._call.say(self._protocol.credits(1))

    async def _do(self, item: WorkItem) -> None:
        async with self._slots:
            if self._call.is_stopping or self._items.get(item.id) is not item:
                return
            item.is_begun = True
            self._call.say(self._protocol.started(item))
            result = await item.handle(self._handlers[item.kind], self._executor)
            outcome = self._protocol.outcome(item, result)
            if self._items.get(item.id) is item:
                del self._items[item.id]
            else:
                self._strays -= 1
            self._call.settle(item.id, outcome)
            self._idle.set()
