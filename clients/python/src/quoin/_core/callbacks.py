# SPDX-License-Identifier: Apache-2.0
"""Calls what users brought along: it may return or raise anything, in any thread.

An event loop ends when one of its tasks or callbacks raises SystemExit or KeyboardInterrupt, and a
future cannot hold StopIteration. So whatever user code raises is caught in the same task, and handed
on as a value.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


class _Log(logging.LoggerAdapter):  # type: ignore[type-arg]
    """A logger that never fails: handlers and filters are user code, too."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        stacklevel = kwargs.pop("stacklevel", 1) + 1
        call(lambda: super(_Log, self).log(level, msg, *args, stacklevel=stacklevel, **kwargs))


LOG = _Log(logging.getLogger("quoin"), {})


@dataclass(frozen=True)
class Raised:
    """What user code raised."""

    error: BaseException


def call(function: Callable[..., T], *arguments: Any) -> "T | Raised":
    """Calls a function."""
    try:
        return function(*arguments)
    except BaseException as e:
        return Raised(e)


async def outcome(work: Awaitable[T]) -> "T | Raised":
    """Waits for something, in a task of its own: cancelling that is one of the things that may be
    raised."""
    try:
        return await work
    except BaseException as e:
        return Raised(e)


def begin(work: Awaitable[T]) -> "asyncio.Task[T | Raised]":
    """A task for something. One that is cancelled before it could begin has no outcome."""
    task = asyncio.get_running_loop().create_task(outcome(work))
    if inspect.iscoroutine(work):
        task.add_done_callback(lambda _: work.close())
    return task


def tell(
    spawn: Callable[[Any], object], what: str, listener: Callable[..., Any], *event: Any
) -> None:
    """Tells a listener something; one that is a coroutine function is given a task."""
    told = call(listener, *event)
    if isinstance(told, Raised):
        LOG.error("%s failed", what, exc_info=told.error)
    elif inspect.isawaitable(told):
        spawn(_listened(what, told))


async def _listened(what: str, told: Awaitable[Any]) -> None:
    heard = await outcome(told)
    if isinstance(heard, Raised) and not isinstance(heard.error, asyncio.CancelledError):
        LOG.error("%s failed", what, exc_info=heard.error)


def described(error: BaseException) -> str:
    """Type and text of an error, whatever its methods do."""
    kind = type(error).__name__
    text = text_of(error)
    return f"{kind}: {text}" if text else kind


def text_of(value: object) -> str:
    """The text of anything."""
    text = call(lambda: f"{value!s}")
    return f"<a {type(value).__name__} without a text>" if isinstance(text, Raised) else text
