# SPDX-License-Identifier: Apache-2.0
# Generated from quoin.aio by tools/blocking.py. Do not edit.
"""What was granted for the time of a lease."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from quoin._core import lease_sets, renewal
from quoin._core.hold import hold
from quoin._core.lease import Lease
from quoin._core.lease_calls import LeaseCalls
from quoin._core.portable import Bound
from quoin._core.wire import Seconds, seconds
from quoin._modes.blocking import Answer, Session, while_held
from quoin.exceptions import Reason
from quoin.values import LostReason

H = TypeVar("H", bound="LeaseHandle")
T = TypeVar("T")


class LeaseHandle(Bound):
    """What was granted for the time of a lease.

    It is renewed in the background until it is released or lost; what is never released is renewed
    for as long as its client is open. As a context manager it is released at the end of the block.
    The blocking one is safe for use by several threads.
    """

    def __init__(self, session: Session, lease: Lease) -> None:
        self._session = session
        self._lease = lease

    @property
    def name(self) -> str:
        """The name under which it was asked for."""
        return self._lease.calls.name

    @property
    def token(self) -> str:
        """Proves the ownership to the server."""
        return self._lease.grant.token

    @property
    def fence(self) -> int:
        """The number of this grant, greater than that of every earlier grant under this name."""
        return self._lease.grant.fence

    @property
    def expire_time(self) -> datetime:
        """When the lease ends unless it is renewed, by the clock of Redis as last heard."""
        return self._lease.expire_time

    @property
    def is_held(self) -> bool:
        """Whether it is neither released nor lost, and its lease still runs by the monotonic clock
        of this process. The lease is counted from before its renewal was asked for, so it ends here
        no later than it ends for others."""
        return self._lease.is_held

    def on_lost(self, listener: Callable[[LostReason], object]) -> None:
        """Has a listener called when it is lost: once, at once if it is lost already, and never if
        it was released before.

        The blocking client calls it in a thread where it may block, the asyncio client in the event
        loop, where it must not block, but may be a coroutine function.
        """
        told = self._session.listener(listener)
        self._session.do(lambda: self._lease.on_lost(told))

    def lost(self, timeout: Seconds | None = None) -> LostReason | None:
        """Waits until it is lost; ``None`` when it was not within that time."""
        within = None if timeout is None else seconds(timeout)
        return self._session.call(self._lease.lost(within))

    def release(self) -> None:
        """Gives it back: no renewal and no loss follows. Releasing again, or what was lost, does
        nothing.

        Fails with ``UnavailableError`` when no server could be told; it then ends with its lease.
        """
        self._session.end(self._lease.release())

    def __enter__(self: H) -> H:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._session.end(self._lease.leave(error))


class LeaseSet(Bound, Generic[H]):
    """Several things that were granted together. Each can be lost, and released, by itself."""

    def __init__(self, session: Session, handles: Sequence[H]) -> None:
        self._session = session
        self._handles = {handle.name: handle for handle in handles}
        self._leases = [handle._lease for handle in handles]

    def __getitem__(self, name: str) -> H:
        return self._handles[name]

    def __iter__(self) -> Iterator[H]:
        return iter(self._handles.values())

    def __len__(self) -> int:
        return len(self._handles)

    @property
    def is_held(self) -> bool:
        """Whether all of them are held."""
        return all(handle.is_held for handle in self._handles.values())

    def release(self) -> None:
        """Gives all of them back; tries each even when another cannot be given back."""
        self._session.end(lease_sets.leave_all(self._leases))

    def __enter__(self: "LeaseSet[H]") -> "LeaseSet[H]":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._session.end(lease_sets.leave_all(self._leases, error))


class Wanted(Generic[H]):
    """Something that is wanted, and the ways to have it."""

    def __init__(self, session: Session, kind: Callable[[Session, Lease], H], calls: LeaseCalls):
        self._session = session
        self._kind = kind
        self._calls = calls

    def acquire(self, wait: Seconds) -> H:
        """Fails when somebody else has it all the time."""
        asking = renewal.acquire(self._calls, wait)
        return self._session.acquire(asking, self._kind, Lease.give_up)

    def try_acquire(self, wait: Seconds) -> H | None:
        """Gives ``None`` when somebody else has it all the time."""
        asking = renewal.try_acquire(self._calls, wait)
        return self._session.acquire(asking, self._kind_if_any, Lease.give_up_any)

    def hold(self, on_waiting: Callable[[int], object] | None) -> H:
        """Keeps it with a call that stays open."""
        told = None if on_waiting is None else self._session.listener(on_waiting)
        return self._session.acquire(hold(self._calls, told), self._kind, Lease.give_up)

    def run(self, work: Callable[[H], Answer[T]], wait: Seconds, reason: Reason) -> T:
        """Works while it is held."""
        with self.acquire(wait) as held:
            return while_held(held._lease, work(held), reason)

    def _kind_if_any(self, session: Session, lease: Lease | None) -> H | None:
        return None if lease is None else self._kind(session, lease)
