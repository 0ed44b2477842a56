// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, NotHeldError, QuoinError } from "@quoin/client";
import { connect, eventually, soon } from "./support.js";

test("no more permits are in use than the limit", async () => {
  await using quoin = await connect();
  await quoin.semaphores.configure({ name: "api", limit: 3 });
  await using two = await quoin.semaphores.acquire("api", { permits: 2, label: "bulk" });
  assert.equal(two?.permits, 2);
  assert.equal(await quoin.semaphores.acquire("api", { permits: 2 }), undefined);
  await using one = await quoin.semaphores.acquire("api", { lease: "30s" });
  assert.ok(one?.isHeld);
  const state = await quoin.semaphores.get({ name: "api" });
  assert.deepEqual([state.limit, state.inUse, state.holderCount], [3, 3, 2n]);
  assert.ok(state.holders.some(({ label, permits }) => label === "bulk" && permits === 2));
});

test("who waits is served when permits are released", async () => {
  await using quoin = await connect();
  const held = await quoin.semaphores.acquire("api", { limit: 1 });
  const waiting = quoin.semaphores.acquire("api", { wait: "20s" });
  await eventually(
    "it waits",
    async () => (await quoin.semaphores.get({ name: "api" })).waiterCount === 1n,
  );
  await held?.release();
  assert.ok((await soon(waiting))?.isHeld);
});

test("work is done while permits are held", async () => {
  await using quoin = await connect();
  const outcome = await quoin.semaphores.run("api", { limit: 1 }, async ({ permits }) => {
    assert.deepEqual(await quoin.semaphores.run("api", {}, () => 0), { acquired: false });
    return permits;
  });
  assert.deepEqual(outcome, { acquired: true, value: 1 });
  assert.equal((await quoin.semaphores.get({ name: "api" })).inUse, 0);
});

test("permits are held by a call, and revoked", async () => {
  await using quoin = await connect();
  const held = await quoin.semaphores.hold("api", { limit: 2, permits: 2, lease: "4s" });
  const told = new Promise((resolve) => held.onLost(resolve));
  const [holder] = (await quoin.semaphores.get({ name: "api" })).holders;
  const request = { name: "api", id: holder?.id ?? "", explanation: "maintenance" };
  assert.equal((await quoin.semaphores.revoke(request)).permits, 2);
  assert.equal(await soon(told), "revoked");
  await assert.rejects(quoin.semaphores.revoke(request), NotHeldError);
});

test("acquired permits hear that they are revoked", async () => {
  await using quoin = await connect();
  const held = await quoin.semaphores.acquire("api", { limit: 1, lease: "4s" });
  const told = new Promise((resolve) => held?.onLost(resolve));
  const [holder] = (await quoin.semaphores.get({ name: "api" })).holders;
  await quoin.semaphores.revoke({ name: "api", id: holder?.id ?? "" });
  assert.equal(await soon(told), "revoked");
});

test("a hold for permits tells its place in line and can be given up", async () => {
  await using quoin = await connect();
  await using held = await quoin.semaphores.hold("api", { limit: 1 });
  const abort = new AbortController();
  const places: number[] = [];
  const waiting = quoin.semaphores.hold("api", {
    signal: abort.signal,
    onWaiting: (place) => places.push(place),
  });
  waiting.catch(() => {});
  await eventually("it waits", () => places[0] === 1);
  abort.abort(new Error("enough"));
  await assert.rejects(soon(waiting), /enough/);
  assert.ok(held.isHeld);
});

test("semaphores are listed and deleted", async () => {
  await using quoin = await connect();
  await quoin.semaphores.configure({ name: "api/7", limit: 3, defaultLease: duration("1m") });
  const held = await quoin.semaphores.acquire("api/7");
  const { semaphores } = await quoin.semaphores.list({ prefix: "api/" });
  assert.deepEqual([semaphores[0]?.name, semaphores[0]?.inUse], ["api/7", 1]);
  const inUse = (e: unknown) => e instanceof QuoinError && e.reason === "SEMAPHORE_IN_USE";
  await assert.rejects(quoin.semaphores.delete({ name: "api/7" }), inUse);
  await held?.release();
  await quoin.semaphores.delete({ name: "api/7" });
  const notFound = (e: unknown) => e instanceof QuoinError && e.reason === "SEMAPHORE_NOT_FOUND";
  await assert.rejects(quoin.semaphores.get({ name: "api/7" }), notFound);
});
