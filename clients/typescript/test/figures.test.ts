// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CounterRecorder, QuoinError, type StatsRecorder } from "@quoin/client";
import { connect, eventually, next, quietHour, soon } from "./support.js";

test("a counter counts at several precisions", async () => {
  await using quoin = await connect();
  await quoin.counters.increment("views");
  await quoin.counters.increment("views", 41n);
  const days = await quoin.counters.get("views", "1d", 2);
  assert.equal(
    days.reduce((sum, { count }) => sum + count, 0n),
    42n,
  );
  assert.deepEqual([days.length, days[1]?.partial], [2, true]);
  assert.ok(days[1]?.startTime instanceof Date);
  const unknown = (e: unknown) =>
    e instanceof QuoinError && e.reason === "COUNTER_PRECISION_UNKNOWN";
  await assert.rejects(quoin.counters.get("views", "7s"), unknown);
  const names: string[] = [];
  for await (const name of quoin.counters.list("vi")) {
    names.push(name);
  }
  assert.deepEqual(names, ["views"]);
  assert.equal(await quoin.counters.delete("views"), true);
  assert.equal(await quoin.counters.delete("views"), false);
});

test("a recorder counts everything once", async () => {
  await using quoin = await connect();
  const recorder = quoin.counters.recorder("20ms");
  for (let i = 0; i < 2_500; i++) {
    recorder.increment(`page/${i % 1_250}`, 2);
  }
  recorder.flush();
  await soon(recorder.close());
  assert.equal(recorder.lost, 0);
  const days = await quoin.counters.get("page/7", "1d", 2);
  assert.equal(
    days.reduce((sum, { count }) => sum + count, 0n),
    4n,
  );
  recorder.increment("page/7");
  assert.equal(recorder.lost, 1);
});

test("a recorder sends by itself", async () => {
  await using quoin = await connect();
  await using recorder: CounterRecorder = quoin.counters.recorder("10ms");
  recorder.increment("views");
  await eventually("it is counted", async () =>
    (await quoin.counters.get("views", "1d")).some(({ count }) => count === 1n),
  );
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
  await using watch = quoin.counters.watch("views", "1d");
  const states = watch[Symbol.asyncIterator]();
  assert.equal((await next(states)).length, 2);
  await quoin.counters.increment("views", 7);
  for (let seen = 0n; seen !== 7n; ) {
    seen = (await next(states)).reduce((sum, { count }) => sum + count, 0n);
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
  assert.equal(recorder.lost, 0);
  const longest = (performance.now() - begin) / 1_000;
  const search = await quoin.stats.get("AccessTime", "/search");
  assert.deepEqual([search.count, search.mean, search.max], [2_100n, 1_500, 2_000]);
  assert.ok(search.hour instanceof Date);
  const home = await quoin.stats.get("AccessTime", "/home");
  assert.ok(home.count === 1n && home.max <= longest, String(home.max));
  const [slowest] = await quoin.stats.slowest("AccessTime", { limit: 1 });
  assert.equal(slowest?.context, "/search");
});

test("calls of other clients are timed", async () => {
  await quietHour();
  await using quoin = await connect();
  const recorder = quoin.stats.recorder("10ms");
  const other = await connect({ interceptors: [recorder.interceptor("rpc.client")] });
  await other.locks.get("x");
  await assert.rejects(other.locks.get(""));
  await other.close();
  await soon(recorder.close());
  const contexts = (await quoin.stats.slowest("rpc.client")).map(({ context }) => context).sort();
  assert.deepEqual(contexts, [
    "quoin.locks.v1.Locks/Get InvalidArgument",
    "quoin.locks.v1.Locks/Get OK",
  ]);
});
