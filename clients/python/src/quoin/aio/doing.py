# SPDX-License-Identifier: Apache-2.0
"""A task that is being done."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any

from quoin._core import callbacks
from quoin._core.callbacks import LOG, Raised
from quoin.queues.v1 import Done, Failed, LeasedTask, WorkRequest
from quoin.tasks import LONGEST_PAUSE, Reject, Retry, Task, shortened

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
        self.stop()
        if self.work is not None:
            self.work.cancel()

    async def outcome(self, handler: Handler, threads: Executor | None) -> WorkRequest:
        """Does it, and says how it ended."""
        result = await self._handled(handler, threads)
        if self.is_over:
            raise asyncio.CancelledError
        if isinstance(result, Raised):
            return WorkRequest(nack=self._failed(result.error))
        encoded = _encoded(result)
        if isinstance(encoded, Raised):
            return WorkRequest(nack=self._failed(encoded.error))
        leased = self.leased
        done = Done(queue=leased.queue, task_id=leased.task_id, token=leased.token)
        done.result = encoded
        return WorkRequest(ack=done)

    async def _handled(self, handler: Handler, threads: Executor | None) -> Any:
        if inspect.iscoroutinefunction(handler):
            result: Any = callbacks.call(handler, self.task)
        else:
            loop = asyncio.get_running_loop()
            result = await loop.run_in_executor(threads, callbacks.call, handler, self.task)
        if inspect.isawaitable(result):
            self.handling = callbacks.begin(result)
            if self.task.is_stopped:
                self.handling.cancel()
            await asyncio.wait([self.handling])
            cancelled = Raised(asyncio.CancelledError())
            result = cancelled if self.handling.cancelled() else self.handling.result()
        return result

    def _failed(self, error: BaseException) -> Failed:
        leased = self.leased
        failed = Failed(queue=leased.queue, task_id=leased.task_id, token=leased.token)
        if isinstance(error, asyncio.CancelledError) and self.task.is_stopped:
            failed.error = "stopped"
        elif isinstance(error, Retry) and _is_pause(error.after):
            failed.error = shortened(callbacks.text_of(error), LONGEST_ERROR)
            failed.retry_after.FromNanoseconds(round(error.after * 1e9))
        elif isinstance(error, Reject):
            failed.error = shortened(callbacks.text_of(error) or "rejected", LONGEST_ERROR)
            failed.dead = True
        else:
            LOG.warning("task %s of kind %s failed", leased.task_id, leased.kind, exc_info=error)
            failed.error = shortened(callbacks.described(error), LONGEST_ERROR)
        return failed


def _encoded(result: object) -> bytes | Raised:
    """A result for the wire. One that has none is not tried again: the work is done."""
    if result is None:
        return b""
    if isinstance(result, str):
        encoded = callbacks.call(lambda: str.encode(result))
    elif isinstance(result, bytes | bytearray | memoryview):
        encoded = callbacks.call(lambda: bytes(result))
    else:
        text = f"the result is of type {type(result).__name__}; return str, bytes or None"
        return Raised(Reject(text))
    if isinstance(encoded, Raised):
        return Raised(Reject(f"the result cannot be sent: {callbacks.described(encoded.error)}"))
    if len(encoded) > LONGEST_RESULT:
        return Raised(Reject(f"the result has {len(encoded)} bytes, at most 65,536 are allowed"))
    return encoded


def _is_pause(after: object) -> bool:
    """Whether a pause is still what ``Retry`` made of it."""
    return isinstance(after, float) and 0 <= after <= LONGEST_PAUSE
