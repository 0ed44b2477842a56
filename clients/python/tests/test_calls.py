# SPDX-License-Identifier: Apache-2.0
"""The RPCs of all services as methods: arguments, results, errors, options, streams."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc.aio
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format
from waiting import LIMIT, eventually, in_loop, soon

import quoin
from quoin import aio
from quoin._core.messages import build
from quoin._core.rpcs import rpcs_of
from quoin.aio.services import Rpcs
from quoin.config.v1 import SetRequest
from quoin.counters.v1 import GetRequest
from quoin.locks.v1 import AcquireRequest, Mode
from quoin.logs.v1 import WriteRequest
from quoin.queues.v1 import EnqueueRequest, NewTask, WorkRequest
from quoin.search.v1 import QueryRequest

SOURCE = Path(__file__).parents[1] / "src" / "quoin"
NOON = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
ZONE = timezone(timedelta(hours=2))
ENDLESS: dict[str, Any] = {}
ENDLESS["more"] = [ENDLESS]
CIRCLE: dict[str, Any] = {}
CIRCLE["not"] = CIRCLE


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        (AcquireRequest, {"name": "a", "lease": "1m30s"}, {"name": "a", "lease": "90s"}),
        (AcquireRequest, {"lease": timedelta(milliseconds=1)}, {"lease": "0.001s"}),
        (AcquireRequest, {"lease": 0.25, "label": None}, {"lease": "0.250s"}),
        (AcquireRequest, {"mode": "shared"}, {"mode": "MODE_SHARED"}),
        (AcquireRequest, {"mode": "MODE_SHARED"}, {"mode": "MODE_SHARED"}),
        (AcquireRequest, {"mode": Mode.MODE_SHARED}, {"mode": "MODE_SHARED"}),
        (GetRequest, {"from_": NOON.astimezone(ZONE)}, {"from": "2030-01-01T12:00:00Z"}),
        (GetRequest, {"from": NOON}, {"from": "2030-01-01T12:00:00Z"}),
        (WriteRequest, {"severity": quoin.Severity.ERROR}, {"severity": "SEVERITY_ERROR"}),
        (WriteRequest, {"fields": {"order": "7"}}, {"fields": {"order": "7"}}),
        (
            SetRequest,
            {"value": {"a": [1, 1.5, "b", True, None, {"c": []}], "n": {}}},
            {"value": {"a": [1, 1.5, "b", True, None, {"c": []}], "n": {}}},
        ),
        (NewTask, {"payload": "ann"}, {"payload_text": "ann"}),
        (NewTask, {"payload_text": b"ann"}, {"payload": "YW5u"}),
        (NewTask, {"payload": bytearray(b"ann")}, {"payload": "YW5u"}),
        (
            EnqueueRequest,
            {"queue": "mail", "task": {"kind": "sold", "payload": "ann", "delay": 1}},
            {"queue": "mail", "task": {"kind": "sold", "payload_text": "ann", "delay": "1s"}},
        ),
        (EnqueueRequest, {"task": NewTask(kind="sold")}, {"task": {"kind": "sold"}}),
        (
            WorkRequest,
            {"open": {"queues": ("a", "b"), "held_tasks": [{"queue": "a"}]}},
            {"open": {"queues": ["a", "b"], "held_tasks": [{"queue": "a"}]}},
        ),
        (WorkRequest, {"open": {}}, {"open": {}}),
    ],
)
def test_arguments_become_messages(kind: Any, fields: Any, expected: Any) -> None:
    made = build(kind, fields=fields)
    assert json_format.MessageToDict(made, preserving_proto_field_name=True) == expected


@pytest.mark.parametrize(
    ("kind", "fields", "error"),
    [
        (AcquireRequest, {"nam": "a"}, "nam: AcquireRequest has no such field, but name, lease"),
        (AcquireRequest, {"name": 7}, "name: "),
        (AcquireRequest, {"lease": "soon"}, 'lease: "soon" is no duration'),
        (AcquireRequest, {"lease": NOON}, "lease: a duration .* is needed, not datetime"),
        (AcquireRequest, {"mode": "open"}, 'mode: "open" is none of MODE_UNSPECIFIED'),
        (GetRequest, {"from_": datetime(2030, 1, 1)}, "no zone"),
        (GetRequest, {"from_": 7}, "from_: a datetime is needed, not int"),
        (WriteRequest, {"fields": ["order"]}, "fields: a mapping is needed, not list"),
        (WorkRequest, {"open": {"queues": "mail"}}, "open.queues: a list is needed, not str"),
        (
            WorkRequest,
            {"open": {"held_tasks": [{}, {"a": 1}]}},
            r"open.held_tasks\[1\].a: Progress has no",
        ),
        (SetRequest, {"value": {None: 1}}, "value: keys are texts, and None is NoneType"),
        (SetRequest, {"value": {"a": [{7: 1}]}}, "value: keys are texts, and 7 is int"),
        (SetRequest, {"value": ENDLESS}, "value: it contains itself, or is nested too deeply"),
        (SetRequest, {"value": {"a": 10**400}}, "value: int too large"),
        (WriteRequest, {"fields": {7: "a"}}, "fields: keys are texts, and 7 is int"),
        (
            QueryRequest,
            {"clauses": [CIRCLE]},
            "clauses: it contains itself, or is nested too deeply",
        ),
        (EnqueueRequest, {"task": "sold"}, "task: a NewTask or a mapping is needed, not str"),
    ],
)
def test_errors_name_the_argument(kind: Any, fields: Any, error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        build(kind, fields=fields)


def test_a_request_that_was_given_stays_as_it_is() -> None:
    given = AcquireRequest(name="a")
    assert build(AcquireRequest, given, {"label": "me"}).label == "me"
    assert given == AcquireRequest(name="a")
    assert build(AcquireRequest, {"name": "a"}, {"label": "me"}).name == "a"
    for wrong in (GetRequest(), "a", 7):
        with pytest.raises(TypeError, match="AcquireRequest or a mapping is needed"):
            build(AcquireRequest, wrong)


def test_both_clients_have_every_rpc(address: str) -> None:
    pages = {name: (SOURCE / name / "rpcs.pyi").read_text() for name in ("aio", "_sync")}
    with quoin.connect(address) as q:
        assert set(q.kinds) >= {"admin", "errors", "locks", "schedules"}
        for name, kind in q.kinds.items():
            rpcs = rpcs_of(kind.service)
            assert set(dir(getattr(q, name))) >= set(rpcs)
            for rpc in rpcs:
                assert callable(getattr(getattr(q, name).rpc, rpc))
                assert f"    def {rpc}(" in pages["_sync"]
                assert f" def {rpc}(" in pages["aio"]
        with pytest.raises(AttributeError, match="no service search_engine"):
            _ = q.search_engine  # type: ignore[attr-defined]
        with pytest.raises(AttributeError, match="Locks has no RPC gett"):
            _ = q.locks.gett  # type: ignore[attr-defined]


def test_what_takes_the_place_of_an_rpc_is_in_the_manual() -> None:
    manual = (SOURCE.parents[3] / "docs" / "clients" / "python.md").read_text()
    for name, kind in aio.Quoin.kinds.items():
        for rpc in set(vars(kind)) & set(rpcs_of(kind.service)):
            assert f"`{name}.{rpc}`" in manual, f"{name}.{rpc}"


def test_calls_that_block(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        lock = q.locks.rpc.acquire(name="report", lease="30s")
        assert lock.acquired
        assert q.locks.get(name="report").fence == lock.fence
        with pytest.raises(quoin.InvalidRequestError) as invalid:
            q.locks.get()
        assert invalid.value.violations[0].field == "name"
        with pytest.raises(quoin.NotHeldError):
            q.locks.renew(name="report", token="stranger")
        with q.locks.watch(name="report") as watch:
            assert watch.get(LIMIT).held
            q.locks.release(name="report", token=lock.token)
            assert not next(watch).held
        assert list(watch) == []
        with pytest.raises(quoin.InvalidRequestError):
            next(q.locks.watch(name=""))


def entries() -> Iterator[Any]:
    for number in range(3):
        yield {"name": "shop", "entries": [{"severity": "info", "text": str(number)}]}


def test_streams_of_requests_that_block(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        q.logs.write_stream(entries())
        texts = [entry.text for entry in q.logs.list_recent(name="shop").entries]
        assert texts == ["2", "1", "0"]
        sums: Any = ({"increments": [{"name": "views", "delta": n}]} for n in range(5))
        assert len(list(q.counters.increment_batch(sums))) == 5
        assert q.counters.get(name="views", precision="1d", last=1).samples[0].count == 10

        def broken() -> Iterator[Any]:
            yield from entries()
            raise KeyError("broken")

        with pytest.raises(KeyError, match="broken"):
            q.logs.write_stream(broken())
        assert q.locks.get(name="report").fence == 0


@in_loop
async def test_streams_of_requests(address: str, namespace: str) -> None:
    async def sums() -> AsyncIterator[Any]:
        for number in range(5):
            await asyncio.sleep(0)
            yield {"increments": [{"name": "views", "delta": number}]}

    async with quoin.aio.connect(address, namespace=namespace) as q:
        await q.logs.write_stream(entries())
        assert len((await q.logs.list_recent(name="shop")).entries) == 3
        async with q.counters.increment_batch(sums()) as answers:
            assert len([answer async for answer in answers]) == 5
        with pytest.raises(quoin.InvalidRequestError):
            await q.logs.write_stream([{}])


def test_pages_of_lists(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        names = [f"report/{number}" for number in range(5)]
        for name in names:
            q.locks.acquire(name)
        pages = list(quoin.pages(q.locks.list, prefix="report/", page_size=2))
        assert len(pages) > 1
        assert sorted(lock.name for page in pages for lock in page.locks) == names
        for wrong in (q.locks.acquire, q.locks.get):
            method: Any = wrong
            with pytest.raises(TypeError):
                quoin.resume(method, name="report")


def test_calls_with_other_options(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        other = q.with_options(namespace=f"{namespace}-other")
        with other.locks.acquire("report", lease=5, label="other"):
            assert other.locks.get(name="report").label == "other"
            assert q.with_options(deadline=60).locks.get(name="report").fence == 0
            with other.logs.writer("shop") as writer:
                writer.write("other")
        assert not other.locks.get(name="report").held
        assert len(other.logs.list_recent(name="shop").entries) == 1
        assert not q.logs.list_recent(name="shop").entries
        for wrong in ({"namespace": "No"}, {"deadline": 0}):
            with pytest.raises(ValueError):
                q.with_options(**wrong)


@in_loop
async def test_a_deadline_of_their_own() -> None:
    async with quoin.aio.connect("127.0.0.1:1", deadline=3600) as q:
        begin = time.monotonic()
        with pytest.raises(quoin.QuoinError):
            await soon(q.with_options(deadline="1s").locks.get(name="report"))
        assert time.monotonic() - begin < LIMIT


def echo() -> type[Rpcs]:
    """A service that the contract does not have yet."""
    file = descriptor_pb2.FileDescriptorProto(
        name="quoin/echo/v1/echo.proto", package="quoin.echo.v1", syntax="proto3"
    )
    for name in ("SayTwiceRequest", "SayTwiceResponse"):
        message = file.message_type.add(name=name)
        message.field.add(name="text", number=1, type=9, label=1)
    service = file.service.add(name="Echo")
    for name, gives_stream in (("SayOnce", False), ("SayTwice", True)):
        service.method.add(
            name=name,
            input_type=".quoin.echo.v1.SayTwiceRequest",
            output_type=".quoin.echo.v1.SayTwiceResponse",
            server_streaming=gives_stream,
        )
    descriptor_pool.Default().Add(file)
    sys.modules["quoin.echo.v1"] = ModuleType("quoin.echo.v1")
    return type("Echo", (Rpcs,), {"service": "quoin.echo.v1.Echo"})


class EchoServer(grpc.GenericRpcHandler):
    """Says what it hears."""

    def service(self, handler_call_details: Any) -> Any:
        if handler_call_details.method.endswith("SayTwice"):
            return grpc.unary_stream_rpc_method_handler(self.twice)
        return grpc.unary_unary_rpc_method_handler(self.once)

    async def once(self, request: bytes, context: Any) -> bytes:
        return request

    async def twice(self, request: bytes, context: Any) -> Any:
        yield request
        yield request


@in_loop
async def test_a_service_nobody_has_written_a_line_for() -> None:
    server = grpc.aio.server(handlers=[EchoServer()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with quoin.aio.connect(f"127.0.0.1:{port}") as q:
            service: Any = echo()(q._sessions)
            assert (await service.say_once(text="hello")).text == "hello"
            async with service.say_twice(text="hello") as said:
                assert [one.text async for one in said] == ["hello", "hello"]
            with pytest.raises(TypeError, match="txt: SayTwiceRequest has no such field, but text"):
                await service.say_once(txt="hello")
    finally:
        await server.stop(None)


@in_loop
async def test_a_stream_that_nobody_has_any_more_ends(address: str, namespace: str) -> None:
    wanted: dict[str, Any] = {"service": "shop", "address": "here:1", "lease": 60}
    async with quoin.aio.connect(address, namespace=namespace) as q:

        async def announced() -> int:
            return len((await q.config.resolve(service="shop")).instances)

        async def read() -> None:
            async for _ in q.config.rpc.announce(**wanted):
                pass

        async for _ in q.config.rpc.announce(**wanted):
            assert await announced() == 1
            break
        await eventually(lambda: _is(announced, 0))
        reading = asyncio.ensure_future(read())
        await eventually(lambda: _is(announced, 1))
        reading.cancel()
        del reading
        await eventually(lambda: _is(announced, 0))


async def _is(count: Callable[[], Awaitable[int]], expected: int) -> bool:
    return await count() == expected
