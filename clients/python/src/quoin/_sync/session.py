# SPDX-License-Identifier: Apache-2.0
"""What a blocking client has in one process, and how it is ended there."""

import atexit
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from quoin import exceptions
from quoin._core import forks
from quoin._core.callbacks import LOG, Raised, call
from quoin._core.portable import Bound
from quoin._core.settings import Settings
from quoin._core.tally import Tally
from quoin._sync.portal import Portal
from quoin.aio.client import Quoin, open_client

A = TypeVar("A")

# How long a fork waits for what is collected to be sent.
FORK_PATIENCE = 1.0


class Session(Bound):
    """An event loop in a thread, and the client that lives there."""

    def __init__(self, settings: Settings) -> None:
        forks.check()
        self.pid = os.getpid()
        self.portal = Portal()
        self.aio: Quoin = self.portal.do(lambda: open_client(settings))


class Sessions(Bound):
    """The session of a client in this process: made when it is needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._is_closed = False
        self.now()
        _open.add(self)

    def now(self) -> Session:
        """The session."""
        session = self._session
        if session is not None and not self._is_closed:
            return session
        with self._lock:
            if self._is_closed:
                raise exceptions.closed()
            if self._session is None:
                made = Session(self._settings)
                # A signal handler may have been faster.
                if self._session is None:
                    self._session = made
                    _close_at_exit()
                else:
                    made.portal.close(made.aio.close())
            return self._session

    def close(self) -> None:
        """Ends it for good."""
        _open.discard(self)
        session = self._session
        try:
            # Workers may use the client until they have stopped.
            if session is not None:
                session.portal.close(session.aio.close())
        finally:
            self._is_closed = True

    def let_go(self) -> bool:
        """Ends the session before a fork if nobody sees that, and makes none until it is over; tells
        whether it ended one."""
        self._lock.acquire()
        _forking.append(self)
        session = self._session
        if session is None or not session.portal.is_idle() or not session.aio._link.is_idle():
            return False
        self._session = None
        closing = session.aio._link.close(FORK_PATIENCE)
        return not isinstance(call(session.portal.close, closing), Raised)

    def go_on(self) -> None:
        """This is the process that forked."""
        self._lock.release()

    def begin_anew(self) -> None:
        """This is a child now."""
        self._lock = threading.RLock()
        self._session = None


class View(Generic[A]):
    """What callers that block see of a part of the client."""

    def __init__(self, sessions: Sessions, part: Callable[[Quoin], A]) -> None:
        self._sessions = sessions
        self._part = part

    @property
    def _portal(self) -> Portal:
        return self._sessions.now().portal

    @property
    def _aio(self) -> A:
        return self._part(self._sessions.now().aio)


class Renewed(Generic[A]):
    """What collects and sends, made anew in every session."""

    def __init__(
        self,
        sessions: Sessions,
        make: Callable[[Quoin], A],
        take_over: Callable[[A, A], object] | None = None,
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
        session = self._sessions._session
        if session is self._made[0]:
            return self._made[1]
        if self._sessions._is_closed:
            return self._made[1]
        session = self._sessions.now()
        with self._lock:
            before = self._made
            if before[0] is not session:
                self._made = self._made_in(session)
                # What a child found in its memory is the parent's to send.
                if self._take_over is not None and before[0].pid == os.getpid():
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

    @property
    def last(self) -> A:
        """What there was last."""
        return self._made[1]

    def portal(self) -> Portal:
        """Where it is."""
        self.now()
        return self._made[0].portal

    def begin_anew(self) -> None:
        """This is a child now."""
        self._lock = threading.RLock()
        self.refused = Tally()

    def _made_in(self, session: Session) -> tuple[Session, A]:
        return session, session.portal.do(lambda: self._make(session.aio))


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
