// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  ClosedError,
  Code,
  InvalidRequestError,
  Quoin,
  QuoinError,
  UnavailableError,
} from "@quoin/client";
import { AcquireRequestSchema, AcquireResponseSchema } from "@quoin/client/proto/locks";
import { FakeServer } from "./fake-server.js";
import { startServer } from "./server.js";
import { connect, eventually, next, sharedAddress, soon } from "./support.js";

const UNAVAILABLE = { status: Code.Unavailable };
const ACQUIRED = {
  status: 0,
  message: toBinary(
    AcquireResponseSchema,
    create(AcquireResponseSchema, { acquired: true, token: "t", fence: 1n }),
  ),
};

test("a call that met an unavailable server is repeated with the same id", async () => {
  await using server = await FakeServer.start((call) => (call < 3 ? UNAVAILABLE : ACQUIRED));
  await using quoin = Quoin.connect(server.address, { namespace: "shop", deadline: "20s" });
  assert.equal((await quoin.stubs.locks.acquire({ name: "x" })).token, "t");
  assert.equal(server.calls.length, 3);
  assert.equal(new Set(server.requests.map((bytes) => bytes.toString("hex"))).size, 1);
  assert.equal(server.calls[0]?.["quoin-namespace"], "shop");
  const left = server.calls.map((headers) => Number.parseInt(String(headers["grpc-timeout"]), 10));
  assert.ok(
    (left[0] as number) <= 20_000 && (left[2] as number) < (left[0] as number),
    String(left),
  );
});

test("a call is repeated until its deadline, and then says why", async () => {
  await using server = await FakeServer.start(() => UNAVAILABLE);
  await using quoin = Quoin.connect(server.address, { deadline: "3s" });
  const begin = performance.now();
  await assert.rejects(quoin.locks.get({ name: "x" }), UnavailableError);
  const took = performance.now() - begin;
  assert.ok(took > 2_900 && took < 3_500, `${took}`);
  assert.ok(server.calls.length > 5, `${server.calls.length}`);
});

test("a server that is away for 4 s is not seen by a caller with 5 s", async () => {
  const begin = performance.now();
  const isBack = () => performance.now() - begin > 4_000;
  await using server = await FakeServer.start(() => (isBack() ? ACQUIRED : UNAVAILABLE));
  await using quoin = Quoin.connect(server.address);
  assert.ok((await quoin.stubs.locks.acquire({ name: "x" })).acquired);
});

test("a call whose time runs out in an attempt says what those before failed of", async () => {
  await using server = await FakeServer.start((call) => (call < 3 ? UNAVAILABLE : undefined));
  await using quoin = Quoin.connect(server.address, { deadline: "1s" });
  await assert.rejects(quoin.locks.get({ name: "x" }), (e) => {
    assert.ok(e instanceof UnavailableError);
    assert.match(e.message, /\(2 attempts, then the time was over\)/);
    return true;
  });
});

test("a call that is not safe to repeat is not repeated once it was sent", async () => {
  await using server = await FakeServer.start(() => UNAVAILABLE);
  await using quoin = Quoin.connect(server.address);
  const call = quoin.locks.revoke({ name: "x" });
  await assert.rejects(call, UnavailableError);
  assert.equal(server.calls.length, 1);
});

test("a call that cannot be sent is repeated whatever it does", async () => {
  const server = await FakeServer.start(() => ACQUIRED);
  const { address } = server;
  await server[Symbol.asyncDispose]();
  const lines: string[] = [];
  await using quoin = Quoin.connect(address, { log: (line) => lines.push(line) });
  const call = quoin.locks.revoke({ name: "x" });
  await eventually("it is said", () => lines.length > 0);
  await using again = await FakeServer.start(() => ACQUIRED, address);
  await soon(call);
  assert.equal(again.calls.length, 1);
  assert.deepEqual(lines.length, 2, lines.join("\n"));
  assert.match(lines[0] ?? "", new RegExp(`${address} cannot be reached`));
  assert.match(lines[1] ?? "", new RegExp(`${address} is reached again`));
});

test("a message that is sent twice has two ids and is left as it is", async () => {
  await using server = await FakeServer.start(() => ACQUIRED);
  await using quoin = Quoin.connect(server.address);
  const message = create(AcquireRequestSchema, { name: "x" });
  await quoin.stubs.locks.acquire(message);
  await quoin.stubs.locks.acquire(message);
  assert.equal(message.requestId, "");
  assert.notDeepEqual(server.requests[0], server.requests[1]);
});

test("calls go round several servers, and past one that is away", async () => {
  await using one = await FakeServer.start(() => ACQUIRED);
  await using two = await FakeServer.start(() => ACQUIRED);
  const away = "127.0.0.1:1";
  await using quoin = Quoin.connect([one.address, away, two.address].join(","));
  while (one.calls.length < 3 || two.calls.length < 3) {
    await soon(quoin.stubs.locks.acquire({ name: "x" }));
  }
});

test("a server that refuses is passed by when the call is repeated", async () => {
  await using ill = await FakeServer.start(() => UNAVAILABLE);
  await using well = await FakeServer.start(() => ACQUIRED);
  await using quoin = Quoin.connect(`${ill.address},${well.address}`, { deadline: "20s" });
  for (let i = 0; i < 4; i++) {
    assert.ok((await quoin.stubs.locks.acquire({ name: "x" })).acquired);
  }
});

