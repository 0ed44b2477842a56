# SPDX-License-Identifier: Apache-2.0
"""Whether something is under maintenance, kept in memory."""

import time
from typing import Any

from quoin._core import wire
from quoin._core.link import Link
from quoin._core.resume import Resuming
from quoin.aio.watches import Watch
from quoin.config.v1 import Maintenance, WatchMaintenanceRequest, WatchMaintenanceResponse

# Heartbeats come every 5 seconds.
SILENCE = 15.0


class MaintenanceWatch(Watch["Maintenance | None"]):
    """Whether something is under maintenance; at first it is not. One with an end ends then also
    while Quoin cannot be reached, whatever the clock of this process says."""

    def __init__(self, link: Link, name: str) -> None:
        self._known = Maintenance()
        self._ends_at = self._heard_at = time.monotonic()
        request = WatchMaintenanceRequest(name=name)
        stream: Resuming[WatchMaintenanceRequest, WatchMaintenanceResponse] = Resuming(
            link, link.stubs.config.WatchMaintenance, lambda: request
        )
        super().__init__(link, stream)

    @property
    def current(self) -> Maintenance | None:
        """The maintenance, if there is one now."""
        now = time.monotonic()
        # Who hears the server hears of its end, too; who does not counts the time.
        is_unheard = self.is_stale or now - self._heard_at > SILENCE
        is_over = is_unheard and self._known.HasField("until") and now > self._ends_at
        return self._known if self._known.on and not is_over else None

    def take(self, message: Any) -> bool:
        kind = message.WhichOneof("event")
        now = time.monotonic()
        if kind == "state":
            self._known = message.state.maintenance
            self._ends_at = now + wire.seconds_between(message.state.as_of, self._known.until)
            self._heard_at = now
            self.seen(message.state.as_of)
            self.changed(self.current)
            return True
        if kind == "heartbeat":
            # A message that took its time, or tells an old one, makes the end seem later than it is.
            left = wire.seconds_between(message.heartbeat.as_of, self._known.until)
            self._ends_at = min(self._ends_at, now + left)
            self._heard_at = now
            self.seen(message.heartbeat.as_of, stale=message.heartbeat.stale)
        return False
