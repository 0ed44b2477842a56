# SPDX-License-Identifier: Apache-2.0
"""Recorders: they collect in this process and send once in a while, exactly once."""

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from quoin._core.defaults import new_id
from quoin._core.link import Link
from quoin._core.pump import Pump
from quoin.counters.v1 import IncrementBatchRequest, IncrementBatchResponse
from quoin.stats.v1 import RecordBatchRequest, RecordBatchResponse

PER_REQUEST = 1_000
MOST = 100_000
LARGEST = 1e18
INT64 = range(-(2**63), 2**63)

S = TypeVar("S", bound="Recorder")


class Recorder:
    """What both recorders do."""

    _pump: Pump[Any, Any]

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost = 0

    @property
    def lost(self) -> int:
        """How many may not have been recorded: because Quoin was away for more than nine minutes,
        too much waited to be sent, or a counter would have overflowed."""
        return self._lost

    async def flush(self) -> None:
        """Sends what is collected now, and waits until it is recorded."""
        await self._pump.flush()

    async def close(self) -> None:
        """Sends what is collected and waits, no longer than the client's deadline, until it is
        recorded."""
        await self._pump.close()

    async def __aenter__(self: S) -> S:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    def _lose(self, count: int) -> None:
        with self._lock:
            self._lost += count


class CounterRecorder(Recorder):
    """Counts in this process and sends the sums once in a while, so that counting costs next to
    nothing. Every sum is counted exactly once, whatever happens to connections and servers, as long
    as Quoin comes back within nine minutes. It counts in the second in which it arrives.

    ``increment`` may be called in any thread and never waits.
    """

    def __init__(self, link: Link, period: float) -> None:
        super().__init__()
        self._sums: dict[str, int] = {}
        self._pump = Pump[IncrementBatchRequest, IncrementBatchResponse](
            link,
            link.stubs.counters.IncrementBatch,
            period,
            self._next,
            lambda answer: self._lose(len(answer.uncounted)),
            lambda request: self._lose(len(request.increments)),
        )

    def increment(self, name: str, delta: int = 1) -> None:
        """Adds to a counter. Fails with ``ValueError`` when the name is not allowed, and with
        ``OverflowError`` when what is to be sent leaves the range of 64-bit numbers."""
        check("name", name, 256)
        with self._lock:
            if len(self._sums) >= MOST and name not in self._sums:
                self._lost += 1
                return
            total = self._sums.get(name, 0) + delta
            if total not in INT64:
                raise OverflowError(f"too much to be added to {name}")
            self._sums[name] = total

    def _next(self) -> IncrementBatchRequest | None:
        request = IncrementBatchRequest(request_id=new_id())
        with self._lock:
            while self._sums and len(request.increments) < PER_REQUEST:
                name = next(iter(self._sums))
                request.increments.add(name=name, delta=self._sums.pop(name))
        return request if request.increments else None


class StatsRecorder(Recorder):
    """Collects values in this process and sends them once in a while, so that recording costs next
    to nothing. Every value is recorded exactly once, whatever happens to connections and servers, as
    long as Quoin comes back within nine minutes.

    ``record`` and ``time`` may be called in any thread and never wait.
    """

    def __init__(self, link: Link, period: float) -> None:
        super().__init__()
        self._values: deque[tuple[str, str, float]] = deque()
        self._pump = Pump[RecordBatchRequest, RecordBatchResponse](
            link,
            link.stubs.stats.RecordBatch,
            period,
            self._next,
            lambda _: None,
            lambda request: self._lose(len(request.records)),
        )

    def record(self, kind: str, context: str, value: float) -> None:
        """Records a value. Fails with ``ValueError`` when kind or context are not allowed, or the
        value is no number from -1e18 to 1e18."""
        check("kind", kind, 64)
        check("context", context, 256)
        if not math.isfinite(value) or abs(value) > LARGEST:
            raise ValueError("value: must be a number from -1e18 to 1e18")
        with self._lock:
            if len(self._values) >= MOST:
                self._lost += 1
                return
            self._values.append((kind, context, value))

    @contextmanager
    def time(self, kind: str, context: str) -> Iterator[None]:
        """Records how many seconds a block takes, also when it fails."""
        check("kind", kind, 64)
        check("context", context, 256)
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.record(kind, context, time.perf_counter() - begin)

    def _next(self) -> RecordBatchRequest | None:
        request = RecordBatchRequest(request_id=new_id())
        with self._lock:
            while self._values and len(request.records) < PER_REQUEST:
                kind, context, value = self._values.popleft()
                request.records.add(kind=kind, context=context, value=value)
        return request if request.records else None


def check(field: str, name: str, most: int) -> None:
    """Refuses what the contract does not allow before it is collected."""
    if not 0 < len(name.encode()) <= most or any(c < " " or c == "\x7f" for c in name):
        raise ValueError(f"{field}: must be 1 to {most} bytes without control characters")
