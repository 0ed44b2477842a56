# SPDX-License-Identifier: Apache-2.0
"""How the helpers work for callers that block: the names of ``asynchronous``."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from quoin._core.lease import Lease
from quoin._modes.sessions import Renewed as Renewed
from quoin._modes.sessions import Session as Session
from quoin._modes.sessions import Sessions as Sessions
from quoin.exceptions import Reason
from quoin.tasks import Task

F = TypeVar("F")
T = TypeVar("T")

Result = str | bytes | None
Handler = Callable[[Task], Result]
Token = str | Callable[[], str]
Answer = Annotated[T, "at once"]
"""What a unary RPC gives, and a function of the caller."""


def acquiring(acquire: F) -> F:
    """What is acquired can be used with ``with`` as it is."""
    return acquire


def while_held(lease: Lease, worked: T, reason: Reason) -> T:  # noqa: ARG001 - as the other one
    """What the work gave; work that blocks cannot be ended."""
    return worked
