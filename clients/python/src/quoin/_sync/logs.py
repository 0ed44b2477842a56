# SPDX-License-Identifier: Apache-2.0
# Generated from quoin.aio by tools/blocking.py. Do not edit.
"""Logs: the newest entries, the most common messages of an hour, and a live tail."""

from collections.abc import Mapping

from quoin._core import events
from quoin._core.events import LogNews
from quoin._core.log_writer import EntrySender
from quoin._core.portable import Bound
from quoin._core.resumable import LogStream as Following
from quoin._core.rpcs import rpcs_of
from quoin._modes.blocking import Renewed, Session
from quoin._sync import rpcs
from quoin._sync.streams import LogStream
from quoin.values import Severity


class Logs(rpcs.Logs):
    """The logs of a client's namespace: their RPCs, a writer and a tail.

    A program that logs uses a ``writer``, which never waits, or ``quoin.LogHandler``; the RPC
    ``write`` is for a single entry that has to be there when it returns.
    """

    def writer(self, log: str) -> "LogWriter":
        """Collects entries of one log and writes them in batches, in the background."""
        return LogWriter(self._sessions, log)

    def tail(
        self,
        *logs: str,
        minimum_severity: Severity | None = None,
        contains: str = "",
        last: int = 0,
        cursor: str = "",
    ) -> LogStream[LogNews]:
        """Follows 1 to 64 logs from here and now, or after a cursor.

        ``minimum_severity`` and ``contains`` choose entries; ``last`` is how many of the newest of
        each log to begin with, at most 1,000. Who reads slowly is sent no more than it takes.
        """
        session: Session = self._sessions.now()
        rpc = rpcs_of(self.service)["tail"]
        request = rpc.build(
            names=logs,
            minimum_severity=minimum_severity,
            contains=contains,
            last=last,
            cursor=cursor,
        )
        return session.open(
            lambda: Following(session.core, rpc, request, events.of_logs), LogStream
        )


class LogWriter(Bound):
    """Writes entries of one log in the background: what was collected in 100 ms goes out together.

    It never waits and never fails for a server that is away; up to 10,000 entries are kept until it
    is back, more are dropped and counted. What an entry has more than the contract allows is cut
    off. Entries are written once, unless Quoin was away for ten minutes. ``write`` may be called in
    any thread. Close it, or its client, to have the last entries written.
    """

    def __init__(self, sessions: object, log: str) -> None:
        self._sender = Renewed(
            sessions,
            lambda core: EntrySender(core, log),
            lambda sender, before: sender.take_over(before),
        )

    @property
    def dropped(self) -> int:
        """How many entries were dropped so far."""
        return self._sender.last.dropped + self._sender.refused.count

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
        sender = self._sender.now_if_possible()
        return sender is not None and sender.write(text, severity, template, fields or {})

    def flush(self) -> None:
        """Waits until all entries taken until now are written or dropped."""
        self._sender.session().call(self._sender.now().flush())

    def close(self) -> None:
        """Takes no more, and waits until what was taken is written, at most as long as a call may
        take."""
        self._sender.session().end(self._sender.now().close())

    def __enter__(self) -> "LogWriter":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()
