# SPDX-License-Identifier: Apache-2.0
"""An item of work that a worker has, and doing it."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any

from quoin._core import callbacks
from quoin._core.callbacks import Raised

Handler = Callable[[Any], Any | Awaitable[Any]]


class WorkItem:
    """An item of work."""

    def __init__(self, id: str, token: str, kind: str, leased: Any, task: Any) -> None:
        self.id = id
        self.token = token
        self.kind = kind
        self.leased = leased
        """What the server sent."""
        self.task = task
        """What the handler gets; its ``stop`` asks the handler to stop."""
        self.is_begun = False
        self.work: asyncio.Task[None] | None = None
        self._is_over = False
        self._handling: asyncio.Future[Any] | None = None
        self._is_stopped = False

    def stop(self) -> None:
        """Tells the handler. A coroutine is cancelled; a thread ends when it wants to."""
        self._is_stopped = True
        self.task.stop()
        if self._handling is not None:
            self._handling.cancel()

    def end(self) -> None:
        """Gives it up."""
        self._is_over = True
        self.stop()
        if self.work is not None:
            self.work.cancel()

    async def handle(self, handler: Handler, threads: Executor | None) -> Any:
        """Does it; gives what the handler returns or, as ``Raised``, what it raises."""
        result = await self._handled(handler, threads)
        if self._is_over:
            raise asyncio.CancelledError
        return result

    async def _handled(self, handler: Handler, threads: Executor | None) -> Any:
        if inspect.iscoroutinefunction(handler):
            result: Any = callbacks.call(handler, self.task)
        else:
            loop = asyncio.get_running_loop()
            result = await loop.run_in_executor(threads, callbacks.call, handler, self.task)
        if inspect.isawaitable(result):
            self._handling = callbacks.begin(result)
            if self._is_stopped:
                self._handling.cancel()
            await asyncio.wait([self._handling])
            cancelled = Raised(asyncio.CancelledError())
            result = cancelled if self._handling.cancelled() else self._handling.result()
        return result
