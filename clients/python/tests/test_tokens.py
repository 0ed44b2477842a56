# SPDX-License-Identifier: Apache-2.0
"""Tokens that say who calls, at a server where one of orders may read and write, in the namespace
orders only."""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import grpc
import pytest
from waiting import in_loop, soon

import quoin
from quoin.testing import Server

TOKEN = "quoin_good-token-of-orders"
POLICY = """
roles: {worker: [{'*': write}]}
bindings: [{role: worker, principals: [orders], namespaces: [orders]}]
"""


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("secured")
    tokens, policy = folder / "tokens.yaml", folder / "policy.yaml"
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    tokens.write_text(f"tokens: [{{principal: orders, digest: 'sha256:{digest}'}}]")
    policy.write_text(POLICY)
    with Server(flags=("--tokens", str(tokens), "--policy", str(policy))) as server:
        yield server


def orders(server: Server, **options: Any) -> quoin.Quoin:
    return quoin.connect(server.address, **{"namespace": "orders", "deadline": 20, **options})


def test_tokens_say_who_calls(secured: Server) -> None:
    with orders(secured, token=TOKEN) as q, q.locks.acquire("report"):
        assert "orders" in q.locks.get(name="report").label
    refusals: tuple[tuple[dict[str, Any], quoin.Reason, grpc.StatusCode], ...] = (
        ({}, quoin.Reason.UNAUTHENTICATED, grpc.StatusCode.UNAUTHENTICATED),
        ({"token": "wrong"}, quoin.Reason.UNAUTHENTICATED, grpc.StatusCode.UNAUTHENTICATED),
        (
            {"token": TOKEN, "namespace": "other"},
            quoin.Reason.PERMISSION_DENIED,
            grpc.StatusCode.PERMISSION_DENIED,
        ),
    )
    for options, reason, code in refusals:
        with orders(secured, **options) as q, pytest.raises(quoin.QuoinError) as refused:
            q.locks.get(name="report")
        assert (refused.value.reason, refused.value.code) == (reason, code)


def test_what_is_no_token_is_refused_at_once() -> None:
    for bad in ("", "two words", "line\n", "ümlaut"):
        with pytest.raises(ValueError, match="printable ASCII") as refused:
            quoin.connect(token=bad)
        assert not bad or bad not in str(refused.value)


@in_loop
async def test_refused_calls_are_not_repeated(secured: Server) -> None:
    asked = []

    def token() -> str:
        asked.append(1)
        return TOKEN

    address = secured.address
    async with quoin.aio.connect(address, namespace="other", token=token) as q:
        with pytest.raises(quoin.QuoinError):
            await q.locks.get(name="report")
        assert len(asked) == 1
        with pytest.raises(quoin.QuoinError) as refused:
            await soon(quoin.aio.resume(q.locks.watch, name="report").__anext__())
        assert refused.value.reason == quoin.Reason.PERMISSION_DENIED
        assert len(asked) == 2
        worker = q.queues.worker("mail")
        worker.task("sold")(lambda task: None)
        with pytest.raises(quoin.QuoinError) as refused:
            await soon(worker.run(handle_signals=False))
        assert refused.value.reason == quoin.Reason.PERMISSION_DENIED


@in_loop
async def test_a_stream_asks_for_a_token_each_time_it_is_opened(secured: Server) -> None:
    asked = []

    async def token() -> str:
        asked.append(1)
        if len(asked) == 2:
            raise LookupError("no token today")  # which is when the stream is opened again
        return TOKEN

    address = secured.address
    async with quoin.aio.connect(address, namespace="orders", token=token) as q:
        watch = quoin.aio.resume(q.locks.watch, name="report")
        await soon(watch.__anext__())
        secured.stop()
        secured.start()
        while len(asked) < 3:
            await soon(watch.__anext__())


def fails() -> str:
    raise LookupError("no token today")


def ends() -> str:
    raise SystemExit("no token today")


async def is_late() -> str:
    raise LookupError("no token today")


class OddText(str):
    def __iter__(self) -> Any:
        raise LookupError("no characters")


@pytest.mark.parametrize(
    "token",
    [
        fails,
        ends,
        is_late,
        lambda: None,
        lambda: "no\ntoken",
        lambda: is_late(),
        lambda: OddText("odd"),
    ],
)
@in_loop
async def test_a_function_for_tokens_may_do_anything(secured: Server, token: Any) -> None:
    good = quoin.aio.connect(secured.address, namespace="orders", token=TOKEN)
    bad = quoin.aio.connect(secured.address, namespace="orders", token=token)
    async with good, bad:
        for _ in range(2):
            with pytest.raises(quoin.QuoinError, match="the token callback failed") as failed:
                await bad.locks.get(name="report")
            assert failed.value.code is grpc.StatusCode.UNAUTHENTICATED
            assert failed.value.reason == ""
            assert failed.value.__cause__ is not None
        await good.locks.get(name="report")


def test_a_function_that_blocks_takes_no_longer_than_the_call(secured: Server) -> None:
    release = Event()

    def blocking() -> str:
        release.wait(60)
        return TOKEN

    def quick() -> str:
        return TOKEN

    begin = time.monotonic()
    try:
        with (
            orders(secured, token=blocking, deadline=0.2) as slow,
            orders(secured, token=quick) as good,
        ):
            for _ in range(3):
                with pytest.raises(quoin.QuoinError) as late:
                    slow.locks.get(name="report")
                assert late.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
            assert not good.locks.get(name="report").held
        assert time.monotonic() - begin < 30
    finally:
        release.set()


def test_settings_do_not_show_the_token() -> None:
    from quoin._core.settings import Settings

    made: Callable[..., Settings] = Settings.of
    assert TOKEN not in repr(made("localhost", "default", 5, 10, False, (), TOKEN))
