# SPDX-License-Identifier: Apache-2.0
"""A grant whose request ended before the program learned of it belongs to nobody."""

import asyncio
import functools
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from programs import stopped_redis
from waiting import eventually, eventually_is, in_loop, locks_held

import quoin
from quoin.testing import Server

TRIES = 100


async def cut_short(ask: Callable[[], Any], within: float) -> None:
    """Asks for something and cancels that after a while; gives back what arrived all the same."""
    asking = asyncio.ensure_future(ask())
    await asyncio.sleep(random.uniform(0, within))
    asking.cancel()
    for kept in await asyncio.gather(asking, return_exceptions=True):
        if not isinstance(kept, BaseException) and kept is not None:
            await kept.release()


@in_loop
async def test_holds(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        await q.semaphores.configure(name="api", limit=1_000)
        for number in range(TRIES // 2):
            for asking in (
                q.locks.hold(f"report-{number}", lease=3600),
                q.semaphores.hold("api", lease=3600),
            ):
                await cut_short(asking._acquire, 0.008)

        async def are_free() -> bool:
            held = await locks_held(q, "report")
            return held == [] and (await q.semaphores.get(name="api")).in_use == 0

        await eventually(are_free)


@in_loop
async def test_clients_that_are_closed_at_once(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as watching:
        for _ in range(TRIES // 5):
            async with quoin.aio.connect(address, namespace=namespace, deadline=30) as q:
                await q.locks.get(name="report")
                await cut_short(q.locks.acquire("report", lease=3600)._acquire, 0.004)
            # Closing has waited for what was to be given back.
            assert not (await watching.locks.get(name="report")).held


@pytest.mark.parametrize("wait", [0, 30])
@in_loop
async def test_locks(address: str, namespace: str, wait: int) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        names = [f"report-{number}" for number in range(TRIES)]

        async def ask(name: str) -> Any:
            return await q.locks.try_acquire(name, lease=3600, wait=wait)

        for name in names:
            await cut_short(functools.partial(ask, name), 0.005)
        pairs = [[f"{name}/b", f"{name}/a"] for name in names[:20]]
        for pair in pairs:
            asking_all = q.locks.acquire_all(pair, lease=3600, wait=wait)
            await cut_short(asking_all._acquire, 0.008)

        async def are_free() -> bool:
            return await locks_held(q, "report") == []

        await eventually(are_free)


@in_loop
async def test_who_waits_while_it_is_handed_over(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        for _ in range(TRIES // 4):
            first = await q.locks.acquire("report", lease=3600)
            waiting = [
                asyncio.ensure_future(q.locks.try_acquire("report", lease=3600, wait=60))
                for _ in range(4)
            ]

            async def all_wait() -> bool:
                return (await q.locks.get(name="report")).waiter_count == 4

            await eventually(all_wait)
            releasing = asyncio.ensure_future(first.release())
            await asyncio.sleep(random.uniform(0, 0.005))
            for one in waiting:
                one.cancel()
            for kept in await asyncio.gather(*waiting, return_exceptions=True):
                if isinstance(kept, quoin.aio.Lock):
                    await kept.release()
            await releasing

            async def is_free() -> bool:
                return not (await q.locks.get(name="report")).held

            await eventually(is_free)


@in_loop
async def test_permits(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        await q.semaphores.configure(name="api", limit=1_000)

        def ask() -> Any:
            return q.semaphores.try_acquire("api", lease=3600, wait=random.choice([0, 30]))

        for _ in range(TRIES):
            await cut_short(ask, 0.005)

        async def are_free() -> bool:
            return (await q.semaphores.get(name="api")).in_use == 0

        await eventually(are_free)


LEASES = 60
TASKS = 100


def new_tasks() -> list[dict[str, str]]:
    return [{"kind": "sold", "payload_text": str(number)} for number in range(TASKS)]


def lease_request(number: int) -> dict[str, Any]:
    wait = 60 if number % 4 == 0 else 0
    return {"queues": ["work", "more"], "lease": 3600, "wait": wait}


def done(tasks: Any) -> list[dict[str, str]]:
    return [{"queue": task.queue, "task_id": task.task_id, "token": task.token} for task in tasks]


@in_loop
async def test_tasks(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        await q.queues.enqueue_batch(queue="work", new_tasks=new_tasks())
        left = TASKS
        for number in range(LEASES):
            leasing = asyncio.ensure_future(q.queues.lease(lease_request(number)))
            await asyncio.sleep(random.uniform(0, 0.06 if number % 2 else 0.003))
            leasing.cancel()
            for answer in await asyncio.gather(leasing, return_exceptions=True):
                if not isinstance(answer, BaseException) and answer.tasks:
                    left -= len(answer.tasks)
                    await q.queues.ack(done=done(answer.tasks))

        async def are_back() -> bool:
            return (await q.queues.get_stats(queue="work")).ready_count == left

        await eventually(are_back)
        rest = (await q.queues.lease(queues=["work"], max_items=TASKS)).tasks
        assert [task.attempt for task in rest] == [1] * left


# Who is interrupted before the call has begun leaves a coroutine that nobody awaits.
@pytest.mark.filterwarnings("ignore:coroutine '.*' was never awaited:RuntimeWarning")
def test_tasks_of_interrupted_callers(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        q.queues.enqueue_batch(queue="work", new_tasks=new_tasks())
        got: list[Any] = []
        interrupted = 0
        moment = 1
        while interrupted_at(
            moment,
            lambda: got.append(q.queues.lease(queues=["work"], max_items=10, lease=3600)),
            in_blocking_client,
        ):
            assert not got
            moment += 1
            interrupted += 1
        assert interrupted > 20
        eventually_is(lambda: q.queues.get_stats(queue="work").ready_count == TASKS - 10)
        assert [task.attempt for task in got[0].tasks] == [1] * 10
        rest = q.queues.lease(queues=["work"], max_items=TASKS).tasks
        assert [task.attempt for task in rest] == [1] * (TASKS - 10)


# Who is interrupted before the call has begun leaves a coroutine that nobody awaits.
@pytest.mark.filterwarnings("ignore:coroutine '.*' was never awaited:RuntimeWarning")
def test_interrupted_callers(address: str, namespace: str) -> None:
    """Ctrl-C while a blocking call is under way."""

    calls = False

    def interrupt(*_: object) -> None:
        # A signal may be told when the call, and what would catch this, is over.
        if calls:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with quoin.connect(address, namespace=namespace) as q:
            interrupted = 0
            for _ in range(TRIES):
                lock: quoin.Lock | None = None
                try:
                    calls = True
                    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0002, 0.005))
                    lock = q.locks.try_acquire("report", lease=3600, wait=30)
                    calls = False
                except KeyboardInterrupt:
                    calls = False
                    interrupted += 1
                signal.setitimer(signal.ITIMER_REAL, 0)
                if lock is not None:
                    lock.release()
            assert interrupted > 0
            eventually_is(lambda: not q.locks.get(name="report").held)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Interrupted(BaseException):
    """Raised by a signal handler."""


def interrupted_at(
    moment: int, act: Callable[[], object], where: Callable[[FrameType], bool]
) -> bool:
    """Does something that is interrupted when this thread gets to so many lines of the blocking
    client; tells whether it got there."""
    left = moment

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if event in ("call", "line") and where(frame):
            left -= 1
            if left == 0:
                raise Interrupted
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except Interrupted:
        return True
    finally:
        sys.settrace(before)
    return False


def in_blocking_client(frame: FrameType) -> bool:
    """Whether a line is one of those that a caller waits in."""
    return Path(frame.f_code.co_filename).parent.name in ("_modes", "_sync")


def within_waiting(frame: FrameType) -> bool:
    """Whether a line is in what the waiting itself calls."""
    return frame.f_back is not None and frame.f_back.f_code.co_name == "_await"


ACQUIRED: dict[str, Callable[[quoin.Quoin], Callable[[], Any]]] = {
    "acquire": lambda q: lambda: q.locks.acquire("a", lease=3600),
    "try_acquire": lambda q: lambda: q.locks.try_acquire("a", lease=3600),
    "acquire_all": lambda q: lambda: q.locks.acquire_all(["a", "b", "c"], lease=3600),
    "hold": lambda q: lambda: q.locks.hold("a", lease=3600),
    "stub": lambda q: functools.partial(q.locks.rpc.hold, name="a", lease=3600),
    "permits": lambda q: lambda: q.semaphores.acquire("api", lease=3600),
    "try_permits": lambda q: lambda: q.semaphores.try_acquire("api", lease=3600),
    "hold_permits": lambda q: lambda: q.semaphores.hold("api", lease=3600),
    "announce": lambda q: lambda: q.config.announce("web", "localhost:80"),
}


def is_all_free(q: quoin.Quoin) -> bool:
    """Whether nobody has anything of what is acquired."""
    held = any(lock.held for lock in q.locks.list().locks)
    known = q.config.resolve(service="web").instances
    return not held and not known and q.semaphores.get(name="api").in_use == 0


# It may be interrupted before it has asked for anything.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("what", ACQUIRED)
def test_callers_interrupted_at_every_line(address: str, namespace: str, what: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        q.semaphores.configure(name="api", limit=1)
        got: list[Any] = []
        acquire = ACQUIRED[what](q)

        def act() -> None:
            got.append(acquire())

        moment = 1
        while interrupted_at(moment, act, in_blocking_client):
            assert not got
            eventually_is(lambda: is_all_free(q))
            moment += 1
        assert moment > 20
        for one in got:
            one.close() if what in ("stub", "announce") else one.release()
        eventually_is(lambda: is_all_free(q))


@pytest.mark.parametrize("ends", ["release", "block"])
def test_who_is_interrupted_while_giving_back_gives_back(
    address: str, namespace: str, ends: str
) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        q.semaphores.configure(name="api", limit=1)
        moment, interrupted = 0, True
        while interrupted:
            moment += 1
            for what in ("acquire", "acquire_all", "hold", "permits"):
                got = ACQUIRED[what](q)()
                end = (
                    got.release
                    if ends == "release"
                    else lambda got=got: got.__exit__(None, None, None)
                )
                interrupted = interrupted_at(moment, end, within_waiting)
                eventually_is(lambda: is_all_free(q))
        assert moment > 5


@in_loop
async def test_redis_that_answers_too_late(
    new_server: Callable[[], Server], namespace: str
) -> None:
    server = await asyncio.to_thread(new_server)
    async with quoin.aio.connect(server.address, namespace=namespace, deadline=1) as q:
        await q.semaphores.configure(name="api", limit=3)
        await q.locks.get(name="report")
        with stopped_redis(server):
            asked = await asyncio.gather(
                q.locks.try_acquire("report", lease=3600),
                q.locks.acquire_all(["a", "b"], lease=3600)._acquire(),
                q.semaphores.try_acquire("api", lease=3600),
                return_exceptions=True,
            )
            assert all(isinstance(failed, quoin.QuoinError) for failed in asked), asked

        async def are_free() -> bool:
            try:
                states = [await q.locks.get(name=name) for name in ("report", "a", "b")]
                in_use = (await q.semaphores.get(name="api")).in_use
            except quoin.QuoinError:
                return False
            return in_use == 0 and not any(state.held for state in states)

        await eventually(are_free)
        # None of the requests is granted any more, either.
        await asyncio.sleep(1)
        assert await are_free()
