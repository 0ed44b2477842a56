# SPDX-License-Identifier: Apache-2.0
"""Queues and their workers, against a server."""

import asyncio
import threading

import pytest
from programs import run_script, start_script
from waiting import LIMIT, eventually, in_loop, soon

import quoin
from quoin.queues.v1 import DeadReason, NewTask, TaskState


async def enqueue(q: quoin.aio.Quoin, *tasks: NewTask) -> list[str]:
    """The ids of tasks that are to be done."""
    answer = await q.queues.enqueue_batch(queue="mail", new_tasks=tasks)
    return [result.task_id for result in answer.results]


@in_loop
async def test_a_worker_does_tasks_by_kind(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        worker = q.queues.worker("mail", concurrency=2)

        @worker.task("sold")
        async def sold(task: quoin.Task) -> str:
            task.progress("half way")

            async def is_told() -> bool:
                return (
                    await q.queues.get(queue="mail", task_id=task.id)
                ).status.progress_text == "half way"

            await eventually(is_told)
            return f"told {task.text}"

        @worker.task("expired")
        def expired(task: quoin.Task) -> bytes:
            return task.payload

        tasks = [quoin.task("sold", "ann"), quoin.task("expired", b"\x00bob")]
        ids = await enqueue(q, *tasks)
        async with worker:
            ends = [await soon(q.queues.wait("mail", id)) for id in ids]
        assert [end.result for end in ends] == [b"told ann", b"\x00bob"]
        assert [end.state for end in ends] == [TaskState.TASK_STATE_DONE] * 2


@in_loop
async def test_handlers_say_how_failed_tasks_go_on(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        worker = q.queues.worker("mail")

        @worker.task("busy")
        async def busy(task: quoin.Task) -> str:
            if task.attempt == 1:
                raise quoin.Retry(0.05, "busy")
            return "told"

        @worker.task("wrong")
        def wrong(task: quoin.Task) -> None:
            raise quoin.Reject("no such seller")

        @worker.task("broken")
        def broken(task: quoin.Task) -> None:
            raise ValueError("é" * 2_000)

        @worker.task("long")
        def long(task: quoin.Task) -> bytes:
            task.progress("é" * 200)
            return b"x" * 65_537

        with pytest.raises(ValueError):
            quoin.Retry(8 * 86_400)
        kinds = [quoin.task(kind) for kind in ("long", "busy", "wrong")]
        last = quoin.task("broken", max_attempts=1)
        long_id, tried, rejected, failed = await enqueue(q, *kinds, last)
        async with worker:
            end = await soon(q.queues.wait("mail", tried))
            assert (end.result, end.attempts) == (b"told", 2)
            end = await soon(q.queues.wait("mail", rejected))
            assert end.dead_reason == DeadReason.DEAD_REASON_REJECTED
            assert end.errors[0].error == "no such seller"
            end = await soon(q.queues.wait("mail", failed))
            assert end.errors[0].error.startswith("ValueError: é")
            end = await soon(q.queues.wait("mail", long_id))
            assert "at most 65,536" in end.errors[0].error
            # The worker works on.
            (again,) = await enqueue(q, quoin.task("busy"))
            assert (await soon(q.queues.wait("mail", again))).result == b"told"


@in_loop
async def test_a_cancelled_task_is_stopped(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        worker = q.queues.worker("mail")
        begun: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        @worker.task("coroutine")
        async def coroutine(task: quoin.Task) -> None:
            begun.put_nowait(task.id)
            await asyncio.sleep(3600)

        @worker.task("thread")
        def thread(task: quoin.Task) -> None:
            loop.call_soon_threadsafe(begun.put_nowait, task.id)
            assert task.wait_stopped(LIMIT)
            raise ValueError("stopped")

        await enqueue(q, quoin.task("coroutine"), quoin.task("thread"))
        async with worker:
            for _ in range(2):
                id = await soon(begun.get())
                await q.queues.cancel(queue="mail", task_id=id)
                end = await soon(q.queues.wait("mail", id))
                assert end.state == TaskState.TASK_STATE_CANCELLED


@in_loop
async def test_stopping_waits_for_what_is_being_done(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        begun, go_on = asyncio.Event(), asyncio.Event()
        worker = q.queues.worker("mail", concurrency=1)

        @worker.task("slow")
        async def slow(task: quoin.Task) -> None:
            begun.set()
            await go_on.wait()

        first, second = await enqueue(q, *[quoin.task("slow")] * 2)
        await worker.start()
        await soon(begun.wait())
        stopping = asyncio.ensure_future(worker.stop())
        await asyncio.sleep(0)
        go_on.set()
        await soon(stopping)
        assert (
            await q.queues.get(queue="mail", task_id=first)
        ).status.state == TaskState.TASK_STATE_DONE

        async def is_back() -> bool:
            status = (await q.queues.get(queue="mail", task_id=second)).status
            return status.state == TaskState.TASK_STATE_READY and status.attempts == 0

        await eventually(is_back)


@in_loop
async def test_what_takes_too_long_goes_to_other_workers(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        begun = asyncio.Event()
        worker = q.queues.worker("mail", patience=0.05)

        @worker.task("endless")
        async def endless(task: quoin.Task) -> None:
            begun.set()
            await asyncio.sleep(3600)

        (id,) = await enqueue(q, quoin.task("endless"))
        async with worker:
            await soon(begun.wait())

        async def is_back() -> bool:
            return (
                await q.queues.get(queue="mail", task_id=id)
            ).status.state != TaskState.TASK_STATE_LEASED

        await eventually(is_back)


@in_loop
async def test_what_makes_no_sense_is_refused(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        with pytest.raises(ValueError, match="needs a handler"):
            await q.queues.worker("mail").start()
        with pytest.raises(quoin.QuoinError) as unknown:
            await q.queues.wait("mail", "nothing")
        assert unknown.value.reason == quoin.Reason.TASK_NOT_FOUND
        (id,) = await enqueue(q, quoin.task("later", delay=3600, priority=9))
        with pytest.raises(TimeoutError):
            await q.queues.wait("mail", id, timeout=0.05)
        assert (await q.queues.get_stats(queue="mail")).delayed_count == 1
        worker = q.queues.worker("")
        worker.add("any", lambda task: None)
        with pytest.raises(quoin.InvalidRequestError):
            await soon(worker.run(handle_signals=False))


def test_a_blocking_worker(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        worker = q.queues.worker("mail", concurrency=2)

        @worker.task("sold")
        def sold(task: quoin.Task) -> str:
            # Handlers may use the client.
            with q.locks.acquire(task.text):
                return threading.current_thread().name

        id = q.queues.enqueue(queue="mail", task=quoin.task("sold", "ann")).task_id
        with worker:
            end = q.queues.wait("mail", id, timeout=LIMIT)
        assert end.result.startswith(b"quoin-worker")
        assert q.queues.cancel(queue="mail", task_id=id).state == TaskState.TASK_STATE_DONE


@pytest.mark.parametrize("what", ["work", "aio_work"])
def test_a_worker_stops_at_sigterm(address: str, namespace: str, what: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        id = q.queues.enqueue(queue="mail", task=quoin.task("sold")).task_id
        process = start_script(what, address, namespace)
        q.queues.wait("mail", id, timeout=LIMIT)
        process.terminate()
        out, err = process.communicate(timeout=LIMIT)
        assert (process.returncode, out, err) == (0, "done\nstopped\n", "")


@pytest.mark.parametrize("what", ["work_that_ends_itself", "aio_work_that_ends_itself"])
def test_a_worker_hears_a_signal_at_any_moment(address: str, namespace: str, what: str) -> None:
    assert run_script(what, address, namespace) == "stopped\n"
