# SPDX-License-Identifier: Apache-2.0
"""Waits for the end of a task, whatever becomes of servers."""

import asyncio

from quoin._core.client_core import ClientCore
from quoin._core.resumable import ResumableStream
from quoin._core.rpcs import rpcs_of
from quoin.queues.v1 import TaskState, TaskStatus

_WAIT = rpcs_of("quoin.queues.v1.Queues")["wait"]
_ENDS = {
    TaskState.TASK_STATE_DONE,
    TaskState.TASK_STATE_DEAD,
    TaskState.TASK_STATE_CANCELLED,
}


async def end_of_task(
    core: ClientCore, queue: str, task_id: str, within: float | None
) -> TaskStatus:
    """How a task ended."""
    request = _WAIT.build(queue=queue, task_id=task_id)
    stream = ResumableStream(core, _WAIT, lambda: request)
    try:
        return await asyncio.wait_for(_end(stream), within)
    except asyncio.TimeoutError:
        raise TimeoutError(f"task {task_id} has not ended") from None
    finally:
        await stream.close()


async def _end(stream: ResumableStream) -> TaskStatus:
    while True:
        status: TaskStatus = (await stream.read()).status
        if status.state in _ENDS:
            return status
