# SPDX-License-Identifier: Apache-2.0
"""Queues, for callers that block."""

import signal
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

from quoin import aio
from quoin._core.wire import Seconds
from quoin._sync.portal import Portal
from quoin._sync.session import View
from quoin.queues.v1 import NewTask, StatsResponse, TaskState, TaskStatus
from quoin.tasks import Task

Handler = Callable[[Task], str | bytes | None]
H = TypeVar("H", bound=Handler)


class Queues(View[aio.Queues]):
    """The queues of a client's namespace.

    ``enqueue`` returns when the task is kept: from then on it is delivered until it is done,
    cancelled, or has failed as often as it may. It may be delivered more than once. A queue exists
    from its first use. All fail with ``InvalidRequestError`` when an argument is not allowed, and
    with ``UnavailableError`` when no server, or no Redis, could be reached.
    """

    def enqueue(self, queue: str, task: NewTask) -> str:
        """Adds a task, once, and gives its id: that of the task that is there when its dedup key is
        known. Fails with QUEUE_FULL when the queue holds as many tasks as it may."""
        return self._portal.call(self._aio.enqueue(queue, task))

    def enqueue_all(self, queue: str, tasks: Sequence[NewTask]) -> list[str]:
        """Adds tasks to one queue, all of them or none; at most 1,000, in their order."""
        return self._portal.call(self._aio.enqueue_all(queue, tasks))

    def worker(
        self,
        *queues: str,
        concurrency: int = 10,
        lease: Seconds = 30,
        patience: Seconds = 30,
        weights: Sequence[int] = (),
    ) -> "Worker":
        """A worker for 1 to 16 queues, the first one first, or by lot in proportion to weights of 1
        to 100.

        ``concurrency``: how many tasks it does at the same time, 1 to 500; as many more are fetched
        ahead. ``lease``: how long a task stays with it when its server dies, 3 s to 1 h.
        ``patience``: how long stopping waits for the tasks being done.
        """
        made = self._portal.do(
            lambda: self._aio.worker(
                *queues, concurrency=concurrency, lease=lease, patience=patience, weights=weights
            )
        )
        return Worker(self._portal, made)

    def get(self, queue: str, task_id: str) -> TaskStatus:
        """Tells about a task. Fails with TASK_NOT_FOUND when it is not, or no longer, known."""
        return self._portal.call(self._aio.get(queue, task_id))

    def wait(self, queue: str, task_id: str, *, timeout: Seconds | None = None) -> TaskStatus:
        """Waits until a task has ended, whatever becomes of servers, and tells how: done, dead or
        cancelled. Fails with TASK_NOT_FOUND when it is not known, and with ``TimeoutError`` when it
        has not ended within the timeout."""
        return self._portal.call(self._aio.wait(queue, task_id, timeout=timeout))

    def cancel(self, queue: str, task_id: str) -> TaskState.ValueType:
        """Cancels a task that waits, or asks its worker to stop. Gives its state now: cancelled,
        leased while its worker has it, or how it had ended."""
        return self._portal.call(self._aio.cancel(queue, task_id))

    def stats(self, queue: str) -> StatsResponse:
        """Tells how much work a queue has and how fast it comes and goes."""
        return self._portal.call(self._aio.stats(queue))


class Worker:
    """Does tasks with the handlers it was given, in threads, as many as the concurrency.

    What a handler returns is the result of the task. When it raises ``Retry``, ``Reject`` or
    anything else, the task failed. A task may be delivered more than once: doing it again must do
    no harm.

    ``with worker:`` begins and, at the end, stops; ``worker.run()`` works until it is stopped. A
    call that breaks is opened again at whatever server; tasks being done are taken along.
    """

    def __init__(self, portal: Portal, worker: aio.Worker) -> None:
        self._portal = portal
        self._worker = worker
        # A queue, because signal handlers may enter it while it is being waited for.
        self._ended: SimpleQueue[None] = SimpleQueue()

    def task(self, kind: str) -> Callable[[H], H]:
        """Decorates the handler of a kind of tasks."""

        def add(handler: H) -> H:
            self.add(kind, handler)
            return handler

        return add

    def add(self, kind: str, handler: Handler) -> None:
        """Sets the handler of a kind of tasks; before the work begins."""
        self._worker.add(kind, handler)

    def start(self) -> None:
        """Begins to work."""
        self._portal.call(self._worker.start())

    def stop(self) -> None:
        """Begins no more tasks, waits for those being done and says how they ended; then ends.
        Tasks that take longer than the worker has patience for, and those not begun, go to other
        workers. Not to be called by a handler."""
        self._portal.call(self._worker.stop())

    def run(self, *, handle_signals: bool = True) -> None:
        """Works until it is stopped: by ``stop`` in another thread, by SIGTERM, or by SIGINT
        (Ctrl-C). Signals are heard in the main thread only. Fails with ``InvalidRequestError`` when
        the server does not let it work."""
        heard: dict[signal.Signals, Any] = {}
        self.start()
        if handle_signals and threading.current_thread() is threading.main_thread():
            for one in (signal.SIGTERM, signal.SIGINT):
                heard[one] = signal.signal(one, lambda *_: self._ended.put(None))
        try:
            self._portal.do(lambda: self._worker.on_stopped(lambda: self._ended.put(None)))
            self._ended.get()
        finally:
            for one, before in heard.items():
                signal.signal(one, before)
            self.stop()
        self._worker.check()

    def __enter__(self) -> "Worker":
        self.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()
