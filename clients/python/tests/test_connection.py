# SPDX-License-Identifier: Apache-2.0
"""Connecting: addresses, namespaces, deadlines, TLS, and what failures say."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from certificates import Certificates
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from programs import stopped_redis
from waiting import in_loop

import quoin
from quoin._core.rpcs import rpcs_of
from quoin._core.settings import Settings
from quoin._core.target import authority, target
from quoin.locks.v1 import AcquireRequest
from quoin.testing import Server


def test_addresses() -> None:
    assert target("localhost") == "dns:///localhost:7400"
    assert target("quoin.example:1") == "dns:///quoin.example:1"
    assert target("[::1]:1") == "dns:///[::1]:1"
    assert target("127.0.0.1:1, 127.0.0.2") == "ipv4:127.0.0.1:1,127.0.0.2:7400"
    assert target("127.0.0.1:1,[::1]:2") == "ipv6:[::ffff:127.0.0.1]:1,[::1]:2"
    assert target("unix:/run/quoin") == "unix:/run/quoin"
    assert target("dns:///quoin:1") == "dns:///quoin:1"
    assert authority("quoin-1.example:1,quoin-2.example") == "quoin-1.example"
    for wrong in ("", "host:port", "a b", "host/path", "127.0.0.1,"):
        with pytest.raises(ValueError):
            target(wrong)


def test_arguments_that_make_no_sense() -> None:
    for arguments in ({"namespace": "No"}, {"deadline": 0}, {"keepalive": 9}):
        with pytest.raises(ValueError):
            quoin.connect(**arguments)
    with pytest.raises(ValueError):
        quoin.connect(tls=quoin.TLS(key="only.key"))
    with pytest.raises(OSError):
        quoin.connect(tls=quoin.TLS(authorities="missing.pem"))


def test_calls_that_are_safe_to_repeat_are_known() -> None:
    settings = Settings.of("localhost", "default", 5, 10, False, [("grpc.max_a", 1)])
    options = dict(settings.channel_options())
    assert options["grpc.max_a"] == 1
    assert "retryPolicy" not in options["grpc.service_config"]
    locks = rpcs_of("quoin.locks.v1.Locks")
    assert locks["acquire"].is_repeatable and locks["get"].is_repeatable
    assert not locks["release"].is_repeatable


def test_requests_get_an_id() -> None:
    acquire = rpcs_of("quoin.locks.v1.Locks")["acquire"]
    request = AcquireRequest(name="report")
    first, second = acquire.build(request), acquire.build(request)
    assert first.request_id and first.request_id != second.request_id
    assert (first.name, request.request_id) == ("report", "")
    assert acquire.build(request_id="mine").request_id == "mine"
    assert rpcs_of("quoin.chat.v1.Chat")["send"].build().client_message_id


def test_several_servers_share_the_calls(address: str, namespace: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        both = f"127.0.0.1:{nobody.getsockname()[1]},{address}"
        with quoin.connect(both, namespace=namespace) as q:
            for _ in range(5):
                q.locks.get(name="report")


def test_namespaces_never_see_each_other(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as one:
        one.locks.acquire("report")
        with quoin.connect(address, namespace=f"{namespace}-other") as other:
            assert not other.locks.get(name="report").held


@in_loop
async def test_a_server_that_is_away_is_unavailable() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        for deadline in (0.3, 2):
            begin = time.monotonic()
            async with quoin.aio.connect(address, deadline=deadline) as q:
                with pytest.raises(quoin.UnavailableError) as away:
                    await q.locks.get(name="report")
            assert away.value.code is grpc.StatusCode.UNAVAILABLE
            assert away.value.reason == ""
            assert time.monotonic() - begin < 20


def test_a_call_that_redis_does_not_answer_in_time_says_so(
    new_server: Callable[[], Server], namespace: str
) -> None:
    server = new_server()
    with quoin.connect(server.address, namespace=namespace, deadline=5) as q:
        q.locks.get(name="report")
        with stopped_redis(server):
            for _ in range(2):
                with pytest.raises(quoin.UnavailableError) as away:
                    q.locks.get(name="report")
                assert away.value.reason == quoin.Reason.STORE_UNAVAILABLE


def test_tls_with_certificates_on_both_sides(tmp_path: Path) -> None:
    made = Certificates.made_in(tmp_path)
    flags = ("--tls-certificate", made.path("server.pem"), "--tls-key", made.path("server.key"))
    with Server(flags=(*flags, "--tls-client-authorities", made.path("authorities.pem"))) as server:
        mutual = quoin.TLS(
            made.path("authorities.pem"), made.path("client.pem"), made.path("client.key")
        )
        port = server.address.rpartition(":")[2]
        for address in (f"localhost:{port}", f"localhost:{port},127.0.0.1:{port}"):
            with quoin.connect(address, tls=mutual, deadline=20) as q:
                assert q.locks.try_acquire(address) is not None
                assert q.locks.get(name=address).held
        stranger = quoin.TLS(made.path("authorities.pem"))
        with quoin.connect(f"localhost:{port}", tls=stranger, deadline=2) as q:
            with pytest.raises(quoin.QuoinError):
                q.locks.get(name="report")


class Refusal(grpc.RpcError):
    """A refusal with all details there are."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE

    def details(self) -> str:
        return "Redis is away"

    def trailing_metadata(self) -> Any:
        details = [
            error_details_pb2.ErrorInfo(
                reason="STORE_UNAVAILABLE", domain="quoin.dev", metadata={"user": "ann"}
            ),
            error_details_pb2.RetryInfo(retry_delay={"seconds": 1, "nanos": 500_000_000}),
            error_details_pb2.RequestInfo(request_id="r-1"),
        ]
        status = status_pb2.Status(code=14)
        for detail in details:
            packed = AnyMessage()
            packed.Pack(detail)
            status.details.append(packed)
        return (("grpc-status-details-bin", status.SerializeToString()),)


def test_what_a_failure_says() -> None:
    error = quoin.QuoinError.from_rpc(Refusal())
    assert isinstance(error, quoin.UnavailableError)
    assert error.reason == quoin.Reason.STORE_UNAVAILABLE
    assert (error.retry_after, error.request_id) == (1.5, "r-1")
    assert error.metadata == {"user": "ann"}
    assert str(error) == "STORE_UNAVAILABLE: Redis is away"
    assert quoin.QuoinError.from_rpc(grpc.RpcError("?")).code is grpc.StatusCode.UNKNOWN
