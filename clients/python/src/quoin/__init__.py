# SPDX-License-Identifier: Apache-2.0
"""The client of Quoin.

``quoin.connect`` gives a client that blocks, ``quoin.aio.connect`` one for asyncio.
"""

from quoin import aio
from quoin._core.settings import TLS
from quoin._sync.client import Quoin, connect
from quoin._sync.locks import Locks
from quoin._sync.owned import Lock, LockSet, Owned, Permits
from quoin._sync.queues import Queues, Worker
from quoin._sync.semaphores import Semaphores
from quoin._sync.stream import Stream
from quoin._version import __version__
from quoin.exceptions import (
    FieldViolation,
    InvalidRequestError,
    NotAcquiredError,
    NotHeldError,
    QuoinError,
    Reason,
    UnavailableError,
)
from quoin.tasks import Reject, Retry, Task, task
from quoin.values import (
    LockChange,
    LockEvent,
    LockState,
    LostReason,
    PermitHolder,
    SemaphoreState,
)

__all__ = [
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
