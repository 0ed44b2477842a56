// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Interceptor } from "@connectrpc/connect";
import {
  duration,
  InvalidRequestError,
  pages,
  Quoin,
  QuoinError,
  type Severity,
} from "@quoin/client";
import { guarded, textOf } from "#dist/callbacks.js";
import { connect, eventually, next, sharedAddress, soon } from "./support.js";

// Callbacks may return and throw anything: it is said once, and the rest goes on.

const escaped: unknown[] = [];
const note = (reason: unknown) => void escaped.push(reason);
before(() => {
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
});
after(() => {
  process.off("unhandledRejection", note);
  process.off("uncaughtException", note);
  assert.deepEqual(escaped, []);
});

const revoked = Proxy.revocable({}, {});
revoked.revoke();

/** What callbacks do that nobody would expect. */
const ODD: Record<string, () => unknown> = {
  error: () => {
    throw new Error("no");
  },
  bare: () => {
    throw Object.create(null);
  },
  proxy: () => {
    throw revoked.proxy;
  },
  symbol: () => {
    throw Symbol("no");
  },
  rejection: () => Promise.reject(Object.create(null)),
  // biome-ignore lint/suspicious/noThenProperty: that is the point
  thenable: () => ({ then: (_: unknown, fail: (reason: unknown) => void) => fail(revoked.proxy) }),
  returnedProxy: () => revoked.proxy,
};

