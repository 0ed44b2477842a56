# SPDX-License-Identifier: Apache-2.0
"""How tests wait: for conditions, never for time."""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

import quoin

P = ParamSpec("P")
T = TypeVar("T")
LIMIT = 40.0


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Runs a test in an event loop of its own, for three minutes at most."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 180))

    return run


async def soon(answer: Awaitable[T]) -> T:
    """What comes within the limit."""
    return await asyncio.wait_for(answer, LIMIT)


async def eventually(condition: Callable[[], Awaitable[Any]]) -> None:
    """Waits until something is so."""
    end = time.monotonic() + LIMIT
    while not await condition():
        assert time.monotonic() < end, "it did not become so"
        await asyncio.sleep(0.02)


async def locks_held(q: quoin.aio.Quoin, prefix: str) -> list[str]:
    """The locks that somebody holds."""
    pages = quoin.aio.pages(q.locks.list, prefix=prefix)
    return [lock.name async for page in pages for lock in page.locks if lock.held]


def eventually_is(condition: Callable[[], Any]) -> None:
    """Waits until something is so, in a test without a loop."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.02)
