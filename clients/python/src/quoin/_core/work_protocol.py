# SPDX-License-Identifier: Apache-2.0
"""What a service brings to its workers: which of its messages say what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from quoin._core.rpcs import Rpc
from quoin._core.work_item import WorkItem


@dataclass(frozen=True)
class Ended:
    """The work on an item is in vain."""

    id: str
    token: str
    is_lost: bool
    """Whether somebody else may have it."""


@dataclass(frozen=True)
class News:
    """What a server says."""

    items: Sequence[WorkItem] = field(default=())
    """Delivered."""
    settled: Sequence[str] = field(default=())
    """Ids of items of which it knows how they ended; once for each time it was told."""
    ended: Sequence[Ended] = field(default=())


class WorkProtocol(Protocol):
    """The messages of a service. A worker sends again what was not answered."""

    rpc: Rpc
    what: str
    """What the worker is, for the log."""

    def open(self, kinds: Sequence[str], credits: int, held: Sequence[WorkItem]) -> Any:
        """The first message of a call: for how many items there is room, and those it has."""

    def credits(self, count: int) -> Any:
        """There is room for more items."""

    def started(self, item: WorkItem) -> Any:
        """An item was begun."""

    def outcome(self, item: WorkItem, result: Any) -> Any:
        """How an item ended: what its handler returned or, as ``Raised``, raised."""

    def news(self, message: Any, say: Callable[[Any], None]) -> News:
        """What a message of the server says; ``say`` sends what a task tells of itself."""
