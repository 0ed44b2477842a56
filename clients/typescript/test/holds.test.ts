// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { ClosedError, InvalidRequestError } from "@quoin/client";
import { connect, eventually, freshNamespace, soon } from "./support.js";

test("readers hold a lock together", async () => {
  await using quoin = await connect();
  await using one = await quoin.locks.acquire("prices", { shared: true });
  await using two = await quoin.locks.hold("prices", { shared: true });
  assert.ok(one?.isHeld && two.isHeld);
  assert.equal((await quoin.locks.get({ name: "prices" })).readerCount, 2n);
  assert.equal(await quoin.locks.acquire("prices"), undefined);
});

test("a hold tells its place in line, and goes on when its turn comes", async () => {
  await using quoin = await connect();
  const first = await quoin.locks.hold("leader", { lease: "30s" });
  const places: number[] = [];
  const waiting = quoin.locks.hold("leader", { onWaiting: (place) => places.push(place) });
  await eventually("it waits", () => places.length > 0);
  assert.equal(places[0], 1);
  await first.release();
  const second = await soon(waiting);
  assert.ok(second.isHeld && second.fence > first.fence);
});

test("a hold that is aborted leaves the line", async () => {
  await using quoin = await connect();
  await using first = await quoin.locks.hold("leader");
  const abort = new AbortController();
  const waiting = quoin.locks.hold("leader", { signal: abort.signal });
  waiting.catch(() => {});
  await eventually(
    "it waits",
    async () => (await quoin.locks.get({ name: "leader" })).waiterCount === 1n,
  );
  abort.abort(new Error("enough"));
  await assert.rejects(soon(waiting), /enough/);
  await eventually(
    "it is gone",
    async () => (await quoin.locks.get({ name: "leader" })).waiterCount === 0n,
  );
  assert.ok(first.isHeld);
});

test("a hold that is not allowed fails", async () => {
  await using quoin = await connect();
  await assert.rejects(soon(quoin.locks.hold("leader", { lease: "1ms" })), InvalidRequestError);
});

test("a hold hears of its loss", async () => {
  await using quoin = await connect();
  const lock = await quoin.locks.hold("leader", { lease: "4s" });
  const told = new Promise((resolve) => lock.onLost(resolve));
  await quoin.locks.revoke({ name: "leader" });
  assert.equal(await soon(told), "revoked");
});

test("closing the client gives back what it holds and what it waits for", async () => {
  const namespace = freshNamespace();
  await using watcher = await connect({ namespace });
  const quoin = await connect({ namespace });
  await quoin.locks.acquire("one", { lease: "1h" });
  await quoin.locks.hold("two", { lease: "1h" });
  const waiting = assert.rejects(quoin.locks.hold("two"), ClosedError);
  await eventually(
    "it waits",
    async () => (await watcher.locks.get({ name: "two" })).waiterCount === 1n,
  );
  await quoin.close();
  await soon(waiting);
  for (const name of ["one", "two"]) {
    await eventually("it is free", async () => !(await watcher.locks.get({ name })).held);
  }
});
