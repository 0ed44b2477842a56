# SPDX-License-Identifier: Apache-2.0
"""The token that says who makes a call."""

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from quoin._core import callbacks
from quoin._core.callbacks import Raised
from quoin.exceptions import QuoinError

AnyToken = str | Callable[[], str | Awaitable[str]]

_THREADS = 32


def checked_token(token: object) -> str:
    """A token, if it can be sent. Never says what it was."""
    if not isinstance(token, str) or not token or not all("!" <= c <= "~" for c in token):
        raise ValueError("a token must be a text of printable ASCII without spaces")
    return token


class Tokens:
    """Gives every call the token that says who makes it. A function that gives it may block, so it
    is called in a thread, unless it is a coroutine function."""

    def __init__(self, token: AnyToken) -> None:
        self._fixed = token if isinstance(token, str) else None
        self._ask: Any = None if isinstance(token, str) else token
        self._threads: ThreadPoolExecutor | None = None

    async def header(self, within: float | None) -> tuple[str, str]:
        """The metadata of a call, which may take so many seconds."""
        token = self._fixed
        if token is None:
            asking = callbacks.begin(self._asked())
            try:
                await asyncio.wait([asking], timeout=within)
            finally:
                if not asking.done():
                    asking.cancel()
            if not asking.done():
                late = grpc.StatusCode.DEADLINE_EXCEEDED
                raise QuoinError("the token callback took too long", late)
            token = _checked(asking.result())
        return ("authorization", f"Bearer {token}")

    async def _asked(self) -> Any:
        if inspect.iscoroutinefunction(self._ask):
            return await self._ask()
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="quoin-token")
        call = functools.partial(callbacks.call, self._ask)
        given = await asyncio.get_running_loop().run_in_executor(self._threads, call)
        return await given if inspect.isawaitable(given) else given

    def close(self) -> None:
        """Asks no more; a function that still blocks is not waited for."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def is_of_callback(error: QuoinError) -> bool:
    """Whether a token callback failed, which may do better the next time."""
    return error.code is grpc.StatusCode.UNAUTHENTICATED and not error.reason


def is_denied(error: QuoinError) -> bool:
    """Whether the caller may not do this: trying again is no use."""
    refused = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
    return error.code in refused and not is_of_callback(error)


def _checked(given: Any) -> str:
    raised = given
    if not isinstance(given, Raised):
        try:
            return checked_token(given)
        except Exception as e:  # What is a text may be a class of the user's.
            raised = Raised(e)
    text = f"the token callback failed: {callbacks.described(raised.error)}"
    raise QuoinError(text, grpc.StatusCode.UNAUTHENTICATED) from raised.error
