// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Quoin } from "@quoin/client";
import { services } from "@quoin/client/proto/services";
import { connect } from "./support.js";

/** The RPCs in whose place a helper stands; the guide lists them. */
const REPLACED = {
  chat: ["subscribe"],
  config: ["announce", "watch", "watchMaintenance", "watchService"],
  counters: ["watch"],
  locks: ["acquire", "acquireAll", "hold", "watch"],
  logs: ["tail"],
  queues: ["lease", "work"],
  semaphores: ["acquire", "hold"],
};

test("a client has every RPC of every service, by itself or under its helper", async () => {
  await using quoin = Quoin.connect("127.0.0.1:1");
  const all = quoin as unknown as Record<string, Record<string, unknown>>;
  const stubs = quoin.stubs as unknown as typeof all;
  const replaced: Record<string, string[]> = {};
  for (const [name, service] of Object.entries(services)) {
    for (const { localName } of service.methods) {
      assert.equal(typeof all[name]?.[localName], "function", `${name}.${localName}`);
      assert.equal(typeof stubs[name]?.[localName], "function", `stubs.${name}.${localName}`);
      if (all[name]?.[localName] !== stubs[name]?.[localName]) {
        replaced[name] = [...(replaced[name] ?? []), localName].sort();
      }
    }
  }
  assert.deepEqual(replaced, REPLACED);
});

test("an RPC in whose place a helper stands is on the stubs", async () => {
  await using quoin = await connect();
  const { acquired, token } = await quoin.stubs.locks.acquire({ name: "x" });
  assert.equal(acquired, true);
  assert.equal(await quoin.locks.acquire("x"), undefined);
  assert.equal((await quoin.locks.release({ name: "x", token })).released, true);
});
