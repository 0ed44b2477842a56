// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Code } from "@connectrpc/connect";
import { Quoin, QuoinError, type QuoinOptions } from "@quoin/client";
import type { TestServer } from "@quoin/client/testing";
import { startServer } from "./server.js";
import { next, soon } from "./support.js";

const TOKEN = "quoin_good-token-of-orders";
let folder: string;
let server: TestServer;

// A server where a token of orders may read and write, in the namespace orders only.
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "quoin-tokens-"));
  const digest = createHash("sha256").update(TOKEN).digest("hex");
  const [tokens, policy] = [join(folder, "tokens.yaml"), join(folder, "policy.yaml")];
  await writeFile(tokens, `tokens: [{principal: orders, digest: 'sha256:${digest}'}]`);
  await writeFile(
    policy,
    "roles: {worker: [{'*': write}]}\n" +
      "bindings: [{role: worker, principals: [orders], namespaces: [orders]}]\n",
  );
  server = await startServer({ flags: ["--tokens", tokens, "--policy", policy] });
});

after(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

function orders(options: QuoinOptions): Quoin {
  return Quoin.connect(server.address, { namespace: "orders", deadline: "20s", ...options });
}

test("tokens say who calls", async () => {
  await using quoin = orders({ token: TOKEN });
  await using lock = await quoin.locks.hold("report");
  assert.ok(lock.isHeld);
  assert.match((await quoin.locks.get({ name: "report" })).label, /orders/);
  const refusals: [QuoinOptions, string, Code][] = [
    [{}, "UNAUTHENTICATED", Code.Unauthenticated],
    [{ token: "wrong" }, "UNAUTHENTICATED", Code.Unauthenticated],
    [{ token: TOKEN, namespace: "other" }, "PERMISSION_DENIED", Code.PermissionDenied],
  ];
  for (const [options, reason, code] of refusals) {
    await using other = orders(options);
    await assert.rejects(other.locks.get({ name: "report" }), (e) => {
      return e instanceof QuoinError && e.reason === reason && e.code === code;
    });
  }
});

test("what is no token is refused at once", () => {
  for (const token of ["", "two words", "line\n", "ümlaut"]) {
    assert.throws(() => Quoin.connect("localhost", { token }), {
      name: "TypeError",
      message: "a token must be a text of printable ASCII without spaces",
    });
  }
});

test("refused calls are not repeated", async () => {
  let asked = 0;
  const token = () => {
    asked++;
    return TOKEN;
  };
  await using stranger = orders({ token, namespace: "other" });
  await assert.rejects(stranger.locks.get({ name: "report" }), QuoinError);
  assert.equal(asked, 1);
  const watch = stranger.locks.watch({ name: "report" });
  const refused = (e: unknown) => e instanceof QuoinError && e.reason === "PERMISSION_DENIED";
  await assert.rejects(next(watch[Symbol.asyncIterator]()), refused);
  assert.equal(asked, 2);
  const work = stranger.queues.work({ queues: ["mail"], handlers: { sold: () => {} } });
  await assert.rejects(soon(work.ended), refused);
});

test("a stream asks for a token each time it is opened", async () => {
  let asked = 0;
  const token = async () => {
    asked++;
    if (asked === 2) {
      throw new Error("no token today"); // which is when the stream is opened again
    }
    return TOKEN;
  };
  const broken: QuoinError[] = [];
  await using quoin = orders({ token, log: () => {} });
  const watch = quoin.locks.watch({ name: "report" }, { onBroken: (e) => void broken.push(e) });
  const states = watch[Symbol.asyncIterator]();
  await next(states);
  await server.restart();
  while (asked < 3) {
    await next(states);
  }
  assert.ok(broken.some((e) => /the token callback failed: Error: no token today/.test(e.message)));
});

test("a function for tokens may do anything", async () => {
  const mine = new Error("no token today");
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const functions: (() => unknown)[] = [
    () => {
      throw mine;
    },
    () => Promise.reject(mine),
    () => {
      throw revoked.proxy;
    },
    () => undefined,
    () => "no\ntoken",
    async () => 7,
  ];
  await using good = orders({ token: TOKEN });
  for (const token of functions) {
    await using bad = orders({ token: token as () => string });
    await assert.rejects(bad.locks.get({ name: "report" }), (e) => {
      assert.ok(e instanceof QuoinError);
      assert.match(e.message, /^the token callback failed: /);
      assert.equal(e.code, Code.Unauthenticated);
      assert.equal(e.reason, undefined);
      return true;
    });
    await good.locks.get({ name: "report" });
  }
});

test("a function that never answers takes no longer than the call", async () => {
  await using slow = orders({ token: () => new Promise<string>(() => {}), deadline: "200ms" });
  await assert.rejects(soon(slow.locks.get({ name: "report" })), (e) => {
    return e instanceof QuoinError && e.code === Code.DeadlineExceeded;
  });
  const stream = slow.stubs.locks.watch({ name: "report" })[Symbol.asyncIterator]();
  const waiting = stream.next();
  await stream.return?.();
  assert.equal((await soon(waiting)).done, true);
});
