# SPDX-License-Identifier: Apache-2.0
"""The client among other things of Python: copies, pickles, times, restarts, processes."""

import asyncio
import copy
import dataclasses
import logging
import os
import pickle
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import grpc
import pytest
from programs import start_script
from waiting import LIMIT, eventually_is, in_loop, soon

import quoin
from quoin import values
from quoin._core import wire
from quoin.chat.v1 import SubscribeResponse
from quoin.exceptions import FieldViolation
from quoin.queues.v1 import LeasedTask
from quoin.testing import Server

NOW = datetime.now(timezone.utc)


class OurRetry(quoin.Retry):
    def __init__(self, seller: str) -> None:
        super().__init__("5s", f"{seller} is busy")
        self.seller = seller


def refusal(kind: type[quoin.QuoinError]) -> quoin.QuoinError:
    return kind(
        "no",
        grpc.StatusCode.NOT_FOUND,
        reason=quoin.Reason.TASK_NOT_FOUND,
        metadata={"task": "7"},
        retry_after=1.5,
        request_id="r-1",
        violations=[FieldViolation("name", "is too long")],
    )


KINDS = [
    quoin.QuoinError,
    quoin.UnavailableError,
    quoin.ClosedError,
    quoin.NotHeldError,
    quoin.InvalidRequestError,
]
ERRORS = [
    *map(refusal, KINDS),
    quoin.NotAcquiredError("report", label="me", retry_after=1, position=2),
    quoin.Retry(5, "busy"),
    quoin.Reject("no such seller"),
    OurRetry("ann"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_are_copied_and_pickled(error: Exception) -> None:
    for other in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert type(other) is type(error)
        assert (str(other), other.args, other.__dict__) == (str(error), error.args, error.__dict__)


def test_values_are_copied_and_pickled() -> None:
    examples: dict[Any, Any] = {
        str: "a",
        int: 1,
        float: 1.5,
        bool: True,
        datetime: NOW,
        datetime | None: NOW,
    }
    kinds = [kind for kind in vars(values).values() if dataclasses.is_dataclass(kind)]
    assert len(kinds) > 6
    for kind in kinds:
        hints = __import__("typing").get_type_hints(kind)
        made: Any = kind(  # type: ignore[operator]
            **{
                field.name: examples.get(hints[field.name], {"a": "b"})
                for field in dataclasses.fields(kind)
            }
        )
        for other in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            assert other == made
    event = values.ChatEvent("room", SubscribeResponse.Event())
    assert pickle.loads(pickle.dumps(event)) == event
    tls = quoin.TLS(authorities="a.pem")
    assert pickle.loads(pickle.dumps(tls)) == tls
    task = quoin.Task(LeasedTask(task_id="7", payload=b"ann"), lambda _: None)
    other = pickle.loads(pickle.dumps(task))
    assert (other.id, other.text, other.is_stopped) == ("7", "ann", False)
    other.progress("half way")


def test_what_lives_in_a_process_is_not_pickled(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q, q.locks.acquire("report") as lock:
        for bound in (q, lock, q.locks, q.queues.worker("mail"), q.counters.recorder()):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(bound)


def test_durations() -> None:
    for text, expected in {
        "30s": 30,
        "100ms": 0.1,
        "1h30m": 5_400,
        "1.5s": 1.5,
        "2d": 172_800,
    }.items():
        assert wire.seconds(text) == pytest.approx(expected)
    assert wire.seconds(timedelta(minutes=1)) == wire.seconds(60) == 60
    for wrong in ("", "30", "s", "30 s", "-1s", "1s!", float("nan"), float("inf"), True):
        with pytest.raises(ValueError):
            wire.seconds(wrong)


def test_durations_are_taken_everywhere(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace, deadline="20s") as q:
        with q.locks.acquire("report", lease="30s", wait="1m") as lock:
            assert 29 < (lock.expire_time - datetime.now(timezone.utc)).total_seconds() < 31
            assert lock.lost("10ms") is None
        quoin.task("later", delay="1h")


def test_times_have_a_zone() -> None:
    with pytest.raises(ValueError, match="no zone"):
        quoin.task("later", run_time=datetime(2030, 1, 1))
    zone = timezone(timedelta(hours=2))
    made = quoin.task("later", run_time=datetime(2030, 1, 1, 2, tzinfo=zone))
    assert made.run_time.ToDatetime(timezone.utc) == datetime(2030, 1, 1, tzinfo=timezone.utc)


def test_closed_is_an_error_of_its_own(address: str, namespace: str) -> None:
    q = quoin.connect(address, namespace=namespace)
    q.close()
    for call in (
        lambda: q.locks.get(name="report"),
        lambda: q.locks.watch(name="report"),
        lambda: quoin.resume(q.locks.watch, name="report"),
        lambda: q.locks.hold("report"),
    ):
        with pytest.raises(quoin.ClosedError) as closed:
            call()
        assert not isinstance(closed.value, quoin.UnavailableError)


def test_a_restart_is_not_seen_by_who_has_time(
    new_server: Callable[[], Server], namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "quoin")
    server = new_server()
    with quoin.connect(server.address, namespace=namespace, deadline=60) as q:
        q.locks.get(name="report")
        watch = q.config.watch("redis")
        eventually_is(lambda: not watch.is_stale)
        server.stop()
        answers: list[Any] = []
        threads = [
            threading.Thread(target=lambda: answers.append(q.locks.acquire("report").fence)),
            threading.Thread(target=lambda: answers.append(q.locks.get(name="other"))),
        ]
        begin = time.monotonic()
        for thread in threads:
            thread.start()
        # Longer than the pauses between repetitions.
        while time.monotonic() < begin + 3:
            assert all(thread.is_alive() for thread in threads)
            time.sleep(0.05)
        server.start()
        for thread in threads:
            thread.join(LIMIT)
        assert len(answers) == 2
        eventually_is(lambda: not watch.is_stale)
    said = [r.getMessage() for r in caplog.records if "Config.Watch" in r.getMessage()]
    assert len(said) == 2
    assert all(server.address in text for text in said)
    assert "is interrupted" in said[0] and "goes on" in said[1]


@in_loop
async def test_a_call_that_is_repeated_can_be_cancelled(namespace: str) -> None:
    async with quoin.aio.connect("127.0.0.1:1", namespace=namespace, deadline=3600) as q:
        call = q.locks.get(name="report")
        waiting = asyncio.ensure_future(call)
        await asyncio.sleep(2)
        assert not waiting.done()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await soon(waiting)
        asking = asyncio.ensure_future(q.locks.get(name="report"))
        await asyncio.sleep(0.1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await soon(asking)


def test_a_server_ends_with_the_process_that_started_it(address: str, namespace: str) -> None:
    process = start_script("serve", address, namespace)
    assert process.stdout is not None
    pid, folder = process.stdout.readline().split()
    process.kill()
    process.communicate()

    def is_gone() -> bool:
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return not Path(folder).exists()
        return False

    eventually_is(is_gone)
