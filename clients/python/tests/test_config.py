# SPDX-License-Identifier: Apache-2.0
"""Configuration, maintenance and discovery, against a server."""

import asyncio
import queue
from datetime import datetime, timedelta, timezone

import pytest
from google.protobuf import json_format
from waiting import LIMIT, eventually, eventually_is, in_loop, soon

import quoin
from quoin.values import Configuration


@in_loop
async def test_values_are_set_and_compared(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        value = {"host": "10.0.0.1", "port": 6379, "tags": ["a", None, True, {"b": 1.5}]}
        which = {"type": "redis", "component": "statistics"}
        version = (await q.config.set(which, actor="kim", value=value)).version
        found = (await q.config.get(which)).configuration
        assert json_format.MessageToDict(found.value) == value
        assert (found.version, found.actor) == (version, "kim")
        assert not (await q.config.set(which, value={}, expected_version=1)).stored
        assert (await q.config.set(which, value={"a": 1}, expected_version=version)).stored
        assert (await q.config.delete(which)).deleted
        assert not (await q.config.get(which)).found
        with pytest.raises(ValueError, match="value: object is not known to JSON"):
            await q.config.set(which, value={"a": object()})


@in_loop
async def test_a_watch_knows_what_is_set(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        await q.config.set(type="redis", component="statistics", value={"host": "one"})
        async with q.config.watch("redis") as redis:
            changes: asyncio.Queue[Configuration] = asyncio.Queue()
            await soon(redis.ready())
            redis.on_change(changes.put_nowait)
            assert redis.all["statistics"].value == {"host": "one"}
            await q.config.set(type="redis", component="statistics", value={"host": "two"})
            assert (await soon(changes.get())).value == {"host": "two"}
            known = redis.get("statistics")
            assert known is not None and known.value == {"host": "two"}
            assert not redis.is_stale and redis.as_of is not None
            await q.config.delete(type="redis", component="statistics")
            assert (await soon(changes.get())).deleted
            assert redis.get("statistics") is None
        assert redis.is_stale
        async with q.config.watch("") as bad:
            with pytest.raises(quoin.InvalidRequestError):
                await soon(bad.ready())


@in_loop
async def test_instances_come_drain_and_go(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        async with q.config.watch_service("shop") as shop:
            await soon(shop.ready())
            assert shop.instances == ()
            me = q.config.announce("shop", "10.0.0.1:80", instance="me", metadata={"zone": "a"})
            await soon(me.ready())

            async def is_serving() -> bool:
                return [one.address for one in shop.serving] == ["10.0.0.1:80"]

            await eventually(is_serving)
            assert next(iter(shop.instances)).metadata == {"zone": "a"}
            await soon(me.drain())
            found = (await q.config.resolve(service="shop")).instances
            assert [one.draining for one in found] == [True]
            assert not me.is_replaced
            async with q.config.announce("shop", "10.0.0.2:80", instance="me") as other:
                await soon(other.ready())

                async def is_replaced() -> bool:
                    return me.is_replaced

                await eventually(is_replaced)

            async def is_gone() -> bool:
                return shop.instances == ()

            await eventually(is_gone)
        async with q.config.announce("", "here") as bad:
            with pytest.raises(quoin.InvalidRequestError):
                await soon(bad.ready())


@in_loop
async def test_maintenance_is_told(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        async with q.config.watch_maintenance("shop") as watch:
            await soon(watch.ready())
            assert watch.current is None
            until = datetime.now(timezone.utc) + timedelta(hours=1)
            await q.config.set_maintenance(name="shop", on=True, notice="back soon", until=until)

            async def is_on() -> bool:
                return watch.current is not None and watch.current.notice == "back soon"

            await eventually(is_on)


def test_blocking_watches(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        with q.config.watch("redis") as redis, q.config.watch_maintenance("shop") as shop:
            redis.ready(LIMIT)
            shop.ready(LIMIT)
            assert shop.current is None
            changes: queue.Queue[Configuration] = queue.Queue()
            redis.on_change(changes.put)
            for number in range(5):
                q.config.set(type="redis", component=str(number), value={"number": number})
            assert [changes.get(timeout=LIMIT).component for _ in range(5)] == list("01234")
            assert sorted(redis.all) == list("01234")
        with q.config.announce("shop", "here:80") as me, q.config.watch_service("shop") as watch:
            me.ready(LIMIT)
            eventually_is(lambda: len(watch.serving) == 1)
            me.drain(LIMIT)
            eventually_is(lambda: len(watch.serving) == 0)
            assert q.config.resolve(service="shop").instances[0].draining


@in_loop
async def test_an_announcement_that_is_never_accepted_is_said_once(
    address: str, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        async with (
            q.config.announce("", "here", instance="bad") as bad,
            q.config.announce("shop", "here:80") as good,
        ):
            with pytest.raises(quoin.InvalidRequestError):
                await soon(bad.ready())
            await soon(good.ready())
    said = [r.getMessage() for r in caplog.records if r.name == "quoin"]
    assert len(said) == 1
    assert said[0].startswith(f"announcing bad of the service  at {address} has ended: ")
