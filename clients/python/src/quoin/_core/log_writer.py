# SPDX-License-Identifier: Apache-2.0
"""Writes entries of one log in the background."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping, Sequence

from quoin._core.batch_sender import halves
from quoin._core.callbacks import text_of
from quoin._core.client_core import LOG, Backoff, ClientCore, Lasting
from quoin._core.names import check
from quoin._core.rpcs import new_id, rpcs_of
from quoin._core.state import State
from quoin._core.tally import Tally
from quoin._core.tokens import is_denied
from quoin.exceptions import InvalidRequestError, QuoinError, Reason
from quoin.logs.v1 import LogEntry, WriteStreamRequest
from quoin.tasks import shortened
from quoin.values import Severity

ROOM = 10_000
BATCH = 100
BATCH_BYTES = 512 * 1024
BATCHES_AT_ONCE = 10
PAUSE = 0.1

_WRITE_STREAM = rpcs_of("quoin.logs.v1.Logs")["write_stream"]

TEXT_BYTES = 16_384
TEMPLATE_BYTES = 512
FIELDS = 32
KEY_BYTES = 64
VALUE_BYTES = 1_024


class EntrySender(Lasting):
    """Writes entries of one log in the background: what was collected in 100 ms goes out together.

    It never waits and never fails for a server that is away; up to 10,000 entries are kept until it
    is back, more are dropped and counted. What an entry has more than the contract allows is cut
    off. Entries are written once, unless Quoin was away for ten minutes. ``write`` may be called in
    any thread. Close it, or its client, to have the last entries written.
    """

    def __init__(self, core: ClientCore, log: str) -> None:
        check("log", log)
        self._core = core
        self._log = log
        # Nothing here needs a lock, which signal handlers and finalizers that log would enter again:
        # anybody may append, only the loop takes away.
        self._waiting: deque[LogEntry | asyncio.Future[None]] = deque()
        self._sending = 0
        self._dropped = Tally()
        self._is_called = False
        self._is_closed = False
        self._running: asyncio.Task[None] | None = None
        self._is_wanted = asyncio.Event()
        self._state = State(core, f"writing the log {log}")
        core.opened(self, self.close)

    @property
    def dropped(self) -> int:
        """How many entries were dropped so far."""
        return self._dropped.count

    def write(
        self,
        text: str,
        severity: Severity,
        template: str,
        fields: Mapping[str, str],
    ) -> bool:
        """Takes an entry to be written. False when it was dropped: too many are waiting, or the
        writer is closed."""
        entry = _fitting(text, severity, template, fields)
        if self._is_closed or len(self._waiting) + self._sending >= ROOM:
            self._dropped.add()
            return False
        self._waiting.append(entry)
        if not self._is_called:
            self._is_called = True
            try:
                self._core.loop.call_soon_threadsafe(self._called)
            except RuntimeError:
                self._is_closed = True  # The loop has ended without closing us.
        return True

    async def flush(self) -> None:
        """Waits until all entries taken until now are written or dropped."""
        if not self._waiting and self._running is None:
            return
        done = self._core.loop.create_future()
        self._waiting.append(done)
        self._is_wanted.set()
        self._called()
        await done

    async def close(self) -> None:
        """Takes no more, and waits until what was taken is written, at most as long as a call may
        take."""
        self._is_closed = True
        try:
            await asyncio.wait_for(self.flush(), self._core.deadline)
        except asyncio.TimeoutError:
            LOG.warning("entries of the log %s could not be written", self._log)
        finally:
            self._core.closed(self)

    def take_over(self, before: "EntrySender") -> None:
        """Takes what another writer of this process could not write."""
        self._dropped.add(before.dropped)
        left = [entry for entry in before._waiting if isinstance(entry, LogEntry)]
        self._waiting.extend(left)
        if left:
            self._core.loop.call_soon_threadsafe(self._called)

    def _called(self) -> None:
        # What is appended from now on calls again.
        self._is_called = False
        if self._running is None and self._waiting:
            self._running = self._core.spawn(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._is_wanted.wait(), PAUSE)
                self._is_wanted.clear()
                while self._waiting:
                    await self._write_some()
        finally:
            self._running = None

    async def _write_some(self) -> None:
        batches, flushes = self._take()
        try:
            await self._deliver(batches)
        except asyncio.CancelledError:
            self._dropped.add(self._sending)
            raise
        finally:
            self._sending = 0
            for flush in flushes:
                if not flush.done():
                    flush.set_result(None)

    def _take(self) -> tuple[list[WriteStreamRequest], list["asyncio.Future[None]"]]:
        batches: list[WriteStreamRequest] = []
        flushes: list[asyncio.Future[None]] = []
        size = BATCH_BYTES
        while self._waiting:
            entry = self._waiting[0]
            if isinstance(entry, asyncio.Future):
                flushes.append(entry)
                self._waiting.popleft()
                continue
            size += entry.ByteSize()
            if size > BATCH_BYTES or len(batches[-1].entries) == BATCH:
                if len(batches) == BATCHES_AT_ONCE:
                    break
                batches.append(self._batch([]))
                size = entry.ByteSize()
            batches[-1].entries.append(entry)
            self._sending += 1
            self._waiting.popleft()
        return batches, flushes

    def _batch(self, entries: Sequence[LogEntry]) -> WriteStreamRequest:
        return WriteStreamRequest(name=self._log, request_id=new_id(), entries=entries)

    async def _deliver(self, batches: list[WriteStreamRequest]) -> None:
        backoff = Backoff()
        while batches:
            refused: Exception | None = None
            try:
                await self._core.unary(_WRITE_STREAM, iter(batches))
                written = len(batches)
                self._state.works()
            except QuoinError as e:
                written = int(e.metadata.get("written", "0"))
                if (
                    isinstance(e, InvalidRequestError)
                    or e.reason == Reason.REQUEST_ID_REUSED
                    or is_denied(e)
                ):
                    refused = e
                else:
                    self._state.fails(e)
            except Exception as e:
                written, refused = 0, e
            batches = batches[written:]
            if batches and refused is not None:
                batches[:1] = self._parts(batches[0], refused)
            elif batches:
                await backoff.wait()

    def _parts(self, batch: WriteStreamRequest, refused: Exception) -> list[WriteStreamRequest]:
        """What is left of a batch that was refused: its halves, until the entry is found that makes
        the servers refuse it."""
        entries = list(batch.entries)
        if isinstance(refused, InvalidRequestError) and len(entries) > 1:
            return [self._batch(half) for half in halves(entries)]
        self._dropped.add(len(entries))
        self._state.drops(refused)
        return []


def _fitting(text: str, severity: Severity, template: str, fields: Mapping[str, str]) -> LogEntry:
    """An entry, cut to what the contract allows."""
    kept = [(text_of(key), text_of(value)) for key, value in fields.items()]
    return LogEntry(
        severity=int(Severity(severity)),  # type: ignore[arg-type]
        text=shortened(text_of(text), TEXT_BYTES) or "-",
        template=shortened(text_of(template), TEMPLATE_BYTES),
        fields={
            shortened(key, KEY_BYTES): shortened(value, VALUE_BYTES)
            for key, value in [pair for pair in kept if pair[0]][:FIELDS]
        },
    )