test("anything that is thrown has a text, and is said once", async () => {
  for (const [name, odd] of Object.entries(ODD)) {
    const lines: string[] = [];
    const call = guarded((line) => lines.push(line), name, odd);
    call();
    call();
    await eventually("it is said", () => lines.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(lines.length, 1, name);
    assert.match(lines[0] ?? "", new RegExp(`^${name} fails: .`));
  }
  assert.match(textOf(Object.create(null)), /without a text/);
});

for (const [name, odd] of Object.entries(ODD)) {
  test(`listeners and hooks may fail: ${name}`, async () => {
    const lines: string[] = [];
    await using quoin = await connect({ log: (line) => void lines.push(line) });

    const lock = await quoin.locks.acquire("report", { lease: "4s" });
    assert.ok(lock);
    const told = new Promise((resolve) => {
      lock.onLost(odd);
      lock.onLost(resolve);
    });
    const waiting = quoin.locks.hold("report", { onWaiting: odd });
    await eventually(
      "it waits",
      async () => (await quoin.locks.get({ name: "report" })).waiterCount === 1n,
    );
    await quoin.locks.revoke({ name: "report" });
    assert.equal(await soon(told), "revoked");
    assert.ok((await soon(waiting)).isHeld);

    await using settings = quoin.config.watch({ type: "shop" });
    await soon(settings.ready);
    const heard = new Promise((resolve) => {
      settings.onChange(odd);
      settings.onChange(resolve);
    });
    await using instances = quoin.config.watchService({ service: "shop" });
    await soon(instances.ready);
    const found = new Promise((resolve) => {
      instances.onChange(odd);
      instances.onChange(resolve);
    });
    await quoin.config.set({ type: "shop", component: "a", value: { b: 1 } });
    await using _ = quoin.config.announce({ service: "shop", address: "10.0.0.1:80" });
    await soon(Promise.all([heard, found]));

    const { chatId } = await quoin.chat.create({ actor: "ann" });
    await using events = quoin.chat.subscribe({ user: "ann" }, { onAlive: odd, onBroken: odd });
    await quoin.chat.send({ chatId, sender: "ann", body: "hi" });
    const chat = events[Symbol.asyncIterator]();
    while ((await next(chat)).case !== "message") {}

    const messages = lines.filter((line) => / fails: /.test(line));
    assert.ok(messages.length >= 4, lines.join("\n"));
  });

  test(`interceptors and logs may fail: ${name}`, async () => {
    let isOdd = true;
    const interceptor: Interceptor = (proceed) => async (request) =>
      isOdd ? ((await odd()) as never) : proceed(request);
    await using quoin = Quoin.connect(await sharedAddress(), {
      interceptors: [interceptor],
      log: odd,
      deadline: "20s",
    });
    await assert.rejects(soon(quoin.locks.get({ name: "x" })), QuoinError);
    await using recorder = quoin.counters.recorder("1ms");
    recorder.increment("views");
    await using writer = quoin.logs.writer("shop");
    writer.write({ text: "x" });
    const tail = quoin.logs.tail({ names: ["shop"], last: 10 })[Symbol.asyncIterator]();
    const event = tail.next();
    isOdd = false;
    await soon(writer.flush());
    await quoin.logs.write({ name: "shop", text: "y" });
    assert.equal((await soon(event)).done, false);
    await soon(tail.return());
  });
}

test("an interceptor that never comes back meets the deadline and the signal", async () => {
  const interceptors = [() => () => new Promise<never>(() => {})];
  const quoin = Quoin.connect(await sharedAddress(), { interceptors, deadline: "100ms" });
  await assert.rejects(soon(quoin.locks.get({ name: "x" })), QuoinError);
  const reason = new Error("enough");
  const abort = new AbortController();
  const call = quoin.locks.get({ name: "x" }, { signal: abort.signal, timeoutMs: 3_600_000 });
  abort.abort(reason);
  await assert.rejects(soon(call), reason);
  await soon(quoin.close());
});

test("a signal may be aborted with anything", async () => {
  await using quoin = await connect();
  for (const reason of [Object.create(null), revoked.proxy, Symbol("x"), null]) {
    const abort = new AbortController();
    const held = await quoin.locks.acquire("x");
    const calls = [
      quoin.locks.acquire("x", { wait: "1h", signal: abort.signal }),
      quoin.locks.hold("x", { signal: abort.signal }),
      quoin.queues.ended({ queue: "x", taskId: "y" }, { signal: abort.signal }),
      quoin.logs
        .tail({ names: ["x"] }, { signal: abort.signal })
        [Symbol.asyncIterator]()
        .next(),
    ];
    for (const call of calls) {
      call.catch(() => {});
    }
    await eventually(
      "they wait",
      async () => (await quoin.locks.get({ name: "x" })).waiterCount === 2n,
    );
    abort.abort(reason);
    for (const call of [0, 1, 3]) {
      const failed = await soon(
        (calls[call] as Promise<unknown>).then(
          () => false,
          (e) => e === reason,
        ),
      );
      assert.ok(failed, `${call}`);
    }
    await held?.release();
  }
});

test("what is no message is refused, not sent again and again", async () => {
  await using quoin = await connect({ log: () => {} });
  const none = Object.create(null);
  await assert.rejects(soon(quoin.locks.acquire(none)), InvalidRequestError);
  await assert.rejects(soon(quoin.locks.hold(none)), TypeError);
  await assert.rejects(
    soon(
      quoin.logs
        .tail({ names: [none] })
        [Symbol.asyncIterator]()
        .next(),
    ),
    (e) => e !== null,
  );
  const wrong = { name: "x", severity: 1.5 as Severity, text: "x" };
  await assert.rejects(soon(quoin.logs.write(wrong)), InvalidRequestError);
  const watch = quoin.counters.watch({ name: "x", precision: none });
  await assert.rejects(soon(watch[Symbol.asyncIterator]().next()), (e) => e !== null);
  const instance = { service: "shop", address: "x:1", metadata: { a: none } };
  await assert.rejects(soon(quoin.config.announce(instance).ready), InvalidRequestError);
});

test("a writer drops what can never be written, and writes the rest", async () => {
  const lines: string[] = [];
  await using quoin = await connect({ log: (line) => void lines.push(line) });
  const writer = quoin.logs.writer("shop");
  const odd = Object.defineProperty({}, "text", { get: ODD.bare as () => never });
  assert.equal(writer.write(odd as never), false);
  assert.equal(writer.write(null as never), false);
  assert.ok(
    writer.write({ text: 7 as never, severity: 99 as Severity, fields: { a: {} as never } }),
  );
  for (let i = 0; i < 300; i++) {
    writer.write({ text: `${i}` });
  }
  // As a server with narrower limits than this client knows of sees it.
  const { waiting } = writer as unknown as { waiting: { text: string }[] };
  for (const index of [3, 150, 299]) {
    (waiting[index] as { text: string }).text = "";
  }
  await soon(writer.flush());
  assert.equal(writer.dropped, 5);
  assert.equal(lines.length, 4, lines.join("\n"));
  const events = quoin.logs.tail({ names: ["shop"], last: 1_000 })[Symbol.asyncIterator]();
  const texts: string[] = [];
  while (texts.at(-1) !== "299") {
    const event = await next(events);
    texts.push(event.case === "entry" ? event.entry.text : event.case);
  }
  const wanted = Array.from({ length: 300 }, (_, i) => `${i}`);
  assert.deepEqual(
    texts,
    ["7", ...wanted].filter((_, i) => ![3, 150, 299].includes(i)),
  );
  await events.return?.();
  await writer.close();
});

test("a recorder drops what can never be counted, and counts the rest", async () => {
  const lines: string[] = [];
  await using quoin = await connect({ log: (line) => void lines.push(line) });
  const counters = quoin.counters.recorder("1h");
  const stats = quoin.stats.recorder("1h");
  for (let i = 0; i < 2_500; i++) {
    counters.increment(`page/${i}`);
    stats.record("AccessTime", "/home", 1);
  }
  // As a server with narrower limits than this client knows of sees it.
  const { sums } = counters as unknown as { sums: Map<string, bigint> };
  sums.set("a\nb", 1n);
  sums.set("last", 1n);
  const { values } = stats as unknown as { values: { context: string }[] };
  (values[1_500] as { context: string }).context = "";
  await soon(Promise.all([counters.close(), stats.close()]));
  assert.deepEqual([counters.dropped, stats.dropped], [1, 1], lines.join("\n"));
  assert.equal(lines.length, 2, lines.join("\n"));
  let found = 0;
  for await (const { names } of pages(quoin.counters.list, { prefix: "page/", pageSize: 1_000 })) {
    found += names.length;
  }
  assert.equal(found, 2_500);
  const request = { name: "last", precision: duration("1d"), last: 2 };
  assert.equal((await quoin.counters.get(request)).samples.at(-1)?.count, 1n);
  for (const wrong of [["a"], 5, null, Symbol("x"), Object.create(null)]) {
    assert.throws(() => counters.increment(wrong as string), TypeError);
  }
  assert.throws(() => stats.record("a", "b", "5" as never), RangeError);
});
