// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidRequestError, TaskError } from "@quoin/client";
import { connect, eventually, soon } from "./support.js";

test("a worker that is closed ends what it does and gives the rest back", async () => {
  await using quoin = await connect();
  await quoin.queues.enqueueAll(
    "mail",
    Array.from({ length: 4 }, () => ({ kind: "slow" })),
  );
  let begun = 0;
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const abort = new AbortController();
  const worker = quoin.queues.work({
    queues: ["mail"],
    concurrency: 1,
    signal: abort.signal,
    handlers: {
      slow: () => {
        begun++;
        return gate;
      },
    },
  });
  await eventually("one is being done", () => begun === 1);
  abort.abort();
  release();
  await soon(worker.ended);
  await soon(worker.close());
  assert.equal(begun, 1);
  await eventually("the others wait", async () => {
    const { ready, finished } = await quoin.queues.stats("mail");
    return ready === 3n && finished === 1n;
  });
});

test("a worker loses patience with tasks that do not end", async () => {
  await using quoin = await connect();
  await quoin.queues.enqueue("mail", { kind: "endless" });
  const begun = withResolvers<AbortSignal>();
  const worker = quoin.queues.work({
    queues: ["mail"],
    patience: "50ms",
    handlers: {
      endless: (task) => {
        begun.resolve(task.signal);
        return new Promise(() => {});
      },
    },
  });
  const signal = await soon(begun.promise);
  await soon(worker.close());
  assert.ok(signal.aborted);
  await eventually("it waits again", async () => (await quoin.queues.stats("mail")).leased === 0n);
});

test("a worker that is not allowed to work says so", async () => {
  await using quoin = await connect();
  const handlers = { sold: () => {} };
  await assert.rejects(soon(quoin.queues.work({ queues: [""], handlers }).ended), (e) => {
    return e instanceof InvalidRequestError;
  });
  assert.throws(() => quoin.queues.work({ queues: ["mail"], handlers: {} }), RangeError);
  assert.throws(() => quoin.queues.work({ queues: ["a"], handlers, concurrency: 0 }), RangeError);
  assert.throws(() => TaskError.retryAfter("8d", "far too late"), RangeError);
});

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
