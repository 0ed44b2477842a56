# SPDX-License-Identifier: Apache-2.0
"""The generated stubs of all services, by the names of their features."""

import grpc
import grpc.aio

from quoin.chat.v1 import ChatStub
from quoin.config.v1 import ConfigStub
from quoin.counters.v1 import CountersStub
from quoin.errors.v1 import ErrorsStub
from quoin.locks.v1 import LocksStub
from quoin.logs.v1 import LogsStub
from quoin.queues.v1 import QueuesStub, SchedulesStub
from quoin.semaphores.v1 import SemaphoresStub
from quoin.stats.v1 import StatsStub


class Stubs:
    """Blocking stubs: ``stubs.locks.Get(request)``. They fail with ``grpc.RpcError``, which
    ``QuoinError.from_rpc`` explains."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.chat = ChatStub(channel)
        self.config = ConfigStub(channel)
        self.counters = CountersStub(channel)
        self.errors = ErrorsStub(channel)
        self.locks = LocksStub(channel)
        self.logs = LogsStub(channel)
        self.queues = QueuesStub(channel)
        self.schedules = SchedulesStub(channel)
        self.semaphores = SemaphoresStub(channel)
        self.stats = StatsStub(channel)


class AioStubs:
    """Asyncio stubs: ``await stubs.locks.Get(request)``. They fail with ``grpc.RpcError``, which
    ``QuoinError.from_rpc`` explains."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.chat = ChatStub(channel)
        self.config = ConfigStub(channel)
        self.counters = CountersStub(channel)
        self.errors = ErrorsStub(channel)
        self.locks = LocksStub(channel)
        self.logs = LogsStub(channel)
        self.queues = QueuesStub(channel)
        self.schedules = SchedulesStub(channel)
        self.semaphores = SemaphoresStub(channel)
        self.stats = StatsStub(channel)
