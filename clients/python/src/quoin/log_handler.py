# SPDX-License-Identifier: Apache-2.0
"""Sends what a program logs to a log of Quoin."""

import contextlib
import logging
from collections import deque
from typing import Any, Protocol

from quoin._core import callbacks, forks
from quoin._core.log_writer import EntrySender
from quoin._core.names import check
from quoin._sync import Quoin, connect
from quoin._sync.logs import LogWriter
from quoin.values import Severity

_STANDARD = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_OURS = ("quoin", "grpc", "asyncio")


class Writer(Protocol):
    """What takes entries: a writer of either client."""

    def write(
        self, text: str, severity: Severity = ..., *, template: str = ..., fields: Any = ...
    ) -> bool: ...


class LogHandler(logging.Handler):
    """Sends what is logged to a log of Quoin, in the background: it never blocks and never fails,
    see ``LogWriter`` for what happens while no server can be reached.

    The message before its arguments are filled in is the template, so that ``common`` counts it
    whatever they are; logger, thread and what ``extra`` gives are the fields. What the client, gRPC
    and asyncio log themselves is left out.

    ``LogHandler(writer)`` uses a writer of yours. ``LogHandler(log="checkout", address=…)`` makes a
    client of its own when something is logged for the first time; it takes the arguments of
    ``quoin.connect``. After a fork both write in the child, too, see ``quoin.Quoin``; a child that
    ends with ``os._exit`` calls ``flush`` or ``close``, or ``logging.shutdown``, before.
    """

    def __init__(
        self,
        writer: Writer | None = None,
        *,
        log: str = "",
        level: int | str = logging.NOTSET,
        **arguments: Any,
    ) -> None:
        if (writer is None) == (not log):
            raise ValueError("give a writer, or the name of a log")
        super().__init__(level)
        if log:
            check("log", log)
        self._given = writer
        self._log = log
        self._arguments = arguments
        self._client: Quoin | None = None
        self._busy_in = -1
        self._early: deque[_Entry] = deque()

    def handle(self, record: logging.LogRecord) -> bool:
        """Leaves out what the client logs, before it would wait for a thread that flushes."""
        return record.name.split(".", 1)[0] not in _OURS and bool(super().handle(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Takes what was logged."""
        try:
            fields = {"logger": record.name, "thread": record.threadName or ""}
            for key, value in record.__dict__.items():
                if key not in _STANDARD:
                    fields[callbacks.text_of(key)] = callbacks.text_of(value)
            template = callbacks.text_of(record.msg)
            self._write((self.format(record), _severity(record.levelno), template, fields))
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Waits until what this process has logged is written, at most as long as a call may take.
        It does not wait for a writer of the asyncio client: await its ``flush``."""
        with contextlib.suppress(Exception):
            if isinstance(self._given, LogWriter):
                self._given._sender.settle(EntrySender.flush)

    def close(self) -> None:
        """Writes what was taken, as ``flush`` does, and ends the client of its own, if there is
        one."""
        with contextlib.suppress(Exception):
            if self._client is None:
                self.flush()
            else:
                self._client.close()
        super().close()

    def _write(self, entry: "_Entry") -> None:
        # One record is emitted at a time, but a signal handler or finalizer may log meanwhile.
        self._early.append(entry)
        if self._busy_in == forks.generation:
            return
        self._busy_in = forks.generation
        try:
            if self._given is None:
                self._client = self._client or connect(**self._arguments)
                self._given = self._client.logs.writer(self._log)
            while self._early:
                text, severity, template, fields = self._early.popleft()
                self._given.write(text, severity, template=template, fields=fields)
        finally:
            self._early.clear()
            self._busy_in = -1


_Entry = tuple[str, Severity, str, dict[str, str]]


def _severity(level: int) -> Severity:
    for at_least, severity in (
        (logging.CRITICAL, Severity.CRITICAL),
        (logging.ERROR, Severity.ERROR),
        (logging.WARNING, Severity.WARNING),
        (logging.INFO, Severity.INFO),
    ):
        if level >= at_least:
            return severity
    return Severity.DEBUG
