# SPDX-License-Identifier: Apache-2.0
"""Streams of requests that users bring along."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Requests(Generic[T]):
    """Requests as they are sent. Making them may raise anything: gRPC only cancels the call then, so
    what was raised is kept for whoever waits for the answers."""

    def __init__(self, made: AsyncIterator[T], end: Callable[[], None] = lambda: None) -> None:
        self._made = made
        self._end = end
        self.failure: Exception | None = None

    def end(self) -> None:
        """Makes no more: the call has ended."""
        self._end()

    def __aiter__(self) -> "Requests[T]":
        return self

    async def __anext__(self) -> T:
        try:
            return await self._made.__anext__()
        except (StopAsyncIteration, asyncio.CancelledError, GeneratorExit):
            raise
        except Exception as e:
            self.failure = e
        except BaseException as e:
            # It would end the event loop.
            self.failure = RuntimeError(f"the requests ended with {type(e).__name__}")
            self.failure.__cause__ = e
        raise self.failure


class _Patient:
    """The core of a call of gRPC, which is not told when a request cannot be sent."""

    def __init__(self, core: Any) -> None:
        self._core = core

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def set_internal_error(self, text: str) -> None:
        """Waits for the status of the call."""


def keep_status(call: Any) -> None:
    """Makes a call end with what the server says. When the server ends it while a request is sent,
    gRPC takes it for an error of its own, INTERNAL, although the status is on its way."""
    core = getattr(call, "_cython_call", None)
    if hasattr(core, "set_internal_error"):
        call._cython_call = _Patient(core)
