# SPDX-License-Identifier: Apache-2.0
"""Unary calls that are made again until their deadline, while no server or no Redis can be reached.

gRPC itself repeats a call a few times within a second or two, by the service config. This is what
follows. Repetitions wait for a connection, so that they begin the moment a server is back.
"""

import asyncio
import random
import time
from collections.abc import Callable, Generator
from typing import Any

import grpc

from quoin._core import failure

PAUSE = 0.5
SHORTEST = 0.02


class Repeats:
    """The attempts of one call."""

    def __init__(self, make: Callable[..., Any], timeout: float) -> None:
        self._make = make
        self._end = time.monotonic() + timeout
        self._first: grpc.RpcError | None = None

    def attempt(self) -> Any:
        """Makes the call."""
        if self._first is None:
            return self._make(timeout=self._left())
        return self._make(timeout=self._left(), wait_for_ready=True)

    def pause(self, error: grpc.RpcError) -> float:
        """How long to pause before the next attempt. Fails when there is none: with what the first
        one met, if this one had only too little time."""
        failed = failure.read(error)
        if self._first is not None and failed.code is grpc.StatusCode.DEADLINE_EXCEEDED:
            raise self._first
        pause = max(failed.retry_after or 0, random.uniform(PAUSE / 2, PAUSE))
        if failed.code is not grpc.StatusCode.UNAVAILABLE or self._left() - pause < SHORTEST:
            raise error
        self._first = self._first or error
        return pause

    def _left(self) -> float:
        return self._end - time.monotonic()


def repeated(make: Callable[..., Any], timeout: float) -> Any:
    """The answer of a blocking call."""
    repeats = Repeats(make, timeout)
    while True:
        try:
            return repeats.attempt()
        except grpc.RpcError as e:
            pause = repeats.pause(e)
        time.sleep(pause)


class RepeatedCall:
    """A call of an asyncio stub. What it says about itself is what its newest attempt says."""

    def __init__(self, make: Callable[..., Any], timeout: float) -> None:
        self._repeats = Repeats(make, timeout)
        self._call = self._repeats.attempt()
        self._cancelled = asyncio.get_running_loop().create_future()

    def __await__(self) -> Generator[Any, None, Any]:
        return self._answer().__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def cancel(self) -> bool:
        """Ends the call."""
        if not self._cancelled.done():
            self._cancelled.set_result(None)
        return bool(self._call.cancel())

    async def _answer(self) -> Any:
        while True:
            try:
                return await self._call
            except grpc.RpcError as e:
                pause = self._repeats.pause(e)
            await asyncio.wait([self._cancelled], timeout=pause)
            if self._cancelled.done():
                raise asyncio.CancelledError
            self._call = self._repeats.attempt()
