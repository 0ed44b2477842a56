# SPDX-License-Identifier: Apache-2.0
"""Quoin for asyncio: ``async with quoin.aio.connect("localhost:7400") as q``."""

from quoin._core.resume import Stream
from quoin._core.stubs import AioStubs
from quoin.aio.client import Quoin, connect
from quoin.aio.lock_sets import LockSet
from quoin.aio.lock_watch import LockWatch
from quoin.aio.locks import Locks
from quoin.aio.owned import Acquiring, Lock, Owned, Permits
from quoin.aio.queues import Queues
from quoin.aio.semaphores import Semaphores
from quoin.aio.worker import Worker

__all__ = [
    "Acquiring",
    "AioStubs",
    "Lock",
    "LockSet",
    "LockWatch",
    "Locks",
    "Owned",
    "Permits",
    "Queues",
    "Quoin",
    "Semaphores",
    "Stream",
    "Worker",
    "connect",
]
