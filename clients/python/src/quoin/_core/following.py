# SPDX-License-Identifier: Apache-2.0
"""Streams of what happens, which go on from a cursor."""

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
        self._left = 0

    @property
    def cursor(self) -> str:
        """Where another stream would go on after what this one has handed over. What arrived
        together shares one: within it the cursor is still that of what came before."""
        return self._cursor

    def received(self) -> str:
        """Where the next call goes on."""
        return self._received

    def events(self, message: Any) -> list[T]:
        """What a message tells."""
        raise NotImplementedError

    def items(self, message: Any) -> list[T]:
        events = self.events(message)
        # Nothing of the message before is left: it was handed over before this one was asked for.
        if message.cursor:
            self._received = message.cursor
        self._left = len(events)
        if not events:
            self._cursor = self._received
        return events

    def handed_over(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._cursor = self._received
