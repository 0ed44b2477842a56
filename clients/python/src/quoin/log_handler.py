# SPDX-License-Identifier: Apache-2.0
"""Sends what a program logs to a log of Quoin."""

import logging
import os
import threading
from typing import Any, Protocol

from quoin._core import callbacks
from quoin._sync.client import Quoin, connect
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
    client of its own when something is logged for the first time, in every process that forks; it
    takes the arguments of ``quoin.connect``.
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
        self._given = writer
        self._log = log
        self._arguments = arguments
        self._connecting = threading.Lock()
        self._own: tuple[int, Quoin, Writer] | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Takes what was logged."""
        if record.name.split(".", 1)[0] in _OURS:
            return
        try:
            fields = {"logger": record.name, "thread": record.threadName or ""}
            for key, value in record.__dict__.items():
                if key not in _STANDARD:
                    fields[callbacks.text_of(key)] = callbacks.text_of(value)
            self._writer().write(
                self.format(record),
                _severity(record.levelno),
                template=callbacks.text_of(record.msg),
                fields=fields,
            )
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Writes what was taken and ends the client of its own, if there is one."""
        with self._connecting:
            own, self._own = self._own, None
        if own is not None and own[0] == os.getpid():
            own[1].close()
        super().close()

    def _writer(self) -> Writer:
        if self._given is not None:
            return self._given
        with self._connecting:
            if self._own is None or self._own[0] != os.getpid():
                client = connect(**self._arguments)
                self._own = (os.getpid(), client, client.logs.writer(self._log))
            return self._own[2]


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
