# SPDX-License-Identifier: Apache-2.0
"""Several things of a service that are granted together, or none."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from typing import Any

from quoin._core import wire
from quoin._core.lease import Lease
from quoin._core.lease_calls import Grant, LeaseCalls, asking, not_acquired
from quoin._core.renewal import keep
from quoin._core.rpcs import new_id
from quoin._core.wire import Seconds


async def acquire_all(wanted: Sequence[LeaseCalls], wait: Seconds) -> list[Lease]:
    """Takes several things, wanted in the same way, or none."""
    first, request_id = wanted[0], new_id()
    names = [one.name for one in wanted]
    rpc = first.rpcs["acquire_all"]
    request = rpc.build(
        names=names, lease=first.lease, wait=wait, request_id=request_id, **first.wanted
    )
    leases = {one.name: one for one in wanted}
    sent, patience = time.monotonic(), first.core.patience(wire.seconds(wait))
    with asking(list(leases.values()), request_id):
        answer: Any = await first.core.waiting(rpc, request, timeout=patience)
        if not answer.acquired:
            raise not_acquired(answer.busy_name, answer)
        end = wire.moment(answer.expire_time)
        return await _all_or_none(
            [
                _kept(leases[one.name], Grant(one.token, one.fence, end, sent))
                for one in answer.grants
            ]
        )


async def leave_all(leases: Sequence[Lease], error: BaseException | None = None) -> None:
    """Gives all of them back; tries each even when another cannot be given back."""
    ends = [lease.leave(error) for lease in leases]
    for failed in await asyncio.gather(*ends, return_exceptions=True):
        if failed is not None:
            raise failed


def give_up_all(leases: Sequence[Lease]) -> None:
    """Gives all of them back in the background: they never reached the program."""
    for lease in leases:
        lease.give_up()


async def _kept(calls: LeaseCalls, grant: Grant) -> Lease:
    return keep(calls, await calls.fresh(grant))


async def _all_or_none(keeping: Sequence[Awaitable[Lease]]) -> list[Lease]:
    kept = [asyncio.ensure_future(lease) for lease in keeping]
    try:
        return await asyncio.gather(*kept)
    except BaseException:
        for one in kept:
            one.add_done_callback(_give_up)
        raise


def _give_up(one: "asyncio.Future[Lease]") -> None:
    if not one.cancelled() and one.exception() is None:
        one.result().give_up()
