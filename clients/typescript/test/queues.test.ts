// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, QuoinError, type Task, TaskError, TaskState } from "@quoin/client";
import { connect, eventually, soon } from "./support.js";

test("a task is done and its result is told", async () => {
  await using quoin = await connect();
  const { taskId, duplicate } = await quoin.queues.enqueue({
    queue: "mail",
    task: {
      kind: "sold",
      content: { case: "payloadText", value: "ann: lamp" },
      fairnessKey: "shop",
    },
  });
  assert.equal(duplicate, false);
  await using _ = quoin.queues.work({
    queues: ["mail"],
    handlers: {
      sold: (task) => {
        assert.deepEqual([task.id, task.queue, task.kind], [taskId, "mail", "sold"]);
        assert.deepEqual([task.text, task.attempt, task.fairnessKey], ["ann: lamp", 1, "shop"]);
        assert.ok(task.fence > 0n && task.enqueueTime.getTime() > 0);
        return "told ann";
      },
    },
  });
  const end = await soon(quoin.queues.ended({ queue: "mail", taskId }));
  assert.equal(end.state, TaskState.DONE);
  assert.equal(end.answer.value, "told ann");
});

test("many tasks are done, each kind by its handler, no more at a time than may be", async () => {
  await using quoin = await connect();
  const tasks = Array.from({ length: 60 }, (_, i) => ({ kind: i % 2 ? "odd" : "even" }));
  await quoin.queues.enqueueBatch({ queue: "numbers", newTasks: tasks });
  let running = 0;
  let most = 0;
  const done: string[] = [];
  const handle = async (task: Task) => {
    most = Math.max(most, ++running);
    await quoin.queues.getStats({ queue: "numbers" });
    running--;
    done.push(task.kind);
  };
  await using _ = quoin.queues.work({
    queues: ["numbers"],
    concurrency: 4,
    handlers: { odd: handle, even: handle },
  });
  await eventually("all are done", () => done.length >= tasks.length);
  assert.equal(done.filter((kind) => kind === "odd").length, 30);
  assert.ok(most <= 4, String(most));
  await eventually("all are known to be done", async () => {
    const { readyCount, leasedCount, finishedCount } = await quoin.queues.getStats({
      queue: "numbers",
    });
    return readyCount === 0n && leasedCount === 0n && finishedCount === 60n;
  });
});

test("a failed task is tried again, or not, as its handler says", async () => {
  await using quoin = await connect();
  const backoff = { initial: duration("10ms") };
  const newTasks = [
    { kind: "later" },
    { kind: "never" },
    { kind: "broken", backoff, maxAttempts: 2 },
    { kind: "long", maxAttempts: 1 },
    { kind: "half", maxAttempts: 1 },
  ];
  const { results } = await quoin.queues.enqueueBatch({ queue: "mail", newTasks });
  await using _ = quoin.queues.work({
    queues: ["mail"],
    handlers: {
      later: (task) => {
        if (task.attempt === 1) {
          throw TaskError.retryAfter("10ms", "busy");
        }
      },
      never: () => {
        throw TaskError.dead("no such seller");
      },
      broken: () => Promise.reject(new Error("broken")),
      long: () => "x".repeat(70_000),
      half: (task) => {
        task.progress("\ud83d");
        return "\ud83d";
      },
    },
  });
  const ends = await soon(
    Promise.all(results.map(({ taskId }) => quoin.queues.ended({ queue: "mail", taskId }))),
  );
  assert.deepEqual(
    ends.map(({ state, attempts }) => [state, attempts]),
    [
      [TaskState.DONE, 2],
      [TaskState.DEAD, 1],
      [TaskState.DEAD, 2],
      [TaskState.DEAD, 1],
      [TaskState.DEAD, 1],
    ],
  );
  assert.deepEqual(
    ends.map(({ errors }) => errors.at(-1)?.error),
    [
      "busy",
      "no such seller",
      "Error: broken",
      "the result has more than 65536 bytes",
      "the result has half a surrogate pair, which is no character",
    ],
  );
});

test("a task that is cancelled is told to stop", async () => {
  await using quoin = await connect();
  const { taskId } = await quoin.queues.enqueue({ queue: "mail", task: { kind: "slow" } });
  const stopped = new Promise((resolve) => {
    quoin.queues.work({
      queues: ["mail"],
      handlers: {
        slow: async (task) => {
          task.progress("half");
          await new Promise((stop) => task.signal.addEventListener("abort", stop));
          resolve(task.signal.reason);
          task.signal.throwIfAborted();
        },
      },
    });
  });
  await eventually(
    "it says how far it is",
    async () => (await quoin.queues.get({ queue: "mail", taskId })).status?.progressText === "half",
  );
  const cancelled = await quoin.queues.cancel({ queue: "mail", taskId });
  assert.equal(cancelled.state, TaskState.LEASED);
  assert.match(String(await soon(stopped)), /cancelled/);
  const { state } = await soon(quoin.queues.ended({ queue: "mail", taskId }));
  assert.equal(state, TaskState.CANCELLED);
});

test("who waits for a task can stop waiting, and hears that there is none", async () => {
  await using quoin = await connect();
  const unknown = (e: unknown) => e instanceof QuoinError && e.reason === "TASK_NOT_FOUND";
  await assert.rejects(soon(quoin.queues.ended({ queue: "mail", taskId: "0123" })), unknown);
  const { taskId } = await quoin.queues.enqueue({
    queue: "mail",
    task: { kind: "sold", delay: duration("1h") },
  });
  const abort = new AbortController();
  const waiting = quoin.queues.ended({ queue: "mail", taskId }, { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assert.rejects(soon(waiting), /enough/);
  const { state } = await quoin.queues.cancel({ queue: "mail", taskId });
  assert.equal(state, TaskState.CANCELLED);
});

test("a task with a known key is not added again", async () => {
  await using quoin = await connect();
  const task = { kind: "sold", dedupKey: "order 17" };
  const first = await quoin.queues.enqueue({ queue: "mail", task });
  const second = await quoin.queues.enqueue({ queue: "mail", task });
  assert.deepEqual([second.taskId, second.duplicate], [first.taskId, true]);
});
