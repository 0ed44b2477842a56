// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { ClosedError, Quoin, QuoinError } from "@quoin/client";
import { connect, eventually, freshNamespace, sharedAddress, soon } from "./support.js";

// What was granted to an acquire whose outcome did not reach the program is given back.

const LEASE = "10m";

/** Aborts acquires 0 to 5 ms after they began; tells how many were granted before that. */
async function abortMany(
  count: number,
  acquire: (i: number, signal: AbortSignal) => Promise<{ release(): Promise<void> } | undefined>,
): Promise<void> {
  const work = async (i: number) => {
    const abort = new AbortController();
    const granted = acquire(i, abort.signal);
    granted.catch(() => {});
    const millis = Math.random() * 5;
    await (millis < 1 ? Promise.resolve() : wait(millis));
    abort.abort();
    await granted.then(
      (one) => one?.release(),
      (e) => assert.equal(e, abort.signal.reason),
    );
  };
  for (let i = 0; i < count; i += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, j) => work(i + j)));
  }
}

test("an acquire that is aborted at any moment leaves nothing held", async () => {
  await using quoin = await connect();
  await abortMany(300, (i, signal) => quoin.locks.acquire(`x${i}`, { lease: LEASE, signal }));
  await abortMany(40, (i, signal) => {
    return quoin.locks.acquireAll([`a${i}`, `b${i}`, `c${i}`], { lease: LEASE, signal });
  });
  await quoin.semaphores.configure({ name: "s", limit: 1_000 });
  await abortMany(100, (_, signal) => quoin.semaphores.acquire("s", { lease: LEASE, signal }));
  await eventually("all locks are free", async () => {
    return (await quoin.locks.list({})).locks.length === 0;
  });
  await eventually(
    "all permits are free",
    async () => (await quoin.semaphores.get({ name: "s" })).inUse === 0,
  );
});

test("a wait that is aborted as its turn comes leaves nothing held", async () => {
  await using quoin = await connect();
  for (let i = 0; i < 40; i++) {
    const first = await quoin.locks.acquire("x", { lease: LEASE });
    const abort = new AbortController();
    const waiting = quoin.locks.acquire("x", { lease: LEASE, wait: "1m", signal: abort.signal });
    waiting.catch(() => {});
    await eventually(
      "it waits",
      async () => (await quoin.locks.get({ name: "x" })).waiterCount === 1n,
    );
    const releasing = first?.release();
    const millis = Math.random() * 4;
    await (millis < 1 ? Promise.resolve() : wait(millis));
    abort.abort();
    await releasing;
    await waiting.then(
      (lock) => lock?.release(),
      () => {},
    );
    await eventually("it is free", async () => !(await quoin.locks.get({ name: "x" })).held);
  }
});

test("an acquire whose deadline ends leaves nothing held", async () => {
  const namespace = freshNamespace();
  await using watcher = await connect({ namespace });
  const clients: Quoin[] = [];
  for (const deadline of [1, 2, 3, 5, 8]) {
    const hasty = Quoin.connect(await sharedAddress(), { namespace, deadline });
    clients.push(hasty);
    for (let i = 0; i < 20; i++) {
      const lock = await hasty.locks.acquire(`y${i}`, { lease: LEASE }).catch((e) => {
        assert.ok(e instanceof QuoinError);
      });
      // By somebody with more time.
      await (lock && watcher.locks.release({ name: lock.name, token: lock.token }));
    }
  }
  await eventually("all locks are free", async () => {
    return (await watcher.locks.list({})).locks.length === 0;
  });
  await Promise.all(clients.map((client) => client.close()));
});

test("closing the client ends acquires and gives back what they win", async () => {
  const namespace = freshNamespace();
  await using watcher = await connect({ namespace });
  for (let i = 0; i < 20; i++) {
    const quoin = await connect({ namespace });
    await quoin.locks.get({ name: "x" });
    const granted = quoin.locks.acquire("x", { lease: LEASE });
    const outcome = granted.then(
      () => undefined,
      (e) => e,
    );
    const millis = Math.random() * 4;
    await (millis < 1 ? Promise.resolve() : wait(millis));
    await soon(quoin.close());
    const failure = await soon(outcome);
    assert.ok(failure === undefined || failure instanceof ClosedError, String(failure));
    assert.equal((await watcher.locks.get({ name: "x" })).held, false);
  }
});

test("tasks of a lease that is aborted at any moment are leased again as before", async () => {
  const calls = 60;
  const tasks = 100;
  await using quoin = await connect();
  const newTasks = Array.from({ length: tasks }, (_, i) => ({
    kind: "sold",
    content: { case: "payloadText" as const, value: `${i}` },
  }));
  await quoin.queues.enqueueBatch({ queue: "work", newTasks });
  let done = 0;
  for (let i = 0; i < calls; i++) {
    const abort = new AbortController();
    const request = {
      queues: ["work", "more"],
      lease: { seconds: 600n },
      wait: { seconds: i % 4 ? 0n : 60n },
    };
    const leasing = quoin.queues.lease(request, { signal: abort.signal });
    leasing.catch(() => {});
    await wait(Math.random() * (i % 2 ? 60 : 3));
    abort.abort();
    const leased = await leasing.catch((e) => assert.equal(e, abort.signal.reason));
    for (const { queue, taskId, token } of leased?.tasks ?? []) {
      done++;
      await quoin.queues.ack({ done: [{ queue, taskId, token }] });
    }
  }
  await eventually("all are back", async () => {
    return (await quoin.queues.getStats({ queue: "work" })).readyCount === BigInt(tasks - done);
  });
  const rest = await quoin.queues.lease({ queues: ["work"], maxItems: tasks });
  assert.deepEqual(
    rest.tasks.map(({ attempt }) => attempt),
    Array(tasks - done).fill(1),
  );
});
