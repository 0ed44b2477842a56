# SPDX-License-Identifier: Apache-2.0
"""Quoin for asyncio: ``async with quoin.aio.connect("localhost:7400") as q``."""

from quoin._core.resume import Stream
from quoin._stubs import AioStubs
from quoin.aio.announcement import Announcement
from quoin.aio.chat import Chat
from quoin.aio.chat_stream import ChatNews, ChatSubscription
from quoin.aio.client import Quoin, connect
from quoin.aio.config import Config
from quoin.aio.config_watches import ConfigWatch, ServiceWatch
from quoin.aio.counters import Counters, CounterWatch
from quoin.aio.lock_sets import LockSet
from quoin.aio.lock_watch import LockWatch
from quoin.aio.locks import Locks
from quoin.aio.log_writer import LogWriter
from quoin.aio.logs import Logs, LogTail
from quoin.aio.maintenance_watches import MaintenanceWatch
from quoin.aio.owned import Acquiring, Lock, Owned, Permits
from quoin.aio.queues import Queues
from quoin.aio.recorders import CounterRecorder, StatsRecorder
from quoin.aio.semaphores import Semaphores
from quoin.aio.stats import Stats
from quoin.aio.worker import Worker

__all__ = [
    "CounterRecorder",
    "CounterWatch",
    "Counters",
    "Stats",
    "StatsRecorder",
    "Acquiring",
    "AioStubs",
    "Announcement",
    "Chat",
    "ChatNews",
    "ChatSubscription",
    "Config",
    "ConfigWatch",
    "LogTail",
    "LogWriter",
    "Logs",
    "MaintenanceWatch",
    "ServiceWatch",
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
