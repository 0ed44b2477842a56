# SPDX-License-Identifier: Apache-2.0
"""What a blocking client has in one process, and how it is ended there."""

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakSet

from quoin import exceptions
from quoin._core import forks
from quoin._core.callbacks import LOG, Raised, call
from quoin._core.client_core import ClientCore
from quoin._core.portable import Bound
from quoin._core.settings import Settings
from quoin._core.tally import Tally
from quoin._core.worker import Work
from quoin._modes.portal import Portal

# How long a signal may wait to be heard, at most.
SIGNALS_SECONDS = 0.2

A = TypeVar("A")
C = TypeVar("C", bound="Closeable")
T = TypeVar("T")

# How long a fork waits for what is collected to be sent.
FORK_PATIENCE = 1.0


class Closeable(Protocol):
    """What goes on until it is closed."""

    def close(self) -> Coroutine[Any, Any, None]:
        """Ends it."""


class Session(Bound):
    """Where the parts of a client live in one process: in an event loop in a thread."""

    def __init__(self, portal: Portal, core: ClientCore) -> None:
        self.pid = os.getpid()
        self.portal = portal
        self.core = core
        self.call = portal.call
        self.do = portal.do
        self.end = portal.end
        self.listener = portal.listen
        self.requests = portal.requests

    @staticmethod
    def begin(settings: Settings) -> "Session":
        """A new one."""
        forks.check()
        portal = Portal()
        return Session(portal, portal.do(lambda: ClientCore(settings)))

    def with_options(self, namespace: str | None, deadline: float | None) -> "Session":
        """The same session, for calls with other options."""
        return Session(self.portal, self.core.with_options(namespace, deadline))

    def acquire(
        self,
        work: Coroutine[Any, Any, A],
        make: Callable[["Session", A], T],
        undo: Callable[[A], object],
    ) -> T:
        """Acquires something and gives the program what is made of it. What is acquired and does not
        reach the program is undone: an exception may come at any moment, from a signal handler for
        example."""
        return self.portal.acquire(work, lambda acquired: make(self, acquired), undo)

    def open(self, action: Callable[[], C], make: Callable[["Session", C], T]) -> T:
        """Opens something and gives the program what is made of it. What is opened and does not
        reach the program is closed."""

        async def opened() -> C:
            return action()

        return self.acquire(opened(), make, lambda made: self.core.last(made.close()))

    def until_stopped(self, work: Work, *, handle_signals: bool) -> None:
        """Works until it is stopped, perhaps by a signal."""
        # A queue, because signal handlers may enter it while it is being waited for.
        ended: SimpleQueue[None] = SimpleQueue()
        heard: dict[signal.Signals, Any] = {}

        def restore() -> None:
            while heard:
                signal.signal(*heard.popitem())

        try:
            # Before the work begins: a task may be done, and a signal come, while it does.
            if handle_signals and threading.current_thread() is threading.main_thread():
                for one in (signal.SIGTERM, signal.SIGINT):
                    heard[one] = signal.signal(one, lambda *_: ended.put(None))
            self.call(work.start())
            try:
                self.do(lambda: work.on_stopped(lambda: ended.put(None)))
                _await_end(ended)
            finally:
                restore()
                self.call(work.stop())
        finally:
            restore()
        work.check()


def _await_end(ended: "SimpleQueue[None]") -> None:
    """Waits in steps: Python runs the handler of a signal only once the main thread is back in
    Python, and one that comes just before it begins to wait does not end the wait."""
    while True:
        with contextlib.suppress(Empty):
            return ended.get(timeout=SIGNALS_SECONDS)


