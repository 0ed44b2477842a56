# SPDX-License-Identifier: Apache-2.0
"""Programs that end in unusual ways; tests run them."""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import quoin
from quoin.testing import Server


@contextmanager
def stopped_redis(server: Server) -> Iterator[None]:
    """Has the Redis of a server answer nothing for a while."""
    listed = subprocess.run(
        ["pgrep", "-f", f"^{server._folder}.*redis-server"], capture_output=True, text=True
    )
    redis = [int(pid) for pid in listed.stdout.split()]
    assert redis
    try:
        for pid in redis:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in redis:
            os.kill(pid, signal.SIGCONT)


def start_script(what: str, address: str, namespace: str) -> "subprocess.Popen[str]":
    """Starts one of them in a process of its own."""
    source = str(Path(__file__).parents[1] / "src")
    return subprocess.Popen(
        [sys.executable, "-u", __file__, what, address, namespace],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": source},
    )


def run_script(what: str, address: str, namespace: str) -> str:
    """Runs one of them and gives what it printed."""
    with start_script(what, address, namespace) as process:
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, err
    return out + err


def interrupt(address: str, namespace: str) -> None:
    """Waits for a lock until it is interrupted."""

    def interrupt_soon() -> None:
        with quoin.connect(address, namespace=namespace) as other:
            while other.locks.get(name="report").waiter_count == 0:
                time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    with quoin.connect(address, namespace=namespace) as q:
        threading.Thread(target=interrupt_soon, daemon=True).start()
        try:
            q.locks.acquire("report", wait=3600)
        except KeyboardInterrupt:
            print("interrupted")


def forget(address: str, namespace: str) -> None:
    """Does not close its client."""
    quoin.connect(address, namespace=namespace).locks.acquire("report", lease=3600)
    print("held")


