// SPDX-License-Identifier: Apache-2.0
import { Quoin } from "@quoin/client";

/** A service hears where its Redis is and that it moved, and lets others find itself. */
await using quoin = Quoin.connect(process.argv[2]);
const { config } = quoin;
const version = await config.set("redis", "statistics", { host: "10.0.0.1", port: 6379 });

await using redis = config.watch("redis");
await redis.ready;
console.log(`statistics are at ${redis.get("statistics")?.value?.host}`);

const moved = new Promise<void>((resolve) => {
  redis.onChange(() => resolve());
});
await config.set("redis", "statistics", { host: "10.0.0.2" }, { expectedVersion: version ?? 0n });
await moved;
const { value } = redis.get("statistics") ?? {};
console.log(`statistics moved to ${value?.host}, stale: ${redis.isStale}`);

await using me = config.announce("shop", "10.0.1.1:8080");
await me.ready;
await using shop = config.watchService("shop");
await shop.ready;
console.log(`the shop is at ${shop.serving[0]?.address}`);
