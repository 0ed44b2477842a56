// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type CounterRecorder,
  duration,
  type Quoin,
  QuoinError,
  type StatsRecorder,
  timestampDate,
} from "@quoin/client";
import { connect, eventually, next, quietHour, soon } from "./support.js";

/** What was counted on this day and the one before. */
async function total(quoin: Quoin, name: string): Promise<bigint> {
  const { samples } = await quoin.counters.get({ name, precision: duration("1d"), last: 2 });
  return samples.reduce((sum, { count = 0n }) => sum + count, 0n);
}

test("a counter counts at several precisions", async () => {
  await using quoin = await connect();
  await quoin.counters.increment({ name: "views" });
  await quoin.counters.increment({ name: "views", delta: 41n });
  assert.equal(await total(quoin, "views"), 42n);
  const zeroFilled = { name: "views", precision: duration("1d"), last: 2, zeroFill: true };
  const { samples } = await quoin.counters.get(zeroFilled);
  assert.deepEqual([samples.length, samples[1]?.partial], [2, true]);
  assert.ok(samples[1]?.startTime && timestampDate(samples[1].startTime) instanceof Date);
  const unknown = (e: unknown) =>
    e instanceof QuoinError && e.reason === "COUNTER_PRECISION_UNKNOWN";
  const odd = { name: "views", precision: duration("7s") };
  await assert.rejects(quoin.counters.get(odd), unknown);
  assert.deepEqual((await quoin.counters.list({ prefix: "vi" })).names, ["views"]);
  assert.equal((await quoin.counters.delete({ name: "views" })).deleted, true);
  assert.equal((await quoin.counters.delete({ name: "views" })).deleted, false);
});

test("a recorder counts everything once", async () => {
  await using quoin = await connect();
  const recorder = quoin.counters.recorder("20ms");
  for (let i = 0; i < 2_500; i++) {
    recorder.increment(`page/${i % 1_250}`, 2);
  }
  const longest = "é".repeat(256);
  recorder.increment(longest);
  await soon(recorder.flush());
  assert.equal(await total(quoin, "page/7"), 4n);
  assert.equal(await total(quoin, longest), 1n);
  await soon(recorder.close());
  assert.equal(recorder.dropped, 0);
  recorder.increment("page/7");
  assert.equal(recorder.dropped, 1);
});

test("a recorder sends by itself", async () => {
  await using quoin = await connect();
  await using recorder: CounterRecorder = quoin.counters.recorder("10ms");
  recorder.increment("views");
  await eventually("it is counted", async () => (await total(quoin, "views")) === 1n);
});

test("names and sums that are not allowed are refused at once", async () => {
  await using quoin = await connect();
  await using recorder = quoin.counters.recorder();
  assert.throws(() => recorder.increment(""), TypeError);
  assert.throws(() => recorder.increment("x", 2n ** 63n), RangeError);
  assert.throws(() => recorder.increment("x", 0.5), RangeError);
  await using stats: StatsRecorder = quoin.stats.recorder();
  assert.throws(() => stats.record("", "x", 1), TypeError);
  assert.throws(() => stats.record("x", "x", Number.NaN), RangeError);
});

test("a counter is watched", async () => {
  await using quoin = await connect();
  await using watch = quoin.counters.watch({ name: "views", precision: duration("1d") });
  const states = watch[Symbol.asyncIterator]();
  assert.equal((await next(states)).samples.length, 2);
  await quoin.counters.increment({ name: "views", delta: 7n });
  for (let seen = 0n; seen !== 7n; ) {
    seen = (await next(states)).samples.reduce((sum, { count = 0n }) => sum + count, 0n);
  }
});

test("values and times are recorded, and the slowest context is found", async () => {
  await quietHour();
  await using quoin = await connect();
  const begin = performance.now();
  const recorder = quoin.stats.recorder("10ms");
  for (let i = 1; i <= 2_100; i++) {
    recorder.record("AccessTime", "/search", i % 2 ? 1_000 : 2_000);
  }
  {
    using _ = recorder.time("AccessTime", "/home");
  }
  const timer = recorder.time("AccessTime", "/cart");
  timer.stop();
  timer.stop();
  await soon(recorder.close());
  assert.equal(recorder.dropped, 0);
  const longest = (performance.now() - begin) / 1_000;
  const search = await quoin.stats.get({ kind: "AccessTime", context: "/search" });
  assert.deepEqual([search.count, search.mean, search.max], [2_100n, 1_500, 2_000]);
  assert.ok(search.hour);
  const home = await quoin.stats.get({ kind: "AccessTime", context: "/home" });
  assert.ok(home.count === 1n && (home.max ?? 0) <= longest, String(home.max));
  const { slowest } = await quoin.stats.listSlowest({ kind: "AccessTime", maxItems: 1 });
  assert.equal(slowest[0]?.context, "/search");
});

test("calls of other clients are timed", async () => {
  await quietHour();
  await using quoin = await connect();
  const recorder = quoin.stats.recorder("10ms");
  const other = await connect({ interceptors: [recorder.interceptor("rpc.client")] });
  await other.locks.get({ name: "x" });
  await assert.rejects(other.locks.get({ name: "" }));
  await other.close();
  await soon(recorder.close());
  const { slowest } = await quoin.stats.listSlowest({ kind: "rpc.client" });
  assert.deepEqual(slowest.map(({ context }) => context).sort(), [
    "quoin.locks.v1.Locks/Get InvalidArgument",
    "quoin.locks.v1.Locks/Get OK",
  ]);
});

test("a flush waits for what was collected before it, not for what comes later", async () => {
  await using quoin = await connect();
  await using recorder = quoin.counters.recorder("1h");
  await soon(recorder.flush());
  let isOver = false;
  const busy = (async () => {
    for (let i = 0; !isOver; i++) {
      recorder.increment(`busy/${i % 100}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let i = 0; i < 10_500; i++) {
    recorder.increment(`page/${i}`);
  }
  try {
    await soon(recorder.flush());
    assert.equal(await total(quoin, "page/10499"), 1n);
  } finally {
    isOver = true;
    await busy;
  }
});
