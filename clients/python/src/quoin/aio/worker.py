# SPDX-License-Identifier: Apache-2.0
"""Does tasks with handlers."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from quoin._core.link import LOG, Link
from quoin.aio.doing import Doing, Handler
from quoin.aio.work_stream import WorkStream
from quoin.exceptions import InvalidRequestError
from quoin.queues.v1 import LeasedTask, WorkRequest
from quoin.tasks import Task

H = TypeVar("H", bound=Callable[..., Any])


class Worker:
    """Does tasks with the handlers it was given.

    Coroutine functions are called in the event loop and cancelled when their task is to stop; other
    functions are called in threads, as many as the concurrency. What a handler returns is the
    result of the task. When it raises ``Retry``, ``Reject`` or anything else, the task failed. A
    task may be delivered more than once: doing it again must do no harm.

    ``async with worker:`` begins and, at the end, stops; ``await worker.run()`` works until it is
    stopped. A call that breaks is opened again at whatever server; tasks being done go along.
    """

    def __init__(
        self,
        link: Link,
        queues: Sequence[str],
        *,
        concurrency: int,
        lease: float,
        patience: float,
        weights: Sequence[int],
    ) -> None:
        if not 1 <= concurrency <= 500:
            raise ValueError("concurrency must be from 1 to 500")
        self._link = link
        self._patience = patience
        self._concurrency = concurrency
        self._handlers: dict[str, Handler] = {}
        self._stream = WorkStream(
            link,
            WorkRequest.Open(queues=queues, weights=weights, reports_start=True),
            credits=2 * concurrency,
            lease=lease,
        )
        self._tasks: dict[str, Doing] = {}
        self._slots = asyncio.Semaphore(concurrency)
        self._executor: ThreadPoolExecutor | None = None
        self._strays = 0
        self._refusal: InvalidRequestError | None = None
        self._begun = False
        self._stopping: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._stopped: asyncio.Future[None] = link.loop.create_future()

    def task(self, kind: str) -> Callable[[H], H]:
        """Decorates the handler of a kind of tasks."""

        def add(handler: H) -> H:
            self.add(kind, handler)
            return handler

        return add

    def add(self, kind: str, handler: Handler) -> None:
        """Sets the handler of a kind of tasks; before the work begins."""
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
        self._link.opened(self, self.stop)
        self._stream.begin(list(self._handlers), self)

    async def stop(self) -> None:
        """Begins no more tasks, waits for those being done and says how they ended; then ends.
        Tasks that take longer than the worker has patience for, and those not begun, go to other
        workers. Stopping again waits for the same."""
        if self._stopping is None:
            self._stopping = self._link.last(self._stop())
        await asyncio.shield(self._stopping)

    async def run(self, *, handle_signals: bool = True) -> None:
        """Works until it is stopped: by ``stop``, by SIGTERM, or by SIGINT (Ctrl-C). Signals are
        heard in the main thread only. Fails with ``InvalidRequestError`` when the server does not
        let it work."""
        loop = asyncio.get_running_loop()
        heard: list[signal.Signals] = []
        if handle_signals and threading.current_thread() is threading.main_thread():
            heard = [signal.SIGTERM, signal.SIGINT]
        await self.start()
        for one in heard:
            loop.add_signal_handler(one, lambda: self._link.spawn(self.stop()))
        try:
            await asyncio.shield(self._stopped)
        finally:
            for one in heard:
                loop.remove_signal_handler(one)
            await self.stop()
        self.check()

    def on_stopped(self, listener: Callable[[], object]) -> None:
        """Has somebody told when it has stopped."""
        self._stopped.add_done_callback(lambda _: listener())

    async def __aenter__(self) -> "Worker":
        await self.start()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.stop()

    async def _stop(self) -> None:
        self._stream.is_stopping = True
        try:
            await asyncio.wait_for(self._is_idle(), self._patience)
        except asyncio.TimeoutError:
            LOG.warning("tasks are still being done and go to other workers, too")
        finally:
            for doing in list(self._tasks.values()):
                doing.end()
            await self._stream.end()
            if self._executor is not None:
                self._executor.shutdown(wait=False, cancel_futures=True)
            self._link.closed(self)
            self._stopped.set_result(None)

    async def _is_idle(self) -> None:
        while any(doing.is_begun for doing in self._tasks.values()) or self._stream.unsettled:
            self._idle.clear()
            await self._idle.wait()

    def changed(self) -> None:
        """Something was settled, or has ended."""
        self._idle.set()

    def held(self) -> list[LeasedTask]:
        """The tasks it has, for a new call."""
        return [doing.leased for doing in self._tasks.values()]

    def take(self, leased: LeasedTask) -> None:
        """Takes a task; it is begun when there is room."""
        doing = Doing(leased, Task(leased, self._progress))
        self._tasks[leased.task_id] = doing
        if not self._stream.is_stopping:
            doing.work = self._link.spawn(self._do(doing))

    def cancel(self, task_id: str, token: str, *, lost: bool) -> None:
        """A task is to stop; when it is lost another worker may have it."""
        doing = self._tasks.get(task_id)
        if doing is None or doing.leased.token != token:
            return
        doing.stop()
        if lost:
            del self._tasks[task_id]
            if doing.is_begun:
                self._strays += 1
            else:
                self._stream.say(WorkRequest(credits=1))

    def strays(self) -> int:
        """How many tasks are still being done although they were lost."""
        return self._strays

    def refused(self, error: InvalidRequestError) -> None:
        """This worker cannot work: its request makes no sense."""
        self._refusal = error
        self._link.spawn(self.stop())

    def check(self) -> None:
        """Fails when the worker was refused."""
        if self._refusal is not None:
            raise self._refusal

    def _progress(self, progress: Any) -> None:
        message = WorkRequest(progress=progress)
        # A thread may go on after the loop has ended: nobody is told any more.
        with contextlib.suppress(RuntimeError):
            self._link.loop.call_soon_threadsafe(self._stream.say, message)

    async def _do(self, doing: "Doing") -> None:
        async with self._slots:
            if self._stream.is_stopping or self._tasks.get(doing.leased.task_id) is not doing:
                return
            doing.is_begun = True
            started = WorkRequest.Started(task_ids=[doing.leased.task_id])
            self._stream.say(WorkRequest(started=started))
            outcome = await doing.outcome(self._handlers[doing.leased.kind], self._executor)
            if self._tasks.get(doing.leased.task_id) is doing:
                del self._tasks[doing.leased.task_id]
            else:
                self._strays -= 1
            self._stream.settle(doing.leased.task_id, outcome)
            self.changed()
