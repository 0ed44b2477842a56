# SPDX-License-Identifier: Apache-2.0
"""What all helpers of one client share: its channel, its deadline, and what is open."""

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import grpc

from quoin import exceptions
from quoin._core.callbacks import LOG as LOG
from quoin._core.channels import AioChannel, open_aio_channel
from quoin._core.defaults import Defaults
from quoin._core.portable import Bound
from quoin._core.repeats import RepeatedCall
from quoin._core.settings import Settings
from quoin._stubs import AioStubs
from quoin.exceptions import QuoinError

T = TypeVar("T")

GIVEN_BACK_AT_ONCE = 16
MOST_IN_BACKGROUND = 10_000

LONGEST_WAIT = 86_400.0
SHORTEST_PAUSE = 0.01
LONGEST_PAUSE = 1.0


class Lasting:
    """What collects and sends: nobody sees when it is opened again."""


class Link(Bound):
    """The connection of one client. All of it happens in one event loop."""

    def __init__(self, settings: Settings) -> None:
        self.loop = asyncio.get_running_loop()
        defaults = Defaults(settings.namespace, settings.deadline, RepeatedCall)
        self.deadline = settings.deadline
        self.address = settings.address
        self.channel = AioChannel(open_aio_channel(settings), defaults)
        self.stubs = AioStubs(self.channel)
        self.is_closing = False
        self._closing: asyncio.Task[None] | None = None
        self._open: dict[object, Callable[[], Awaitable[object]]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._last: set[asyncio.Task[Any]] = set()
        self.giving_back = asyncio.Semaphore(GIVEN_BACK_AT_ONCE)

    def patience(self, wait: float) -> float:
        """How long a call that waits may take; longer waits than a day are refused anyway."""
        return self.deadline + min(wait, LONGEST_WAIT)

    async def call(self, answer: Awaitable[T]) -> T:
        """Waits for the answer of a call; cancelling that cancels the call."""
        with self.explained():
            return await answer

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turns what calls fail with into our errors."""
        try:
            yield
        except grpc.RpcError as e:
            raise QuoinError.from_rpc(e) from e
        except asyncio.CancelledError as e:
            # gRPC says the same when the channel is closed and when the caller is cancelled, which
            # is what happens to our own tasks.
            if self.is_closing and not self._is_cancelled():
                raise exceptions.closed() from e
            raise

    def _is_cancelled(self) -> bool:
        task = asyncio.current_task()
        if task is None or task in self._tasks:
            return True
        return sys.version_info >= (3, 11) and task.cancelling() > 0

    def opened(self, resource: object, close: Callable[[], Awaitable[object]]) -> None:
        """Notes what is to be closed, at the latest when the client is."""
        if self.is_closing:
            raise exceptions.closed()
        self._open[resource] = close

    def closed(self, resource: object) -> None:
        """Forgets what was closed."""
        self._open.pop(resource, None)

    def spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Does something in the background; what it fails with is its own affair."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            LOG.debug("something in the background failed", exc_info=task.exception())

    def is_full(self) -> bool:
        """Whether too much is being done in the background for closing to wait for more."""
        return len(self._last) >= MOST_IN_BACKGROUND

    def last(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Does something in the background that closing waits for."""
        task = self.spawn(work)
        self._last.add(task)
        task.add_done_callback(self._last.discard)
        return task

    def is_idle(self) -> bool:
        """Whether nothing is open but what can be opened again without anybody seeing it."""
        return not self._last and all(isinstance(one, Lasting) for one in self._open)

    async def close(self, within: float | None = None) -> None:
        """Closes all that is open, within the deadline, then the connection."""
        if self._closing is None:
            limit = self.deadline if within is None else within
            self._closing = self.loop.create_task(self._close(limit))
        await asyncio.shield(self._closing)

    async def _close(self, within: float) -> None:
        self.is_closing = True
        end = time.monotonic() + within
        try:
            for close in self._open.values():
                self.last(_as_coroutine(close))
            while self._last and time.monotonic() < end:
                await asyncio.wait(list(self._last), timeout=end - time.monotonic())
        finally:
            for task in list(self._tasks):
                task.cancel()
            await self.channel.close()
            await asyncio.gather(*self._tasks, return_exceptions=True)


async def _as_coroutine(close: Callable[[], Awaitable[object]]) -> object:
    return await close()


def pause(longest: float) -> float:
    """How long to pause before trying again, in seconds: spread, so that not all come at once."""
    top = max(SHORTEST_PAUSE, min(LONGEST_PAUSE, longest))
    return random.uniform(top / 2, top)


class Backoff:
    """Pauses between attempts that grow from 0.1 s to 1 s."""

    def __init__(self) -> None:
        self._next = 0.1

    def reset(self) -> None:
        """Begins anew: an attempt worked."""
        self._next = 0.1

    async def wait(self) -> None:
        """Pauses."""
        now, self._next = self._next, min(LONGEST_PAUSE, self._next * 2)
        await asyncio.sleep(pause(now))
