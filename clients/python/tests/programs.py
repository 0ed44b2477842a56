# SPDX-License-Identifier: Apache-2.0
"""Programs that end in unusual ways; tests run them."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import quoin
from quoin.testing import Server


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
            while other.locks.get("report").waiters == 0:
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


def fork(address: str, namespace: str) -> None:
    """Uses its client in a child."""
    q = quoin.connect(address, namespace=namespace)
    q.locks.get("report")
    child = os.fork()
    if child == 0:
        try:
            q.locks.get("report")
        except RuntimeError as e:
            print(e, flush=True)
        os._exit(0)
    os.waitpid(child, 0)


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
    if what == "aio-worker":
        asyncio.run(aio_work(address, namespace))
    else:
        todo = {
            "interrupt": interrupt,
            "forget": forget,
            "fork": fork,
            "worker": work,
            "serve": serve,
        }
        todo[what](address, namespace)
