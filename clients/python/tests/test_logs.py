# SPDX-License-Identifier: Apache-2.0
"""Logs, against a server."""

import asyncio
import logging
import logging.config

import pytest
from waiting import LIMIT, eventually, eventually_is, in_loop, soon

import quoin
from quoin.values import LogEntry, LogGap, Severity


@in_loop
async def test_entries_are_written_and_read(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        written = await q.logs.write(
            name="shop",
            severity=Severity.ERROR,
            text="order 7 failed",
            template="order {} failed",
            fields={"order": "7"},
        )
        assert written.cursor
        (entry,) = (await q.logs.list_recent(name="shop", severity=Severity.ERROR)).entries
        assert (entry.text, entry.template) == ("order 7 failed", "order {} failed")
        assert (int(entry.severity), dict(entry.fields)) == (Severity.ERROR, {"order": "7"})
        assert not (await q.logs.list_recent(name="shop", severity="info")).entries
        common = await q.logs.list_common(name="shop", severity="ERROR")
        assert [(m.template, m.count) for m in common.common_messages] == [("order {} failed", 1)]


@in_loop
async def test_a_writer_writes_all_in_order(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        async with q.logs.tail("shop") as tail:
            reading = asyncio.ensure_future(texts(tail, 2_500))

            async def is_connected() -> bool:
                return tail.is_connected

            await eventually(is_connected)
            async with q.logs.writer("shop") as writer:
                assert all(writer.write(str(number)) for number in range(2_500))
                await soon(writer.flush())
            assert not writer.write("late")
            assert writer.dropped == 1
            assert await soon(reading) == [str(number) for number in range(2_500)]


@in_loop
async def test_what_an_entry_has_too_much_is_cut_off(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        async with q.logs.writer("shop") as writer:
            fields = {f"{number}{'k' * 70}": "é" * 1_000 for number in range(40)}
            writer.write("é" * 10_000, template="t" * 600, fields={"": "", **fields})
            writer.write("")
            writer.write("half \ud800")
        entries = (await q.logs.list_recent(name="shop")).entries
        assert [entry.text[:6] for entry in entries] == ["half ?", "-", "é" * 6]
        assert len(entries[2].text.encode()) == 16_384
        assert len(entries[2].fields) == 32
        for wrong in ("", "a\n", "n" * 513):
            with pytest.raises(ValueError, match="log"):
                q.logs.writer(wrong)


@in_loop
async def test_what_is_never_accepted_is_dropped_and_the_rest_written(
    address: str, namespace: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # As if this library knew another limit than the server.
    monkeypatch.setattr("quoin._core.log_writer.TEXT_BYTES", 20_000)
    async with quoin.aio.connect(address, namespace=namespace) as q:
        writer = q.logs.writer("shop")
        for number in range(250):
            writer.write("x" * 20_000 if number in (3, 130, 131) else str(number))
        await soon(writer.flush())
        assert writer.dropped == 3
        counted = await q.logs.list_common(name="shop", severity="INFO", max_items=100)
        assert sum(message.count for message in counted.common_messages) >= 100
        writer.write("later")
        await soon(writer.close())
        assert (await q.logs.list_recent(name="shop", max_items=1)).entries[0].text == "later"
    assert len([r for r in caplog.records if "said once" in r.getMessage()]) == 1


def test_an_entry_that_cannot_be_printed(address: str, namespace: str) -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError("no text")

    with quoin.connect(address, namespace=namespace) as q:
        logger = logging.getLogger("shop.broken")
        handler = quoin.LogHandler(q.logs.writer("shop"))
        logger.addHandler(handler)
        try:
            logger.warning("still told", extra={"what": Broken(), "other": 1})
        finally:
            logger.removeHandler(handler)
        eventually_is(lambda: len(q.logs.list_recent(name="shop").entries) == 1)
        fields = q.logs.list_recent(name="shop").entries[0].fields
        assert (fields["what"], fields["other"]) == ("<a Broken without a text>", "1")


@in_loop
async def test_a_tail_tells_gaps_and_has_a_cursor(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        cursor = (await q.logs.write(name="shop", severity="info", text="one")).cursor
        async with q.logs.writer("shop") as writer:
            for number in range(3_000):
                writer.write(str(number))
        async with q.logs.tail("shop", cursor=cursor) as tail:
            gap = await soon(tail.__anext__())
            assert isinstance(gap, LogGap)
            assert gap.missed > 0
            first = await soon(tail.__anext__())
            assert isinstance(first, LogEntry)
            assert int(first.text) == gap.missed
            await texts(tail, 2_999 - gap.missed)
            end = tail.cursor
        await q.logs.write(name="shop", severity="info", text="two")
        async with q.logs.tail("shop", cursor=end) as tail:
            assert await texts(tail, 1) == ["two"]


def test_a_program_logs(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        log = logging.getLogger("shop.checkout")
        log.setLevel(logging.DEBUG)
        with q.logs.writer("shop") as writer:
            handler = quoin.LogHandler(writer)
            log.addHandler(handler)
            try:
                log.warning("order %d is late", 7, extra={"order": 7})
                logging.getLogger("quoin").addHandler(handler)
                logging.getLogger("quoin").warning("not told")
                try:
                    raise ValueError("broken")
                except ValueError:
                    log.exception("order failed")
            finally:
                log.removeHandler(handler)
                logging.getLogger("quoin").removeHandler(handler)
        failed, late = q.logs.list_recent(name="shop").entries
        assert (late.text, late.template) == ("order 7 is late", "order %d is late")
        assert (int(late.severity), late.fields["order"]) == (Severity.WARNING, "7")
        assert late.fields["logger"] == "shop.checkout"
        assert int(failed.severity) == Severity.ERROR
        assert failed.text.endswith("ValueError: broken")


def test_a_handler_is_configured_by_name(address: str, namespace: str) -> None:
    handler = {
        "()": "quoin.LogHandler",
        "log": "shop",
        "address": address,
        "namespace": namespace,
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"quoin": handler},
            "loggers": {"shop.orders": {"handlers": ["quoin"], "level": "INFO"}},
        }
    )
    log = logging.getLogger("shop.orders")
    log.info("hello")
    (made,) = log.handlers
    made.close()
    log.removeHandler(made)
    with quoin.connect(address, namespace=namespace) as q:
        assert [entry.text for entry in q.logs.list_recent(name="shop").entries] == ["hello"]
    with pytest.raises(ValueError, match="give a writer"):
        quoin.LogHandler()


def test_for_over_a_tail(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        with q.logs.tail("shop", "mail", minimum_severity=Severity.ERROR, last=10) as tail:
            with pytest.raises(TimeoutError):
                tail.get(0.05)
            eventually_is(lambda: tail.is_connected)
            q.logs.write(name="mail", severity="info", text="fine")
            q.logs.write(name="mail", severity="error", text="broken")
            found = tail.get(LIMIT)
            assert isinstance(found, LogEntry)
            assert (found.log, found.text) == ("mail", "broken")


async def texts(tail: quoin.aio.LogStream[quoin.aio.LogNews], count: int) -> list[str]:
    """What the next entries say."""
    found: list[str] = []
    while len(found) < count:
        entry = await soon(tail.__anext__())
        assert isinstance(entry, LogEntry), entry
        found.append(entry.text)
    return found


@in_loop
async def test_who_takes_one_entry_a_tail_gets_every_entry_once(
    address: str, namespace: str
) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        cursor = (await q.logs.write(name="shop", severity="info", text="start")).cursor
        for number in range(5):
            await q.logs.write(name="shop", severity="info", text=str(number))
        taken = []
        for _ in range(5):
            async with q.logs.tail("shop", cursor=cursor) as tail:
                entry = await soon(tail.__anext__())
                assert isinstance(entry, quoin.LogEntry)
                taken.append(entry.text)
                cursor = tail.cursor
        assert taken == ["0", "1", "2", "3", "4"]
