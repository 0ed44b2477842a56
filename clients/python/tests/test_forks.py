# SPDX-License-Identifier: Apache-2.0
"""Processes that fork."""

import sys
from collections import Counter

import pytest
from programs import run_script
from waiting import eventually_is

import quoin

DAY = 86_400
REFUSED = "this process was forked while a "


def test_all_that_is_collected_in_forked_processes_arrives(address: str, namespace: str) -> None:
    said = run_script("fork", address, namespace)
    assert said == ""
    expected = Counter({"in parent": 1, "in child": 2, "in process": 2, "in parent again": 1})
    with quoin.connect(address, namespace=namespace) as q:
        for log in ("given", "own"):
            assert Counter(entry.text for entry in q.logs.list_recent(name=log).entries) == expected
        assert (
            q.counters.get(name="forks", precision=DAY, last=1, zero_fill=True).samples[0].count
            == 6
        )
        assert q.stats.get(kind="forks", context="all").count == 6


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux names the threads of a process")
def test_a_fork_waits_until_grpc_has_ended(address: str, namespace: str) -> None:
    assert run_script("fork_often", address, namespace) == ""


def test_children_that_end_at_once_write_what_they_logged(address: str, namespace: str) -> None:
    assert run_script("fork_and_exit", address, namespace) == ""
    ways = ("flush", "close", "shutdown")
    expected = Counter(["in parent", *(f"in child, {way}" for way in ways)])
    with quoin.connect(address, namespace=namespace) as q:
        for log in ("given", "own"):
            assert Counter(entry.text for entry in q.logs.list_recent(name=log).entries) == expected


def test_a_child_says_why_it_cannot_connect(address: str, namespace: str) -> None:
    said = run_script("fork_while_holding", address, namespace).splitlines()
    assert said[:4] == [REFUSED, REFUSED, "this belongs to the process that", "True True"]
    with quoin.connect(address, namespace=namespace) as q:
        # Its end gives it back.
        eventually_is(lambda: not q.locks.get(name="report").held)
        for log in ("own", "given"):
            assert not q.logs.list_recent(name=log).entries


def test_an_event_loop_that_forks(address: str, namespace: str) -> None:
    said = run_script("fork_in_a_loop", address, namespace).splitlines()
    assert said[:2] == [REFUSED, "False"]
