# SPDX-License-Identifier: Apache-2.0
"""A task that is being done."""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any

from quoin._core.link import LOG
from quoin.queues.v1 import Done, Failed, LeasedTask, WorkRequest
from quoin.tasks import Reject, Retry, Task, shortened

Result = str | bytes | None
Handler = Callable[[Task], Result | Awaitable[Result]]

LONGEST_ERROR = 2_048
LONGEST_RESULT = 65_536


class Doing:
    """A task that the worker has."""

    def __init__(self, leased: LeasedTask, task: Task) -> None:
        self.leased = leased
        self.task = task
        self.is_begun = False
        self.work: asyncio.Task[None] | None = None
        self.is_over = False
        self.handling: asyncio.Future[Any] | None = None

    def stop(self) -> None:
        """Tells the handler. A coroutine is cancelled; a thread ends when it wants to."""
        self.task.stop()
        if self.handling is not None:
            self.handling.cancel()

    def end(self) -> None:
        """Gives it up."""
        self.is_over = True
        self.task.stop()
        if self.work is not None:
            self.work.cancel()

    async def outcome(self, handler: Handler, threads: Executor | None) -> WorkRequest:
        """Does it, and says how it ended."""
        leased = self.leased
        failed = Failed(queue=leased.queue, task_id=leased.task_id, token=leased.token)
        try:
            result = await self._result(handler, threads)
            if len(result) > LONGEST_RESULT:
                raise Reject(f"the result has {len(result)} bytes, at most 65,536 are allowed")
            done = Done(queue=leased.queue, task_id=leased.task_id, token=leased.token)
            done.result = result
            return WorkRequest(ack=done)
        except asyncio.CancelledError:
            if self.is_over:
                raise
            failed.error = "stopped"
        except Retry as e:
            failed.error = shortened(str(e), LONGEST_ERROR)
            failed.retry_after.FromNanoseconds(round(e.after * 1e9))
        except Reject as e:
            failed.error = shortened(str(e) or "rejected", LONGEST_ERROR)
            failed.dead = True
        except Exception as e:
            LOG.warning("task %s of kind %s failed", leased.task_id, leased.kind, exc_info=True)
            failed.error = shortened(f"{type(e).__name__}: {e}", LONGEST_ERROR)
        return WorkRequest(nack=failed)

    async def _result(self, handler: Handler, threads: Executor | None) -> bytes:
        result: Any
        if inspect.iscoroutinefunction(handler):
            self.handling = asyncio.ensure_future(handler(self.task))
            result = await self.handling
        else:
            work = functools.partial(handler, self.task)
            result = await asyncio.get_running_loop().run_in_executor(threads, work)
        return result.encode() if isinstance(result, str) else result or b""
