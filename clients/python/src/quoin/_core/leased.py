# SPDX-License-Identifier: Apache-2.0
"""Answers that lease something, of RPCs for which there is no handle: tasks of a queue."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from quoin._core.client_core import ClientCore
from quoin._core.lease_calls import give_back, undone
from quoin._core.rpcs import Rpc, rpcs_of
from quoin._core.wire import seconds_of

DEFAULT_LEASE = 30.0


@dataclass(frozen=True)
class Leased:
    """An answer, and what gives back what it leases when it does not reach the program."""

    answer: Any
    undo: Callable[[], None]


async def leased(core: ClientCore, rpc: Rpc, request: Any) -> Leased:
    """Makes a call. What it may have leased is given back in the background when it ends without
    its answer."""
    release = rpcs_of(rpc.service)["release"]
    known = request.DESCRIPTOR.fields_by_name
    shared = {
        name: getattr(request, name)
        for name in release.request.DESCRIPTOR.fields_by_name
        if name in known
    }
    which = {str(rpc.undone_by): getattr(request, str(rpc.id_field))}
    ending = release.build(**shared, **which)
    lease = seconds_of(request.lease) if request.HasField("lease") else DEFAULT_LEASE

    async def end(within: float) -> None:
        await core.unary(release, ending, timeout=within)

    def undo() -> None:
        give_back(core, f"what {rpc.name} leased", lease, end)

    with undone(undo):
        return Leased(await core.waiting(rpc, request, timeout=core.deadline), undo)
