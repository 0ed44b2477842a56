# SPDX-License-Identifier: Apache-2.0
"""Counters: time series of what happens, at several precisions at once."""

from quoin._core import wire
from quoin._core.defaults import new_id
from quoin._core.link import Link
from quoin._core.resume import Resuming, Stream
from quoin._core.wire import Seconds
from quoin.aio.recorders import CounterRecorder
from quoin.counters.v1 import (
    DeleteRequest,
    GetRequest,
    IncrementRequest,
    Sample,
    WatchRequest,
    WatchResponse,
)
from quoin.values import CounterSample


class Counters:
    """The counters of a client's namespace.

    ``increment`` counts one thing and returns when it is counted; ``recorder`` counts in this
    process and sends the sums: use it where things happen often. A name is 1 to 256 bytes without
    control characters. All fail with ``InvalidRequestError`` when an argument is not allowed, and
    with ``UnavailableError`` when no server, or no Redis, could be reached.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def increment(self, name: str, delta: int = 1) -> None:
        """Adds to a counter, exactly once also when the call has to be repeated. Fails with
        COUNTER_OVERFLOW when a count would leave the range of 64-bit numbers."""
        request = IncrementRequest(name=name, delta=delta, request_id=new_id())
        await self._link.call(self._link.stubs.counters.Increment(request))

    async def get(self, name: str, precision: Seconds, last: int) -> list[CounterSample]:
        """The newest samples of a counter, oldest first, with zeros where nothing was counted.

        ``precision``: one of those the server keeps: 1 s, 5 s, 1 min, 5 min, 1 h, 5 h, 1 day by
        default; else it fails with COUNTER_PRECISION_UNKNOWN. ``last``: how many at most.
        """
        request = GetRequest(
            name=name, precision=wire.duration(precision), last=last, zero_fill=True
        )
        answer = await self._link.call(self._link.stubs.counters.Get(request))
        return [sample(one) for one in answer.samples]

    def watch(self, name: str, precision: Seconds) -> "CounterWatch":
        """The slice that ended last and the one that is open, at once and after every change; who
        reads slowly is told the newest state only."""
        return CounterWatch(self._link, WatchRequest(name=name, precision=wire.duration(precision)))

    async def delete(self, name: str) -> bool:
        """Forgets a counter; tells whether there was one."""
        answer = await self._link.call(self._link.stubs.counters.Delete(DeleteRequest(name=name)))
        return answer.deleted

    def recorder(self, period: Seconds = 1) -> CounterRecorder:
        """Counts in this process and sends the sums once in a period."""
        return CounterRecorder(self._link, wire.seconds(period))


class CounterWatch(Stream[tuple[CounterSample, CounterSample]]):
    """The newest slices of a counter, until it is closed: the one that ended last and the open
    one."""

    def __init__(self, link: Link, request: WatchRequest) -> None:
        stream: Resuming[WatchRequest, WatchResponse] = Resuming(
            link, link.stubs.counters.Watch, lambda: request
        )
        super().__init__(stream)

    def items(self, message: WatchResponse) -> list[tuple[CounterSample, CounterSample]]:
        """The state that a message tells."""
        ended, open = message.samples
        return [(sample(ended), sample(open))]


def sample(one: Sample) -> CounterSample:
    """A sample as callers see it."""
    return CounterSample(wire.moment(one.start_time), one.count, one.partial)
