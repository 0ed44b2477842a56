# SPDX-License-Identifier: Apache-2.0
"""The client of Quoin.

``quoin.connect`` gives a client that blocks, ``quoin.aio.connect`` one for asyncio.
"""

from quoin import aio
from quoin._core.settings import TLS
from quoin._sync.chat import Chat, Following
from quoin._sync.client import Quoin, connect
from quoin._sync.config import Config
from quoin._sync.counters import CounterRecorder, Counters, Stats, StatsRecorder
from quoin._sync.locks import Locks
from quoin._sync.logs import Logs, LogWriter
from quoin._sync.owned import Lock, LockSet, Owned, Permits
from quoin._sync.queues import Queues, Worker
from quoin._sync.semaphores import Semaphores
from quoin._sync.stream import Stream
from quoin._sync.watches import Announcement, ConfigWatch, MaintenanceWatch, ServiceWatch
from quoin._version import __version__
from quoin.exceptions import (
    ClosedError,
    FieldViolation,
    InvalidRequestError,
    NotAcquiredError,
    NotHeldError,
    QuoinError,
    Reason,
    UnavailableError,
)
from quoin.log_handler import LogHandler
from quoin.tasks import Reject, Retry, Task, task
from quoin.values import (
    ChatEvent,
    ChatGap,
    ChatSignal,
    Configuration,
    CounterSample,
    Figures,
    LockChange,
    LockEvent,
    LockState,
    LogEntry,
    LogGap,
    LostReason,
    PermitHolder,
    SemaphoreState,
    ServiceInstance,
    Severity,
)

__all__ = [
    "CounterRecorder",
    "CounterSample",
    "Counters",
    "Figures",
    "Stats",
    "StatsRecorder",
    "Announcement",
    "Chat",
    "ChatEvent",
    "ChatGap",
    "ChatSignal",
    "Config",
    "ConfigWatch",
    "Configuration",
    "Following",
    "LogEntry",
    "LogGap",
    "LogHandler",
    "LogWriter",
    "Logs",
    "MaintenanceWatch",
    "ServiceInstance",
    "ServiceWatch",
    "Severity",
    "TLS",
    "Lock",
    "LockChange",
    "LockEvent",
    "LockSet",
    "LockState",
    "Locks",
    "LostReason",
    "Owned",
    "PermitHolder",
    "Permits",
    "Queues",
    "Quoin",
    "SemaphoreState",
    "Semaphores",
    "Stream",
    "Task",
    "connect",
    "task",
    "ClosedError",
    "FieldViolation",
    "InvalidRequestError",
    "NotAcquiredError",
    "NotHeldError",
    "QuoinError",
    "Reason",
    "Reject",
    "Retry",
    "UnavailableError",
    "Worker",
    "__version__",
    "aio",
]