def in_child(work: Callable[[], object]) -> None:
    """Does something in a child, as servers that fork their workers do, and waits for it."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        try:
            work()
        except BaseException as e:
            print(type(e).__name__, e, flush=True)
            os._exit(1)
        sys.exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFEXITED(status), f"the child ended by signal {os.WTERMSIG(status)}"


def fork(address: str, namespace: str) -> None:
    """Has collected something, and goes on collecting in children and parent."""
    q = quoin.connect(address, namespace=namespace)
    given, own = logging.getLogger("given"), logging.getLogger("own")
    writer, counts, values = q.logs.writer("given"), q.counters.recorder(), q.stats.recorder()
    given.addHandler(quoin.LogHandler(writer))
    own.addHandler(quoin.LogHandler(log="own", address=address, namespace=namespace))
    locks = q.locks

    def collect(where: str) -> None:
        given.warning("in %s", where)
        own.warning("in %s", where)
        counts.increment("forks")
        values.record("forks", "all", 1)
        assert not locks.get(name="report").held

    collect("parent")
    for _ in range(2):
        in_child(lambda: collect("child"))
    context = multiprocessing.get_context("fork")
    for _ in range(2):
        process = context.Process(target=collect, args=("process",))
        process.start()
        process.join()
        assert process.exitcode == 0
    collect("parent again")
    q.close()
    assert writer.dropped == counts.lost == values.lost == 0


def fork_and_exit(address: str, namespace: str) -> None:
    """Logs in children that end without the end of Python."""
    q = quoin.connect(address, namespace=namespace)
    given = quoin.LogHandler(q.logs.writer("given"))
    own = quoin.LogHandler(log="own", address=address, namespace=namespace)
    logger = logging.getLogger("shop")
    logger.addHandler(given)
    logger.addHandler(own)

    def flush() -> None:
        given.flush()
        own.flush()

    def close() -> None:
        given.close()
        own.close()

    logger.warning("in parent")
    for way in (flush, close, logging.shutdown):
        for is_first in (True, False):

            def child(way: Callable[[], None] = way, is_first: bool = is_first) -> None:
                if is_first:
                    logger.warning("in child, %s", way.__name__)
                way()
                os._exit(0)

            in_child(child)
    logging.shutdown()
    os._exit(0)


def fork_often(address: str, namespace: str) -> None:
    """Forks while gRPC, which was just in use, may still be ending its threads."""
    q = quoin.connect(address, namespace=namespace)
    forked: list[str] = []

    def threads() -> Iterator[str]:
        for task in Path("/proc/self/task").glob("*/comm"):
            with contextlib.suppress(OSError):
                yield task.read_text().strip()

    os.register_at_fork(after_in_parent=lambda: forked.extend(threads()))
    for _ in range(30):
        with q.locks.acquire("report", lease=5):
            assert any(thread.startswith("event_engine") for thread in threads())
        in_child(lambda: None)
    assert len(forked) >= 30
    assert not [thread for thread in forked if thread.startswith(("event_engine", "grpc_"))]


def fork_while_holding(address: str, namespace: str) -> None:
    """Forks while it holds a lock."""
    q = quoin.connect(address, namespace=namespace)
    own = logging.getLogger("own")
    own.addHandler(quoin.LogHandler(log="own", address=address, namespace=namespace))
    writer = q.logs.writer("given")
    lock = q.locks.acquire("report", lease=60)

    def child() -> None:
        assert not lock.is_held
        own.warning("not told")
        assert not writer.write("not told")
        assert writer.dropped == 1
        for use in (
            lambda: q.locks.get(name="report"),
            lambda: quoin.connect(address),
            lock.release,
        ):
            try:
                use()
            except RuntimeError as e:
                print(str(e)[:32], flush=True)

    in_child(child)
    print(lock.is_held, q.locks.get(name="report").held)


async def fork_in_a_loop(address: str, namespace: str) -> None:
    """Forks while an event loop has a client."""
    async with quoin.aio.connect(address, namespace=namespace) as q:
        await q.locks.get(name="report")

        def child() -> None:
            try:
                quoin.connect(address)
            except RuntimeError as e:
                print(str(e)[:32], flush=True)

        in_child(child)
        print((await q.locks.get(name="report")).held)


def serve(address: str, namespace: str) -> None:
    """Starts a server and waits."""
    server = Server().start()
    assert server._process is not None
    print(server._process.pid, server._folder, flush=True)
    time.sleep(3600)


def work(address: str, namespace: str) -> None:
    """Works until it is told to stop."""
    with quoin.connect(address, namespace=namespace) as q:
        worker = q.queues.worker("mail")
        worker.add("sold", lambda task: print("done"))
        worker.run()
        print("stopped")


def work_that_ends_itself(address: str, namespace: str) -> None:
    """Works many times, each time until the first task sends the signal to stop."""
    with quoin.connect(address, namespace=namespace) as q:
        for number in range(40):
            queue = f"mail {number}"
            worker = q.queues.worker(queue)
            worker.add("sold", lambda task: os.kill(os.getpid(), signal.SIGTERM))
            q.queues.enqueue(queue=queue, task={"kind": "sold"})
            worker.run()
    print("stopped")


async def aio_work_that_ends_itself(address: str, namespace: str) -> None:
    """The same."""
    async with quoin.aio.connect(address, namespace=namespace) as q:
        for number in range(40):
            queue = f"mail {number}"
            worker = q.queues.worker(queue)
            worker.add("sold", lambda task: os.kill(os.getpid(), signal.SIGTERM))
            await q.queues.enqueue(queue=queue, task={"kind": "sold"})
            await worker.run()
    print("stopped")


async def aio_work(address: str, namespace: str) -> None:
    """Works until it is told to stop."""
    async with quoin.aio.connect(address, namespace=namespace) as q:
        worker = q.queues.worker("mail")
        worker.add("sold", lambda task: print("done"))
        await worker.run()
        print("stopped")


if __name__ == "__main__":
    what, address, namespace = sys.argv[1:]
    # Tests that run in the background of a shell are started with interrupts ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    done = globals()[what](address, namespace)
    if asyncio.iscoroutine(done):
        asyncio.run(done)
