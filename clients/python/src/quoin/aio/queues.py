# SPDX-License-Identifier: Apache-2.0
"""Queues: work for later, done by workers in any language."""

import asyncio
from collections.abc import Sequence

from quoin._core import wire
from quoin._core.defaults import new_id
from quoin._core.link import Link
from quoin._core.resume import Resuming
from quoin._core.wire import Seconds
from quoin.aio.worker import Worker
from quoin.queues.v1 import (
    CancelRequest,
    EnqueueBatchRequest,
    EnqueueRequest,
    GetRequest,
    NewTask,
    StatsRequest,
    StatsResponse,
    TaskState,
    TaskStatus,
    WaitRequest,
    WaitResponse,
)

_ENDS = {
    TaskState.TASK_STATE_DONE,
    TaskState.TASK_STATE_DEAD,
    TaskState.TASK_STATE_CANCELLED,
}


class Queues:
    """The queues of a client's namespace.

    ``enqueue`` returns when the task is kept: from then on it is delivered until it is done,
    cancelled, or has failed as often as it may. It may be delivered more than once. A queue exists
    from its first use. All fail with ``InvalidRequestError`` when an argument is not allowed, and
    with ``UnavailableError`` when no server, or no Redis, could be reached.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def enqueue(self, queue: str, task: NewTask) -> str:
        """Adds a task, once, and gives its id: that of the task that is there when its dedup key is
        known. Fails with QUEUE_FULL when the queue holds as many tasks as it may."""
        request = EnqueueRequest(queue=queue, task=task, request_id=new_id())
        return (await self._link.call(self._link.stubs.queues.Enqueue(request))).task_id

    async def enqueue_all(self, queue: str, tasks: Sequence[NewTask]) -> list[str]:
        """Adds tasks to one queue, all of them or none; at most 1,000, in their order."""
        request = EnqueueBatchRequest(queue=queue, new_tasks=tasks, request_id=new_id())
        answer = await self._link.call(self._link.stubs.queues.EnqueueBatch(request))
        return [result.task_id for result in answer.results]

    def worker(
        self,
        *queues: str,
        concurrency: int = 10,
        lease: Seconds = 30,
        patience: Seconds = 30,
        weights: Sequence[int] = (),
    ) -> Worker:
        """A worker for 1 to 16 queues, the first one first, or by lot in proportion to weights of 1
        to 100.

        ``concurrency``: how many tasks it does at the same time, 1 to 500; as many more are fetched
        ahead. ``lease``: how long a task stays with it when its server dies, 3 s to 1 h.
        ``patience``: how long stopping waits for the tasks being done.
        """
        return Worker(
            self._link,
            queues,
            concurrency=concurrency,
            lease=wire.seconds(lease),
            patience=wire.seconds(patience),
            weights=weights,
        )

    async def get(self, queue: str, task_id: str) -> TaskStatus:
        """Tells about a task. Fails with TASK_NOT_FOUND when it is not, or no longer, known."""
        request = GetRequest(queue=queue, task_id=task_id)
        return (await self._link.call(self._link.stubs.queues.Get(request))).status

    async def wait(self, queue: str, task_id: str, *, timeout: Seconds | None = None) -> TaskStatus:
        """Waits until a task has ended, whatever becomes of servers, and tells how: done, dead or
        cancelled. Fails with TASK_NOT_FOUND when it is not known, and with ``TimeoutError`` when it
        has not ended within the timeout."""
        request = WaitRequest(queue=queue, task_id=task_id)
        stream: Resuming[WaitRequest, WaitResponse] = Resuming(
            self._link, self._link.stubs.queues.Wait, lambda: request
        )
        try:
            limit = None if timeout is None else wire.seconds(timeout)
            return await asyncio.wait_for(_end(stream), limit)
        except asyncio.TimeoutError:
            raise TimeoutError(f"task {task_id} has not ended") from None
        finally:
            await stream.close()

    async def cancel(self, queue: str, task_id: str) -> TaskState.ValueType:
        """Cancels a task that waits, or asks its worker to stop. Gives its state now: cancelled,
        leased while its worker has it, or how it had ended."""
        request = CancelRequest(queue=queue, task_id=task_id)
        return (await self._link.call(self._link.stubs.queues.Cancel(request))).state

    async def stats(self, queue: str) -> StatsResponse:
        """Tells how much work a queue has and how fast it comes and goes."""
        return await self._link.call(self._link.stubs.queues.Stats(StatsRequest(queue=queue)))


async def _end(stream: Resuming[WaitRequest, WaitResponse]) -> TaskStatus:
    while True:
        status = (await stream.read()).status
        if status.state in _ENDS:
            return status
