# SPDX-License-Identifier: Apache-2.0
"""Counters and stats, for callers that block."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from quoin import aio
from quoin._core.wire import Seconds
from quoin._sync.session import Renewed, Sessions, View
from quoin._sync.stream import Stream
from quoin.aio.recorders import Recorder as AioRecorder
from quoin.aio.recorders import timing
from quoin.values import CounterSample, Figures

A = TypeVar("A", bound=AioRecorder)
R = TypeVar("R", bound="Recorder[Any]")


class Counters(View[aio.Counters]):
    """The counters of a client's namespace.

    ``increment`` counts one thing and returns when it is counted; ``recorder`` counts in this
    process and sends the sums: use it where things happen often. A name is 1 to 256 bytes without
    control characters. All fail with ``InvalidRequestError`` when an argument is not allowed, and
    with ``UnavailableError`` when no server, or no Redis, could be reached.
    """

    def increment(self, name: str, delta: int = 1) -> None:
        """Adds to a counter, exactly once also when the call has to be repeated. Fails with
        COUNTER_OVERFLOW when a count would leave the range of 64-bit numbers."""
        self._portal.call(self._aio.increment(name, delta))

    def get(self, name: str, precision: Seconds, last: int) -> list[CounterSample]:
        """The newest samples of a counter, oldest first, with zeros where nothing was counted.

        ``precision``: one of those the server keeps: 1 s, 5 s, 1 min, 5 min, 1 h, 5 h, 1 day by
        default; else it fails with COUNTER_PRECISION_UNKNOWN. ``last``: how many at most.
        """
        return self._portal.call(self._aio.get(name, precision, last))

    def watch(self, name: str, precision: Seconds) -> Stream[tuple[CounterSample, CounterSample]]:
        """The slice that ended last and the one that is open, at once and after every change; who
        reads slowly is told the newest state only."""
        return Stream(self._portal, lambda: self._aio.watch(name, precision))

    def delete(self, name: str) -> bool:
        """Forgets a counter; tells whether there was one."""
        return self._portal.call(self._aio.delete(name))

    def recorder(self, period: Seconds = 1) -> "CounterRecorder":
        """Counts in this process and sends the sums once in a period."""
        return CounterRecorder(self._sessions, lambda q: q.counters.recorder(period))


class Stats(View[aio.Stats]):
    """The figures of a client's namespace.

    ``recorder`` records: single values, times and, with ``quoin.interceptors``, every RPC of a
    channel or server. All fail with ``InvalidRequestError`` when an argument is not allowed, and
    with ``UnavailableError`` when no server, or no Redis, could be reached.
    """

    def get(self, kind: str, context: str, *, hours_ago: int = 0) -> Figures:
        """The figures of a context in an hour: 0 for the current one, up to 24 hours ago."""
        return self._portal.call(self._aio.get(kind, context, hours_ago=hours_ago))

    def slowest(self, kind: str, *, hours_ago: int = 0, limit: int = 10) -> dict[str, float]:
        """The means of the contexts with the highest ones, highest first; 100 at most."""
        return self._portal.call(self._aio.slowest(kind, hours_ago=hours_ago, limit=limit))

    def recorder(self, period: Seconds = 1) -> "StatsRecorder":
        """Collects values in this process and sends them once in a period."""
        return StatsRecorder(self._sessions, lambda q: q.stats.recorder(period))


class Recorder(Generic[A]):
    """What both recorders do."""

    def __init__(self, sessions: Sessions, make: Callable[[aio.Quoin], A]) -> None:
        self._recorder = Renewed(sessions, make, lambda now, before: now.take_over(before))

    @property
    def lost(self) -> int:
        """How many may not have been recorded: because Quoin was away for more than nine minutes,
        too much waited to be sent, or a counter would have overflowed."""
        return self._recorder.last.lost + self._recorder.refused.count

    def flush(self) -> None:
        """Sends what is collected now, and waits until it is recorded."""
        self._recorder.portal().call(self._recorder.now().flush())

    def close(self) -> None:
        """Sends what is collected and waits, no longer than the client's deadline, until it is
        recorded."""
        self._recorder.portal().end(self._recorder.now().close())

    def __enter__(self: R) -> R:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class CounterRecorder(Recorder[aio.CounterRecorder]):
    """Counts in this process and sends the sums once in a while, so that counting costs next to
    nothing. Every sum is counted exactly once, whatever happens to connections and servers, as long
    as Quoin comes back within nine minutes. It counts in the second in which it arrives.
    """

    def increment(self, name: str, delta: int = 1) -> None:
        """Adds to a counter; never waits. Fails with ``ValueError`` when the name is not allowed,
        and with ``OverflowError`` when what is to be sent leaves the range of 64-bit numbers."""
        recorder = self._recorder.now_if_possible()
        if recorder is not None:
            recorder.increment(name, delta)


class StatsRecorder(Recorder[aio.StatsRecorder]):
    """Collects values in this process and sends them once in a while, so that recording costs next
    to nothing. Every value is recorded exactly once, whatever happens to connections and servers, as
    long as Quoin comes back within nine minutes.
    """

    def record(self, kind: str, context: str, value: float) -> None:
        """Records a value; never waits. Fails with ``ValueError`` when kind or context are not
        allowed, or the value is no number from -1e18 to 1e18."""
        recorder = self._recorder.now_if_possible()
        if recorder is not None:
            recorder.record(kind, context, value)

    def time(self, kind: str, context: str) -> AbstractContextManager[None]:
        """Records how many seconds a block takes, also when it fails."""
        return timing(self.record, kind, context)
