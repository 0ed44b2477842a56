# SPDX-License-Identifier: Apache-2.0
"""State that is kept up to date in memory, for callers that block."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from quoin import aio
from quoin._core.wire import Seconds, seconds
from quoin._sync.portal import Portal
from quoin.aio.watches import Watch as AioWatch
from quoin.config.v1 import Maintenance
from quoin.values import Configuration, ServiceInstance

T = TypeVar("T")
A = TypeVar("A", bound=AioWatch[Any])
W = TypeVar("W", bound="Watch[Any, Any]")


class Watch(Generic[A, T]):
    """What a watch knows, kept up to date until it is closed.

    While Quoin cannot be reached it goes on with what it knew last: ``is_stale`` says so, ``as_of``
    since when. Reading never waits. Safe for use by several threads.
    """

    def __init__(self, portal: Portal, watch: A) -> None:
        self._portal = portal
        self._watch = watch

    @property
    def as_of(self) -> datetime | None:
        """When what is known was last seen to be so, by the clock of Redis; ``None`` before it is
        ready."""
        return self._watch.as_of

    @property
    def is_stale(self) -> bool:
        """Whether there may be changes that cannot be seen now."""
        return self._watch.is_stale

    def ready(self, timeout: Seconds | None = None) -> None:
        """Waits until the state is known. Fails when it cannot be, for example with
        ``InvalidRequestError``, and with ``TimeoutError`` when it is not within the timeout."""
        _in_time(self._portal, self._watch.ready(), timeout)

    def on_change(self, listener: Callable[[T], object]) -> None:
        """Has a listener told every change from now on, in order, in a thread where it may block;
        not what is known already."""
        self._portal.do(lambda: self._watch.on_change(self._portal.listen(listener)))

    def close(self) -> None:
        """Ends the watch; what is known stays."""
        self._portal.end(self._watch.close())

    def __enter__(self: W) -> W:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class ConfigWatch(Watch[aio.ConfigWatch, Configuration]):
    """The components of a type. Listeners are told each that came, changed or went."""

    def get(self, component: str) -> Configuration | None:
        """A component as it is known; ``None`` when there is none or nothing is known yet."""
        return self._watch.get(component)

    @property
    def all(self) -> Mapping[str, Configuration]:
        """All components as they are known. Does not change any more."""
        return self._watch.all


class ServiceWatch(Watch[aio.ServiceWatch, tuple[ServiceInstance, ...]]):
    """The instances of a service. Listeners are told all of them after every change."""

    @property
    def instances(self) -> tuple[ServiceInstance, ...]:
        """All instances as they are known, in order of their names."""
        return self._watch.instances

    @property
    def serving(self) -> tuple[ServiceInstance, ...]:
        """The instances that take new work: those that do not drain."""
        return self._watch.serving


class MaintenanceWatch(Watch[aio.MaintenanceWatch, Maintenance | None]):
    """Whether something is under maintenance; at first it is not. One with an end ends then also
    while Quoin cannot be reached, whatever the clock of this process says."""

    @property
    def current(self) -> Maintenance | None:
        """The maintenance, if there is one now."""
        return self._watch.current


class Announcement:
    """An instance that is known until this is closed, whichever server has the call. It is announced
    again when a server goes away; within its lease nobody sees a difference."""

    def __init__(self, portal: Portal, announcement: aio.Announcement) -> None:
        self._portal = portal
        self._announcement = announcement

    @property
    def instance(self) -> str:
        """Name of the instance."""
        return self._announcement.instance

    @property
    def is_replaced(self) -> bool:
        """Whether somebody else announced an instance of the same name; this one is over then."""
        return self._announcement.is_replaced

    def ready(self, timeout: Seconds | None = None) -> None:
        """Waits until the instance is known as it was last announced. Fails with
        ``InvalidRequestError`` when it cannot be, with ``TimeoutError`` when it is not in time."""
        _in_time(self._portal, self._announcement.ready(), timeout)

    def drain(self, timeout: Seconds | None = None) -> None:
        """Says that the instance is about to go, and waits until that is known; it stays known until
        it is closed."""
        _in_time(self._portal, self._announcement.drain(), timeout)

    def close(self) -> None:
        """Takes the instance away."""
        self._portal.end(self._announcement.close())

    def __enter__(self) -> "Announcement":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _in_time(portal: Portal, work: Coroutine[Any, Any, None], timeout: Seconds | None) -> None:
    try:
        portal.call(asyncio.wait_for(work, None if timeout is None else seconds(timeout)))
    except asyncio.TimeoutError:
        raise TimeoutError("it is not known in time") from None
