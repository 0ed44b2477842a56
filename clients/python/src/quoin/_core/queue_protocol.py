# SPDX-License-Identifier: Apache-2.0
"""The work of queues."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from quoin._core import callbacks
from quoin._core.callbacks import LOG, Raised
from quoin._core.rpcs import rpcs_of
from quoin._core.wire import Seconds
from quoin._core.work_item import WorkItem
from quoin._core.work_protocol import Ended, News
from quoin.queues.v1 import WorkResponse
from quoin.tasks import LONGEST_PAUSE, Reject, Retry, Task, shortened

LONGEST_ERROR = 2_048
LONGEST_RESULT = 65_536


class QueueProtocol:
    """Which messages of ``Queues.Work`` say what."""

    rpc = rpcs_of("quoin.queues.v1.Queues")["work"]

    def __init__(self, queues: Sequence[str], weights: Sequence[int], lease: Seconds) -> None:
        self.what = f"the worker for {', '.join(queues)}"
        self._opening = {
            "queues": queues,
            "weights": weights,
            "lease": lease,
            "preference": "weighted" if weights else "strict",
            "reports_start": True,
        }
        self.open([], 0, [])  # Fails now if an argument makes no sense.

    def open(self, kinds: Sequence[str], credits: int, held: Sequence[WorkItem]) -> Any:
        tasks = [_named(item) for item in held]
        return self.rpc.build(
            open={**self._opening, "kinds": kinds, "credits": credits, "held_tasks": tasks}
        )

    def credits(self, count: int) -> Any:
        return self.rpc.build(credits=count)

    def started(self, item: WorkItem) -> Any:
        return self.rpc.build(started={"task_ids": [item.id]})

    def outcome(self, item: WorkItem, result: Any) -> Any:
        encoded = result if isinstance(result, Raised) else _encoded(result)
        if isinstance(encoded, Raised):
            return self.rpc.build(nack={**_named(item), **_failure(item, encoded.error)})
        return self.rpc.build(ack={**_named(item), "result": encoded})

    def news(self, message: WorkResponse, say: Callable[[Any], None]) -> News:
        kind = message.WhichOneof("event")
        if kind == "delivery":
            return News([_item(leased, self._progress(say)) for leased in message.delivery.tasks])
        if kind == "settled":
            # That of progress has the end of the lease, and says nothing about the end of the task.
            outcomes = message.settled.outcomes
            return News(settled=[o.task_id for o in outcomes if not o.HasField("expire_time")])
        if kind in ("task_lost", "task_cancelled"):
            ended = getattr(message, kind)
            return News(ended=[Ended(ended.task_id, ended.token, kind == "task_lost")])
        return News()

    def _progress(self, say: Callable[[Any], None]) -> Callable[[Any], None]:
        return lambda progress: say(self.rpc.build(progress=progress))


def _item(leased: Any, report: Callable[[Any], None]) -> WorkItem:
    return WorkItem(leased.task_id, leased.token, leased.kind, leased, Task(leased, report))


def _named(item: WorkItem) -> dict[str, str]:
    return {"queue": item.leased.queue, "task_id": item.id, "token": item.token}


def _failure(item: WorkItem, error: BaseException) -> dict[str, Any]:
    if isinstance(error, asyncio.CancelledError) and item.task.is_stopped:
        return {"error": "stopped"}
    if isinstance(error, Retry) and _is_pause(error.after):
        text = shortened(callbacks.text_of(error), LONGEST_ERROR)
        return {"error": text, "retry_after": error.after}
    if isinstance(error, Reject):
        text = shortened(callbacks.text_of(error) or "rejected", LONGEST_ERROR)
        return {"error": text, "dead": True}
    LOG.warning("task %s of kind %s failed", item.id, item.kind, exc_info=error)
    return {"error": shortened(callbacks.described(error), LONGEST_ERROR)}


def _encoded(result: object) -> bytes | Raised:
    """A result for the wire. One that has none is not tried again: the work is done."""
    if result is None:
        return b""
    if isinstance(result, str):
        encoded = callbacks.call(lambda: str.encode(result))
    elif isinstance(result, bytes | bytearray | memoryview):
        encoded = callbacks.call(lambda: bytes(result))
    else:
        text = f"the result is of type {type(result).__name__}; return str, bytes or None"
        return Raised(Reject(text))
    if isinstance(encoded, Raised):
        return Raised(Reject(f"the result cannot be sent: {callbacks.described(encoded.error)}"))
    if len(encoded) > LONGEST_RESULT:
        return Raised(Reject(f"the result has {len(encoded)} bytes, at most 65,536 are allowed"))
    return encoded


def _is_pause(after: object) -> bool:
    """Whether a pause is still what ``Retry`` made of it."""
    return isinstance(after, float) and 0 <= after <= LONGEST_PAUSE
