// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { LostError, NotHeldError, pages } from "@quoin/client";
import { WatchResponse_Change as Change } from "@quoin/client/proto/locks";
import { connect, eventually, next, soon } from "./support.js";

test("a lock is held by one at a time, and its fences rise", async () => {
  await using quoin = await connect();
  const first = await quoin.locks.acquire("report", { lease: "30s", label: "one" });
  assert.ok(first?.isHeld);
  assert.equal(first.name, "report");
  assert.ok(first.expireTime.getTime() > 0);
  assert.equal(await quoin.locks.acquire("report", { lease: "30s" }), undefined);
  const state = await quoin.locks.get({ name: "report" });
  assert.deepEqual([state.held, state.label, state.fence], [true, "one", first.fence]);
  await first.release();
  await first.release();
  assert.equal(first.isHeld, false);
  const second = await quoin.locks.acquire("report");
  assert.ok(second && second.fence > first.fence);
});

test("who waits is granted the lock when it is released", async () => {
  await using quoin = await connect();
  const first = await quoin.locks.acquire("report");
  const waiting = quoin.locks.acquire("report", { wait: "20s" });
  await eventually(
    "it waits",
    async () => (await quoin.locks.get({ name: "report" })).waiterCount === 1n,
  );
  await first?.release();
  assert.ok((await soon(waiting))?.isHeld);
});

test("a wait that is aborted leaves the line", async () => {
  await using quoin = await connect();
  await using first = await quoin.locks.acquire("report");
  const abort = new AbortController();
  const waiting = quoin.locks.acquire("report", { wait: "1h", signal: abort.signal });
  waiting.catch(() => {});
  await eventually(
    "it waits",
    async () => (await quoin.locks.get({ name: "report" })).waiterCount === 1n,
  );
  abort.abort();
  await assert.rejects(soon(waiting), { name: "AbortError" });
  await eventually(
    "it is gone",
    async () => (await quoin.locks.get({ name: "report" })).waiterCount === 0n,
  );
  assert.ok(first?.isHeld);
});

test("work is done while the lock is held, and tells what came of it", async () => {
  await using quoin = await connect();
  const outcome = await quoin.locks.run("report", { lease: "30s" }, async (lock) => {
    const busy = await quoin.locks.run("report", {}, () => assert.fail("it is held"));
    assert.deepEqual(busy, { acquired: false });
    return lock.fence;
  });
  assert.ok(outcome.acquired && outcome.value > 0n);
  assert.equal((await quoin.locks.get({ name: "report" })).held, false);
});

test("a lock is given back when the work fails", async () => {
  await using quoin = await connect();
  const work = quoin.locks.run("report", {}, () => Promise.reject(new Error("no paper")));
  await assert.rejects(work, /no paper/);
  assert.equal((await quoin.locks.get({ name: "report" })).held, false);
});

test("a lease is renewed for longer than it is", async () => {
  await using quoin = await connect();
  await using lock = await quoin.locks.acquire("report", { lease: "6s" });
  const begin = lock?.expireTime.getTime() ?? 0;
  await eventually("renewed", () => (lock?.expireTime.getTime() ?? 0) > begin + 1_000);
  assert.ok(lock?.isHeld);
  assert.equal(lock.signal.aborted, false);
});

test("a lock that was revoked is lost", async () => {
  await using quoin = await connect();
  const lock = await quoin.locks.acquire("report", { lease: "4s" });
  assert.ok(lock);
  const told = new Promise((resolve) => lock.onLost(resolve));
  const { revoked } = await quoin.locks.revoke({
    name: "report",
    explanation: "host 7 hangs",
    fence: lock.fence,
  });
  assert.equal(revoked, true);
  assert.equal(await soon(told), "revoked");
  assert.equal(lock.isHeld, false);
  assert.ok(lock.signal.reason instanceof LostError);
  assert.equal(lock.signal.reason.reason, "revoked");
  await lock.release();
  const late = new Promise((resolve) => lock.onLost(resolve));
  assert.equal(await soon(late), "revoked");
});

test("a lock that was released with its token is lost", async () => {
  await using quoin = await connect();
  const lock = await quoin.locks.acquire("report", { lease: "4s" });
  assert.ok(lock);
  const told = new Promise((resolve) => lock.onLost(resolve));
  await quoin.locks.release({ name: "report", token: lock.token });
  assert.equal(await soon(told), "not_held");
});

test("several locks are taken together or not at all", async () => {
  await using quoin = await connect();
  {
    await using both = await quoin.locks.acquireAll(["b", "a"], { lease: "30s" });
    assert.ok(both?.isHeld);
    assert.deepEqual(
      [...both].map((lock) => lock.name),
      ["b", "a"],
    );
    assert.equal(both.get("a")?.isHeld, true);
    assert.equal(await quoin.locks.acquireAll(["c", "a"]), undefined);
    assert.equal((await quoin.locks.get({ name: "c" })).held, false);
  }
  assert.equal((await quoin.locks.get({ name: "a" })).held, false);
});

test("a watch tells the present state and then what happens", async () => {
  await using quoin = await connect();
  await using watch = quoin.locks.watch({ name: "report" });
  const changes = watch[Symbol.asyncIterator]();
  assert.deepEqual((await next(changes)).held, false);
  const lock = await quoin.locks.acquire("report", { label: "me" });
  for (let seen = await next(changes); !seen.held; seen = await next(changes)) {}
  await lock?.release();
  let seen = await next(changes);
  while (seen.change !== Change.RELEASED) {
    seen = await next(changes);
  }
  assert.equal(seen.held, false);
});

test("locks in use are found by the beginning of their names", async () => {
  await using quoin = await connect();
  await quoin.locks.acquire("account/7");
  await quoin.locks.acquire("other");
  const found: string[] = [];
  for await (const { locks } of pages(quoin.locks.list, { prefix: "account/" })) {
    found.push(...locks.map(({ name }) => name));
  }
  assert.deepEqual([...new Set(found)], ["account/7"]);
});

test("one of many callers at a time is in the critical section", async () => {
  await using quoin = await connect();
  let inside = 0;
  const work = async () => {
    const done = await quoin.locks.run("counter", { lease: "30s", wait: "60s" }, async (lock) => {
      assert.equal(++inside, 1);
      await quoin.locks.get({ name: "counter" });
      inside--;
      return lock.fence;
    });
    assert.ok(done.acquired);
    return done.value;
  };
  const fences = await Promise.all(Array.from({ length: 20 }, work));
  assert.equal(new Set(fences).size, 20);
});

test("releasing what others hold meanwhile does no harm", async () => {
  await using quoin = await connect();
  const lock = await quoin.locks.acquire("report", { lease: "1h" });
  await quoin.locks.revoke({ name: "report" });
  await using next = await quoin.locks.acquire("report", { lease: "1h" });
  await lock?.release();
  assert.equal((await quoin.locks.get({ name: "report" })).fence, next?.fence);
  await assert.rejects(
    quoin.locks.release({ name: "report", token: lock?.token ?? "" }),
    NotHeldError,
  );
});
