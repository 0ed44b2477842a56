# SPDX-License-Identifier: Apache-2.0
"""The blocking client: what is its own, beside being a view of the other one."""

import gc
import logging
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from programs import run_script
from waiting import LIMIT, eventually_is

import quoin
from quoin.locks.v1 import WatchResponse
from quoin.values import LostReason


def test_locks_and_permits_are_context_managers(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        with q.locks.acquire("report", lease=30, label="me") as lock:
            assert q.locks.try_acquire("report") is None
            with pytest.raises(quoin.NotAcquiredError):
                q.locks.acquire("report", wait=0.1)
            assert [lock.label for lock in q.locks.list().locks] == ["me"]
            assert lock.lost(0.01) is None
        assert not q.locks.get(name="report").held
        with q.locks.acquire_all(["a", "b"]) as both, q.locks.hold("report", lease=5):
            assert both["a"].is_held
        assert q.locks.run("report", lambda held: held.fence) > lock.fence
        q.semaphores.configure(name="api", limit=2)
        with q.semaphores.acquire("api") as permit, q.semaphores.hold("api", lease=5):
            assert permit.permits == 1
            assert q.semaphores.try_acquire("api") is None


def test_losses_are_told_in_a_thread_that_may_block(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        lock = q.locks.acquire("report", lease=6)
        told: queue.Queue[tuple[LostReason, bool]] = queue.Queue()
        lock.on_lost(lambda reason: told.put((reason, q.locks.get(name="report").held)))
        q.locks.revoke(name="report")
        assert told.get(timeout=LIMIT) == (LostReason.REVOKED, False)
        assert lock.lost(LIMIT) is LostReason.REVOKED


def test_for_over_a_watch(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        with quoin.resume(q.locks.watch, name="report") as watch:
            assert watch.get(LIMIT).change == WatchResponse.CHANGE_UNSPECIFIED
            with pytest.raises(TimeoutError):
                watch.get(0.05)
            q.locks.acquire("report")
            for event in watch:
                assert event.change == WatchResponse.CHANGE_ACQUIRED
                break
        assert list(watch) == []


def test_requests_are_made_until_the_call_ends(address: str, namespace: str) -> None:
    def endless(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            yield request

    def makes_none() -> bool:
        return all(thread.name != "quoin-requests" for thread in threading.enumerate())

    with quoin.connect(address, namespace=namespace) as q:
        q.search.create_index(index="i", fields=[{"name": "t", "type": "FIELD_TYPE_TEXT"}])
        document = {"id": "a", "fields": {"t": "x"}}
        with q.search.bulk_put(endless({"index": "i", "document": document})) as answers:
            next(answers)
        eventually_is(makes_none)
        for _ in range(20):  # whatever was being sent when the server refused it
            with pytest.raises(quoin.InvalidRequestError, match=r"ad\.id"):
                q.ad_server.put_ads(endless({"network": "n", "ad": {"id": ""}}))
        eventually_is(makes_none)


def test_half_a_character_is_refused_with_its_place(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        with pytest.raises(ValueError, match=r"document.*surrogates not allowed"):
            q.search.put(index="i", document={"id": "a", "fields": {"t": "\ud800"}})


def test_a_closed_client_says_so(address: str, namespace: str) -> None:
    q = quoin.connect(address, namespace=namespace)
    q.locks.acquire("report", lease=3600)
    waiting: queue.Queue[BaseException] = queue.Queue()

    def wait() -> None:
        try:
            q.locks.acquire("report", wait=3600)
        except quoin.QuoinError as e:
            waiting.put(e)

    threading.Thread(target=wait, daemon=True).start()
    eventually_is(lambda: q.locks.get(name="report").waiter_count == 1)
    q.close()
    q.close()
    assert isinstance(waiting.get(timeout=LIMIT), quoin.ClosedError)
    with pytest.raises(quoin.ClosedError):
        q.locks.get(name="report")
    with quoin.connect(address, namespace=namespace) as other:
        eventually_is(lambda: not other.locks.get(name="report").held)


def test_keyboard_interrupt_leaves_the_line(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q, q.locks.acquire("report", lease=60):
        assert run_script("interrupt", address, namespace) == "interrupted\n"
        eventually_is(lambda: q.locks.get(name="report").waiter_count == 0)


def test_a_client_that_is_not_closed_gives_back_at_the_end(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        assert run_script("forget", address, namespace) == "held\n"
        assert not q.locks.get(name="report").held


def test_several_threads_close_a_client(address: str, namespace: str) -> None:
    q = quoin.connect(address, namespace=namespace)
    q.locks.acquire("report", lease=3600)
    closing = [threading.Thread(target=q.close) for _ in range(4)]
    for thread in closing:
        thread.start()
    for thread in closing:
        thread.join(LIMIT)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("patcher", "test"),
    [("gevent.monkey", "is_module_patched"), ("eventlet.patcher", "is_monkey_patched")],
)
def test_a_patched_process_is_refused(
    monkeypatch: pytest.MonkeyPatch, patcher: str, test: str
) -> None:
    module = ModuleType(patcher)
    monkeypatch.setitem(sys.modules, patcher, module)
    monkeypatch.setattr(module, test, lambda name: name == "select", raising=False)
    with pytest.raises(RuntimeError, match=patcher.partition(".")[0]):
        quoin.connect()
    monkeypatch.setattr(module, test, lambda name: False)
    quoin.connect().close()


def test_finalizers_give_back_in_whatever_thread(address: str, namespace: str) -> None:
    class Keeper:
        def __init__(self, lock: quoin.Lock) -> None:
            self.lock = lock
            self.me = self

        def __del__(self) -> None:
            self.lock.release()

    with quoin.connect(address, namespace=namespace) as q:
        Keeper(q.locks.acquire("report", lease=3600))
        # The garbage collector runs wherever something is made, in the thread of the loop, too.
        q._sessions.now().do(gc.collect)
        eventually_is(lambda: not q.locks.get(name="report").held)


def test_signal_handlers_log(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        logger = logging.getLogger("shop.signals")
        logger.propagate = False
        handler = quoin.LogHandler(log="shop", address=address, namespace=namespace)
        logger.addHandler(handler)
        signals = calls = 0

        def again(*_: object) -> None:
            nonlocal signals
            signals += 1
            logger.warning("signal")

        before = signal.signal(signal.SIGALRM, again)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        try:
            while signals < 200:
                calls += 1
                logger.warning("call")
                if calls > 2_000:
                    time.sleep(0.001)  # So that nothing has to be dropped.
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            logger.removeHandler(handler)
            handler.close()
        counted = {
            m.template: m.count
            for m in q.logs.list_common(name="shop", severity="warning").common_messages
        }
        assert counted["signal"] == signals
        assert calls >= counted["call"] > 0


def test_a_stream_that_nobody_has_any_more_ends(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        for _ in range(20):
            for _ in q.config.rpc.announce(service="shop", address="here:1", lease=60):
                break
        eventually_is(lambda: not q.config.resolve(service="shop").instances)
