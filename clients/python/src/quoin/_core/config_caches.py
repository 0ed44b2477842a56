# SPDX-License-Identifier: Apache-2.0
"""Configuration, maintenance and instances of services, kept in memory."""

import time
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value

from quoin._core import wire
from quoin._core.cache import Cache
from quoin._core.client_core import ClientCore
from quoin._core.rpcs import rpcs_of
from quoin.config.v1 import (
    Configuration as ConfigurationMessage,
)
from quoin.config.v1 import Instance, Maintenance
from quoin.values import Configuration, ServiceInstance

# Heartbeats come every 5 seconds.
SILENCE = 15.0

_CONFIG = rpcs_of("quoin.config.v1.Config")


class ConfigCache(Cache[Configuration]):
    """The components of a type. Listeners are told each that came, changed or went."""

    def __init__(self, core: ClientCore, type: str) -> None:
        self._known: Mapping[str, Configuration] = MappingProxyType({})
        self._revision: int | None = None
        rpc = _CONFIG["watch"]
        super().__init__(core, rpc, lambda: rpc.build(type=type, revision=self._revision))

    def get(self, component: str) -> Configuration | None:
        """A component as it is known; ``None`` when there is none or nothing is known yet."""
        return self._known.get(component)

    @property
    def all(self) -> Mapping[str, Configuration]:
        """All components as they are known. Does not change any more."""
        return self._known

    def take(self, message: Any) -> bool:
        kind = message.WhichOneof("event")
        if kind == "snapshot":
            told = [configuration(one) for one in message.snapshot.configurations]
            now = {one.component: one for one in told}
            gone = [replace(c, deleted=True) for n, c in self._known.items() if n not in now]
            changes = [one for one in told if one != self._known.get(one.component)]
            self._now(message.snapshot, now, changes + gone)
            return True
        if kind == "changes":
            now, told = dict(self._known), []
            for one in map(configuration, message.changes.configurations):
                told.append(one)
                if one.deleted:
                    now.pop(one.component, None)
                else:
                    now[one.component] = one
            self._now(message.changes, now, told)
            # Who goes on from a revision is told no snapshot.
            return True
        if kind == "heartbeat":
            self._revision = message.heartbeat.revision
            self.seen(message.heartbeat.as_of, stale=message.heartbeat.stale)
        return False

    def _now(
        self, message: Any, now: dict[str, Configuration], changes: list[Configuration]
    ) -> None:
        self._known = MappingProxyType(now)
        self._revision = message.revision
        self.seen(message.as_of)
        for change in changes:
            self.changed(change)


class ServiceCache(Cache[tuple[ServiceInstance, ...]]):
    """The instances of a service. Listeners are told all of them after every change."""

    def __init__(self, core: ClientCore, service: str) -> None:
        self._known: dict[str, ServiceInstance] = {}
        self._revision: int | None = None
        rpc = _CONFIG["watch_service"]
        super().__init__(core, rpc, lambda: rpc.build(service=service, revision=self._revision))

    @property
    def instances(self) -> tuple[ServiceInstance, ...]:
        """All instances as they are known, in order of their names."""
        known = self._known
        return tuple(known[name] for name in sorted(known))

    def take(self, message: Any) -> bool:
        kind = message.WhichOneof("event")
        if kind == "heartbeat":
            self._revision = message.heartbeat.revision
            self.seen(message.heartbeat.as_of, stale=message.heartbeat.stale)
        if kind not in ("snapshot", "changes"):
            return False
        told = getattr(message, kind)
        now = dict(self._known) if kind == "changes" else {}
        for gone in getattr(told, "gone", ()):
            now.pop(gone, None)
        now.update((one.instance, instance(one)) for one in told.instances)
        self._known = now
        self._revision = told.revision
        self.seen(told.as_of)
        self.changed(self.instances)
        return True


class MaintenanceCache(Cache["Maintenance | None"]):
    """Whether something is under maintenance; at first it is not. One with an end ends then also
    while Quoin cannot be reached, whatever the clock of this process says."""

    def __init__(self, core: ClientCore, name: str) -> None:
        self._known = Maintenance()
        self._ends_at = self._heard_at = time.monotonic()
        rpc = _CONFIG["watch_maintenance"]
        super().__init__(core, rpc, lambda: rpc.build(name=name))

    @property
    def current(self) -> Maintenance | None:
        """The maintenance, if there is one now."""
        now = time.monotonic()
        # Who hears the server hears of its end, too; who does not counts the time.
        is_unheard = self.is_stale or now - self._heard_at > SILENCE
        is_over = is_unheard and self._known.HasField("until") and now > self._ends_at
        return self._known if self._known.on and not is_over else None

    def take(self, message: Any) -> bool:
        kind = message.WhichOneof("event")
        now = time.monotonic()
        if kind == "snapshot":
            self._known = message.snapshot.maintenance
            self._ends_at = now + wire.seconds_between(message.snapshot.as_of, self._known.until)
            self._heard_at = now
            self.seen(message.snapshot.as_of)
            self.changed(self.current)
            return True
        if kind == "heartbeat":
            # A message that took its time, or tells an old one, makes the end seem later than it is.
            left = wire.seconds_between(message.heartbeat.as_of, self._known.until)
            self._ends_at = min(self._ends_at, now + left)
            self._heard_at = now
            self.seen(message.heartbeat.as_of, stale=message.heartbeat.stale)
        return False


def configuration(message: ConfigurationMessage) -> Configuration:
    """A component as callers see it."""
    return Configuration(
        message.component,
        _dictionary(message.value),
        message.version,
        wire.moment(message.update_time),
        message.actor,
        message.deletion,
    )


def _dictionary(struct: Struct) -> dict[str, Any]:
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _dictionary(value.struct_value)
    if kind == "list_value":
        return [_value(one) for one in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def instance(message: Instance) -> ServiceInstance:
    """An instance as callers see it."""
    return ServiceInstance(
        message.instance, message.address, dict(message.metadata), message.draining
    )
