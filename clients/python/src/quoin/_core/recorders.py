# SPDX-License-Identifier: Apache-2.0
"""Recorders: they collect in this process and send once in a while, exactly once."""

import math
import operator
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from quoin._core.batch_sender import BatchSender, halves
from quoin._core.client_core import ClientCore
from quoin._core.names import check
from quoin._core.rpcs import new_id, rpcs_of
from quoin._core.tally import Tally
from quoin.counters.v1 import IncrementBatchRequest, IncrementBatchResponse
from quoin.stats.v1 import RecordBatchRequest, RecordBatchResponse

PER_REQUEST = 1_000
MOST = 100_000
LARGEST = 1e18
INT64 = range(-(2**63), 2**63)

_COUNTERS = rpcs_of("quoin.counters.v1.Counters")
_STATS = rpcs_of("quoin.stats.v1.Stats")


class Collected:
    """What is collected to be recorded."""

    _sender: BatchSender[Any, Any]

    def __init__(self) -> None:
        self._lost = Tally()

    @property
    def lost(self) -> int:
        """How many may not have been recorded: because Quoin was away for more than nine minutes,
        too much waited to be sent, or a counter would have overflowed."""
        return self._lost.count

    def take_over(self, before: "Collected") -> None:
        """Counts what another recorder of this process lost."""
        self._lost.add(before.lost)

    async def flush(self) -> None:
        """Sends what is collected now, and waits until it is recorded."""
        await self._sender.flush()

    async def close(self) -> None:
        """Sends what is collected and waits, no longer than the client's deadline, until it is
        recorded."""
        await self._sender.close()


class CounterSums(Collected):
    """Counts in this process and sends the sums once in a while, so that counting costs next to
    nothing. Every sum is counted exactly once, whatever happens to connections and servers, as long
    as Quoin comes back within nine minutes. It counts in the second in which it arrives.

    ``increment`` may be called in any thread and never waits.
    """

    def __init__(self, core: ClientCore, period: float) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._sums: dict[str, int] = {}
        self._arrived: deque[tuple[str, int]] = deque()
        self._is_adding = False
        self._sender = BatchSender[IncrementBatchRequest, IncrementBatchResponse](
            core,
            "recording counters",
            _COUNTERS["increment_batch"],
            period,
            self._next,
            _halves_of_increments,
            lambda answer: self._lost.add(len(answer.uncounted)),
            lambda request: self._lost.add(len(request.increments)),
        )

    def increment(self, name: str, delta: int = 1) -> None:
        """Adds to a counter. Fails with ``ValueError`` when the name is not allowed, and with
        ``OverflowError`` when what is to be sent leaves the range of 64-bit numbers."""
        check("name", name)
        delta = operator.index(delta)
        with self._lock:
            self._arrived.append((name, delta))
            # Else a signal handler or finalizer is in the middle of the adding, which goes on.
            if not self._is_adding and self._add() > 0:
                raise OverflowError(f"too much to be added to {name}")

    def _add(self) -> int:
        """Adds what has arrived; tells how much of it is too much."""
        too_much = 0
        self._is_adding = True
        try:
            while self._arrived:
                name, delta = self._arrived.popleft()
                total = self._sums.get(name, 0) + delta
                if len(self._sums) >= MOST and name not in self._sums:
                    self._lost.add()
                elif total not in INT64:
                    too_much += 1
                else:
                    self._sums[name] = total
        finally:
            self._is_adding = False
        return too_much

    def _next(self) -> IncrementBatchRequest | None:
        request = IncrementBatchRequest(request_id=new_id())
        with self._lock:
            self._lost.add(self._add())
            self._is_adding = True
            try:
                while self._sums and len(request.increments) < PER_REQUEST:
                    name = next(iter(self._sums))
                    request.increments.add(name=name, delta=self._sums.pop(name))
            finally:
                self._is_adding = False
        return request if request.increments else None


class StatValues(Collected):
    """Collects values in this process and sends them once in a while, so that recording costs next
    to nothing. Every value is recorded exactly once, whatever happens to connections and servers, as
    long as Quoin comes back within nine minutes.

    ``record`` and ``time`` may be called in any thread and never wait.
    """

    def __init__(self, core: ClientCore, period: float) -> None:
        super().__init__()
        self._values: deque[tuple[str, str, float]] = deque()
        self._sender = BatchSender[RecordBatchRequest, RecordBatchResponse](
            core,
            "recording stats",
            _STATS["record_batch"],
            period,
            self._next,
            _halves_of_records,
            lambda _: None,
            lambda request: self._lost.add(len(request.records)),
        )

    def record(self, kind: str, context: str, value: float) -> None:
        """Records a value. Fails with ``ValueError`` when kind or context are not allowed, or the
        value is no number from -1e18 to 1e18."""
        check("kind", kind)
        check("context", context)
        if isinstance(value, str | bytes):
            raise TypeError(f"value: must be a number, not {type(value).__name__}")
        value = float(value)
        if not math.isfinite(value) or abs(value) > LARGEST:
            raise ValueError("value: must be a number from -1e18 to 1e18")
        if len(self._values) >= MOST:
            self._lost.add()
        else:
            self._values.append((kind, context, value))

    def _next(self) -> RecordBatchRequest | None:
        request = RecordBatchRequest(request_id=new_id())
        while self._values and len(request.records) < PER_REQUEST:
            kind, context, value = self._values.popleft()
            request.records.add(kind=kind, context=context, value=value)
        return request if request.records else None


@contextmanager
def timing(record: Callable[[str, str, float], object], kind: str, context: str) -> Iterator[None]:
    """Records how many seconds a block takes."""
    check("kind", kind)
    check("context", context)
    begin = time.perf_counter()
    try:
        yield
    finally:
        record(kind, context, time.perf_counter() - begin)


def _halves_of_increments(request: IncrementBatchRequest) -> list[IncrementBatchRequest]:
    return [
        IncrementBatchRequest(request_id=new_id(), increments=half)
        for half in halves(request.increments)
    ]


def _halves_of_records(request: RecordBatchRequest) -> list[RecordBatchRequest]:
    return [
        RecordBatchRequest(request_id=new_id(), records=half) for half in halves(request.records)
    ]
