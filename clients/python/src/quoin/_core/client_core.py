# SPDX-License-Identifier: Apache-2.0
"""What all parts of one client share: its connection, its options, and what is open."""

import asyncio
import copy
import random
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
import grpc.aio

from quoin import exceptions
from quoin._core import forks
from quoin._core.callbacks import LOG as LOG
from quoin._core.portable import Bound
from quoin._core.repeats import repeated
from quoin._core.requests import Requests, keep_status
from quoin._core.rpcs import Rpc
from quoin._core.settings import Settings
from quoin._core.tokens import Tokens
from quoin.exceptions import QuoinError

T = TypeVar("T")

Headers = tuple[tuple[str, str], ...]

GIVEN_BACK_AT_ONCE = 16
MOST_IN_BACKGROUND = 10_000

LONGEST_WAIT = 86_400.0
SHORTEST_PAUSE = 0.01
LONGEST_PAUSE = 1.0


class Lasting:
    """What collects and sends: nobody sees when it is opened again."""


@dataclass(eq=False)
class _Connection:
    """What cores with different options share."""

    channel: Any
    tokens: Tokens | None
    methods: dict[str, Any] = field(default_factory=dict)
    open: dict[object, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    tasks: set["asyncio.Task[Any]"] = field(default_factory=set)
    last: set["asyncio.Task[Any]"] = field(default_factory=set)
    generation: int = forks.generation
    is_closing: bool = False
    is_closed: bool = False
    closing: "asyncio.Task[None] | None" = None


def _raise_failure_of(sent: Any) -> None:
    if isinstance(sent, Requests) and sent.failure is not None:
        raise sent.failure from sent.failure.__cause__


class ClientCore(Bound):
    """The connection of one client, and the options of its calls. All of it happens in one event
    loop."""

    def __init__(self, settings: Settings) -> None:
        self.loop = asyncio.get_running_loop()
        self.namespace = settings.namespace
        self.deadline = settings.deadline
        self.address = settings.address
        self.giving_back = asyncio.Semaphore(GIVEN_BACK_AT_ONCE)
        forks.check()
        self._connection = _Connection(
            settings.open_channel(),
            None if settings.token is None else Tokens(settings.token),
            generation=forks.generation,
        )
        forks.uses_grpc(self._connection)

    def with_options(self, namespace: str | None, deadline: float | None) -> "ClientCore":
        """The same connection, for calls with other options."""
        other = object.__new__(ClientCore)
        other.__dict__.update(copy.copy(self.__dict__))
        other.namespace = self.namespace if namespace is None else namespace
        other.deadline = self.deadline if deadline is None else deadline
        return other

    @property
    def is_closing(self) -> bool:
        """Whether the client is being closed, or is closed."""
        return self._connection.is_closing

    def patience(self, wait: float) -> float:
        """How long a call that waits may take; longer waits than a day are refused anyway."""
        return self.deadline + min(wait, LONGEST_WAIT)

    async def unary(self, rpc: Rpc, request: Any, *, timeout: float | None = None) -> Any:
        """The answer of a call; cancelling that cancels the call."""
        limit = self.deadline if timeout is None else timeout

        def make(**options: Any) -> Any:
            if self._connection.tokens is None:
                return self._start(rpc, request, **options)
            return self._authorized(rpc, request, **options)

        with self.explained(request):
            return await (repeated(make, limit) if rpc.is_repeatable else make(timeout=limit))

    async def waiting(self, rpc: Rpc, request: Any, *, timeout: float) -> Any:
        """The answer of a call that may stand in line; closing the client ends it."""
        calling = self.spawn(self.unary(rpc, request, timeout=timeout))

        async def end() -> None:
            calling.cancel()

        self.opened(calling, end)
        try:
            with self.explained():
                return await calling
        finally:
            self.closed(calling)

    async def stream(self, rpc: Rpc, requests: Any = None) -> Any:
        """A call with a stream of requests or answers, as gRPC has it; it fails with its errors."""
        tokens = self._connection.tokens
        more = () if tokens is None else (await tokens.header(None),)
        return self._start(rpc, requests, more)

    async def _authorized(self, rpc: Rpc, request: Any, *, timeout: float, **options: Any) -> Any:
        begin = time.monotonic()
        tokens: Any = self._connection.tokens
        header = await tokens.header(timeout)
        left = timeout - (time.monotonic() - begin)
        return await self._start(rpc, request, (header,), timeout=left, **options)

    def _start(self, rpc: Rpc, request: Any, more: Headers = (), **options: Any) -> Any:
        connection = self._connection
        if connection.generation != forks.generation:
            raise RuntimeError(forks.SPOILT)
        if connection.is_closed:
            raise exceptions.closed()
        method = connection.methods.get(rpc.path)
        if method is None:
            kinds = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
            make = getattr(connection.channel, kinds[2 * rpc.takes_stream + rpc.gives_stream])
            codec: Any = rpc.response
            method = connection.methods[rpc.path] = make(
                rpc.path, rpc.request.SerializeToString, codec.FromString
            )
        metadata = (("quoin-namespace", self.namespace), *more)
        call = method(request, metadata=metadata, **options)
        if isinstance(request, Requests):
            call.add_done_callback(lambda _: request.end())
        if rpc.takes_stream:
            keep_status(call)
        return call

    @contextmanager
    def explained(self, sent: Any = None) -> Iterator[None]:
        """Turns what calls fail with into our errors, or into what the requests sent failed with."""
        try:
            yield
        except grpc.RpcError as e:
            _raise_failure_of(sent)
            raise QuoinError.from_rpc(e) from e
        except asyncio.CancelledError as e:
            _raise_failure_of(sent)
            # gRPC says the same when the channel is closed and when the caller is cancelled, which
            # is what happens to our own tasks.
            if self.is_closing and not self._is_cancelled():
                raise exceptions.closed() from e
            raise

    def _is_cancelled(self) -> bool:
        task = asyncio.current_task()
        if task is None or task in self._connection.tasks:
            return True
        return sys.version_info >= (3, 11) and task.cancelling() > 0

    def opened(self, resource: object, close: Callable[[], Awaitable[object]]) -> None:
        """Notes what is to be closed, at the latest when the client is."""
        if self.is_closing:
            raise exceptions.closed()
        self._connection.open[resource] = close

    def closed(self, resource: object) -> None:
        """Forgets what was closed."""
        self._connection.open.pop(resource, None)

    def spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Does something in the background; what it fails with is its own affair."""
        task = self.loop.create_task(work)
        self._connection.tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._connection.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            LOG.debug("something in the background failed", exc_info=task.exception())

    def is_full(self) -> bool:
        """Whether too much is being done in the background for closing to wait for more."""
        return len(self._connection.last) >= MOST_IN_BACKGROUND

    def last(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Does something in the background that closing waits for."""
        task = self.spawn(work)
        self._connection.last.add(task)
        task.add_done_callback(self._connection.last.discard)
        return task

    def is_idle(self) -> bool:
        """Whether nothing is open but what can be opened again without anybody seeing it."""
        connection = self._connection
        return not connection.last and all(isinstance(one, Lasting) for one in connection.open)

    async def close(self, within: float | None = None) -> None:
        """Closes all that is open, within the deadline, then the connection."""
        connection = self._connection
        if connection.closing is None:
            limit = self.deadline if within is None else within
            connection.closing = self.loop.create_task(self._close(limit))
        await asyncio.shield(connection.closing)

    async def _close(self, within: float) -> None:
        connection = self._connection
        connection.is_closing = True
        end = time.monotonic() + within
        try:
            for close in connection.open.values():
                self.last(_as_coroutine(close))
            while connection.last and time.monotonic() < end:
                await asyncio.wait(list(connection.last), timeout=end - time.monotonic())
        finally:
            for task in list(connection.tasks):
                task.cancel()
            connection.is_closed = True
            if connection.tokens is not None:
                connection.tokens.close()
            await connection.channel.close()
            await asyncio.gather(*connection.tasks, return_exceptions=True)
            # A process that forks must not have anything of gRPC.
            forks.uses_no_grpc(connection)
            connection.methods.clear()
            connection.channel = None


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
