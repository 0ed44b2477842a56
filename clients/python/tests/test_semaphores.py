# SPDX-License-Identifier: Apache-2.0
"""Semaphores for asyncio, against a server."""

import asyncio

import pytest
from waiting import in_loop, soon

import quoin
from quoin.values import LostReason


@in_loop
async def test_permits_are_taken_up_to_the_limit(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        with pytest.raises(quoin.QuoinError) as missing:
            await q.semaphores.acquire("api")
        assert missing.value.reason == quoin.Reason.SEMAPHORE_NOT_FOUND
        await q.semaphores.configure(name="api", limit=3)
        async with q.semaphores.acquire("api", permits=2, label="bulk") as two:
            assert two.permits == 2
            assert await q.semaphores.try_acquire("api", permits=2) is None
            async with q.semaphores.hold("api", lease=5) as third:
                assert third.is_held
                with pytest.raises(quoin.NotAcquiredError):
                    await q.semaphores.acquire("api")
                state = await q.semaphores.get(name="api")
                assert (state.in_use, state.limit) == (3, 3)
                assert sorted(holder.label for holder in state.holders) == ["", "bulk"]
        assert [one.in_use for one in (await q.semaphores.list(prefix="a")).semaphores] == [0]
        await q.semaphores.delete(name="api")


@in_loop
async def test_permits_that_are_revoked_are_lost(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        acquired = await q.semaphores.acquire("api", lease=6, limit=2)
        held = await q.semaphores.hold("api", lease=6)
        for holder in (await q.semaphores.get(name="api")).holders:
            answer = await q.semaphores.revoke(name="api", id=holder.id, explanation="too slow")
            assert answer.permits == 1
        assert await soon(acquired.lost()) is LostReason.REVOKED
        assert await soon(held.lost()) is LostReason.REVOKED

        async def work(permits: quoin.aio.Permits) -> str:
            await asyncio.sleep(0)
            return f"{permits.permits} permit"

        assert await q.semaphores.run("api", work) == "1 permit"
