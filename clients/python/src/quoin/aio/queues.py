# SPDX-License-Identifier: Apache-2.0
"""Queues: work for later, done by workers in any language."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from quoin._core.portable import Bound
from quoin._core.queue_protocol import QueueProtocol
from quoin._core.task_end import end_of_task
from quoin._core.wire import Seconds, seconds
from quoin._core.worker import Work
from quoin._modes.asynchronous import Handler, Session
from quoin.aio import rpcs
from quoin.queues.v1 import TaskStatus

H = TypeVar("H", bound=Handler)


class Queues(rpcs.Queues):
    """The queues of a client's namespace: their RPCs, workers, and waiting for the end of a task.

    ``enqueue`` returns when the task is kept: from then on it is delivered until it is done,
    cancelled, or has failed as often as it may. It may be delivered more than once. A queue exists
    from its first use.

    When a call of ``lease`` is cancelled or interrupted, takes too long, or reaches no server in the
    end, what it leased is given back in the background, to its place and without using an attempt.
    One that brings a ``request_id`` is the program's to repeat, or to give back by ``release``.
    """

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
        session, within = self._sessions.now(), seconds(patience)
        protocol = QueueProtocol(queues, weights, lease)

        def made() -> Work:
            return Work(session.core, protocol, concurrency=concurrency, patience=within)

        return Worker(session, session.do(made))

    async def wait(self, queue: str, task_id: str, *, timeout: Seconds | None = None) -> TaskStatus:
        """Waits until a task has ended, whatever becomes of servers, and tells how: done, dead or
        cancelled. Fails with TASK_NOT_FOUND when it is not known, and with ``TimeoutError`` when it
        has not ended within the timeout."""
        session: Session = self._sessions.now()
        within = None if timeout is None else seconds(timeout)
        return await session.call(end_of_task(session.core, queue, task_id, within))


class Worker(Bound):
    """Does tasks with the handlers it was given.

    Functions are called in threads, as many as the concurrency; coroutine functions are called in
    the event loop and cancelled when their task is to stop. What a handler returns is the result of
    the task. When it raises ``Retry``, ``Reject`` or anything else, the task failed. A task may be
    delivered more than once: doing it again must do no harm.

    As a context manager it begins and, at the end, stops; ``run`` works until it is stopped. A call
    that breaks is opened again at whatever server; tasks being done go along.
    """

    def __init__(self, session: Session, work: Work) -> None:
        self._session = session
        self._work = work

    def task(self, kind: str) -> Callable[[H], H]:
        """Decorates the handler of a kind of tasks."""

        def add(handler: H) -> H:
            self.add(kind, handler)
            return handler

        return add

    def add(self, kind: str, handler: Handler) -> None:
        """Sets the handler of a kind of tasks; before the work begins."""
        self._work.add(kind, handler)

    async def start(self) -> None:
        """Begins to work."""
        await self._session.call(self._work.start())

    async def stop(self) -> None:
        """Begins no more tasks, waits for those being done and says how they ended; then ends.
        Tasks that take longer than the worker has patience for, and those not begun, go to other
        workers. Stopping again waits for the same. Not to be called by a handler that blocks."""
        await self._session.call(self._work.stop())

    async def run(self, *, handle_signals: bool = True) -> None:
        """Works until it is stopped: by ``stop``, by SIGTERM, or by SIGINT (Ctrl-C). Signals are
        heard in the main thread only. Fails with ``InvalidRequestError`` when the server does not
        let it work."""
        await self._session.until_stopped(self._work, handle_signals=handle_signals)

    async def __aenter__(self) -> "Worker":
        await self.start()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.stop()