class Sessions(Bound):
    """The session of a client in this process: made when it is needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._session: Session | None = None
        self.is_closed = False
        self.now()
        _open.add(self)

    def present(self) -> Session | None:
        """The session there is, if there is one."""
        return self._session

    def now(self) -> Session:
        """The session, made when there is none."""
        session = self._session
        if session is not None and not self.is_closed:
            return session
        with self._lock:
            if self.is_closed:
                raise exceptions.closed()
            if self._session is None:
                made = Session.begin(self._settings)
                # A signal handler may have been faster.
                if self._session is None:
                    self._session = made
                    _close_at_exit()
                else:
                    made.portal.close(made.core.close())
            return self._session

    def close(self) -> None:
        """Ends it for good."""
        _open.discard(self)
        session = self._session
        try:
            # Workers may use the client until they have stopped.
            if session is not None:
                session.portal.close(session.core.close())
        finally:
            self.is_closed = True

    def let_go(self) -> bool:
        """Ends the session before a fork if nobody sees that, and makes none until it is over; tells
        whether it ended one."""
        self._lock.acquire()
        _forking.append(self)
        session = self._session
        if session is None or not session.portal.is_idle() or not session.core.is_idle():
            return False
        self._session = None
        closing = session.core.close(FORK_PATIENCE)
        return not isinstance(call(session.portal.close, closing), Raised)

    def go_on(self) -> None:
        """This is the process that forked."""
        self._lock.release()

    def begin_anew(self) -> None:
        """This is a child now."""
        self._lock = threading.RLock()
        self._session = None


class Renewed(Generic[A]):
    """What collects and sends, made anew in every session."""

    def __init__(
        self, sessions: Any, make: Callable[[ClientCore], A], take_over: Callable[[A, A], object]
    ) -> None:
        self._sessions = sessions
        self._make = make
        self._take_over = take_over
        self._lock = threading.RLock()
        self._made = self._made_in(sessions.now())
        self._refused_in = 0
        self.refused = Tally()
        _renewed.add(self)

    def now(self) -> A:
        """What there is in the present session."""
        session = self._sessions.present()
        if session is self._made[0]:
            return self._made[1]
        if self._sessions.is_closed:
            return self._made[1]
        session = self._sessions.now()
        with self._lock:
            before = self._made
            if before[0] is not session:
                self._made = self._made_in(session)
                # What a child found in its memory is the parent's to send.
                if before[0].pid == os.getpid():
                    self._take_over(self._made[1], before[1])
            return self._made[1]

    def now_if_possible(self) -> A | None:
        """What there is in the present session; nothing when there can be none after a fork, which
        is said once."""
        try:
            return self.now()
        except RuntimeError as e:
            if self._refused_in != os.getpid():
                self._refused_in = os.getpid()
                LOG.error("what is collected is dropped, this is said once: %s", e)
            self.refused.add()
            return None

    def settle(self, flush: Callable[[A], Coroutine[Any, Any, None]]) -> None:
        """Waits until what was collected in this process is sent, at most as long as a call may
        take."""
        # A child that has collected nothing needs no session for that.
        if self._made[0].pid == os.getpid():
            session = self.session()
            session.call(flush(self.now()), session.core.deadline)

    @property
    def last(self) -> A:
        """What there was last."""
        return self._made[1]

    def session(self) -> Session:
        """Where it is."""
        self.now()
        return self._made[0]

    def begin_anew(self) -> None:
        """This is a child now."""
        self._lock = threading.RLock()
        self.refused = Tally()

    def _made_in(self, session: Session) -> tuple[Session, A]:
        return session, session.do(lambda: self._make(session.core))


_open: set[Sessions] = set()
_renewed: "WeakSet[Renewed[Any]]" = WeakSet()


_forking: list[Sessions] = []


def _let_go() -> bool:
    return sum(sessions.let_go() for sessions in list(_open)) > 0


def _go_on() -> None:
    while _forking:
        _forking.pop().go_on()


def _begin_anew() -> None:
    _forking.clear()
    for sessions in list(_open):
        sessions.begin_anew()
    for renewed in list(_renewed):
        renewed.begin_anew()


forks.on_fork(_let_go, _go_on, _begin_anew)


def _close_at_exit() -> None:
    # Processes of multiprocessing end without running what is registered with atexit.
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, _close_all, exitpriority=-100)


@atexit.register
def _close_all() -> None:
    for sessions in list(_open):
        try:
            sessions.close()
        except Exception:
            LOG.debug("a client could not be closed", exc_info=True)
