# SPDX-License-Identifier: Apache-2.0
"""Counters and stats, against a server."""

import asyncio
import signal
from concurrent import futures
from typing import Any

import grpc
import grpc.aio
import pytest
from waiting import LIMIT, in_loop, soon

import quoin
from quoin._core import recorders
from quoin.interceptors import AioClientTimes, AioServerTimes, ClientTimes, ServerTimes

DAY = 86_400


@in_loop
async def test_things_are_counted(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        watching = quoin.aio.resume(q.counters.watch, name="views", precision=DAY)
        async with watching as watch:
            ended, open = (await soon(watch.__anext__())).samples
            assert (ended.count, open.count, open.partial) == (0, 0, True)
            await q.counters.increment(name="views")
            longest = "é" * 256
            async with q.counters.recorder(60) as recorder:
                recorder.increment(longest)
                for _ in range(100):
                    recorder.increment("views", 2)
                await soon(recorder.flush())
                assert (
                    await q.counters.get(name="views", precision=DAY, last=1, zero_fill=True)
                ).samples[0].count == 201
                recorder.increment("views", -1)
            while open.count != 200:
                _, open = (await soon(watch.__anext__())).samples
            assert recorder.lost == 0
        assert (await q.counters.delete(name=longest)).deleted
        assert (await q.counters.delete(name="views")).deleted
        with pytest.raises(quoin.QuoinError) as refused:
            await q.counters.get(name="views", precision=7, last=1)
        assert refused.value.reason == quoin.Reason.COUNTER_PRECISION_UNKNOWN


@in_loop
async def test_recorders_refuse_what_cannot_be_recorded(
    address: str, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        async with q.counters.recorder() as counts, q.stats.recorder() as values:
            for name in ("", "a\n", "é" * 257, "\ud800"):
                with pytest.raises(ValueError, match=r"^name: "):
                    counts.increment(name)
                with pytest.raises(ValueError):
                    values.record("kind", name, 1)
            with pytest.raises(OverflowError):
                counts.increment("views", 2**63)
            for value in (float("nan"), float("inf"), 2e18):
                with pytest.raises(ValueError):
                    values.record("kind", "context", value)
            with pytest.raises(TypeError, match=r"^value: "):
                values.record("kind", "context", "5")  # type: ignore[arg-type]
            monkeypatch.setattr(recorders, "MOST", 100)
            for number in range(105):
                counts.increment(str(number % 101))
                if number < 101:
                    values.record("kind", "context", 1)
            # The loop had no time to send.
            assert counts.lost == 1 and values.lost == 1
            await soon(values.flush())
            assert (await q.stats.get(kind="kind", context="context")).count == 100


def test_blocking_recorders(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        with q.counters.recorder() as counts, q.stats.recorder() as values:
            counts.increment("views", 3)
            with pytest.raises(KeyError), values.time("time", "home"):
                raise KeyError
            values.record("time", "search", 7)
            values.flush()
            slowest = q.stats.list_slowest(kind="time").slowest
            assert [one.context for one in slowest] == ["search", "home"]
        q.counters.increment(name="views", delta=4)
        assert q.counters.get(name="views", precision="1d", last=1).samples[0].count == 7
        with quoin.resume(q.counters.watch, name="views", precision=DAY) as watch:
            assert watch.get(LIMIT).samples[1].count == 7
        assert q.counters.delete(name="views").deleted


class Echo(grpc.GenericRpcHandler):
    """A service that answers with the request, once or twice, and refuses "bad"."""

    def service(self, handler_call_details: Any) -> Any:
        if handler_call_details.method.endswith("Stream"):
            return grpc.unary_stream_rpc_method_handler(self.stream)
        return grpc.unary_unary_rpc_method_handler(self.unary)

    def unary(self, request: bytes, context: Any) -> bytes:
        if request == b"bad":
            context.abort(grpc.StatusCode.NOT_FOUND, "bad")
        return request

    def stream(self, request: bytes, context: Any) -> Any:
        yield request
        yield request


class AioEcho(Echo):
    async def unary(self, request: bytes, context: Any) -> bytes:  # type: ignore[override]
        if request == b"bad":
            await context.abort(grpc.StatusCode.NOT_FOUND, "bad")
        return request

    async def stream(self, request: bytes, context: Any) -> Any:
        yield request
        yield request


EXPECTED = {"echo/Unary OK": 1, "echo/Unary NOT_FOUND": 1, "echo/Stream OK": 1}


def test_rpcs_of_blocking_channels_and_servers_are_timed(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q, q.stats.recorder() as times:
        server = grpc.server(futures.ThreadPoolExecutor(2), [Echo()], [ServerTimes(times)])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
            channel: Any = grpc.intercept_channel(plain, ClientTimes(times))
            assert channel.unary_unary("/echo/Unary")(b"hi") == b"hi"
            with pytest.raises(grpc.RpcError):
                channel.unary_unary("/echo/Unary")(b"bad")
            assert list(channel.unary_stream("/echo/Stream")(b"hi")) == [b"hi"] * 2
        server.stop(None).wait()
        times.flush()
        for kind in ("rpc.client", "rpc.server"):
            contexts = [one.context for one in q.stats.list_slowest(kind=kind).slowest]
            found = {c: q.stats.get(kind=kind, context=c).count for c in contexts}
            assert found == EXPECTED


@in_loop
async def test_rpcs_of_asyncio_channels_and_servers_are_timed(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q, q.stats.recorder() as times:
        server = grpc.aio.server(handlers=[AioEcho()], interceptors=[AioServerTimes(times)])
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        interceptors = AioClientTimes.all(times)
        opened = grpc.aio.insecure_channel(f"127.0.0.1:{port}", interceptors=interceptors)
        async with opened as any_channel:
            channel: Any = any_channel
            assert await channel.unary_unary("/echo/Unary")(b"hi") == b"hi"
            with pytest.raises(grpc.RpcError):
                await channel.unary_unary("/echo/Unary")(b"bad")
            stream = channel.unary_stream("/echo/Stream")(b"hi")
            assert [one async for one in stream] == [b"hi"] * 2
            await server.stop(None)
        for kind in ("rpc.client", "rpc.server"):
            found: dict[str, int] = {}
            while sum(found.values()) < 3:
                await times.flush()
                contexts = [one.context for one in (await q.stats.list_slowest(kind=kind)).slowest]
                found = {c: (await q.stats.get(kind=kind, context=c)).count for c in contexts}
            assert found == EXPECTED


@in_loop
async def test_what_is_never_accepted_is_lost_and_the_rest_recorded(
    address: str, namespace: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # As if this library allowed other names than the server.
    monkeypatch.setattr(recorders, "check", lambda *_: None)
    async with quoin.aio.connect(address, namespace=namespace) as q:
        counts, values = q.counters.recorder(60), q.stats.recorder(60)
        for number in range(2_500):
            counts.increment("a\n" if number == 700 else f"views/{number}")
            values.record("time", "" if number in (5, 1_200) else "home", number)
        await soon(counts.flush())
        await soon(values.flush())
        assert (counts.lost, values.lost) == (1, 2)
        for number in (0, 699, 701, 2_499):
            assert (
                await q.counters.get(name=f"views/{number}", precision=DAY, last=1, zero_fill=True)
            ).samples[0].count == 1
        assert (await q.stats.get(kind="time", context="home")).count == 2_498
    assert len([r for r in caplog.records if "said once" in r.getMessage()]) == 2


@in_loop
async def test_recorders_are_entered_again_by_signal_handlers(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        counts, values = q.counters.recorder(60), q.stats.recorder(60)
        writer = q.logs.writer("shop")
        signals = 0

        def again(*_: object) -> None:
            nonlocal signals
            signals += 1
            counts.increment("views")
            values.record("time", "signal", 1)
            writer.write("signal")

        before = signal.signal(signal.SIGALRM, again)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        try:
            calls = 0
            while signals < 300:
                calls += 1
                counts.increment("views")
                values.record("time", "home", 1)
                if calls % 100 == 0:
                    writer.write("call")
                    await asyncio.sleep(0)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        await soon(counts.flush())
        await soon(values.flush())
        await soon(writer.flush())
        assert (await q.counters.get(name="views", precision=DAY, last=1, zero_fill=True)).samples[
            0
        ].count == calls + signals
        assert (await q.stats.get(kind="time", context="signal")).count == signals
        assert counts.lost == values.lost == writer.dropped == 0


class FailingRecorder:
    def record(self, kind: str, context: str, value: float) -> None:
        raise SystemExit(1)


def test_a_recorder_that_fails_fails_no_call(address: str) -> None:
    from quoin._core.rpcs import rpcs_of

    with grpc.insecure_channel(address) as channel:
        timed = grpc.intercept_channel(channel, ClientTimes(FailingRecorder()))
        rpc: Any = rpcs_of("quoin.locks.v1.Locks")["get"]
        get: Any = timed.unary_unary(
            rpc.path, rpc.request.SerializeToString, rpc.response.FromString
        )
        for _ in range(3):
            assert not get(rpc.build(name="nobody")).held
    server = grpc.server(
        futures.ThreadPoolExecutor(1), interceptors=[ServerTimes(FailingRecorder())]
    )
    handler: Any = grpc.unary_unary_rpc_method_handler(lambda request, context: request)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("shop.Shop", {"Buy": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        for _ in range(3):
            buy: Any = channel.unary_unary("/shop.Shop/Buy")
            assert buy(b"bread") == b"bread"
    server.stop(None)
