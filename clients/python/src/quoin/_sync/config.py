# SPDX-License-Identifier: Apache-2.0
"""Configuration, maintenance and discovery, for callers that block."""

from collections.abc import Mapping
from typing import Any

from quoin import aio
from quoin._core.wire import Seconds
from quoin._sync.session import View
from quoin._sync.watches import Announcement, ConfigWatch, MaintenanceWatch, ServiceWatch
from quoin.values import Configuration, ServiceInstance


class Config(View[aio.Config]):
    """The configuration of a client's namespace.

    What changes seldom and is read often is best watched: ``watch``, ``watch_maintenance`` and
    ``watch_service`` keep it in memory, up to date, and go on with what they knew last while Quoin
    cannot be reached. All fail with ``InvalidRequestError`` when an argument is not allowed, and
    with ``UnavailableError`` when no server, or no Redis, could be reached. History and Rollback,
    lists and answers with an age are on the stubs.
    """

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

    def watch(self, type: str) -> ConfigWatch:
        """Keeps the components of a type in memory."""
        return ConfigWatch(self._portal, self._portal.do(lambda: self._aio.watch(type)))

    def watch_maintenance(self, name: str) -> MaintenanceWatch:
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
    ) -> Announcement:
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

    def watch_service(self, service: str) -> ServiceWatch:
        """Keeps the instances of a service in memory."""
        return ServiceWatch(self._portal, self._portal.do(lambda: self._aio.watch_service(service)))
