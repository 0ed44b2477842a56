# SPDX-License-Identifier: Apache-2.0
"""Turns what users call an address into a target of gRPC."""

import ipaddress
import socket
from urllib.parse import urlsplit

DEFAULT_PORT = 7400


def target(address: str) -> str:
    """The target for ``host:port``, or for several of them separated by commas.

    gRPC looks up one name itself, again whenever a connection is lost. Several names are looked up
    here and now, because it has no target for them.
    """
    if "://" in address or address.startswith("unix:"):
        return address
    servers = [_host_and_port(server.strip()) for server in address.split(",")]
    if len(servers) == 1:
        host, port = servers[0]
        return f"dns:///[{host}]:{port}" if ":" in host else f"dns:///{host}:{port}"
    return _list([found for host, port in servers for found in _look_up(host, port)])


def authority(address: str) -> str | None:
    """The name that servers prove with TLS, when the target does not tell: that of the first."""
    if "://" in address or "," not in address:
        return None
    return _host_and_port(address.split(",")[0].strip())[0]


def _host_and_port(server: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{server}")
        port = parts.port
    except ValueError:
        parts = None
    if (
        parts is None
        or not parts.hostname
        or parts.path
        or parts.query
        or parts.username
        or " " in server
    ):
        raise ValueError(f'"{server}" is no address; write host:port, several separated by commas')
    return parts.hostname, port or DEFAULT_PORT


def _look_up(host: str, port: int) -> list[tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as e:
        raise ValueError(f'"{host}" is not known: {e}') from e
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    fours = [a for a in addresses if ipaddress.ip_address(a).version == 4]
    return [(a, port) for a in fours or addresses]


def _list(addresses: list[tuple[str, int]]) -> str:
    if all(ipaddress.ip_address(host).version == 4 for host, _ in addresses):
        return "ipv4:" + ",".join(f"{host}:{port}" for host, port in addresses)
    # One target holds addresses of one kind; the older ones can be written as newer ones.
    sixes = [host if ":" in host else f"::ffff:{host}" for host, _ in addresses]
    return "ipv6:" + ",".join(
        f"[{host}]:{port}" for host, (_, port) in zip(sixes, addresses, strict=True)
    )
