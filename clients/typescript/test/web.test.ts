// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import type { TestServer } from "@quoin/client/testing";
import { ErrorInfoSchema } from "#dist/gen/google/rpc/error_details_pb.js";
import { Locks } from "#dist/gen/quoin/locks/v1/locks_pb.js";
import { startServer } from "./server.js";

// The client for browsers that everybody has, against the HTTP port.

let server: TestServer;
let baseUrl: string;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

before(async () => {
  const port = await freePort();
  server = await startServer({ flags: ["--http-port", String(port)] });
  baseUrl = `http://127.0.0.1:${port}`;
});
after(() => server.close());

for (const useBinaryFormat of [true, false]) {
  const name = useBinaryFormat ? "proto" : "json";

  test(`grpc-web with ${name}: calls, refusals with details, and streams`, async () => {
    const locks = createClient(Locks, createGrpcWebTransport({ baseUrl, useBinaryFormat }));
    const taken = await locks.acquire({ name, label: "web" });
    assert.equal(taken.acquired, true);
    assert.equal((await locks.get({ name })).label, "web");

    const refused = await locks.release({ name, token: "wrong" }).then(
      () => assert.fail("was not refused"),
      (e: unknown) => ConnectError.from(e),
    );
    assert.equal(refused.code, Code.FailedPrecondition);
    assert.equal(refused.findDetails(ErrorInfoSchema)[0]?.reason, "LOCK_NOT_HELD");

    const events: string[] = [];
    const reading = new AbortController();
    for await (const response of locks.hold({ name }, { signal: reading.signal })) {
      const event = response.event.case ?? "";
      if (event !== "heartbeat" && events.at(-1) !== event) {
        events.push(event);
      }
      if (event === "waiting") {
        await locks.release({ name, token: taken.token });
      } else if (event === "granted") {
        break;
      }
    }
    assert.deepEqual(events, ["waiting", "granted"]);
  });

  test(`grpc-web with ${name}: whoever goes away gives back what it holds`, async () => {
    const locks = createClient(Locks, createGrpcWebTransport({ baseUrl, useBinaryFormat }));
    const reading = new AbortController();
    const held = `${name}-held`;
    await assert.rejects(async () => {
      for await (const response of locks.hold({ name: held }, { signal: reading.signal })) {
        if (response.event.case === "granted") {
          reading.abort();
        }
      }
    });
    const end = Date.now() + 20_000;
    while ((await locks.get({ name: held })).held) {
      assert.ok(Date.now() < end, "it is still held");
    }
  });

  test(`grpc-web with ${name}: a timeout ends the call`, async () => {
    const locks = createClient(Locks, createGrpcWebTransport({ baseUrl, useBinaryFormat }));
    const late = await (async () => {
      for await (const _ of locks.hold({ name: `${name}-late` }, { timeoutMs: 500 })) {
        // It goes on for as long as it may.
      }
    })().then(
      () => assert.fail("was not late"),
      (e: unknown) => ConnectError.from(e),
    );
    assert.equal(late.code, Code.DeadlineExceeded);
  });
}
