# SPDX-License-Identifier: Apache-2.0
"""What the helpers answer with. All of it never changes; all times are in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any

from quoin.chat.v1 import Activity, SubscribeResponse


class LostReason(Enum):
    """Why something that was held was lost."""

    EXPIRED = "expired"
    """The lease ran out before a renewal was confirmed: no server, or no Redis, could be reached in
    time. Others can get it from now on."""
    NOT_HELD = "not held"
    """The server says that the token does not hold it any more. Others may hold it already."""
    REVOKED = "revoked"
    """Somebody took it away. Others may hold it already."""


class Severity(IntEnum):
    """How serious an entry of a log is."""

    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4
    CRITICAL = 5


@dataclass(frozen=True)
class LogEntry:
    """An entry of a log."""

    log: str
    """Name of the log."""
    severity: Severity
    text: str
    template: str
    """The text without that which varies; empty when none was given."""
    fields: Mapping[str, str]
    time: datetime


@dataclass(frozen=True)
class LogGap:
    """Entries of a log that could not be told, because they are kept no longer."""

    log: str
    missed: int
    """How many; 0 when that is not known."""


@dataclass(frozen=True)
class ChatEvent:
    """Something happened in a chat: a message, an edit, somebody came or went."""

    chat_id: str
    event: SubscribeResponse.Event


@dataclass(frozen=True)
class ChatGap:
    """Messages of a chat that cannot be told, because they are kept no longer."""

    chat_id: str
    first: int
    last: int
    """Less than the first when only other events are missing; both 0 when it is not known."""


@dataclass(frozen=True)
class ChatSignal:
    """Somebody is doing something, for example typing."""

    chat_id: str
    user: str
    activity: Activity.ValueType


@dataclass(frozen=True)
class Configuration:
    """A component of a type of configuration."""

    component: str
    value: Mapping[str, Any]
    """Of texts, numbers, booleans, ``None``, lists and dictionaries; whole numbers are ints."""
    version: int
    update_time: datetime
    actor: str
    deleted: bool
    """Whether it went; only told by watches."""


@dataclass(frozen=True)
class ServiceInstance:
    """A process that serves."""

    instance: str
    address: str
    metadata: Mapping[str, str]
    draining: bool
    """Whether it is about to go and should get nothing new."""
