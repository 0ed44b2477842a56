# SPDX-License-Identifier: Apache-2.0
"""Writes entries of one log in the background."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Iterable, Mapping

from quoin._core.defaults import new_id
from quoin._core.link import LOG, Backoff, Link
from quoin.exceptions import InvalidRequestError, QuoinError, Reason
from quoin.logs.v1 import LogEntry, WriteStreamRequest
from quoin.tasks import shortened
from quoin.values import Severity

ROOM = 10_000
BATCH = 100
BATCH_BYTES = 512 * 1024
BATCHES_AT_ONCE = 10
PAUSE = 0.1

TEXT_BYTES = 16_384
TEMPLATE_BYTES = 512
FIELDS = 32
KEY_BYTES = 64
VALUE_BYTES = 1_024


class LogWriter:
    """Writes entries of one log in the background: what was collected in 100 ms goes out together.

    It never waits and never fails for a server that is away; up to 10,000 entries are kept until it
    is back, more are dropped and counted. What an entry has more than the contract allows is cut
    off. Entries are written once, unless Quoin was away for ten minutes. ``write`` may be called in
    any thread. Close it, or its client, to have the last entries written.
    """

    def __init__(self, link: Link, log: str) -> None:
        self._link = link
        self._log = log
        self._lock = threading.Lock()
        self._waiting: deque[LogEntry] = deque()
        self._is_busy = False
        self._is_closed = False
        self._taken = 0
        self._settled = 0
        self._dropped = 0
        self._hurry = asyncio.Event()
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []
        link.opened(self, self.close)

    @property
    def dropped(self) -> int:
        """How many entries were dropped so far."""
        return self._dropped

    def write(
        self,
        text: str,
        severity: Severity = Severity.INFO,
        *,
        template: str = "",
        fields: Mapping[str, str] | None = None,
    ) -> bool:
        """Takes an entry to be written. False when it was dropped: too many are waiting, or the
        writer is closed."""
        entry = _fitting(text, severity, template, fields or {})
        with self._lock:
            if self._is_closed or self._taken - self._settled >= ROOM:
                self._dropped += 1
                return False
            self._waiting.append(entry)
            self._taken += 1
            if self._is_busy:
                return True
            self._is_busy = True
        try:
            self._link.loop.call_soon_threadsafe(self._begin)
        except RuntimeError:
            self._is_closed = True  # The loop has ended without closing us.
        return True

    async def flush(self) -> None:
        """Waits until all entries taken until now are written or dropped."""
        with self._lock:
            if self._taken == self._settled:
                return
            done = self._link.loop.create_future()
            self._flushes.append((self._taken, done))
        self._hurry.set()
        await done

    async def close(self) -> None:
        """Takes no more, and waits until what was taken is written, at most as long as a call may
        take."""
        with self._lock:
            self._is_closed = True
        try:
            await asyncio.wait_for(self.flush(), self._link.deadline)
        except asyncio.TimeoutError:
            LOG.warning("entries of the log %s could not be written", self._log)
        finally:
            self._link.closed(self)

    async def __aenter__(self) -> "LogWriter":
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    def _begin(self) -> None:
        self._link.spawn(self._run())

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), PAUSE)
            self._hurry.clear()
            while batches := self._batches():
                await self._deliver(batches)
            with self._lock:
                if not self._waiting:
                    self._is_busy = False
                    return

    def _batches(self) -> list[WriteStreamRequest]:
        batches: list[WriteStreamRequest] = []
        size = BATCH_BYTES
        with self._lock:
            while self._waiting:
                entry = self._waiting[0]
                size += entry.ByteSize()
                if size > BATCH_BYTES or len(batches[-1].entries) == BATCH:
                    if len(batches) == BATCHES_AT_ONCE:
                        break
                    batches.append(WriteStreamRequest(name=self._log, request_id=new_id()))
                    size = entry.ByteSize()
                batches[-1].entries.append(self._waiting.popleft())
        return batches

    async def _deliver(self, batches: list[WriteStreamRequest]) -> None:
        backoff = Backoff()
        while batches:
            try:
                stub = self._link.stubs.logs
                await self._link.call(stub.WriteStream(iter(batches), timeout=self._link.deadline))
                written = len(batches)
            except QuoinError as e:
                written = int(e.metadata.get("written", "0"))
                if isinstance(e, InvalidRequestError) or e.reason == Reason.REQUEST_ID_REUSED:
                    # All entries fit: it is the name that is not allowed.
                    LOG.error("entries of the log %s cannot be written: %s", self._log, e)
                    self._settle(batches[written:], dropped=True)
                    batches = batches[:written]
            self._settle(batches[:written], dropped=False)
            batches = batches[written:]
            if batches:
                await backoff.wait()

    def _settle(self, batches: Iterable[WriteStreamRequest], *, dropped: bool) -> None:
        count = sum(len(batch.entries) for batch in batches)
        with self._lock:
            self._settled += count
            self._dropped += count if dropped else 0
            reached = [done for at, done in self._flushes if at <= self._settled]
            self._flushes = [flush for flush in self._flushes if flush[0] > self._settled]
        for done in reached:
            if not done.done():
                done.set_result(None)


def _fitting(text: str, severity: Severity, template: str, fields: Mapping[str, str]) -> LogEntry:
    """An entry, cut to what the contract allows."""
    kept = [(key, value) for key, value in fields.items() if key][:FIELDS]
    return LogEntry(
        severity=int(severity),  # type: ignore[arg-type]
        text=shortened(text, TEXT_BYTES) or "-",
        template=shortened(template, TEMPLATE_BYTES),
        fields={
            shortened(key, KEY_BYTES): shortened(str(value), VALUE_BYTES) for key, value in kept
        },
    )
