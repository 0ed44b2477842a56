# SPDX-License-Identifier: Apache-2.0
"""Logs: the newest entries, the most common messages of an hour, and a live tail."""

from collections.abc import Mapping

from quoin._core import wire
from quoin._core.defaults import new_id
from quoin._core.following import Following
from quoin._core.link import Link
from quoin._core.resume import Resuming
from quoin.aio.log_writer import LogWriter
from quoin.logs.v1 import (
    CommonRequest,
    CommonResponse,
    RecentRequest,
    TailRequest,
    TailResponse,
    WriteRequest,
)
from quoin.logs.v1 import LogEntry as Entry
from quoin.values import LogEntry, LogGap, Severity


class Logs:
    """The logs of a client's namespace.

    A program that logs uses a ``writer``, which never waits, or ``quoin.LogHandler``; ``write`` is
    for a single entry that has to be there when it returns. All fail with ``InvalidRequestError``
    when an argument is not allowed, and with ``UnavailableError`` when no server, or no Redis, could
    be reached.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def write(
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
        request = WriteRequest(
            name=log,
            severity=int(severity),  # type: ignore[arg-type]
            text=text,
            template=template,
            fields=fields,
            request_id=new_id(),
        )
        return (await self._link.call(self._link.stubs.logs.Write(request))).cursor

    def writer(self, log: str) -> LogWriter:
        """Collects entries of one log and writes them in batches, in the background."""
        return LogWriter(self._link, log)

    async def recent(
        self, log: str, severity: Severity | None = None, limit: int = 100
    ) -> list[LogEntry]:
        """The newest entries, newest first, of one severity or of all; 100 at most."""
        request = RecentRequest(
            name=log,
            severity=int(severity or 0),  # type: ignore[arg-type]
            limit=limit,
        )
        answer = await self._link.call(self._link.stubs.logs.Recent(request))
        return [entry(log, one) for one in answer.entries]

    async def common(
        self, log: str, severity: Severity, *, hours_ago: int = 0, limit: int = 10
    ) -> CommonResponse:
        """The messages of an hour, the most frequent first; 0 for the current hour, at most 24
        hours ago."""
        request = CommonRequest(
            name=log,
            severity=int(severity),  # type: ignore[arg-type]
            hours_ago=hours_ago,
            limit=limit,
        )
        return await self._link.call(self._link.stubs.logs.Common(request))

    def tail(
        self,
        *logs: str,
        minimum_severity: Severity | None = None,
        contains: str = "",
        last: int = 0,
        cursor: str = "",
    ) -> "LogTail":
        """Follows 1 to 64 logs from here and now, or after a cursor.

        ``minimum_severity`` and ``contains`` choose entries; ``last`` is how many of the newest of
        each log to begin with, at most 1,000. Who reads slowly is sent no more than it takes.
        """
        request = TailRequest(
            names=logs,
            minimum_severity=int(minimum_severity or 0),  # type: ignore[arg-type]
            contains=contains,
            last=last,
        )
        return LogTail(self._link, request, cursor)


class LogTail(Following[LogEntry | LogGap]):
    """What is written to logs, until it is closed."""

    def __init__(self, link: Link, request: TailRequest, cursor: str) -> None:
        def resumed() -> TailRequest:
            request.cursor = self.received()
            return request

        stream: Resuming[TailRequest, TailResponse] = Resuming(link, link.stubs.logs.Tail, resumed)
        super().__init__(stream, cursor)

    def events(self, message: TailResponse) -> list[tuple[LogEntry | LogGap, str]]:
        if message.HasField("gap"):
            return [(LogGap(message.gap.name, message.gap.missed), message.gap.cursor)]
        entries = message.new_entries
        return [(entry(entries.name, one), one.cursor) for one in entries.entries]


def entry(log: str, one: Entry) -> LogEntry:
    """An entry as callers see it."""
    return LogEntry(
        log,
        Severity(one.severity),
        one.text,
        one.template,
        dict(one.fields),
        wire.moment(one.time),
    )
