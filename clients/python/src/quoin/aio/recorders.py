# SPDX-License-Identifier: Apache-2.0
"""Counters and stats: their recorders collect in this process and send once in a while."""

from contextlib import AbstractContextManager
from typing import Any, TypeVar

from quoin._core.portable import Bound
from quoin._core.recorders import CounterSums, StatValues, timing
from quoin._core.wire import Seconds, seconds
from quoin._modes.asynchronous import Renewed
from quoin.aio import rpcs

R = TypeVar("R", bound="Recorder")


class Counters(rpcs.Counters):
    """The counters of a client's namespace: their RPCs, and a recorder.

    ``increment`` counts one thing and returns when it is counted; a recorder counts in this process
    and sends the sums: use it where things happen often.
    """

    def recorder(self, period: Seconds = 1) -> "CounterRecorder":
        """Counts in this process and sends the sums once in a period."""
        return CounterRecorder(self._sessions, period)


class Stats(rpcs.Stats):
    """The figures of a client's namespace: their RPCs, and a recorder: of single values, of times
    and, with ``quoin.interceptors``, of every RPC of a channel or server."""

    def recorder(self, period: Seconds = 1) -> "StatsRecorder":
        """Collects values in this process and sends them once in a period."""
        return StatsRecorder(self._sessions, period)


class Recorder(Bound):
    """What both recorders do. Everything is recorded exactly once, whatever happens to connections
    and servers, as long as Quoin comes back within nine minutes."""

    _collected: Renewed[Any]

    @property
    def lost(self) -> int:
        """How many may not have been recorded: because Quoin was away for more than nine minutes,
        too much waited to be sent, or a counter would have overflowed."""
        lost: int = self._collected.last.lost
        return lost + self._collected.refused.count

    async def flush(self) -> None:
        """Sends what is collected now, and waits until it is recorded."""
        await self._collected.session().call(self._collected.now().flush())

    async def close(self) -> None:
        """Sends what is collected and waits, no longer than the client's deadline, until it is
        recorded."""
        await self._collected.session().end(self._collected.now().close())

    async def __aenter__(self: R) -> R:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()


class CounterRecorder(Recorder):
    """Counts in this process and sends the sums once in a while, so that counting costs next to
    nothing. Something counts in the second in which it arrives."""

    def __init__(self, sessions: object, period: Seconds) -> None:
        self._collected = Renewed(
            sessions,
            lambda core: CounterSums(core, seconds(period)),
            lambda sums, before: sums.take_over(before),
        )

    def increment(self, name: str, delta: int = 1) -> None:
        """Adds to a counter; never waits, and may be called in any thread. Fails with
        ``ValueError`` when the name is not allowed, and with ``OverflowError`` when what is to be
        sent leaves the range of 64-bit numbers."""
        sums = self._collected.now_if_possible()
        if sums is not None:
            sums.increment(name, delta)


class StatsRecorder(Recorder):
    """Collects values in this process and sends them once in a while, so that recording costs next
    to nothing."""

    def __init__(self, sessions: object, period: Seconds) -> None:
        self._collected = Renewed(
            sessions,
            lambda core: StatValues(core, seconds(period)),
            lambda values, before: values.take_over(before),
        )

    def record(self, kind: str, context: str, value: float) -> None:
        """Records a value; never waits, and may be called in any thread. Fails with ``ValueError``
        when kind or context are not allowed, or the value is no number from -1e18 to 1e18."""
        values = self._collected.now_if_possible()
        if values is not None:
            values.record(kind, context, value)

    def time(self, kind: str, context: str) -> AbstractContextManager[None]:
        """Records how many seconds a block takes, also when it fails."""
        return timing(self.record, kind, context)
