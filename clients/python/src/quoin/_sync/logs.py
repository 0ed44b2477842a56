# SPDX-License-Identifier: Apache-2.0
"""Logs, for callers that block."""

from collections.abc import Mapping

from quoin import aio
from quoin._sync.chat import Following
from quoin._sync.session import Renewed, Sessions, View
from quoin.logs.v1 import CommonResponse
from quoin.values import LogEntry, LogGap, Severity


class Logs(View[aio.Logs]):
    """The logs of a client's namespace.

    A program that logs uses a ``writer``, which never waits, or ``quoin.LogHandler``; ``write`` is
    for a single entry that has to be there when it returns. All fail with ``InvalidRequestError``
    when an argument is not allowed, and with ``UnavailableError`` when no server, or no Redis, could
    be reached.
    """

    def write(
        self,
        log: str,
        text: str,
        severity: Severity = Severity.INFO,
        *,
        template: str = "",
        fields: Mapping[str, str] | None = None,
    ) -> str:
        """Writes one entry, once, and gives the cursor with which a tail goes on after it.

        ``template``: the text without that which varies, by which ``common`` counts.
        """
        return self._portal.call(
            self._aio.write(log, text, severity, template=template, fields=fields)
        )

    def writer(self, log: str) -> "LogWriter":
        """Collects entries of one log and writes them in batches, in the background."""
        return LogWriter(self._sessions, log)

    def recent(
        self, log: str, severity: Severity | None = None, limit: int = 100
    ) -> list[LogEntry]:
        """The newest entries, newest first, of one severity or of all; 100 at most."""
        return self._portal.call(self._aio.recent(log, severity, limit))

    def common(
        self, log: str, severity: Severity, *, hours_ago: int = 0, limit: int = 10
    ) -> CommonResponse:
        """The messages of an hour, the most frequent first; 0 for the current hour, at most 24
        hours ago."""
        return self._portal.call(self._aio.common(log, severity, hours_ago=hours_ago, limit=limit))

    def tail(
        self,
        *logs: str,
        minimum_severity: Severity | None = None,
        contains: str = "",
        last: int = 0,
        cursor: str = "",
    ) -> Following[LogEntry | LogGap]:
        """Follows 1 to 64 logs from here and now, or after a cursor.

        ``minimum_severity`` and ``contains`` choose entries; ``last`` is how many of the newest of
        each log to begin with, at most 1,000. Who reads slowly is sent no more than it takes.
        """
        return Following(
            self._portal,
            lambda: self._aio.tail(
                *logs,
                minimum_severity=minimum_severity,
                contains=contains,
                last=last,
                cursor=cursor,
            ),
        )


class LogWriter:
    """Writes entries of one log in the background: what was collected in 100 ms goes out together.

    It never waits and never fails for a server that is away; up to 10,000 entries are kept until it
    is back, more are dropped and counted. What an entry has more than the contract allows is cut
    off. Entries are written once, unless Quoin was away for ten minutes. Close it, or its client, to
    have the last entries written. Safe for use by several threads.
    """

    def __init__(self, sessions: Sessions, log: str) -> None:
        self._writer = Renewed(
            sessions, lambda q: q.logs.writer(log), lambda writer, before: writer.take_over(before)
        )

    @property
    def dropped(self) -> int:
        """How many entries were dropped so far."""
        return self._writer.last.dropped + self._writer.refused.count

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
        writer = self._writer.now_if_possible()
        return writer is not None and writer.write(text, severity, template=template, fields=fields)

    def flush(self) -> None:
        """Waits until all entries taken until now are written or dropped."""
        self._writer.portal().call(self._writer.now().flush())

    def close(self) -> None:
        """Takes no more, and waits until what was taken is written, at most as long as a call may
        take."""
        self._writer.portal().end(self._writer.now().close())

    def __enter__(self) -> "LogWriter":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()
