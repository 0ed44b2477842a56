# SPDX-License-Identifier: Apache-2.0
# Generated from quoin.aio by tools/blocking.py. Do not edit.
"""The RPCs of all services as methods, whatever the contract has."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ParamSpec, TypeVar

from quoin._core.leased import leased
from quoin._core.portable import Bound
from quoin._core.resumable import Messages, ResumableStream
from quoin._core.rpcs import Rpc, rpcs_of
from quoin._modes.blocking import Answer, Session
from quoin._sync.streams import Stream

P = ParamSpec("P")
T = TypeVar("T")


class Method(Bound):
    """An RPC of a client. It takes the fields of its request as keyword arguments, or the request;
    one that takes a stream of requests takes something that gives them."""

    def __init__(self, sessions: Any, rpc: Rpc) -> None:
        self._sessions = sessions
        self._rpc = rpc
        self.__name__ = rpc.name

    def __call__(self, request: Any = None, /, **fields: Any) -> Any:
        """Calls it."""
        session: Session = self._sessions.now()
        rpc = self._rpc
        if rpc.takes_stream:
            sent, is_named_here = session.requests(rpc.build, request), False
        else:
            sent, is_named_here = rpc.build_named(request, fields)
        if rpc.undone_by and is_named_here:
            leasing = leased(session.core, rpc, sent)
            return session.acquire(leasing, lambda _, made: made.answer, lambda made: made.undo())
        if not rpc.gives_stream:
            return session.call(session.core.unary(rpc, sent))
        return session.open(lambda: Messages(session.core, rpc, sent), Stream)

    def resumed(self, request: Any) -> Stream[Any]:
        """The stream of the RPC, opened again whenever it ends."""
        session: Session = self._sessions.now()
        rpc = self._rpc
        if rpc.takes_stream or not rpc.gives_stream:
            raise TypeError(f"{rpc.name} gives no stream that could be opened again")
        return session.open(lambda: ResumableStream(session.core, rpc, lambda: request), Stream)

    def build(self, *given: Any, **fields: Any) -> Any:
        """A request."""
        return self._rpc.build(*given, **fields)


class Rpcs(Bound):
    """The RPCs of one service. What a helper adds to them takes the place of an RPC of its name."""

    service = ""

    def __init__(self, sessions: Any) -> None:
        self._sessions = sessions

    @property
    def rpc(self) -> Any:
        """The RPCs alone, without what a helper adds."""
        plain = next(kind for kind in type(self).__mro__ if vars(kind).get("service"))
        return plain(self._sessions)

    def __getattr__(self, name: str) -> Any:
        rpc = None if name.startswith("_") else rpcs_of(self.service).get(name)
        if rpc is None:
            raise AttributeError(f"{self.service} has no RPC {name}")
        method = self.__dict__[name] = Method(self._sessions, rpc)
        return method

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *rpcs_of(self.service)]


class AllServices(Bound):
    """All services by their names."""

    kinds: Mapping[str, type[Rpcs]] = {}

    def __init__(self, sessions: Any) -> None:
        self._sessions = sessions

    def __getattr__(self, name: str) -> Any:
        kind = self.kinds.get(name)
        if kind is None:
            raise AttributeError(f"the contract has no service {name}")
        made = self.__dict__[name] = kind(self._sessions)
        return made

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.kinds]


def resume(method: Callable[P, Stream[T]], /, *request: P.args, **fields: P.kwargs) -> Stream[T]:
    """A stream that is opened again when it breaks, at whatever server, with the same request:
    ``resume(q.locks.watch, name="report")``. For RPCs that begin with the present state."""
    rpc = _method(method)
    return rpc.resumed(rpc.build(*request, **fields))


def pages(method: Callable[P, Answer[T]], /, *request: P.args, **fields: P.kwargs) -> Iterator[T]:
    """All pages of a list, one after the other: ``pages(q.locks.list, prefix="account/")``."""
    rpc = _method(method)
    wanted = rpc.build(*request, **fields)
    while True:
        page: Any = rpc(wanted)
        yield page
        if not page.next_page_token:
            return
        wanted.page_token = page.next_page_token


def _method(method: object) -> Method:
    if not isinstance(method, Method):
        raise TypeError("give an RPC of a client, such as q.locks.list")
    return method
