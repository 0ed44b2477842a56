# SPDX-License-Identifier: Apache-2.0
"""How the helpers work for callers in an event loop."""

import asyncio
import signal
import threading
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
)
from typing import Any, Generic, ParamSpec, TypeVar

from quoin._core.client_core import ClientCore
from quoin._core.lease import Lease
from quoin._core.lease import while_held as _while_held
from quoin._core.portable import Bound
from quoin._core.requests import Requests
from quoin._core.settings import Settings
from quoin._core.tally import Tally
from quoin._core.worker import Work
from quoin.exceptions import Reason
from quoin.tasks import Task

A = TypeVar("A")
C = TypeVar("C")
P = ParamSpec("P")
T = TypeVar("T")

Result = str | bytes | None
Handler = Callable[[Task], Result | Awaitable[Result]]
Token = str | Callable[[], str] | Callable[[], Awaitable[str]]
Answer = Awaitable[T]
"""What a unary RPC gives, and a function of the caller."""


class Session(Bound):
    """Where the parts of a client live: in the event loop of the caller."""

    def __init__(self, core: ClientCore) -> None:
        self.core = core

    def with_options(self, namespace: str | None, deadline: float | None) -> "Session":
        """The same session, for calls with other options."""
        return Session(self.core.with_options(namespace, deadline))

    async def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Does something and waits for what comes of it."""
        return await work

    async def acquire(
        self,
        work: Coroutine[Any, Any, A],
        make: Callable[["Session", A], T],
        undo: Callable[[A], object],
    ) -> T:
        """Acquires something and gives the program what is made of it. What is acquired and does not
        reach the program is undone; work that is cancelled sees to that itself."""
        acquired = await work
        try:
            return make(self, acquired)
        except BaseException:
            undo(acquired)
            raise

    def open(self, action: Callable[[], C], make: Callable[["Session", C], T]) -> T:
        """Opens something and gives the program what is made of it."""
        return make(self, action())

    def do(self, action: Callable[[], T]) -> T:
        """Does something that does not wait."""
        return action()

    async def end(self, work: Coroutine[Any, Any, None]) -> None:
        """Does what ends something and waits for it."""
        await work

    def listener(self, listener: Callable[[T], object]) -> Callable[[T], object]:
        """A listener as it is called in the event loop."""
        return listener

    def requests(
        self, build: Callable[[Any], T], requests: Iterable[Any] | AsyncIterable[Any]
    ) -> Requests[T]:
        """Requests as they are sent."""

        async def one_by_one() -> AsyncIterator[T]:
            if isinstance(requests, AsyncIterable):
                async for request in requests:
                    yield build(request)
            else:
                for request in requests:
                    yield build(request)

        return Requests(one_by_one())

    async def until_stopped(self, work: Work, *, handle_signals: bool) -> None:
        """Works until it is stopped, perhaps by a signal."""
        heard: list[signal.Signals] = []
        if handle_signals and threading.current_thread() is threading.main_thread():
            heard = [signal.SIGTERM, signal.SIGINT]
        stopped = asyncio.Event()

        def restore() -> None:
            while heard:
                self.core.loop.remove_signal_handler(heard.pop())

        try:
            # Before the work begins: a task may be done, and a signal come, while it does.
            for one in heard:
                self.core.loop.add_signal_handler(one, stopped.set)
            await work.start()
            try:
                work.on_stopped(stopped.set)
                await stopped.wait()
            finally:
                restore()
                await work.stop()
        finally:
            restore()
        work.check()


class Sessions(Bound):
    """The session of a client: there is one."""

    is_closed = False

    def __init__(self, settings: Settings) -> None:
        self._session = Session(ClientCore(settings))

    def present(self) -> Session:
        """The session."""
        return self._session

    def now(self) -> Session:
        """The session."""
        return self._session

    async def close(self) -> None:
        """Ends it."""
        await self._session.core.close()


class Renewed(Generic[A]):
    """What collects and sends; it lives as long as its client."""

    def __init__(
        self,
        sessions: Any,
        make: Callable[[ClientCore], A],
        take_over: Callable[[A, A], object],  # noqa: ARG002 - as the other one
    ) -> None:
        self._session: Session = sessions.now()
        self.last = make(self._session.core)
        self.refused = Tally()

    def now(self) -> A:
        """What there is."""
        return self.last

    def now_if_possible(self) -> A | None:
        """What there is."""
        return self.last

    def session(self) -> Session:
        """Where it is."""
        return self._session


class Acquiring(Generic[T]):
    """Something being acquired: ``await`` it, or use ``async with``, which gives it back."""

    def __init__(self, acquire: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._acquire = acquire
        self._acquired: Any = None

    def __await__(self) -> Generator[Any, None, T]:
        return self._acquire().__await__()

    async def __aenter__(self) -> T:
        self._acquired = acquired = await self._acquire()
        return acquired

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        await self._acquired.__aexit__(kind, error, trace)


def acquiring(acquire: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Acquiring[T]]:
    """Lets what a method acquires be used with ``async with`` at once."""

    def asking(*args: P.args, **kwargs: P.kwargs) -> Acquiring[T]:
        return Acquiring(lambda: acquire(*args, **kwargs))

    asking.__doc__ = acquire.__doc__
    return asking


async def while_held(lease: Lease, work: Awaitable[T], reason: Reason) -> T:
    """Waits for work, which is cancelled when the lease is lost."""
    return await _while_held(lease, work, reason)
