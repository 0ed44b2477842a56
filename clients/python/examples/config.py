# SPDX-License-Identifier: Apache-2.0
"""A service hears where its Redis is and that it moved, and lets others find itself."""

import asyncio
import sys

import quoin


async def main(address: str) -> None:
    async with quoin.aio.connect(address) as q:
        version = await q.config.set("redis", "statistics", {"host": "10.0.0.1", "port": 6379})

        async with q.config.watch("redis") as redis:
            await redis.ready()
            print("statistics are at", redis.all["statistics"].value["host"])
            moved = asyncio.Event()
            redis.on_change(lambda _: moved.set())
            await q.config.compare_and_set("redis", "statistics", version, {"host": "10.0.0.2"})
            await moved.wait()
            host = redis.all["statistics"].value["host"]
            print("statistics moved to", host, "stale:", redis.is_stale)

        async with q.config.announce("shop", "10.0.1.1:8080") as me:
            await me.ready()
            async with q.config.watch_service("shop") as shop:
                await shop.ready()
                print("the shop is at", shop.serving[0].address)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "localhost:7400"))
