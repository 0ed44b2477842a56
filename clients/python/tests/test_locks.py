# SPDX-License-Identifier: Apache-2.0
"""Locks for asyncio, against a server."""

import asyncio

import pytest
from waiting import eventually, in_loop, soon

import quoin
from quoin.locks.v1 import WatchResponse
from quoin.values import LostReason


@in_loop
async def test_one_at_a_time(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        async with q.locks.acquire("report", lease=30, label="first") as lock:
            assert lock.is_held
            assert await q.locks.try_acquire("report") is None
            with pytest.raises(quoin.NotAcquiredError) as busy:
                await q.locks.acquire("report")
            assert (busy.value.label, busy.value.position) == ("first", 1)
            assert 0 < busy.value.retry_after <= 30
        assert not lock.is_held
        later = await q.locks.acquire("report")
        assert later.fence > lock.fence


@in_loop
async def test_who_waits_gets_it_when_it_is_released(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        first = await q.locks.acquire("report")
        second = asyncio.ensure_future(q.locks.acquire("report", wait=60)._acquire())

        async def waits() -> bool:
            return (await q.locks.get(name="report")).waiter_count == 1

        await eventually(waits)
        await first.release()
        assert (await soon(second)).is_held


@in_loop
async def test_who_is_cancelled_leaves_the_line(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q, q.locks.acquire("report"):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(q.locks.try_acquire("report", wait=60), 0.2)

        async def is_alone() -> bool:
            return (await q.locks.get(name="report")).waiter_count == 0

        await eventually(is_alone)


@in_loop
async def test_what_is_won_by_a_cancelled_call_is_given_back(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        for pause in range(20):
            asking = asyncio.ensure_future(q.locks.try_acquire("report", lease=3600))
            await asyncio.sleep(pause / 10_000)
            asking.cancel()
            for kept in await asyncio.gather(asking, return_exceptions=True):
                if isinstance(kept, quoin.aio.Lock):
                    await kept.release()

        async def is_free() -> bool:
            return not (await q.locks.get(name="report")).held

        await eventually(is_free)


@in_loop
async def test_a_lock_is_renewed_as_long_as_it_is_wanted(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        async with q.locks.acquire("report", lease=6) as lock:
            first = lock.expire_time

            async def is_renewed() -> bool:
                return (lock.expire_time - first).total_seconds() > 1

            await eventually(is_renewed)
            assert (await q.locks.get(name="report")).fence == lock.fence


@in_loop
async def test_a_lock_that_is_taken_away_is_lost(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        lock = await q.locks.acquire("report", lease=6)
        told: asyncio.Future[LostReason] = asyncio.get_running_loop().create_future()
        lock.on_lost(told.set_result)
        answer = await q.locks.revoke(name="report", explanation="maintenance")
        assert answer.revoked
        assert await soon(told) is LostReason.REVOKED
        assert await lock.lost() is LostReason.REVOKED
        assert not lock.is_held
        await lock.release()


@in_loop
async def test_work_ends_when_its_lock_is_lost(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        stopped = asyncio.Event()

        async def work(lock: quoin.aio.Lock) -> None:
            await q.locks.revoke(name="report")
            try:
                await asyncio.sleep(3600)
            finally:
                stopped.set()

        with pytest.raises(quoin.NotHeldError):
            await q.locks.run("report", work, lease=6)
        assert stopped.is_set()

        async def answer(lock: quoin.aio.Lock) -> int:
            return lock.fence

        assert await q.locks.run("report", answer) > 0


@in_loop
async def test_who_holds_is_told_its_place(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        first = await q.locks.hold("report")
        places: asyncio.Queue[int] = asyncio.Queue()
        second = asyncio.ensure_future(
            q.locks.hold("report", on_waiting=places.put_nowait)._acquire()
        )
        assert await soon(places.get()) == 1
        await first.release()
        await (await soon(second)).release()

        third = await q.locks.hold("report")
        fourth = asyncio.ensure_future(q.locks.hold("report")._acquire())

        async def waits() -> bool:
            return (await q.locks.get(name="report")).waiter_count == 1

        await eventually(waits)
        fourth.cancel()
        await third.release()

        async def is_free() -> bool:
            return not (await q.locks.get(name="report")).held

        await eventually(is_free)


@in_loop
async def test_several_or_none(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        async with q.locks.acquire("b", shared=True), q.locks.acquire("b", shared=True):
            assert (await q.locks.get(name="b")).reader_count == 2
            with pytest.raises(quoin.NotAcquiredError, match="b is held"):
                await q.locks.acquire_all(["b", "a"])
        async with q.locks.acquire_all(["b", "a"], label="transfer") as both:
            assert both.is_held
            assert [lock.name for lock in both] == ["b", "a"]
            assert both["a"].is_held and len(both) == 2
            found = {
                lock.name: lock.label
                async for page in quoin.aio.pages(q.locks.list, page_size=1)
                for lock in page.locks
            }
            assert found == {"a": "transfer", "b": "transfer"}
        assert not (await q.locks.get(name="a")).held


@in_loop
async def test_a_watch_tells_what_happens(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        async with quoin.aio.resume(q.locks.watch, name="report") as watch:
            assert (await soon(watch.__anext__())).change == WatchResponse.CHANGE_UNSPECIFIED
            # A time limit loses nothing.
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(watch.__anext__(), 0.05)
            lock = await q.locks.acquire("report", label="me")
            event = await soon(watch.__anext__())
            assert (event.change, event.label, event.fence) == (
                WatchResponse.CHANGE_ACQUIRED,
                "me",
                lock.fence,
            )
        assert [event async for event in watch] == []
        async with quoin.aio.resume(q.locks.watch) as bad:
            with pytest.raises(quoin.InvalidRequestError):
                await soon(bad.__anext__())


@in_loop
async def test_closing_gives_everything_back(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as watching:
        async with quoin.aio.connect(address, namespace=namespace) as q:
            await q.locks.acquire("a", lease=3600)
            await q.locks.hold("b", lease=3600)
            waiting = asyncio.ensure_future(q.locks.try_acquire("a", wait=3600))
            holding = asyncio.ensure_future(q.locks.hold("b")._acquire())

            async def both_wait() -> bool:
                a, b = await watching.locks.get(name="a"), await watching.locks.get(name="b")
                return a.waiter_count == b.waiter_count == 1

            await eventually(both_wait)
        for ended in (waiting, holding):
            with pytest.raises(quoin.ClosedError):
                await soon(ended)
        with pytest.raises(quoin.ClosedError):
            await q.locks.get(name="a")

        async def are_free() -> bool:
            a, b = await watching.locks.get(name="a"), await watching.locks.get(name="b")
            return not (a.held or b.held)

        await eventually(are_free)