test("nobody there is told as unavailable", async () => {
  await using quoin = Quoin.connect("127.0.0.1:1", { deadline: "1s", log: () => {} });
  await assert.rejects(quoin.locks.get({ name: "x" }), (e) => {
    assert.ok(e instanceof UnavailableError);
    assert.equal(e.code, Code.Unavailable);
    assert.equal(e.reason, undefined);
    assert.match(e.message, /ECONNREFUSED 127.0.0.1:1/);
    return true;
  });
});

test("a server that does not answer meets the deadline", async () => {
  await using server = await FakeServer.start(() => undefined);
  await using quoin = Quoin.connect(server.address, { deadline: "200ms" });
  await assert.rejects(quoin.locks.get({ name: "x" }), (e) => {
    return e instanceof QuoinError && e.code === Code.DeadlineExceeded;
  });
  await assert.rejects(quoin.locks.get({ name: "x" }, { timeoutMs: 50 }), QuoinError);
});

test("an aborted call fails with the reason of its signal", async () => {
  await using server = await FakeServer.start(() => undefined);
  await using quoin = Quoin.connect(server.address);
  const abort = new AbortController();
  const call = quoin.locks.get({ name: "x" }, { signal: abort.signal });
  const reason = new Error("not wanted any more");
  abort.abort(reason);
  await assert.rejects(call, reason);
  await assert.rejects(quoin.locks.get({ name: "x" }, { signal: abort.signal }), reason);
});

test("a closed client makes no calls, and closes again", async () => {
  const quoin = await connect();
  await quoin.locks.get({ name: "x" });
  await quoin.close();
  await quoin.close();
  await assert.rejects(quoin.locks.get({ name: "x" }), ClosedError);
  const [changes] = [quoin.stubs.locks.watch({ name: "x" })[Symbol.asyncIterator]()];
  await assert.rejects(changes.next(), ClosedError);
});

test("a call that is open when the client is closed fails with that", async () => {
  await using server = await FakeServer.start(() => undefined);
  const quoin = Quoin.connect(server.address, { deadline: "20s" });
  const call = assert.rejects(quoin.locks.get({ name: "x" }), ClosedError);
  await eventually("it is sent", () => server.calls.length === 1);
  await quoin.close();
  await soon(call);
});

test("what is begun with a closed client ends at once", async () => {
  const quoin = await connect();
  const recorder = quoin.counters.recorder("1ms");
  await quoin.close();
  recorder.increment("late");
  await eventually("it is counted as lost", () => recorder.dropped === 1);
  for await (const _ of quoin.logs.tail({ names: ["shop"] })) {
    assert.fail("nothing comes");
  }
  await assert.rejects(soon(quoin.locks.hold("x")), ClosedError);
  await assert.rejects(soon(quoin.config.watch({ type: "x" }).ready), ClosedError);
  await assert.rejects(soon(quoin.queues.ended({ queue: "x", taskId: "y" })), ClosedError);
  await soon(quoin.queues.work({ queues: ["x"], handlers: { y: () => {} } }).ended);
});

test("broken rules are named field by field", async () => {
  await using quoin = await connect();
  await assert.rejects(quoin.locks.acquire("", { lease: "48h" }), (e) => {
    assert.ok(e instanceof InvalidRequestError && e instanceof QuoinError);
    assert.equal(e.reason, "INVALID_REQUEST");
    assert.equal(e.code, Code.InvalidArgument);
    assert.deepEqual(e.violations.map((one) => one.field).sort(), ["lease", "name"]);
    assert.ok(e.violations.every((one) => one.description !== ""));
    return true;
  });
});

test("calls that one connection has no room for get another one", async () => {
  await using server = await startServer({ flags: ["--max-calls-per-connection", "5"] });
  await using quoin = Quoin.connect(server.address, { deadline: "20s" });
  const all = Array.from({ length: 23 }, (_, i) => quoin.locks.hold(`x${i}`));
  assert.ok((await soon(Promise.all(all))).every((lock) => lock.isHeld));
  assert.equal((await soon(quoin.locks.get({ name: "x1" }))).held, true);
});

test("namespaces do not see each other", async () => {
  await using one = await connect();
  await using two = await connect();
  await using lock = await one.locks.acquire("x");
  assert.ok(lock);
  assert.equal((await two.locks.get({ name: "x" })).held, false);
});

test("the stubs reach every service, and leaving the loop ends a stream", async () => {
  await using quoin = await connect();
  const { refusals } = await quoin.errors.listReasons({});
  assert.ok(refusals.some(({ reason }) => reason === "LOCK_NOT_HELD"));
  for await (const event of quoin.stubs.locks.hold({ name: "x" })) {
    assert.equal(event.event.case, "granted");
    break;
  }
  await using lock = await quoin.locks.acquire("x", { wait: "20s" });
  assert.ok(lock);
});

test("a stream of a stub ends with the reason of its signal", async () => {
  await using quoin = await connect();
  const abort = new AbortController();
  const stream = quoin.stubs.locks.watch({ name: "x" }, { signal: abort.signal });
  const iterator = stream[Symbol.asyncIterator]();
  assert.equal((await next(iterator)).held, false);
  const waiting = iterator.next();
  abort.abort(new Error("enough"));
  await assert.rejects(soon(waiting), /enough/);
});

test("interceptors of callers see every call", async () => {
  const seen: string[] = [];
  const quoin = Quoin.connect(await sharedAddress(), {
    interceptors: [
      (proceed) => (request) => {
        seen.push(request.method.name);
        return proceed(request);
      },
    ],
  });
  await quoin.locks.get({ name: "x" });
  await quoin.close();
  assert.deepEqual(seen, ["Get"]);
});
