// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { duration, pages, Quoin, QuoinError } from "@quoin/client";
import { FOLDER, JAR, startServer } from "./server.js";
import { connect, eventually, next, sharedAddress, soon } from "./support.js";

/** Everything of a client that can be iterated over, and how many events come at once. */
function iterables(quoin: Quoin): [what: string, all: AsyncIterable<unknown>, events: number][] {
  return [
    ["tail", quoin.logs.tail({ names: ["shop"] }), 0],
    ["subscribe", quoin.chat.subscribe({ user: "ann" }), 0],
    ["locks.watch", quoin.locks.watch({ name: "x" }), 1],
    ["counters.watch", quoin.counters.watch({ name: "views", precision: duration("1d") }), 1],
    ["a stub's watch", quoin.stubs.locks.watch({ name: "x" }), 1],
    ["a stub's hold", quoin.stubs.locks.hold({ name: "x" }), 1],
    ["a stub's work", quoin.stubs.queues.work(endless()), 0],
    ["a stub's call that never begins", quoin.stubs.stats.watchAnomalies({}), 0],
    ["pages", pages(quoin.locks.list, { prefix: "x" }), 0],
  ];
}

/** Requests of a caller who sends nothing more. */
async function* endless<T>(): AsyncGenerator<T> {
  await new Promise(() => {});
}

/** A client that holds a lock, and with calls that never begin. */
async function silent(): Promise<Quoin> {
  const stuck = ["List", "WatchAnomalies"];
  const quoin = await connect({
    interceptors: [
      (proceed) => (request) =>
        stuck.includes(request.method.name) ? new Promise(() => {}) : proceed(request),
    ],
  });
  await quoin.locks.acquire("x");
  return quoin;
}

test("a loop that is ended while it waits ends at once", async () => {
  await using quoin = await silent();
  for (const [what, all, events] of iterables(quoin)) {
    const iterator = all[Symbol.asyncIterator]();
    for (let event = 0; event < events; event++) {
      await next(iterator);
    }
    const waiting = [iterator.next(), iterator.next()];
    assert.equal((await soon(iterator.return?.() as (typeof waiting)[0])).done, true, what);
    for (const result of [...waiting, iterator.next()]) {
      assert.equal((await soon(result)).done, true, what);
    }
  }
});

test("a loop that is ended by an error while it waits ends at once, with the error", async () => {
  await using quoin = await silent();
  const enough = new Error("enough");
  for (const [what, all, events] of iterables(quoin)) {
    const iterator = all[Symbol.asyncIterator]();
    for (let event = 0; event < events; event++) {
      await next(iterator);
    }
    const waiting = [iterator.next(), iterator.next()];
    const thrown = iterator.throw?.(enough) as Promise<unknown>;
    await assert.rejects(soon(thrown), (e) => e === enough, what);
    for (const result of [...waiting, iterator.next()]) {
      assert.equal((await soon(result)).done, true, what);
    }
    // What has ended, or has not begun, does the same.
    await assert.rejects(soon(iterator.throw?.(enough) as Promise<unknown>), /enough/, what);
  }
  for (const [what, all] of iterables(quoin)) {
    const iterator = all[Symbol.asyncIterator]();
    await assert.rejects(soon(iterator.throw?.(enough) as Promise<unknown>), /enough/, what);
    assert.equal((await soon(iterator.next())).done, true, what);
  }
});

test("the pages of a list end with the reason of their signal", async () => {
  await using quoin = await silent();
  const abort = new AbortController();
  const waiting = pages(quoin.locks.list, {}, { signal: abort.signal }).next();
  abort.abort(new Error("enough"));
  await assert.rejects(soon(waiting), /enough/);
  assert.equal(getEventListeners(abort.signal, "abort").length, 0);
});

test("keys of users mean nothing to the client", async () => {
  await using quoin = await connect();
  const keys = '"case":"a","value":"b","$typeName":"google.protobuf.Timestamp","constructor":"c"';
  const value = JSON.parse(
    `{${keys},"__proto__":{"x":1},"n":{${keys},"__proto__":[1]},"l":[{${keys}}]}`,
  );
  const place = { type: "redis", component: "statistics" };
  await quoin.config.set({ ...place, value });
  await using watch = quoin.config.watch({ type: "redis" });
  await soon(watch.ready);
  const { configuration } = await quoin.config.get(place);
  for (const seen of [configuration?.value, watch.get("statistics")?.value]) {
    assert.deepEqual(seen, value);
  }
  assert.equal(({} as { x?: number }).x, undefined);

  const fields = JSON.parse(`{${keys},"__proto__":"p"}`);
  await quoin.logs.write({ name: "shop", text: "x", fields });
  const [entry] = (await quoin.logs.listRecent({ name: "shop" })).entries;
  assert.deepEqual(Object.entries(entry?.fields ?? {}).sort(), Object.entries(fields).sort());
  {
    await using writer = quoin.logs.writer("mail");
    writer.write({ text: "x", fields });
  }
  const [other] = (await quoin.logs.listRecent({ name: "mail" })).entries;
  assert.deepEqual(Object.entries(other?.fields ?? {}).sort(), Object.entries(fields).sort());

  await using announced = quoin.config.announce({
    service: "web",
    address: "10.0.0.1:80",
    metadata: fields,
  });
  await soon(announced.ready);
  const [instance] = (await quoin.config.resolve({ service: "web" })).instances;
  assert.deepEqual(Object.entries(instance?.metadata ?? {}).sort(), Object.entries(fields).sort());
});

