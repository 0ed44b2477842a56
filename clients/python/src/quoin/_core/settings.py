# SPDX-License-Identifier: Apache-2.0
"""Settings of a client."""

import functools
import json
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from quoin._core.target import authority, target
from quoin._core.tokens import AnyToken, checked_token
from quoin._core.wire import Seconds, seconds

_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


SERVICE_CONFIG = json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})
"""All servers share the calls. Repeating them is not gRPC's affair but that of repeats.py."""


@functools.cache
def repeatable() -> frozenset[str]:
    """The methods whose calls are safe to repeat, as the service config for all clients has it."""
    config = json.loads(files("quoin").joinpath("service-config.json").read_text())
    return frozenset(
        f"/{name['service']}/{name['method']}"
        for methods in config["methodConfig"]
        if "retryPolicy" in methods
        for name in methods["name"]
    )


def checked_namespace(namespace: str) -> str:
    """A namespace, if it is one."""
    if not _NAMESPACE.fullmatch(namespace):
        raise ValueError(
            f'"{namespace}" is no namespace: 1 to 63 lower-case letters, digits, inner hyphens'
        )
    return namespace


def checked_deadline(deadline: Seconds) -> float:
    """A deadline in seconds, if there is any time until then."""
    if seconds(deadline) <= 0:
        raise ValueError("the deadline must be longer than nothing")
    return seconds(deadline)


@dataclass(frozen=True)
class TLS:
    """How the connection is encrypted. All files are PEM."""

    authorities: str | PathLike[str] | None = None
    """Certificates of the authorities to trust; by default those this machine trusts or, when it
    has no list of them, those gRPC brings along."""
    certificate: str | PathLike[str] | None = None
    """Certificate chain to show to the server."""
    key: str | PathLike[str] | None = None
    """Private key of that certificate."""

    def credentials(self) -> grpc.ChannelCredentials:
        """Reads the files."""
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together")
        authorities = self.authorities or ssl.get_default_verify_paths().cafile
        paths = (authorities, self.key, self.certificate)
        return grpc.ssl_channel_credentials(
            *(None if file is None else Path(file).read_bytes() for file in paths)
        )


@dataclass(frozen=True)
class Settings:
    """What a client is connected with."""

    address: str
    namespace: str
    deadline: float
    keepalive: float
    tls: TLS | None
    options: Sequence[tuple[str, Any]]
    token: AnyToken | None = field(default=None, repr=False)

    @staticmethod
    def of(
        address: str,
        namespace: str,
        deadline: Seconds,
        keepalive: Seconds,
        tls: "bool | TLS",
        options: Sequence[tuple[str, Any]],
        token: AnyToken | None = None,
    ) -> "Settings":
        """Checked settings."""
        if seconds(keepalive) < 10:
            raise ValueError("keepalive must be at least 10 seconds: servers refuse more pings")
        encrypted = TLS() if tls is True else tls or None
        return Settings(
            address,
            checked_namespace(namespace),
            checked_deadline(deadline),
            seconds(keepalive),
            encrypted,
            tuple(options),
            checked_token(token) if isinstance(token, str) else token,
        )

    def open_channel(self) -> grpc.aio.Channel:
        """A connection for the event loop that runs now."""
        to, options = target(self.address), self.channel_options()
        if self.tls is None:
            return grpc.aio.insecure_channel(to, options)
        return grpc.aio.secure_channel(to, self.tls.credentials(), options)

    def channel_options(self) -> list[tuple[str, Any]]:
        """The options of the channel."""
        made: list[tuple[str, Any]] = [
            ("grpc.service_config", SERVICE_CONFIG),
            ("grpc.service_config_disable_resolution", 1),
            ("grpc.keepalive_time_ms", round(self.keepalive * 1000)),
            ("grpc.keepalive_timeout_ms", 5_000),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 500),
            ("grpc.min_reconnect_backoff_ms", 5_000),
        ]
        name = authority(self.address)
        if name is not None:
            made.append(("grpc.default_authority", name))
        return [*made, *self.options]
