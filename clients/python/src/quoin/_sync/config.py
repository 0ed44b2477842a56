# SPDX-License-Identifier: Apache-2.0
# Generated from quoin.aio by tools/blocking.py. Do not edit.
"""Configuration, maintenance and discovery."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from quoin._core.announcement import Announced
from quoin._core.cache import Cache, in_time
from quoin._core.config_caches import ConfigCache, MaintenanceCache, ServiceCache
from quoin._core.portable import Bound
from quoin._core.rpcs import rpcs_of
from quoin._core.wire import Seconds
from quoin._modes.blocking import Session
from quoin._sync import rpcs
from quoin.config.v1 import Maintenance
from quoin.values import Configuration, ServiceInstance

C = TypeVar("C", bound=Cache[Any])
T = TypeVar("T")
W = TypeVar("W", bound="Watch[Any, Any]")


class Config(rpcs.Config):
    """The configuration of a client's namespace: its RPCs, watches and announcements.

    What changes seldom and is read often is best watched: ``watch``, ``watch_maintenance`` and
    ``watch_service`` keep it in memory, up to date, and go on with what they knew last while Quoin
    cannot be reached.
    """

    def watch(self, type: str) -> "ConfigWatch":
        """Keeps the components of a type in memory."""
        session: Session = self._sessions.now()
        return session.open(lambda: ConfigCache(session.core, type), ConfigWatch)

    def watch_maintenance(self, name: str) -> "MaintenanceWatch":
        """Keeps in memory whether something is under maintenance."""
        session: Session = self._sessions.now()
        return session.open(lambda: MaintenanceCache(session.core, name), MaintenanceWatch)

    def watch_service(self, service: str) -> "ServiceWatch":
        """Keeps the instances of a service in memory."""
        session: Session = self._sessions.now()
        return session.open(lambda: ServiceCache(session.core, service), ServiceWatch)

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
        session: Session = self._sessions.now()
        request = rpcs_of(self.service)["announce"].build(
            service=service,
            instance=instance or str(uuid.uuid4()),
            address=address,
            metadata=metadata,
            lease=lease,
        )
        return session.open(lambda: Announced(session.core, request), Announcement)


class Watch(Bound, Generic[C, T]):
    """What a watch knows, kept up to date until it is closed.

    While Quoin cannot be reached it goes on with what it knew last: ``is_stale`` says so, ``as_of``
    since when. Reading never waits. The blocking one is safe for use by several threads.
    """

    def __init__(self, session: Session, cache: C) -> None:
        self._session = session
        self._cache = cache

    @property
    def as_of(self) -> datetime | None:
        """When what is known was last seen to be so, by the clock of Redis; ``None`` before it is
        ready."""
        return self._cache.as_of

    @property
    def is_stale(self) -> bool:
        """Whether there may be changes that cannot be seen now."""
        return self._cache.is_stale

    def ready(self, timeout: Seconds | None = None) -> None:
        """Waits until the state is known. Fails when it cannot be, for example with
        ``InvalidRequestError``, and with ``TimeoutError`` when it is not within the timeout."""
        self._session.call(in_time(self._cache.ready(), timeout))

    def on_change(self, listener: Callable[[T], object]) -> None:
        """Has a listener told every change from now on, in order; not what is known already.

        The blocking client calls it in a thread where it may block, the asyncio client in the event
        loop, where it must not block, but may be a coroutine function.
        """
        told = self._session.listener(listener)
        self._session.do(lambda: self._cache.on_change(told))

    def close(self) -> None:
        """Ends the watch; what is known stays."""
        self._session.end(self._cache.close())

    def __enter__(self: W) -> W:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class ConfigWatch(Watch[ConfigCache, Configuration]):
    """The components of a type. Listeners are told each that came, changed or went."""

    def get(self, component: str) -> Configuration | None:
        """A component as it is known; ``None`` when there is none or nothing is known yet."""
        return self._cache.get(component)

    @property
    def all(self) -> Mapping[str, Configuration]:
        """All components as they are known. Does not change any more."""
        return self._cache.all


class ServiceWatch(Watch[ServiceCache, tuple[ServiceInstance, ...]]):
    """The instances of a service. Listeners are told all of them after every change."""

    @property
    def instances(self) -> tuple[ServiceInstance, ...]:
        """All instances as they are known, in order of their names."""
        return self._cache.instances

    @property
    def serving(self) -> tuple[ServiceInstance, ...]:
        """The instances that take new work: those that do not drain."""
        return tuple(one for one in self.instances if not one.draining)


class MaintenanceWatch(Watch[MaintenanceCache, Maintenance | None]):
    """Whether something is under maintenance; at first it is not. One with an end ends then also
    while Quoin cannot be reached, whatever the clock of this process says."""

    @property
    def current(self) -> Maintenance | None:
        """The maintenance, if there is one now."""
        return self._cache.current


class Announcement(Bound):
    """An instance that is known until this is closed, whichever server has the call. It is announced
    again when a server goes away; within its lease nobody sees a difference."""

    def __init__(self, session: Session, announced: Announced) -> None:
        self._session = session
        self._announced = announced

    @property
    def instance(self) -> str:
        """Name of the instance."""
        return self._announced.instance

    @property
    def is_replaced(self) -> bool:
        """Whether somebody else announced an instance of the same name; this one is over then."""
        return self._announced.is_replaced

    def ready(self, timeout: Seconds | None = None) -> None:
        """Waits until the instance is known as it was last announced. Fails with
        ``InvalidRequestError`` when it cannot be, with ``TimeoutError`` when it is not in time."""
        self._session.call(in_time(self._announced.ready(), timeout))

    def drain(self, timeout: Seconds | None = None) -> None:
        """Says that the instance is about to go, and waits until that is known; it stays known until
        it is closed."""
        self._session.call(in_time(self._announced.drain(), timeout))

    def close(self) -> None:
        """Takes the instance away."""
        self._session.end(self._announced.close())

    def __enter__(self) -> "Announcement":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()