test("a signal has one listener, and none when nothing waits for it", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on("warning", onWarning);
  await using quoin = await connect();
  await using first = await quoin.locks.acquire("x");
  const abort = new AbortController();
  const { signal } = abort;
  for (let i = 0; i < 50; i++) {
    await quoin.locks.get({ name: "x" }, { signal });
  }
  assert.equal(getEventListeners(signal, "abort").length, 0);
  const waiting: PromiseLike<unknown>[] = [];
  for (let i = 0; i < 15; i++) {
    waiting.push(
      quoin.locks.acquire("x", { wait: "1h", signal }),
      quoin.locks.hold("x", { signal }),
      quoin.logs
        .tail({ names: [`log${i}`] }, { signal })
        [Symbol.asyncIterator]()
        .next(),
      quoin.stubs.locks
        .hold({ name: `y${i}` }, { signal })
        [Symbol.asyncIterator]()
        .next(),
    );
    quoin.queues.work({ queues: ["mail"], handlers: { x: () => {} }, signal });
  }
  const settled = Promise.allSettled(waiting);
  await eventually(
    "they wait",
    async () => (await quoin.locks.get({ name: "x" })).waiterCount === 30n,
  );
  assert.equal(getEventListeners(signal, "abort").length, 1);
  abort.abort();
  await soon(settled);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  process.off("warning", onWarning);
  assert.deepEqual([warnings, first?.isHeld], [[], true]);
});

/** Runs a program that uses the client. */
function run(program: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
  const module = (name: string) => pathToFileURL(join(FOLDER, "dist", name)).href;
  const head = `import { Quoin } from "${module("index.js")}";
    import { TestServer } from "${module("testing.js")}";`;
  return spawn(process.execPath, ["--input-type=module", "-e", `${head}\n${program}`], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

test("recorders, writers, watches and held leases do not keep a process alive", async () => {
  const child = run(
    `const quoin = Quoin.connect(process.env.QUOIN_ADDRESS);
     const counters = quoin.counters.recorder("1ms"), stats = quoin.stats.recorder("1ms");
     const writer = quoin.logs.writer("shop");
     counters.increment("views");
     stats.record("AccessTime", "/", 1);
     writer.write({ text: "x" });
     await writer.flush();
     await quoin.locks.acquire("alive" + process.pid, { lease: "10s" });
     await quoin.config.watch({ type: "shop" }).ready;
     const request = { name: "views", precision: { seconds: 86400n } };
     while (!(await quoin.counters.get(request)).samples.some(({ count }) => count > 0n));
     counters.increment("views");
     process.stdout.write("used");`,
    { QUOIN_ADDRESS: await sharedAddress() },
  );
  const said: string[] = [];
  child.stdout?.on("data", (chunk) => said.push(`${chunk}`));
  const ended = once(child, "exit");
  try {
    const [code] = await soon(ended);
    assert.deepEqual([code, said.join("")], [0, "used"]);
  } finally {
    child.kill("SIGKILL");
  }
});

test("a test server ends with its parent, also when that is killed", async () => {
  const child = run(
    `const server = await TestServer.start();
     console.log(server.process.pid, server.folder);
     setInterval(() => {}, 1000);`,
    { QUOIN_JAR: JAR },
  );
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await once(lines, "line")) as [string];
  const [pid, folder = ""] = line.split(" ");
  assert.ok(existsSync(folder));
  process.kill(Number(pid), 0);
  child.kill("SIGKILL");
  await eventually("the server is gone", () => {
    try {
      process.kill(Number(pid), 0);
      return false;
    } catch {
      return true;
    }
  });
  await eventually("its folder is gone", () => !existsSync(folder));
});

test("what Redis grants too late is given back", async () => {
  await using server = await startServer();
  const { folder } = server as unknown as { folder: string };
  const redis = Number(readFileSync(join(folder, "data", "redis.pid"), "utf8"));
  const lines: string[] = [];
  await using quoin = Quoin.connect(server.address, {
    deadline: "2s",
    log: (line) => void lines.push(line),
  });
  await quoin.semaphores.configure({ name: "s", limit: 3 });
  process.kill(redis, "SIGSTOP");
  const options = { lease: "10m" };
  const all = [
    quoin.locks.acquire("a", options),
    quoin.locks.acquireAll(["b", "c"], options),
    quoin.semaphores.acquire("s", options),
  ];
  try {
    for (const outcome of await Promise.allSettled(all)) {
      assert.ok(outcome.status === "rejected" && outcome.reason instanceof QuoinError);
    }
  } finally {
    process.kill(redis, "SIGCONT");
  }
  for (const name of ["a", "b", "c"]) {
    await eventually(`${name} is free`, async () => {
      return (await quoin.locks.get({ name }).catch(() => undefined))?.held === false;
    });
  }
  await eventually("the permits are free", async () => {
    return (await quoin.semaphores.get({ name: "s" }).catch(() => undefined))?.inUse === 0;
  });
  // Late grants would show now: each is refused or was given back.
  for (const name of ["a", "b", "c"]) {
    await using lock = await quoin.locks.acquire(name);
    assert.ok(lock);
  }
});
