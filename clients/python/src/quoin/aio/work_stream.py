# SPDX-License-Identifier: Apache-2.0
"""The call of a worker, opened again whenever it ends."""

import asyncio
from typing import Any, Protocol

import grpc.aio

from quoin._core import wire
from quoin._core.link import Backoff, Link
from quoin._core.state import State
from quoin.exceptions import InvalidRequestError, QuoinError
from quoin.queues.v1 import LeasedTask, Outcome, Preference, Progress, WorkRequest, WorkResponse


class Tasks(Protocol):
    """Who does the tasks."""

    def held(self) -> list[LeasedTask]: ...
    def take(self, leased: LeasedTask) -> None: ...
    def cancel(self, task_id: str, token: str, *, lost: bool) -> None: ...
    def changed(self) -> None: ...
    def refused(self, error: InvalidRequestError) -> None: ...
    def strays(self) -> int: ...


class WorkStream:
    """One call at a time. How tasks ended is said again until it has arrived: saying it twice does
    no harm."""

    def __init__(self, link: Link, open: WorkRequest.Open, *, credits: int, lease: float) -> None:
        self.is_stopping = False
        self.unsettled: dict[str, list[WorkRequest]] = {}
        """How tasks ended that the server has not answered, by task."""
        self._link = link
        self._open = open
        self._state = State(link, f"the worker for {', '.join(open.queues)}")
        self._credits = credits
        self._outbox: asyncio.Queue[WorkRequest | None] | None = None
        self._call: Any = None
        self._running: asyncio.Task[None] | None = None
        open.lease.CopyFrom(wire.duration(lease))
        weighted = Preference.PREFERENCE_WEIGHTED if open.weights else Preference.PREFERENCE_STRICT
        open.preference = weighted

    def begin(self, kinds: list[str], tasks: Tasks) -> None:
        """Begins to ask for tasks."""
        self._open.kinds.extend(kinds)
        self._running = self._link.spawn(self._run(tasks))

    def say(self, message: WorkRequest) -> None:
        """Says something that need not arrive."""
        if self._outbox is not None:
            self._outbox.put_nowait(message)

    def settle(self, task_id: str, outcome: WorkRequest) -> None:
        """Says how a task ended, again and again until it has arrived."""
        self.unsettled.setdefault(task_id, []).append(outcome)
        self.say(outcome)

    async def end(self) -> None:
        """Ends the call; the server gives back what has not been settled."""
        self.is_stopping = True
        if self._running is None:
            return
        if self._outbox is not None:
            self._outbox.put_nowait(None)
            await asyncio.wait([self._running], timeout=1)
        self._running.cancel()
        if self._call is not None:
            self._call.cancel()
        await asyncio.wait([self._running])

    async def _run(self, tasks: Tasks) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._follow(tasks, backoff)
                if not self.is_stopping:
                    self._state.fails("the server goes away")
            except InvalidRequestError as e:
                self._state.ends(e)
                self.unsettled.clear()
                tasks.refused(e)
                return
            except QuoinError as e:
                self._state.fails(e)
            if self.is_stopping and not self.unsettled:
                return
            await backoff.wait()

    async def _follow(self, tasks: Tasks, backoff: Backoff) -> None:
        outbox: asyncio.Queue[WorkRequest | None] = asyncio.Queue()
        outbox.put_nowait(WorkRequest(open=self._opening(tasks)))
        for outcome in self._all_unsettled():
            outbox.put_nowait(outcome)
        with self._link.explained():
            call: Any = self._link.stubs.queues.Work()
            self._call = call
            self._outbox = outbox
            writing = self._link.spawn(_write(call, outbox))
            try:
                while (message := await call.read()) is not grpc.aio.EOF:
                    backoff.reset()
                    self._state.works()
                    self._told(message, tasks)
            finally:
                self._outbox = None
                writing.cancel()
                call.cancel()

    def _opening(self, tasks: Tasks) -> WorkRequest.Open:
        held = tasks.held()
        opening = WorkRequest.Open()
        opening.CopyFrom(self._open)
        room = self._credits - len(held) - tasks.strays() - len(self._all_unsettled())
        opening.credits = 0 if self.is_stopping else max(0, room)
        opening.held.extend(
            Progress(queue=task.queue, task_id=task.task_id, token=task.token) for task in held
        )
        return opening

    def _told(self, message: WorkResponse, tasks: Tasks) -> None:
        kind = message.WhichOneof("message")
        if kind == "tasks":
            for leased in message.tasks.tasks:
                tasks.take(leased)
        elif kind == "settled":
            for outcome in message.settled.outcomes:
                self._settled(outcome)
            tasks.changed()
        elif kind == "lost":
            tasks.cancel(message.lost.task_id, message.lost.token, lost=True)
        elif kind == "cancelled":
            tasks.cancel(message.cancelled.task_id, message.cancelled.token, lost=False)

    def _settled(self, outcome: Outcome) -> None:
        # That of progress has the end of the lease, and says nothing about the end of the task.
        if outcome.HasField("expire_time"):
            return
        waiting = self.unsettled.get(outcome.task_id)
        if not waiting:
            return
        waiting.pop(0)
        if not waiting:
            del self.unsettled[outcome.task_id]
        if not self.is_stopping:
            self.say(WorkRequest(credits=1))

    def _all_unsettled(self) -> list[WorkRequest]:
        return [outcome for waiting in self.unsettled.values() for outcome in waiting]


async def _write(call: Any, outbox: "asyncio.Queue[WorkRequest | None]") -> None:
    while (message := await outbox.get()) is not None:
        await call.write(message)
    await call.done_writing()
