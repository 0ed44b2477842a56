# SPDX-License-Identifier: Apache-2.0
"""What users bring along may return and raise anything: the rest goes on."""

import asyncio
import logging
import queue
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from waiting import LIMIT, eventually, eventually_is, in_loop, soon

import quoin
from quoin.queues.v1 import DeadReason, TaskState
from quoin.values import LostReason


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


class UnspeakableError(Exception):
    def __str__(self) -> str:
        sys.exit("no text")

    __repr__ = __str__


class UnspeakableRetry(quoin.Retry):
    __str__ = UnprintableError.__str__


class UnspeakableReject(quoin.Reject):
    __str__ = UnprintableError.__str__


class Ours(BaseException):
    pass


RAISED: list[BaseException] = [
    SystemExit(1),
    KeyboardInterrupt(),
    StopIteration("over"),
    StopAsyncIteration(),
    GeneratorExit(),
    asyncio.CancelledError(),
    UnprintableError(),
    UnspeakableError(),
    UnspeakableRetry(0),
    UnspeakableReject(),
    Ours("é\ud800" * 2_000),
]
RETURNED: list[Any] = [{"a": 1}, 7, object(), "\ud800", b"x" * 65_537, UnprintableError()]
REASONS = [DeadReason.DEAD_REASON_REJECTED, DeadReason.DEAD_REASON_FAILED]


@pytest.fixture
def failing_log() -> Iterator[None]:
    """A handler of logging that fails in the worst way."""

    class Failing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise SystemExit(2)

    handler = Failing()
    logging.getLogger("quoin").addHandler(handler)
    yield
    logging.getLogger("quoin").removeHandler(handler)


