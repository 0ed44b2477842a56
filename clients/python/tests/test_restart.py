# SPDX-License-Identifier: Apache-2.0
"""What becomes of everything that is open when servers go away and come back."""

import asyncio
from collections.abc import Callable

from test_chat import bodies
from test_logs import texts
from waiting import eventually, in_loop, soon

import quoin
from quoin.testing import Server
from quoin.values import LostReason

DAY = 86_400


@in_loop
async def test_everything_goes_on_when_a_server_comes_back(
    new_server: Callable[[], Server], namespace: str
) -> None:
    server = await asyncio.to_thread(new_server)
    async with quoin.aio.connect(server.address, namespace=namespace, deadline=20) as q:
        await q.config.set(type="redis", component="a", value={"host": "one"})
        room = (await q.chat.create(actor="ann")).chat_id
        begun, go_on = asyncio.Event(), asyncio.Event()
        worker = q.queues.worker("mail", lease=600)

        @worker.task("slow")
        async def slow(task: quoin.Task) -> str:
            begun.set()
            await go_on.wait()
            return f"attempt {task.attempt}"

        id = (await q.queues.enqueue(queue="mail", task=quoin.task("slow"))).task_id
        counts, values = q.counters.recorder(0.01), q.stats.recorder(0.01)
        async with (
            q.locks.hold("report", lease=600) as lock,
            worker,
            q.chat.subscribe("ann") as chat,
            q.logs.tail("shop") as tail,
            q.logs.writer("shop") as writer,
            q.config.watch("redis") as redis,
            q.config.announce("shop", "10.0.0.1:80", lease=60) as shop,
            q.config.watch_service("shop") as instances,
        ):
            tailing = asyncio.ensure_future(texts(tail, 60))
            ending = asyncio.ensure_future(q.queues.wait("mail", id))
            await soon(asyncio.gather(redis.ready(), shop.ready(), instances.ready()))
            await soon(begun.wait())
            await q.chat.send(chat_id=room, sender="ann", body="one")
            assert await soon(bodies(chat, 1)) == ["one"]

            async def is_tailed() -> bool:
                return tail.is_connected

            await eventually(is_tailed)
            record(writer, counts, values, 0, 30)
            await soon(writer.flush())
            before = lock.expire_time

            await asyncio.to_thread(server.stop)

            async def is_stale() -> bool:
                return redis.is_stale

            await eventually(is_stale)
            assert redis.all["a"].value == {"host": "one"}
            record(writer, counts, values, 30, 60)
            reading = asyncio.ensure_future(bodies(chat, 1))

            await asyncio.to_thread(server.start)
            go_on.set()

            assert (await soon(ending)).result == b"attempt 1"
            await q.chat.send(chat_id=room, sender="ann", body="two")
            assert await soon(reading) == ["two"]
            assert await soon(tailing) == [str(number) for number in range(60)]
            await q.config.set(type="redis", component="a", value={"host": "two"})

            async def knows_it() -> bool:
                known = redis.get("a")
                return not redis.is_stale and known is not None and known.value == {"host": "two"}

            await eventually(knows_it)

            async def is_renewed() -> bool:
                return lock.expire_time > before

            await eventually(is_renewed)
            assert (await q.locks.get(name="report")).fence == lock.fence

            async def is_announced() -> bool:
                found = await q.config.resolve(service="shop")
                return [one.instance for one in found.instances] == [shop.instance]

            await eventually(is_announced)
            await soon(asyncio.gather(counts.flush(), values.flush()))
            total = 0
            for number in range(7):
                asked = {"name": f"views/{number}", "precision": DAY, "last": 1}
                total += (await q.counters.get(asked, zero_fill=True)).samples[0].count
            assert total == 60
            figures = await q.stats.get(kind="time", context="home")
            assert (figures.count, figures.max) == (60, 59)
            assert counts.lost == values.lost == writer.dropped == 0
        assert not (await q.locks.get(name="report")).held


def record(
    writer: quoin.aio.LogWriter,
    counts: quoin.aio.CounterRecorder,
    values: quoin.aio.StatsRecorder,
    begin: int,
    end: int,
) -> None:
    """Records some things in all the ways there are."""
    for number in range(begin, end):
        writer.write(str(number))
        counts.increment(f"views/{number % 7}")
        values.record("time", "home", number)


@in_loop
async def test_locks_are_lost_when_no_server_can_renew_them(
    new_server: Callable[[], Server], namespace: str
) -> None:
    server = await asyncio.to_thread(new_server)
    async with quoin.aio.connect(server.address, namespace=namespace, deadline=20) as q:
        lock = await q.locks.acquire("report", lease=5)
        held = await q.locks.hold("other", lease=5)
        server.kill()
        assert await soon(lock.lost()) is LostReason.EXPIRED
        assert await soon(held.lost()) is LostReason.EXPIRED
        assert not lock.is_held and not held.is_held
