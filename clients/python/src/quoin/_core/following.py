# SPDX-License-Identifier: Apache-2.0
"""Streams of what happens, which go on from a cursor."""

from collections import deque
from typing import Any, TypeVar

from quoin._core.resume import Resuming, Stream

T = TypeVar("T")


class Following(Stream[T]):
    """What happens, in order, until it is closed.

    A broken stream is opened again, at whatever server, and goes on after what arrived last: nothing
    is lost or comes twice, unless something in the stream says so.
    """

    def __init__(self, stream: Resuming[Any, Any], cursor: str) -> None:
        super().__init__(stream)
        self._cursor = cursor
        self._received = cursor
        self._after: deque[str] = deque()

    @property
    def cursor(self) -> str:
        """Where another stream would go on after what this one has handed over."""
        return self._cursor

    def received(self) -> str:
        """Where the next call goes on."""
        return self._received

    def events(self, message: Any) -> list[tuple[T, str]]:
        """What a message tells, each with the cursor after it."""
        raise NotImplementedError

    def items(self, message: Any) -> list[T]:
        # Nothing of the message before is left: it was handed over before this one was asked for.
        kind = message.WhichOneof("event")
        if kind in ("heartbeat", "reconnect"):
            self._cursor = self._received = getattr(message, kind).cursor
            return []
        events = self.events(message)
        self._after.extend(after for _, after in events)
        self._received = events[-1][1] if events else self._received
        return [event for event, _ in events]

    def handed_over(self) -> None:
        self._cursor = self._after.popleft()
