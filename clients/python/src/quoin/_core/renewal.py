# SPDX-License-Identifier: Apache-2.0
"""Keeps grants by renewing them with calls of their own."""

import asyncio
import time

from quoin._core.client_core import pause
from quoin._core.lease import Lease, end_of
from quoin._core.lease_calls import Grant, LeaseCalls, not_acquired
from quoin._core.state import State
from quoin._core.wire import Seconds
from quoin.exceptions import NotHeldError, QuoinError, Reason
from quoin.values import LostReason


async def acquire(calls: LeaseCalls, wait: Seconds) -> Lease:
    """Acquires something and keeps it. Fails when somebody else had it all the time."""
    answer, grant = await calls.acquire(wait)
    if grant is None:
        raise not_acquired(calls.name, answer)
    return keep(calls, grant)


async def try_acquire(calls: LeaseCalls, wait: Seconds) -> Lease | None:
    """Acquires something and keeps it; ``None`` when somebody else had it all the time."""
    _, grant = await calls.acquire(wait)
    return None if grant is None else keep(calls, grant)


def keep(calls: LeaseCalls, grant: Grant) -> Lease:
    """Keeps a grant, renewing it after every third of its lease."""
    return _Renewal(calls, grant).lease


def lost_reason(failure: NotHeldError) -> LostReason:
    """Why something is not held any more."""
    revoked = failure.reason in (Reason.LOCK_REVOKED, Reason.SEMAPHORE_REVOKED)
    return LostReason.REVOKED if revoked else LostReason.NOT_HELD


class _Renewal:
    def __init__(self, calls: LeaseCalls, grant: Grant) -> None:
        self._calls = calls
        self._grant = grant
        self.lease = Lease(calls, grant, end_of(grant.sent, calls.lease), self._stop)
        self._task: asyncio.Task[None] | None = calls.core.spawn(self._run())

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        third = self._calls.lease / 3
        state = State(self._calls.core, f"renewing {self._calls.name}")
        rest = third - (time.monotonic() - self._grant.sent)
        while True:
            await asyncio.sleep(max(0.0, rest))
            left = self.lease.remaining()
            if left <= 0:
                return
            sent = time.monotonic()
            try:
                expire_time = await self._calls.renew(self._grant.token, min(third, left))
            except NotHeldError as e:
                self._task = None
                self.lease.lose(lost_reason(e))
                return
            except QuoinError as e:
                state.fails(e)
                rest = pause(self._calls.lease / 10)
            else:
                state.works()
                self.lease.renewed(expire_time, end_of(sent, self._calls.lease))
                rest = third - (time.monotonic() - sent)
