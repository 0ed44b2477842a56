# SPDX-License-Identifier: Apache-2.0
"""Stats: figures of measured values per kind, context and hour."""

from quoin._core import wire
from quoin._core.link import Link
from quoin._core.wire import Seconds
from quoin.aio.recorders import StatsRecorder
from quoin.stats.v1 import GetRequest, SlowestRequest
from quoin.values import Figures


class Stats:
    """The figures of a client's namespace.

    ``recorder`` records: single values, times and, with ``quoin.interceptors``, every RPC of a
    channel or server. All fail with ``InvalidRequestError`` when an argument is not allowed, and
    with ``UnavailableError`` when no server, or no Redis, could be reached.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def get(self, kind: str, context: str, *, hours_ago: int = 0) -> Figures:
        """The figures of a context in an hour: 0 for the current one, up to 24 hours ago."""
        request = GetRequest(kind=kind, context=context, hours_ago=hours_ago)
        found = await self._link.call(self._link.stubs.stats.Get(request))
        return Figures(
            wire.moment(found.hour),
            found.partial,
            found.count,
            found.sum,
            found.min,
            found.max,
            found.mean,
            found.stddev,
            found.p50,
            found.p95,
            found.p99,
        )

    async def slowest(self, kind: str, *, hours_ago: int = 0, limit: int = 10) -> dict[str, float]:
        """The means of the contexts with the highest ones, highest first; 100 at most."""
        request = SlowestRequest(kind=kind, hours_ago=hours_ago, limit=limit)
        found = await self._link.call(self._link.stubs.stats.Slowest(request))
        return {slow.context: slow.mean for slow in found.slowest}

    def recorder(self, period: Seconds = 1) -> StatsRecorder:
        """Collects values in this process and sends them once in a period."""
        return StatsRecorder(self._link, wire.seconds(period))
