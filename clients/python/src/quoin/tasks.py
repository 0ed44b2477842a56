# SPDX-License-Identifier: Apache-2.0
"""Tasks of queues: those to be added, those being done, and how doing them can fail."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from quoin._core import wire
from quoin._core.messages import build
from quoin._core.portable import Portable
from quoin._core.wire import Seconds
from quoin.queues.v1 import Backoff, LeasedTask, NewTask, Progress

LONGEST_PAUSE = 7 * 86_400
LONGEST_PROGRESS = 256


def shortened(text: str, most: int) -> str:
    """The beginning of a text, of so many bytes, cut between two characters."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def task(
    kind: str,
    payload: str | bytes = b"",
    *,
    priority: int | None = None,
    delay: Seconds | None = None,
    run_time: datetime | None = None,
    max_attempts: int = 0,
    backoff: Backoff | None = None,
    dedup_key: str = "",
    dedup_window: Seconds | None = None,
    fairness_key: str = "",
    fairness_weight: int = 0,
    timeout: Seconds | None = None,
    retention: Seconds | None = None,
) -> NewTask:
    """A task to be added to a queue.

    ``kind``: what is to be done, by the name under which workers know it. ``payload``: what they
    need to know, at most 512 KiB, a text or bytes. ``priority``: 0 to 9, 9 first, 5 by
    default. ``delay``: how long it does not start, or ``run_time`` when it may. ``max_attempts``:
    before it is a dead letter, 5 by default. ``dedup_key``: a task with a key that was added within
    ``dedup_window``, 1 h by default, is not added again. ``fairness_key``: for whom the work is;
    tasks are served in turn by key, ``fairness_weight`` of it for one of others. ``timeout``: how
    long one attempt may take. ``retention``: how long it is remembered when it is done, 24 h by
    default.
    """
    return build(
        NewTask,
        fields={
            "kind": kind,
            "payload": payload,
            "priority": priority,
            "delay": delay,
            "run_time": run_time,
            "max_attempts": max_attempts,
            "backoff": backoff,
            "dedup_key": dedup_key,
            "dedup_window": dedup_window,
            "fairness_key": fairness_key,
            "fairness_weight": fairness_weight,
            "timeout": timeout,
            "retention": retention,
        },
    )


class Retry(Portable, Exception):  # noqa: N818 - it is no error but an answer
    """Raised by a handler: the task failed and is tried again after that time instead of its
    backoff, if it may be: 0 to 7 days."""

    def __init__(self, after: Seconds, text: str = "") -> None:
        super().__init__(text or "to be tried again")
        self.after = wire.seconds(after)
        if not 0 <= self.after <= LONGEST_PAUSE:
            raise ValueError(f"a task is tried again after 0 to 7 days, not {after}")


class Reject(Portable, Exception):  # noqa: N818 - it is no error but an answer
    """Raised by a handler: trying again is in vain; the task becomes a dead letter."""


class Task:
    """A task that a worker has. Safe for use by several threads.

    Copied into another process, as a pool of processes does, it says what is to be done, but neither
    tells of progress nor hears that it is to stop.
    """

    def __init__(self, leased: LeasedTask, report: Callable[[Progress], None]) -> None:
        self._leased = leased
        self._report = report
        self._stopped = threading.Event()

    def __reduce__(self) -> tuple[Any, ...]:
        # For pools of processes; it reports nothing there and is not stopped.
        return _elsewhere, (self._leased,)

    @property
    def queue(self) -> str:
        """The queue it came from."""
        return self._leased.queue

    @property
    def id(self) -> str:
        """The same for every delivery of the task: what makes doing it twice harmless."""
        return self._leased.task_id

    @property
    def kind(self) -> str:
        """What is to be done."""
        return self._leased.kind

    @property
    def payload(self) -> bytes:
        """What there is to know; of a text its bytes."""
        return self._leased.payload or self._leased.payload_text.encode()

    @property
    def text(self) -> str:
        """The payload, if it is a text."""
        return self.payload.decode()

    @property
    def attempt(self) -> int:
        """Which attempt this is, 1 being the first."""
        return self._leased.attempt

    @property
    def fence(self) -> int:
        """Greater than that of every earlier delivery: pass it to what the work changes."""
        return self._leased.fence

    @property
    def fairness_key(self) -> str:
        """For whom the work is; may be empty."""
        return self._leased.fairness_key

    @property
    def enqueue_time(self) -> datetime:
        """When it was added."""
        return wire.moment(self._leased.enqueue_time)

    @property
    def is_stopped(self) -> bool:
        """Whether to stop: somebody cancelled the task, or its lease is lost and another worker may
        have it. A handler that blocks asks now and then; a coroutine is cancelled."""
        return self._stopped.is_set()

    def wait_stopped(self, timeout: Seconds) -> bool:
        """Waits until it is to stop, at most that long, for a handler that blocks; tells whether it
        is."""
        return self._stopped.wait(wire.seconds(timeout))

    def progress(self, text: str) -> None:
        """Says how far the work is, for who waits; of more than 256 bytes only the beginning."""
        text = shortened(text, LONGEST_PROGRESS)
        self._report(
            Progress(
                queue=self.queue, task_id=self.id, token=self._leased.token, progress_text=text
            )
        )

    def stop(self) -> None:
        """Asks the handler to stop; called by the worker."""
        self._stopped.set()


def _elsewhere(leased: LeasedTask) -> Task:
    return Task(leased, lambda _: None)
