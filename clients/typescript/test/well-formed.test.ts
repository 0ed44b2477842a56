// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@bufbuild/protobuf";
import { InvalidRequestError, timestampFromDate } from "@quoin/client";
import { checkName, cut } from "#dist/texts.js";
import { connect, soon } from "./support.js";

/** Half of a surrogate pair: UTF-8 cannot write it, and writing another character names another. */
const HALF = "\ud83d";

/** A refusal that names the field. */
function of(field: string) {
  return (e: unknown) => {
    assert.ok(e instanceof InvalidRequestError, String(e));
    assert.equal(e.reason, "INVALID_REQUEST");
    assert.deepEqual(
      e.violations.map((violation) => violation.field),
      [field],
    );
    return true;
  };
}

test("a text that cannot be sent is refused wherever it stands", async () => {
  await using quoin = await connect();
  const { locks, queues, config, stubs } = quoin;
  await assert.rejects(soon(locks.acquire(HALF)), of("name"));
  await assert.rejects(soon(locks.get({ name: `a${HALF}` })), of("name"));
  await assert.rejects(soon(locks.acquireAll(["a", HALF])), of("names[1]"));
  const newTasks = [{ kind: "k" }, { kind: HALF }];
  await assert.rejects(
    soon(queues.enqueueBatch({ queue: "q", newTasks })),
    of("new_tasks[1].kind"),
  );
  const task = { kind: "k", content: { case: "payloadText" as const, value: HALF } };
  await assert.rejects(soon(queues.enqueue({ queue: "q", task })), of("task.payload_text"));
  const place = { type: "t", component: "c" };
  await assert.rejects(soon(config.set({ ...place, value: { a: [HALF] } })), of("value.fields"));
  await assert.rejects(soon(config.set({ ...place, value: { [HALF]: 1 } })), of("value.fields"));
  const entry = { name: "l", text: "a", fields: { key: HALF } };
  await assert.rejects(soon(quoin.logs.write(entry)), of("fields"));

  const watched = locks.watch({ name: HALF })[Symbol.asyncIterator]();
  await assert.rejects(soon(watched.next()), of("name"));
  const worked = stubs.queues
    .work(
      (async function* () {
        yield { message: { case: "open" as const, value: { queues: [HALF] } } };
      })(),
    )
    [Symbol.asyncIterator]();
  await assert.rejects(soon(worked.next()), of("open.queues[0]"));
});

test("what has no fields is no message", async () => {
  await using quoin = await connect();
  const { adServer, config, queues } = quoin;
  const ad = (startTime: object) =>
    adServer.putAd({
      network: "n",
      ad: { id: "a", pricing: 2, bidMicros: 1000n, locations: ["x"], startTime },
    });
  for (const time of [new Date(5000), new Date(Number.NaN), new Map(), /x/, new Error("x")]) {
    await assert.rejects(soon(ad(time)), of("ad.start_time"));
  }
  await assert.rejects(soon(ad(new Date(5000))), /timestampFromDate/);
  await ad({ seconds: 5n });
  await ad(timestampFromDate(new Date(5000)));

  const place = { type: "t", component: "c" };
  for (const value of [new Date(5000), new Map([["a", 1]]), new Uint8Array(2)]) {
    const set = { ...place, value: { a: [value as unknown as null] } };
    await assert.rejects(soon(config.set(set)), of("value.fields"));
  }
  await config.set({ ...place, value: { a: [null, true, 1, "x", { b: [] }] } });

  const newTasks = [{ kind: "k", delay: new Date(5) as object }];
  await assert.rejects(
    soon(queues.enqueueBatch({ queue: "q", newTasks })),
    of("new_tasks[0].delay"),
  );
});

test("a text of whole characters is sent as it is", async () => {
  await using quoin = await connect();
  const name = "\u{1f600}\uffff\ufffd";
  await using lock = await quoin.locks.acquire(name);
  assert.ok(lock);
  assert.equal((await quoin.locks.get({ name })).held, true);
});

test("what contains itself is refused in words", async () => {
  await using quoin = await connect();
  const circle: Record<string, JsonObject> = {};
  circle.more = circle;
  await assert.rejects(soon(quoin.config.set({ type: "t", component: "c", value: circle })), {
    name: "InvalidRequestError",
    message: /contains itself/,
  });
});

test("what is collected has names that can be sent", async () => {
  await using quoin = await connect();
  const refused = { name: "TypeError", message: /half a surrogate pair/ };
  assert.throws(() => checkName("name", HALF), refused);
  assert.throws(() => quoin.counters.recorder().increment(HALF), refused);
  assert.throws(() => quoin.logs.writer(HALF), refused);
});

test("texts for people are sent though a character is broken", () => {
  assert.equal(cut(`a${HALF}b`, 10), "a\ufffdb");
  assert.equal(cut(`a${HALF}b`, 3), "a");
});
