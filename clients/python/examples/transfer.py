# SPDX-License-Identifier: Apache-2.0
"""Money moves between two accounts while nobody reads them; readers do not disturb each other."""

import asyncio
import sys

import quoin


async def main(address: str) -> None:
    async with quoin.aio.connect(address) as q:
        reader = q.locks.acquire("account/3", shared=True)
        async with reader, q.locks.acquire("account/3", shared=True):
            print((await q.locks.get(name="account/3")).reader_count, "readers look at account 3")
            try:
                await q.locks.acquire_all(["account/7", "account/3"])
            except quoin.NotAcquiredError as busy:
                print("a transfer is refused:", busy)

        async with q.locks.acquire_all(["account/7", "account/3"], label="transfer") as both:
            print("the transfer holds", len(both), "locks")
            held = []
            async for page in quoin.aio.pages(q.locks.list, prefix="account/"):
                held += [f"{lock.name}: {lock.label}" for lock in page.locks]
            print("\n".join(sorted(held)))


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "localhost:7400"))
