# SPDX-License-Identifier: Apache-2.0
"""The calls by which something is asked for, kept and given back, whatever service it belongs to.

Such a service has the RPCs Acquire, Renew, Release and Hold, with the fields ``name``, ``lease``,
``token`` and ``acquire_request_id``; what else describes what is wanted is its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc

from quoin._core import wire
from quoin._core.client_core import LOG, Backoff, ClientCore, pause
from quoin._core.rpcs import new_id, rpcs_of
from quoin._core.wire import Seconds
from quoin.exceptions import (
    InvalidRequestError,
    NotAcquiredError,
    NotHeldError,
    QuoinError,
    UnavailableError,
)

REMEMBERED = 600.0
"""How long servers refuse a request that arrives after it was given back, in seconds."""

# With these a server says that nothing was granted.
_REFUSED = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
}


@dataclass(frozen=True)
class Grant:
    """What a server granted, and when it was asked for by the clock of this process."""

    token: str
    fence: int
    expire_time: datetime
    sent: float


@dataclass(frozen=True)
class LeaseCalls:
    """The calls for one thing of a service."""

    core: ClientCore
    service: str
    name: str
    lease: float
    """In seconds, whole milliseconds."""
    wanted: Mapping[str, Any]
    """What else a request says about what is wanted."""

    @property
    def rpcs(self) -> Any:
        """The RPCs of the service."""
        return rpcs_of(self.service)

    async def acquire(self, wait: Seconds) -> tuple[Any, Grant | None]:
        """Asks for a grant, standing in line for at most some time; gives the answer, and the grant
        if there is one."""
        rpc, request_id = self.rpcs["acquire"], new_id()
        request = rpc.build(
            name=self.name, lease=self.lease, wait=wait, request_id=request_id, **self.wanted
        )
        sent, patience = time.monotonic(), self.core.patience(wire.seconds(wait))
        with asking([self], request_id):
            answer = await self.core.waiting(rpc, request, timeout=patience)
            if not answer.acquired:
                return answer, None
            grant = Grant(answer.token, answer.fence, wire.moment(answer.expire_time), sent)
            return answer, await self.fresh(grant)

    async def fresh(self, grant: Grant) -> Grant:
        """A grant of whose lease it is known how much is left: one that was asked for long ago,
        because it had to be waited for, is renewed."""
        now = time.monotonic()
        if now - grant.sent < self.lease / 3:
            return grant
        end = await self.renew(grant.token, self.core.deadline)
        return Grant(grant.token, grant.fence, end, now)

    async def renew(self, token: str, within: float) -> datetime:
        """Renews the lease and tells its new end."""
        rpc = self.rpcs["renew"]
        request = rpc.build(name=self.name, token=token, lease=self.lease)
        answer = await self.core.unary(rpc, request, timeout=within)
        return wire.moment(answer.expire_time)

    async def release_once(self, within: float, **which: str) -> None:
        """Gives back in one attempt what a ``token`` proves, or what was or will be granted to the
        request with an ``acquire_request_id``."""
        rpc = self.rpcs["release"]
        await self.core.unary(rpc, rpc.build(name=self.name, **which), timeout=within)

    async def hold(self, token: str) -> Any:
        """Opens a stream that holds it; without a token it asks for a new grant."""
        rpc = self.rpcs["hold"]
        request = rpc.build(name=self.name, lease=self.lease, token=token, **self.wanted)
        return await self.core.stream(rpc, request)

    async def release(self, token: str) -> None:
        """Gives a grant back, again and again within the default deadline while no server is
        reached. Not holding it then means that it is free of us, which is all that is wanted."""
        end = time.monotonic() + self.core.deadline
        while True:
            try:
                await self.release_once(max(0.001, end - time.monotonic()), token=token)
            except NotHeldError:
                return
            except UnavailableError:
                rest = pause(self.core.deadline / 10)
                if time.monotonic() + rest >= end:
                    raise
            else:
                return
            await asyncio.sleep(rest)

    def give_back(self, **which: str) -> None:
        """Releases in the background what nobody knows of or wants any more."""

        async def release(within: float) -> None:
            await self.release_once(within, **which)

        give_back(self.core, self.name, self.lease, release)


def give_back(
    core: ClientCore, name: str, lease: float, release: Callable[[float], Awaitable[None]]
) -> None:
    """Gives back in the background, again and again until a server has answered, or what is held
    has ended with its lease; closing the client waits for it."""
    if core.is_full():
        text = "%s is not given back and ends with its lease: too much is already"
        LOG.warning(text, name)
    else:
        core.last(_give_back(core, name, lease, release))


async def _give_back(
    core: ClientCore, name: str, lease: float, release: Callable[[float], Awaitable[None]]
) -> None:
    end = time.monotonic() + min(lease, REMEMBERED)
    backoff = Backoff()
    while (left := end - time.monotonic()) > 0:
        try:
            async with core.giving_back:
                await release(min(left, core.deadline))
        except (NotHeldError, InvalidRequestError):
            return
        except QuoinError as e:
            LOG.debug("%s is not given back yet: %s", name, e)
            await backoff.wait()
        else:
            return
    LOG.warning("%s could not be given back and has ended with its lease", name)


@contextmanager
def asking(leases: Sequence[LeaseCalls], request_id: str) -> Iterator[None]:
    """What is asked for inside, under this id, is given back as by ``undone``."""

    def undo() -> None:
        for lease in leases:
            lease.give_back(acquire_request_id=request_id)

    with undone(undo):
        yield


@contextmanager
def undone(undo: Callable[[], None]) -> Iterator[None]:
    """What is asked for inside is undone when the block ends in a way that leaves open what came of
    it: it was cancelled or interrupted, it took too long, or no server could be reached any more."""
    try:
        yield
    except NotAcquiredError:
        raise
    except BaseException as e:
        if not (isinstance(e, QuoinError) and e.code in _REFUSED):
            undo()
        raise


def not_acquired(name: str, answer: Any) -> NotAcquiredError:
    """The error for somebody who asked for what is busy."""
    return NotAcquiredError(
        name,
        label=getattr(answer, "label", ""),
        retry_after=wire.seconds_of(answer.retry_after),
        position=answer.position,
    )
