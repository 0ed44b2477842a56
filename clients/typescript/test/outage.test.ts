// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  duration,
  type Lock,
  Quoin,
  TaskState,
  UnavailableError,
  type Worker,
} from "@quoin/client";
import type { TestServer } from "@quoin/client/testing";
import { startServer } from "./server.js";
import { eventually, soon } from "./support.js";

// What is open when a server goes away, and comes back, goes on as if nothing had happened.

let server: TestServer;
let quoin: Quoin;
let lock: Lock;
let held: Lock;
let worker: Worker;
const done: string[] = [];
const texts: string[] = [];
const bodies: string[] = [];
const lines: string[] = [];
let counts = 0n;
let sent = 0;
let open = () => {};
const gate = new Promise<void>((resolve) => {
  open = resolve;
});

before(async () => {
  server = await startServer();
  quoin = Quoin.connect(server.address, {
    deadline: "20s",
    log: (line) => void lines.push(line),
  });
  const acquired = await quoin.locks.acquire("acquired", { lease: "5m" });
  assert.ok(acquired);
  lock = acquired;
  held = await quoin.locks.hold("held", { lease: "5m" });
  worker = quoin.queues.work({
    queues: ["mail"],
    handlers: {
      quick: (task) => void done.push(task.text),
      slow: () => gate,
    },
    lease: "5m",
  });
  void (async () => {
    for await (const event of quoin.logs.tail({ names: ["shop"] })) {
      texts.push(event.case === "entry" ? event.entry.text : "gap");
    }
  })();
  void (async () => {
    for await (const event of quoin.chat.subscribe({ user: "ann" })) {
      if (event.case === "message") {
        bodies.push(event.value.body);
      }
    }
  })();
  void (async () => {
    const request = { name: "views", precision: duration("1d") };
    for await (const { samples } of quoin.counters.watch(request)) {
      counts = samples.reduce((sum, { count = 0n }) => sum + count, 0n);
    }
  })();
});

after(async () => {
  await quoin.close();
  await server.close();
});

/** Does something with everything, and sees that it arrives everywhere. */
async function everythingWorks(): Promise<void> {
  const round = `round ${++sent}`;
  const shared = { recorder: quoin.counters.recorder("10ms"), writer: quoin.logs.writer("shop") };
  shared.recorder.increment("views");
  shared.writer.write({ text: round });
  const content = { case: "payloadText" as const, value: round };
  await quoin.queues.enqueue({ queue: "mail", task: { kind: "quick", content } });
  await quoin.chat.send({ chatId: "room", sender: "ann", body: round });
  await shared.recorder.close();
  await shared.writer.close();
  assert.deepEqual([shared.recorder.dropped, shared.writer.dropped], [0, 0]);
  await eventually("the task is done", () => done.includes(round));
  await eventually("the tail tells", () => texts.includes(round));
  await eventually("the chat tells", () => bodies.includes(round));
  await eventually("the counter is told", () => counts === BigInt(sent));
}

test("a server that drains and one that is killed are waited for", async () => {
  await quoin.chat.create({ actor: "ann", chatId: "room" });
  await using settings = quoin.config.watch({ type: "shop" });
  await using instance = quoin.config.announce({ service: "shop", address: "10.0.0.1:80" });
  await soon(Promise.all([settings.ready, instance.ready]));
  await everythingWorks();
  const { taskId } = await quoin.queues.enqueue({ queue: "mail", task: { kind: "slow" } });
  await eventually("it is begun", async () => {
    return (await quoin.queues.get({ queue: "mail", taskId })).status?.attempts === 1;
  });
  const ended = quoin.queues.ended({ queue: "mail", taskId });
  await using recorder = quoin.counters.recorder("10ms");
  const writer = quoin.logs.writer("shop");

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await server.stop(signal);
    await eventually("the watch is stale", () => settings.isStale);
    assert.ok(lock.isHeld && held.isHeld);
    recorder.increment("while/away");
    writer.write({ text: signal });
    await server.restart();
    await everythingWorks();
    await quoin.config.set({ type: "shop", component: "round", value: { sent } });
    await eventually("the change is seen", () => {
      return settings.get("round")?.value?.sent === sent && !settings.isStale;
    });
    await eventually("the instance is known", async () => {
      return (await quoin.config.resolve({ service: "shop" })).instances.length === 1;
    });
  }

  open();
  const end = await soon(ended);
  assert.deepEqual([end.state, end.attempts], [TaskState.DONE, 1]);
  await soon(writer.close());
  assert.deepEqual([writer.dropped, texts.includes("SIGTERM")], [0, true]);
  assert.deepEqual([...new Set(texts)], texts, "no entry comes twice");
  assert.deepEqual([...new Set(bodies)], bodies, "no message comes twice");
  await eventually("all is counted once", async () => {
    const request = { name: "while/away", precision: duration("1d") };
    const { samples } = await quoin.counters.get(request);
    return samples.reduce((sum, { count = 0n }) => sum + count, 0n) === 2n;
  });
  assert.deepEqual([lock.signal.aborted, held.signal.aborted], [false, false]);
  await worker.close();
  // One line for each change, with the address.
  const news = new Map<string, string[]>();
  for (const line of lines) {
    assert.ok(line.includes(server.address), line);
    const [, what = "", became = ""] = /^quoin: (.*?) (is .*|cannot .*|ended .*)$/.exec(line) ?? [];
    news.set(what, [
      ...(news.get(what) ?? []),
      /^is (back|reached again)$/.test(became) ? "back" : "lost",
    ]);
  }
  assert.ok(news.size >= 6, lines.join("\n"));
  for (const [what, changes] of news) {
    assert.ok(
      changes.every((change, i) => change === (i % 2 ? "back" : "lost")),
      `${what}: ${changes}\n${lines.join("\n")}`,
    );
  }
});

test("what is held is lost when an outage takes longer than its lease", async () => {
  // Longer than all attempts of a call take: the last one says what is wrong.
  await using impatient = Quoin.connect(server.address, { deadline: "4s", log: () => {} });
  const short = await impatient.locks.acquire("short", { lease: "2s" });
  const long = await impatient.locks.acquire("long", { lease: "5m" });
  assert.ok(short && long);
  const told = new Promise((resolve) => short.onLost(resolve));
  await server.stop("SIGKILL");
  assert.equal(await soon(told), "expired");
  assert.deepEqual([short.isHeld, long.isHeld], [false, true]);
  await assert.rejects(impatient.locks.acquire("other"), UnavailableError);
  await assert.rejects(soon(long.release()), UnavailableError);
  await server.restart();
  await eventually("locks are granted again", async () => {
    const next = await impatient.locks.acquire("other").catch(() => undefined);
    return next !== undefined;
  });
  await held.release();
  assert.equal((await quoin.locks.get({ name: "held" })).held, false);
});
