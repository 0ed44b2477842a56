# SPDX-License-Identifier: Apache-2.0
"""What calls fail with.

Branch on the type, on ``reason``, or on ``code`` when there is no reason; texts may change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc

from quoin._core import failure
from quoin._core.portable import Portable
from quoin._reasons import Reason

__all__ = [
    "ClosedError",
    "FieldViolation",
    "InvalidRequestError",
    "NotAcquiredError",
    "NotHeldError",
    "QuoinError",
    "Reason",
    "UnavailableError",
]

_NOT_HELD = {
    Reason.LOCK_NOT_HELD,
    Reason.LOCK_REVOKED,
    Reason.SEMAPHORE_NOT_HELD,
    Reason.SEMAPHORE_REVOKED,
}


@dataclass(frozen=True)
class FieldViolation:
    """A field of a request that is not as it must be."""

    field: str
    """Path of the field, for example ``entries[1].text``."""
    description: str
    """What is allowed."""


class QuoinError(Portable, Exception):
    """A call that was refused or could not be carried out."""

    def __init__(
        self,
        text: str,
        code: grpc.StatusCode,
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
        violations: Sequence[FieldViolation] = (),
    ) -> None:
        super().__init__(text)
        self.text = text
        """What happened, for people."""
        self.code = code
        """The gRPC status code."""
        self.reason = reason
        """Why, for programs: equal to a member of ``Reason``, or a name that is newer than this
        library; empty when no Quoin server said why, for example because none was reached."""
        self.metadata: Mapping[str, str] = metadata or {}
        """The values the text speaks of; often empty."""
        self.retry_after = retry_after
        """Seconds to wait before trying again; given when trying again makes sense."""
        self.request_id = request_id
        """Under what id the server knows the call; its log has the details."""
        self.violations = tuple(violations)
        """What is wrong with the request; with ``InvalidRequestError``."""

    def __str__(self) -> str:
        return f"{self.reason or self.code.name}: {self.text}"

    @staticmethod
    def from_rpc(error: grpc.RpcError) -> "QuoinError":
        """The error for what a call of a generated stub failed with."""
        return from_failure(failure.read(error))


class UnavailableError(QuoinError):
    """No server, or no Redis, could be reached. The call may have been carried out or not."""


class ClosedError(QuoinError):
    """The client is closed, or was while the call was under way; then it may have been carried out
    or not."""


class NotHeldError(QuoinError):
    """What was to be kept or given back is not held any more."""


class InvalidRequestError(QuoinError):
    """The request breaks a rule of its contract; ``violations`` says which fields are wrong."""


class NotAcquiredError(Portable, Exception):
    """Somebody else held it all the time: the normal answer to who asks for what is busy."""

    def __init__(self, name: str, *, label: str, retry_after: float, position: int) -> None:
        by = f" by {label}" if label else ""
        super().__init__(f"{name} is held{by}")
        self.name = name
        """What could not be had."""
        self.label = label
        """Label of who has it; empty when it gave none, always empty for semaphores."""
        self.retry_after = retry_after
        """Seconds until the present lease ends if it is not renewed."""
        self.position = position
        """Place in line at the end of the wait, 1 being the next; without a wait, what it would
        have been."""


def from_failure(failed: "failure.Failure") -> QuoinError:
    """The error of the right type."""
    kind = QuoinError
    if failed.reason == Reason.INVALID_REQUEST:
        kind = InvalidRequestError
    elif failed.reason in _NOT_HELD:
        kind = NotHeldError
    elif failed.code is grpc.StatusCode.UNAVAILABLE:
        kind = UnavailableError
    return kind(
        failed.text,
        failed.code,
        reason=failed.reason,
        metadata=failed.metadata,
        retry_after=failed.retry_after,
        request_id=failed.request_id,
        violations=[FieldViolation(*v) for v in failed.violations],
    )


def closed() -> ClosedError:
    """The error of whoever uses a client that is closed."""
    return ClosedError("the client is closed", grpc.StatusCode.CANCELLED)


def lost(name: str, reason: Reason) -> NotHeldError:
    """The error of whoever works on with what was lost."""
    text = f"{name} was lost while work went on"
    return NotHeldError(text, grpc.StatusCode.FAILED_PRECONDITION, reason=reason)
