# SPDX-License-Identifier: Apache-2.0
"""Configuration, maintenance and discovery, for callers that block."""

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


class Config:
    """The configuration of a client's namespace.

    What changes seldom and is read often is best watched: ``watch``, ``watch_maintenance`` and
    ``watch_service`` keep it in memory, up to date, and go on with what they knew last while Quoin
    cannot be reached. All fail with ``InvalidRequestError`` when an argument is not allowed, and
    with ``UnavailableError`` when no server, or no Redis, could be reached. History and Rollback,
    lists and answers with an age are on the stubs.
    """

    def __init__(self, portal: Portal, config: aio.Config) -> None:
        self._portal = portal
        self._aio = config

    def get(self, type: str, component: str) -> Configuration | None:
        """A component of a type; ``None`` when it does not exist."""
        return self._portal.call(self._aio.get(type, component))

    def set(self, type: str, component: str, value: Mapping[str, Any], *, author: str = "") -> int:
        """Gives a component a value, and gives its version.

        The value has texts, numbers, booleans, ``None``, lists and mappings of these; numbers become
        doubles, so write whole ones beyond 2**53 as texts. Fails with CONFIG_TYPE_FULL when the type
        has no room, with ``ValueError`` when there is something else in the value.
        """
        return self._portal.call(self._aio.set(type, component, value, author=author))

    def compare_and_set(
        self,
        type: str,
        component: str,
        expected_version: int,
        value: Mapping[str, Any],
        *,
        author: str = "",
    ) -> int | None:
        """Gives a component a value if it still has a version, 0 when it must not exist. Gives the
        new version, or ``None`` when it has another one."""
        return self._portal.call(
            self._aio.compare_and_set(type, component, expected_version, value, author=author)
        )

    def delete(self, type: str, component: str, *, author: str = "") -> bool:
        """Takes a component away; tells whether it was there."""
        return self._portal.call(self._aio.delete(type, component, author=author))

    def watch(self, type: str) -> "ConfigWatch":
        """Keeps the components of a type in memory."""
        return ConfigWatch(self._portal, self._portal.do(lambda: self._aio.watch(type)))

    def watch_maintenance(self, name: str) -> "MaintenanceWatch":
        """Keeps in memory whether something is under maintenance."""
        return MaintenanceWatch(
            self._portal, self._portal.do(lambda: self._aio.watch_maintenance(name))
        )

    def announce(
        self,
        service: str,
        address: str,
        *,
        instance: str = "",
        metadata: Mapping[str, str] | None = None,
        lease: Seconds = 10,
    ) -> "Announcement":
        """Makes an instance of a service known, under a name of its own by default.

        ``address``: where it serves, ``host:port``. ``lease``: how long it stays known when the
        server that has the call dies, 1 s to 60 s.
        """
        made = self._portal.do(
            lambda: self._aio.announce(
                service, address, instance=instance, metadata=metadata, lease=lease
            )
        )
        return Announcement(self._portal, made)

    def resolve(self, service: str) -> list[ServiceInstance]:
        """The instances of a service by name, draining ones included."""
        return self._portal.call(self._aio.resolve(service))

    def watch_service(self, service: str) -> "ServiceWatch":
        """Keeps the instances of a service in memory."""
        return ServiceWatch(self._portal, self._portal.do(lambda: self._aio.watch_service(service)))


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
        self._portal.call(self._watch.close())

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
        self._portal.call(self._announcement.close())

    def __enter__(self) -> "Announcement":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _in_time(portal: Portal, work: Coroutine[Any, Any, None], timeout: Seconds | None) -> None:
    try:
        portal.call(asyncio.wait_for(work, None if timeout is None else seconds(timeout)))
    except asyncio.TimeoutError:
        raise TimeoutError("it is not known in time") from None
