# SPDX-License-Identifier: Apache-2.0
"""Forks of the process.

gRPC does not survive a fork: a child of a process that uses it hangs or crashes when it uses it, too.
So clients that have nothing open let go of it before a fork, and connect again when they are used,
in parent and child. When another one is in use, the child refuses to connect, and says why.
"""

import gc
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from weakref import WeakSet

_in_use: WeakSet[object] = WeakSet()
generation = 0
"""How many forks lie between the first process and this one."""

_before: list[Callable[[], bool]] = []
_after_in_parent: list[Callable[[], None]] = []
_after_in_child: list[Callable[[], None]] = []
_is_spoilt = False
_polls = False

# How long gRPC may take to end its threads, which it does in the background.
_PATIENCE = 1.0
_STEP = 0.002

SPOILT = (
    "this process was forked while a Quoin client was in use, which gRPC does not survive: connect "
    "after the fork, or start processes by spawn or forkserver"
)


def uses_grpc(user: object) -> None:
    """Something uses gRPC from now on."""
    check()
    _in_use.add(user)


def uses_no_grpc(user: object) -> None:
    """It has let go of it."""
    _in_use.discard(user)


def check() -> None:
    """Fails in a process in which gRPC cannot be used."""
    if _is_spoilt:
        raise RuntimeError(SPOILT)


def on_fork(
    before: Callable[[], bool],
    after_in_parent: Callable[[], None],
    after_in_child: Callable[[], None],
) -> None:
    """Has something done before every fork, which tells whether it let go of anything, and after
    it."""
    _before.append(before)
    _after_in_parent.append(after_in_parent)
    _after_in_child.append(after_in_child)


def _let_go() -> None:
    global _polls
    if sum(let_go() for let_go in _before) > 0:
        gc.collect()
        _await_end_of_grpc()
    # What gRPC waits in for all event loops; it is still there when another part of the program uses
    # gRPC with asyncio.
    _polls = any(thread.name.endswith("(_poll_wrapper)") for thread in threading.enumerate())


def _await_end_of_grpc() -> None:
    """A child of a process in which gRPC is just ending hangs when it begins to use it. When another
    part of the program uses it, it does not end."""
    end = time.monotonic() + _PATIENCE
    while _has_grpc_threads() and time.monotonic() < end:
        time.sleep(_STEP)


def _has_grpc_threads() -> bool:
    return any(
        name.startswith(("grpc_", "event_engine", "lifeguard"))
        for name in map(_name, Path("/proc/self/task").glob("*/comm"))
    )


def _name(thread: Path) -> str:
    try:
        return thread.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # It has just ended.


def _go_on() -> None:
    for go_on in _after_in_parent:
        go_on()


def _begin_anew() -> None:
    global _is_spoilt, generation
    generation += 1
    _is_spoilt = _is_spoilt or _polls or len(_in_use) > 0
    _in_use.clear()
    for begin in _after_in_child:
        begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_let_go, after_in_parent=_go_on, after_in_child=_begin_anew)
