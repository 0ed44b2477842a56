# SPDX-License-Identifier: Apache-2.0
# Generated from quoin.aio by tools/blocking.py. Do not edit.
"""Quoin for asyncio: ``async with quoin.aio.connect("localhost:7400") as q``."""

from quoin._core.events import ChatNews, LogNews
from quoin._sync.chat import Chat
from quoin._sync.client import Quoin, connect
from quoin._sync.config import Announcement, Config, ConfigWatch, MaintenanceWatch, ServiceWatch
from quoin._sync.leases import LeaseHandle, LeaseSet
from quoin._sync.locks import Lock, Locks, LockSet
from quoin._sync.logs import Logs, LogWriter
from quoin._sync.queues import Queues, Worker
from quoin._sync.recorders import CounterRecorder, Counters, Stats, StatsRecorder
from quoin._sync.semaphores import Permits, Semaphores
from quoin._sync.services import pages, resume
from quoin._sync.streams import LogStream, Stream

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
