// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidRequestError, TaskError, type TaskHandler, TaskState } from "@quoin/client";
import { connect, eventually, soon } from "./support.js";

test("a worker that is closed ends what it does and gives the rest back", async () => {
  await using quoin = await connect();
  const newTasks = Array.from({ length: 4 }, () => ({ kind: "slow" }));
  await quoin.queues.enqueueBatch({ queue: "mail", newTasks });
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
    const stats = await quoin.queues.getStats({ queue: "mail" });
    return stats.readyCount === 3n && stats.finishedCount === 1n;
  });
});

test("a worker loses patience with tasks that do not end", async () => {
  await using quoin = await connect();
  await quoin.queues.enqueue({ queue: "mail", task: { kind: "endless" } });
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
  await eventually("it waits again", async () => {
    return (await quoin.queues.getStats({ queue: "mail" })).leasedCount === 0n;
  });
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

test("a worker goes on whatever its handlers return and throw", async () => {
  const lines: string[] = [];
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => void rejections.push(reason);
  process.on("unhandledRejection", onRejection);
  await using quoin = await connect({ log: (line) => void lines.push(line) });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const textless = new Error("never told");
  Object.defineProperty(textless, "message", {
    get() {
      throw Object.create(null);
    },
  });
  const results: Record<string, () => unknown> = {
    object: () => ({ a: 1 }),
    number: () => 7,
    symbol: () => Symbol("x"),
    bigint: () => 7n,
    array: () => ["a"],
    // biome-ignore lint/suspicious/noThenProperty: that is the point
    thenable: () => ({ then: (done: (value: unknown) => void) => done({ b: 2 }) }),
    large: () => "x".repeat(70_000),
  };
  const failures: Record<string, () => unknown> = {
    // biome-ignore lint/suspicious/noThenProperty: that is the point
    thenThrows: () => Object.defineProperty({}, "then", { get: () => thrown(Symbol("then")) }),
    bare: () => thrown(Object.create(null)),
    nothing: () => thrown(undefined),
    proxy: () => thrown(revoked.proxy),
    returnedProxy: () => revoked.proxy,
    textless: () => thrown(textless),
    late: () => Promise.reject(Object.create(null)),
    half: () => thrown(`half a character: ${"\ud83d"}`),
    odd: () => thrown(Object.assign(TaskError.dead("x"), { retryAfter: "soon" })),
  };
  const handlers: Record<string, TaskHandler> = {
    well: () => "done",
    never: () => new Promise(() => {}),
  };
  for (const [kind, handler] of Object.entries({ ...results, ...failures })) {
    handlers[kind] = handler as TaskHandler;
  }
  const worker = quoin.queues.work({ queues: ["mail"], handlers, concurrency: 50, patience: 1 });
  const add = async (kind: string) => {
    const task = { kind, maxAttempts: 1 };
    return (await quoin.queues.enqueue({ queue: "mail", task })).taskId;
  };
  const never = await add("never");
  const odd: [string, string][] = [];
  for (const kind of [...Object.keys(results), ...Object.keys(failures)]) {
    odd.push([kind, await add(kind)]);
  }
  const well = await Promise.all(Array.from({ length: 20 }, () => add("well")));
  for (const taskId of well) {
    const { state, attempts } = await soon(quoin.queues.ended({ queue: "mail", taskId }));
    assert.deepEqual([state, attempts], [TaskState.DONE, 1]);
  }
  for (const [kind, taskId] of odd) {
    const { state } = await soon(quoin.queues.ended({ queue: "mail", taskId }));
    assert.equal(TaskState[state], "DEAD", kind);
  }
  const { status } = await quoin.queues.get({ queue: "mail", taskId: never });
  assert.equal(status?.state, TaskState.LEASED);
  await soon(worker.close());
  process.off("unhandledRejection", onRejection);
  assert.deepEqual([lines, rejections], [[], []]);
});

test("how a task ended that the server does not take is dropped, and the rest is said", async () => {
  const lines: string[] = [];
  await using quoin = await connect({ log: (line) => void lines.push(line) });
  const gate = withResolvers<void>();
  let begun = 0;
  const work = () => {
    begun++;
    return gate.promise;
  };
  const options = { queues: ["mail"], handlers: { work } };
  await using worker = quoin.queues.work(options);
  const { taskId } = await quoin.queues.enqueue({ queue: "mail", task: { kind: "work" } });
  await eventually("it is begun", () => begun === 1);
  // As a server with narrower limits than this client knows of sees it.
  type Stream = { settle(id: string, report: { message: unknown }): void };
  const { stream } = worker as unknown as { stream: Stream };
  const bad = { queue: "", taskId: "bad", token: "x" };
  stream.settle("bad", { message: { case: "ack", value: bad } });
  gate.resolve();
  assert.equal((await soon(quoin.queues.ended({ queue: "mail", taskId }))).state, TaskState.DONE);
  const next = await quoin.queues.enqueue({ queue: "mail", task: { kind: "work" } });
  assert.equal(
    (await soon(quoin.queues.ended({ queue: "mail", taskId: next.taskId }))).state,
    TaskState.DONE,
  );
  await eventually("it is said", () =>
    lines.some((line) => /task bad ended cannot be reported/.test(line)),
  );
});

test("a refused worker is in the log, and no unhandled rejection", async () => {
  const lines: string[] = [];
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => void rejections.push(reason);
  process.on("unhandledRejection", onRejection);
  await using quoin = await connect({ log: (line) => void lines.push(line) });
  quoin.queues.work({ queues: [""], handlers: { y: () => {} } });
  await eventually("it is said", () => lines.some((line) => /the worker for .* ends/.test(line)));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", onRejection);
  assert.deepEqual(rejections, []);
  const wrong = { queues: ["mail"], lease: "soon", handlers: { y: () => {} } };
  assert.throws(() => quoin.queues.work(wrong), TypeError);
  assert.throws(() => quoin.queues.work({ queues: ["m"], handlers: { y: 5 as never } }), TypeError);
});

function thrown(what: unknown): never {
  throw what;
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
