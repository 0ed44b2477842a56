# SPDX-License-Identifier: Apache-2.0
"""What happens to a lock."""

from quoin._core import wire
from quoin._core.link import Link
from quoin._core.resume import Resuming, Stream
from quoin.locks.v1 import GetResponse, ListResponse, Mode, WatchRequest, WatchResponse
from quoin.values import LockChange, LockEvent, LockState


class LockWatch(Stream[LockEvent]):
    """What happens to a lock, until it is closed: its present state, then every change."""

    def __init__(self, link: Link, name: str) -> None:
        request = WatchRequest(name=name)
        super().__init__(Resuming(link, link.stubs.locks.Watch, lambda: request))

    def items(self, message: WatchResponse) -> list[LockEvent]:
        expire_time = wire.moment(message.expire_time) if message.HasField("expire_time") else None
        return [
            LockEvent(
                LockChange(message.change),
                message.holder,
                message.fence,
                message.mode == Mode.MODE_SHARED,
                message.held,
                message.readers,
                expire_time,
                message.explanation,
            )
        ]


def lock_state(name: str, state: GetResponse | ListResponse.Lock) -> LockState:
    """The state of a lock."""
    return LockState(
        name,
        state.held,
        state.holder,
        state.fence,
        wire.moment(state.acquire_time) if state.HasField("acquire_time") else None,
        wire.moment(state.expire_time) if state.HasField("expire_time") else None,
        state.waiters,
        state.readers,
    )