@pytest.mark.usefixtures("failing_log")
@pytest.mark.parametrize("kind", ["function", "coroutine", "awaitable"])
def test_handlers(address: str, namespace: str, kind: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        lock = q.locks.acquire("report", lease=60)
        worker = q.queues.worker("mail", concurrency=1)

        def do(task: quoin.Task) -> Any:
            what, _, number = task.text.partition(" ")
            if what == "raise":
                raise RAISED[int(number)]
            return RETURNED[int(number)] if what == "return" else f"told {task.attempt}"

        async def later(task: quoin.Task) -> Any:
            await asyncio.sleep(0)
            return do(task)

        handler: Any = {"function": do, "coroutine": later, "awaitable": lambda task: later(task)}
        worker.add("any", handler[kind])
        texts = [f"raise {number}" for number in range(len(RAISED))]
        texts += [f"return {number}" for number in range(len(RETURNED))]
        made = [quoin.task("any", text, max_attempts=1) for text in texts]
        made.append(quoin.task("any", "last"))
        *ids, last = [
            one.task_id for one in q.queues.enqueue_batch(queue="mail", new_tasks=made).results
        ]
        with worker:
            for text, id in zip(texts, ids, strict=True):
                end = q.queues.wait("mail", id, timeout=LIMIT)
                assert end.state == TaskState.TASK_STATE_DEAD, text
                assert end.dead_reason in REASONS
                assert end.errors[0].error, text
                if text.startswith("return"):
                    # What is done is not done again, whatever came of it.
                    assert end.dead_reason == DeadReason.DEAD_REASON_REJECTED
                    assert "result" in end.errors[0].error
            assert q.queues.wait("mail", last, timeout=LIMIT).result == b"told 1"
        assert lock.is_held
        lock.release()


@in_loop
async def test_handlers_in_the_loop_of_the_program(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        worker = q.queues.worker("mail", concurrency=1)

        @worker.task("any")
        async def any(task: quoin.Task) -> None:
            raise RAISED[int(task.text)]

        made = [quoin.task("any", str(n), max_attempts=1) for n in range(len(RAISED))]
        async with worker:
            for one in (await q.queues.enqueue_batch(queue="mail", new_tasks=made)).results:
                end = await soon(q.queues.wait("mail", one.task_id))
                assert end.state == TaskState.TASK_STATE_DEAD


@pytest.mark.usefixtures("failing_log")
def test_listeners_of_the_blocking_client(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        for error in RAISED:
            told: queue.SimpleQueue[Any] = queue.SimpleQueue()

            def listener(event: Any, error: BaseException = error, told: Any = told) -> None:
                told.put(event)
                raise error

            first = q.locks.acquire("report", lease=60)
            first.on_lost(listener)
            with q.config.watch("redis") as watch:
                watch.ready(LIMIT)
                watch.on_change(listener)
                q.config.set(type="redis", component="a", value={"error": str(RAISED.index(error))})
                assert told.get(timeout=LIMIT).component == "a"
                q.config.delete(type="redis", component="a")
                assert told.get(timeout=LIMIT).deleted
            first.release()
        held = q.locks.hold("report", lease=1, on_waiting=listener)
        lost: queue.SimpleQueue[LostReason] = queue.SimpleQueue()
        held.on_lost(listener)
        held.on_lost(lost.put)
        q.locks.revoke(name="report")
        assert lost.get(timeout=LIMIT) is LostReason.REVOKED


@pytest.mark.usefixtures("failing_log")
@in_loop
async def test_listeners_of_the_asyncio_client(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        lock = await q.locks.acquire("report", lease=1)
        waiting = asyncio.Event()
        for error in RAISED:

            def function(event: Any, error: BaseException = error) -> None:
                waiting.set()
                raise error

            async def coroutine(event: Any, error: BaseException = error) -> None:
                waiting.set()
                await asyncio.sleep(0)
                raise error

            lock.on_lost(function)
            lock.on_lost(coroutine)
        for listener in (function, coroutine):
            waiting.clear()
            asking = asyncio.ensure_future(q.locks.hold("report", on_waiting=listener)._acquire())
            await soon(waiting.wait())
            asking.cancel()

            async def is_alone() -> bool:
                return (await q.locks.get(name="report")).waiter_count == 0

            await eventually(is_alone)
        await q.locks.revoke(name="report")
        assert await soon(lock.lost()) is LostReason.REVOKED
        async with q.config.watch("redis") as watch:
            watch.on_change(function)
            watch.on_change(coroutine)
            await soon(watch.ready())
            await q.config.set(type="redis", component="a", value={"b": 1})

            async def is_known() -> bool:
                return watch.get("a") is not None

            await eventually(is_known)
            await q.config.delete(type="redis", component="a")


def test_who_leaves_while_it_works_gives_the_lock_back(address: str, namespace: str) -> None:
    async def leave() -> None:
        async with quoin.aio.connect(address, namespace=namespace) as q:

            async def work(lock: quoin.aio.Lock) -> None:
                sys.exit(3)

            await q.locks.run("report", work, lease=3600)

    with pytest.raises(SystemExit):
        asyncio.run(leave())
    with quoin.connect(address, namespace=namespace) as q:
        eventually_is(lambda: not q.locks.get(name="report").held)


class MineError(Exception):
    pass


def put_ad() -> dict[str, Any]:
    ad = {"id": "a", "pricing": "PRICING_CPC", "bid_micros": 1_000, "locations": ["x"]}
    return {"network": "n", "ad": ad}


@pytest.mark.parametrize("error", [MineError("mine"), SystemExit(3), KeyboardInterrupt()])
def test_what_requests_raise_reaches_who_waits_for_answers(
    address: str, namespace: str, error: BaseException
) -> None:
    def documents() -> Iterator[dict[str, Any]]:
        yield {"index": "i", "document": {"id": "1"}}
        raise error

    def ads() -> Iterator[dict[str, Any]]:
        yield put_ad()
        raise error

    expected = MineError if isinstance(error, MineError) else RuntimeError
    said = "mine" if isinstance(error, MineError) else type(error).__name__
    with quoin.connect(address, namespace=namespace) as q:
        q.search.create_index(index="i", fields=[{"name": "t", "type": "FIELD_TYPE_TEXT"}])
        with pytest.raises(expected, match=said):
            list(q.search.bulk_put(documents()))
        with pytest.raises(expected, match=said):
            q.ad_server.put_ads(ads())
        assert q.search.get_index(index="i").partitions == 1

    async def there() -> None:
        async with quoin.aio.connect(address, namespace=namespace) as there:
            with pytest.raises(expected, match=said):
                async for _ in there.search.bulk_put(documents()):
                    pass
            with pytest.raises(expected, match=said):
                await there.ad_server.put_ads(ads())

    asyncio.run(there())
