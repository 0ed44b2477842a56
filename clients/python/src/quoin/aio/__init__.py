# SPDX-License-Identifier: Apache-2.0
"""Quoin for asyncio: ``async with quoin.aio.connect("localhost:7400") as q``."""

from quoin._core.events import ChatNews, LogNews
from quoin.aio.chat import Chat
from quoin.aio.client import Quoin, connect
from quoin.aio.config import Announcement, Config, ConfigWatch, MaintenanceWatch, ServiceWatch
from quoin.aio.leases import LeaseHandle, LeaseSet
from quoin.aio.locks import Lock, Locks, LockSet
from quoin.aio.logs import Logs, LogWriter
from quoin.aio.queues import Queues, Worker
from quoin.aio.recorders import CounterRecorder, Counters, Stats, StatsRecorder
from quoin.aio.semaphores import Permits, Semaphores
from quoin.aio.services import pages, resume
from quoin.aio.streams import LogStream, Stream

__all__ = [
    "Announcement",
    "Chat",
    "ChatNews",
    "Config",
    "ConfigWatch",
    "CounterRecorder",
    "Counters",
    "LeaseHandle",
    "LeaseSet",
    "Lock",
    "LockSet",
    "Locks",
    "LogNews",
    "LogStream",
    "LogWriter",
    "Logs",
    "MaintenanceWatch",
    "Permits",
    "Queues",
    "Quoin",
    "Semaphores",
    "ServiceWatch",
    "Stats",
    "StatsRecorder",
    "Stream",
    "Worker",
    "connect",
    "pages",
    "resume",
]
