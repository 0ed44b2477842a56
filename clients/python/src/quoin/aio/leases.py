# SPDX-License-Identifier: Apache-2.0
"""The calls by which something is kept and given back, whatever service it belongs to."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from quoin._core import wire
from quoin._core.link import LOG, Backoff, Link, pause
from quoin.exceptions import InvalidRequestError, NotHeldError, QuoinError, UnavailableError
from quoin.locks.v1 import HoldRequest as LockHoldRequest
from quoin.locks.v1 import Mode
from quoin.locks.v1 import ReleaseRequest as LockReleaseRequest
from quoin.locks.v1 import RenewRequest as LockRenewRequest
from quoin.semaphores.v1 import HoldRequest as PermitHoldRequest
from quoin.semaphores.v1 import ReleaseRequest as PermitReleaseRequest
from quoin.semaphores.v1 import RenewRequest as PermitRenewRequest

REMEMBERED = 600.0
"""How long servers refuse a request that arrives after it was given back, in seconds."""


@dataclass(frozen=True)
class LeaseCalls:
    """What keeps one grant."""

    link: Link
    name: str
    lease: float
    """In seconds, whole milliseconds."""
    holder: str
    permits: int = field(default=1, kw_only=True)
    """How many; 1 for what there is one of."""

    async def renew(self, token: str, within: float) -> datetime:
        """Renews the lease and tells its new end."""
        raise NotImplementedError

    async def release(
        self, within: float, *, token: str = "", acquire_request_id: str = ""
    ) -> None:
        """Gives back in one attempt what a token proves, or what was or will be granted to the
        request of an id."""
        raise NotImplementedError

    def hold(self, token: str) -> Any:
        """Opens a stream that holds it; without a token it asks for a new grant."""
        raise NotImplementedError


@dataclass(frozen=True)
class LockCalls(LeaseCalls):
    """What keeps a lock."""

    shared: bool

    async def renew(self, token: str, within: float) -> datetime:
        request = LockRenewRequest(name=self.name, token=token, lease=wire.duration(self.lease))
        answer = self.link.stubs.locks.Renew(request, timeout=within)
        return wire.moment((await self.link.call(answer)).expire_time)

    async def release(
        self, within: float, *, token: str = "", acquire_request_id: str = ""
    ) -> None:
        request = LockReleaseRequest(
            name=self.name, token=token, acquire_request_id=acquire_request_id
        )
        await self.link.call(self.link.stubs.locks.Release(request, timeout=within))

    def hold(self, token: str) -> Any:
        return self.link.stubs.locks.Hold(
            LockHoldRequest(
                name=self.name,
                lease=wire.duration(self.lease),
                holder=self.holder,
                token=token,
                mode=mode(self.shared),
            )
        )


@dataclass(frozen=True)
class PermitCalls(LeaseCalls):
    """What keeps permits."""

    limit: int

    async def renew(self, token: str, within: float) -> datetime:
        request = PermitRenewRequest(name=self.name, token=token, lease=wire.duration(self.lease))
        answer = self.link.stubs.semaphores.Renew(request, timeout=within)
        return wire.moment((await self.link.call(answer)).expire_time)

    async def release(
        self, within: float, *, token: str = "", acquire_request_id: str = ""
    ) -> None:
        request = PermitReleaseRequest(
            name=self.name, token=token, acquire_request_id=acquire_request_id
        )
        await self.link.call(self.link.stubs.semaphores.Release(request, timeout=within))

    def hold(self, token: str) -> Any:
        return self.link.stubs.semaphores.Hold(
            PermitHoldRequest(
                name=self.name,
                permits=self.permits,
                lease=wire.duration(self.lease),
                holder=self.holder,
                limit=self.limit,
                token=token,
            )
        )


def mode(shared: bool) -> Mode.ValueType:
    """How a lock is wanted."""
    return Mode.MODE_SHARED if shared else Mode.MODE_EXCLUSIVE


async def release(link: Link, calls: LeaseCalls, token: str) -> None:
    """Gives a grant back, again and again within the default deadline while no server is reached.

    Not holding it then means that it is free of us, which is all that is wanted.
    """
    end = time.monotonic() + link.deadline
    while True:
        try:
            await calls.release(max(0.001, end - time.monotonic()), token=token)
        except NotHeldError:
            return
        except UnavailableError:
            rest = pause(link.deadline / 10)
            if time.monotonic() + rest >= end:
                raise
        else:
            return
        await asyncio.sleep(rest)


def give_back(
    link: Link, calls: LeaseCalls, *, token: str = "", acquire_request_id: str = ""
) -> None:
    """Releases in the background what nobody knows of or wants any more, again and again until a
    server has answered, or it has ended with its lease; closing the client waits for it."""

    async def release() -> None:
        end = time.monotonic() + min(calls.lease, REMEMBERED)
        backoff = Backoff()
        while (left := end - time.monotonic()) > 0:
            within = min(left, link.deadline)
            try:
                async with link.giving_back:
                    await calls.release(within, token=token, acquire_request_id=acquire_request_id)
            except (NotHeldError, InvalidRequestError):
                return
            except QuoinError as e:
                LOG.debug("%s is not given back yet: %s", calls.name, e)
                await backoff.wait()
            else:
                return
        LOG.warning("%s could not be given back and has ended with its lease", calls.name)

    if link.is_full():
        LOG.warning("%s is not given back and ends with its lease: too much is already", calls.name)
    else:
        link.last(release())
