# SPDX-License-Identifier: Apache-2.0
"""The event loop of a blocking client, in a thread of its own, and the way into it."""

import asyncio
import contextlib
import contextvars
import os
import sys
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from quoin import exceptions
from quoin._core import callbacks
from quoin._core.callbacks import LOG, Raised
from quoin._core.portable import Bound
from quoin._core.requests import Requests

R = TypeVar("R")
T = TypeVar("T")

# How long the end of a loop may wait for the ends of calls.
LATE_SECONDS = 1.0


class Portal(Bound):
    """Carries calls into the event loop and answers out of it."""

    def __init__(self) -> None:
        _refuse_patched()
        self._pid = os.getpid()
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="quoin-client", daemon=True)
        self._thread.start()
        self._listeners = ThreadPoolExecutor(32, thread_name_prefix="quoin-listener")
        self._calls: set[_Waiting[Any]] = set()
        self._ending: set[asyncio.Future[Any]] = set()

    def call(self, work: Coroutine[Any, Any, T], within: float | None = None) -> T:
        """Does something in the loop and waits for what comes of it, at most so many seconds.

        An exception in this thread, such as KeyboardInterrupt, cancels it.
        """
        return self._await(_Waiting(work), lambda result: result, within)

    def acquire(
        self,
        work: Coroutine[Any, Any, T],
        make: Callable[[T], R],
        undo: Callable[[T], object],
    ) -> R:
        """Acquires something in the loop and gives what is made of it.

        An exception in this thread, such as KeyboardInterrupt, cancels it; what was acquired by then
        is undone, in the loop.
        """
        return self._await(_Waiting(work, undo), make)

    def do(self, action: Callable[[], T]) -> T:
        """Does something in the loop that does not wait."""

        async def done() -> T:
            return action()

        return self.call(done())

    def end(self, work: Coroutine[Any, Any, T]) -> None:
        """Does what ends something and waits for it. It goes on in the background when an exception
        in this thread ends the waiting, and in the thread of the loop, which cannot wait: a finalizer
        may be run there."""
        if threading.current_thread() is self._thread:
            ending = callbacks.begin(work)
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        else:
            self._await(_Waiting(work, goes_on=True), lambda _: None)

    def listen(self, listener: Callable[[T], object]) -> Callable[[T], None]:
        """A listener that is called in a thread where it may block: one call at a time, in
        order."""
        return _Listener(listener, self._loop, self._listeners).tell

    def requests(self, build: Callable[[Any], T], requests: Iterable[Any]) -> Requests[T]:
        """Requests as the loop sends them: made in a thread, one when the one before was taken,
        until the call ends."""
        ready: asyncio.Queue[Any] = asyncio.Queue()
        room = asyncio.Semaphore()
        ended = False

        async def put(one: Any) -> bool:
            if not ended:
                await room.acquire()
            if not ended:
                ready.put_nowait(one)
            return not ended

        def end() -> None:
            nonlocal ended
            ended = True
            room.release()  # for who makes requests
            ready.put_nowait(None)  # for who sends them

        def make() -> None:
            # Nothing more is wanted when the client is closed.
            with contextlib.suppress(exceptions.ClosedError):
                made = callbacks.call(make_all)
                self.call(put(made if isinstance(made, Raised) else None))

        def make_all() -> None:
            for request in requests:
                if not self.call(put((build(request),))):
                    break

        async def one_by_one() -> AsyncIterator[T]:
            threading.Thread(target=make, name="quoin-requests", daemon=True).start()
            while isinstance(request := await ready.get(), tuple):
                room.release()
                yield request[0]
            if request is not None:
                raise request.error

        return Requests(one_by_one(), end)

    def close(self, last: Coroutine[Any, Any, Any]) -> None:
        """Does a last thing and ends the loop. Closing again does nothing."""
        if self._closed or os.getpid() != self._pid:
            last.close()
            return
        try:
            self.call(last)
        finally:
            self._closed = True
            # Somebody else may have closed it meanwhile.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._listeners.shutdown(wait=False)

    def is_idle(self) -> bool:
        """Whether nobody waits for anything, and this thread may."""
        return not self._calls and threading.current_thread() is not self._thread

    def _await(
        self, waiting: "_Waiting[T]", make: Callable[[T], R], within: float | None = None
    ) -> R:
        # An exception of a signal handler may come wherever a function is called: none may be called
        # between the end of this block and the code of the program.
        try:
            self._check()
            self._calls.add(waiting)
            self._post(waiting.begin, contextvars.copy_context())
            waiting.wait(within)
            made = make(waiting.result())
            self._calls.discard(waiting)
            return made
        except BaseException:
            if os.getpid() != self._pid or self._loop.is_closed():
                waiting.work.close()
            elif not waiting.has_failed:
                self._post(waiting.give_up)
            self._calls.discard(waiting)
            raise

    def _post(self, action: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(action, *arguments)
        except RuntimeError:
            raise exceptions.closed() from None

    def _check(self) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError("this belongs to the process that forked: use the client anew")
        if self._closed:
            raise exceptions.closed()
        if threading.current_thread() is self._thread:
            raise RuntimeError("this listener must not block: it is called in the client's loop")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(_failed)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            # gRPC waits here for the ends of calls that were cancelled. What comes after the loop is
            # closed is never taken, and gRPC would not let go of the process before a fork.
            if rest := asyncio.all_tasks(self._loop):
                self._loop.run_until_complete(asyncio.wait(rest, timeout=LATE_SECONDS))
        finally:
            self._loop.close()


class _Waiting(Generic[T]):
    """Work in the loop that a thread waits for."""

    def __init__(
        self,
        work: Coroutine[Any, Any, T],
        undo: Callable[[T], object] | None = None,
        *,
        goes_on: bool = False,
    ) -> None:
        # Not an event: interrupts can break those.
        self._done: SimpleQueue[None] = SimpleQueue()
        self.work = work
        self._undo = undo
        self._goes_on = goes_on
        self._task: asyncio.Task[T | Raised] | None = None
        self.has_failed = False
        self._given_up = False

    def begin(self, context: contextvars.Context) -> None:
        self._task = context.run(callbacks.begin, self.work)
        self._task.add_done_callback(self._end)

    def wait(self, within: float | None) -> None:
        """Waits until it is done."""
        try:
            self._done.get(timeout=within)
        except Empty:
            raise TimeoutError("it took too long") from None

    def give_up(self) -> None:
        self._given_up = True
        if self._task is not None and self._task.done():
            self._end(self._task)
        elif self._task is not None and not self._goes_on:
            self._task.cancel()
        elif self._task is None and self._goes_on:
            self.begin(contextvars.copy_context())
        elif self._task is None:
            self.work.close()  # It was interrupted before it could begin.

    def result(self) -> T:
        assert self._task is not None
        if self._task.cancelled():
            self.has_failed = True
            raise exceptions.closed()
        result = self._task.result()
        if not isinstance(result, Raised):
            return result
        self.has_failed = True
        if isinstance(result.error, asyncio.CancelledError):
            raise exceptions.closed() from None
        raise result.error

    def _end(self, task: "asyncio.Task[T | Raised]") -> None:
        self._done.put(None)
        if not self._given_up or task.cancelled() or self._undo is None:
            return
        result = task.result()
        if not isinstance(result, Raised):
            self._undo(result)


class _Listener(Generic[T]):
    """A listener and what it has still to be told. Needs no lock: only the loop changes whether the
    listener is busy."""

    def __init__(
        self,
        listener: Callable[[T], object],
        loop: asyncio.AbstractEventLoop,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._listener = listener
        self._loop = loop
        self._threads = threads
        self._events: deque[T] = deque()
        self._is_busy = False

    def tell(self, event: T) -> None:
        self._events.append(event)
        if not self._is_busy:
            self._begin()

    def _begin(self) -> None:
        self._is_busy = bool(self._events)
        if self._is_busy:
            try:
                self._threads.submit(self._run)
            except RuntimeError:
                LOG.debug("the client is closed: a listener is not told")

    def _run(self) -> None:
        while self._events:
            told = callbacks.call(self._listener, self._events.popleft())
            if isinstance(told, Raised):
                LOG.error("a listener failed", exc_info=told.error)
        # After the loop has ended nothing is told any more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._begin)


def _refuse_patched() -> None:
    """An event loop in a thread would hang where threads and sockets are not what they were."""
    for patcher, is_patched in (
        ("gevent.monkey", "is_module_patched"),
        ("eventlet.patcher", "is_monkey_patched"),
    ):
        test = getattr(sys.modules.get(patcher), is_patched, None)
        if test is not None and any(map(test, ("select", "socket", "threading", "thread"))):
            raise RuntimeError(
                "Quoin needs threads and sockets as Python has them, but this process is patched by "
                + patcher.partition(".")[0]
            )


def _failed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # gRPC wakes all event loops of a process although only one has to work, and has one of them pass
    # on what comes late for a loop that was closed.
    if isinstance(context.get("exception"), BlockingIOError | RuntimeError) and (
        "PollerCompletionQueue" in repr(context.get("handle"))
    ):
        return
    loop.default_exception_handler(context)
