# SPDX-License-Identifier: Apache-2.0
"""Configuration, maintenance and discovery."""

import uuid
from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct

from quoin._core import wire
from quoin._core.defaults import new_id
from quoin._core.link import Link
from quoin._core.wire import Seconds
from quoin.aio.announcement import Announcement
from quoin.aio.config_watches import (
    ConfigWatch,
    ServiceWatch,
    configuration,
    instance,
)
from quoin.aio.maintenance_watches import MaintenanceWatch
from quoin.config.v1 import (
    AnnounceRequest,
    DeleteRequest,
    GetRequest,
    ResolveRequest,
    SetRequest,
    SetResponse,
)
from quoin.values import Configuration, ServiceInstance


class Config:
    """The configuration of a client's namespace.

    What changes seldom and is read often is best watched: ``watch``, ``watch_maintenance`` and
    ``watch_service`` keep it in memory, up to date, and go on with what they knew last while Quoin
    cannot be reached. All fail with ``InvalidRequestError`` when an argument is not allowed, and
    with ``UnavailableError`` when no server, or no Redis, could be reached. History and Rollback,
    lists and answers with an age are on the stubs.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._stub = link.stubs.config

    async def get(self, type: str, component: str) -> Configuration | None:
        """A component of a type; ``None`` when it does not exist."""
        request = GetRequest(type=type, component=component)
        found = await self._link.call(self._stub.Get(request))
        return configuration(found.configuration) if found.found else None

    async def set(
        self, type: str, component: str, value: Mapping[str, Any], *, author: str = ""
    ) -> int:
        """Gives a component a value, and gives its version.

        The value has texts, numbers, booleans, ``None``, lists and mappings of these; numbers become
        doubles, so write whole ones beyond 2**53 as texts. Fails with CONFIG_TYPE_FULL when the type
        has no room, with ``ValueError`` when there is something else in the value.
        """
        return (await self._set(type, component, value, author, None)).version

    async def compare_and_set(
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
        answer = await self._set(type, component, value, author, expected_version)
        return answer.version if answer.stored else None

    async def _set(
        self,
        type: str,
        component: str,
        value: Mapping[str, Any],
        author: str,
        expected_version: int | None,
    ) -> SetResponse:
        struct = Struct()
        struct.update(dict(value))
        request = SetRequest(
            type=type,
            component=component,
            value=struct,
            expected_version=expected_version,
            author=author,
            request_id=new_id(),
        )
        return await self._link.call(self._stub.Set(request))

    async def delete(self, type: str, component: str, *, author: str = "") -> bool:
        """Takes a component away; tells whether it was there."""
        request = DeleteRequest(type=type, component=component, author=author, request_id=new_id())
        return (await self._link.call(self._stub.Delete(request))).deleted

    def watch(self, type: str) -> ConfigWatch:
        """Keeps the components of a type in memory."""
        return ConfigWatch(self._link, type)

    def watch_maintenance(self, name: str) -> MaintenanceWatch:
        """Keeps in memory whether something is under maintenance."""
        return MaintenanceWatch(self._link, name)

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
        return Announcement(
            self._link,
            AnnounceRequest(
                service=service,
                instance=instance or str(uuid.uuid4()),
                address=address,
                metadata=metadata,
                lease=wire.duration(lease),
            ),
        )

    async def resolve(self, service: str) -> list[ServiceInstance]:
        """The instances of a service by name, draining ones included."""
        answer = await self._link.call(self._stub.Resolve(ResolveRequest(service=service)))
        return [instance(one) for one in answer.instances]

    def watch_service(self, service: str) -> ServiceWatch:
        """Keeps the instances of a service in memory."""
        return ServiceWatch(self._link, service)
