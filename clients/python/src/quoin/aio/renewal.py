# SPDX-License-Identifier: Apache-2.0
"""Keeps grants by renewing them with calls of their own."""

import asyncio
import time
from dataclasses import replace
from typing import TypeVar

from quoin._core.link import Link, pause
from quoin._core.state import State
from quoin.aio.leases import LeaseCalls
from quoin.aio.owned import Grant, Owned, end_of
from quoin.exceptions import NotHeldError, QuoinError, Reason
from quoin.values import LostReason

O = TypeVar("O", bound=Owned)  # noqa: E741


async def keep(kind: type[O], link: Link, calls: LeaseCalls, grant: Grant, sent: float) -> O:
    """Keeps a grant, renewing it after every third of its lease.

    One that was asked for long ago, because it had to be waited for, is renewed first: nobody knows
    how much of its lease is left.
    """
    now = time.monotonic()
    if now - sent >= calls.lease / 3:
        end = await calls.renew(grant.token, link.deadline)
        grant, sent = replace(grant, expire_time=end), now
    return _Renewal(link, calls, grant, sent).begin(kind)


def lost_reason(failure: NotHeldError) -> LostReason:
    """Why something is not held any more."""
    forced = failure.reason in (Reason.LOCK_FORCED, Reason.SEMAPHORE_REVOKED)
    return LostReason.REVOKED if forced else LostReason.NOT_HELD


class _Renewal:
    def __init__(self, link: Link, calls: LeaseCalls, grant: Grant, sent: float) -> None:
        self._link = link
        self._calls = calls
        self._grant = grant
        self._sent = sent
        self._task: asyncio.Task[None] | None = None

    def begin(self, kind: type[O]) -> O:
        end = end_of(self._sent, self._calls.lease)
        owned = kind(self._link, self._calls, self._grant, end, self._stop)
        self._task = self._link.spawn(self._run(owned))
        return owned

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self, owned: Owned) -> None:
        third = self._calls.lease / 3
        state = State(self._link, f"renewing {self._calls.name}")
        rest = third - (time.monotonic() - self._sent)
        while True:
            await asyncio.sleep(max(0.0, rest))
            left = owned.remaining()
            if left <= 0:
                return
            sent = time.monotonic()
            try:
                expire_time = await self._calls.renew(self._grant.token, min(third, left))
            except NotHeldError as e:
                self._task = None
                owned.lose(lost_reason(e))
                return
            except QuoinError as e:
                state.fails(e)
                rest = pause(self._calls.lease / 10)
            else:
                state.works()
                owned.renewed(expire_time, end_of(sent, self._calls.lease))
                rest = third - (time.monotonic() - sent)
